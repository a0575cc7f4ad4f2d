//! Gaussian expansion of distances, on the device.

use s2s_featurize::{GaussianBasis, RadialBasis};
use tch::{Device, Kind, Tensor};

/// `exp(−(d − μₖ)² / σ²)` for all centers μₖ (Eq. 1), where the distances already are.
///
/// Only the distances are copied to the device: 4 bytes per atom instead of 2,048.
#[derive(Debug)]
pub struct GaussianExpansion {
    centers: Tensor,
    inverse_width: f64,
}

impl GaussianExpansion {
    /// e⁻⁵⁰ is nothing beside the other numbers: from there on a Gaussian is zero. As they are, those beyond e⁻⁸⁸ are subnormal, and
    /// products of smaller ones with small gradients add up to subnormal sums; with such numbers CPUs take ten times as long.
    const FAR: f64 = 50.0;

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
        z.square().neg_().threshold_(-Self::FAR, f64::NEG_INFINITY).exp_()
    }
}

/// Number of centers of a basis, as tensor sizes count.
pub(crate) fn radial(basis: &GaussianBasis) -> i64 {
    basis.len() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_gaussians_are_zero_and_near_ones_are_exact() -> Result<(), Box<dyn std::error::Error>> {
        let basis = GaussianBasis::new(0.0, 0.2, 41, 0.2)?;
        let expansion = GaussianExpansion::new(&basis, Device::Cpu);
        let distances = [0.0_f32, 0.7, 2.9, 8.0];
        let found = Vec::<Vec<f32>>::try_from(expansion.forward(&Tensor::from_slice(&distances)))?;
        for (row, d) in found.iter().zip(distances) {
            for (value, center) in row.iter().zip(basis.centers()) {
                let exact = (-((f64::from(d) - center) / basis.width()).powi(2)).exp();
                assert!((f64::from(*value) - exact).abs() < 1e-6, "{value} at {d} Å from {center} Å is not {exact}");
                assert_eq!(*value == 0.0, exact < 1.9e-22, "{value} at {d} Å from {center} Å");
            }
        }
        Ok(())
    }
}
