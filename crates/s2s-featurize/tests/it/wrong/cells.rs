//! Mistakes about what the cell says of the crystal.

use s2s_crystal::{Crystal, Frac};
use s2s_featurize::FeaturizeError;

use super::{Answer, Wrong, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "volume of the cell", features: |c| number(c.lattice().volume()) },
    Wrong { name: "lengths of the cell", features: |c| Ok((c.lattice().lengths().to_vec(), None)) },
    Wrong { name: "sorted lengths of the cell", features: sorted_lengths },
    Wrong { name: "an angle of the cell", features: |c| number(c.lattice().angles()[2]) },
    Wrong { name: "sum of the angles of the cell", features: |c| number(c.lattice().angles().iter().sum()) },
    Wrong { name: "largest over smallest length", features: anisotropy },
    Wrong { name: "reduced cell of a supercell", features: reduced_cell },
    Wrong { name: "lattice vectors", features: |c| Ok((c.lattice().vectors().concat(), None)) },
    Wrong { name: "signed volume per atom", features: |c| number(determinant(c) / c.num_sites() as f64) },
    Wrong {
        name: "logarithm of the signed volume",
        features: |c| number((determinant(c) / c.num_sites() as f64).ln()),
    },
    Wrong { name: "left-handed cells refused", features: left_handed_refused },
    Wrong { name: "number of atoms", features: |c| number(c.num_sites() as f64) },
    Wrong { name: "sum over the cell", features: sum_of_masses },
    Wrong { name: "mean over one atom less", features: mean_of_one_less },
    Wrong { name: "mean position", features: mean_position },
    Wrong { name: "distance to the centroid", features: |c| centroid(&c.wrapped()) },
    Wrong { name: "height of an atom", features: |c| rows(c.cart_positions().map(|p| p.0[2])) },
    Wrong { name: "atoms with coordinates in the cell", features: atoms_inside },
    Wrong { name: "coordinates rounded to two digits", features: rounded_coordinates },
    Wrong { name: "bond along z", features: bond_along_z },
    Wrong { name: "farthest pair of the cell", features: farthest_pair },
];

fn determinant(crystal: &Crystal) -> f64 {
    let [a, b, c] = crystal.lattice().vectors();
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
}

fn sorted_lengths(crystal: &Crystal) -> Answer {
    let mut lengths = crystal.lattice().lengths().to_vec();
    lengths.sort_by(f64::total_cmp);
    Ok((lengths, None))
}

fn anisotropy(crystal: &Crystal) -> Answer {
    let lengths = crystal.lattice().lengths();
    number(lengths.iter().copied().fold(0.0, f64::max) / lengths.iter().copied().fold(f64::INFINITY, f64::min))
}

fn reduced_cell(crystal: &Crystal) -> Answer {
    let reduced = crystal.lattice().niggli_reduced()?.lattice;
    let scale = crystal.lattice().volume().cbrt();
    Ok((reduced.lengths().map(|length| length / scale).to_vec(), None))
}

fn left_handed_refused(crystal: &Crystal) -> Answer {
    if determinant(crystal) < 0.0 { Err(FeaturizeError::EmptyBatch) } else { number(crystal.density()) }
}

fn sum_of_masses(crystal: &Crystal) -> Answer {
    number(crystal.composition().mass())
}

fn mean_of_one_less(crystal: &Crystal) -> Answer {
    number(crystal.composition().mass() / (crystal.num_sites() as f64 - 1.0).max(1.0))
}

fn mean_position(crystal: &Crystal) -> Answer {
    let mean = |k: usize| crystal.cart_positions().map(|p| p.0[k]).sum::<f64>() / crystal.num_sites() as f64;
    Ok(([0, 1, 2].map(mean).to_vec(), None))
}

fn centroid(crystal: &Crystal) -> Answer {
    let positions: Vec<_> = crystal.cart_positions().map(|p| p.0).collect();
    rows(s2s_featurize::centroid_distances(&positions))
}

fn atoms_inside(crystal: &Crystal) -> Answer {
    let inside = |x: Frac| x.0.iter().all(|x| (0.0..=1.0).contains(x));
    let inside = crystal.sites().iter().filter(|s| inside(s.position)).count();
    number(inside as f64 / crystal.num_sites() as f64)
}

/// How many different positions there are when coordinates are rounded.
fn rounded_coordinates(crystal: &Crystal) -> Answer {
    let wrapped = crystal.wrapped();
    let mut positions: Vec<[i64; 3]> =
        wrapped.sites().iter().map(|s| s.position.0.map(|x| (x * 100.0).round() as i64)).collect();
    positions.sort_unstable();
    positions.dedup();
    number(positions.len() as f64 / crystal.num_sites() as f64)
}

fn bond_along_z(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let weight = |d: f64| (-d).exp() * (5.0 - d).powi(2);
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| n.vector[2].powi(2) * weight(n.distance)).sum::<f64>()))
}

fn farthest_pair(crystal: &Crystal) -> Answer {
    let mut farthest = 0.0_f64;
    for i in 0..crystal.num_sites() {
        for j in 0..i {
            farthest = farthest.max(crystal.distance(i, j)?);
        }
    }
    number(farthest)
}
