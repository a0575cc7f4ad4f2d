//! Laws of encoders and readouts: those of featurizers, for a network's states, and one about who shares a batch.
//!
//! [`encoder_laws!`](crate::encoder_laws) and [`readout_laws!`](crate::readout_laws) make one test per law of
//! [`s2s_featurize::laws`], and one more, `company`: the states of a crystal do not depend on what else is in its batch, nor on
//! how far it is padded. Networks are evaluated on the CPU, without gradients, in [`Mode::Eval`].
//!
//! # Examples
//!
//! In the tests of a crate with an encoder of its own:
//!
//! ```no_run
//! use s2s_featurize::{AllElements, AtomFeaturizer, AtomFeaturizerConfig, Vocabulary, laws::Cases};
//! use s2s_model::{
//!     AtomEncoder, AtomStates, DeviceBatch, Embedding, MeanReadout, Mode, Parameters, encoder_laws, readout_laws,
//!     tch::Device,
//! };
//!
//! /// Looks each element up in a table.
//! #[derive(Debug)]
//! struct Lookup(Embedding);
//!
//! impl AtomEncoder for Lookup {
//!     fn encode(&self, batch: &DeviceBatch, _mode: Mode<'_>) -> AtomStates {
//!         AtomStates::in_slots(self.0.forward(batch.tokens()), batch)
//!     }
//! }
//!
//! fn featurizer() -> AtomFeaturizer<AllElements> {
//!     AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements).expect("a valid configuration")
//! }
//!
//! fn lookup() -> Lookup {
//!     let parameters = Parameters::new(1, Device::Cpu);
//!     Lookup(Embedding::new(&parameters.root(), AllElements.num_tokens() as i64, 8))
//! }
//!
//! encoder_laws!(
//!     encoder, featurizer(), lookup(), 1e-4,
//!     [finite, deterministic, permutation, translation, rotation, basis, supercell]
//! );
//! readout_laws!(
//!     readout, featurizer(), lookup(), MeanReadout, 1e-4,
//!     [finite, deterministic, permutation, translation, rotation, basis, supercell],
//!     Cases::new().count(100).sites_up_to(16)
//! );
//! ```

use std::{fmt, sync::Mutex};

use s2s_crystal::{Crystal, strategies};
use s2s_featurize::{
    AtomFeatures, Collate, FeaturizeError, Featurizer, PaddedCollate,
    laws::{Compare, Violation},
};
use tch::{Device, Tensor, no_grad};

use crate::{AtomEncoder, DeviceBatch, Mode, Readout};

#[doc(hidden)]
pub use s2s_featurize;

/// Batches that the law `company` looks at.
const BATCHES: u64 = 48;

/// Sites of the hand-chosen crystals that are put into batches.
const MOST_SITES: usize = 16;

