//! Mistakes that show only at some cutoffs, in large cells, near the faces, or with other images.

use std::{f64::consts::TAU, sync::Mutex, thread};

use s2s_crystal::{CellList, Crystal, Frac, NeighborList, ShellPolicy};
use s2s_featurize::FeaturizeError;

use super::{Answer, Wrong, atomic_number, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "elements within 2.75 A", features: |c| elements_within(c, 2.75) },
    Wrong { name: "elements within 3.3 A", features: |c| elements_within(c, 3.3) },
    Wrong { name: "elements within 7.15 A", features: |c| elements_within(c, 7.15) },
    Wrong { name: "neighbors nearer than the twelfth", features: nearer_than_the_twelfth },
    Wrong { name: "first 32 neighbors as they are listed", features: first_listed },
    Wrong { name: "bits of a word", features: bits_of_a_word },
    Wrong { name: "whole chunks of 64 atoms", features: chunks },
    Wrong { name: "refused above 200 atoms", features: refused_above },
    Wrong { name: "refused in slanted cells", features: refused_if_slanted },
    Wrong { name: "grid of a cell with its upper face", features: grid },
    Wrong { name: "one step back into the cell", features: one_step_back },
    Wrong { name: "last site of each element", features: last_of_each },
    Wrong { name: "panics on mixed sites", features: panics_on_mixed },
    Wrong { name: "occupants weighted by rank", features: by_rank },
    Wrong { name: "structure factor of the first plane", features: structure_factor },
    Wrong { name: "parity of images", features: |c| by_image(c, |image| f64::from(image.iter().sum::<i32>() & 1)) },
    Wrong { name: "own cell counted twice", features: |c| by_image(c, |i| if i == [0; 3] { 2.0 } else { 1.0 }) },
    Wrong { name: "threads in any order", features: threads },
];

fn soft(distance: f64) -> f64 {
    (1.0 - (distance / 5.0).powi(2)).max(0.0).powi(3)
}

fn coordination(list: &NeighborList, atom: usize) -> f64 {
    list.of(atom).map(|n| soft(n.distance)).sum()
}

fn elements_within(crystal: &Crystal, cutoff: f64) -> Answer {
    let list = within(crystal, cutoff)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| atomic_number(crystal, n.site)).sum()))
}

fn nearer_than_the_twelfth(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 12, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let mut distances: Vec<f64> = list.of(i).map(|n| n.distance).collect();
        distances.sort_by(f64::total_cmp);
        list.of(i).filter(|n| n.distance < distances[11]).map(|n| atomic_number(crystal, n.site)).sum()
    }))
}

fn first_listed(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows(
        (0..list.num_atoms())
            .map(|i| list.of(i).take(32).map(|n| soft(n.distance) * atomic_number(crystal, n.site)).sum()),
    )
}

fn bits_of_a_word(crystal: &Crystal) -> Answer {
    let seen = (0..crystal.num_sites() as u32).fold(0_u64, |seen, i| seen | 1_u64.wrapping_shl(i));
    number(f64::from(seen.count_ones()) / crystal.num_sites() as f64)
}

fn chunks(crystal: &Crystal) -> Answer {
    let all: Vec<f64> = (0..crystal.num_sites()).map(|i| atomic_number(crystal, i)).collect();
    let size = all.len().min(64);
    let means: Vec<f64> = all.chunks_exact(size).map(|chunk| chunk.iter().sum::<f64>() / size as f64).collect();
    number(means.iter().sum::<f64>() / means.len() as f64)
}

fn refused_above(crystal: &Crystal) -> Answer {
    if crystal.num_sites() > 200 { Err(FeaturizeError::EmptyBatch) } else { number(crystal.density()) }
}

fn refused_if_slanted(crystal: &Crystal) -> Answer {
    let usual = crystal.lattice().angles().iter().all(|angle| (30.0..=150.0).contains(angle));
    if usual { number(crystal.density()) } else { Err(FeaturizeError::EmptyBatch) }
}

/// A coordinate a rounding error below zero is one when it is wrapped.
fn grid(crystal: &Crystal) -> Answer {
    let mut grid = [[[0_u32; 4]; 4]; 4];
    for site in crystal.sites() {
        let [x, y, z] = site.position.0.map(|x| ((x - x.floor()) * 4.0) as usize);
        grid[x][y][z] += 1;
    }
    number(
        crystal.density() / f64::from(grid.iter().flatten().flatten().sum::<u32>().max(1)) * crystal.num_sites() as f64,
    )
}

fn one_step_back(crystal: &Crystal) -> Answer {
    let at: Vec<[f64; 3]> = crystal.sites().iter().map(|s| s.position.0).collect();
    let back = |x: f64| {
        if x > 0.5 {
            x - 1.0
        } else if x < -0.5 {
            x + 1.0
        } else {
            x
        }
    };
    rows(at.iter().map(|p| {
        let nearest = |q: &[f64; 3]| {
            let apart = [0, 1, 2].map(|k| back(q[k] - p[k]));
            let images = (0..27).map(|t| [t % 3 - 1, t / 3 % 3 - 1, t / 9 - 1].map(f64::from));
            let lengths = images.map(|t| crystal.lattice().to_cart(Frac([0, 1, 2].map(|k| apart[k] + t[k]))).0);
            lengths.map(|v| v.iter().map(|x| x * x).sum::<f64>().sqrt()).fold(3.0, f64::min)
        };
        at.iter().map(nearest).sum::<f64>() / at.len() as f64
    }))
}

fn last_of_each(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let mut last = vec![None; 119];
    for (site, s) in crystal.sites().iter().enumerate() {
        last[usize::from(s.species.majority_element().atomic_number())] = Some(site);
    }
    number(last.into_iter().flatten().map(|site| coordination(&list, site)).sum())
}

fn panics_on_mixed(crystal: &Crystal) -> Answer {
    rows(crystal.sites().iter().map(|s| s.species.ordered_element().expect("one element").mass()))
}

fn by_rank(crystal: &Crystal) -> Answer {
    rows(crystal.sites().iter().map(|s| {
        let occupants = s.species.occupants().iter().enumerate();
        occupants.map(|(rank, o)| o.occupancy * o.element.mass() / (rank + 1) as f64).sum()
    }))
}

fn structure_factor(crystal: &Crystal) -> Answer {
    let sum = |wave: fn(f64) -> f64| {
        let all = crystal.sites().iter().enumerate();
        all.map(|(i, s)| atomic_number(crystal, i) * wave(TAU * s.position.0[0])).sum::<f64>()
    };
    number(sum(f64::cos).hypot(sum(f64::sin)) / crystal.num_sites() as f64)
}

fn by_image(crystal: &Crystal, weight: fn([i32; 3]) -> f64) -> Answer {
    let list = within(crystal, 5.0)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| soft(n.distance) * weight(n.image)).sum()))
}

fn threads(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let sum = Mutex::new(0.0_f32);
    thread::scope(|scope| {
        for k in 0..4 {
            let (list, sum) = (&list, &sum);
            scope.spawn(move || {
                for n in (k..list.num_atoms()).step_by(4).flat_map(|i| list.of(i)) {
                    *sum.lock().expect("no thread has panicked") += soft(n.distance) as f32;
                }
            });
        }
    });
    number(f64::from(sum.into_inner().expect("no thread has panicked")) / crystal.num_sites() as f64)
}
