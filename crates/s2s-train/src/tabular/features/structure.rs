//! The geometry of a crystal, whatever its elements.

use std::f64::consts::PI;

use s2s_crystal::{CrystalError, Element};

use super::seen::{Neighborhood, REACH, Seen};

/// Neighbors that are looked at; 24 reach the fourth shell of most structures.
const SHELLS: usize = 24;
/// Centers of the smooth radial distribution, in units of the cube root of the volume per atom.
const BINS: usize = 16;

/// Volume and density, packing, mean and spread of the distances to the nearest 24 neighbors, radial distribution.
pub(super) fn append(seen: &Seen<'_>, row: &mut Vec<f64>) -> Result<(), CrystalError> {
    let crystal = seen.crystal();
    let atoms = crystal.num_sites();
    let volume = crystal.lattice().volume() / atoms as f64;
    let elements: Vec<Element> = crystal.sites().iter().map(|site| site.species.majority_element()).collect();
    let mean = |value: &dyn Fn(Element) -> f64| elements.iter().map(|e| value(*e)).sum::<f64>() / atoms as f64;
    let ball = |e: Element| 4.0 / 3.0 * PI * e.covalent_radius().unwrap_or(1.5).powi(3);
    row.extend([volume.ln(), mean(&Element::mass) / volume, mean(&ball) / volume]);
    row.push(mean(&|e| f64::from(e.atomic_number())) / volume);
    let &Neighborhood { ref neighbors, unit } = seen.neighborhood()?;
    let (mut sums, mut squares, mut bins) = ([0.0; SHELLS], [0.0; SHELLS], [0.0; BINS]);
    let mut nearest = Vec::with_capacity(atoms);
    let mut distances = Vec::new();
    for atom in 0..atoms {
        distances.clear();
        distances.extend(neighbors.of(atom).map(|neighbor| neighbor.distance / unit));
        for distance in &distances {
            for (k, bin) in bins.iter_mut().enumerate() {
                let center = 0.6 + 0.1 * k as f64;
                *bin += (-((distance - center) / 0.07).powi(2)).exp() / atoms as f64;
            }
        }
        distances.sort_unstable_by(f64::total_cmp);
        distances.resize(SHELLS.max(distances.len()), REACH);
        nearest.push(distances[0]);
        for (k, distance) in distances[..SHELLS].iter().enumerate() {
            sums[k] += distance / atoms as f64;
            squares[k] += distance * distance / atoms as f64;
        }
    }
    let spread = |k: usize| (squares[k] - sums[k] * sums[k]).max(0.0).sqrt();
    row.extend((0..SHELLS).flat_map(|k| [sums[k], rounded(spread(k))]));
    row.extend(bins);
    let least = nearest.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = nearest.iter().copied().fold(0.0, f64::max);
    row.extend([least, greatest, least * unit, greatest * unit]);
    Ok(())
}

/// Without the rounding noise that the root of a difference of equals amplifies.
fn rounded(spread: f64) -> f64 {
    if spread < 1e-5 { 0.0 } else { spread }
}
