//! Atoms of a crystal that a network cannot tell apart.
//!
//! Atoms of one element with the same surroundings have the same states in every layer, so each kind of atom is computed
//! once. Kinds are found as colors are refined: atoms of one color stay together if each shell around them holds equally
//! much of every color. After as many rounds as the network has layers, or when nothing changes any more, the atoms of a
//! kind have the same states up to the tolerance with which shells are compared, which is that of their rounding.

use std::collections::BTreeMap;

use s2s_featurize::AtomFeatures;

/// Shells are compared to this, relative to one and to their size.
const TOLERANCE: f32 = 4e-6;

/// Kinds of atoms, and what each sees of each.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    /// How many atoms each kind has; the sum of their weights, where atoms are weighted.
    pub(super) counts: Vec<f32>,
    /// One atom of each kind.
    pub(super) atoms: Vec<usize>,
    /// The kind of each atom.
    pub(super) of_atom: Vec<u32>,
    /// What the atom of each kind sees.
    pub(super) rows: Rows,
}

/// Row `i` is `offsets[i]..offsets[i + 1]` of `kinds`, and of `shells` in blocks of `width` numbers.
#[derive(Debug, Default)]
pub(super) struct Rows {
    width: usize,
    offsets: Vec<usize>,
    kinds: Vec<u32>,
    shells: Vec<f32>,
}

impl Rows {
    /// The kinds in a row, in increasing order.
    pub(super) fn kinds(&self, row: usize) -> &[u32] {
        &self.kinds[self.offsets[row]..self.offsets[row + 1]]
    }

    /// Their shells, `width` numbers each.
    pub(super) fn shells(&self, row: usize) -> &[f32] {
        &self.shells[self.offsets[row] * self.width..self.offsets[row + 1] * self.width]
    }

    fn looks_like(&self, row: usize, other: &Self, other_row: usize) -> bool {
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * (1.0 + a.abs());
        self.kinds(row) == other.kinds(other_row) && self.shells(row).iter().zip(other.shells(other_row)).all(close)
    }
}

/// What each image of a neighbor adds to the shells around an atom.
#[derive(Debug)]
pub(super) struct Images<'f> {
    /// Where each atom's images start.
    pub(super) offsets: &'f [u32],
    /// The atom that each is an image of.
    pub(super) sites: &'f [u32],
    /// Numbers per image.
    pub(super) width: usize,
    /// `width` numbers per image.
    pub(super) shells: Vec<f32>,
}

impl Images<'_> {
    /// Adds up the images of each kind around each of these atoms; each sees its own kind, if only with zeros.
    fn rows(&self, atoms: impl Iterator<Item = usize>, of_atom: &[u32], kinds: usize) -> Rows {
        let mut rows = Rows { width: self.width, offsets: vec![0], ..Rows::default() };
        const ABSENT: u32 = u32::MAX;
        let (mut row_of, mut seen) = (vec![ABSENT; kinds], Vec::new());
        for atom in atoms {
            let images = self.offsets[atom] as usize..self.offsets[atom + 1] as usize;
            seen.clear();
            seen.extend(self.sites[images.clone()].iter().map(|site| of_atom[*site as usize]).chain([of_atom[atom]]));
            seen.retain(|kind| std::mem::replace(&mut row_of[*kind as usize], 0) == ABSENT);
            seen.sort_unstable();
            let first = rows.kinds.len();
            (0..).zip(&seen).for_each(|(number, kind)| row_of[*kind as usize] = number);
            rows.kinds.extend_from_slice(&seen);
            rows.offsets.push(rows.kinds.len());
            rows.shells.resize(rows.kinds.len() * self.width, 0.0);
            for image in images {
                let kind = of_atom[self.sites[image] as usize];
                let onto = (first + row_of[kind as usize] as usize) * self.width;
                let onto = &mut rows.shells[onto..onto + self.width];
                let added = &self.shells[image * self.width..(image + 1) * self.width];
                onto.iter_mut().zip(added).for_each(|(sum, value)| *sum += value);
            }
            seen.iter().for_each(|kind| row_of[*kind as usize] = ABSENT);
        }
        rows
    }
}

