//! Featurizers: crystals and compositions as numbers that models read, without a tensor library.
//!
//! ```
//! use s2s_crystal::{Crystal, Element, Lattice};
//! use s2s_featurize::{AllElements, AtomFeaturizer, AtomFeaturizerConfig, Featurizer};
//!
//! let cell = Lattice::rhombohedral(3.99, 60.0)?;
//! let salt = Crystal::ordered(cell, [(Element::NA, [0.0; 3]), (Element::CL, [0.5; 3])])?;
//! let features = AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements)?.featurize(&salt)?;
//! assert_eq!(features.num_atoms(), 2);
//! # Ok::<(), s2s_featurize::FeaturizeError>(())
//! ```
//!
//! ```text
//! Crystal ──Featurizer──▶ AtomFeatures ──Collate──▶ AtomBatch ──Masker──▶ MaskedBatch (host arrays)
//!    └──▶ FeatureSet of descriptors ──▶ row of numbers ◀── Composition
//! ```
//!
//! * [`AtomFeaturizer`]: tokens of a [`Vocabulary`], centroid distances, [`NeighborRule`] of atoms, a [`LatticeDescriptor`];
//!   configured for [the paper](AtomFeaturizerConfig::paper), [its released code](AtomFeaturizerConfig::released),
//!   [CGCNN](AtomFeaturizerConfig::cgcnn), [MEGNet](AtomFeaturizerConfig::megnet), or to
//!   [give one answer per crystal](AtomFeaturizerConfig::invariant), however it is written down. Disordered crystals and
//!   compositions are [weighted atoms](AtomFeaturizerConfig::weighted_atoms).
//! * [`RadialBasis`]: distances as smooth numbers. Features stay compact: the wide expansion belongs on the device; the
//!   host expansion exists for those who want arrays.
//! * [`MagpieFeaturizer`] and [`ElementInputs`]: compositions and elements by their [properties](ElementProperty).
//! * [`FeatureSet`]: descriptors of composition, structure, local environments and (feature `symmetry`) symmetry as one
//!   row of named numbers, for models that learn from tables.
//! * [`WithGlobals`], [`ScalingTable`]: such rows beside the atoms of a crystal, on a common scale, for networks.
//! * [`BatchSampler`], [`PaddedCollate`], [`Masker`]: which crystals go together, as which arrays.
//! * [`featurize_all`], [`FeatureStream`], [`FeatureCache`]: many crystals, on all cores, in constant memory, once.
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library.**
//! * **Everything random is a pure function of `(seed, epoch, index)`.**
//! * **Features are finite for every valid crystal**, isolated atoms and one-atom cells included.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod atom;
mod baselines;
mod basis;
mod cache;
mod centroid;
mod charge_balance;
mod collate;
mod descriptor;
mod element_inputs;
mod element_table;
mod error;
mod feature_stream;
mod featurizer;
mod featurizer_config;
mod globals;
mod lattice;
#[cfg(feature = "proptest")]
// An error of a law is a whole counterexample, made once and printed; and one macro serves slices and vectors.
#[allow(clippy::result_large_err, clippy::unnecessary_to_owned)]
pub mod laws;
mod magpie;
mod mask;
mod masked_batch;
mod neighbor_rule;
mod neighborhood;
mod random;
mod sampler;
mod scaling;
#[cfg(feature = "proptest")]
pub mod strategies;
mod token;
mod weighted_atoms;

pub use atom::{AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, PositionKind};
pub use baselines::{CgcnnVocabulary, MEGNET_STATE, MegnetVocabulary};
pub use basis::{GaussianBasis, RadialBasis};
pub use cache::{CacheCodec, CacheError, CacheKey, CacheStatistics, FeatureCache};
pub use centroid::centroid_distances;
pub use charge_balance::ChargeBalance;
pub use collate::{AtomBatch, Collate, PaddedCollate};
#[cfg(feature = "symmetry")]
pub use descriptor::SymmetryStatistics;
pub use descriptor::{
    CompositionStatistics, DopingStatistics, ElementCount, ElementFractions, ElementPairStatistics,
    EnvironmentStatistics, FeatureBlock, FeatureSet, StructureStatistics, UnknownBlock,
};
pub use element_inputs::ElementInputs;
pub use element_table::ElementProperty;
pub use error::{FeaturizeError, ForeignError};
pub use feature_stream::FeatureStream;
pub use featurizer::{Featurizer, featurize_all, featurize_each};
pub use featurizer_config::{BoxedFeaturizer, FeaturizerConfig};
pub use globals::WithGlobals;
pub use lattice::LatticeDescriptor;
pub use magpie::{MagpieConfig, MagpieFeaturizer, ValenceOccupation};
pub use mask::{MaskPolicy, MaskedAtoms};
pub use masked_batch::{MaskedBatch, Masker, Replacement};
pub use neighbor_rule::{NeighborPadding, NeighborRule};
pub use random::RandomStream;
pub use sampler::{BatchOrder, BatchPlan, BatchSampler, BatchSize};
pub use scaling::{Scaling, ScalingTable};
pub use token::{AllElements, PaperVocabulary, ReleasedVocabulary, Token, Vocabulary};

/// The examples of the README are run as tests.
#[cfg(all(doctest, feature = "proptest"))]
#[doc = include_str!("../README.md")]
struct Readme;
