//! The recipe of several targets at once: labels, numbers and masked elements, learned by one encoder in one loop.

use std::path::Path;

use s2s_data::target::{Target, Targets};
use s2s_featurize::{
    AtomFeatures, BatchOrder, BatchSize, BoxedFeaturizer, FeaturizerConfig, MaskPolicy, Masker, Replacement,
};
use s2s_model::{
    Architecture, BuildNetwork, Calibration, Checkpoint, CheckpointConfig, Frozen, ModelConfig, ModelError, Parameters,
    Task, TaskKind,
};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::{FinetuneRecipe, PretrainedWeights, Transfer, scale::fit_scale};
use crate::{
    Batches, FitConfig, JointBatches, Learner, Masks, RunIdentity, Schedule, Settings, TrainError, View, Watch,
    evaluate, fit,
    objective::{
        CrystalHead, JointObjective, JointOutcome, Outcome, RegressionLoss, Standard, TargetHead, TargetOutcome,
    },
    observer::{EarlyStopping, Observer},
};

/// How one network learns several targets: a network of this workspace, or of any other [`Architecture`].
///
/// Each target has a head of its own, made as that of a network for this target alone; encoder and readout are shared. Tensors
/// of a target are named `targets.NAME.head.…`, those of the element head `elements.head.…`.
///
/// # Examples
///
/// Masked atoms, formation energies and band gaps together:
///
/// ```no_run,standalone_crate
/// use s2s_model::S2sNetConfig;
/// use s2s_train::recipe::{JointRecipe, MaskedElements, TargetConfig};
///
/// let targets = vec![TargetConfig::number("formation energy", "eV/atom"), TargetConfig::number("band gap", "eV")];
/// let recipe = JointRecipe { elements: Some(MaskedElements::paper()), ..JointRecipe::new(S2sNetConfig::periodic(), targets) };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct JointRecipe<A: Architecture = ModelConfig> {
    /// What crystals become.
    pub featurizer: A::Featurizer,
    /// The network.
    pub model: A,
    /// What it learns of crystals.
    pub targets: Vec<TargetConfig>,
    /// Whether it learns to predict masked atoms too: then it never sees a whole crystal while it learns.
    pub elements: Option<MaskedElements>,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches.
    pub pool: usize,
    /// Epochs without a better one after which training stops.
    pub patience: usize,
    /// Whether the encoder learns.
    pub transfer: Transfer,
}

/// One of several targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// Its name, without a dot: "superconductor", "formation energy".
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// What its loss counts.
    pub weight: f64,
}

/// What a target is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// Something that is true of a crystal or not.
    Label,
    /// A number.
    Number {
        /// Its unit.
        unit: String,
        /// What a wrong number costs, in standard deviations.
        loss: RegressionLoss,
    },
}

impl TargetKind {
    /// The question of a network for such a target alone.
    pub fn task(&self) -> TaskKind {
        match self {
            Self::Label => TaskKind::Classification,
            Self::Number { .. } => TaskKind::Regression,
        }
    }
}

/// How masked atoms are learned beside other targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedElements {
    /// How many atoms are masked.
    pub mask: MaskPolicy,
    /// What replaces them.
    pub replacement: Replacement,
    /// What their loss counts.
    pub weight: f64,
}

impl MaskedElements {
    /// As in §3.2, with the weight one.
    pub fn paper() -> Self {
        Self { mask: MaskPolicy::paper(), replacement: Replacement::Mask, weight: 1.0 }
    }
}

impl TargetConfig {
    /// A label of weight one.
    pub fn label(name: &str) -> Self {
        Self { name: name.to_owned(), kind: TargetKind::Label, weight: 1.0 }
    }

    /// A number of weight one, learned by the squared error up to a standard deviation and by the distance beyond.
    pub fn number(name: &str, unit: &str) -> Self {
        let kind = TargetKind::Number { unit: unit.to_owned(), loss: RegressionLoss::Huber(1.0) };
        Self { name: name.to_owned(), kind, weight: 1.0 }
    }

    /// What the names of its tensors begin with.
    fn scope(&self) -> String {
        format!("targets.{}.", self.name)
    }
}

/// What the names of the tensors of the element head begin with.
const ELEMENTS: &str = "elements.";

