//! A network of one's own, trained by an objective of one's own, sealed and loaded again.

use std::{error::Error, path::Path};

use s2s_crystal::Crystal;
use s2s_featurize::*;
use s2s_model::*;
use s2s_train::{objective::*, *};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lookup {
    pub(crate) width: i64,
}
impl Architecture for Lookup {
    type Featurizer = AtomFeaturizerConfig;
    fn featurizer(&self) -> AtomFeaturizerConfig {
        AtomFeaturizerConfig::invariant()
    }
}
impl BuildNetwork for Lookup {
    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let table = Embedding::new(&parameters.scope("encoder"), vocabulary.num_tokens() as i64, self.width);
        Ok(Network::boxed(Table(table), Largest, RegressionHead::linear(&parameters.scope("head"), self.width)))
    }
}
#[derive(Debug)]
struct Table(Embedding);
impl AtomEncoder for Table {
    fn encode(&self, batch: &DeviceBatch, _: Mode<'_>) -> AtomStates {
        AtomStates::in_slots(self.0.forward(batch.tokens()), batch)
    }
}
#[derive(Debug)]
struct Largest;
impl Readout for Largest {
    fn read_out(&self, atoms: &AtomStates, _: &DeviceBatch, _: Mode<'_>) -> CrystalStates {
        CrystalStates(atoms.padded_with(f64::NEG_INFINITY).amax([1].as_slice(), false))
    }
}
#[derive(Debug)]
struct LogCosh(Regressor, Standard);
impl Objective for LogCosh {
    type Batch = LabeledBatch;
    type Outcome = Deviations;
    fn step(&self, batch: &LabeledBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        let found = self.0.forward(&batch.crystals, mode).0;
        let loss = (&found - self.1.scale(&batch.targets)).cosh().log().mean(Kind::Float);
        Ok(Step::of_crystals(loss, batch, &self.1.unscale(&found)))
    }
}
pub(crate) fn trained(crystals: &[Crystal], targets: Vec<f32>, folder: &Path) -> Result<Predictor, Box<dyn Error>> {
    let (model, parameters) = (Lookup { width: 8 }, Parameters::new(1, Device::Cpu));
    let objective = LogCosh(model.regressor(&parameters, &*model.vocabulary())?, Standard::new(&parameters, &targets)?);
    let config = CheckpointConfig::new(model.clone(), objective.1.task("mean atomic number", "1"));
    let mut learner = Learner::new(objective, parameters, FitConfig::plain(40, 0.05, 1), RunIdentity::default());
    learner.fit(&LabeledBatches::new(&model.features(crystals)?, targets, BatchSize::Crystals(8), Device::Cpu)?)?;
    learner.seal(folder, &config, "# A table of elements\n")?;
    Ok(Predictor::load_kind::<Lookup>(folder, Device::Cpu)?)
}
