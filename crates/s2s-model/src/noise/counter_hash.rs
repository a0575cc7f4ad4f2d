//! Four pseudorandom bytes for every counter, the same on every device.

use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

/// A hash of a counter and a key: two rounds of a multiplication and a shift that leave each bit of the result
/// depending on each of the counter, with another half of the key before each, so that no two keys give shifted sequences.
///
/// # Source
///
/// The constants are those of `lowbias32` in C. Wellons, hash-prospector (2018), the counter is spread as in Steele, Lea and
/// Flood, Fast splittable pseudorandom number generators (2014), and the key is mixed by that paper's 64-bit finalizer.
#[derive(Clone, Copy, Debug)]
pub(super) struct CounterHash {
    keys: [u32; 2],
}

/// Spreads consecutive counters over all numbers.
const SPREAD: u32 = 0x9E37_79B9;
const FIRST: u32 = 0x7FEB_352D;
const SECOND: u32 = 0x846C_A68B;

/// Bytes of a hash.
const BYTES: usize = 4;

/// Values whose mask one thread draws at a time.
const PART: usize = 1 << 14;

impl CounterHash {
    pub(super) fn keyed(numbers: [u64; 4]) -> Self {
        let mix = |state: u64, number: u64| {
            let mut z = (state ^ number).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        };
        let key = numbers.into_iter().fold(0, mix);
        Self { keys: [key as u32, (key >> 32) as u32] }
    }

    fn bytes(self, counter: u32) -> [u8; BYTES] {
        let mut x = counter.wrapping_mul(SPREAD).wrapping_add(self.keys[0]);
        x = (x ^ (x >> 16)).wrapping_mul(FIRST) ^ self.keys[1];
        x = (x ^ (x >> 15)).wrapping_mul(SECOND);
        (x ^ (x >> 16)).to_le_bytes()
    }

    /// A mask in host memory: zero where the byte of a value is below `dropped`, else `kept`.
    pub(super) fn mask(self, count: usize, dropped: u8, kept: f32) -> Vec<f32> {
        let mut mask = vec![0.0; count];
        mask.par_chunks_mut(PART).with_min_len(2).enumerate().for_each(|(number, part)| {
            let first = number * PART / BYTES;
            for (offset, values) in part.chunks_mut(BYTES).enumerate() {
                for (value, byte) in values.iter_mut().zip(self.bytes((first + offset) as u32)) {
                    // Not a branch: its direction cannot be predicted.
                    *value = f32::from_bits(kept.to_bits() * u32::from(byte >= dropped));
                }
            }
        });
        mask
    }

    /// The bytes of `count` values, computed by libtorch's operations on `device`: `u8 (count)`.
    pub(super) fn bytes_on(self, device: Device, count: usize) -> Tensor {
        // libtorch has no unsigned 32-bit product: signed ones have the same bits, and a shift to the right has to be cut.
        let signed = |number: u32| i64::from(number as i32);
        let fold = |mut x: Tensor, shift: i64| {
            let high = x.bitwise_right_shift_tensor_scalar(shift).bitwise_and_(signed(u32::MAX >> shift));
            x.bitwise_xor_tensor_(&high)
        };
        let mut x = Tensor::arange(count.div_ceil(BYTES) as i64, (Kind::Int, device));
        x = x.g_mul_scalar_(signed(SPREAD)).g_add_scalar_(signed(self.keys[0]));
        x = fold(x, 16).g_mul_scalar_(signed(FIRST)).bitwise_xor_(signed(self.keys[1]));
        x = fold(x, 15).g_mul_scalar_(signed(SECOND));
        fold(x, 16).view_dtype(Kind::Uint8).narrow(0, 0, count as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_drops_the_same_values() {
        for count in [0, 1, 3, 4, 1_000, 3 * PART + 5] {
            let hash = CounterHash::keyed([u64::MAX, 1, 2, 3]);
            let computed = Vec::<u8>::try_from(hash.bytes_on(Device::Cpu, count)).expect("a flat tensor of bytes");
            let own: Vec<u8> = (0..count.div_ceil(BYTES)).flat_map(|counter| hash.bytes(counter as u32)).collect();
            assert_eq!(computed, own[..count]);
            let kept = |byte: &u8| if *byte < 64 { 0.0 } else { 256.0 / 192.0 };
            let mask = hash.mask(count, 64, 256.0 / 192.0);
            assert!(mask.iter().eq(own[..count].iter().map(kept).collect::<Vec<f32>>().iter()));
        }
    }

    /// Pearson's χ² of bytes against equal shares; of mean 255 and standard deviation 22.6 where they are random.
    fn chi_squared(bytes: impl Iterator<Item = u8>) -> f64 {
        let mut counts = [0_u32; 256];
        bytes.for_each(|byte| counts[usize::from(byte)] += 1);
        let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn bytes_are_as_good_as_random() {
        let stream = |key: [u64; 4]| {
            let hash = CounterHash::keyed(key);
            (0..1_u32 << 18).flat_map(move |counter| hash.bytes(counter))
        };
        let one = || stream([7, 0, 0, 0]);
        let neighbors = |numbers: [u64; 4]| one().zip(stream(numbers)).map(|(a, b)| a ^ b);
        let lag = |by: usize| one().zip(one().skip(by)).map(|(a, b)| a.wrapping_sub(b));
        let fits = |chi_squared: f64| (150.0..400.0).contains(&chi_squared);
        assert!(fits(chi_squared(one())));
        // Other seeds, epochs, steps and calls are unrelated, and so are values of one mask at any distance.
        for number in 0..4 {
            let mut key = [7, 0, 0, 0];
            key[number] += 1;
            assert!(fits(chi_squared(neighbors(key))), "{key:?}");
        }
        for by in [1, 2, 3, 4, 5, 64, 512, 1 << 16] {
            assert!(fits(chi_squared(lag(by))), "{by}");
        }
        // The test sees a counter that is not hashed.
        let counted = (0..1_u32 << 18).flat_map(u32::to_le_bytes);
        assert!(!fits(chi_squared(counted.clone().zip(counted.skip(4)).map(|(a, b)| a.wrapping_sub(b)))));
    }
}
