//! A sealed network, or an ensemble of them.

use s2s_crystal::Composition;
use s2s_featurize::{AtomFeatures, AtomFeaturizer, CacheKey, FeaturizeError, Vocabulary};

use crate::{
    Answer, Architecture, CheckpointConfig, FolderError, ModelConfig, Network, NetworkError, Output, PredictError,
    SealedFolder, Task, Weights,
};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";

/// Networks that answer the same question from the same features.
#[derive(Debug)]
pub(crate) struct NetworkModel {
    pub(crate) config: CheckpointConfig,
    pub(crate) featurizer: AtomFeaturizer<Box<dyn Vocabulary>>,
    /// Equal for models that read the same features.
    pub(crate) cache_key: String,
    members: Vec<(Network, Task)>,
}

impl NetworkModel {
    /// Whether a sealed folder holds a single one.
    pub(crate) fn is_in(sealed: &SealedFolder) -> bool {
        sealed.contains(CONFIG)
    }

    /// The network in a folder, or the members of the ensemble in it.
    pub(crate) fn read(sealed: &SealedFolder) -> Result<Self, FolderError> {
        if Self::is_in(sealed) {
            return Self::of(sealed, std::slice::from_ref(sealed));
        }
        let members = sealed.members()?;
        if members.is_empty() {
            return Err(FolderError::WrongKind { path: sealed.path(""), found: "no model" });
        }
        Self::of(sealed, &members)
    }

    fn of(sealed: &SealedFolder, folders: &[SealedFolder]) -> Result<Self, FolderError> {
        let unequal = |what| FolderError::UnequalMembers { path: sealed.path(""), what };
        let mut found: Option<CheckpointConfig> = None;
        let mut members = Vec::new();
        for folder in folders {
            let (config, network) = read_member(folder)?;
            let first = found.get_or_insert_with(|| config.clone());
            if config.featurizer != first.featurizer || config.vocabulary != first.vocabulary {
                return Err(unequal("featurizer"));
            }
            if !config.task.asks_the_same_as(&first.task) {
                return Err(unequal("task"));
            }
            members.push((network, config.task));
        }
        let config = found.expect("invariant: there is a member");
        let featurizer = AtomFeaturizer::new(config.featurizer.clone(), config.find_vocabulary()?)
            .map_err(|error| FolderError::BadConfig { path: folders[0].path(CONFIG), reason: error.to_string() })?;
        let cache_key = featurizer.cache_key();
        Ok(Self { config, featurizer, cache_key, members })
    }

    pub(crate) fn num_members(&self) -> usize {
        self.members.len()
    }

    /// What the networks read of a composition.
    pub(crate) fn features_of_composition(&self, composition: &Composition) -> Result<AtomFeatures, PredictError> {
        self.featurizer.featurize_composition(composition).map_err(|error| match error {
            FeaturizeError::NeedsStructure { .. } => PredictError::NeedsStructure,
            other => other.into(),
        })
    }

    /// The mean over members, and their standard deviation.
    pub(crate) fn answer(&self, features: &AtomFeatures) -> Result<Answer, PredictError> {
        let value = |(network, task): &(Network, Task)| task.value(f64::from(network.output(features)));
        let values: Vec<f64> = self.members.iter().map(value).collect();
        if !values.iter().all(|value| value.is_finite()) {
            return Err(PredictError::NotFinite);
        }
        let (probability, std) = match self.config.task {
            Task::Classification { .. } => {
                let each: Vec<f64> = values.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
                (Some(mean(&each)), deviation(&each))
            }
            Task::Regression { .. } | Task::MaskedAtoms => (None, deviation(&values)),
        };
        Ok(Answer {
            value: mean(&values),
            probability,
            std,
            transition: None,
            nearest: None,
            next_nearest: Vec::new(),
            known: None,
            warnings: Vec::new(),
        })
    }

    /// What each atom adds to the mean value over members.
    pub(crate) fn contributions(&self, features: &AtomFeatures) -> Result<Vec<f64>, PredictError> {
        let mut sums = vec![0.0; features.num_atoms()];
        for (network, task) in &self.members {
            // A line's offset does not change differences.
            let scale = task.value(1.0) - task.value(0.0);
            for (sum, part) in sums.iter_mut().zip(network.contributions(features)) {
                *sum += scale * f64::from(part) / self.members.len() as f64;
            }
        }
        if sums.iter().all(|sum| sum.is_finite()) { Ok(sums) } else { Err(PredictError::NotFinite) }
    }
}

fn read_member(folder: &SealedFolder) -> Result<(CheckpointConfig, Network), FolderError> {
    let (text, bytes) = (folder.read(CONFIG)?, folder.read(WEIGHTS)?);
    folder.verify_others(&[CONFIG, WEIGHTS])?;
    let bad = |name: &str, reason: String| FolderError::BadConfig { path: folder.path(name), reason };
    let config = CheckpointConfig::<ModelConfig>::read(&text).map_err(|error| bad(CONFIG, error.to_string()))?;
    let ModelConfig::S2sNet(network) = &config.model else {
        return Err(bad(CONFIG, NetworkError::NeedsTorch { kind: config.model.family() }.to_string()));
    };
    config.task.answers().map_err(|error| bad(CONFIG, error.reason))?;
    let output = match config.task {
        Task::Classification { .. } => Output::Logit,
        Task::Regression { .. } | Task::MaskedAtoms => Output::Number,
    };
    let vocabulary = config.find_vocabulary()?;
    let weights = Weights::read(&bytes).map_err(|error| bad(WEIGHTS, error.to_string()))?;
    let network =
        Network::new(network, output, &*vocabulary, weights).map_err(|error| bad(WEIGHTS, error.to_string()))?;
    Ok((config, network))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> Option<f64> {
    let center = mean(values);
    let variance = values.iter().map(|x| (x - center).powi(2)).sum::<f64>() / values.len() as f64;
    (values.len() > 1).then(|| variance.sqrt())
}
