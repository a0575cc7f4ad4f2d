//! What one step of Adam does to the numbers of a parameter.

use tch::{Device, Kind, Tensor};

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
        let Self { parameter, gradient, mean, square, change, scale } = self;
        let plain = |tensor: &Tensor| tensor.device() == Device::Cpu && tensor.kind() == Kind::Float;
        if [&parameter, &gradient, &mean, &square].into_iter().all(plain) {
            let scale = scale.map_or(1.0, |scale| scale.double_value(&[]));
            change.apply_in_blocks(scale, [parameter, gradient, mean, square]);
        } else {
            let gradient = scale.map_or(gradient.shallow_clone(), |scale| gradient * scale);
            change.apply_elsewhere(gradient, parameter, mean, square);
        }
    }
}

/// Numbers that are copied out of tensors, changed and copied back at a time: few enough to stay in a processor's cache.
const BLOCK: i64 = 1 << 13;

impl Change {
    /// One pass over memory, which is what takes the time on a processor; libtorch would take one per operation.
    fn apply_in_blocks(self, scale: f64, tensors: [Tensor; 4]) {
        let length = tensors[0].numel() as i64;
        let mut numbers = [0; 4].map(|_| vec![0.0_f32; BLOCK.min(length) as usize]);
        for start in (0..length).step_by(BLOCK as usize) {
            let count = BLOCK.min(length - start);
            let mut places = tensors.each_ref().map(|tensor| tensor.narrow(0, start, count));
            for (numbers, place) in numbers.iter_mut().zip(&places) {
                place.copy_data(numbers, count as usize);
            }
            let [parameter, gradient, mean, square] = numbers.each_mut().map(|block| &mut block[..count as usize]);
            self.apply(scale, gradient, [&mut *parameter, &mut *mean, &mut *square]);
            let [to_parameter, _, to_mean, to_square] = &mut places;
            for (place, numbers) in [(to_parameter, parameter), (to_mean, mean), (to_square, square)] {
                place.copy_(&Tensor::from_slice(numbers));
            }
        }
    }

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
