//! The plain mean.

use tch::Kind;

use crate::{AtomStates, CrystalStates, DeviceBatch, Mode, Readout};

/// The mean of the atoms' vectors: `W = D`.
#[derive(Clone, Copy, Debug)]
pub struct MeanReadout;

impl Readout for MeanReadout {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let mask = atoms.mask.unsqueeze(-1);
        let sum =
            atoms.values.where_self(&mask, &atoms.values.zeros_like()).sum_dim_intlist([1].as_slice(), false, None);
        CrystalStates(sum / mask.sum_dim_intlist([1].as_slice(), false, Kind::Float))
    }
}
