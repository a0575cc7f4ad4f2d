//! A distance as many smooth numbers.

use std::fmt;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::FeaturizeError;

/// Expands a distance in Å into several numbers.
pub trait RadialBasis: fmt::Debug + Send + Sync {
    /// How many numbers one distance becomes.
    fn len(&self) -> usize;

    /// Whether a distance becomes no number at all; never for the bases of this crate.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the expansion of `distance` (Å) into `out`.
    ///
    /// # Panics
    ///
    /// If `out` is not [`len`](Self::len) long.
    fn expand_into(&self, distance: f64, out: &mut [f32]);

    /// The expansions of many distances, one row each.
    fn expand(&self, distances: &[f64]) -> Array2<f32> {
        let mut rows = Array2::zeros((distances.len(), self.len()));
        for (mut row, &distance) in rows.outer_iter_mut().zip(distances) {
            self.expand_into(distance, row.as_slice_mut().expect("invariant: rows of a fresh array are contiguous"));
        }
        rows
    }
}

/// Gaussians at evenly spaced centers: `exp(−(d − μₖ)² / σ²)`, each in (0, 1].
///
/// # Source
///
/// Liu et al., S2SNet, Eq. 1.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{GaussianBasis, RadialBasis};
///
/// let basis = GaussianBasis::paper();
/// assert_eq!(basis.len(), 512);
/// assert_eq!(basis.expand(&[0.0])[(0, 0)], 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianBasis {
    first: f64,
    step: f64,
    count: usize,
    width: f64,
}

impl GaussianBasis {
    /// `count` centers at `first`, `first + step`, … (Å) and the width σ (Å).
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::InvalidBasis`] without centers, or if a number is not finite, or σ is not positive.
    pub fn new(first: f64, step: f64, count: usize, width: f64) -> Result<Self, FeaturizeError> {
        let invalid = |reason| Err(FeaturizeError::InvalidBasis { reason });
        if count == 0 {
            return invalid("it has no centers");
        }
        if !(first.is_finite() && step.is_finite() && width.is_finite()) {
            return invalid("a parameter is not finite");
        }
        if width <= 0.0 {
            return invalid("the width is not positive");
        }
        Ok(Self { first, step, count, width })
    }

    /// 512 centers linearly placed from 0 to 5.12 Å, σ = 2 Å (Eq. 1).
    pub fn paper() -> Self {
        Self { first: 0.0, step: 5.12 / 511.0, count: 512, width: 2.0 }
    }

    /// 512 centers 0, 0.01, … 5.11 Å and the denominator 0.25 Å² (released code).
    pub fn released() -> Self {
        Self { first: 0.0, step: 0.01, count: 512, width: 0.5 }
    }

    /// For the named constructors, whose numbers are known to be valid.
    pub(crate) fn evenly(first: f64, step: f64, count: usize, width: f64) -> Self {
        Self { first, step, count, width }
    }

    /// The `k`-th center in Å.
    pub fn center(&self, k: usize) -> f64 {
        self.first + self.step * k as f64
    }

    /// All centers in Å.
    pub fn centers(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.count).map(|k| self.center(k))
    }

    /// The width σ in Å.
    pub fn width(&self) -> f64 {
        self.width
    }
}

impl RadialBasis for GaussianBasis {
    fn len(&self) -> usize {
        self.count
    }

    fn expand_into(&self, distance: f64, out: &mut [f32]) {
        assert_eq!(out.len(), self.count, "one number per center");
        for (value, center) in out.iter_mut().zip(self.centers()) {
            let z = (distance - center) / self.width;
            *value = (-z * z).exp() as f32;
        }
    }
}
