//! The mean readout, and a nonlinearity after a readout.

use crate::layer::activate;
use crate::{Activation, AtomStates, CrystalStates, DeviceBatch, Mode, Readout};

/// The mean of the atoms' vectors, weighted where atoms are: `W = D`.
#[derive(Clone, Copy, Debug)]
pub struct MeanReadout;

impl Readout for MeanReadout {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        CrystalStates(batch.shares().unsqueeze(1).bmm(&atoms.padded_with(0.0)).squeeze_dim(1))
    }
}

/// A readout followed by a nonlinearity, as CGCNN has it before its first fully connected layer.
#[derive(Clone, Copy, Debug)]
pub struct Activated<R> {
    /// What is read out.
    pub inner: R,
    /// What is done to each number of it.
    pub activation: Activation,
}

impl<R: Readout> Readout for Activated<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        CrystalStates(activate(self.activation, &self.inner.read_out(atoms, batch, mode).0))
    }
}
