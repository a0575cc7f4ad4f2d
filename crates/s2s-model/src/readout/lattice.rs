//! The readout that adds lattice descriptors (Eq. 5).

use crate::{AtomStates, CrystalStates, DeviceBatch, Init, Linear, Mode, Precision, Readout, Scope};

/// `b′ = b + W_θ · U` (Eq. 5): shifts another readout by numbers about the whole cell.
///
/// Leaving this decorator out is the ablation of Table 4.
///
/// # Deviations
///
/// | | paper | released code | here |
/// |---|---|---|---|
/// | U | three physical dimensions of the cell | nine numbers, loaded and not used | the `U` numbers of the batch |
#[derive(Debug)]
pub struct LatticeShift<R> {
    inner: R,
    weight: Linear,
}

impl<R> LatticeShift<R> {
    /// Shifts what `inner` gives, of width `width`, by a linear map of `numbers` lattice numbers, which starts at zero:
    /// lengths in Å are far larger than what a readout gives.
    pub fn new(scope: &Scope<'_>, inner: R, numbers: i64, width: i64) -> Self {
        Self { inner, weight: Linear::without_bias(scope, numbers, width, Init::Zeros) }
    }
}

impl<R: Readout> Readout for LatticeShift<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        let CrystalStates(b) = self.inner.read_out(atoms, batch, mode);
        // Lengths in Å need more digits than bfloat16 has.
        CrystalStates(b + Precision::Single.compute(|| self.weight.forward(batch.lattice()))) // Eq. 5
    }
}