/// What is known of some crystals: one value per target of the recipe, in its order, or none; labels are 1 or 0.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_data::{Record, target::Targets};
/// use s2s_featurize::AtomFeatures;
/// use s2s_train::{TrainError, recipe::JointData};
///
/// fn known<'f>(records: &[Record], features: &'f [AtomFeatures]) -> Result<JointData<'f>, TrainError> {
///     JointData::new(features)
///         .with_labels(&Targets::superconducting(records))?
///         .with_numbers(&Targets::transition_temperatures(records))
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct JointData<'f> {
    /// Their features.
    pub features: Vec<&'f AtomFeatures>,
    /// Their targets.
    pub rows: Vec<Vec<Option<Target<f64>>>>,
}

impl<'f> JointData<'f> {
    /// Crystals without a target.
    pub fn new(features: impl IntoIterator<Item = &'f AtomFeatures>) -> Self {
        let features: Vec<&AtomFeatures> = features.into_iter().collect();
        Self { rows: vec![Vec::new(); features.len()], features }
    }

    /// The same crystals with one more target, a label.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one item per crystal.
    pub fn with_labels(self, labels: &Targets<bool>) -> Result<Self, TrainError> {
        self.with(labels, |label| f64::from(u8::from(*label)))
    }

    /// The same crystals with one more target, a number.
    ///
    /// # Errors
    ///
    /// As [`with_labels`](Self::with_labels).
    pub fn with_numbers(self, numbers: &Targets<f64>) -> Result<Self, TrainError> {
        self.with(numbers, |number| *number)
    }

    fn with<T>(mut self, targets: &Targets<T>, number: impl Fn(&T) -> f64) -> Result<Self, TrainError> {
        if targets.len() != self.features.len() {
            let reason = format!("{} crystals have {} items of a target", self.features.len(), targets.len());
            return Err(TrainError::Data { reason });
        }
        for (item, row) in self.rows.iter_mut().enumerate() {
            row.push(targets.get(item).map(|found| Target { value: number(&found.value), weight: found.weight }));
        }
        Ok(self)
    }

    /// Some of these crystals.
    ///
    /// # Panics
    ///
    /// If an item is not below the number of crystals.
    #[must_use]
    pub fn of_items(&self, items: &[usize]) -> Self {
        Self {
            features: items.iter().map(|&item| self.features[item]).collect(),
            rows: items.iter().map(|&item| self.rows[item].clone()).collect(),
        }
    }
}

/// A network that has learned several targets, with the weights of its best epoch.
#[derive(Debug)]
pub struct TrainedJointly {
    /// The network and its history.
    pub learner: Learner<JointObjective>,
    /// Position of the best epoch in the history.
    pub best_epoch: Option<usize>,
}

impl<A: Architecture> JointRecipe<A> {
    /// Trains any network on these targets with the defaults of [`FinetuneRecipe::new`].
    pub fn new(model: A, targets: Vec<TargetConfig>) -> Self {
        Self::like(FinetuneRecipe::new(model), targets)
    }

    /// Trains the network of a recipe on these targets as the recipe trains it on one; the best epoch is that of the smallest
    /// validation loss.
    pub fn like(recipe: FinetuneRecipe<A>, targets: Vec<TargetConfig>) -> Self {
        let FinetuneRecipe { featurizer, model, mut fit, batch, pool, patience, transfer, .. } = recipe;
        for group in &mut fit.groups {
            if group.prefix == "head." {
                "targets.".clone_into(&mut group.prefix);
            }
        }
        fit.watch = Watch::loss();
        Self { featurizer, model, targets, elements: None, fit, batch, pool, patience, transfer }
    }

    /// The same for crystals by the ten thousand, from which another network starts afterwards: batches by their atoms, and AdamW
    /// with warm-up and a cosine over `epochs`.
    #[must_use]
    pub fn of_many(model: A, targets: Vec<TargetConfig>, epochs: u64) -> Self {
        let own = Self::new(model, targets);
        let fit = FitConfig {
            epochs,
            groups: Vec::new(),
            schedule: Schedule::Falling { warmup: 0.05, floor: 0.02, epochs: None },
            ..own.fit
        };
        Self { fit, batch: BatchSize::PaddedAtoms(1024), pool: 4096, patience: epochs as usize, ..own }
    }

    /// What makes of crystals what the network reads.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if the configuration is invalid.
    pub fn build_featurizer(&self) -> Result<BoxedFeaturizer, TrainError> {
        Ok(self.featurizer.featurizer(self.model.vocabulary())?)
    }

