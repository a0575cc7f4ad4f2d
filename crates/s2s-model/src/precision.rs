//! Precisions in which matrix products are computed.
//!
//! In [`Precision::Bfloat16`] the operands of linear maps and of attention are rounded to bfloat16 where they are used, as
//! PyTorch's autocast does. Parameters, their gradients and moments, residual sums, norms, softmaxes, Gaussians, logits and
//! losses stay `f32`: what a checkpoint holds is the same either way.
//!
//! In [`Precision::Tf32`] a GPU rounds the same operands to 19 bits, the exponent of `f32` and ten bits of mantissa; a
//! CPU computes as in [`Precision::Single`], in which no GPU rounds anything: TF32 is off unless it is in force.
//!
//! # Deviations
//!
//! | | autocast | here |
//! |---|---|---|
//! | attention of Set2Set | bfloat16 | `f32`: its scores are large, and it costs little |
//! | last layer of a head | bfloat16 | `f32` |
//! | scale of dropout inside a feed-forward part | exact | rounded to bfloat16 |

use std::{cell::Cell, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::{ModelError, device};

/// In which numbers matrix products are computed.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_model::{BinaryLogits, Classifier, DeviceBatch, Mode, Precision};
///
/// fn quick(classifier: &Classifier, batch: &DeviceBatch) -> BinaryLogits {
///     Precision::Bfloat16.compute(|| classifier.forward(batch, Mode::Eval))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// `f32` everywhere.
    #[default]
    Single,
    /// Products of `f32` that a GPU rounds to TF32; `f32` elsewhere.
    Tf32,
    /// Products of bfloat16, everything else `f32`.
    #[serde(alias = "bf16")]
    Bfloat16,
}

thread_local! {
    static IN_FORCE: Cell<Precision> = const { Cell::new(Precision::Single) };
}

/// Puts a precision back in force, after a panic too.
struct Restore(Precision);

impl Drop for Restore {
    fn drop(&mut self) {
        self.0.put_in_force();
    }
}

impl Precision {
    /// Runs `action` with this precision in force on this thread, as [`no_grad`](tch::no_grad) does for gradients.
    ///
    /// Whether TF32 is used is a switch of the whole process: threads that compute on a GPU at the same time have to agree.
    pub fn compute<T>(self, action: impl FnOnce() -> T) -> T {
        let _restore = Restore(self.put_in_force());
        action()
    }

    /// Gives back what was in force.
    fn put_in_force(self) -> Self {
        let before = IN_FORCE.replace(self);
        if (self == Self::Tf32) != (before == Self::Tf32) {
            device::allow_tf32(self == Self::Tf32);
        }
        before
    }

    /// What is in force on this thread: [`Precision::Single`] outside of [`compute`](Self::compute).
    pub fn in_force() -> Self {
        IN_FORCE.get()
    }

    /// Whether it is [`Precision::Single`].
    pub fn is_single(&self) -> bool {
        *self == Self::Single
    }

    /// Whether products are given `f32`.
    pub(crate) fn takes_single(self) -> bool {
        self != Self::Bfloat16
    }

    /// A tensor as a matrix product takes it.
    pub fn operand(self, tensor: &Tensor) -> Tensor {
        match self {
            Self::Single | Self::Tf32 => tensor.shallow_clone(),
            Self::Bfloat16 => tensor.to_kind(Kind::BFloat16),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "single",
            Self::Tf32 => "tf32",
            Self::Bfloat16 => "bfloat16",
        })
    }
}

impl FromStr for Precision {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        match name {
            "single" => Ok(Self::Single),
            "tf32" => Ok(Self::Tf32),
            "bfloat16" | "bf16" => Ok(Self::Bfloat16),
            _ => {
                let reason = format!("there is no precision `{name}`: choose single, tf32 or bf16");
                Err(ModelError::InvalidConfig { reason })
            }
        }
    }
}

/// `x · Wᵀ + b` in the precision in force.
pub(crate) fn affine(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    match Precision::in_force() {
        Precision::Single | Precision::Tf32 => x.linear(weight, bias),
        lower => lower.operand(x).linear(&lower.operand(weight), bias.map(|bias| lower.operand(bias))),
    }
}

/// A matrix product of which one operand, such as the result of a softmax, may be more precise than the other.
pub(crate) fn product(a: &Tensor, b: &Tensor) -> Tensor {
    let precision = Precision::in_force();
    precision.operand(a).matmul(&precision.operand(b))
}

/// `f32`, of whatever a product gave.
pub(crate) fn single(tensor: Tensor) -> Tensor {
    if tensor.kind() == Kind::Float { tensor } else { tensor.to_kind(Kind::Float) }
}
