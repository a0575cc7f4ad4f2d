//! Adam and AdamW whose state is named tensors, so that a run can be saved and go on.

mod flat_group;
mod moments;
mod update;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, no_grad};

use self::{
    flat_group::{FlatGroup, Run},
    moments::Moments,
    update::Change,
};
use crate::{TrainError, distributed::GradientSlot};

/// What weight decay is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decay {
    /// The gradient (Adam with an L2 penalty).
    Gradient,
    /// The weight itself (AdamW).
    Weight,
}

/// How Adam changes parameters.
///
/// # Source
///
/// Kingma and Ba, Adam (2015), Algorithm 1; Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019),
/// Algorithm 2. Equal to `torch.optim.Adam` and `torch.optim.AdamW`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamConfig {
    /// Learning rate, before schedule and group factors.
    #[serde(rename = "rate")]
    pub learning_rate: f64,
    /// Memory of the mean gradient, β₁.
    pub beta1: f64,
    /// Memory of the mean squared gradient, β₂.
    pub beta2: f64,
    /// Added to the root of the mean square.
    pub epsilon: f64,
    /// Strength of the pull towards zero, before group factors.
    pub weight_decay: f64,
    /// What that pull is added to.
    pub decay: Decay,
}

impl AdamConfig {
    /// `torch.optim.Adam(lr=learning_rate)`.
    pub fn adam(learning_rate: f64) -> Self {
        Self { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0, decay: Decay::Gradient }
    }

    /// `torch.optim.AdamW(lr=learning_rate, weight_decay=weight_decay)`.
    pub fn adam_w(learning_rate: f64, weight_decay: f64) -> Self {
        Self { weight_decay, decay: Decay::Weight, ..Self::adam(learning_rate) }
    }
}

/// Parameters that are treated alike: those whose name starts with `prefix`. The first rule that fits a name counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// Start of the names, such as `encoder.layers.0`.
    pub prefix: String,
    /// Multiplies the learning rate.
    #[serde(rename = "rate")]
    pub learning_rate: f64,
    /// Multiplies the weight decay.
    pub weight_decay: f64,
}

/// Adam or AdamW over named parameters.
///
/// Gradients are held here and not in the parameters, so that nothing is set to zero or added where a step has one batch.
/// Parameters with fewer than two axes (biases, gains of norms) are not decayed.
///
/// Parameters that are not `f32` in host memory become views of flat buffers, one for all that are treated alike, as their
/// gradients and moments are: the number of kernels of a step does not depend on that of the parameters.
#[derive(Debug)]
pub struct Adam {
    config: AdamConfig,
    slots: Vec<Slot>,
    groups: Vec<FlatGroup>,
    /// The gradients at hand of each group, once they are joined.
    runs: Option<Vec<Vec<Run>>>,
    steps: u64,
    /// What clipping multiplies the gradients at hand by, a `f64` beside them; `None` where nothing was clipped.
    scale: Option<Tensor>,
    /// Gradients of some batches each, until they are settled: one per slot, where it has one.
    parts: Vec<Vec<Option<Tensor>>>,
}

/// One parameter with its moments.
#[derive(Debug)]
struct Slot {
    name: String,
    parameter: Tensor,
    gradient: Option<Tensor>,
    /// `None` where a group has them.
    moments: Option<Moments>,
    learning_rate: f64,
    weight_decay: f64,
}

/// What the moments are called in a saved state.
const KINDS: [&str; 2] = ["mean", "square"];

