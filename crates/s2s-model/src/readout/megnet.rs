//! MEGNet's readout: atoms, bonds and the state of the crystal, side by side.

use tch::Tensor;

use crate::{AtomStates, CrystalStates, DeviceBatch, Mode, Readout, Scope, Set2Set};

/// `[Set2Set of atoms ; Set2Set of bonds ; state]`: `W = 5 D`, behind whatever encoder of width `D`.
///
/// # Source
///
/// Chen et al., Chem. Mater. 31, 3564 (2019).
#[derive(Debug)]
pub struct MegnetReadout {
    atoms: Set2Set,
    pairs: Set2Set,
}

impl MegnetReadout {
    /// `steps` rounds of attention over states of width `width`.
    pub fn new(scope: &Scope<'_>, width: i64, steps: usize) -> Self {
        let set2set = |name: &str| Set2Set::new(&scope.child(name), width, steps);
        Self { atoms: set2set("atoms"), pairs: set2set("pairs") }
    }
}

impl Readout for MegnetReadout {
    /// An encoder that gives no states of bonds and crystals has zeros instead.
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let of_atoms = self.atoms.forward(atoms.values(), &atoms.mask);
        let Some(graph) = &atoms.graph else {
            return CrystalStates(of_atoms.constant_pad_nd([0, 3 * atoms.width()]));
        };
        let crystal_of_pair = batch.pair_centers().divide_scalar_mode(batch.num_slots(), "floor");
        CrystalStates(Tensor::cat(
            &[
                of_atoms,
                self.pairs.forward_ragged(&graph.pairs, &crystal_of_pair, batch.num_crystals()),
                graph.crystals.shallow_clone(),
            ],
            1,
        ))
    }
}
