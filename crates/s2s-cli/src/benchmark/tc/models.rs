//! The models of `s2s benchmark tc` by name.

use std::{fmt, str::FromStr};

use s2s_eval::{
    learner::BoostingConfig,
    tc::{
        AlwaysMedian, BoostedRegression, CrossConformal, ForestLearner, KernelLearner, NetworkConfig, NetworkLearner,
        TcRecipe, TcRegressor,
    },
};
use s2s_featurize::{FeatureBlock, FeatureSet};

/// A model of critical temperatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// Forest, kernel and classifier together.
    Blend,
    /// The forest alone.
    Forest,
    /// The forest alone, with numbers of the structure.
    ForestStructure,
    /// The kernel alone.
    Kernel,
    /// A network.
    Network,
    /// Boosted trees on Magpie features.
    Boosted,
    /// The same of the root of Tc.
    BoostedRoot,
    /// The median of the training data.
    Median,
}

/// Folds of chemical systems that set the intervals of a learner that has none of its own.
const FOLDS: usize = 3;

impl Model {
    const ALL: [Self; 8] = [
        Self::Blend,
        Self::Forest,
        Self::ForestStructure,
        Self::Kernel,
        Self::Network,
        Self::Boosted,
        Self::BoostedRoot,
        Self::Median,
    ];

    /// What a model has to beat.
    pub(super) const BASELINES: [Self; 3] = [Self::Boosted, Self::BoostedRoot, Self::Median];

    /// Whether it needs structures.
    pub(super) fn sees_structures(self) -> bool {
        self == Self::ForestStructure
    }

    /// What learns, with what the recipe of the blend says of its members.
    pub(super) fn build(self, recipe: &TcRecipe) -> Box<dyn TcRegressor> {
        use FeatureBlock::{Doping, Fractions, Magpie, Structure, Surroundings, Symmetry};
        let composition = FeatureSet::new([Magpie, Fractions, Doping]);
        let (exponent, folds) = (recipe.exponent, FOLDS);
        let forest =
            |features| Box::new(CrossConformal { learner: ForestLearner(recipe.forest), features, exponent, folds });
        let boosted = |exponent| {
            let (features, boosting) = (FeatureSet::new([Magpie]), BoostingConfig::large());
            Box::new(BoostedRegression { features, boosting, exponent })
        };
        match self {
            Self::Blend => Box::new(recipe.clone()),
            Self::Forest => forest(composition),
            Self::ForestStructure => {
                forest(FeatureSet::new([Magpie, Fractions, Doping, Structure, Surroundings, Symmetry]))
            }
            Self::Kernel => {
                let (learner, features) = (KernelLearner(recipe.kernel), FeatureSet::new([Fractions]));
                Box::new(CrossConformal { learner, features, exponent, folds })
            }
            Self::Network => {
                let (learner, features) = (NetworkLearner(NetworkConfig::plain()), composition);
                Box::new(CrossConformal { learner, features, exponent, folds })
            }
            Self::Boosted => boosted(1.0),
            Self::BoostedRoot => boosted(0.5),
            Self::Median => Box::new(AlwaysMedian),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Blend => "blend",
            Self::Forest => "forest",
            Self::ForestStructure => "forest-structure",
            Self::Kernel => "kernel",
            Self::Network => "network",
            Self::Boosted => "boosted",
            Self::BoostedRoot => "boosted-root",
            Self::Median => "median",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Model {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::word).join(", ");
        Self::ALL
            .into_iter()
            .find(|model| model.word() == word)
            .ok_or_else(|| format!("`{word}` is none of {}", known()))
    }
}
