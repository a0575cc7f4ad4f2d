//! A readout of one's own behind our encoder: trained, sealed, loaded and predicting.
//!
//! ```text
//! cargo run --release --features torch --example swap_readout
//! ```

mod output;

use output::say;
use s2s_data::{Record, Split, reference};
use s2s_featurize::{AtomFeaturizerConfig, BatchSize, Vocabulary};
use s2s_model::{
    Architecture, AtomStates, BuildNetwork, Calibration, Classifier, Composition, CrystalStates, DeviceBatch, Mode,
    ModelError, Parameters, Predictor, Readout, ReadoutConfig, S2sNetConfig,
    tch::{Device, set_num_threads},
};
use s2s_train::{
    RunIdentity,
    recipe::{About, FinetuneRecipe, Labeled, Prepared},
};
use serde::{Deserialize, Serialize};

/// Each number of a crystal is the largest that any of its atoms has.
#[derive(Debug)]
struct MaxReadout;

impl Readout for MaxReadout {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        CrystalStates(atoms.padded_with(f64::NEG_INFINITY).amax([1].as_slice(), false))
    }
}

/// S2SNet with that readout: what is sealed beside the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct MaxPooled(S2sNetConfig);

impl Architecture for MaxPooled {
    type Featurizer = AtomFeaturizerConfig;

    fn featurizer(&self) -> AtomFeaturizerConfig {
        self.0.featurizer()
    }
}

impl BuildNetwork for MaxPooled {
    fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        // With a mean for its readout the network's head is as wide as its encoder.
        Ok(Classifier { readout: Box::new(MaxReadout), ..self.0.classifier(parameters, vocabulary)? })
    }
}

fn superconducts(record: &Record) -> bool {
    record.label.and_then(|label| label.is_superconductor()) == Some(true)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    set_num_threads(1);
    let mut network = S2sNetConfig::periodic().with_width(32).with_layers(2);
    (network.readout, network.lattice) = (ReadoutConfig::Mean, None);
    network.composition = Composition::Omitted;
    let records: Vec<Record> = reference::crystals().iter().map(|known| known.to_record()).collect();
    let mut recipe = FinetuneRecipe::new(MaxPooled(network));
    (recipe.fit.epochs, recipe.batch) = (20, BatchSize::Crystals(16));
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    let labels: Vec<bool> = prepared.kept.iter().map(|&k| superconducts(&records[k])).collect();
    let split = Split::stratified(&labels, 0.2, 1)?;
    let some = |items: &[usize]| Labeled::some(&prepared.features, &labels, items);
    let (learner, _) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(learner, 0, some(&split.train), some(&split.test), &mut [])?;

    let folder = std::env::temp_dir().join(format!("max-pooled-{}", std::process::id()));
    let metrics = trained.learner.progress().history.last().map(|epoch| epoch.validation.clone()).unwrap_or_default();
    let (calibration, card) = (Calibration::IDENTITY, "# S2SNet with a maximum for its readout\n");
    let about = About { recipe: &recipe, positive: "superconductor", calibration, dataset_sha256: None, metrics, card };
    trained.seal(&folder, about)?;
    let predictor = Predictor::load_kind::<MaxPooled>(&folder, Device::Cpu)?;
    let asked: Vec<_> = split.test.iter().take(8).map(|&item| &records[prepared.kept[item]]).collect();
    let crystals: Vec<_> = asked.iter().map(|record| &record.crystal).collect();
    for (record, answer) in asked.iter().zip(predictor.predict(&crystals)) {
        let known = if superconducts(record) { "superconductor" } else { "none found" };
        say!("{:<16} {:.3}  ({known})", record.formula, answer?.probability.unwrap_or(f64::NAN));
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
