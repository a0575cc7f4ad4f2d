//! Kernel regression in the neighborhood of a composition: interpolation between samples of one doping series.

use nalgebra::{Cholesky, DMatrix, DVector};
use s2s_crystal::{Composition, Element};
use serde::{Deserialize, Serialize};

/// How alike two compositions are, and how closely targets are followed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalKernelConfig {
    /// Examples that have a say: the nearest ones.
    pub neighbors: usize,
    /// Composition distances at which likeness falls to `e⁻¹`; the kernel is the mean over them. The distance is the share
    /// of atoms that differ, counted on both sides: 2 for compositions without a common element.
    pub lengths: [f64; 2],
    /// What is added to the diagonal: 0 follows every target.
    pub ridge: f64,
}

/// Kernel ridge regression on the nearest training compositions, with several targets at once.
#[derive(Clone, Debug)]
pub struct LocalKernel<const T: usize> {
    config: LocalKernelConfig,
    points: Vec<Point>,
    /// By atomic number: the examples that have the element, and its share of their atoms.
    by_element: Vec<Vec<(u32, f64)>>,
    targets: Vec<[f64; T]>,
}

/// What a [`LocalKernel`] says about a composition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalAnswer<const T: usize> {
    /// The targets.
    pub values: [f64; T],
    /// Share of the prior variance that is left, in [0, 1]: 0 on a training composition without noise, 1 far from all.
    pub variance: f64,
    /// Distance of the nearest training composition, in [0, 2].
    pub distance: f64,
}

/// Elements in increasing order, and their shares of the atoms.
type Point = Vec<(Element, f64)>;

impl<const T: usize> LocalKernel<T> {
    /// Stores the examples.
    ///
    /// # Panics
    ///
    /// If there are not as many compositions as targets, or none.
    pub fn new<'c>(
        compositions: impl IntoIterator<Item = &'c Composition>,
        targets: Vec<[f64; T]>,
        config: LocalKernelConfig,
    ) -> Self {
        let points: Vec<Point> = compositions.into_iter().map(point).collect();
        assert!(points.len() == targets.len() && !points.is_empty(), "one target per composition, and at least one");
        let mut by_element = vec![Vec::new(); usize::from(u8::MAX)];
        for (k, point) in points.iter().enumerate() {
            for (element, share) in point {
                by_element[usize::from(element.atomic_number())].push((k as u32, *share));
            }
        }
        Self { config, points, by_element, targets }
    }

    /// What the neighbors of a composition say.
    pub fn answer(&self, composition: &Composition) -> LocalAnswer<T> {
        let near = self.nearest(composition);
        let kernel = |d: f64| -> f64 {
            let lengths = &self.config.lengths;
            lengths.iter().map(|length| (-d / length).exp()).sum::<f64>() / lengths.len() as f64
        };
        let n = near.len();
        let alike = self.alike(&near, kernel);
        // The ridge keeps the diagonal positive; rounding must not end the answer.
        let factor = Cholesky::new_with_substitute(alike, SMALLEST_PIVOT)
            .expect("invariant: a positive substitute has a root")
            .unpack_dirty();
        // L z = v for the likeness, for ones and for the targets: weights of the values and of their common mean (ordinary
        // kriging).
        let solved = |right: DVector<f64>| {
            factor.solve_lower_triangular(&right).expect("invariant: the diagonal of the factor is positive")
        };
        let likeness = solved(DVector::from_iterator(n, near.iter().map(|(distance, _)| kernel(*distance))));
        let ones = solved(DVector::from_element(n, 1.0));
        let values = std::array::from_fn(|t| {
            let z = solved(DVector::from_iterator(n, near.iter().map(|(_, k)| self.targets[*k][t])));
            let mean = ones.dot(&z) / ones.norm_squared();
            mean + likeness.dot(&z) - mean * likeness.dot(&ones)
        });
        let explained = likeness.norm_squared();
        LocalAnswer { values, variance: (1.0 - explained).clamp(0.0, 1.0), distance: near[0].0 }
    }

    /// The kernel of some examples with each other and the ridge: the lower triangle, which is all that the factorization reads.
    fn alike(&self, near: &[(f64, usize)], kernel: impl Fn(f64) -> f64) -> DMatrix<f64> {
        // Two examples differ in all atoms but those of common elements, so that pairs are counted element by element.
        let of_example =
            |(i, (_, k)): (usize, &(f64, usize))| self.points[*k].iter().map(move |(e, share)| (*e, i, *share));
        let mut shares: Vec<(Element, usize, f64)> = near.iter().enumerate().flat_map(of_example).collect();
        shares.sort_unstable_by_key(|(element, i, _)| (*element, *i));
        let n = near.len();
        let mut matrix = DMatrix::zeros(n, n);
        for of_element in shares.chunk_by(|(one, ..), (other, ..)| one == other) {
            for (first, (_, j, share)) in of_element.iter().enumerate() {
                let column = &mut matrix.as_mut_slice()[j * n..(j + 1) * n];
                of_element[first + 1..].iter().for_each(|(_, i, other)| column[*i] += share.min(*other));
            }
        }
        let apart = kernel(2.0);
        for (j, column) in matrix.as_mut_slice().chunks_exact_mut(n.max(1)).enumerate() {
            column[j] = 1.0 + self.config.ridge;
            for common in &mut column[j + 1..] {
                *common = if *common == 0.0 { apart } else { kernel((2.0 - 2.0 * *common).max(0.0)) };
            }
        }
        matrix
    }

    /// Distances and indices of the nearest examples, the nearest first; of equals the first.
    fn nearest(&self, composition: &Composition) -> Vec<(f64, usize)> {
        // Few examples share an element with the composition: the distance is 2 less twice what they have in common.
        let mut common = vec![0.0; self.points.len()];
        for (element, share) in point(composition) {
            for (k, other) in &self.by_element[usize::from(element.atomic_number())] {
                common[*k as usize] += share.min(*other);
            }
        }
        let count = self.config.neighbors.clamp(1, common.len());
        let ranked = |(k, c): (usize, &f64)| (2.0 - 2.0 * c, k);
        let mut near: Vec<(f64, usize)> = common.iter().enumerate().filter(|(_, c)| **c > 0.0).map(ranked).collect();
        let missing = count.saturating_sub(near.len());
        near.extend(common.iter().enumerate().filter(|(_, c)| **c <= 0.0).take(missing).map(ranked));
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if count < near.len() {
            near.select_nth_unstable_by(count - 1, order);
            near.truncate(count);
        }
        near.sort_unstable_by(order);
        near.iter_mut().for_each(|(distance, _)| *distance = distance.max(0.0));
        near
    }
}

