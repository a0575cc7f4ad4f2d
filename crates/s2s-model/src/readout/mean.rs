//! The mean readout, and a nonlinearity after a readout.

use tch::Kind;

use crate::layer::activate;
use crate::{Activation, AtomStates, CrystalStates, DeviceBatch, Mode, Readout};

/// The mean of the atoms' vectors: `W = D`.
#[derive(Clone, Copy, Debug)]
pub struct MeanReadout;

impl Readout for MeanReadout {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let mask = atoms.mask.unsqueeze(-1);
        let values = atoms.values().where_self(&mask, &atoms.values().zeros_like());
        let sum = values.sum_dim_intlist([1].as_slice(), false, None);
        CrystalStates(sum / mask.sum_dim_intlist([1].as_slice(), false, Kind::Float))
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
