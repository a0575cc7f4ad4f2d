//! Adam and AdamW whose state is named tensors, so that a run can be saved and go on.

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, no_grad};

use crate::TrainError;

/// What weight decay is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub rate: f64,
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
    /// `torch.optim.Adam(lr=rate)`.
    pub fn adam(rate: f64) -> Self {
        Self { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0, decay: Decay::Gradient }
    }

    /// `torch.optim.AdamW(lr=rate, weight_decay=weight_decay)`.
    pub fn adam_w(rate: f64, weight_decay: f64) -> Self {
        Self { weight_decay, decay: Decay::Weight, ..Self::adam(rate) }
    }
}

/// Parameters that are treated alike: those whose name starts with `prefix`. The first rule that fits a name counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// Start of the names, such as `encoder.layers.0`.
    pub prefix: String,
    /// Multiplies the learning rate.
    pub rate: f64,
    /// Multiplies the weight decay.
    pub weight_decay: f64,
}

/// Adam or AdamW over named parameters.
///
/// Parameters with fewer than two axes (biases, gains of norms) are not decayed.
#[derive(Debug)]
pub struct Adam {
    config: AdamConfig,
    slots: Vec<Slot>,
    steps: u64,
}

/// One parameter with its moments.
#[derive(Debug)]
struct Slot {
    name: String,
    parameter: Tensor,
    mean: Tensor,
    square: Tensor,
    rate: f64,
    weight_decay: f64,
}

/// Consecutive numbers of a slot.
struct Block {
    parameter: Tensor,
    gradient: Tensor,
    mean: Tensor,
    square: Tensor,
}

impl Slot {
    /// The whole slot on a GPU; on a processor, pieces that stay in its cache from the first operation to the last.
    fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        const CACHED: i64 = 1 << 15;
        let length = self.parameter.numel() as i64;
        let piece = if self.parameter.device() == Device::Cpu { CACHED } else { length.max(1) };
        let flat = |tensor: &Tensor| tensor.detach().view(-1);
        let gradient = self.parameter.grad().contiguous();
        let whole = [flat(&self.parameter), flat(&gradient), flat(&self.mean), flat(&self.square)];
        (0..length).step_by(piece as usize).map(move |start| {
            let [parameter, gradient, mean, square] =
                whole.each_ref().map(|tensor| tensor.narrow(0, start, piece.min(length - start)));
            Block { parameter, gradient, mean, square }
        })
    }
}

impl Adam {
    /// An optimizer of these parameters, with moments of zero.
    pub fn new(config: AdamConfig, parameters: Vec<(String, Tensor)>, rules: &[GroupRule]) -> Self {
        let slot = |(name, parameter): (String, Tensor)| {
            let rule = rules.iter().find(|rule| name.starts_with(&rule.prefix));
            let decayed = if parameter.dim() < 2 { 0.0 } else { rule.map_or(1.0, |rule| rule.weight_decay) };
            Slot {
                mean: parameter.zeros_like().set_requires_grad(false),
                square: parameter.zeros_like().set_requires_grad(false),
                rate: rule.map_or(1.0, |rule| rule.rate),
                weight_decay: decayed * config.weight_decay,
                name,
                parameter,
            }
        };
        Self { config, slots: parameters.into_iter().map(slot).collect(), steps: 0 }
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Forgets all gradients.
    pub fn zero_gradients(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.parameter.zero_grad());
    }

    /// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm before.
    pub fn clip_gradients(&mut self, limit: f64) -> f64 {
        no_grad(|| {
            let gradients: Vec<Tensor> = self.gradients().collect();
            let squares: Vec<Tensor> = gradients.iter().map(|g| g.square().sum(Kind::Float)).collect();
            let norm = squares.iter().map(|s| s.double_value(&[])).sum::<f64>().sqrt();
            if norm > limit {
                for mut gradient in gradients {
                    let _ = gradient.g_mul_scalar_(limit / (norm + 1e-6));
                }
            }
            norm
        })
    }

    /// Changes every parameter that has a gradient, at `factor` times the configured learning rate.
    pub fn step(&mut self, factor: f64) {
        self.steps += 1;
        let AdamConfig { rate, beta1, beta2, epsilon, decay, .. } = self.config;
        let mean_correction = 1.0 - beta1.powi(self.steps.min(i32::MAX as u64) as i32);
        let square_correction = (1.0 - beta2.powi(self.steps.min(i32::MAX as u64) as i32)).sqrt();
        no_grad(|| {
            for slot in self.slots.iter_mut().filter(|slot| slot.parameter.grad().defined()) {
                let rate = rate * factor * slot.rate;
                for mut block in slot.blocks() {
                    if slot.weight_decay != 0.0 {
                        match decay {
                            Decay::Gradient => {
                                block.gradient = block.gradient.g_add(&(&block.parameter * slot.weight_decay));
                            }
                            Decay::Weight => drop(block.parameter.g_mul_scalar_(1.0 - rate * slot.weight_decay)),
                        }
                    }
                    let _ = block.mean.lerp_(&block.gradient, 1.0 - beta1);
                    let _ = block.square.g_mul_scalar_(beta2).g_add_(&(block.gradient.square() * (1.0 - beta2)));
                    let mut change = block.square.sqrt();
                    let _ = change.g_mul_scalar_(1.0 / square_correction).g_add_scalar_(epsilon);
                    change = block.mean.divide(&change) * (-rate / mean_correction);
                    let _ = block.parameter.g_add_(&change);
                }
            }
        });
    }

    /// The moments, named after their parameters; with [`steps`](Self::steps), all there is to save.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let named =
            |kind: &str, slot: &Slot, tensor: &Tensor| (format!("{kind}.{}", slot.name), tensor.shallow_clone());
        let means = self.slots.iter().map(|slot| named("mean", slot, &slot.mean));
        means.chain(self.slots.iter().map(|slot| named("square", slot, &slot.square))).collect()
    }

    /// Goes back to a saved state.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if a moment is missing or has another shape.
    pub fn restore(&mut self, steps: u64, state: &[(String, Tensor)]) -> Result<(), TrainError> {
        for slot in &mut self.slots {
            for (kind, moment) in [("mean", &mut slot.mean), ("square", &mut slot.square)] {
                let name = format!("{kind}.{}", slot.name);
                let saved = state.iter().find(|(other, _)| *other == name).map(|(_, tensor)| tensor);
                match saved {
                    Some(saved) if saved.size() == moment.size() => no_grad(|| moment.f_copy_(saved))?,
                    _ => {
                        let reason = format!("the optimizer state holds no {name} of shape {:?}", moment.size());
                        return Err(TrainError::Config { reason });
                    }
                }
            }
        }
        self.steps = steps;
        Ok(())
    }

    fn gradients(&self) -> impl Iterator<Item = Tensor> + '_ {
        self.slots.iter().map(|slot| slot.parameter.grad()).filter(Tensor::defined)
    }
}
