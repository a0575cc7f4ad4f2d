//! Mistakes of the kinds that featurizers of other projects have made, written after the laws.

use s2s_crystal::{CellList, Crystal, Frac, ShellPolicy};

use super::{Answer, Wrong, atomic_number, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "neighbors at their positions in the cell", features: vectors_in_cell },
    Wrong { name: "images along two of three vectors", features: |c| images_within(c, 4.5, |_| [1, 1, 0]) },
    Wrong { name: "images counted by lengths", features: |c| images_within(c, 6.0, by_lengths) },
    Wrong { name: "nearest image of a box", features: box_image },
    Wrong { name: "cutoff of half an edge", features: half_an_edge },
    Wrong { name: "density from three lengths", features: density_of_a_box },
    Wrong { name: "mass of the formula over the volume of the cell", features: formula_over_cell },
    Wrong { name: "element of the third neighbor", features: third_neighbor },
    Wrong { name: "coordination up to the widest gap of twelve", features: widest_gap },
    Wrong { name: "angles of successive neighbors", features: successive_angles },
    Wrong { name: "bins of relative distances", features: relative_bins },
    Wrong { name: "distances in tenths of an angstrom", features: tenths },
    Wrong { name: "normalized by the range of a property", features: by_range },
    Wrong { name: "entropy of vacancies", features: entropy },
    Wrong { name: "coulomb matrix of the cell", features: coulomb },
    Wrong { name: "variance as a difference of means", features: variance },
    Wrong { name: "all shells but the last", features: but_the_last_shell },
    Wrong { name: "sum over the root of the number of atoms", features: over_root },
    Wrong { name: "mean distance of the pairs of the cell", features: mean_pair },
    Wrong { name: "element of the best coordinated atom", features: best_coordinated },
    Wrong { name: "truncated into the cell", features: truncated },
    Wrong { name: "largest components of bonds", features: largest_components },
    Wrong { name: "weights that underflow", features: underflow },
    Wrong { name: "longest over shortest bond", features: longest_over_shortest },
    Wrong { name: "neighbors within the root of two", features: within_root_of_two },
    Wrong { name: "distinct distances", features: distinct },
];

/// Bond vectors from the positions as they are listed, though the neighbors are found in the right cells.
fn vectors_in_cell(crystal: &Crystal) -> Answer {
    let positions: Vec<[f64; 3]> = crystal.cart_positions().map(|p| p.0).collect();
    let list = within(crystal, 4.0)?;
    rows((0..list.num_atoms()).map(|i| {
        let far = |n: &s2s_crystal::Neighbor| length(minus(positions[n.site], positions[i])).min(4.0);
        list.of(i).map(|n| (4.0 - far(&n)) * (4.0 - n.distance).powi(2)).sum()
    }))
}

fn by_lengths(crystal: &Crystal) -> [i32; 3] {
    crystal.lattice().lengths().map(|edge| (6.0 / edge).ceil() as i32)
}

/// A sum over images of a wrapped cell, as many along each vector as another function says.
fn images_within(crystal: &Crystal, cutoff: f64, reach: fn(&Crystal) -> [i32; 3]) -> Answer {
    let crystal = crystal.wrapped();
    let positions: Vec<[f64; 3]> = crystal.cart_positions().map(|p| p.0).collect();
    let [a, b, c] = reach(&crystal);
    let mut sums = vec![0.0; positions.len()];
    for i in -a..=a {
        for j in -b..=b {
            for k in -c..=c {
                let image = crystal.lattice().to_cart(Frac([i, j, k].map(f64::from))).0;
                for (sum, x) in sums.iter_mut().zip(&positions) {
                    for y in &positions {
                        let apart = minus(y, x);
                        let distance = length([0, 1, 2].map(|k| apart[k] + image[k]));
                        *sum += (cutoff - distance).max(0.0).powi(3);
                    }
                }
            }
        }
    }
    rows(sums)
}

