//! Mistakes about the order in which things are listed.

use s2s_crystal::{CellList, Crystal, ShellPolicy};

use super::{Answer, Wrong, atomic_number, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "element of the first site", features: |c| number(atomic_number(c, 0)) },
    Wrong { name: "element of the last site", features: |c| number(atomic_number(c, c.num_sites() - 1)) },
    Wrong { name: "weights by index", features: weights_by_index },
    Wrong { name: "runs of equal elements", features: runs },
    Wrong { name: "first occupant", features: first_occupant },
    Wrong { name: "majority occupant, ties to the last", features: last_majority },
    Wrong { name: "elements numbered as they appear", features: as_they_appear },
    Wrong { name: "distance to the first site", features: to_first_site },
    Wrong { name: "frame of the first neighbor", features: first_neighbor_frame },
    Wrong { name: "difference of a pair, lower index first", features: signed_pairs },
    Wrong { name: "first minimum of a tie", features: first_minimum },
];

fn weights_by_index(crystal: &Crystal) -> Answer {
    let n = crystal.num_sites() as f64;
    number((0..crystal.num_sites()).map(|i| atomic_number(crystal, i) * (i + 1) as f64 / n).sum::<f64>() / n)
}

fn runs(crystal: &Crystal) -> Answer {
    let kinds: Vec<_> = crystal.sites().iter().map(|s| s.species.majority_element()).collect();
    number(kinds.chunk_by(|a, b| a == b).count() as f64 / crystal.num_sites() as f64)
}

fn first_occupant(crystal: &Crystal) -> Answer {
    rows(crystal.sites().iter().map(|s| f64::from(s.species.occupants()[0].element.atomic_number())))
}

fn last_majority(crystal: &Crystal) -> Answer {
    rows(crystal.sites().iter().map(|s| {
        let most = s.species.occupants().iter().max_by(|a, b| a.occupancy.total_cmp(&b.occupancy));
        most.map_or(0.0, |o| f64::from(o.element.atomic_number()))
    }))
}

fn as_they_appear(crystal: &Crystal) -> Answer {
    let mut known = Vec::new();
    rows(crystal.sites().iter().map(|s| {
        let element = s.species.majority_element();
        if !known.contains(&element) {
            known.push(element);
        }
        known.iter().position(|e| *e == element).unwrap_or_default() as f64
    }))
}

fn to_first_site(crystal: &Crystal) -> Answer {
    let distances = (0..crystal.num_sites()).map(|site| crystal.distance(0, site));
    rows(distances.collect::<Result<Vec<_>, _>>()?)
}

/// Angles to the direction of the nearest neighbor, which need not be the only one that is nearest.
fn first_neighbor_frame(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 6, ShellPolicy::Whole { tolerance: 1e-3 })?;
    rows((0..list.num_atoms()).map(|i| {
        let row: Vec<_> = list.of(i).filter(|n| n.distance > 0.1).collect();
        let Some(axis) = row.first() else { return 0.0 };
        let product = |v: [f64; 3]| (0..3).map(|k| v[k] * axis.vector[k]).sum::<f64>();
        row.iter().map(|n| atomic_number(crystal, n.site) * product(n.vector).powi(2)).sum::<f64>()
    }))
}

fn signed_pairs(crystal: &Crystal) -> Answer {
    let list = within(crystal, 5.0)?;
    let mut sum = 0.0;
    for i in 0..list.num_atoms() {
        for n in list.of(i).filter(|n| n.site > i) {
            let difference = atomic_number(crystal, i) - atomic_number(crystal, n.site);
            sum += difference * (5.0 - n.distance).powi(2);
        }
    }
    number(sum / list.num_atoms() as f64)
}

/// The element of the atom that is closest to any other: the first one, where several are.
fn first_minimum(crystal: &Crystal) -> Answer {
    let list = CellList::default().nearest(crystal, 1, ShellPolicy::Cut)?;
    let nearest = |i: usize| list.of(i).next().map_or(f64::INFINITY, |n| n.distance);
    let first = (0..list.num_atoms()).min_by(|a, b| nearest(*a).total_cmp(&nearest(*b))).unwrap_or_default();
    number(atomic_number(crystal, first))
}
