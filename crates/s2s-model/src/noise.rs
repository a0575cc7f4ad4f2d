//! Dropout that can be repeated exactly.
//!
//! Masks come from ChaCha, keyed by seed, epoch, step and the number of the layer call, and never from libtorch's
//! generator: a resumed run draws what the uninterrupted run would have drawn.

use std::cell::Cell;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use tch::{Device, Kind, Tensor};

/// Whether a network is being trained, and with which noise.
#[derive(Clone, Copy, Debug)]
pub enum Mode<'n> {
    /// Dropout is on, batch norms use and update statistics of the batch.
    Train(&'n Noise),
    /// A pure function of batch and parameters.
    Eval,
}

impl Mode<'_> {
    /// Whether this is a training step.
    pub fn is_train(self) -> bool {
        matches!(self, Self::Train(_))
    }

    /// Sets each value to zero with probability `rate` and scales the others up, while training; nothing otherwise.
    pub fn dropout(self, values: Tensor, rate: f64) -> Tensor {
        match self {
            Self::Train(noise) if rate > 0.0 => {
                let mask = noise.dropout_mask(&values.size(), rate, values.kind(), values.device());
                values * mask
            }
            _ => values,
        }
    }
}

/// The randomness of one training step: a pure function of `(seed, epoch, step)` and of the order of the layer calls.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_model::Noise;
/// use tch::{Device, Kind};
///
/// let mask = |step| Noise::new(1, 2, step).dropout_mask(&[4, 8], 0.5, Kind::Float, Device::Cpu);
/// assert_eq!(mask(3), mask(3));
/// ```
#[derive(Debug)]
pub struct Noise {
    seed: u64,
    epoch: u64,
    step: u64,
    calls: Cell<u64>,
}

impl Noise {
    /// The noise of step `step` of epoch `epoch`.
    pub fn new(seed: u64, epoch: u64, step: u64) -> Self {
        Self { seed, epoch, step, calls: Cell::new(0) }
    }

    /// A tensor of zeros, with probability `rate`, and of one other value, such that the expectation is one.
    ///
    /// The rate is rounded to the nearest 1/256, and never to one, so that one random byte decides about one value.
    pub fn dropout_mask(&self, shape: &[i64], rate: f64, kind: Kind, device: Device) -> Tensor {
        let dropped = (rate * 256.0).round().clamp(0.0, 255.0) as u8;
        let kept = 256.0 / (256.0 - f32::from(dropped));
        let mut bytes = vec![0; shape.iter().product::<i64>() as usize];
        self.next_generator().fill_bytes(&mut bytes);
        let mask: Vec<f32> = bytes.iter().map(|&byte| if byte < dropped { 0.0 } else { kept }).collect();
        Tensor::from_slice(&mask).to_device(device).to_kind(kind).view(shape)
    }

    /// A generator for one layer call; each call of this function gives the next one.
    pub fn next_generator(&self) -> ChaCha8Rng {
        let call = self.calls.get();
        self.calls.set(call + 1);
        let mut key = [0; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([self.seed, self.epoch, self.step, call]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }
}
