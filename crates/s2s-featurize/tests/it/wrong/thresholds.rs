//! Hard thresholds that are no round numbers: no crystal chosen by hand meets them.

use s2s_crystal::Crystal;

use super::{Answer, Wrong, atomic_number, neighborhoods::counted, number, rows, within};

pub(super) const ALL: &[Wrong] = &[
    Wrong { name: "neighbors counted up to 2.6137 A", features: |c| counted(c, 2.6137) },
    Wrong { name: "neighbors counted up to 3.37214 A", features: |c| counted(c, 3.37214) },
    Wrong { name: "neighbors counted up to 7.918 A", features: |c| counted(c, 7.918) },
    Wrong { name: "histogram with odd bins", features: odd_bins },
    Wrong { name: "Gaussian cut off", features: cut_gaussian },
    Wrong { name: "bonds of unlike atoms below a length in f32", features: bonds_in_single_precision },
    Wrong {
        name: "classes of volume",
        features: |c| number((c.lattice().volume() / c.num_sites() as f64 / 17.31).floor()),
    },
    Wrong { name: "dense or not", features: |c| number(f64::from(u8::from(c.density() > 7.77))) },
    Wrong { name: "shortest distance rounded", features: rounded_distance },
];

fn odd_bins(crystal: &Crystal) -> Answer {
    let list = within(crystal, 7.0)?;
    let mut bins = vec![0.0; 19];
    for distance in list.distances().iter().filter(|distance| **distance > 0.113) {
        bins[((distance - 0.113) / 0.37) as usize] += 1.0 / crystal.num_sites() as f64;
    }
    Ok((bins, None))
}

fn cut_gaussian(crystal: &Crystal) -> Answer {
    let list = within(crystal, 4.613)?;
    rows((0..list.num_atoms()).map(|i| list.of(i).map(|n| (-n.distance.powi(2) / 9.0).exp()).sum::<f64>()))
}

fn bonds_in_single_precision(crystal: &Crystal) -> Answer {
    let list = within(crystal, 4.0)?;
    rows((0..list.num_atoms()).map(|i| {
        let here = atomic_number(crystal, i);
        let bonded = list.of(i).filter(|n| (n.distance as f32) < 3.1173 && atomic_number(crystal, n.site) != here);
        bonded.count() as f64
    }))
}

fn rounded_distance(crystal: &Crystal) -> Answer {
    number((crystal.min_distance()?.unwrap_or_default() * 7.3).round())
}
