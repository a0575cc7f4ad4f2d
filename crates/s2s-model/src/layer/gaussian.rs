//! Distances as many smooth numbers, on the device.

use s2s_featurize::{GaussianBasis, RadialBasis};
use tch::{Device, Kind, Tensor};

/// `exp(−(d − μₖ)² / σ²)` for all centers μₖ (Eq. 1), where the distances already are.
///
/// Only the distances travel to the device: 4 bytes per atom instead of 2,048.
#[derive(Debug)]
pub struct GaussianExpansion {
    centers: Tensor,
    inverse_width: f64,
}

impl GaussianExpansion {
    /// e⁻⁸⁰ is nothing beside the other numbers. From e⁻⁸⁸ on, numbers are subnormal, with which processors take several
    /// times as long, in the exponential and in every product.
    const FAR: f64 = 80.0;

    /// The basis on a device.
    pub fn new(basis: &GaussianBasis, device: Device) -> Self {
        let centers: Vec<f32> = basis.centers().map(|center| center as f32).collect();
        Self { centers: Tensor::from_slice(&centers).to_device(device), inverse_width: 1.0 / basis.width() }
    }

    /// Number of centers, `K`.
    pub fn len(&self) -> i64 {
        self.centers.size()[0]
    }

    /// Whether there are no centers; never for a valid basis.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Distances `(…)` in Å become `(…, K)`.
    pub fn forward(&self, distances: &Tensor) -> Tensor {
        debug_assert_eq!(distances.kind(), Kind::Float);
        let z = (distances.unsqueeze(-1) - &self.centers) * self.inverse_width;
        z.square().clamp_max_(Self::FAR).neg_().exp_()
    }
}

/// Number of centers of a basis, as tensor sizes count.
pub(crate) fn radial(basis: &GaussianBasis) -> i64 {
    basis.len() as i64
}