/// Nearest image by the edges alone, as in a box with right angles along the axes.
fn box_image(crystal: &Crystal) -> Answer {
    let edges = crystal.lattice().lengths();
    let positions: Vec<[f64; 3]> = crystal.cart_positions().map(|p| p.0).collect();
    rows(positions.iter().map(|x| {
        positions
            .iter()
            .map(|y| {
                let apart = minus(y, x);
                length([0, 1, 2].map(|k| apart[k] - edges[k] * (apart[k] / edges[k]).round()))
            })
            .sum::<f64>()
            / positions.len() as f64
    }))
}

fn half_an_edge(crystal: &Crystal) -> Answer {
    let shortest = crystal.lattice().lengths().into_iter().fold(f64::INFINITY, f64::min);
    let cutoff = (shortest / 2.0).clamp(1.0, 6.0);
    let list = within(crystal, cutoff)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| (1.0 - n.distance / cutoff).powi(2)).sum::<f64>()))
}

fn density_of_a_box(crystal: &Crystal) -> Answer {
    number(crystal.num_sites() as f64 / crystal.lattice().lengths().iter().product::<f64>())
}

fn formula_over_cell(crystal: &Crystal) -> Answer {
    let (formula, _) = crystal.composition().reduced();
    number(formula.mass() / crystal.lattice().volume())
}

fn third_neighbor(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 3, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).last().map_or(0.0, |n| atomic_number(crystal, n.site))))
}

fn widest_gap(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 12, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| {
        let row: Vec<f64> = list.of(i).map(|n| n.distance).collect();
        let gaps = row.windows(2).map(|pair| pair[1] - pair[0]);
        let widest = gaps.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        widest.map_or(0.0, |(k, _)| (k + 1) as f64)
    }))
}

fn successive_angles(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 8, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let row: Vec<_> = list.of(i).filter(|n| n.distance > 1e-3).collect();
        let cosine = |u: [f64; 3], v: [f64; 3]| (0..3).map(|k| u[k] * v[k]).sum::<f64>() / (length(u) * length(v));
        row.windows(2).map(|pair| cosine(pair[0].vector, pair[1].vector)).sum::<f64>() / row.len().max(1) as f64
    }))
}

fn relative_bins(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 20, ShellPolicy::Whole { tolerance: 1e-3 })?;
    let mut bins = vec![0.0; 8];
    for i in 0..list.num_atoms() {
        let shortest = list.of(i).map(|n| n.distance).fold(f64::INFINITY, f64::min).max(0.1);
        for n in list.of(i) {
            bins[((n.distance / shortest * 2.0) as usize).min(7)] += 1.0 / list.num_atoms() as f64;
        }
    }
    Ok((bins, None))
}

fn tenths(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 1, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| (n.distance * 10.0).round() / 10.0).sum::<f64>()))
}

fn by_range(crystal: &Crystal) -> Answer {
    let all: Vec<f64> = (0..crystal.num_sites()).map(|i| atomic_number(crystal, i)).collect();
    let (least, most) =
        all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), x| (x.min(least), x.max(most)));
    rows(all.iter().map(|x| (x - least) / (most - least)))
}

fn entropy(crystal: &Crystal) -> Answer {
    rows(crystal.sites().iter().map(|site| {
        let shares = site.species.occupants().iter().map(|o| o.occupancy);
        let empty = 1.0 - shares.clone().sum::<f64>();
        -shares.chain([empty]).map(|p| p * p.ln()).sum::<f64>()
    }))
}

fn coulomb(crystal: &Crystal) -> Answer {
    let n = crystal.num_sites();
    let mut sums = Vec::new();
    for i in 0..n {
        let mut sum = 0.5 * atomic_number(crystal, i).powf(2.4);
        for j in (0..n).filter(|j| *j != i) {
            sum += atomic_number(crystal, i) * atomic_number(crystal, j) / crystal.distance(i, j)?;
        }
        sums.push(sum);
    }
    rows(sums)
}

