//! A readout of one's own, composed with an encoder and a head of this workspace.
//!
//! ```text
//! cargo run --features torch --example swap_readout
//! ```

mod output;

use output::say;
use s2s_data::reference;
use s2s_featurize::{AllElements, AtomFeaturizer, Collate, Featurizer, PaddedCollate};
use s2s_model::{
    AtomStates, BinaryHead, BuildS2sNet, CrystalStates, DeviceBatch, Mode, Network, Parameters, Readout, S2sNetConfig,
    tch::{Device, no_grad},
};

/// Each number of a crystal is the largest that any of its atoms has.
#[derive(Debug)]
struct MaxReadout;

impl Readout for MaxReadout {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let absent = atoms.mask.logical_not().unsqueeze(-1);
        CrystalStates(atoms.values().masked_fill(&absent, f64::NEG_INFINITY).amax([1].as_slice(), false))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = S2sNetConfig::periodic();
    let parameters = Parameters::new(7, Device::Cpu);
    let network = Network {
        encoder: config.encoder(&parameters, &AllElements)?,
        readout: MaxReadout,
        head: BinaryHead::new(&parameters.root().child("head"), &config.head, config.encoder.width()),
    };
    let featurizer = AtomFeaturizer::new(config.featurizer(), AllElements)?;
    let known = &reference::crystals()[..8];
    let features = known.iter().map(|k| featurizer.featurize(&k.crystal)).collect::<Result<Vec<_>, _>>()?;
    let batch = DeviceBatch::upload(&PaddedCollate.collate(&features.iter().collect::<Vec<_>>())?, Device::Cpu)?;
    let probabilities = no_grad(|| network.forward(&batch, Mode::Eval).probabilities());
    for (crystal, probability) in known.iter().zip(Vec::<f32>::try_from(probabilities)?) {
        say!("{:<16} {probability:.3}  (not trained yet)", crystal.name);
    }
    Ok(())
}
