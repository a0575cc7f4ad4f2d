//! Radial bases: a distance as many smooth numbers.

mod products;

use std::fmt;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use self::products::Products;
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

    /// Writes the expansions of many distances (Å) into `rows`, one after another, and keeps its memory for the next call.
    fn expand_to(&self, distances: &[f64], rows: &mut Vec<f32>) {
        rows.resize(distances.len() * self.len(), 0.0);
        for (row, distance) in rows.chunks_exact_mut(self.len()).zip(distances) {
            self.expand_into(*distance, row);
        }
    }

    /// The expansions of many distances (Å), one row each.
    fn expand(&self, distances: &[f64]) -> Array2<f32> {
        let mut rows = Vec::new();
        self.expand_to(distances, &mut rows);
        Array2::from_shape_vec((distances.len(), self.len()), rows).expect("invariant: one row per distance")
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
#[serde(try_from = "RawGaussianBasis")]
pub struct GaussianBasis {
    first: f64,
    step: f64,
    count: usize,
    width: f64,
}

/// Functions that a basis has at most: each distance becomes as many numbers.
const MAX_FUNCTIONS: usize = 1 << 16;

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
        if count > MAX_FUNCTIONS {
            return invalid("it has more than 65,536 centers");
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

    /// As the formula says, to 10⁻⁶ relative; values below 10⁻³⁸ are that number, so that none is zero or denormal.
    fn expand_into(&self, distance: f64, out: &mut [f32]) {
        assert_eq!(out.len(), self.count, "one number per center");
        Products::new(self).expand_into(distance, out);
    }

    fn expand_to(&self, distances: &[f64], rows: &mut Vec<f32>) {
        rows.resize(distances.len() * self.count, 0.0);
        Products::new(self).expand_all(distances, rows);
    }
}

/// The serialized form of Gaussians.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGaussianBasis {
    first: f64,
    step: f64,
    count: usize,
    width: f64,
}

impl TryFrom<RawGaussianBasis> for GaussianBasis {
    type Error = FeaturizeError;

    fn try_from(raw: RawGaussianBasis) -> Result<Self, Self::Error> {
        Self::new(raw.first, raw.step, raw.count, raw.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equals_the_formula(basis: GaussianBasis) {
        let distances: Vec<f64> = (0..300).map(|step| f64::from(step) * 0.1173).chain([1e3, 1e8]).collect();
        let together = basis.expand(&distances);
        let mut alone = vec![0.0; basis.len()];
        for (row, distance) in together.outer_iter().zip(distances) {
            basis.expand_into(distance, &mut alone);
            for (value, center) in row.iter().zip(basis.centers()).chain(alone.iter().zip(basis.centers())) {
                let z = (distance - center) / basis.width();
                let expected = (-z * z).exp();
                let close = (f64::from(*value) - expected).abs() <= 1e-6 * expected + 1.2e-38;
                assert!(close && *value > 0.0 && *value <= 1.0, "{basis:?}, {distance}: {value} and {expected}");
            }
        }
    }

    #[test]
    fn products_equal_the_formula_for_every_basis() -> Result<(), FeaturizeError> {
        equals_the_formula(GaussianBasis::paper());
        equals_the_formula(GaussianBasis::released());
        equals_the_formula(GaussianBasis::cgcnn());
        equals_the_formula(GaussianBasis::megnet());
        equals_the_formula(GaussianBasis::new(1.0, 0.0, 20, 3.0)?);
        equals_the_formula(GaussianBasis::new(5.0, -0.01, 333, 0.4)?);
        equals_the_formula(GaussianBasis::new(0.0, 0.002, 5000, 0.3)?);
        equals_the_formula(GaussianBasis::new(0.0, 1.0, 3, 0.001)?);
        Ok(())
    }

    #[test]
    fn impossible_bases_say_why() {
        let message = |basis: Result<GaussianBasis, FeaturizeError>| basis.map_err(|e| e.to_string()).err();
        let expected = "invalid radial basis: the width is not positive";
        assert_eq!(message(GaussianBasis::new(0.0, 0.1, 5, 0.0)).as_deref(), Some(expected));
        let expected = "invalid radial basis: it has no centers";
        assert_eq!(message(GaussianBasis::new(0.0, 0.1, 0, 1.0)).as_deref(), Some(expected));
    }
}
