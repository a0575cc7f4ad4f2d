//! Random permutations as pure functions of a seed.

use chacha20::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// Puts the items into the random order number `epoch` of this seed.
///
/// The order is a pure function of `(seed, epoch, items.len())`: Fisher–Yates with unbiased draws from ChaCha12, whose
/// key comes from the seed and whose stream is the epoch. It is the same on every platform.
///
/// # Examples
///
/// ```
/// let mut letters = ['a', 'b', 'c', 'd'];
/// s2s_data::split::shuffle(&mut letters, 7, 0);
/// let mut again = ['a', 'b', 'c', 'd'];
/// s2s_data::split::shuffle(&mut again, 7, 0);
/// assert_eq!(letters, again);
/// ```
pub fn shuffle<T>(items: &mut [T], seed: u64, epoch: u64) {
    let mut rng = generator(seed, epoch);
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut rng, last as u64 + 1) as usize);
    }
}

/// The numbers `0..len` in the random order number `epoch` of this seed; see [`shuffle`].
pub fn permutation(len: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    shuffle(&mut order, seed, epoch);
    order
}

/// The generator of this seed and stream.
///
/// Not `s2s_featurize::RandomStream`, which keys ChaCha8 in another way: recorded splits would change, and this crate does not
/// depend on `s2s-featurize`.
pub(crate) fn generator(seed: u64, stream: u64) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// A uniform draw from `0..bound` by multiplication, with rejection of the draws that would bias it (Lemire 2019).
pub(crate) fn below(rng: &mut ChaCha12Rng, bound: u64) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as u64;
        }
    }
}

/// A uniform draw from [0, 1) with 53 bits.
pub(crate) fn unit_interval(rng: &mut ChaCha12Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_seed_is_pinned() {
        // A different order here would change every published split.
        assert_eq!(permutation(8, 2022, 0), PINNED);
        assert_ne!(permutation(8, 2022, 1), PINNED);
        assert_ne!(permutation(8, 2023, 0), PINNED);
    }

    const PINNED: [usize; 8] = [7, 1, 0, 6, 2, 3, 5, 4];

    #[test]
    fn every_position_is_equally_likely() {
        let mut counts = [[0_u32; 3]; 3];
        for seed in 0..6000 {
            for (position, item) in permutation(3, seed, 0).into_iter().enumerate() {
                counts[position][item] += 1;
            }
        }
        // 2000 expected, standard deviation 37.
        assert!(counts.iter().flatten().all(|n| (1850..2150).contains(n)), "{counts:?}");
    }
}
