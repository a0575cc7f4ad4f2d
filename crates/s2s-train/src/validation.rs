//! Validation of the settings of a run, where they are read and once more where they are followed.

use s2s_featurize::{AtomFeaturizerConfig, BatchSize};
use s2s_model::{Architecture, BuildNetwork, ModelError, Parameters, TaskKind};

use crate::{
    AdamConfig, FitConfig, Goal, GroupRule, Schedule, TrainError, Watch,
    objective::{JointOutcome, RegressionLoss},
    recipe::{FinetuneRecipe, JointRecipe, PretrainRecipe, RegressionRecipe, TargetKind},
};

/// A configuration that can be checked.
pub trait Settings {
    /// Whether every number is one that can be followed.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] names the first setting that cannot, with its value.
    fn check(&self) -> Result<(), TrainError>;
}

/// A setting is not what it must be.
fn invalid(name: &str, value: impl ToString, expected: &str) -> TrainError {
    TrainError::Config { reason: format!("{name} is {}, which is not {expected}", value.to_string()) }
}

fn require(is_valid: bool, name: &str, value: impl ToString, expected: &str) -> Result<(), TrainError> {
    if is_valid { Ok(()) } else { Err(invalid(name, value, expected)) }
}

fn positive(name: &str, value: f64) -> Result<(), TrainError> {
    require(value > 0.0 && value.is_finite(), name, value, "a positive number")
}

fn not_negative(name: &str, value: f64) -> Result<(), TrainError> {
    require(value >= 0.0 && value.is_finite(), name, value, "zero or a positive number")
}

/// In [0, 1).
fn below_one(name: &str, value: f64) -> Result<(), TrainError> {
    require((0.0..1.0).contains(&value), name, value, "at least 0 and below 1")
}

/// In (0, 1).
fn share(name: &str, value: f64) -> Result<(), TrainError> {
    require(value > 0.0 && value < 1.0, name, value, "between 0 and 1")
}

/// Counts: at least one, and so few that products of them can be counted.
fn count(name: &str, value: u64) -> Result<(), TrainError> {
    require((1..=MAX_COUNT).contains(&value), name, value, "between 1 and 1,000,000,000")
}

const MAX_COUNT: u64 = 1_000_000_000;

impl Settings for AdamConfig {
    fn check(&self) -> Result<(), TrainError> {
        positive("optimizer.rate", self.learning_rate)?;
        below_one("optimizer.beta1", self.beta1)?;
        below_one("optimizer.beta2", self.beta2)?;
        positive("optimizer.epsilon", self.epsilon)?;
        not_negative("optimizer.weight_decay", self.weight_decay)
    }
}

impl Settings for GroupRule {
    fn check(&self) -> Result<(), TrainError> {
        not_negative(&format!("the rate of the group `{}`", self.prefix), self.learning_rate)?;
        not_negative(&format!("the weight_decay of the group `{}`", self.prefix), self.weight_decay)
    }
}

impl Settings for Schedule {
    fn check(&self) -> Result<(), TrainError> {
        match *self {
            Self::Constant => Ok(()),
            Self::WarmupCosine { warmup_steps, total_steps, floor } => {
                require((0.0..=1.0).contains(&floor), "schedule.floor", floor, "between 0 and 1")?;
                let expected = format!("at most schedule.total_steps, {total_steps}");
                require(warmup_steps <= total_steps, "schedule.warmup_steps", warmup_steps, &expected)
            }
            Self::Falling { warmup, floor, epochs } => {
                require((0.0..=1.0).contains(&warmup), "schedule.warmup", warmup, "between 0 and 1")?;
                require((0.0..=1.0).contains(&floor), "schedule.floor", floor, "between 0 and 1")?;
                epochs.map_or(Ok(()), |epochs| count("schedule.epochs", epochs))
            }
            Self::Step { every, gamma } => {
                count("schedule.every", every)?;
                positive("schedule.gamma", gamma)
            }
        }
    }
}

