//! Crystals to numbers: what a network reads, without a tensor library.
//!
//! ```text
//! Crystal ──Featurizer──▶ AtomFeatures ──Collate──▶ AtomBatch (host arrays)
//! ```
//!
//! Features stay compact: tokens, distances and neighbor rows. The wide radial expansion belongs on the device; the
//! host expansion ([`RadialBasis::expand`]) exists for those who want arrays.
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library.**
//! * **Everything random is a pure function of `(seed, epoch, index)`.**
//! * **Features are finite for every valid crystal**, isolated atoms and one-atom cells included.

mod atom;
mod basis;
mod cache;
mod centroid;
mod collate;
mod element_inputs;
mod element_table;
mod error;
mod featurizer;
mod lattice;
mod magpie;
mod mask;
mod masked_batch;
mod neighborhood;
mod neutrality;
mod pairs;
mod peer;
mod ragged;
mod random;
mod reduced;
mod sampler;
#[cfg(feature = "proptest")]
pub mod strategies;
mod token;

pub use atom::{AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, PositionKind};
pub use basis::{BesselBasis, GaussianBasis, RadialBasis};
pub use cache::{CacheError, CacheStatistics, FeatureCache, Fingerprint, Stored};
pub use centroid::centroid_distances;
pub use collate::{AtomBatch, Collate, PaddedCollate};
pub use element_inputs::ElementInputs;
pub use element_table::ElementProperty;
pub use error::FeaturizeError;
pub use featurizer::{Featurizer, featurize_all};
pub use lattice::LatticeDescriptor;
pub use magpie::{MagpieConfig, MagpieFeaturizer, ValenceOccupation};
pub use mask::{MaskPolicy, MaskedAtoms};
pub use masked_batch::{MaskedBatch, Masker, Replacement};
pub use neutrality::Neutrality;
pub use pairs::{Pairs, Shortfall};
pub use peer::{CgcnnVocabulary, MEGNET_STATE, MegnetVocabulary};
pub use ragged::{RaggedBatch, RaggedCollate};
pub use random::RandomStream;
pub use sampler::{BatchOrder, BatchPlan, BatchSampler, BatchSize};
pub use token::{AllElements, PaperVocabulary, ReleasedVocabulary, Token, Vocabulary};
