//! Forward pass of S2SNet in plain Rust: one crystal at a time, in single precision, without padding.
//!
//! ```text
//! AtomFeatures ─ kinds of atoms ─ encoder ─▶ states of kinds ─ readout ─▶ crystal ─ head ─▶ logit
//! ```
//!
//! The same weights give the same answers as on libtorch (`s2s-model`), to rounding. Every tensor is checked against the
//! configuration before anything is computed, and a size that the file does not hold is refused before memory is asked
//! for it.

mod composition;
mod kinds;
mod linear;
mod mlp;
mod norm;
mod paper;
mod periodic;
mod set2set;
mod simd;
mod weights;

use s2s_featurize::{AtomFeatures, ElementProperty, LatticeDescriptor, Vocabulary};
use thiserror::Error;

pub use self::weights::{HostTensor, Weights, read_metadata, write_weights};
use self::{
    composition::CompositionShift, kinds::Kinds, linear::Linear, mlp::Mlp, norm::LayerNorm, paper::PaperEncoder,
    periodic::PeriodicEncoder, set2set::Set2Set, weights::Scope,
};
use crate::{Activation, Composition, ConfigError, EncoderConfig, Logits, ModelConfig, ReadoutConfig, S2sNetConfig};

/// Why a configuration and a file of weights make no network.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A configuration that no network can have.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Bytes that hold no tensors of a network.
    #[error("invalid weights: {reason}")]
    InvalidWeights {
        /// What is wrong with them.
        reason: String,
    },
    /// A tensor that the network needs is not there.
    #[error("tensor {name:?} is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that no part of the network answers to.
    #[error("tensor {name:?} belongs to no parameter of this network")]
    UnknownTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape than the network's.
    #[error("tensor {name:?} has shape {found:?}, the network needs {expected:?}")]
    ShapeMismatch {
        /// Its name.
        name: String,
        /// The shape the network needs.
        expected: Vec<usize>,
        /// The shape that was found.
        found: Vec<usize>,
    },
    /// A network that this crate does not compute.
    #[error("networks of the kind {kind:?} need libtorch: s2s-model predicts with them")]
    NeedsTorch {
        /// Which kind.
        kind: &'static str,
    },
}

/// What the last layer's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The logit of a classification.
    Logit,
    /// The number of a regression.
    Number,
}

/// S2SNet with its weights.
#[derive(Debug)]
pub struct Network {
    encoder: Encoder,
    pool: Pool,
    width: usize,
    /// FC1 where it stands before the lattice.
    first: Option<(Linear, Activation)>,
    lattice: Option<Linear>,
    composition: Option<CompositionShift>,
    head: Mlp,
    two_logits: bool,
    tokens: usize,
    lattice_numbers: usize,
}

#[derive(Debug)]
enum Encoder {
    Paper(PaperEncoder),
    Periodic(PeriodicEncoder),
}

#[derive(Debug)]
enum Pool {
    Mean,
    Set2Set(Set2Set),
}

/// The length of a dimension of a tensor.
fn size(length: i64) -> Result<usize, ConfigError> {
    match usize::try_from(length) {
        Ok(length) if length > 0 => Ok(length),
        _ => Err(ConfigError { reason: format!("{length} is no width") }),
    }
}

impl Network {
    /// The network of a configuration with the tensors of a file, all of them.
    ///
    /// # Errors
    ///
    /// [`NetworkError`] if the configuration is impossible, or the file does not hold exactly what it needs.
    pub fn new(
        config: &S2sNetConfig,
        output: Output,
        vocabulary: &dyn Vocabulary,
        weights: Weights,
    ) -> Result<Self, NetworkError> {
        ModelConfig::S2sNet(config.clone()).validate()?;
        let (tokens, known) = (vocabulary.num_tokens(), 2 * ElementProperty::ALL.len());
        let root = weights.root();
        let (width, crystal) = (size(config.encoder.width())?, size(config.crystal_width())?);
        let scope = root.child("encoder");
        let encoder = match &config.encoder {
            EncoderConfig::Paper(config) => Encoder::Paper(PaperEncoder::read(&scope, config, tokens)?),
            EncoderConfig::Periodic(config) => Encoder::Periodic(PeriodicEncoder::read(&scope, config, tokens, known)?),
            EncoderConfig::Released(_) => return Err(NetworkError::NeedsTorch { kind: "released" }),
        };
        let scope = root.child("readout");
        let pool = match config.readout {
            ReadoutConfig::Mean => Pool::Mean,
            ReadoutConfig::Set2Set { steps } => Pool::Set2Set(Set2Set::read(&scope.child("set2set"), width, steps)?),
        };
        let first = match config.early_width() {
            None => None,
            Some(_) => {
                Some((Linear::read(&scope.child("fc1"), size(config.set_width())?, crystal)?, config.head.activation))
            }
        };
        let shift =
            |lattice: LatticeDescriptor| Linear::read_without_bias(&scope.child("lattice"), lattice.len(), crystal);
        let lattice = config.lattice.map(shift).transpose()?;
        let composition = match config.composition {
            Composition::Omitted => None,
            Composition::Statistics => {
                Some(CompositionShift::read(&scope.child("composition"), tokens, known, crystal)?)
            }
        };
        let head = root.child("head");
        let (head, numbers) = match (output, config.logits) {
            (Output::Logit, Logits::One) => (head.child("superconductivity"), 1),
            (Output::Logit, Logits::Two) => (head.child("superconductivity"), 2),
            (Output::Number, _) => (head.child("regression"), 1),
        };
        let head = Mlp::read(&head, &config.last_layers(), crystal, numbers)?;
        weights.finish()?;
        let lattice_numbers = config.featurizer().lattice.len();
        Ok(Self {
            encoder,
            pool,
            width,
            first,
            lattice,
            composition,
            head,
            two_logits: numbers == 2,
            tokens,
            lattice_numbers,
        })
    }

