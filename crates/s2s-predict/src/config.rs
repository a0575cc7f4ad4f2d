//! Descriptions of networks: plain data that a sealed folder holds.
//!
//! What builds a network from them is [`Network`](crate::Network) here, and `s2s-model` on libtorch.

mod architecture;
mod baselines;
mod checkpoint;
mod encoder;
mod limits;
mod mlp;
mod model;
mod network;
mod network_parts;
mod paper;

use thiserror::Error;

pub use self::{
    architecture::Architecture,
    baselines::{CgcnnConfig, CgcnnEncoderConfig, MegnetConfig, MegnetEncoderConfig, MegnetState},
    checkpoint::CheckpointConfig,
    encoder::{PeriodicEncoderConfig, ReleasedEncoderConfig, ScoreScaling},
    mlp::{Activation, MlpConfig},
    model::{Calibration, ModelConfig, Task, TaskKind, vocabulary_named},
    network::S2sNetConfig,
    network_parts::{Composition, ElementNorm, EncoderConfig, FirstLayer, GlobalsConfig, Logits, ReadoutConfig},
    paper::{Expansion, LayerNormPlacement, NeighborScope, PaperEncoderConfig, ProjectionBias, Residual},
};

/// A configuration that no network can have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid model configuration: {reason}")]
pub struct ConfigError {
    /// What does not fit.
    pub reason: String,
}
