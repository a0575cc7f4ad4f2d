//! Dropout that can be repeated exactly.
//!
//! Masks come from ChaCha, keyed by seed, epoch, step and the number of the layer call, and never from libtorch's
//! generator: a resumed run draws what the uninterrupted run would have drawn.
//!
//! The bytes are drawn on the host for every device. A GPU gets one byte per value through pinned memory, so that no step
//! waits, and the same bits as a processor. ChaCha on the device itself would be about a thousand tensor operations per
//! mask, each a pass over memory, for want of a kernel of our own; and libtorch's generators differ between devices.

use std::cell::Cell;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use crate::device::send;

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

/// Random bytes that are drawn at a time; any thread can draw any part of a mask.
const PART: usize = 1 << 12;

/// The generator where part `number` of its bytes begins.
fn part_of(generator: &ChaCha8Rng, number: usize) -> ChaCha8Rng {
    let mut generator = generator.clone();
    generator.set_word_pos((number * PART / 4) as u128);
    generator
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
        let generator = self.next_generator();
        let count = shape.iter().product::<i64>() as usize;
        if device == Device::Cpu {
            let mut mask = vec![0.0; count];
            let fill = |(number, part): (usize, &mut [f32])| {
                let mut bytes = [0; PART];
                let bytes = &mut bytes[..part.len()];
                part_of(&generator, number).fill_bytes(bytes);
                for (value, byte) in part.iter_mut().zip(&*bytes) {
                    // Not a branch: nobody can guess which way it goes.
                    *value = f32::from_bits(kept.to_bits() * u32::from(*byte >= dropped));
                }
            };
            mask.par_chunks_mut(PART).with_min_len(8).enumerate().for_each(fill);
            return Tensor::from_slice(&mask).to_kind(kind).view(shape);
        }
        // A byte per value travels to the device, and becomes a number there.
        let mut bytes = vec![0; count];
        let fill = |(number, part): (usize, &mut [u8])| part_of(&generator, number).fill_bytes(part);
        bytes.par_chunks_mut(PART).with_min_len(8).enumerate().for_each(fill);
        let bytes = send(&Tensor::from_slice(&bytes), device).expect("invariant: a mask fits beside what it masks");
        (bytes.ge(i64::from(dropped)).to_kind(kind) * f64::from(kept)).view(shape)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_drawn_in_parts_equal_the_whole_stream() {
        let count = 3 * PART + 5;
        let mut bytes = vec![0; count];
        Noise::new(1, 2, 3).next_generator().fill_bytes(&mut bytes);
        let mask = Noise::new(1, 2, 3).dropout_mask(&[count as i64], 0.25, Kind::Float, Device::Cpu);
        let mask = Vec::<f32>::try_from(mask).expect("a flat mask");
        let kept = |byte: &u8| if *byte < 64 { 0.0 } else { 256.0 / 192.0 };
        assert!(mask.iter().zip(&bytes).all(|(value, byte)| *value == kept(byte)));
    }
}