/// What the factorization puts in place of a pivot that is not positive.
const SMALLEST_PIVOT: f64 = 1e-12;

fn point(composition: &Composition) -> Point {
    let mut point: Point = composition.fractions().collect();
    point.sort_unstable_by_key(|(element, _)| *element);
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compositions(formulas: &[&str]) -> Vec<Composition> {
        formulas.iter().map(|formula| formula.parse().expect("a formula")).collect()
    }

    fn config(neighbors: usize) -> LocalKernelConfig {
        LocalKernelConfig { neighbors, lengths: [0.1, 1.0], ridge: 1e-6 }
    }

    #[test]
    fn a_doping_series_is_interpolated_and_what_is_far_has_no_say() {
        let series = ["La2CuO4", "La1.9Sr0.1CuO4", "La1.8Sr0.2CuO4", "La1.7Sr0.3CuO4", "Nb3Sn", "Pb"];
        let targets = [0.0, 10.0, 20.0, 30.0, 500.0, 900.0].map(|tc| [tc, 1.0]).to_vec();
        let kernel = LocalKernel::new(&compositions(&series), targets, config(4));
        let ask = |formula: &str| kernel.answer(&formula.parse().expect("a formula"));
        let between = ask("La1.85Sr0.15CuO4");
        assert!((between.values[0] - 15.0).abs() < 1.0 && (between.values[1] - 1.0).abs() < 1e-9, "{between:?}");
        let (on, multiple) = (ask("La1.8Sr0.2CuO4"), ask("La3.6Sr0.4Cu2O8"));
        assert!((on.values[0] - 20.0).abs() < 1e-2 && on.variance < 1e-3 && on.distance < 1e-9, "{on:?}");
        assert!((on.values[0] - multiple.values[0]).abs() < 1e-6);
        assert!(ask("Kr").variance > 0.5 && ask("Kr").distance == 2.0);
    }

    #[test]
    fn the_kernel_of_each_two_examples_is_that_of_their_distance() {
        let all = compositions(&["YBa2Cu3O7", "YBa2Cu3O6", "Nb3Sn", "NbO", "CuO2", "Y", "Nb6Sn2", "La0.5Y0.5Ba2Cu3O7"]);
        let kernel = LocalKernel::new(&all, vec![[0.0]; all.len()], config(all.len()));
        let near: Vec<(f64, usize)> = [3, 0, 7, 5, 1, 2, 6, 4].map(|k| (0.0, k)).to_vec();
        let found = kernel.alike(&near, |distance| (-3.0 * distance).exp());
        for (i, (_, one)) in near.iter().enumerate() {
            for (j, (_, other)) in near[..i].iter().enumerate() {
                // The distance counts what differs on both sides.
                let wanted = (-6.0 * all[*one].fraction_distance(&all[*other])).exp();
                assert!((found[(i, j)] - wanted).abs() < 1e-12, "{} and {}", all[*one], all[*other]);
            }
            assert_eq!(found[(i, i)], 1.0 + 1e-6);
        }
    }

    #[test]
    fn distances_are_the_sums_of_differences_of_shares() {
        let all = compositions(&["YBa2Cu3O7", "YBa2Cu3O6", "Nb3Sn", "NbO", "CuO2", "Y", "La0.5Y0.5Ba2Cu3O7"]);
        let kernel = LocalKernel::new(&all, vec![[0.0]; all.len()], config(all.len()));
        for asked in &all {
            for (found, k) in kernel.nearest(asked) {
                let elements: std::collections::BTreeSet<Element> = asked.elements().chain(all[k].elements()).collect();
                let sum: f64 = elements.iter().map(|e| (asked.fraction(*e) - all[k].fraction(*e)).abs()).sum();
                assert!((found - sum).abs() < 1e-12, "{asked} and {}: {found} is not {sum}", all[k]);
            }
        }
    }
}
