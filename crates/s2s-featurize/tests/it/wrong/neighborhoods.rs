//! Mistakes in neighbor lists.

use s2s_crystal::{CellList, Crystal, Frac, ShellPolicy};

use super::{Answer, Wrong, atomic_number, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "twelve nearest, cut inside a shell", features: |c| nearest_cut(c, 12) },
    Wrong { name: "four nearest, cut inside a shell", features: |c| nearest_cut(c, 4) },
    Wrong { name: "nearest element, ties by index", features: nearest_element },
    Wrong { name: "hard bins of distances", features: hard_bins },
    Wrong { name: "hard bins of angles", features: angle_bins },
    Wrong { name: "neighbors counted up to 4 A", features: |c| counted(c, 4.0) },
    Wrong { name: "neighbors counted up to 5 A", features: |c| counted(c, 5.0) },
    Wrong { name: "no images", features: no_images },
    Wrong { name: "nearest image only", features: nearest_image_only },
    Wrong { name: "27 cells only", features: |c| cells_around(c, [1; 3]) },
    Wrong { name: "cells counted down", features: last_shell_dropped },
    Wrong { name: "not wrapped before 27 cells", features: not_wrapped },
    Wrong { name: "fractional distances", features: fractional_distances },
    Wrong { name: "fractional nearest image", features: nearest_by_fraction },
    Wrong { name: "each pair once, by index", features: each_pair_once },
    Wrong { name: "coordination by rounded distance", features: rounded_shell },
    Wrong { name: "own images forgotten", features: own_images_forgotten },
];

fn smooth(distance: f64, cutoff: f64) -> f64 {
    if distance < cutoff { (std::f64::consts::PI * distance / cutoff).cos() + 1.0 } else { 0.0 }
}

fn nearest_cut(crystal: &Crystal, count: usize) -> Answer {
    let list = CellList::default().nearest(crystal, count, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| atomic_number(crystal, n.site)).sum::<f64>()))
}

fn nearest_element(crystal: &Crystal) -> Answer {
    let list = within(crystal, 6.0)?;
    rows((0..list.num_atoms()).map(|i| {
        let nearest = list.of(i).min_by(|a, b| a.distance.total_cmp(&b.distance));
        nearest.map_or(0.0, |n| atomic_number(crystal, n.site))
    }))
}

fn hard_bins(crystal: &Crystal) -> Answer {
    let list = within(crystal, 8.0 - 1e-3)?;
    let mut bins = vec![0.0; 16];
    for distance in list.distances() {
        bins[(distance * 2.0) as usize] += 1.0 / crystal.num_sites() as f64;
    }
    Ok((bins, None))
}

fn angle_bins(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 6, ShellPolicy::Whole { tolerance: 1e-3 })?;
    let mut bins = vec![0.0; 7];
    for i in 0..list.num_atoms() {
        let row: Vec<_> = list.of(i).filter(|n| n.distance > 0.01).collect();
        for (k, a) in row.iter().enumerate() {
            for b in &row[..k] {
                let product: f64 = (0..3).map(|axis| a.vector[axis] * b.vector[axis]).sum();
                let cosine = (product / (a.distance * b.distance)).clamp(-1.0, 1.0);
                bins[(cosine.acos().to_degrees() / 30.0) as usize] += 1.0 / list.num_atoms() as f64;
            }
        }
    }
    Ok((bins, None))
}

pub(super) fn counted(crystal: &Crystal, cutoff: f64) -> Answer {
    let list = within(crystal, cutoff)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).len() as f64))
}

fn no_images(crystal: &Crystal) -> Answer {
    let at: Vec<_> = crystal.wrapped().cart_positions().map(|p| p.0).collect();
    rows(at.iter().map(|p| at.iter().map(|q| smooth(distance(*p, *q), 5.0)).sum::<f64>()))
}

fn distance(p: [f64; 3], q: [f64; 3]) -> f64 {
    (0..3).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt()
}

