//! S2SNet and its peers on libtorch: encoders, readouts, heads, checkpoints and prediction.
//!
//! ```text
//! AtomBatch ──DeviceBatch::upload──▶ DeviceBatch ─AtomEncoder─▶ AtomStates ─Readout─▶ CrystalStates ─Head─▶ logits
//!                                                                   └───────Head<AtomStates>──────────────▶ element logits
//! ```
//!
//! # Invariants
//!
//! * **[`DeviceBatch::upload`] is the only door from host arrays to tensors.**
//! * **A prediction does not depend on the other crystals of the batch, nor on its padding.**
//! * **Nothing random comes from libtorch's generator**: see [`Noise`] and [`Init`].

pub mod attribution;
mod batch;
mod checkpoint;
mod config;
pub mod device;
mod encoder;
mod error;
mod head;
pub mod import;
mod layer;
mod model;
mod network;
mod noise;
mod parameter;
mod peer;
mod precision;
mod predict;
mod readout;
mod state;
mod weights;

pub use batch::{DeviceBatch, Kinds, Run};
pub use checkpoint::{Checkpoint, CheckpointConfig, CheckpointError, SealedFolder, TransferReport, transfer};
pub use config::{Composition, EncoderConfig, FirstLayer, Logits, ReadoutConfig, S2sNetConfig};
pub use encoder::{
    AtomEncoder, CgcnnEncoder, CgcnnEncoderConfig, Expansion, Frozen, LayerNormPlace, MegnetEncoder,
    MegnetEncoderConfig, MegnetState, MegnetStates, NeighborScope, PaperEncoder, PaperEncoderConfig, PeriodicEncoder,
    PeriodicEncoderConfig, ProjectionBias, ReleasedEncoder, ReleasedEncoderConfig, Residual,
};
pub use error::ModelError;
pub use head::{BinaryHead, ElementHead, ElementNorm, Head, RegressionHead, TwoLogitHead};
pub use layer::{
    Activation, BatchNorm, GaussianExpansion, LayerNorm, Linear, Mlp, MlpConfig, MultiHeadAttention, ScoreScaling,
};
pub use model::{AnyNetwork, Calibration, ModelConfig, Task, vocabulary_named};
pub use network::{Classifier, MaskedAtomModel, Network, Regressor};
pub use noise::{Mode, Noise};
pub use parameter::{Init, Parameters, Scope};
pub use peer::{CgcnnConfig, MegnetConfig};
pub use precision::Precision;
pub use predict::{PredictError, Prediction, Predictor};
pub use readout::{
    Activated, CompositionShift, DenseReadout, LatticeShift, MeanReadout, MegnetReadout, Readout, Set2Set,
};
pub use state::{AtomStates, BinaryLogits, CrystalStates, ElementLogits, GraphStates, Regression};
pub use tch;
pub use weights::{NamedTensors, read_weights, write_weights};
