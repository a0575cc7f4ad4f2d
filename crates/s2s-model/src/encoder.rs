//! The trait of encoders: a batch to one vector per atom.

mod cgcnn;
mod megnet;
mod paper;
mod periodic;
mod released;

use std::fmt::Debug;

pub use cgcnn::CgcnnEncoder;
pub use megnet::{MegnetEncoder, MegnetStates};
pub use paper::PaperEncoder;
pub use periodic::PeriodicEncoder;
pub use released::ReleasedEncoder;
use tch::{Kind, Tensor, no_grad};

use crate::{AtomStates, DeviceBatch, Mode};

/// Maps each atom to a vector that depends on its surroundings.
///
/// Implement this for an architecture of your own; [`Readout`](crate::Readout) and [`Head`](crate::Head) do the rest.
/// It is a logic error if an atom's vector depends on the other crystals of the batch or on how much it is padded.
pub trait AtomEncoder: Debug + Send {
    /// States of all atoms of the batch.
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates;

    /// How each layer mixes the atoms, first to last: `f32 (B, N, N)`, rows that sum to one, the mean over heads, what a
    /// residual leaves in place included; `None` for an encoder without attention.
    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        let _ = batch;
        None
    }
}

impl<E: AtomEncoder + ?Sized> AtomEncoder for Box<E> {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        (**self).encode(batch, mode)
    }

    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        (**self).mixing(batch)
    }
}

/// An encoder that no longer learns: no gradient reaches it, and its dropout is off.
///
/// # Source
///
/// Liu et al., S2SNet, §3.2: fine-tuning "with the pre-trained layers frozen".
#[derive(Debug)]
pub struct Frozen<E>(pub E);

impl<E: AtomEncoder> AtomEncoder for Frozen<E> {
    fn encode(&self, batch: &DeviceBatch, _mode: Mode<'_>) -> AtomStates {
        no_grad(|| self.0.encode(batch, Mode::Eval))
    }

    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        no_grad(|| self.0.mixing(batch))
    }
}

/// Half of what attention mixes, the mean over heads, and half of what the residual keeps (Abnar and Zuidema 2020).
fn with_residual(shares: &Tensor) -> Tensor {
    let kept = Tensor::eye(shares.size()[3], (Kind::Float, shares.device()));
    (shares.mean_dim([1].as_slice(), false, Kind::Float) + kept) * 0.5
}
