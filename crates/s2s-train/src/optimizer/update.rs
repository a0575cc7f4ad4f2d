//! What one step of Adam does to the numbers of a parameter.

use s2s_model::host;
use tch::Tensor;

/// Consecutive numbers of a parameter, with their gradient and moments.
pub(super) struct Piece {
    pub(super) parameter: Tensor,
    pub(super) gradient: Tensor,
    pub(super) mean: Tensor,
    pub(super) square: Tensor,
    pub(super) change: Change,
    /// Multiplies the gradient: `f64 ()`, where the gradient is.
    pub(super) scale: Option<Tensor>,
}

/// The numbers of one step.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    /// Added to the gradient, times the parameter.
    pub(super) pull: f64,
    /// Multiplies the parameter.
    pub(super) shrink: f64,
    /// The parameter grows by `mean / (√square · slope + offset)`; `None` if the rate is zero.
    pub(super) divisor: Option<(f64, f64)>,
}

impl Piece {
    /// Takes the step.
    pub(super) fn step(self) {
        let Self { mut parameter, gradient, mut mean, mut square, change, scale } = self;
        if [&parameter, &gradient, &mean, &square].into_iter().all(host::is_plain) {
            let scale = scale.map_or(1.0, |scale| scale.double_value(&[]));
            host::edit([&gradient], [&mut parameter, &mut mean, &mut square], |[gradient], changed| {
                change.apply(scale, gradient, changed);
            });
        } else {
            change.apply_elsewhere(
                scale.map_or(gradient.shallow_clone(), |scale| gradient * scale),
                parameter,
                mean,
                square,
            );
        }
    }
}

impl Change {
    /// One pass over memory, which is what takes the time on a processor.
    fn apply(self, scale: f64, gradient: &[f32], [parameter, mean, square]: [&mut [f32]; 3]) {
        let [scale, pull, shrink] = [scale, self.pull, self.shrink].map(|number| number as f32);
        let [towards_mean, towards_square] = [1.0 - self.beta1, 1.0 - self.beta2].map(|share| share as f32);
        let numbers = parameter.iter_mut().zip(gradient).zip(mean).zip(square);
        let moments = |parameter: f32, gradient: f32, mean: &mut f32, square: &mut f32| {
            let gradient = gradient * scale + parameter * pull;
            *mean += towards_mean * (gradient - *mean);
            *square += towards_square * (gradient * gradient - *square);
        };
        match self.divisor {
            Some((slope, offset)) => {
                let (slope, offset) = (slope as f32, offset as f32);
                for (((parameter, gradient), mean), square) in numbers {
                    moments(*parameter, *gradient, mean, square);
                    *parameter = *parameter * shrink + *mean / (square.sqrt() * slope + offset);
                }
            }
            None => numbers.for_each(|(((parameter, gradient), mean), square)| {
                moments(*parameter, *gradient, mean, square);
            }),
        }
    }

    /// The same where the numbers cannot be reached, such as on a GPU.
    fn apply_elsewhere(self, mut gradient: Tensor, mut parameter: Tensor, mut mean: Tensor, mut square: Tensor) {
        if self.pull != 0.0 {
            gradient = (&parameter * self.pull).g_add_(&gradient);
        }
        if self.shrink != 1.0 {
            let _ = parameter.g_mul_scalar_(self.shrink);
        }
        let _ = mean.lerp_(&gradient, 1.0 - self.beta1);
        let _ = square.lerp_(&gradient.square(), 1.0 - self.beta2);
        if let Some((slope, offset)) = self.divisor {
            let divisor = square.sqrt().g_mul_scalar_(slope).g_add_scalar_(offset);
            let _ = parameter.addcdiv_(&mean, &divisor);
        }
    }
}
