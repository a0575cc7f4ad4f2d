//! Featurizers that are right: the laws must leave them alone.

use s2s_crystal::{CellList, Crystal, ShellPolicy};

use super::{Answer, Wrong, atomic_number, number, rows, within};

/// Rounds of 256 crystals, as many as `S2S_LAW_ROUNDS` says; those that are generated are other ones each time.
pub(super) fn rounds() -> u64 {
    std::env::var("S2S_LAW_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "density", features: |c| number(c.density()) },
    Wrong { name: "volume per site", features: |c| number(c.lattice().volume() / c.num_sites() as f64) },
    Wrong { name: "mean atomic number", features: mean_atomic_number },
    Wrong { name: "fractions of elements", features: fractions },
    Wrong { name: "smooth coordination", features: smooth_coordination },
    Wrong { name: "smooth coordination by element", features: by_element },
    Wrong { name: "whole shells", features: whole_shells },
    Wrong { name: "nearest distance", features: nearest_distance },
    Wrong { name: "smooth histogram", features: smooth_histogram },
    Wrong { name: "sum of bond vectors", features: bond_vectors },
];

fn mean_atomic_number(crystal: &Crystal) -> Answer {
    number((0..crystal.num_sites()).map(|i| atomic_number(crystal, i)).sum::<f64>() / crystal.num_sites() as f64)
}

fn fractions(crystal: &Crystal) -> Answer {
    let composition = crystal.composition();
    Ok((s2s_crystal::Element::all().map(|element| composition.fraction(element)).collect(), None))
}

fn weight(distance: f64) -> f64 {
    (1.0 - (distance / 5.0).powi(2)).powi(2)
}

fn smooth_coordination(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| weight(n.distance)).sum::<f64>()))
}

fn by_element(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows(
        (0..list.num_atoms())
            .map(|i| list.of(i).map(|n| weight(n.distance) * atomic_number(crystal, n.site)).sum::<f64>()),
    )
}

fn whole_shells(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 12, ShellPolicy::Whole { tolerance: 1e-4 })?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| atomic_number(crystal, n.site)).sum::<f64>()))
}

fn nearest_distance(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 1, ShellPolicy::Cut)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| n.distance).sum::<f64>()))
}

fn smooth_histogram(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let bin = |center: f64| {
        let all = list.distances().iter();
        all.map(|d| weight(*d) * (-(d - center).powi(2)).exp()).sum::<f64>() / crystal.num_sites() as f64
    };
    Ok(((0..10).map(|k| bin(0.5 * f64::from(k))).collect(), None))
}

/// Squared length of the sum of weighted bond vectors: zero at centers of symmetry.
fn bond_vectors(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    rows((0..list.num_atoms()).map(|i| {
        let sum = |k: usize| list.of(i).map(|n| weight(n.distance) * n.vector[k]).sum::<f64>();
        (0..3).map(|k| sum(k).powi(2)).sum::<f64>()
    }))
}