    /// The target of this name and its position.
    fn target(&self, name: &str) -> Result<&TargetConfig, TrainError> {
        self.targets.iter().find(|target| target.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
            TrainError::Config { reason: format!("there is no target `{name}`; there are {}", known.join(", ")) }
        })
    }
}

impl<A: Architecture + BuildNetwork> JointRecipe<A> {
    /// The network before training, which takes mean and deviation of the numbers, and the scale of its descriptors, from the
    /// crystals that it will learn from.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] names a target of which there is nothing to learn; otherwise as [`FinetuneRecipe::learner`].
    pub fn learner(
        &self,
        train: &JointData<'_>,
        pretrained: Option<&PretrainedWeights<A>>,
        identity: RunIdentity,
        device: Device,
    ) -> Result<Learner<JointObjective>, TrainError> {
        self.check()?;
        let parameters = Parameters::new(self.fit.seed, device);
        let mut objective = self.network(&parameters, train)?;
        if let Some(pretrained) = pretrained {
            pretrained.hand_over(&self.model, &self.featurizer, &parameters)?;
        }
        if self.transfer == Transfer::Frozen {
            for prefix in self.model.transferable() {
                parameters.freeze(prefix);
            }
            objective.encoder = Box::new(Frozen(objective.encoder));
        }
        fit_scale(&self.model, &parameters, &train.features)?;
        Ok(Learner::new(objective, parameters, self.fit.clone(), identity))
    }

    /// Encoder and readout of the network for the first target, and the heads of one network for each: their tensors alone are
    /// adopted.
    fn network(&self, parameters: &Parameters, train: &JointData<'_>) -> Result<JointObjective, TrainError> {
        let vocabulary = self.model.vocabulary();
        // Heads of one kind must not begin alike, and the first network is that of its target alone.
        let own = |number: u64| Parameters::new(self.fit.seed.wrapping_add(number), parameters.device());
        let (mut shared, mut heads) = (None, Vec::new());
        for (column, target) in self.targets.iter().enumerate() {
            let own = own(column as u64);
            let (encoder, readout, head) = match &target.kind {
                TargetKind::Label => {
                    train.require_both_classes(column, &target.name)?;
                    let network = self.model.classifier(&own, &*vocabulary)?;
                    (network.encoder, network.readout, CrystalHead::Label(network.head))
                }
                TargetKind::Number { loss, .. } => {
                    let network = self.model.regressor(&own, &*vocabulary)?;
                    let standard = Standard::new(&own, &train.known(column)).map_err(|_| TrainError::Data {
                        reason: format!("the numbers of the target `{}` do not vary", target.name),
                    })?;
                    let head = CrystalHead::Number { head: network.head, standard, loss: *loss };
                    (network.encoder, network.readout, head)
                }
            };
            let is_first = shared.is_none();
            parameters.adopt(own, |name| match is_of_head(name) {
                true => Some(format!("{}{name}", target.scope())),
                false => is_first.then(|| name.to_owned()),
            });
            shared.get_or_insert((encoder, readout));
            heads.push(TargetHead { name: target.name.clone(), weight: target.weight, head });
        }
        let elements = match &self.elements {
            None => None,
            Some(masked) => {
                let own = own(self.targets.len() as u64);
                let network = self.model.masked_atom_model(&own, &*vocabulary)?;
                parameters.adopt(own, |name| is_of_head(name).then(|| format!("{ELEMENTS}{name}")));
                Some((network.head, masked.weight))
            }
        };
        let (encoder, readout) = shared.ok_or_else(no_targets)?;
        Ok(JointObjective { encoder, readout, heads, elements })
    }