impl Settings for FitConfig {
    fn check(&self) -> Result<(), TrainError> {
        count("epochs", self.epochs)?;
        count("accumulate", self.accumulate as u64)?;
        self.optimizer.check()?;
        self.groups.iter().try_for_each(Settings::check)?;
        self.schedule.check()?;
        self.clip.map_or(Ok(()), |clip| positive("clip", clip))?;
        self.average.map_or(Ok(()), |average| below_one("average", average))
    }
}

impl Watch {
    /// Whether an objective that reports these metrics, each with the direction that is better, reports this one.
    fn check(&self, known: &[(&str, Goal)]) -> Result<(), TrainError> {
        match known.iter().find(|(name, _)| *name == self.metric) {
            Some((_, goal)) if *goal == self.goal => Ok(()),
            Some((_, goal)) => {
                let goal = if *goal == Goal::Maximize { "maximize" } else { "minimize" };
                let reason = format!("fit.watch.goal must be `{goal}` for the metric `{}`", self.metric);
                Err(TrainError::Config { reason })
            }
            None => {
                let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                Err(invalid("fit.watch.metric", format!("`{}`", self.metric), &format!("one of {}", known.join(", "))))
            }
        }
    }
}

fn check_batch(batch: BatchSize, pool: usize) -> Result<(), TrainError> {
    let (BatchSize::Crystals(size) | BatchSize::PaddedAtoms(size)) = batch;
    count("batch", size as u64)?;
    count("pool", pool as u64)
}

/// Most numbers of a network that is to be trained: four gigabytes, and as much again for gradients and each moment. The paper's
/// largest has 1 % of it.
const MAX_PARAMETERS: u128 = 1 << 30;

/// Whether the network can exist and is of a size that can be trained; `build` makes its layers.
fn check_network(
    model: &impl Architecture,
    build: impl FnOnce(&Parameters) -> Result<(), ModelError>,
) -> Result<(), TrainError> {
    model.validate()?;
    let parameters = Parameters::counting();
    build(&parameters)?;
    let asked = parameters.num_asked();
    require(asked <= MAX_PARAMETERS, "the number of the network's parameters", asked, "at most 1,073,741,824")
}

impl<A: Architecture + BuildNetwork> Settings for FinetuneRecipe<A> {
    fn check(&self) -> Result<(), TrainError> {
        self.build_featurizer()?;
        check_network(&self.model, |parameters| {
            self.model.classifier(parameters, &*self.model.vocabulary()).map(drop)
        })?;
        self.fit.check()?;
        self.fit.watch.check(&[&LOSS[..], &CLASSIFICATION].concat())?;
        check_batch(self.batch, self.pool)?;
        count("patience", self.patience as u64)?;
        count("max_atoms", self.max_atoms as u64)?;
        positive("positive_weight", self.positive_weight)?;
        below_one("smoothing", self.smoothing)
    }
}

impl<A: Architecture<Featurizer = AtomFeaturizerConfig> + BuildNetwork> Settings for PretrainRecipe<A> {
    fn check(&self) -> Result<(), TrainError> {
        self.build_featurizer()?;
        check_network(&self.model, |parameters| {
            self.model.masked_atom_model(parameters, &*self.model.vocabulary()).map(drop)
        })?;
        self.fit.check()?;
        self.fit.watch.check(&[&LOSS[..], &MASKED_ATOMS].concat())?;
        check_batch(self.batch, self.pool)?;
        count("max_atoms", self.max_atoms as u64)?;
        share("held_out", self.held_out)
    }
}

impl<A: Architecture + BuildNetwork> Settings for RegressionRecipe<A> {
    fn check(&self) -> Result<(), TrainError> {
        check_network(&self.model, |parameters| self.model.regressor(parameters, &*self.model.vocabulary()).map(drop))?;
        self.fit.check()?;
        self.fit.watch.check(&[&LOSS[..], &REGRESSION].concat())?;
        check_batch(self.batch, self.pool)?;
        count("max_atoms", self.max_atoms as u64)?;
        self.loss.check()?;
        share("held_out", self.held_out)
    }
}

impl Settings for RegressionLoss {
    fn check(&self) -> Result<(), TrainError> {
        match self {
            Self::Huber(delta) => positive("loss.huber", *delta),
            Self::Absolute | Self::Squared => Ok(()),
        }
    }
}

