//! An encoder, a readout and a head of somebody else's, each in about ten lines.

use s2s_model::tch::{Kind, Tensor};
use s2s_model::{
    AtomEncoder, AtomStates, BinaryLogits, CrystalStates, DeviceBatch, Head, Init, Mode, Network, Parameters, Readout,
};

/// Looks each element up in a table.
#[derive(Debug)]
pub(crate) struct Lookup(Tensor);

impl AtomEncoder for Lookup {
    fn encode(&self, batch: &DeviceBatch, _mode: Mode<'_>) -> AtomStates {
        let values = Tensor::embedding(&self.0, batch.tokens(), -1, false, false);
        AtomStates::new(values, batch.present().shallow_clone())
    }
}

/// Takes the largest of all atoms, number by number.
#[derive(Debug)]
pub(crate) struct Largest;

impl Readout for Largest {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let padding = atoms.mask.logical_not().unsqueeze(-1);
        CrystalStates(atoms.values().masked_fill(&padding, f64::NEG_INFINITY).amax([1].as_slice(), false))
    }
}

/// Adds everything up.
#[derive(Debug)]
pub(crate) struct Sum;

impl Head<CrystalStates> for Sum {
    type Output = BinaryLogits;

    fn predict(&self, states: &CrystalStates, _mode: Mode<'_>) -> BinaryLogits {
        BinaryLogits(states.0.sum_dim_intlist([-1].as_slice(), false, Kind::Float))
    }
}

/// The three of them as a network over `tokens` elements.
pub(crate) fn network(parameters: &Parameters, tokens: i64) -> Network<Lookup, Largest, Sum> {
    let table = parameters.root().child("encoder").parameter("weight", &[tokens, 8], Init::Normal(1.0));
    Network { encoder: Lookup(table), readout: Largest, head: Sum }
}