    /// Trains on some crystals and keeps the epoch that is best on others.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports.
    pub fn run(
        &self,
        mut learner: Learner<JointObjective>,
        train: &JointData<'_>,
        validation: &JointData<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<TrainedJointly, TrainError> {
        let order = BatchOrder::Bucketed { pool: self.pool };
        let learned = self.batches(&learner, train, Masks::Fresh)?.ordered(order, self.fit.seed)?;
        let judged = self.batches(&learner, validation, Masks::Fixed)?;
        let mut stopping = EarlyStopping::new(self.patience, self.fit.watch.clone());
        let mut all: Vec<&mut dyn Observer> = vec![&mut stopping];
        all.extend(observers.iter_mut().map(|observer| &mut **observer as &mut dyn Observer));
        fit(&mut learner, &learned, &judged, &mut all)?;
        let best_epoch = self.fit.watch.best(&learner.progress().history);
        learner.use_best()?;
        Ok(TrainedJointly { learner, best_epoch })
    }

    fn batches<'f>(
        &self,
        learner: &Learner<JointObjective>,
        data: &JointData<'f>,
        masks: Masks,
    ) -> Result<JointBatches<'f>, TrainError> {
        let device = learner.parameters().device();
        let batches = JointBatches::new(data.features.clone(), &data.rows, self.targets.len(), self.batch, device)?;
        // Without listed pairs, a network sees every atom of the cell.
        let has_pairs = data.features.iter().any(|features| !features.neighbor_sites.is_empty());
        let view = if has_pairs { View::Pairs } else { View::Cell };
        match (&self.elements, self.transfer) {
            (Some(MaskedElements { mask, replacement, .. }), _) => {
                // Another seed: held-out masks have nothing to do with training masks.
                let seed = self.fit.seed.wrapping_add(u64::from(masks == Masks::Fixed));
                let masker = Masker::new(*mask, *replacement, &*self.model.vocabulary(), seed);
                Ok(batches.masked(masker, masks, view))
            }
            (None, Transfer::Frozen) => self.fit.precision.compute(|| batches.encoded_by(&*learner.objective.encoder)),
            (None, Transfer::Initial) => Ok(batches),
        }
    }

    /// Outcomes on other crystals, some atoms of which are masked if the recipe masks atoms.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if they cannot be batched.
    pub fn masked_outcome(&self, trained: &TrainedJointly, data: &JointData<'_>) -> Result<JointOutcome, TrainError> {
        let batches = self.batches(&trained.learner, data, Masks::Fixed)?;
        Ok(evaluate(&trained.learner.objective, &batches)?.outcome)
    }

    /// Outcomes of all targets on other crystals, no atom of which is masked.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if they cannot be batched.
    pub fn outcome(&self, trained: &TrainedJointly, data: &JointData<'_>) -> Result<JointOutcome, TrainError> {
        Self { elements: None, ..self.clone() }.masked_outcome(trained, data)
    }

    /// Logits of a label, or numbers in their unit, of other crystals in their order.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if there is no such target, [`TrainError`] if the crystals cannot be batched.
    pub fn predictions(
        &self,
        trained: &TrainedJointly,
        name: &str,
        features: &[&AtomFeatures],
    ) -> Result<Vec<f64>, TrainError> {
        self.target(name)?;
        // Values that are not looked at, so that every crystal has a prediction.
        let row: Vec<_> = self.targets.iter().map(|target| (target.name == name).then_some(Target::new(0.0))).collect();
        let data = JointData { features: features.to_vec(), rows: vec![row; features.len()] };
        let batches = Self { elements: None, ..self.clone() }.batches(&trained.learner, &data, Masks::Fixed)?;
        let JointOutcome(mut outcome) = evaluate(&trained.learner.objective, &batches)?.outcome;
        let predictions = match outcome.remove(name) {
            Some(TargetOutcome::Label(scores)) => scores.logits,
            Some(TargetOutcome::Number(numbers)) => numbers.predictions,
            Some(TargetOutcome::Elements(_)) | None => Vec::new(),
        };
        let plan = batches.plan(0);
        let mut in_order: Vec<(u32, f64)> = plan.batches(0..plan.len()).flatten().copied().zip(predictions).collect();
        in_order.sort_unstable_by_key(|(crystal, _)| *crystal);
        Ok(in_order.into_iter().map(|(_, prediction)| prediction).collect())
    }

    /// The network of one target alone as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, in place of an earlier
    /// one; of a label, with this calibration. It is the network that [`FinetuneRecipe`] or
    /// [`RegressionRecipe`](super::RegressionRecipe) makes of the same description.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if there is no such target, [`TrainError::Checkpoint`] if the folder cannot be written; an earlier
    /// model is left as it was then.
    pub fn seal_target(
        &self,
        trained: &TrainedJointly,
        name: &str,
        calibration: Calibration,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        let target = self.target(name)?;
        let heads = &trained.learner.objective.heads;
        let head = heads.iter().find(|head| head.name == name).map(|head| &head.head);
        let task = match (&target.kind, head) {
            (TargetKind::Number { unit, .. }, Some(CrystalHead::Number { standard, .. })) => standard.task(name, unit),
            _ => Task::Classification { positive: name.to_owned(), calibration },
        };
        self.seal(trained, &task, &target.scope(), folder, about)
    }

    /// The encoder with the element head as a sealed folder from which another network starts, as
    /// [`PretrainRecipe`](super::PretrainRecipe) writes it, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if the recipe masks no atoms; otherwise as [`seal_target`](Self::seal_target).
    pub fn seal_elements(
        &self,
        trained: &TrainedJointly,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        if self.elements.is_none() {
            return Err(TrainError::Config { reason: "no atoms were masked".to_owned() });
        }
        self.seal(trained, &Task::MaskedAtoms, ELEMENTS, folder, about)
    }

    /// Writes those tensors that a network for this task alone has, its head from `scope`.
    fn seal(
        &self,
        trained: &TrainedJointly,
        task: &Task,
        scope: &str,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        let counting = Parameters::counting();
        drop(self.model.build(task, &counting, &*self.model.vocabulary())?);
        let all = trained.learner.parameters().all();
        let counterpart = |(name, _): (String, Tensor)| {
            let own = if is_of_head(&name) { format!("{scope}{name}") } else { name.clone() };
            let found = all.iter().find(|(other, _)| *other == own).map(|(_, tensor)| tensor.shallow_clone());
            found.map(|tensor| (name, tensor)).ok_or(ModelError::MissingTensor { name: own })
        };
        let tensors = counting.all().into_iter().map(counterpart).collect::<Result<Vec<_>, _>>()?;
        let config = CheckpointConfig {
            featurizer: self.featurizer.clone(),
            dataset_sha256: about.dataset_sha256,
            metrics: about.outcome.metrics(),
            ..CheckpointConfig::new(self.model.clone(), task.clone())
        };
        Ok(Checkpoint::replace(folder, &config, &tensors, about.card)?)
    }
}

