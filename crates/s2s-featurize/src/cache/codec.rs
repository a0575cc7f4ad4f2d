//! The codec of cached features: to bytes and back, bit for bit.

use crate::{AtomFeatures, Token};

/// Features that can be written down to the last bit.
pub trait CacheCodec: Sized {
    /// Appends the features to `out`.
    fn store(&self, out: &mut Vec<u8>);

    /// The features that `bytes` hold, or `None` if they hold something else.
    fn restore(bytes: &[u8]) -> Option<Self>;
}

impl CacheCodec for AtomFeatures {
    fn store(&self, out: &mut Vec<u8>) {
        let lengths = [self.tokens.len(), self.neighbor_sites.len(), self.lattice.len()];
        lengths.iter().for_each(|n| out.extend_from_slice(&(*n as u64).to_le_bytes()));
        self.tokens.iter().for_each(|t| out.extend_from_slice(&t.0.to_le_bytes()));
        [&self.neighbor_offsets, &self.neighbor_sites]
            .into_iter()
            .flatten()
            .for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        [&self.centroid_distances, &self.neighbor_distances, &self.lattice]
            .into_iter()
            .flatten()
            .for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        // What has none of the later parts is stored as it was before there were any.
        let rest =
            [self.globals.len(), self.columns.len(), self.neighbor_vectors.len(), self.weights.len(), self.sites.len()];
        let stored = rest.iter().rposition(|length| *length > 0).map_or(0, |last| last + 1);
        let length = |out: &mut Vec<u8>, part: usize| {
            if part < stored {
                out.extend_from_slice(&(rest[part] as u64).to_le_bytes());
            }
        };
        length(out, 0);
        self.globals.iter().for_each(|x| out.extend_from_slice(&x.unwrap_or(f32::NAN).to_le_bytes()));
        length(out, 1);
        self.columns.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        length(out, 2);
        self.neighbor_vectors.iter().flatten().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        length(out, 3);
        self.weights.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
        length(out, 4);
        self.sites.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        let [atoms, pairs, lattice] = [rest.length()?, rest.length()?, rest.length()?];
        let mut features = Self {
            tokens: rest.numbers(atoms, |b| Token(u16::from_le_bytes(b)))?,
            neighbor_offsets: rest.numbers(atoms.checked_add(1)?, u32::from_le_bytes)?,
            neighbor_sites: rest.numbers(pairs, u32::from_le_bytes)?,
            centroid_distances: rest.numbers(atoms, f32::from_le_bytes)?,
            neighbor_distances: rest.numbers(pairs, f32::from_le_bytes)?,
            lattice: rest.numbers(lattice, f32::from_le_bytes)?,
            ..Self::default()
        };
        features.globals = rest.optional(|b| Some(f32::from_le_bytes(b)).filter(|x| !x.is_nan()))?;
        features.columns = rest.optional(f32::from_le_bytes)?;
        features.neighbor_vectors = rest.optional(vector)?;
        features.weights = rest.optional(f32::from_le_bytes)?;
        features.sites = rest.optional(u32::from_le_bytes)?;
        let rows_are_whole = features.neighbor_offsets.is_sorted()
            && features.neighbor_offsets.last() == u32::try_from(pairs).ok().as_ref()
            && features.neighbor_sites.iter().all(|site| (*site as usize) < atoms);
        let weights_are_whole = [features.weights.len(), features.sites.len()].iter().all(|n| [0, atoms].contains(n));
        (rest.0.is_empty() && rows_are_whole && weights_are_whole).then_some(features)
    }
}

impl<const LEN: usize> CacheCodec for [f64; LEN] {
    fn store(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        Vec::restore(bytes)?.try_into().ok()
    }
}

impl CacheCodec for Vec<f64> {
    fn store(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        all(bytes, f64::from_le_bytes)
    }
}

impl CacheCodec for Vec<f32> {
    fn store(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        all(bytes, f32::from_le_bytes)
    }
}

/// The bytes as numbers, if they are whole numbers of them.
fn all<T, const WIDTH: usize>(bytes: &[u8], read: fn([u8; WIDTH]) -> T) -> Option<Vec<T>> {
    let mut rest = Rest(bytes);
    let numbers = rest.numbers(bytes.len() / WIDTH, read)?;
    rest.0.is_empty().then_some(numbers)
}

/// Three numbers of single precision.
fn vector(bytes: [u8; 12]) -> [f32; 3] {
    let numbers = bytes.as_chunks::<4>().0;
    std::array::from_fn(|k| f32::from_le_bytes(numbers[k]))
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn length(&mut self) -> Option<usize> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        usize::try_from(u64::from_le_bytes(*number)).ok()
    }

    /// A count and so many numbers; none where the bytes end before.
    fn optional<T, const WIDTH: usize>(&mut self, read: fn([u8; WIDTH]) -> T) -> Option<Vec<T>> {
        if self.0.is_empty() {
            return Some(Vec::new());
        }
        let count = self.length()?;
        self.numbers(count, read)
    }

    fn numbers<T, const WIDTH: usize>(&mut self, count: usize, read: fn([u8; WIDTH]) -> T) -> Option<Vec<T>> {
        let (numbers, rest) = self.0.split_at_checked(count.checked_mul(WIDTH)?)?;
        self.0 = rest;
        let (chunks, _) = numbers.as_chunks::<WIDTH>();
        Some(chunks.iter().map(|chunk| read(*chunk)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn returns<T: CacheCodec + PartialEq + std::fmt::Debug>(features: T) {
        let mut bytes = Vec::new();
        features.store(&mut bytes);
        assert_eq!(T::restore(&bytes), Some(features));
        bytes.push(0);
        assert_eq!(T::restore(&bytes), None, "a byte too many");
    }

    #[test]
    fn features_return_with_whichever_parts_they_have() {
        let plain = AtomFeatures {
            tokens: vec![Token(3), Token(1)],
            centroid_distances: vec![0.5; 2],
            neighbor_offsets: vec![0, 1, 2],
            neighbor_sites: vec![1, 0],
            neighbor_distances: vec![2.5; 2],
            lattice: vec![4.0],
            ..AtomFeatures::default()
        };
        for parts in 0..32 {
            let mut features = plain.clone();
            if parts & 1 != 0 {
                features.globals = vec![Some(1.0), None];
            }
            if parts & 2 != 0 {
                features.columns = vec![0.25; 6];
            }
            if parts & 4 != 0 {
                features.neighbor_vectors = vec![[2.5, 0.0, 0.0], [-2.5, 0.0, 0.0]];
            }
            if parts & 8 != 0 {
                features.weights = vec![0.5, 1.0];
            }
            if parts & 16 != 0 {
                features.sites = vec![0, 0];
            }
            let mut bytes = Vec::new();
            features.store(&mut bytes);
            let again = AtomFeatures::restore(&bytes);
            assert_eq!(format!("{again:?}"), format!("{:?}", Some(features)), "parts {parts:05b}");
            bytes.push(0);
            assert_eq!(AtomFeatures::restore(&bytes), None, "a byte too many");
        }
    }

    #[test]
    fn vectors_and_arrays_return_to_the_last_bit() {
        returns([0.1, -0.0, f64::MAX]);
        returns(vec![0.1_f64, 2.5]);
        returns(vec![0.1_f32, 2.5, -3.0]);
        returns(Vec::<f64>::new());
        assert_eq!(<[f64; 3]>::restore(&[0; 16]), None);
    }
}
