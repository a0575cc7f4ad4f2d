//! Adam's moments of a parameter in host memory.

use tch::{Device, Kind, TchError, Tensor};

use super::update::{Change, Piece};

/// Mean and mean square of the gradients of one parameter: numbers of our own, so that one loop reaches all that a step is
/// about.
#[derive(Debug)]
pub(super) struct Moments {
    mean: Vec<f32>,
    square: Vec<f32>,
}

/// Numbers that one thread takes at a time.
const SHARE: usize = 1 << 19;

impl Moments {
    /// Those of a parameter that has seen no gradient; `None` where only libtorch reaches its numbers.
    pub(super) fn zero(parameter: &Tensor) -> Option<Self> {
        let reached = parameter.device() == Device::Cpu && parameter.kind() == Kind::Float;
        reached.then(|| Self { mean: vec![0.0; parameter.numel()], square: vec![0.0; parameter.numel()] })
    }

    /// Mean and mean square in this shape.
    pub(super) fn in_shape(&self, shape: &[i64]) -> [Tensor; 2] {
        [&self.mean, &self.square].map(|numbers| Tensor::from_slice(numbers).view(shape))
    }

    /// Takes over saved ones of the same shape.
    pub(super) fn restore(&mut self, saved: [&Tensor; 2]) -> Result<(), TchError> {
        [&mut self.mean, &mut self.square].into_iter().zip(saved).try_for_each(|(numbers, saved)| {
            let length = numbers.len();
            saved.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_copy_data(numbers, length)
        })
    }

    /// The parameter in shares for the threads of the CPU.
    pub(super) fn pieces(
        &mut self,
        parameter: &Tensor,
        gradient: &Tensor,
        scale: f32,
        change: Change,
    ) -> impl Iterator<Item = Piece<'_>> {
        let (parameter, gradient) = (parameter.detach().view(-1), gradient.contiguous().view(-1));
        let shares = self.mean.chunks_mut(SHARE).zip(self.square.chunks_mut(SHARE)).enumerate();
        shares.map(move |(number, (mean, square))| {
            let part = |tensor: &Tensor| tensor.narrow(0, (number * SHARE) as i64, mean.len() as i64);
            Piece { parameter: part(&parameter), gradient: part(&gradient), mean, square, scale, change }
        })
    }
}
