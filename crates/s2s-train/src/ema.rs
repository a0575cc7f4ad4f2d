//! Exponential moving average of the weights.

use tch::{Tensor, no_grad};

use crate::TrainError;

/// An exponential moving average (EMA) of parameters over the recent steps; the average often generalizes better than the last step.
///
/// Running statistics are averaged like the weights whose outputs they describe.
#[derive(Debug)]
pub struct Ema {
    decay: f64,
    slots: Vec<(String, Tensor, Tensor)>,
}

impl Ema {
    /// Starts from the parameters as they are; each step, the average keeps this share of itself.
    pub fn new(decay: f64, parameters: Vec<(String, Tensor)>) -> Self {
        let slot = |(name, parameter): (String, Tensor)| {
            let average = parameter.detach().copy();
            (name, parameter, average)
        };
        Self { decay, slots: parameters.into_iter().map(slot).collect() }
    }

    /// Takes the parameters in, after an optimizer step.
    pub fn update(&mut self) {
        no_grad(|| {
            for (_, parameter, average) in &mut self.slots {
                let _ = average.lerp_(parameter, 1.0 - self.decay);
            }
        });
    }

    /// Ends averaging: the parameters are the average from here on.
    pub fn finish(self) {
        no_grad(|| {
            for (_, mut parameter, average) in self.slots {
                parameter.copy_(&average);
            }
        });
    }

    /// Exchanges parameters and average: once to evaluate the average, once more to go on training.
    pub fn exchange(&mut self) {
        no_grad(|| {
            for (_, parameter, average) in &mut self.slots {
                let kept = parameter.detach().copy();
                parameter.copy_(average);
                average.copy_(&kept);
            }
        });
    }

    /// The average, named after its parameters.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        self.slots.iter().map(|(name, _, average)| (format!("average.{name}"), average.shallow_clone())).collect()
    }

    /// Goes back to a saved average.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if a tensor is missing or has another shape.
    pub fn restore(&mut self, state: &[(String, Tensor)]) -> Result<(), TrainError> {
        for (name, _, average) in &mut self.slots {
            let name = format!("average.{name}");
            match state.iter().find(|(other, _)| *other == name) {
                Some((_, saved)) if saved.size() == average.size() => no_grad(|| average.f_copy_(saved))?,
                _ => return Err(TrainError::Config { reason: format!("the saved average holds no {name}") }),
            }
        }
        Ok(())
    }
}
