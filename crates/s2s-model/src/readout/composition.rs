//! The readout that adds statistics of the composition.

use tch::{Kind, Tensor};

use crate::{AtomStates, CrystalStates, DeviceBatch, Init, Linear, Mode, Precision, Readout, Scope};

/// Shifts another readout by statistics of the composition, the way Eq. 5 shifts it by the lattice.
///
/// The statistics are those of Magpie (Ward et al. 2016): mean, deviation, smallest and largest value of each element
/// property, the share of each element, and norms of the shares. They are the same for a cell and its supercells.
/// Neither the paper nor the released code has this.
#[derive(Debug)]
pub struct CompositionShift<R> {
    inner: R,
    properties: Tensor,
    weight: Linear,
}

impl<R> CompositionShift<R> {
    /// Shifts what `inner` gives, of width `width`; `properties` is `f32 (tokens, P)`.
    pub fn new(scope: &Scope<'_>, inner: R, properties: &Tensor, width: i64) -> Self {
        let (tokens, known) = properties.size2().expect("invariant: a table has rows and columns");
        Self {
            inner,
            properties: scope.buffer("properties", properties),
            weight: Linear::new(scope, 4 * known + tokens + NORMS, width, Init::Lecun),
        }
    }

    /// `f32 (B, 4 P + tokens + 3)`.
    pub fn statistics(&self, batch: &DeviceBatch) -> Tensor {
        let tokens = batch.tokens();
        let share = batch.shares(); // (B, N)
        let values = Tensor::embedding(&self.properties, tokens, -1, false, false); // (B, N, P)
        let average = |x: &Tensor| share.unsqueeze(1).bmm(x).squeeze_dim(1);
        let mean = average(&values);
        let deviation = average(&(&values - mean.unsqueeze(1)).abs());
        let absent = batch.present().logical_not().unsqueeze(-1); // (B, N, 1)
        let smallest = values.masked_fill(&absent, f64::INFINITY).amin([1].as_slice(), false);
        let largest = values.masked_fill(&absent, f64::NEG_INFINITY).amax([1].as_slice(), false);
        let empty = Tensor::zeros([batch.num_crystals(), self.properties.size()[0]], (Kind::Float, batch.device()));
        let shares = empty.scatter_add(1, tokens, &share); // (B, tokens)
        let norm =
            |p: f64| shares.pow_tensor_scalar(p).sum_dim_intlist([1].as_slice(), true, None).pow_tensor_scalar(1.0 / p);
        let elements = shares.gt(0.0).sum_dim_intlist([1].as_slice(), true, Kind::Float) * 0.25;
        Tensor::cat(&[mean, deviation, smallest, largest, norm(2.0), norm(3.0), elements, shares], 1)
    }
}

/// Two norms of the shares, and the number of elements.
const NORMS: i64 = 3;

impl<R: Readout> Readout for CompositionShift<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        let CrystalStates(b) = self.inner.read_out(atoms, batch, mode);
        // Statistics of large properties need more digits than bfloat16 has.
        CrystalStates(b + Precision::Single.compute(|| self.weight.forward(&self.statistics(batch))))
    }
}
