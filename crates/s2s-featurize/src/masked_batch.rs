//! Masked batches: some atoms replaced, and what they were.

use ndarray::Array1;
use serde::{Deserialize, Serialize};

use crate::{AtomBatch, FeaturizeError, MaskPolicy, RandomStream, Token, Vocabulary};

/// What replaces a masked atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Replacement {
    /// Always the mask token (paper, §3.2).
    Mask,
    /// The mask token for 80 % of the masked atoms, a random element for 10 %, the atom itself for 10 %.
    ///
    /// Devlin et al., BERT, §3.1: the network cannot rely on the mask token, which it never sees in fine-tuning.
    Bert,
}

/// Masks atoms of batches, the same for the same crystal whatever else is in its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masker {
    policy: MaskPolicy,
    replacement: Replacement,
    mask: Token,
    classes: usize,
    seed: u64,
}

/// A batch in which some atoms are masked.
///
/// # Shapes
///
/// `M` masked atoms of all crystals, in the order of `slots`, which increases.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedBatch {
    /// The batch with tokens replaced; all else as it was.
    pub batch: AtomBatch,
    /// `(M)`; flat index `crystal · N + atom` of each masked atom, never of padding.
    pub slots: Array1<i64>,
    /// `(M)`; class of the element that was there: its token minus one.
    pub targets: Array1<i64>,
}

impl Masker {
    /// Masks atoms by this policy.
    pub fn new(policy: MaskPolicy, replacement: Replacement, vocabulary: &dyn Vocabulary, seed: u64) -> Self {
        Self { policy, replacement, mask: vocabulary.mask(), classes: vocabulary.num_classes(), seed }
    }

    /// The batch with atoms masked, where crystal `b` of the batch is crystal `indices[b]` of the dataset.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::WrongNumberOfIndices`] unless there is one index per crystal.
    pub fn apply(&self, mut batch: AtomBatch, epoch: u64, indices: &[u64]) -> Result<MaskedBatch, FeaturizeError> {
        let (crystals, padded) = batch.tokens.dim();
        if indices.len() != crystals {
            return Err(FeaturizeError::WrongNumberOfIndices { crystals, indices: indices.len() });
        }
        let (mut slots, mut targets) = (Vec::new(), Vec::new());
        for (crystal, &index) in indices.iter().enumerate() {
            let atoms = batch.present.row(crystal).iter().filter(|p| **p).count();
            let mut stream = RandomStream::new(*b"replace ", self.seed, epoch, index);
            for atom in self.policy.choose(atoms, self.seed, epoch, index).0 {
                let token = &mut batch.tokens[(crystal, atom as usize)];
                slots.push((crystal * padded) as i64 + i64::from(atom));
                targets.push(*token - 1);
                *token = self.replace(*token, &mut stream);
            }
        }
        Ok(MaskedBatch { batch, slots: slots.into(), targets: targets.into() })
    }

    fn replace(&self, token: i64, stream: &mut RandomStream) -> i64 {
        match self.replacement {
            Replacement::Mask => self.mask.0.into(),
            Replacement::Bert => match stream.below(10) {
                0..8 => self.mask.0.into(),
                8 => 1 + stream.below(self.classes) as i64,
                _ => token,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AtomFeatures, Collate, PaddedCollate, PaperVocabulary};

    fn crystal(atoms: u16) -> AtomFeatures {
        AtomFeatures {
            tokens: (1..=atoms).map(|k| Token(k % 90 + 1)).collect(),
            centroid_distances: vec![0.0; atoms.into()],
            neighbor_offsets: vec![0; usize::from(atoms) + 1],
            ..AtomFeatures::default()
        }
    }

    #[test]
    fn a_crystal_is_masked_the_same_alone_and_in_company() -> Result<(), FeaturizeError> {
        let masker = Masker::new(MaskPolicy::paper(), Replacement::Bert, &PaperVocabulary, 5);
        let (small, large) = (crystal(20), crystal(33));
        let alone = masker.apply(PaddedCollate.collate(&[&small])?, 1, &[7])?;
        let together = masker.apply(PaddedCollate.collate(&[&large, &small])?, 1, &[9, 7])?;
        assert_eq!(alone.batch.tokens.row(0).to_vec(), together.batch.tokens.row(1).to_vec()[..20]);
        let shifted: Vec<i64> = alone.slots.iter().map(|p| p + 33).collect();
        assert_eq!(together.slots.to_vec()[5..], shifted);
        assert_eq!(together.targets.to_vec()[5..], alone.targets.to_vec());
        Ok(())
    }

    #[test]
    fn bert_keeps_a_tenth_and_swaps_a_tenth() -> Result<(), FeaturizeError> {
        let masker = Masker::new(MaskPolicy::paper(), Replacement::Bert, &PaperVocabulary, 5);
        let features = crystal(400);
        let (mut masked, mut kept, mut total) = (0, 0, 0);
        for epoch in 0..50 {
            let applied = masker.apply(PaddedCollate.collate(&[&features])?, epoch, &[0])?;
            for (slot, target) in applied.slots.iter().zip(&applied.targets) {
                let token = applied.batch.tokens[(0, *slot as usize)];
                total += 1;
                masked += usize::from(token == 96);
                kept += usize::from(token == target + 1);
            }
        }
        assert_eq!(total, 3000);
        // Six standard deviations; a random element is the true one once in 95.
        assert!((2269..2531).contains(&masked), "{masked}");
        assert!((200..403).contains(&kept), "{kept}");
        Ok(())
    }

    #[test]
    fn indices_must_name_every_crystal() -> Result<(), FeaturizeError> {
        let masker = Masker::new(MaskPolicy::paper(), Replacement::Mask, &PaperVocabulary, 5);
        let message = masker.apply(PaddedCollate.collate(&[&crystal(3)])?, 0, &[]).map_err(|e| e.to_string());
        assert_eq!(message.err().as_deref(), Some("0 indices were given for a batch of 1 crystals"));
        Ok(())
    }
}