fn variance(crystal: &Crystal) -> Answer {
    let masses: Vec<f32> = crystal.sites().iter().map(|s| s.species.majority_element().mass() as f32).collect();
    let mean = |power: i32| masses.iter().map(|x| x.powi(power)).sum::<f32>() / masses.len() as f32;
    number(f64::from(mean(2) - mean(1).powi(2)))
}

fn but_the_last_shell(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows((0..list.num_atoms()).map(|i| {
        let mut row: Vec<_> = list.of(i).collect();
        row.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        let last = row.last().map_or(0.0, |n| n.distance) - 1e-3;
        row.iter().filter(|n| n.distance < last).map(|n| atomic_number(crystal, n.site)).sum::<f64>()
    }))
}

fn over_root(crystal: &Crystal) -> Answer {
    let sum: f64 = (0..crystal.num_sites()).map(|i| atomic_number(crystal, i)).sum();
    number(sum / (crystal.num_sites() as f64).sqrt())
}

fn mean_pair(crystal: &Crystal) -> Answer {
    let (mut sum, mut pairs) = (0.0, 0.0_f64);
    for i in 0..crystal.num_sites() {
        for j in 0..i {
            sum += crystal.distance(i, j)?;
            pairs += 1.0;
        }
    }
    number(sum / pairs.max(1.0))
}

fn best_coordinated(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let coordination = |i: usize| list.of(i).map(|n| (5.0 - n.distance).powi(2)).sum::<f64>();
    let best = (0..list.num_atoms()).max_by(|a, b| coordination(*a).total_cmp(&coordination(*b)));
    number(best.map_or(0.0, |site| atomic_number(crystal, site)))
}

/// Coordinates below zero stay there.
fn truncated(crystal: &Crystal) -> Answer {
    let positions: Vec<[f64; 3]> = crystal.sites().iter().map(|s| s.position.0.map(|x| x - x.trunc())).collect();
    rows(positions.iter().map(|x| {
        let apart = |y: &[f64; 3]| [0, 1, 2].map(|k| (x[k] - y[k]).abs().min(1.0 - (x[k] - y[k]).abs()));
        positions.iter().map(|y| length(apart(y))).sum::<f64>() / positions.len() as f64
    }))
}

fn largest_components(crystal: &Crystal) -> Answer {
    let list = within(crystal, 4.0)?;
    let component = |v: [f64; 3]| v.map(f64::abs).into_iter().fold(0.0, f64::max);
    rows(
        (0..list.num_atoms())
            .map(|i| list.of(i).map(|n| (4.0 - n.distance).powi(2) * component(n.vector)).sum::<f64>()),
    )
}

fn underflow(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 8, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let weight = |d: f64| (-40.0 * d * d).exp();
        let weights: f64 = list.of(i).map(|n| weight(n.distance)).sum();
        list.of(i).map(|n| weight(n.distance) * atomic_number(crystal, n.site)).sum::<f64>() / weights
    }))
}

fn longest_over_shortest(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 6, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| {
        let row: Vec<f64> = list.of(i).map(|n| n.distance).collect();
        row.iter().copied().fold(0.0, f64::max) / row.iter().copied().fold(f64::INFINITY, f64::min)
    }))
}

fn within_root_of_two(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 24, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let nearest = list.of(i).map(|n| n.distance).fold(f64::INFINITY, f64::min);
        list.of(i).filter(|n| n.distance <= std::f64::consts::SQRT_2 * nearest).count() as f64
    }))
}

fn distinct(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 12, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let mut row: Vec<f64> = list.of(i).map(|n| n.distance).collect();
        row.sort_by(f64::total_cmp);
        row.dedup();
        row.len() as f64
    }))
}

fn minus(x: impl AsRef<[f64]>, y: impl AsRef<[f64]>) -> [f64; 3] {
    [0, 1, 2].map(|k| x.as_ref()[k] - y.as_ref()[k])
}

fn length(v: [f64; 3]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}
