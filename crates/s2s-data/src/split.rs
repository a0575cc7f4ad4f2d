//! Splits: which records train a model and which test it, at random, by class, by group or by year.

mod fold_file;
mod folds;
mod group;
mod shuffle;

pub use self::{
    fold_file::{FoldFile, FoldFileError},
    folds::{Folds, Split},
    group::{FingerprintError, Groups},
    shuffle::{permutation, shuffle},
};
pub(crate) use self::{
    group::fingerprint,
    shuffle::{generator, unit_interval},
};