/// A featurizer and an encoder as one featurizer: the states of the atoms stand as their
/// [columns](AtomFeatures::columns), all else but elements, weights and sites is left out.
#[derive(Debug)]
pub struct EncodedAtoms<F, E> {
    featurizer: F,
    // Tensors may be sent to other threads and not shared with them.
    encoder: Mutex<E>,
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder> EncodedAtoms<F, E> {
    /// What the encoder makes of the featurizer's features.
    pub fn new(featurizer: F, encoder: E) -> Self {
        Self { featurizer, encoder: Mutex::new(encoder) }
    }
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder> Featurizer for EncodedAtoms<F, E> {
    type Features = AtomFeatures;

    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let features = self.featurizer.featurize(crystal)?;
        Ok(self.of_batch(&[&features])?.swap_remove(0))
    }
}

/// A featurizer, an encoder and a readout as one featurizer: the state of the crystal.
#[derive(Debug)]
pub struct EncodedCrystal<F, E, R> {
    featurizer: F,
    network: Mutex<(E, R)>,
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder, R: Readout> EncodedCrystal<F, E, R> {
    /// What the readout makes of the encoder's states.
    pub fn new(featurizer: F, encoder: E, readout: R) -> Self {
        Self { featurizer, network: Mutex::new((encoder, readout)) }
    }
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder, R: Readout> Featurizer for EncodedCrystal<F, E, R> {
    type Features = Vec<f32>;

    fn featurize(&self, crystal: &Crystal) -> Result<Vec<f32>, FeaturizeError> {
        let features = self.featurizer.featurize(crystal)?;
        Ok(self.of_batch(&[&features])?.swap_remove(0))
    }
}

/// A network that answers for batches.
pub trait InBatches: fmt::Debug {
    /// What one crystal becomes.
    type Answer: Compare;

    /// The features of one crystal.
    ///
    /// # Errors
    ///
    /// As the featurizer's.
    fn features(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError>;

    /// The answers for crystals that share a batch, in their order.
    ///
    /// # Errors
    ///
    /// As [`PaddedCollate`]'s.
    fn of_batch(&self, items: &[&AtomFeatures]) -> Result<Vec<Self::Answer>, FeaturizeError>;
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder> InBatches for EncodedAtoms<F, E> {
    type Answer = AtomFeatures;

    fn features(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        self.featurizer.featurize(crystal)
    }

    fn of_batch(&self, items: &[&AtomFeatures]) -> Result<Vec<Self::Answer>, FeaturizeError> {
        let batch = uploaded(items)?;
        let encoder = self.encoder.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let states = no_grad(|| encoder.encode(&batch, Mode::Eval).packed(&batch));
        let mut rows = rows(&states).into_iter();
        let answer = |item: &&AtomFeatures| AtomFeatures {
            tokens: item.tokens.clone(),
            weights: item.weights.clone(),
            sites: item.sites.clone(),
            centroid_distances: vec![0.0; item.num_atoms()],
            neighbor_offsets: vec![0; item.num_atoms() + 1],
            columns: rows.by_ref().take(item.num_atoms()).flatten().collect(),
            ..AtomFeatures::default()
        };
        Ok(items.iter().map(answer).collect())
    }
}

impl<F: Featurizer<Features = AtomFeatures>, E: AtomEncoder, R: Readout> InBatches for EncodedCrystal<F, E, R> {
    type Answer = Vec<f32>;

    fn features(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        self.featurizer.featurize(crystal)
    }

    fn of_batch(&self, items: &[&AtomFeatures]) -> Result<Vec<Self::Answer>, FeaturizeError> {
        let batch = uploaded(items)?;
        let network = self.network.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (encoder, readout) = &*network;
        let states = no_grad(|| readout.read_out(&encoder.encode(&batch, Mode::Eval), &batch, Mode::Eval).0);
        Ok(rows(&states))
    }
}

fn uploaded(items: &[&AtomFeatures]) -> Result<DeviceBatch, FeaturizeError> {
    let batch = PaddedCollate.collate(items)?;
    Ok(DeviceBatch::upload(&batch, Device::Cpu).expect("invariant: a collated batch of finite features is valid"))
}

fn rows(states: &Tensor) -> Vec<Vec<f32>> {
    Vec::<Vec<f32>>::try_from(states.to_kind(tch::Kind::Float)).expect("invariant: states have two axes")
}

/// Checks that no crystal's answer depends on the others in its batch.
///
/// # Errors
///
/// The [`Violation`] with the crystal and the sizes of the batch.
pub fn check_company<N: InBatches>(network: &N, tolerance: f64) -> Result<(), Violation> {
    let hard = strategies::hard_crystals().into_iter().filter(|crystal| crystal.num_sites() <= MOST_SITES);
    let crystals = hard.chain((0..64).map(|seed| strategies::crystal(1..=8).generate(seed)));
    let all: Vec<(Crystal, AtomFeatures)> =
        crystals.filter_map(|crystal| network.features(&crystal).ok().map(|features| (crystal, features))).collect();
    let broken = |case: u64, crystal: &Crystal, what: String| Violation {
        law: "company".to_owned(),
        case: Some(case as usize + 1),
        what,
        crystal: Some(crystal.clone()),
        change: None,
    };
    for case in 0..BATCHES {
        let chosen: Vec<&(Crystal, AtomFeatures)> =
            (0..2 + case % 4).filter_map(|k| all.get((case * 31 + k * 17) as usize % all.len().max(1))).collect();
        let items: Vec<&AtomFeatures> = chosen.iter().map(|(_, features)| features).collect();
        let sizes: Vec<usize> = items.iter().map(|item| item.num_atoms()).collect();
        let Ok(together) = network.of_batch(&items) else { continue };
        for ((crystal, features), answer) in chosen.iter().zip(&together) {
            let alone = network.of_batch(&[features]).map_err(|e| broken(case, crystal, e.to_string()))?;
            let origin: Vec<usize> = (0..features.num_atoms()).collect();
            let difference = alone[0].difference(answer, &origin);
            // Written so that a distance that is not a number breaks the law.
            let within = difference.distance <= tolerance;
            if !within {
                let what = format!("{} alone and in a batch of {sizes:?} atoms", difference.location);
                return Err(broken(case, crystal, what));
            }
        }
    }
    Ok(())
}

/// One test for each of these laws of [`s2s_featurize::laws`] and one for `company`, in a module of this name.
///
/// The arguments are a name, a featurizer, an [`AtomEncoder`](crate::AtomEncoder), a tolerance, the laws, and, if not all, the
/// [`Cases`](s2s_featurize::laws::Cases). Everything is evaluated afresh for every law.
#[macro_export]
macro_rules! encoder_laws {
    ($name:ident, $featurizer:expr, $encoder:expr, $tolerance:expr, [$($law:ident),* $(,)?] $(,)?) => {
        $crate::encoder_laws!(
            $name, $featurizer, $encoder, $tolerance, [$($law),*], $crate::laws::s2s_featurize::laws::Cases::new()
        );
    };
    ($name:ident, $featurizer:expr, $encoder:expr, $tolerance:expr, [$($law:ident),* $(,)?], $cases:expr $(,)?) => {
        $crate::encoder_laws!(
            @network $name, $crate::laws::EncodedAtoms::new($featurizer, $encoder), $tolerance, [$($law),*], $cases
        );
    };
    (@network $name:ident, $network:expr, $tolerance:expr, [$($law:ident),*], $cases:expr) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[test]
                fn $law() {
                    use $crate::laws::s2s_featurize;
                    let law = s2s_featurize::law!($law);
                    if let Err(violation) = s2s_featurize::laws::check(law, || $network, $tolerance, &$cases) {
                        panic!("{violation}");
                    }
                }
            )*

            #[test]
            fn company() {
                if let Err(violation) = $crate::laws::check_company(&$network, $tolerance) {
                    panic!("{violation}");
                }
            }
        }
    };
}

/// As [`encoder_laws!`](crate::encoder_laws), for a [`Readout`](crate::Readout) behind an encoder: name, featurizer, encoder,
/// readout, tolerance, laws, cases.
#[macro_export]
macro_rules! readout_laws {
    ($name:ident, $featurizer:expr, $encoder:expr, $readout:expr, $tolerance:expr, [$($law:ident),* $(,)?] $(,)?) => {
        $crate::readout_laws!(
            $name, $featurizer, $encoder, $readout, $tolerance, [$($law),*],
            $crate::laws::s2s_featurize::laws::Cases::new()
        );
    };
    (
        $name:ident, $featurizer:expr, $encoder:expr, $readout:expr, $tolerance:expr, [$($law:ident),* $(,)?], $cases:expr $(,)?
    ) => {
        $crate::encoder_laws!(
            @network $name,
            $crate::laws::EncodedCrystal::new($featurizer, $encoder, $readout),
            $tolerance, [$($law),*], $cases
        );
    };
}
