//! Mask policies: which atoms a pre-training step masks.

use serde::{Deserialize, Serialize};

use crate::{FeaturizeError, RandomStream};

/// How many atoms of a crystal are masked.
///
/// `max(round(share · n), minimum)` atoms are masked, but always at least one and, in crystals of two or more atoms, at
/// most `n − 1`, so that something is left to infer them from: in a one-atom cell the only atom, in a two-atom cell
/// one.
///
/// # Source
///
/// Liu et al., S2SNet, §3.2: "15% (at least 2)". The rule for cells that are too small is ours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawMaskPolicy")]
pub struct MaskPolicy {
    share: f64,
    minimum: usize,
}

/// The atoms that one step masks, in increasing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedAtoms(pub Vec<u32>);

impl MaskPolicy {
    /// Masks this share of the atoms, and at least `minimum`.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::InvalidMaskPolicy`] unless the share lies in (0, 1).
    pub fn new(share: f64, minimum: usize) -> Result<Self, FeaturizeError> {
        if share > 0.0 && share < 1.0 {
            Ok(Self { share, minimum })
        } else {
            Err(FeaturizeError::InvalidMaskPolicy { reason: "the share is not between 0 and 1" })
        }
    }

    /// 15 %, at least 2 (§3.2).
    pub fn paper() -> Self {
        Self { share: 0.15, minimum: 2 }
    }

    /// How many of `atoms` are masked; zero only for zero atoms.
    pub fn count(&self, atoms: usize) -> usize {
        let wanted = ((self.share * atoms as f64).round() as usize).max(self.minimum).max(1);
        wanted.min(atoms.saturating_sub(1).max(1)).min(atoms)
    }

    /// The masked atoms of crystal `index` in `epoch`: the same for the same arguments, everywhere.
    pub fn choose(&self, atoms: usize, seed: u64, epoch: u64, index: u64) -> MaskedAtoms {
        let mut order: Vec<u32> = (0..atoms as u32).collect();
        let masked = self.count(atoms);
        RandomStream::new(*b"mask    ", seed, epoch, index).shuffle_head(&mut order, masked);
        order.truncate(masked);
        order.sort_unstable();
        MaskedAtoms(order)
    }
}

/// A policy as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMaskPolicy {
    share: f64,
    minimum: usize,
}

impl TryFrom<RawMaskPolicy> for MaskPolicy {
    type Error = FeaturizeError;

    fn try_from(raw: RawMaskPolicy) -> Result<Self, Self::Error> {
        Self::new(raw.share, raw.minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cells_follow_the_documented_rule() {
        let counts = [0, 1, 2, 3, 4, 10, 100, 444].map(|n| MaskPolicy::paper().count(n));
        assert_eq!(counts, [0, 1, 1, 2, 2, 2, 15, 67]);
    }

    #[test]
    fn a_mask_is_a_pure_function_of_seed_epoch_and_index() {
        let policy = MaskPolicy::paper();
        assert_eq!(policy.choose(40, 1, 2, 3), policy.choose(40, 1, 2, 3));
        assert_ne!(policy.choose(40, 1, 2, 3), policy.choose(40, 1, 2, 4));
        assert_ne!(policy.choose(40, 1, 2, 3), policy.choose(40, 1, 3, 3));
    }
}