    /// The logit or standardized number of a crystal; not finite if the weights are too large for single precision.
    ///
    /// # Panics
    ///
    /// If the features are those of another featurizer or vocabulary than the network's.
    pub fn output(&self, features: &AtomFeatures) -> f32 {
        let (kinds, states, tokens) = self.encode(features);
        let shifts = self.shift(features, &kinds, &tokens);
        self.read_out(&states, &kinds.counts, &shifts)
    }

    /// How much the output would change if an atom were left out of the readout, for each atom: `f(all) − f(all but it)`.
    ///
    /// States are those of the whole crystal either way: what an atom tells its neighbors stays. The composition stays as
    /// well. Without its only atom a crystal's states are taken to be zero.
    ///
    /// # Panics
    ///
    /// As [`output`](Self::output).
    pub fn contributions(&self, features: &AtomFeatures) -> Vec<f32> {
        let (kinds, states, tokens) = self.encode(features);
        let shifts = self.shift(features, &kinds, &tokens);
        let whole = self.read_out(&states, &kinds.counts, &shifts);
        let mut of_kinds = Vec::with_capacity(kinds.len());
        for kind in 0..kinds.len() {
            let mut counts = kinds.counts.clone();
            counts[kind] -= 1.0;
            let only = counts.iter().sum::<f32>() == 0.0;
            let without = if only {
                self.read_out(&vec![0.0; states.len()], &kinds.counts, &shifts)
            } else {
                self.read_out(&states, &counts, &shifts)
            };
            of_kinds.push(whole - without);
        }
        kinds.of_atom.iter().map(|kind| of_kinds[*kind as usize]).collect()
    }

    fn encode(&self, features: &AtomFeatures) -> (Kinds, Vec<f32>, Vec<usize>) {
        assert!(features.tokens.iter().all(|token| usize::from(token.0) < self.tokens), "tokens of another vocabulary");
        assert_eq!(features.lattice.len(), self.lattice_numbers, "lattice numbers of another featurizer");
        let mut tokens = Vec::new();
        let (kinds, states) = match &self.encoder {
            Encoder::Paper(encoder) => encoder.encode(features, &mut tokens),
            Encoder::Periodic(encoder) => encoder.encode(features, &mut tokens),
        };
        (kinds, states, tokens)
    }

    /// What is added to the readout whatever the states are.
    fn shift(&self, features: &AtomFeatures, kinds: &Kinds, tokens: &[usize]) -> Vec<Vec<f32>> {
        let mut shifts = Vec::new();
        let mut add = |linear: &Linear, x: &[f32]| {
            let mut y = Vec::new();
            linear.forward(x, &mut y);
            shifts.push(y);
        };
        if let Some(lattice) = &self.lattice {
            add(lattice, &features.lattice);
        }
        if let Some(composition) = &self.composition {
            add(&composition.weight, &composition.statistics(kinds, tokens));
        }
        shifts
    }

    /// From states that count so often each to the output.
    fn read_out(&self, states: &[f32], counts: &[f32], shifts: &[Vec<f32>]) -> f32 {
        let mut crystal = match &self.pool {
            Pool::Mean => {
                let mut sum = vec![0.0; self.width];
                let atoms: f32 = counts.iter().sum();
                for (row, count) in states.chunks_exact(self.width).zip(counts) {
                    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += count / atoms.max(1.0) * value);
                }
                sum
            }
            Pool::Set2Set(set2set) => set2set.forward(states, counts),
        };
        if let Some((layer, activation)) = &self.first {
            let mut inner = Vec::new();
            layer.forward(&crystal, &mut inner);
            crystal = inner.into_iter().map(|value| activation.of(value)).collect();
        }
        for shift in shifts {
            crystal.iter_mut().zip(shift).for_each(|(sum, value)| *sum += value);
        }
        let numbers = self.head.forward(crystal);
        if self.two_logits { numbers[1] - numbers[0] } else { numbers[0] }
    }
}
