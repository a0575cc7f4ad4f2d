//! The trait of network descriptions.

use std::{borrow::Borrow, fmt::Debug};

use s2s_crystal::Crystal;
use s2s_featurize::{AtomFeatures, FeaturizeError, FeaturizerConfig, PaperVocabulary, Vocabulary, featurize_all};
use serde::{Serialize, de::DeserializeOwned};

use super::{ConfigError, GlobalsConfig, TaskKind};

/// A kind of network as plain data: what it reads, and what is sealed beside its weights.
///
/// [`ModelConfig`](super::ModelConfig) is that of this workspace. A crate with a network of its own implements this trait and
/// `s2s_model::BuildNetwork` for the network's description; recipes, checkpoints and the predictor on libtorch then take it.
pub trait Architecture: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync {
    /// What makes of crystals what the network reads.
    type Featurizer: FeaturizerConfig;

    /// Name of the kind, for messages: by itself that of the type.
    fn family(&self) -> &'static str {
        let path = std::any::type_name::<Self>();
        path.rsplit("::").next().unwrap_or(path)
    }

    /// What the network reads.
    fn featurizer(&self) -> Self::Featurizer;

    /// The elements of the network's vocabulary and their tokens; the paper's by default.
    fn vocabulary(&self) -> Box<dyn Vocabulary> {
        Box::new(PaperVocabulary)
    }

    /// The features of crystals that the network reads, in their order.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError`] of the first crystal that has none; [`featurize_all`] tells of each.
    fn features(&self, crystals: &[impl Borrow<Crystal> + Sync]) -> Result<Vec<AtomFeatures>, FeaturizeError> {
        featurize_all(&self.featurizer().featurizer(self.vocabulary())?, crystals).into_iter().collect()
    }

    /// Checks the sizes.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such network.
    fn validate(&self) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Checks that what a featurizer gives is what this network reads for a task: by itself what [`featurizer`](Self::featurizer)
    /// says, to the letter.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names what does not fit.
    fn reads(&self, featurizer: &Self::Featurizer, _task: TaskKind) -> Result<(), ConfigError> {
        let own = self.featurizer();
        if own == *featurizer {
            return Ok(());
        }
        Err(ConfigError { reason: format!("the network reads {own:?}, and the featurizer gives {featurizer:?}") })
    }

    /// Numbers about crystals that the network reads beside the atoms, whose scale is fitted on training crystals.
    fn globals(&self) -> Option<&GlobalsConfig> {
        None
    }

    /// A learning rate at which Adam trains the network without diverging.
    fn learning_rate(&self) -> f64 {
        1e-3
    }

    /// What the names of the tensors begin with that another network of the kind can start from.
    fn transferable(&self) -> &'static [&'static str] {
        &["encoder."]
    }

    /// Checks that these tensors mean the same in another network: by itself that the descriptions are equal.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names both.
    fn same_encoder(&self, other: &Self) -> Result<(), ConfigError> {
        if self == other {
            return Ok(());
        }
        Err(ConfigError { reason: format!("the pre-trained network is {other:?}, and this one is {self:?}") })
    }
}
