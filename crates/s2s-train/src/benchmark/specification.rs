//! Contenders by name.

use std::sync::Arc;

use super::{
    Blend, Boosting, BoostingConfig, Contender, FeatureSet, Fewer, Forest, Kernel, KernelConfig, Lesson,
    NetworkContender, RowCache, Supplement,
};
use crate::TrainError;

/// Turns words such as `statistic`, `boosted:magpie+structure@gap` or `blend:first,second` into contenders.
#[derive(Debug, Default)]
pub struct Specification {
    /// What `@name` refers to.
    pub lessons: Vec<Arc<Lesson>>,
    /// What is looked up first, before any other meaning of a name.
    pub networks: Vec<NetworkContender>,
    /// What `supplemented:…` learns from beside the examples.
    pub supplement: Option<Arc<Supplement>>,
}

/// Trees of the forests.
const TREES: usize = 300;
/// Folds inside a training side.
const INNER_FOLDS: usize = 5;
/// Models that are averaged by `bagged:…`.
const BAGS: u64 = 5;

impl Specification {
    /// The contender of this name.
    ///
    /// | name | what |
    /// |---|---|
    /// | `element-count` | a forest that is told the number of elements |
    /// | `artefacts` | a forest that is told how the record was written |
    /// | `statistic` | a forest on the Magpie features |
    /// | `boosted:SET`, `bagged:SET` | boosted trees; five of them with other seeds |
    /// | `supplemented:SET` | boosted trees that learn from further compositions too |
    /// | `kernel:SET` | a kernel machine |
    /// | `calibrated:NAME` | a contender with its probabilities calibrated out of fold |
    /// | `blend:NAME,NAME…` | several contenders, weighted and calibrated out of fold |
    /// | `share-50:NAME` | a contender that gets 50 % of the examples |
    /// | other | a network of [`networks`](Self::networks) |
    ///
    /// `SET` is a [`FeatureSet`], with `@lesson` for each lesson whose number is added.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] for a name without a meaning.
    pub fn contender(&mut self, name: &str) -> Result<Box<dyn Contender>, TrainError> {
        if let Some(place) = self.networks.iter().position(|network| network.name == name) {
            return Ok(Box::new(self.networks.swap_remove(place)));
        }
        let forest = |set: &str, leaf: usize| -> Result<Box<dyn Contender>, TrainError> {
            let rows = Arc::new(self.rows(set)?);
            Ok(Box::new(Forest { name: name.to_owned(), rows, trees: TREES, leaf }))
        };
        match name {
            "element-count" => return forest("element-count", 3),
            "artefacts" => return forest("artefacts", 3),
            "statistic" => return forest("magpie", 1),
            _ => {}
        }
        let named = name.to_owned();
        let contender: Box<dyn Contender> = match name.split_once(':') {
            Some((kind @ ("boosted" | "bagged" | "supplemented"), set)) => {
                let bags = if kind == "bagged" { BAGS } else { 1 };
                let mut config = BoostingConfig { bags, ..BoostingConfig::plain() };
                let mut supplement = None;
                if kind == "supplemented" {
                    let missing = || TrainError::Config { reason: "there are no further compositions".to_owned() };
                    supplement = Some(self.supplement.clone().ok_or_else(missing)?);
                    config = BoostingConfig::large();
                }
                Box::new(Boosting { name: named, rows: Arc::new(self.rows(set)?), config, supplement })
            }
            Some(("kernel", set)) => {
                Box::new(Kernel { name: named, rows: Arc::new(self.rows(set)?), config: KernelConfig::plain() })
            }
            Some((kind, member)) if kind.starts_with("share-") => {
                let percent: f64 = kind["share-".len()..].parse().unwrap_or(0.0);
                Box::new(Fewer { name: named, contender: self.contender(member)?, share: percent / 100.0 })
            }
            Some(("calibrated", member)) => {
                Box::new(Blend { name: named, members: vec![self.contender(member)?], folds: INNER_FOLDS })
            }
            Some(("blend", members)) => {
                let members = members.split(',').map(|member| self.contender(member)).collect::<Result<_, _>>()?;
                Box::new(Blend { name: named, members, folds: INNER_FOLDS })
            }
            _ => return Err(TrainError::Config { reason: format!("`{name}` names no contender") }),
        };
        Ok(contender)
    }

    fn rows(&self, text: &str) -> Result<RowCache, TrainError> {
        let mut parts = text.split('@');
        let set: FeatureSet = parts
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|error: super::UnknownBlock| TrainError::Config { reason: error.to_string() })?;
        let lesson = |name: &str| {
            let found = self.lessons.iter().find(|lesson| lesson.name() == name).cloned();
            found.ok_or_else(|| TrainError::Config { reason: format!("there is no lesson `{name}`") })
        };
        Ok(RowCache::new(set, parts.map(lesson).collect::<Result<_, _>>()?))
    }
}