impl Adam {
    /// An optimizer of these parameters, with moments of zero.
    pub fn new(config: AdamConfig, parameters: Vec<(String, Tensor)>, rules: &[GroupRule]) -> Self {
        let slot = |(name, parameter): (String, Tensor)| {
            let rule = rules.iter().find(|rule| name.starts_with(&rule.prefix));
            let decayed = if parameter.dim() < 2 { 0.0 } else { rule.map_or(1.0, |rule| rule.weight_decay) };
            Slot {
                moments: Moments::zero(&parameter),
                learning_rate: rule.map_or(1.0, |rule| rule.learning_rate),
                weight_decay: decayed * config.weight_decay,
                gradient: None,
                name,
                parameter,
            }
        };
        let slots: Vec<Slot> = parameters.into_iter().map(slot).collect();
        let groups = in_groups(&slots);
        Self { config, slots, groups, runs: None, steps: 0, scale: None, parts: Vec::new() }
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes the gradients of a loss; those at hand are added to them when they are [joined](Self::join), or used.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if no parameter has a share in the loss.
    pub fn backward(&mut self, loss: &Tensor) -> Result<(), TrainError> {
        let parameters: Vec<&Tensor> = self.slots.iter().map(|slot| &slot.parameter).collect();
        let found = Tensor::f_run_backward(&[loss], &parameters, false, false)?;
        self.parts.push(found.into_iter().map(|gradient| gradient.defined().then_some(gradient)).collect());
        Ok(())
    }

    /// Adds the last two of the gradients that are kept apart, so many times: the order of additions is the caller's.
    pub fn join(&mut self, times: usize) {
        for _ in 0..times.min(self.parts.len().saturating_sub(1)) {
            let (right, left) = (self.parts.pop().unwrap_or_default(), self.parts.pop().unwrap_or_default());
            // Not in place: two parameters that are added to each other share one gradient.
            let add = |(left, right): (Option<Tensor>, Option<Tensor>)| match (left, right) {
                (Some(left), Some(right)) => Some(no_grad(|| left + right)),
                (left, right) => left.or(right),
            };
            self.parts.push(left.into_iter().zip(right).map(add).collect());
        }
    }

    /// Ends the gathering of gradients: they are those of the step, added to those that were settled before.
    fn settle(&mut self) {
        self.join(usize::MAX);
        let Some(part) = self.parts.pop() else { return };
        self.runs = None;
        // What was clipped is added as it was clipped.
        let scale = self.scale.take();
        let scaled = |old: Tensor| scale.as_ref().map_or_else(|| old.shallow_clone(), |scale| no_grad(|| &old * scale));
        for (slot, new) in self.slots.iter_mut().zip(part) {
            let settled = slot.gradient.take().map(scaled);
            slot.gradient = match (settled, new) {
                (Some(settled), Some(new)) => Some(no_grad(|| settled + new)),
                (settled, new) => settled.or(new),
            };
        }
    }

    /// Every parameter with the gradient at hand, for who adds those of all processes.
    pub(crate) fn gradients(&mut self) -> impl Iterator<Item = GradientSlot<'_>> {
        self.settle();
        self.runs = None;
        self.slots.iter_mut().map(|slot| (&slot.parameter, &mut slot.gradient))
    }

    /// The gradients at hand of each group, joined.
    fn joined(&mut self) -> &[Vec<Run>] {
        self.settle();
        let (groups, slots) = (&self.groups, &mut self.slots);
        self.runs.get_or_insert_with(|| groups.iter().map(|group| group.join_gradients(slots)).collect())
    }

    /// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm before, `f64 ()`, which
    /// is computed where the gradients are and read by nobody here.
    pub fn clip_gradients(&mut self, limit: f64) -> Tensor {
        let mut norms: Vec<Tensor> = self.joined().iter().flatten().map(|run| run.gradient.norm()).collect();
        let single = self.slots.iter().filter(|slot| slot.moments.is_some());
        norms.extend(single.filter_map(|slot| slot.gradient.as_ref()).map(Tensor::norm));
        if norms.is_empty() {
            let device = self.slots.first().map_or(Device::Cpu, |slot| slot.parameter.device());
            return Tensor::zeros([0; 0], (Kind::Double, device));
        }
        let mut norm = Tensor::stack(&norms, 0).to_kind(Kind::Double).norm();
        if let Some(scale) = &self.scale {
            norm *= scale;
        }
        let shrunk = norm.full_like(limit).g_div(&(&norm + 1e-6));
        let factor = shrunk.where_self(&norm.gt(limit), &norm.ones_like());
        self.scale = Some(match self.scale.take() {
            Some(scale) => scale * factor,
            None => factor,
        });
        norm
    }

    /// The gradient at hand of the parameter `name`, as the next step will take it.
    pub fn gradient(&mut self, name: &str) -> Option<Tensor> {
        self.settle();
        let slot = self.slots.iter().find(|slot| slot.name == name)?;
        let gradient = slot.gradient.as_ref()?;
        Some(self.scale.as_ref().map_or_else(|| gradient.shallow_clone(), |scale| gradient * scale))
    }

