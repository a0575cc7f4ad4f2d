//! Descriptors of the geometry of a crystal, whatever its elements.

use std::f64::consts::PI;

use s2s_crystal::{Crystal, CrystalError, Element};

use super::shared::{Neighborhood, REACH, Shared, filled};
use crate::{FeaturizeError, Featurizer};

/// Neighbors that are looked at; 24 reach the fourth shell of most structures.
const SHELLS: usize = 24;
/// Centers of the smooth radial distribution, in units of the cube root of the volume per atom.
const BINS: usize = 16;

/// The geometry of a crystal: volume and density, packing, distances to the nearest neighbors, radial distribution.
///
/// | numbers | what |
/// |---|---|
/// | 4 | logarithm of the volume per atom (Å³), mass (u) and atomic number per Å³, share of the volume that spheres of the covalent radii fill |
/// | 48 | mean and standard deviation over the atoms of the distance to the k-th neighbor, k = 1 to 24 |
/// | 16 | neighbors per atom around the relative distances 0.6, 0.7, … 2.1, counted with Gaussians of width 0.07 |
/// | 4 | shortest and longest distance to a nearest neighbor, relative and in Å |
///
/// Relative distances are in units of the cube root of the volume per atom; neighbors beyond 2.4 of them count as at 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructureStatistics;

impl StructureStatistics {
    /// How many numbers one crystal becomes.
    pub const LEN: usize = 4 + 2 * SHELLS + BINS + 4;

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        let words = |words: [&str; 4]| words.map(str::to_owned);
        let mut labels =
            words(["ln volume per atom", "mass per volume", "packing fraction", "atomic number per volume"]).to_vec();
        for k in 1..=SHELLS {
            labels.extend(["mean", "standard deviation of"].map(|word| format!("{word} distance to neighbor {k}")));
        }
        labels.extend((0..BINS).map(|k| format!("radial distribution at {:.1}", center(k))));
        labels.extend(words([
            "shortest nearest-neighbor distance",
            "longest nearest-neighbor distance",
            "shortest nearest-neighbor distance in Å",
            "longest nearest-neighbor distance in Å",
        ]));
        labels
    }

    /// The numbers of a crystal of which something may be known already.
    pub(super) fn append(self, shared: &Shared<'_>, row: &mut Vec<f64>) -> Result<(), CrystalError> {
        let crystal = shared.crystal;
        let atoms = crystal.num_sites();
        let volume = crystal.lattice().volume() / atoms as f64;
        let Neighborhood { neighbors, unit, elements } = shared.neighborhood()?;
        let mean = |value: &dyn Fn(Element) -> f64| elements.iter().map(|e| value(*e)).sum::<f64>() / atoms as f64;
        let ball = |e: Element| 4.0 / 3.0 * PI * e.covalent_radius().unwrap_or(1.5).powi(3);
        row.extend([volume.ln(), mean(&Element::mass) / volume, mean(&ball) / volume]);
        row.push(mean(&|e| f64::from(e.atomic_number())) / volume);
        let (mut sums, mut squares, mut bins) = ([0.0; SHELLS], [0.0; SHELLS], RadialDistribution::new(atoms));
        let mut nearest = Vec::with_capacity(atoms);
        let mut distances = Vec::new();
        for atom in 0..atoms {
            distances.clear();
            distances.extend(neighbors.of(atom).map(|neighbor| neighbor.distance / unit));
            bins.add(&distances);
            distances.resize(SHELLS.max(distances.len()), REACH);
            distances.select_nth_unstable_by(SHELLS - 1, f64::total_cmp);
            distances[..SHELLS].sort_unstable_by(f64::total_cmp);
            nearest.push(distances[0]);
            for (k, distance) in distances[..SHELLS].iter().enumerate() {
                sums[k] += distance / atoms as f64;
                squares[k] += distance * distance / atoms as f64;
            }
        }
        let std = |k: usize| (squares[k] - sums[k] * sums[k]).max(0.0).sqrt();
        row.extend((0..SHELLS).flat_map(|k| [sums[k], rounded(std(k))]));
        row.extend(bins.counts);
        let least = nearest.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = nearest.iter().copied().fold(0.0, f64::max);
        row.extend([least, greatest, least * unit, greatest * unit]);
        Ok(())
    }
}

impl Featurizer for StructureStatistics {
    type Features = [f64; Self::LEN];

    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] for a cell too flat to search for neighbors.
    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        let mut row = Vec::with_capacity(Self::LEN);
        self.append(&Shared::new(crystal), &mut row)?;
        Ok(filled(row))
    }
}

/// Neighbors per atom around relative distances, counted with Gaussians.
///
/// Most Gaussians are too far from a distance to change the rounded sum of their bin, and are not computed: the counts are
/// those of the whole sums, to the last bit.
struct RadialDistribution {
    atoms: f64,
    counts: [f64; BINS],
    /// Square of the distance from the center, in widths, from which on a Gaussian is lost in the rounding of the count.
    limits: [f64; BINS],
}

impl RadialDistribution {
    fn new(atoms: usize) -> Self {
        Self { atoms: atoms as f64, counts: [0.0; BINS], limits: [f64::INFINITY; BINS] }
    }

    /// Counts the neighbors of one atom.
    fn add(&mut self, distances: &[f64]) {
        for distance in distances {
            for (k, (count, limit)) in self.counts.iter_mut().zip(&self.limits).enumerate() {
                let square = ((distance - center(k)) / 0.07).powi(2);
                if square < *limit {
                    *count += (-square).exp() / self.atoms;
                }
            }
        }
        for (count, limit) in self.counts.iter().zip(&mut self.limits) {
            // Half a unit in the last place is 2⁻⁵³ of the count or more; a quarter leaves room for the rounding of the limit.
            // Counts only grow, so that a limit stays good.
            *limit = -(count * self.atoms * 2.0_f64.powi(-55)).ln();
        }
    }
}

/// Center of a bin of the radial distribution.
fn center(bin: usize) -> f64 {
    0.6 + 0.1 * bin as f64
}

/// Without the rounding noise that the root of a difference of equals amplifies.
fn rounded(std: f64) -> f64 {
    if std < 1e-5 { 0.0 } else { std }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaussians_that_are_left_out_change_no_bit_of_the_counts() {
        // Distances from 0.05 to 2.4 whose order and spacing change from atom to atom.
        let of_atom = |atom: usize| -> Vec<f64> {
            let uniform = |k: usize| ((k * k * (7 + atom) + 13 * atom) % 997) as f64 / 997.0;
            (0..60).map(|k| 0.05 + 2.35 * uniform(k).powf(1.0 / 3.0)).collect()
        };
        let atoms = 40;
        let (mut whole, mut fast) = ([0.0; BINS], RadialDistribution::new(atoms));
        let mut computed = 0;
        for atom in 0..atoms {
            let distances = of_atom(atom);
            for distance in &distances {
                for (k, count) in whole.iter_mut().enumerate() {
                    *count += (-((distance - center(k)) / 0.07).powi(2)).exp() / atoms as f64;
                    computed += usize::from(((distance - center(k)) / 0.07).powi(2) < fast.limits[k]);
                }
            }
            fast.add(&distances);
            assert_eq!(fast.counts.map(f64::to_bits), whole.map(f64::to_bits), "atom {atom}");
        }
        assert!(computed < atoms * 60 * BINS / 2, "{computed} Gaussians were computed");
    }
}
