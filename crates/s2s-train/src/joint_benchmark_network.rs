//! Networks that learn the question of a benchmark beside others, as models of the benchmark.

use std::collections::HashSet;

use s2s_crystal::Element;
use s2s_data::{
    Record, Split,
    target::{Target, Targets},
};
use s2s_eval::{
    EvalError,
    benchmark::{BenchmarkModel, Example, TrainingRecord},
    fit_platt,
    metric::roc_auc,
};
use s2s_featurize::AtomFeatures;
use s2s_model::{Architecture, BuildNetwork, ModelConfig};
use tch::Device;

use crate::{
    RunIdentity, TrainError, Watch,
    recipe::{JointData, JointRecipe, Prepared, PretrainedWeights, TargetConfig},
};

/// A network that learns three targets at once: the label of the benchmark, the label of other crystals, which answers another
/// question, and the transition temperature, where one of either is known.
///
/// Of the other crystals those are used that share no chemical system with the test side. The epoch is chosen by the benchmark's
/// label, on a part of the training crystals, which also fits the line of Platt.
#[derive(Debug)]
pub struct JointBenchmarkNetwork<A: Architecture = ModelConfig> {
    /// Name of the row.
    pub name: String,
    /// Which network, and how it learns [`targets`](Self::targets).
    pub recipe: JointRecipe<A>,
    /// A network that has learned something else, from which the encoder starts.
    pub pretrained: Option<PretrainedWeights<A>>,
    /// Share of the training crystals on which the epoch is chosen.
    pub validation_share: f64,
    /// The other crystals with their labels.
    pub others: Vec<Record>,
    /// Where it runs.
    pub device: Device,
}

/// The label of the benchmark.
const ASKED: &str = "asked";

impl<A: Architecture> JointBenchmarkNetwork<A> {
    /// The targets of the recipe: two labels, and ln(1 + Tc/K).
    pub fn targets() -> Vec<TargetConfig> {
        vec![TargetConfig::label(ASKED), TargetConfig::label("other"), TargetConfig::number("ln(1 + Tc)", "1")]
    }

    /// What the epoch is chosen by.
    pub fn watch() -> Watch {
        Watch::largest(&format!("{ASKED}.roc_auc"))
    }
}

impl<A: Architecture + BuildNetwork> BenchmarkModel for JointBenchmarkNetwork<A> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let recipe = serde_json::to_string(&self.recipe).expect("invariant: a recipe is plain data");
        let weights = self.pretrained.as_ref().map_or("none", |weights| weights.sha256());
        let (share, others) = (self.validation_share, self.others.len());
        format!("{recipe}, validation {share}, pre-trained weights {weights}, and {others} other crystals")
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        Ok(self.fit_score_recorded(train, test, seed)?.0)
    }

    fn fit_score_recorded(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), EvalError> {
        self.train_and_score(train, test, seed).map_err(EvalError::model)
    }
}

impl<A: Architecture + BuildNetwork> JointBenchmarkNetwork<A> {
    fn train_and_score(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), TrainError> {
        let featurizer = self.recipe.build_featurizer()?;
        let asked: Vec<Record> = train.iter().map(|e| e.record).chain(test.iter().copied()).cloned().collect();
        let prepared = Prepared::all(&asked, &featurizer)?;
        let (of_train, of_test) = prepared.features.split_at(train.len());
        let others = apart_from(&self.others, test);
        // What the network does not read is left out.
        let prepared_others = Prepared::new(&others, &featurizer)?;
        let others: Vec<Record> = prepared_others.kept.iter().map(|&k| others[k].clone()).collect();

        let labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        let inner = Split::hold_out(
            &Split { train: (0..labels.len()).collect(), test: Vec::new() },
            &labels,
            self.validation_share,
            seed,
        )?;
        let with_labels = JointData::new(of_train).with_labels(&Targets::new(labels.iter().copied().map(Some)))?;
        let (none, no_number) = (Targets::new(vec![None; train.len()]), Targets::new(vec![None; train.len()]));
        let validation = with_labels.clone().with_labels(&none)?.with_numbers(&no_number)?.of_items(&inner.test);
        let mut learned =
            with_labels.with_labels(&none)?.with_numbers(&temperatures(&asked[..train.len()]))?.of_items(&inner.train);
        let of_others = JointData::new(&prepared_others.features)
            .with_labels(&Targets::new(vec![None; others.len()]))?
            .with_labels(&Targets::superconducting(&others))?
            .with_numbers(&temperatures(&others))?;
        learned.features.extend(of_others.features);
        learned.rows.extend(of_others.rows);

        let mut recipe = self.recipe.clone();
        recipe.fit.seed = seed;
        let learner = recipe.learner(&learned, self.pretrained.as_ref(), RunIdentity::default(), self.device)?;
        let trained = recipe.run(learner, &learned, &validation, &mut [])?;
        let logits = |features: &[&AtomFeatures]| recipe.predictions(&trained, ASKED, features);
        let (chosen_on, chosen) =
            (logits(&validation.features)?, inner.test.iter().map(|&k| labels[k]).collect::<Vec<_>>());
        let line = fit_platt(&chosen, &chosen_on);
        let training = TrainingRecord {
            epoch: Some(trained.best_epoch.map_or(0, |epoch| epoch + 1)),
            validation_roc_auc: roc_auc(&chosen, &chosen_on),
            diverged_at_step: trained.diverged.map(|diverged| diverged.step),
        };
        let scores = logits(&of_test.iter().collect::<Vec<_>>())?;
        Ok((scores.into_iter().map(|logit| line.probability(logit)).collect(), training))
    }
}

/// Those crystals that share no chemical system with the crystals that are asked about.
fn apart_from(others: &[Record], test: &[&Record]) -> Vec<Record> {
    let system = |record: &Record| record.crystal.composition().elements().collect::<Vec<Element>>();
    let asked: HashSet<Vec<Element>> = test.iter().map(|record| system(record)).collect();
    others.iter().filter(|record| !asked.contains(&system(record))).cloned().collect()
}

/// ln(1 + Tc/K), where a transition temperature is known.
fn temperatures(records: &[Record]) -> Targets<f64> {
    let known = Targets::transition_temperatures(records);
    let log = |k: usize| known.get(k).map(|found| Target { value: found.value.ln_1p(), weight: found.weight });
    Targets::weighted((0..known.len()).map(log)).expect("invariant: weights were checked")
}