impl Kinds {
    /// The kinds of the atoms of a crystal for a network of so many layers.
    pub(super) fn find(features: &AtomFeatures, images: &Images<'_>, layers: usize) -> Self {
        let atoms = features.num_atoms();
        let mut numbers = BTreeMap::new();
        let mut of_atom: Vec<u32> = Vec::with_capacity(atoms);
        let mut first_atoms = Vec::new();
        for (atom, (token, distance)) in features.tokens.iter().zip(&features.centroid_distances).enumerate() {
            let next = numbers.len() as u32;
            let number = *numbers.entry((token.0, distance.to_bits())).or_insert(next);
            if number == next {
                first_atoms.push(atom);
            }
            of_atom.push(number);
        }
        for _ in 0..layers {
            if first_atoms.len() == atoms {
                break;
            }
            let rows = images.rows(0..atoms, &of_atom, first_atoms.len());
            let before = first_atoms.len();
            (of_atom, first_atoms) = split(&of_atom, before, &rows);
            if first_atoms.len() == before {
                break;
            }
        }
        let mut counts = vec![0.0; first_atoms.len()];
        of_atom.iter().enumerate().for_each(|(atom, kind)| counts[*kind as usize] += features.weight(atom));
        let rows = images.rows(first_atoms.iter().copied(), &of_atom, first_atoms.len());
        Self { counts, atoms: first_atoms, of_atom, rows }
    }

    pub(super) fn len(&self) -> usize {
        self.atoms.len()
    }
}

/// Splits kinds whose atoms see different things; kinds are numbered by their first atoms.
fn split(of_atom: &[u32], kinds: usize, rows: &Rows) -> (Vec<u32>, Vec<usize>) {
    let mut parts: Vec<Vec<u32>> = vec![Vec::new(); kinds];
    let mut first_atoms: Vec<usize> = Vec::new();
    let mut refined = Vec::with_capacity(of_atom.len());
    for (atom, kind) in of_atom.iter().enumerate() {
        let parts = &mut parts[*kind as usize];
        let like = parts.iter().find(|part| rows.looks_like(atom, rows, first_atoms[**part as usize]));
        let part = like.copied().unwrap_or_else(|| {
            let new = first_atoms.len() as u32;
            parts.push(new);
            first_atoms.push(atom);
            new
        });
        refined.push(part);
    }
    (refined, first_atoms)
}

#[cfg(test)]
mod tests {
    use s2s_featurize::Token;

    use super::*;

    /// A ring of atoms, each of which sees the two beside it.
    fn ring(tokens: &[u16]) -> Kinds {
        let atoms = tokens.len() as u32;
        let features = AtomFeatures {
            tokens: tokens.iter().map(|token| Token(*token)).collect(),
            centroid_distances: vec![0.0; tokens.len()],
            neighbor_offsets: (0..=atoms).map(|atom| 2 * atom).collect(),
            neighbor_sites: (0..atoms).flat_map(|atom| [(atom + 1) % atoms, (atom + atoms - 1) % atoms]).collect(),
            neighbor_distances: vec![1.0; 2 * tokens.len()],
            ..AtomFeatures::default()
        };
        let images = Images {
            offsets: &features.neighbor_offsets,
            sites: &features.neighbor_sites,
            width: 1,
            shells: vec![1.0; 2 * tokens.len()],
        };
        Kinds::find(&features, &images, 3)
    }

    #[test]
    fn atoms_with_equal_surroundings_are_one_kind() {
        let kinds = ring(&[1, 2, 1, 2]);
        assert_eq!((kinds.counts.as_slice(), kinds.of_atom.as_slice()), (&[2.0, 2.0][..], &[0, 1, 0, 1][..]));
        // Each sees two of the other kind, and itself with nothing.
        assert_eq!((kinds.rows.kinds(0), kinds.rows.shells(0)), (&[0, 1][..], &[0.0, 2.0][..]));
    }

    #[test]
    fn one_other_atom_makes_its_neighbors_and_theirs_other_kinds() {
        let kinds = ring(&[2, 1, 1, 1, 1, 1]);
        assert_eq!(kinds.of_atom, [0, 1, 2, 3, 2, 1]);
        assert_eq!(kinds.counts, [1.0, 2.0, 2.0, 1.0]);
        let after_one_round = ring(&[2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(after_one_round.len(), 5, "three layers see no farther than three atoms");
    }
}
