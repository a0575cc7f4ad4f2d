//! What Adam remembers of the gradients of a parameter.

use tch::{Device, Kind, TchError, Tensor, no_grad};

use super::update::{Change, Piece};

/// Mean and mean square of the gradients of one parameter.
#[derive(Debug)]
pub(super) enum Moments {
    /// On a processor: numbers of our own, so that one loop reaches all that a step is about.
    Own { mean: Vec<f32>, square: Vec<f32> },
    /// Where only libtorch reaches them.
    Tensors { mean: Tensor, square: Tensor },
}

/// Numbers that one processor thread takes at a time.
const SHARE: usize = 1 << 19;

impl Moments {
    /// Those of a parameter that has seen no gradient.
    pub(super) fn zero(parameter: &Tensor) -> Self {
        if parameter.device() == Device::Cpu && parameter.kind() == Kind::Float {
            let [mean, square] = [0; 2].map(|_| vec![0.0; parameter.numel()]);
            return Self::Own { mean, square };
        }
        let [mean, square] = [0; 2].map(|_| parameter.zeros_like().set_requires_grad(false));
        Self::Tensors { mean, square }
    }

    /// Mean and mean square in this shape.
    pub(super) fn in_shape(&self, shape: &[i64]) -> [Tensor; 2] {
        match self {
            Self::Own { mean, square } => [mean, square].map(|numbers| Tensor::from_slice(numbers).view(shape)),
            Self::Tensors { mean, square } => [mean, square].map(Tensor::shallow_clone),
        }
    }

    /// Takes over saved ones of the same shape.
    pub(super) fn restore(&mut self, saved: [&Tensor; 2]) -> Result<(), TchError> {
        match self {
            Self::Own { mean, square } => [mean, square].into_iter().zip(saved).try_for_each(|(numbers, saved)| {
                let length = numbers.len();
                saved.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_copy_data(numbers, length)
            }),
            Self::Tensors { mean, square } => [mean, square]
                .into_iter()
                .zip(saved)
                .try_for_each(|(moment, saved)| no_grad(|| moment.f_copy_(saved)).map(drop)),
        }
    }

    /// The whole parameter where libtorch does the step, shares for the threads of a processor.
    pub(super) fn pieces(
        &mut self,
        parameter: &Tensor,
        gradient: &Tensor,
        scale: Option<&Tensor>,
        change: Change,
    ) -> Vec<Piece<'_>> {
        match self {
            Self::Own { mean, square } => {
                let (parameter, gradient) = (parameter.detach().view(-1), gradient.contiguous().view(-1));
                let scale = scale.map_or(1.0, |scale| scale.double_value(&[]));
                let shares = mean.chunks_mut(SHARE).zip(square.chunks_mut(SHARE)).enumerate();
                let piece = |(number, (mean, square)): (usize, (_, _))| {
                    let first = number * SHARE;
                    let count = SHARE.min(parameter.numel() - first);
                    let part = |tensor: &Tensor| tensor.narrow(0, first as i64, count as i64);
                    Piece::Own {
                        parameter: part(&parameter),
                        gradient: part(&gradient),
                        mean,
                        square,
                        scale: scale as f32,
                        change,
                    }
                };
                shares.map(piece).collect()
            }
            Self::Tensors { mean, square } => vec![Piece::Tensors {
                parameter: parameter.detach(),
                gradient: scale.map_or_else(|| gradient.shallow_clone(), |scale| gradient * scale),
                mean: mean.shallow_clone(),
                square: square.shallow_clone(),
                change,
            }],
        }
    }
}
