//! Primitive cells: the pure translations of a crystal, and the cell that is left when they become lattice vectors.

use super::cell::{Cell, Mapping, SiteIndex};
use crate::{Lattice, gcd::gcd, space_group::spanned};

const IDENTITY: [[i32; 3]; 3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/// How far a translation times the number of translations may be from a lattice vector, in Å per Å of tolerance.
const CLOSING: f64 = 2.0;

impl Cell {
    /// The primitive cell, Minkowski-reduced and right-handed, its sites averaged over the translations; `None` if the
    /// translations within the tolerance, in Å, are no group.
    pub(super) fn primitive(&self, tolerance: f64) -> Option<Self> {
        let translations = self.translations(tolerance);
        let parts = translations.len() + 1;
        // A translation of one of `parts` translations is a multiple of a part of a lattice vector.
        let mut numerators = Vec::new();
        for mapping in &translations {
            let whole = mapping.translation.map(|x| (x * parts as f64).round());
            let left = [0, 1, 2].map(|k| mapping.translation[k] - whole[k] / parts as f64);
            if self.length(left) > CLOSING * tolerance {
                return None;
            }
            numerators.push(whole.map(|x| x as i64));
        }
        let steps = spanned(&numerators, parts as i64);
        let cells: i64 = (0..3).map(|k| steps[k][k]).product();
        if cells.unsigned_abs() as usize * parts != parts.pow(3) {
            return None;
        }
        let vectors = self.lattice.vectors();
        let rows = steps
            .map(|step| [0, 1, 2].map(|k| (0..3).map(|l| step[l] as f64 * vectors[l][k]).sum::<f64>() / parts as f64));
        let lattice = reduced(&Lattice::from_rows(rows).ok()?)?;
        let mut primitive = Self { lattice, positions: Vec::new(), kinds: Vec::new() };
        let mut taken = vec![false; self.num_sites()];
        for site in 0..self.num_sites() {
            if taken[site] {
                continue;
            }
            let here = self.positions[site];
            let mut sum = [0.0; 3];
            taken[site] = true;
            for (mapping, numerator) in translations.iter().zip(&numerators) {
                let image = mapping.images[site];
                taken[image] = true;
                for k in 0..3 {
                    let way = self.positions[image][k] - numerator[k] as f64 / parts as f64 - here[k];
                    sum[k] += way - way.round();
                }
            }
            let mean = [0, 1, 2].map(|k| here[k] + sum[k] / parts as f64);
            primitive.positions.push(primitive.lattice.to_frac(self.lattice.to_cart(crate::Frac(mean))).0);
            primitive.kinds.push(self.kinds[site]);
        }
        (primitive.num_sites() * parts == self.num_sites()).then_some(primitive)
    }

    /// The translations other than lattice vectors.
    fn translations(&self, tolerance: f64) -> Vec<Mapping> {
        // Every translation takes the sites of each kind apart into groups of the same size.
        let common = self.counts().into_iter().fold(0, gcd);
        if common == 1 {
            return Vec::new();
        }
        let index = SiteIndex::new(self);
        let rarest = self.rarest();
        let first = self.positions[rarest[0]];
        let to = |&site: &usize| {
            let translation = [0, 1, 2].map(|k| self.positions[site][k] - first[k]);
            index.map(IDENTITY, translation, tolerance)
        };
        rarest[1..].iter().filter_map(to).collect()
    }
}

/// The reduced basis of a lattice, right-handed.
pub(super) fn reduced(lattice: &Lattice) -> Option<Lattice> {
    let reduced = lattice.minkowski_reduced().ok()?.lattice;
    let [a, b, c] = reduced.vectors();
    let turns = crate::lattice::dot(crate::lattice::cross(a, b), c);
    if turns > 0.0 {
        return Some(reduced);
    }
    Lattice::from_rows(reduced.vectors().map(|vector| vector.map(|x| -x))).ok()
}
