//! Dropout whose masks are pure functions of seed, epoch and batch.
//!
//! Whether a value is dropped is a hash of seed, epoch, step, number of the layer call and index of the value, and never
//! libtorch's generator: a resumed run drops what the uninterrupted run would have dropped.
//!
//! The hash is thirteen operations on 32-bit integers and decides about four values. It is computed where the values
//! are: by a loop of our own on the host, by libtorch's kernels on any other device, which give the same bits. No mask is copied between devices.

mod counter_hash;

use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use self::counter_hash::CounterHash;

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

    /// `onto + dropout(values)` in one operation.
    pub fn dropout_onto(self, onto: &Tensor, values: &Tensor, rate: f64) -> Tensor {
        match self {
            Self::Train(noise) if rate > 0.0 => {
                onto.addcmul(values, &noise.dropout_mask(&values.size(), rate, onto.kind(), values.device()))
            }
            _ => onto + values,
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
        let count = shape.iter().product::<i64>() as usize;
        let hash = self.next_hash();
        match device {
            Device::Cpu => Tensor::from_slice(&hash.mask(count, dropped, kept)).to_kind(kind).view(shape),
            _ => (hash.bytes_on(device, count).ge(i64::from(dropped)).to_kind(kind) * f64::from(kept)).view(shape),
        }
    }

    /// The hash of one layer call; each call of this function gives the next one.
    fn next_hash(&self) -> CounterHash {
        let call = self.calls.get();
        self.calls.set(call + 1);
        CounterHash::keyed([self.seed, self.epoch, self.step, call])
    }
}