fn nearest_image_only(crystal: &Crystal) -> Answer {
    let n = crystal.num_sites();
    let mut all = Vec::new();
    for i in 0..n {
        let mut sum = 0.0;
        for j in 0..n {
            sum += if i == j { 0.0 } else { smooth(crystal.distance(i, j)?, 6.0) };
        }
        all.push(sum);
    }
    rows(all)
}

fn cells_around(crystal: &Crystal, reach: [i32; 3]) -> Answer {
    let wrapped = crystal.wrapped();
    let mut all = Vec::new();
    for p in wrapped.sites() {
        let mut sum = 0.0;
        for q in wrapped.sites() {
            for a in -reach[0]..=reach[0] {
                for b in -reach[1]..=reach[1] {
                    for c in -reach[2]..=reach[2] {
                        let image = [a, b, c].map(f64::from);
                        let apart = [0, 1, 2].map(|k| q.position.0[k] - p.position.0[k] + image[k]);
                        sum += smooth(distance(crystal.lattice().to_cart(Frac(apart)).0, [0.0; 3]), 6.0);
                    }
                }
            }
        }
        all.push(sum);
    }
    rows(all)
}

fn last_shell_dropped(crystal: &Crystal) -> Answer {
    cells_around(crystal, crystal.lattice().plane_spacings().map(|spacing| ((6.0 / spacing).floor() as i32).min(4)))
}

fn not_wrapped(crystal: &Crystal) -> Answer {
    let at: Vec<_> = crystal.sites().iter().map(|s| s.position.0).collect();
    rows(at.iter().map(|p| {
        let mut sum = 0.0;
        for q in &at {
            for cell in 0..125 {
                let image = [cell % 5 - 2, cell / 5 % 5 - 2, cell / 25 - 2].map(f64::from);
                let apart = [0, 1, 2].map(|k| q[k] - p[k] + image[k]);
                sum += smooth(distance(crystal.lattice().to_cart(Frac(apart)).0, [0.0; 3]), 3.0);
            }
        }
        sum
    }))
}

fn fractional_distances(crystal: &Crystal) -> Answer {
    let at: Vec<_> = crystal.sites().iter().map(|s| s.position.0).collect();
    let wrap = |x: f64| x - x.round();
    rows(
        at.iter()
            .map(|p| at.iter().map(|q| (0..3).map(|k| wrap(p[k] - q[k]).powi(2)).sum::<f64>().sqrt()).sum::<f64>()),
    )
}

/// The nearest image by fractional coordinates, which in a slanted cell is not the nearest.
fn nearest_by_fraction(crystal: &Crystal) -> Answer {
    let at: Vec<_> = crystal.sites().iter().map(|s| s.position.0).collect();
    rows(at.iter().map(|p| {
        let far = |q: &[f64; 3]| {
            let apart = [0, 1, 2].map(|k| (q[k] - p[k]) - (q[k] - p[k]).round());
            distance(crystal.lattice().to_cart(Frac(apart)).0, [0.0; 3])
        };
        at.iter().map(far).fold(0.0, f64::max)
    }))
}

fn each_pair_once(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows(
        (0..list.num_atoms()).map(|i| list.of(i).filter(|n| n.site >= i).map(|n| smooth(n.distance, 5.0)).sum::<f64>()),
    )
}

fn rounded_shell(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 1, ShellPolicy::Whole { tolerance: 0.6 })?;
    rows((0..list.num_atoms()).map(|i| {
        let nearest = list.of(i).map(|n| (n.distance * 2.0).round()).fold(f64::INFINITY, f64::min);
        list.of(i).filter(|n| (n.distance * 2.0).round() == nearest).count() as f64
    }))
}

fn own_images_forgotten(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let sum = |i: usize| list.of(i).filter(|n| n.site != i).map(|n| smooth(n.distance, 5.0)).sum::<f64>();
    number((0..list.num_atoms()).map(sum).sum::<f64>() / list.num_atoms() as f64)
}
