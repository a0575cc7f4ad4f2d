//! The update of a parameter by one step of Adam.

use tch::Tensor;

/// Consecutive numbers of a parameter in host memory, with their gradient and moments.
pub(super) struct Piece<'m> {
    pub(super) parameter: Tensor,
    pub(super) gradient: Tensor,
    pub(super) mean: &'m mut [f32],
    pub(super) square: &'m mut [f32],
    /// Multiplies the gradient.
    pub(super) scale: f32,
    pub(super) change: Change,
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
    /// The parameter grows by `mean / (√square · slope + offset)`; `None` if the learning rate is zero.
    pub(super) divisor: Option<(f64, f64)>,
}

impl Piece<'_> {
    /// Takes the step.
    pub(super) fn step(self) {
        let Self { mut parameter, gradient, mean, square, scale, change } = self;
        change.apply_in_blocks(scale, &mut parameter, &gradient, mean, square);
    }
}

/// Numbers that are copied out of tensors, changed and copied back at a time: few enough to stay in a CPU's cache.
const BLOCK: usize = 1 << 14;

impl Change {
    /// One pass over memory, which is what takes the time on a CPU; libtorch would take one per operation.
    fn apply_in_blocks(
        self,
        scale: f32,
        parameter: &mut Tensor,
        gradient: &Tensor,
        mean: &mut [f32],
        square: &mut [f32],
    ) {
        let [mut weights, mut slopes] = [0; 2].map(|_| vec![0.0_f32; BLOCK.min(mean.len())]);
        let blocks = mean.chunks_mut(BLOCK).zip(square.chunks_mut(BLOCK)).enumerate();
        for (number, (mean, square)) in blocks {
            let part = |tensor: &Tensor| tensor.narrow(0, (number * BLOCK) as i64, mean.len() as i64);
            let mut target = part(parameter);
            let [weights, slopes] = [&mut weights, &mut slopes].map(|numbers| &mut numbers[..mean.len()]);
            target.copy_data(weights, mean.len());
            part(gradient).copy_data(slopes, mean.len());
            self.apply(scale, slopes, [&mut *weights, mean, square]);
            target.copy_(&Tensor::from_slice(weights));
        }
    }

    fn apply(self, scale: f32, gradient: &[f32], [parameter, mean, square]: [&mut [f32]; 3]) {
        let [pull, shrink] = [self.pull, self.shrink].map(|number| number as f32);
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

    /// The same for flat tensors of any length where the numbers cannot be reached, such as on a GPU.
    pub(super) fn apply_to_tensors(
        self,
        mut gradient: Tensor,
        mut parameter: Tensor,
        mut mean: Tensor,
        mut square: Tensor,
    ) {
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
