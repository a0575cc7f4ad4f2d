//! The recipe of several targets at once: labels, numbers and masked elements, learned by one encoder in one loop.

mod data;
mod sealing;
mod targets;

use s2s_data::target::Target;
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSize, BoxedFeaturizer, FeaturizerConfig};
use s2s_model::{Architecture, BuildNetwork, ModelConfig, Parameters};
use serde::{Deserialize, Serialize};
use tch::Device;

pub use self::{
    data::JointData,
    sealing::SealedWith,
    targets::{MaskedElements, TargetConfig, TargetKind},
};
use super::{Divergence, FinetuneRecipe, PretrainedWeights, Transfer, labeled::of_items, scale::fit_scale};
use crate::{
    Batches, FitConfig, JointBatches, Learner, Masks, NetworkRecipe, RunIdentity, Schedule, Settings, TrainError, View,
    Watch, evaluate, fit,
    objective::{CrystalHead, JointObjective, JointOutcome, Standard, TargetHead, TargetOutcome},
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

/// What the names of the tensors of the element head begin with.
const ELEMENTS: &str = "elements.";

/// A network that has learned several targets, with the weights of its best epoch.
#[derive(Debug)]
pub struct TrainedJointly {
    /// The network and its history.
    pub learner: Learner<JointObjective>,
    /// Position of the best epoch in the history.
    pub best_epoch: Option<usize>,
    /// Where training diverged, if it did; the weights are those of the best epoch before, or of the start.
    pub diverged: Option<Divergence>,
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

    /// The target of this name.
    fn target(&self, name: &str) -> Result<&TargetConfig, TrainError> {
        self.targets.iter().find(|target| target.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
            TrainError::Config { reason: format!("there is no target `{name}`; there are {}", known.join(", ")) }
        })
    }
}

impl<A: Architecture + BuildNetwork> NetworkRecipe for JointRecipe<A> {
    type Network = A;

    fn into_network(self) -> A {
        self.model
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
        objective.encoder = self.transfer.of_encoder(objective.encoder, &self.model, &parameters);
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

    /// Trains on some crystals and keeps the epoch that is best on others; if training diverges, the best before, or the
    /// weights of the start.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports, except [`TrainError::Diverged`].
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
        let diverged = Divergence::of_training(&mut learner, |learner| fit(learner, &learned, &judged, &mut all))?;
        let best_epoch = self.fit.watch.best(&learner.progress().history);
        learner.use_best()?;
        Ok(TrainedJointly { learner, best_epoch, diverged })
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
                let masker = masks.masker(*mask, *replacement, &*self.model.vocabulary(), self.fit.seed);
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
        Ok(of_items(&batches.plan(0), predictions))
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