/// What is sealed beside the weights of one target.
#[derive(Debug)]
pub struct SealedWith<'a> {
    /// SHA-256 of the data file.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that was not seen.
    pub outcome: &'a JointOutcome,
    /// The model card, in Markdown.
    pub card: &'a str,
}

impl JointData<'_> {
    /// The known values of a target.
    fn known(&self, column: usize) -> Vec<f32> {
        let value = |row: &Vec<Option<Target<f64>>>| row.get(column).copied().flatten().map(|found| found.value as f32);
        self.rows.iter().filter_map(value).collect()
    }

    /// Of one class alone, every classifier is right.
    fn require_both_classes(&self, column: usize, name: &str) -> Result<(), TrainError> {
        let labels = self.known(column);
        let is_one_of = |class: f32| labels.contains(&class);
        if labels.iter().all(|label| [0.0, 1.0].contains(label)) && is_one_of(0.0) && is_one_of(1.0) {
            return Ok(());
        }
        let reason = format!("the label `{name}` is not 0 and 1, each of some training crystals");
        Err(TrainError::Data { reason })
    }
}

/// Whether a tensor belongs to the head of a network, and not to what networks for other targets share with it.
fn is_of_head(name: &str) -> bool {
    name.starts_with("head.") || name.starts_with(Standard::SCOPE)
}

fn no_targets() -> TrainError {
    TrainError::Config { reason: "a joint training needs a target beside the masked atoms".to_owned() }
}

impl<A: Architecture + BuildNetwork> JointRecipe<A> {
    /// Whether there are targets, each with a name of its own.
    pub(crate) fn check_targets(&self) -> Result<(), TrainError> {
        if self.targets.is_empty() {
            return Err(no_targets());
        }
        for (k, target) in self.targets.iter().enumerate() {
            let is_taken = self.targets[..k].iter().any(|other| other.name == target.name);
            if is_taken || target.name.is_empty() || target.name.contains('.') || target.name == JointOutcome::ELEMENTS
            {
                let reason = format!("`{}` cannot be the name of the target number {}", target.name, k + 1);
                return Err(TrainError::Config { reason });
            }
            self.model.reads(&self.featurizer, target.kind.task())?;
        }
        Ok(())
    }
}