impl<A: Architecture + BuildNetwork> Settings for JointRecipe<A> {
    fn check(&self) -> Result<(), TrainError> {
        self.build_featurizer()?;
        self.check_targets()?;
        let elements = self.elements.as_ref();
        check_network(&self.model, |parameters| {
            let vocabulary = self.model.vocabulary();
            let network = |task: TaskKind| -> Result<(), ModelError> {
                let own = Parameters::counting();
                match task {
                    TaskKind::Classification => drop(self.model.classifier(&own, &*vocabulary)?),
                    TaskKind::Regression => drop(self.model.regressor(&own, &*vocabulary)?),
                    TaskKind::MaskedAtoms => drop(self.model.masked_atom_model(&own, &*vocabulary)?),
                }
                parameters.adopt(own, |_| None);
                Ok(())
            };
            self.targets.iter().try_for_each(|target| network(target.kind.task()))?;
            elements.map_or(Ok(()), |_| network(TaskKind::MaskedAtoms))
        })?;
        self.fit.check()?;
        let loss = ("loss".to_owned(), Goal::Minimize);
        let metrics = self.targets.iter().flat_map(|target| {
            let of_target = |(metric, goal): &(&str, Goal)| (format!("{}.{metric}", target.name), *goal);
            match target.kind {
                TargetKind::Label => &CLASSIFICATION[..],
                TargetKind::Number { .. } => &REGRESSION[..],
            }
            .iter()
            .map(of_target)
            .collect::<Vec<_>>()
        });
        let of_elements =
            MASKED_ATOMS.iter().map(|(metric, goal)| (format!("{}.{metric}", JointOutcome::ELEMENTS), *goal));
        let known: Vec<(String, Goal)> =
            std::iter::once(loss).chain(metrics).chain(of_elements.filter(|_| elements.is_some())).collect();
        let known: Vec<(&str, Goal)> = known.iter().map(|(name, goal)| (name.as_str(), *goal)).collect();
        self.fit.watch.check(&known)?;
        for target in &self.targets {
            not_negative(&format!("the weight of the target `{}`", target.name), target.weight)?;
            if let TargetKind::Number { loss, .. } = &target.kind {
                loss.check()?;
            }
        }
        elements.map_or(Ok(()), |masked| not_negative("elements.weight", masked.weight))?;
        check_batch(self.batch, self.pool)?;
        count("patience", self.patience as u64)
    }
}

/// Metrics of labels beside the loss.
const CLASSIFICATION: [(&str, Goal); 3] =
    [("accuracy", Goal::Maximize), ("roc_auc", Goal::Maximize), ("log_loss", Goal::Minimize)];
/// Metrics of numbers beside the loss.
const REGRESSION: [(&str, Goal); 3] = [("mae", Goal::Minimize), ("rmse", Goal::Minimize), ("r2", Goal::Maximize)];
/// Metrics of masked atoms beside the loss.
const MASKED_ATOMS: [(&str, Goal); 4] = [
    ("accuracy", Goal::Maximize),
    ("accuracy_among_five", Goal::Maximize),
    ("accuracy_with_neighbors", Goal::Maximize),
    ("accuracy_without_neighbors", Goal::Maximize),
];
const LOSS: [(&str, Goal); 1] = [("loss", Goal::Minimize)];

#[cfg(test)]
mod tests {
    use s2s_model::{ModelConfig, S2sNetConfig};

    use super::*;
    use crate::{recipe::TargetConfig, resolve};

    #[track_caller]
    fn refused<C>(preset: &C, setting: &str) -> String
    where
        C: Settings + serde::Serialize + serde::de::DeserializeOwned,
    {
        match resolve(preset, None, &[setting.to_owned()]) {
            Ok(_) => panic!("{setting} was accepted"),
            Err(error @ TrainError::Config { .. }) => error.to_string(),
            Err(error) => panic!("{setting}: {error}"),
        }
    }

