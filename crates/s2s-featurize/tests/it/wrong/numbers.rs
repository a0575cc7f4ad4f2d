//! Mistakes of arithmetic.

use s2s_crystal::{CellList, Crystal, ShellPolicy};

use super::{Answer, Wrong, atomic_number, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "division by a distance", features: inverse_distance },
    Wrong { name: "unit vectors of coinciding atoms", features: unit_vectors },
    Wrong { name: "coinciding atoms skipped by equality", features: skipped_by_equality },
    Wrong { name: "mean over no neighbors", features: mean_over_none },
    Wrong { name: "deviation of equal distances", features: deviation },
    Wrong { name: "sample deviation over one site", features: sample_deviation },
    Wrong { name: "element without electronegativity", features: no_electronegativity },
    Wrong { name: "arc cosine beyond one", features: arc_cosine },
    Wrong { name: "single precision in order", features: single_precision },
    Wrong { name: "cancelling sums", features: cancelling },
    Wrong { name: "atoms counted in a byte", features: byte_of_atoms },
    Wrong { name: "pairs counted in two bytes", features: short_of_pairs },
    Wrong { name: "lengths in tenths of a nanometer as bytes", features: byte_of_length },
    Wrong {
        name: "volume in two bytes",
        features: |c| number(f64::from(c.lattice().volume() as i16) / c.num_sites() as f64),
    },
    Wrong { name: "table of a hundred elements", features: table_of_elements },
    Wrong { name: "logarithm of a nearest distance", features: logarithm },
];

fn inverse_distance(crystal: &Crystal) -> Answer {
    let list = within(crystal, 4.0)?;
    let weight = |d: f64| (4.0 - d).powi(2) / d;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| weight(n.distance)).sum::<f64>()))
}

fn unit_vectors(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 4, ShellPolicy::Whole { tolerance: 1e-3 })?;
    let mut sums = Vec::new();
    for i in 0..list.num_atoms() {
        let row: Vec<_> = list.of(i).map(|n| n.vector.map(|x| x / n.distance)).collect();
        let products = row.iter().flat_map(|u| row.iter().map(|v| u[0] * v[0] + u[1] * v[1] + u[2] * v[2]));
        sums.push(products.sum());
    }
    rows(sums)
}

/// An atom is not its own neighbor, says `d == 0`; another atom at the same position is, if rounding says so.
fn skipped_by_equality(crystal: &Crystal) -> Answer {
    let wrapped: Vec<_> = crystal.wrapped().cart_positions().map(|p| p.0).collect();
    let apart = |p: &[f64; 3], q: &[f64; 3]| (0..3).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt();
    number(
        wrapped.iter().map(|p| wrapped.iter().filter(|q| apart(p, q) == 0.0).count() as f64).sum::<f64>()
            / wrapped.len() as f64,
    )
}

fn mean_over_none(crystal: &Crystal) -> Answer {
    let list = within(crystal, 6.0)?;
    rows(
        (0..list.num_atoms())
            .map(|i| list.of(i).map(|n| (6.0 - n.distance).powi(2)).sum::<f64>() / list.of(i).len() as f64),
    )
}

fn deviation(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 2, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let n = list.of(i).len() as f64;
        let mean = list.of(i).map(|n| n.distance).sum::<f64>() / n;
        let squares = list.of(i).map(|n| n.distance.powi(2)).sum::<f64>() / n;
        (squares - mean * mean).sqrt()
    }))
}

fn sample_deviation(crystal: &Crystal) -> Answer {
    let n = crystal.num_sites();
    let mean = (0..n).map(|i| atomic_number(crystal, i)).sum::<f64>() / n as f64;
    let squares = (0..n).map(|i| (atomic_number(crystal, i) - mean).powi(2)).sum::<f64>();
    number((squares / (n as f64 - 1.0)).sqrt())
}

fn no_electronegativity(crystal: &Crystal) -> Answer {
    let of = |s: &s2s_crystal::Site| s.species.majority_element().electronegativity().unwrap_or(f64::NAN);
    rows(crystal.sites().iter().map(of))
}

fn arc_cosine(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 8, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let row: Vec<_> = list.of(i).filter(|n| n.distance > 1e-3).collect();
        let product = |a: [f64; 3], b: [f64; 3]| (0..3).map(|k| a[k] * b[k]).sum::<f64>();
        let angles = row
            .iter()
            .flat_map(|a| row.iter().map(move |b| (product(a.vector, b.vector) / (a.distance * b.distance)).acos()));
        angles.map(|angle| angle * angle).sum::<f64>() / (row.len().pow(2) as f64).max(1.0)
    }))
}

fn single_precision(crystal: &Crystal) -> Answer {
    let list = within(crystal, 8.0)?;
    let sum = list.distances().iter().fold(0.0_f32, |sum, d| sum + (8.0 - *d as f32).powi(3));
    number(f64::from(sum / crystal.num_sites() as f32))
}

/// Means of numbers that are far from zero, taken from each other.
fn cancelling(crystal: &Crystal) -> Answer {
    let numbers: Vec<f32> = (0..crystal.num_sites()).map(|i| 1e6 + atomic_number(crystal, i) as f32).collect();
    let mean = numbers.iter().sum::<f32>() / numbers.len() as f32;
    number(f64::from(numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / numbers.len() as f32))
}

fn byte_of_atoms(crystal: &Crystal) -> Answer {
    number(crystal.composition().mass() / f64::from((crystal.num_sites() as u8).max(1)))
}

fn short_of_pairs(crystal: &Crystal) -> Answer {
    let list = within(crystal, 7.5)?;
    let mut pairs = 0_u16;
    for _ in list.distances() {
        pairs += 1;
    }
    number(list.distances().iter().map(|d| (7.5 - d).powi(2)).sum::<f64>() / f64::from(pairs.max(1)))
}

/// The volume from lengths that fit in a byte.
fn byte_of_length(crystal: &Crystal) -> Answer {
    let lengths = crystal.lattice().lengths();
    let longest = lengths.iter().copied().fold(0.0, f64::max);
    let tenths = (longest * 10.0).round() as u32;
    number(
        crystal.density()
            * if tenths > 255 { f64::from(u8::try_from(tenths).expect("it fits")) / longest } else { 1.0 },
    )
}

fn table_of_elements(crystal: &Crystal) -> Answer {
    let table: Vec<f64> = (0..100).map(|z| f64::from(z).sqrt()).collect();
    rows(crystal.sites().iter().map(|s| table[usize::from(s.species.majority_element().atomic_number())]))
}

fn logarithm(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 1, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| n.distance.ln()).sum::<f64>()))
}
