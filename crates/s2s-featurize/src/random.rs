//! Random streams that are pure functions of their purpose, seed, epoch and index.

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Random numbers for one purpose: the same for the same `(purpose, seed, epoch, index)` on every machine.
///
/// A ChaCha8 generator whose 256-bit key is these four numbers. What turns its words into choices is written out here,
/// so that no library upgrade can change a mask or an order. Splits come from `s2s_data::split::shuffle`, whose key is another
/// one: with one key for both, either recorded splits or recorded masks would change.
///
/// # Examples
///
/// ```
/// use s2s_featurize::RandomStream;
///
/// let mut order: Vec<u32> = (0..5).collect();
/// RandomStream::new(*b"example ", 1, 0, 0).shuffle(&mut order);
/// let mut again: Vec<u32> = (0..5).collect();
/// RandomStream::new(*b"example ", 1, 0, 0).shuffle(&mut again);
/// assert_eq!(order, again);
/// ```
#[derive(Debug)]
pub struct RandomStream(ChaCha8Rng);

impl RandomStream {
    /// The stream of this purpose (eight letters that keep uses of the same seed apart), seed, epoch and index.
    pub fn new(purpose: [u8; 8], seed: u64, epoch: u64, index: u64) -> Self {
        let mut key = [0; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([seed, epoch, index, u64::from_le_bytes(purpose)]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A whole number in `0..bound`; one word is drawn, its bias is below `bound / 2⁶⁴`.
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "no number is below zero");
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A number in [0, 1) with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Puts the items in random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.shuffle_head(items, items.len());
    }

    /// Draws the first `head` items at random from all of them; the rest is left in no particular order.
    ///
    /// # Panics
    ///
    /// If `head` is more than there are items.
    pub fn shuffle_head<T>(&mut self, items: &mut [T], head: usize) {
        assert!(head <= items.len(), "only so many items can be drawn");
        for position in 0..head {
            let offset = self.below(items.len() - position);
            items.swap(position, position + offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_three_items_is_about_equally_frequent() {
        let mut counts = std::collections::HashMap::new();
        for index in 0..6000 {
            let mut items = [0_u8, 1, 2];
            RandomStream::new(*b"counting", 3, 1, index).shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Six standard deviations of a binomial with 6000 draws at 1/6.
        assert!(counts.values().all(|&n| n.abs_diff(1000) < 173), "{counts:?}");
    }

    #[test]
    fn the_stream_is_pinned() {
        let mut stream = RandomStream::new(*b"pinned  ", 1, 2, 3);
        let drawn: Vec<usize> = (0..4).map(|_| stream.below(1000)).collect();
        assert_eq!(drawn, PINNED);
    }

    /// What this release draws; a change of these numbers breaks exact resume and is a breaking change.
    const PINNED: [usize; 4] = [856, 905, 906, 348];
}
