//! CIF tags, and their comparison.

/// Tags are compared without regard to case, and the dots of newer dictionaries count as underscores.
#[inline]
pub(super) const fn fold(byte: u8) -> u8 {
    match byte {
        b'.' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Most bytes of a tag that are hashed: the ends of tags differ more than their beginnings.
const HASHED: usize = 8;

/// A hash that equal tags share.
#[inline]
pub(super) const fn hash(tag: &[u8]) -> u32 {
    let bytes = match tag.last_chunk::<HASHED>() {
        Some(end) => u64::from_le_bytes(*end),
        None => {
            let mut bytes = 0;
            let mut i = 0;
            while i < tag.len() {
                bytes = bytes << 8 | tag[i] as u64;
                i += 1;
            }
            bytes
        }
    };
    let mixed = (fold_eight(bytes) ^ tag.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

/// Folds eight bytes at once; other bytes than those of tags may share a result.
#[inline]
const fn fold_eight(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = ONES * 0x7F;
    let from_dot = bytes ^ (ONES * b'.' as u64);
    // One in each byte that is a dot.
    let dots = !(((from_dot & LOW) + LOW) | from_dot | LOW) >> 7;
    (bytes ^ (dots * (b'.' ^ b'_') as u64)) | (ONES * 0x20)
}

#[inline]
pub(super) fn same_tag(a: &[u8], b: &[u8]) -> bool {
    // Most tags are written as the dictionaries write them.
    a == b || a.len() == b.len() && a.iter().zip(b).all(|(&x, &y)| fold(x) == fold(y))
}

/// A tag that readers look for, hashed when the crate is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(super) hash: u32,
}

impl Key {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, hash: hash(name.as_bytes()) }
    }
}

/// Which hashes have been added: says for most others that they have not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HashSketch([u64; 4]);

impl HashSketch {
    /// Adds a hash; whether it may have been added before.
    #[inline]
    pub(super) fn add(&mut self, hash: u32) -> bool {
        let known = self.may_hold(hash);
        self.0[(hash & 3) as usize] |= 1 << (hash >> 2 & 63);
        known
    }

    /// Whether a hash may have been added; never false for one that has.
    #[inline]
    pub(super) fn may_hold(&self, hash: u32) -> bool {
        self.0[(hash & 3) as usize] >> (hash >> 2 & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tags_that_are_the_same_have_the_same_hash(
            tag in "_[a-z_./]{0,12}",
            changes in prop::collection::vec(any::<bool>(), 13),
        ) {
            let other: Vec<u8> = tag.bytes().zip(changes).map(|(byte, change)| match byte {
                b'.' if change => b'_',
                b'_' if change => b'.',
                _ if change => byte.to_ascii_uppercase(),
                _ => byte,
            }).collect();
            prop_assert!(same_tag(tag.as_bytes(), &other));
            prop_assert_eq!(hash(tag.as_bytes()), hash(&other));
        }
    }
}
