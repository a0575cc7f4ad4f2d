//! Models of the benchmark by name.

use std::sync::Arc;

use s2s_featurize::UnknownBlock;

use super::{AuxiliaryFeature, Boosting, BoostingConfig, Forest, Kernel, KernelConfig, RecordFeatures, RowCache};
use crate::{
    EvalError,
    benchmark::{BenchmarkModel, ShareOfExamples, StackedModel, Supplement},
};

/// Turns words such as `statistic`, `boosted:magpie+structure@gap` or `blend:first,second` into models.
#[derive(Debug, Default)]
pub struct Specification {
    /// The features that `@name` refers to.
    pub auxiliary: Vec<Arc<AuxiliaryFeature>>,
    /// Models from outside, such as networks; their names are looked up first.
    pub models: Vec<Box<dyn BenchmarkModel>>,
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
    /// The model of this name.
    ///
    /// | name | what |
    /// |---|---|
    /// | `element-count` | a forest that is told the number of elements |
    /// | `artefacts` | a forest that is told how the record was written |
    /// | `statistic` | a forest on the Magpie features |
    /// | `boosted:SET`, `bagged:SET` | boosted trees; five of them with other seeds |
    /// | `supplemented:SET` | boosted trees that learn from further compositions too |
    /// | `masked-supplemented:SET` | the same, with half the weight of each crystal given to its composition alone |
    /// | `kernel:SET` | a kernel machine |
    /// | `calibrated:NAME` | a model with its probabilities calibrated out of fold |
    /// | `blend:NAME,NAME…` | several models, weighted and calibrated out of fold |
    /// | `share-50:NAME` | a model that gets 50 % of the examples |
    /// | other | one of [`models`](Self::models), which is taken out |
    ///
    /// `SET` is the text of [`RecordFeatures`], with `@name` for each auxiliary feature that is added.
    ///
    /// # Errors
    ///
    /// [`EvalError::Config`] for a name without a meaning.
    pub fn model(&mut self, name: &str) -> Result<Box<dyn BenchmarkModel>, EvalError> {
        if let Some(index) = self.models.iter().position(|model| model.name() == name) {
            return Ok(self.models.swap_remove(index));
        }
        let forest = |set: &str, leaf: usize| -> Result<Box<dyn BenchmarkModel>, EvalError> {
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
        let model: Box<dyn BenchmarkModel> = match name.split_once(':') {
            Some((kind @ ("boosted" | "bagged" | "supplemented" | "masked-supplemented"), set)) => {
                let bags = if kind == "bagged" { BAGS } else { 1 };
                let mut config = BoostingConfig { bags, ..BoostingConfig::plain() };
                let mut supplement = None;
                if kind.ends_with("supplemented") {
                    let missing = || EvalError::Config { reason: "there are no further compositions".to_owned() };
                    supplement = Some(self.supplement.clone().ok_or_else(missing)?);
                    config = BoostingConfig::large();
                }
                let masked = if kind == "masked-supplemented" { Boosting::MASKED } else { 0.0 };
                Box::new(Boosting { name: named, rows: Arc::new(self.rows(set)?), config, supplement, masked })
            }
            Some(("kernel", set)) => {
                Box::new(Kernel { name: named, rows: Arc::new(self.rows(set)?), config: KernelConfig::plain() })
            }
            Some((kind, member)) if kind.starts_with("share-") => {
                let percent: f64 = kind["share-".len()..].parse().unwrap_or(f64::NAN);
                if !(percent > 0.0 && percent < 100.0) {
                    return Err(EvalError::Config { reason: format!("`{kind}` is not a share between 0 and 100 %") });
                }
                Box::new(ShareOfExamples { name: named, model: self.model(member)?, share: percent / 100.0 })
            }
            Some(("calibrated", member)) => {
                Box::new(StackedModel { name: named, members: vec![self.model(member)?], folds: INNER_FOLDS })
            }
            Some(("blend", members)) => {
                let members = members.split(',').map(|member| self.model(member)).collect::<Result<_, _>>()?;
                Box::new(StackedModel { name: named, members, folds: INNER_FOLDS })
            }
            _ => return Err(EvalError::Config { reason: format!("`{name}` names no model") }),
        };
        Ok(model)
    }

    fn rows(&self, text: &str) -> Result<RowCache, EvalError> {
        let mut parts = text.split('@');
        let features: RecordFeatures = parts
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|error: UnknownBlock| EvalError::Config { reason: error.to_string() })?;
        let feature = |name: &str| {
            let found = self.auxiliary.iter().find(|feature| feature.name() == name).cloned();
            found.ok_or_else(|| EvalError::Config { reason: format!("there is no auxiliary feature `{name}`") })
        };
        Ok(RowCache::new(features, parts.map(feature).collect::<Result<_, _>>()?))
    }
}
