//! A distance as many smooth numbers.

use std::{f64::consts::PI, fmt};

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

    /// As the formula says, to 10⁻⁶ relative; values below 10⁻³⁸ are that number, so that none is zero or denormal.
    fn expand_into(&self, distance: f64, out: &mut [f32]) {
        assert_eq!(out.len(), self.count, "one number per center");
        let spacing = (self.step / self.width).abs();
        let block = ((MAX_SPAN / spacing).min(MAX_BLOCK) as usize) / LANES * LANES;
        if block < 8 * LANES || self.count < LANES {
            for (value, center) in out.iter_mut().zip(self.centers()) {
                let z = (distance - center) / self.width;
                *value = ((-z * z).exp() as f32).max(f32::MIN_POSITIVE);
            }
            return;
        }
        for (number, values) in out.chunks_mut(block).enumerate() {
            let z = (distance - self.center(number * block)) / self.width;
            expand_block(z, self.step / self.width, values);
        }
    }
}

/// Gaussians computed side by side.
const LANES: usize = 8;

/// How many σ a block of centers may span.
///
/// Where any value of the block counts (|z| < 9.4) its first value is then above e^(−(9.4 + 16)²) ≈ 10⁻²⁸⁰, which is
/// still a normal number, and no product overflows.
const MAX_SPAN: f64 = 16.0;

/// Centers per block, so that the error of the products stays bounded.
const MAX_BLOCK: f64 = 4096.0;

/// Writes `exp(−(z − k·h)²)` for k = 0, 1, ….
///
/// The quotient of two values `m` apart, `exp(2·m·h·(z − k·h) − (m·h)²)`, itself changes by the constant factor
/// `exp(−2·(m·h)²)` from each to the next `m` later. So with eight lanes, `m = 8`, a value costs two products and no
/// exponential. The products are in double precision: after n of them the relative error is below n²·10⁻¹⁶, that is
/// 10⁻¹² for the 512 centers of the paper and 10⁻¹⁰ for the longest block.
fn expand_block(z: f64, h: f64, out: &mut [f32]) {
    let stride = LANES as f64 * h;
    let mut values = [0.0; LANES];
    let mut quotients = [0.0; LANES];
    for (lane, (value, quotient)) in values.iter_mut().zip(&mut quotients).enumerate() {
        let start = z - lane as f64 * h;
        *value = (-start * start).exp();
        *quotient = (stride * (2.0 * start - stride)).exp();
    }
    let change = (-2.0 * stride * stride).exp();
    let mut rows = out.chunks_exact_mut(LANES);
    for row in &mut rows {
        for lane in 0..LANES {
            row[lane] = (values[lane] as f32).max(f32::MIN_POSITIVE);
            values[lane] *= quotients[lane];
            quotients[lane] *= change;
        }
    }
    for (value, rest) in rows.into_remainder().iter_mut().zip(values) {
        *value = (rest as f32).max(f32::MIN_POSITIVE);
    }
}

/// Spherical waves that vanish at the cutoff: `√(2/c) · sin(n π d / c) / d` for n = 1, 2, …, zero beyond.
///
/// # Source
///
/// Gasteiger et al., DimeNet, ICLR 2020, Eq. 7.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{BesselBasis, RadialBasis};
///
/// let basis = BesselBasis::new(4.0, 6)?;
/// let waves = basis.expand(&[2.0, 5.0]);
/// // Half way, every second wave has a node; beyond the cutoff there is nothing.
/// assert!(waves[(0, 1)].abs() < 1e-7 && waves.row(1).iter().all(|x| *x == 0.0));
/// # Ok::<(), s2s_featurize::FeaturizeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BesselBasis {
    cutoff: f64,
    count: usize,
}

impl BesselBasis {
    /// `count` waves within a cutoff in Å.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::InvalidBasis`] without waves, or if the cutoff is not a positive length.
    pub fn new(cutoff: f64, count: usize) -> Result<Self, FeaturizeError> {
        if count == 0 {
            return Err(FeaturizeError::InvalidBasis { reason: "it has no waves" });
        }
        if !(cutoff.is_finite() && cutoff > 0.0) {
            return Err(FeaturizeError::InvalidBasis { reason: "the cutoff is not a positive length" });
        }
        Ok(Self { cutoff, count })
    }
}

impl RadialBasis for BesselBasis {
    fn len(&self) -> usize {
        self.count
    }

    fn expand_into(&self, distance: f64, out: &mut [f32]) {
        assert_eq!(out.len(), self.count, "one number per wave");
        if distance >= self.cutoff {
            out.fill(0.0);
            return;
        }
        let scale = (2.0 / self.cutoff).sqrt();
        for (order, value) in (1..).zip(out) {
            let frequency = f64::from(order) * PI / self.cutoff;
            // sin(f d) / d tends to f at the origin.
            let wave = if distance < 1e-6 { frequency } else { (frequency * distance).sin() / distance };
            *value = (scale * wave) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equals_the_formula(basis: GaussianBasis) {
        let mut row = vec![0.0; basis.len()];
        for step in 0..2000 {
            let distance = f64::from(step) * 0.0173;
            basis.expand_into(distance, &mut row);
            for (value, center) in row.iter().zip(basis.centers()) {
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
