//! Prediction with sealed models, without a tensor library.
//!
//! ```no_run
//! use s2s_crystal::{Crystal, Element, Lattice};
//! use s2s_predict::Predictor;
//!
//! let niobium = [[0.0; 3], [0.5; 3]].map(|x| (Element::NB, x));
//! let crystal = Crystal::ordered(Lattice::from_parameters([3.3; 3], [90.0; 3])?, niobium)?;
//! let answer = Predictor::load("my-model")?.answer(&crystal)?;
//! println!("{:?} ± {:?}", answer.probability, answer.std);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! sealed folder ──▶ Predictor        Crystal ──Featurizer──▶ features ──▶ Predictor ──▶ Answer
//! ```
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library.**
//! * **A model is sealed**: any changed byte of its folder is refused.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
#[cfg(feature = "bundled")]
mod bundled;
mod config;
mod error;
mod forest;
mod interval;
mod known;
mod local_kernel;
mod network;
mod network_model;
mod predictor;
mod sealed;
mod tc_model;
mod tree_model;
mod trees;
mod windows;

pub use answer::{Answer, PredictError, Resemblance, TransitionTemperature, Warning};
pub use config::{
    Activation, Architecture, Calibration, CgcnnConfig, CgcnnEncoderConfig, CheckpointConfig, Composition, ConfigError,
    ElementNorm, EncoderConfig, Expansion, FirstLayer, GlobalsConfig, LayerNormPlacement, Logits, MegnetConfig,
    MegnetEncoderConfig, MegnetState, MlpConfig, ModelConfig, NeighborScope, PaperEncoderConfig, PeriodicEncoderConfig,
    ProjectionBias, ReadoutConfig, ReleasedEncoderConfig, Residual, S2sNetConfig, ScoreScaling, Task, TaskKind,
    vocabulary_named,
};
pub use error::FolderError;
pub use forest::{ForestNode, RegressionForest};
pub use interval::{Conformal, IntervalGroup};
pub use known::{Comparison, Known, KnownCrystal};
pub use local_kernel::{LocalAnswer, LocalKernel, LocalKernelConfig};
pub use network::{HostTensor, Network, NetworkError, Output, Weights, read_metadata, write_weights};
pub use predictor::{ModelInfo, ModelKind, Predictor, answer_together};
pub use sealed::{EmbeddedFolder, SealedFolder};
pub use tc_model::{DistanceWeight, TcAdjustment, TcModel, TcModelConfig};
pub use tree_model::{TreeModel, TreeModelConfig};
pub use trees::{BoostedTrees, TreeNode, TreesError};
pub use windows::in_windows;
