//! S2SNet and the baselines CGCNN and MEGNet on libtorch: encoders, readouts, heads, checkpoints and prediction.
//!
//! ```no_run,standalone_crate
//! use s2s_model::Predictor;
//!
//! let predictor = Predictor::load("my-model")?;
//! let text = std::fs::read("POSCAR")?;
//! let crystals = [s2s_crystal::poscar::read(&text, &s2s_crystal::ReadOptions::ordered())?.crystal];
//! for prediction in predictor.predict(&crystals) {
//!     println!("{:?}", prediction?.probability);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! AtomBatch ──DeviceBatch::upload──▶ DeviceBatch ─AtomEncoder─▶ AtomStates ─Readout─▶ CrystalStates ─Head─▶ logits
//!                                                                   └───────Head<AtomStates>──────────────▶ element logits
//! ```
//!
//! # Invariants
//!
//! * **Host arrays become tensors in [`DeviceBatch::upload`] and nowhere else.**
//! * **A prediction does not depend on the other crystals of the batch, nor on its padding.**
//! * **Nothing random comes from libtorch's generator**: see [`Noise`] and [`Init`].

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attribution;
mod batch;
mod builder;
mod checkpoint;
pub mod device;
mod encoder;
mod error;
mod head;
pub mod import;
#[cfg(feature = "proptest")]
// An error of a law is a whole counterexample, made once and printed.
#[allow(clippy::result_large_err)]
pub mod laws;
mod layer;
mod model;
mod network;
mod noise;
mod parameter;
mod precision;
mod predict;
mod readout;
mod state;
mod weights;

pub use batch::{DeviceBatch, Kinds, Run};
pub use builder::{BuildNetwork, BuildS2sNet};
pub use checkpoint::{Checkpoint, CheckpointError, TransferReport, transfer};
pub use encoder::{
    AtomEncoder, CgcnnEncoder, Frozen, MegnetEncoder, MegnetStates, PaperEncoder, PeriodicEncoder, ReleasedEncoder,
};
pub use error::ModelError;
pub use head::{BinaryHead, ElementHead, Head, MembersHead, MembersRegressionHead, RegressionHead, TwoLogitHead};
pub use layer::{BatchNorm, Embedding, GaussianExpansion, LayerNorm, Linear, MemberMlp, Mlp, MultiHeadAttention};
pub use model::AnyNetwork;
pub use network::{Classifier, MaskedAtomModel, Network, Regressor};
pub use noise::{Mode, Noise};
pub use parameter::{Init, Parameters, Scope};
pub use precision::Precision;
pub use predict::{PredictError, Prediction, Predictor};
pub use readout::{
    Activated, CompositionShift, DenseReadout, JoinGlobals, LatticeShift, MeanReadout, MegnetReadout, Readout, Set2Set,
};
pub use s2s_predict::{
    Activation, Architecture, Calibration, CgcnnConfig, CgcnnEncoderConfig, CheckpointConfig, Composition, ConfigError,
    ElementNorm, EncoderConfig, Expansion, FirstLayer, GlobalsConfig, LayerNormPlacement, Logits, MegnetConfig,
    MegnetEncoderConfig, MegnetState, MlpConfig, ModelConfig, NeighborScope, PaperEncoderConfig, PeriodicEncoderConfig,
    ProjectionBias, ReadoutConfig, ReleasedEncoderConfig, Residual, S2sNetConfig, ScoreScaling, Task, TaskKind,
    vocabulary_named,
};
pub use state::{AtomStates, BinaryLogits, CrystalStates, ElementLogits, GraphStates, Regression};
pub use tch::{self, Device, Kind, Tensor};
pub use weights::{NamedTensors, read_weights, write_weights};
