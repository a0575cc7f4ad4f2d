//! The trait of readouts: the atoms of a crystal to one vector per crystal.

mod composition;
mod dense;
mod globals;
mod lattice;
mod mean;
mod megnet;
mod set2set;

use std::fmt::Debug;

pub use composition::CompositionShift;
pub use dense::DenseReadout;
pub use globals::JoinGlobals;
pub use lattice::LatticeShift;
pub use mean::{Activated, MeanReadout};
pub use megnet::MegnetReadout;
pub use set2set::Set2Set;

use crate::{AtomStates, CrystalStates, DeviceBatch, Mode};

/// Makes one vector per crystal of the vectors of its atoms.
///
/// It is a logic error if the vector depends on the order of the atoms or on the padding. The batch is at hand for
/// readouts that know more than atoms, such as [`LatticeShift`].
pub trait Readout: Debug + Send {
    /// States of all crystals of the batch.
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates;
}

impl<R: Readout + ?Sized> Readout for Box<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        (**self).read_out(atoms, batch, mode)
    }
}
