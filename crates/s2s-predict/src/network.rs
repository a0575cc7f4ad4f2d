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
mod members;
mod mlp;
mod norm;
mod paper;
mod periodic;
mod set2set;
mod simd;
mod weights;

use std::collections::HashMap;

use s2s_featurize::{AtomFeatures, ElementProperty, LatticeDescriptor, ScalingTable, Vocabulary};
use thiserror::Error;

pub use self::weights::{HostTensor, Weights, read_metadata, write_weights};
use self::{
    composition::CompositionShift, kinds::Kinds, linear::Linear, members::MemberMlp, mlp::Mlp, norm::LayerNorm,
    paper::PaperEncoder, periodic::PeriodicEncoder, set2set::Set2Set, weights::Scope,
};
use crate::{Activation, Composition, ConfigError, EncoderConfig, GlobalsConfig, Logits, ReadoutConfig, S2sNetConfig};

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
    globals: Option<Globals>,
    head: Head,
    tokens: usize,
    lattice_numbers: usize,
}

#[derive(Debug)]
enum Head {
    One(Mlp),
    /// Two logits, of which the difference counts.
    Two(Mlp),
    Members {
        layers: MemberMlp,
        output: Output,
    },
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

/// Weights that add up to less than this share of an atom are what rounding left of none.
const ROUNDING: f32 = 1e-4;

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
        config.bounded()?;
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
        let (inputs, layers) = (size(config.head_width())?, config.last_layers());
        let head = match config.members {
            Some(members) => Head::Members { layers: MemberMlp::read(&head, &layers, inputs, size(members)?)?, output },
            None if numbers == 2 => Head::Two(Mlp::read(&head, &layers, inputs, numbers)?),
            None => Head::One(Mlp::read(&head, &layers, inputs, numbers)?),
        };
        let globals = match &config.globals {
            Some(globals) => Some(Globals::take(&root.child("readout").child("globals"), globals)?),
            None => None,
        };
        weights.finish()?;
        let lattice_numbers = config.featurizer().lattice.len();
        Ok(Self { encoder, pool, width, first, lattice, composition, globals, head, tokens, lattice_numbers })
    }

    /// The logit or standardized number of a crystal; not finite if the weights are too large for single precision.
    ///
    /// # Panics
    ///
    /// If the features are those of another featurizer or vocabulary than the network's.
    pub fn output(&self, features: &AtomFeatures) -> f32 {
        let (kinds, states, tokens) = self.encode(features);
        let given = self.given(features, &kinds, &tokens);
        self.read_out(&states, &kinds.counts, &given)
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
        let given = self.given(features, &kinds, &tokens);
        let whole = self.read_out(&states, &kinds.counts, &given);
        let zeros = vec![0.0; states.len()];
        let without = |kind: usize, weight: f32| {
            let mut counts = kinds.counts.clone();
            counts[kind] -= weight;
            let is_only = kinds.len() == 1 && counts[kind] < ROUNDING * weight;
            // What is left of rounded weights is nothing.
            counts[kind] = if counts[kind] < ROUNDING * weight { 0.0 } else { counts[kind] };
            let (states, counts) = if is_only { (&zeros, &kinds.counts) } else { (&states, &counts) };
            whole - self.read_out(states, counts, &given)
        };
        // Atoms of a kind have the same state, and most have the same weight.
        let mut known = HashMap::new();
        let contribution = |(atom, kind): (usize, &u32)| {
            let weight = features.weight(atom);
            *known.entry((*kind, weight.to_bits())).or_insert_with(|| without(*kind as usize, weight))
        };
        kinds.of_atom.iter().enumerate().map(contribution).collect()
    }

    fn encode(&self, features: &AtomFeatures) -> (Kinds, Vec<f32>, Vec<usize>) {
        assert!(features.tokens.iter().all(|token| usize::from(token.0) < self.tokens), "tokens of another vocabulary");
        assert_eq!(features.lattice.len(), self.lattice_numbers, "lattice numbers of another featurizer");
        let columns = self.globals.as_ref().map_or(features.globals.len(), |globals| globals.scale.columns());
        assert_eq!(features.globals.len(), columns, "descriptors of another featurizer");
        let mut tokens = Vec::new();
        let (kinds, states) = match &self.encoder {
            Encoder::Paper(encoder) => encoder.encode(features, &mut tokens),
            Encoder::Periodic(encoder) => encoder.encode(features, &mut tokens),
        };
        (kinds, states, tokens)
    }

    /// What does not depend on the states.
    fn given(&self, features: &AtomFeatures, kinds: &Kinds, tokens: &[usize]) -> Given {
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
        let beside = self.globals.as_ref().map_or_else(Vec::new, |globals| globals.read(&features.globals));
        Given { shifts, beside }
    }

    /// From states that count so often each to the output.
    fn read_out(&self, states: &[f32], counts: &[f32], given: &Given) -> f32 {
        let mut crystal = match &self.pool {
            Pool::Mean => {
                let mut sum = vec![0.0; self.width];
                let atoms: f32 = counts.iter().sum();
                for (row, count) in states.chunks_exact(self.width).zip(counts) {
                    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += count / atoms * value);
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
        for shift in &given.shifts {
            crystal.iter_mut().zip(shift).for_each(|(sum, value)| *sum += value);
        }
        crystal.extend_from_slice(&given.beside);
        match &self.head {
            Head::One(layers) => layers.forward(crystal)[0],
            Head::Two(layers) => {
                let numbers = layers.forward(crystal);
                numbers[1] - numbers[0]
            }
            Head::Members { layers, output: Output::Logit } => logit_of_mean(&layers.forward(crystal)),
            Head::Members { layers, output: Output::Number } => {
                let numbers = layers.forward(crystal);
                numbers.iter().sum::<f32>() / numbers.len() as f32
            }
        }
    }
}

/// What the head reads whatever the states are.
struct Given {
    /// What is added to the vector of the crystal.
    shifts: Vec<Vec<f32>>,
    /// What stands beside it.
    beside: Vec<f32>,
}

/// Descriptors of the crystal that stand beside its vector.
#[derive(Debug)]
struct Globals {
    scale: ScalingTable,
    /// How many numbers each block of descriptors has.
    blocks: Vec<usize>,
}

impl Globals {
    fn take(scope: &Scope<'_>, config: &GlobalsConfig) -> Result<Self, NetworkError> {
        let shape = [config.descriptors.width(), config.scaling.knots()];
        let (positions, scores) = (scope.take("positions", &shape)?, scope.take("scores", &shape)?);
        let scale =
            ScalingTable::from_parts(shape[1], positions, scores).ok_or_else(|| NetworkError::InvalidWeights {
                reason: "positions of the knots of a descriptor's scale do not increase".to_owned(),
            })?;
        Ok(Self { scale, blocks: config.blocks() })
    }

    /// Each number on its scale, and for each block the share that is missing.
    fn read(&self, numbers: &[Option<f32>]) -> Vec<f32> {
        let mut read = self.scale.apply(numbers);
        let mut rest = numbers;
        for width in &self.blocks {
            let (block, after) = rest.split_at(*width);
            read.push(block.iter().filter(|number| number.is_none()).count() as f32 / (*width).max(1) as f32);
            rest = after;
        }
        read
    }
}

/// The logit of the mean of the probabilities of these logits.
fn logit_of_mean(logits: &[f32]) -> f32 {
    let log_sigmoid = |z: f64| z.min(0.0) - (-z.abs()).exp().ln_1p();
    let log_of_sum = |sign: f64| {
        let logs: Vec<f64> = logits.iter().map(|z| log_sigmoid(sign * f64::from(*z))).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + logs.iter().map(|log| (log - largest).exp()).sum::<f64>().ln()
    };
    (log_of_sum(1.0) - log_of_sum(-1.0)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_averaged_as_probabilities() {
        let (a, b) = (0.9_f64, 0.2_f64);
        let logit = |p: f64| (p / (1.0 - p)).ln() as f32;
        assert!((logit_of_mean(&[logit(a), logit(b)]) - logit(0.55)).abs() < 1e-6);
        assert!((logit_of_mean(&[40.0, 40.0]) - 40.0).abs() < 1e-4);
        assert_eq!(logit_of_mean(&[-3000.0, -3000.0]), -3000.0);
    }
}
