//! K-means clusters of compositions.

use s2s_crystal::{Composition, Element};

use crate::split::{generator, unit_interval};

const WIDTH: usize = Element::MAX_ATOMIC_NUMBER as usize + 1;
const ROUNDS: usize = 100;

/// The cluster of each composition.
///
/// Roots of fractions lie on a sphere, where a small share of an element that others lack counts more than the exact
/// share of one that all have: with plain fractions a third of S2S becomes one cluster of "mostly oxygen or hydrogen".
pub(super) fn k_means(compositions: &[Composition], clusters: usize, seed: u64) -> Vec<usize> {
    let points: Vec<Vec<(usize, f64)>> = compositions
        .iter()
        .map(|c| c.fractions().map(|(element, x)| (usize::from(element.atomic_number()), x.sqrt())).collect())
        .collect();
    let mut centers = starting_centers(&points, clusters, seed);
    let mut assigned = vec![usize::MAX; points.len()];
    for _ in 0..ROUNDS {
        let nearest: Vec<usize> = points.iter().map(|p| nearest_center(p, &centers).0).collect();
        if nearest == assigned {
            break;
        }
        assigned = nearest;
        let mut sums = vec![(0.0, [0.0; WIDTH]); centers.len()];
        for (point, &cluster) in points.iter().zip(&assigned) {
            sums[cluster].0 += 1.0;
            point.iter().for_each(|&(z, x)| sums[cluster].1[z] += x);
        }
        for (center, (members, sum)) in centers.iter_mut().zip(sums) {
            // A center that lost all its points stays where it is.
            if members > 0.0 {
                *center = Center::new(sum.map(|x| x / members));
            }
        }
    }
    assigned
}

/// k-means++: each next center is a point drawn with a chance proportional to its squared distance from the centers so far.
fn starting_centers(points: &[Vec<(usize, f64)>], clusters: usize, seed: u64) -> Vec<Center> {
    let mut rng = generator(seed, 0);
    let mut distances = vec![1.0; points.len()];
    let mut centers = Vec::with_capacity(clusters);
    while centers.len() < clusters {
        let total: f64 = distances.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut left = unit_interval(&mut rng) * total;
        let drawn = distances.iter().position(|&d| {
            left -= d;
            left < 0.0 && d > 0.0
        });
        // Rounding may leave a crumb behind the last point.
        let last = distances.iter().rposition(|&d| d > 0.0).expect("invariant: the distances have a positive sum");
        let mut center = [0.0; WIDTH];
        points[drawn.unwrap_or(last)].iter().for_each(|&(z, x)| center[z] = x);
        centers.push(Center::new(center));
        let newest = &centers[centers.len() - 1..];
        for (distance, point) in distances.iter_mut().zip(points) {
            let fresh = nearest_center(point, newest).1;
            *distance = if centers.len() == 1 { fresh } else { distance.min(fresh) };
        }
    }
    centers
}

struct Center {
    fractions: [f64; WIDTH],
    norm: f64,
}

impl Center {
    fn new(fractions: [f64; WIDTH]) -> Self {
        Self { fractions, norm: fractions.iter().map(|x| x * x).sum() }
    }
}

/// The nearest center and its squared distance; the first of equals.
fn nearest_center(point: &[(usize, f64)], centers: &[Center]) -> (usize, f64) {
    let squared = |center: &Center| {
        let cross: f64 = point.iter().map(|&(z, x)| x * (x - 2.0 * center.fractions[z])).sum();
        // Cancellation leaves rounding noise where the point is the center.
        let distance = center.norm + cross;
        if distance < 1e-12 { 0.0 } else { distance }
    };
    let start = (0, f64::INFINITY);
    centers.iter().map(squared).enumerate().fold(start, |best, next| if next.1 < best.1 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separate_chemistries_become_separate_clusters() -> Result<(), s2s_crystal::FormulaError> {
        let formulas = ["Nb3Sn", "Nb3Al", "CuO", "Cu2O", "Nb4Sn", "CuO2"];
        let compositions = formulas.map(str::parse).into_iter().collect::<Result<Vec<Composition>, _>>()?;
        let found = k_means(&compositions, 2, 3);
        assert!(found[0] == found[1] && found[1] == found[4] && found[2] == found[3] && found[3] == found[5]);
        assert_ne!(found[0], found[2]);
        assert_eq!(k_means(&compositions[..1], 5, 3), [0]);
        Ok(())
    }
}