    #[test]
    fn every_preset_is_valid() -> Result<(), TrainError> {
        for model in [S2sNetConfig::paper(), S2sNetConfig::released(), S2sNetConfig::periodic(), S2sNetConfig::wide()] {
            FinetuneRecipe::new(ModelConfig::from(model.clone())).check()?;
            FinetuneRecipe::paper(ModelConfig::from(model.clone())).check()?;
            PretrainRecipe::paper(model.clone(), 10).check()?;
            PretrainRecipe::new(model.clone(), 10, 0).check()?;
            JointRecipe::new(ModelConfig::from(model.clone()), vec![TargetConfig::label("listed")]).check()?;
            JointRecipe::of_many(ModelConfig::from(model), vec![TargetConfig::number("Tc", "K")], 3).check()?;
        }
        FitConfig::plain(1, 0.1, 0).check()
    }

    #[test]
    fn settings_that_cannot_be_followed_are_refused_by_name() {
        let finetune = FinetuneRecipe::new(ModelConfig::from(S2sNetConfig::periodic()));
        for (setting, message) in [
            ("fit.optimizer.rate=-0.1", "optimizer.rate is -0.1, which is not a positive number"),
            ("fit.optimizer.rate=inf", "optimizer.rate is inf, which is not a positive number"),
            ("fit.optimizer.beta1=1.5", "optimizer.beta1 is 1.5, which is not at least 0 and below 1"),
            ("fit.optimizer.beta2=nan", "optimizer.beta2 is NaN, which is not at least 0 and below 1"),
            ("fit.clip=nan", "clip is NaN, which is not a positive number"),
            ("fit.average=1.0", "average is 1, which is not at least 0 and below 1"),
            ("fit.accumulate=0", "accumulate is 0, which is not between 1 and 1,000,000,000"),
            ("fit.epochs=0", "epochs is 0, which is not between 1 and 1,000,000,000"),
            (
                "fit.watch.metric=auc",
                "fit.watch.metric is `auc`, which is not one of loss, accuracy, roc_auc, log_loss",
            ),
            ("fit.watch.goal=minimize", "fit.watch.goal must be `maximize` for the metric `roc_auc`"),
            ("positive_weight=0.0", "positive_weight is 0, which is not a positive number"),
            ("smoothing=1.0", "smoothing is 1, which is not at least 0 and below 1"),
            ("max_atoms=0", "max_atoms is 0, which is not between 1 and 1,000,000,000"),
        ] {
            assert_eq!(refused(&finetune, setting), format!("invalid configuration: {message}"));
        }
        for setting in [
            "fit.optimizer.epsilon=0.0",
            "fit.optimizer.weight_decay=-1.0",
            "fit.schedule={kind='step', every=0, gamma=0.5}",
            "fit.schedule={kind='step', every=1, gamma=nan}",
            "fit.schedule={kind='warmup-cosine', warmup_steps=9, total_steps=3, floor=0.0}",
            "fit.schedule={kind='warmup-cosine', warmup_steps=1, total_steps=3, floor=2.0}",
            "fit.schedule={kind='falling', warmup=-0.1, floor=0.0}",
            "fit.schedule={kind='falling', warmup=0.1, floor=1.5}",
            "fit.schedule={kind='falling', warmup=0.1, floor=0.0, epochs=0}",
            "fit.groups=[{prefix='x', rate=-1.0, weight_decay=1.0}]",
            "fit.groups=[{prefix='x', rate=1.0, weight_decay=nan}]",
            "fit.accumulate=-1",
            "fit.seed=-1",
            "batch={crystals=0}",
            "batch={padded-atoms=0}",
            "pool=0",
            "patience=0",
            "model.encoder.basis.count=0",
        ] {
            refused(&finetune, setting);
        }
        let pretrain = PretrainRecipe::new(S2sNetConfig::paper(), 10, 100);
        for setting in ["mask.share=2.0", "mask.share=nan", "held_out=0.0", "held_out=1.5", "fit.watch.metric=roc_auc"]
        {
            refused(&pretrain, setting);
        }
        let model = ModelConfig::from(S2sNetConfig::periodic());
        let energy = RegressionRecipe::new(model, ["formation energy", "eV/atom"], 10, 100);
        for setting in [
            "held_out=-1.0",
            "max_atoms=0",
            "loss={huber=0.0}",
            "loss={huber=nan}",
            "fit.watch.metric=accuracy",
            "fit.clip=-1.0",
        ] {
            refused(&energy, setting);
        }
    }
}