    /// Changes every parameter that has a gradient, at `factor` times the configured learning rate, and clears the
    /// gradients.
    ///
    /// On a CPU the parameters are shared among the threads of the current rayon pool; who takes which does not
    /// change a number.
    pub fn step(&mut self, factor: f64) {
        self.joined();
        self.steps += 1;
        // A CPU may look, and be spared a multiplication by one.
        let changes = |scale: &Tensor| scale.device() != Device::Cpu || scale.double_value(&[]) != 1.0;
        let scale = self.scale.take().filter(changes);
        let changes: Vec<Change> = self.slots.iter().map(|slot| self.change(slot, factor)).collect();
        for (group, runs) in self.groups.iter().zip(self.runs.take().unwrap_or_default()) {
            let change = changes[group.first_slot()];
            no_grad(|| runs.into_iter().for_each(|run| group.step(run, scale.as_ref(), change, &self.slots)));
        }
        // Nothing on a GPU may be waited for: what is stepped here lies in host memory, and so does its scale.
        let scale = scale.filter(|scale| scale.device() == Device::Cpu);
        let factor = scale.map_or(1.0, |scale| scale.double_value(&[])) as f32;
        let mut pieces = Vec::new();
        for (slot, change) in self.slots.iter_mut().zip(changes) {
            if let (Some(gradient), Some(moments)) = (slot.gradient.take(), &mut slot.moments) {
                pieces.extend(moments.pieces(&slot.parameter, &gradient, factor, change));
            }
        }
        // Whether gradients are recorded is each thread's own affair.
        pieces.into_par_iter().with_max_len(1).for_each(|piece| no_grad(|| piece.step()));
    }

    /// What the step at hand does to the numbers of a parameter.
    fn change(&self, slot: &Slot, factor: f64) -> Change {
        let AdamConfig { learning_rate, beta1, beta2, epsilon, decay, .. } = self.config;
        let mean_correction = 1.0 - beta1.powi(self.steps.min(i32::MAX as u64) as i32);
        let square_correction = (1.0 - beta2.powi(self.steps.min(i32::MAX as u64) as i32)).sqrt();
        let learning_rate = learning_rate * factor * slot.learning_rate;
        // −lr · (m / mc) / (√v / sc + ε) as one quotient.
        let slope = -mean_correction / learning_rate;
        let divisor = (learning_rate != 0.0).then_some((slope / square_correction, slope * epsilon));
        let (pull, shrink) = match decay {
            Decay::Gradient => (slot.weight_decay, 1.0),
            Decay::Weight => (0.0, 1.0 - learning_rate * slot.weight_decay),
        };
        Change { beta1, beta2, pull, shrink, divisor }
    }

    /// The moments, named after their parameters; with [`steps`](Self::steps), all there is to save.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let named = |(number, slot): (usize, &Slot)| {
            let shape = slot.parameter.size();
            let of_group = || self.groups.iter().find_map(|group| group.moments(number, &shape));
            let moments = slot.moments.as_ref().map(|moments| moments.in_shape(&shape)).or_else(of_group);
            let name = |kind: &str| format!("{kind}.{}", slot.name);
            KINDS.map(name).into_iter().zip(moments.into_iter().flatten()).collect::<Vec<_>>()
        };
        self.slots.iter().enumerate().flat_map(named).collect()
    }

    /// Goes back to a saved state.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if a moment is missing or has another shape.
    pub fn restore(&mut self, steps: u64, state: &[(String, Tensor)]) -> Result<(), TrainError> {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            let shape = slot.parameter.size();
            let saved = |kind: &str| {
                let name = format!("{kind}.{}", slot.name);
                let found = state.iter().find(|(other, saved)| *other == name && saved.size() == shape);
                let missing = || format!("the optimizer state holds no {name} of shape {shape:?}");
                found.map(|(_, saved)| saved).ok_or_else(|| TrainError::Config { reason: missing() })
            };
            let [mean, square] = KINDS.map(saved);
            let saved = [mean?, square?];
            match &mut slot.moments {
                Some(moments) => moments.restore(saved)?,
                None => self.groups.iter().try_for_each(|group| group.restore(number, saved))?,
            }
        }
        self.steps = steps;
        Ok(())
    }
}

/// The slots whose moments are not their own, in groups of one kind, device, learning rate and weight decay.
fn in_groups(slots: &[Slot]) -> Vec<FlatGroup> {
    let alike = |a: &Slot, b: &Slot| {
        let kind_and_device = |slot: &Slot| (slot.parameter.kind(), slot.parameter.device());
        kind_and_device(a) == kind_and_device(b)
            && a.learning_rate == b.learning_rate
            && a.weight_decay == b.weight_decay
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (number, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.moments.is_none()) {
        match groups.iter_mut().find(|group| alike(&slots[group[0]], slot)) {
            Some(group) => group.push(number),
            None => groups.push(vec![number]),
        }
    }
    groups.into_iter().map(|group| FlatGroup::of(group, slots)).collect()
}
