//! Crystals with the operations of a space group.

use super::dice::Dice;
use crate::{
    Crystal, CrystalError, Element, Frac, Lattice, Site, SymOp, lattice,
    space_group::{operations, tabulated_hall_symbols},
};

/// Distance in units of the lattice vectors below which two positions of an orbit are one.
const SAME: f64 = 1e-6;

/// Times that an orbit, or a whole crystal, is tried.
const TRIES: usize = 12;

/// A crystal with the operations of any space group, in a cell that they allow; at least one site, at most `most`.
pub(super) fn symmetric(dice: &mut Dice, least: usize, most: usize, palette: &[Element]) -> Option<Crystal> {
    let symbols = tabulated_hall_symbols();
    for _ in 0..TRIES {
        let operations = operations(dice.pick(&symbols))?;
        let mut points = Vec::new();
        let mut kinds = Vec::new();
        let wanted = least + dice.below(most - least + 1);
        let centered = centering(&operations).len();
        // Half of the time a centered cell is replaced by a primitive one, which has room for more orbits.
        let primitive = centered > 1 && (dice.chance(0.5) || most < 2 * centered);
        let share = if primitive { centered } else { 1 };
        for _ in 0..TRIES {
            let orbit = orbit(&operations, coordinates(dice));
            let total = points.len() + orbit.len();
            let fits = total / share <= most && (total / share <= wanted || points.is_empty());
            if fits && orbit.iter().all(|x| points.iter().all(|y| !same(*x, *y))) {
                let element = if points.is_empty() {
                    palette[0]
                } else {
                    palette[(1 + dice.below(palette.len() - 1)) % palette.len()]
                };
                kinds.extend(orbit.iter().map(|_| element));
                points.extend(orbit);
            }
        }
        if points.len() / share < least.max(1) {
            continue;
        }
        let lattice = lattice(dice, &operations, points.len()).ok()?;
        let crystal = Crystal::ordered(lattice, kinds.into_iter().zip(points)).ok()?;
        return if primitive { in_primitive_cell(&crystal, &centering(&operations)) } else { Some(crystal) };
    }
    None
}

/// Coordinates as Wyckoff positions have them: fractions, and up to three free numbers that may be shared.
fn coordinates(dice: &mut Dice) -> [f64; 3] {
    const SPECIAL: [f64; 9] = [0.0, 0.0, 0.5, 0.5, 0.25, 0.75, 1.0 / 3.0, 2.0 / 3.0, 0.125];
    let free = |dice: &mut Dice| if dice.chance(0.5) { (dice.unit() * 20.0).round() / 20.0 } else { dice.unit() };
    let x = free(dice);
    match dice.below(8) {
        0 => [x, x, x],
        1 => [x, 2.0 * x, dice.pick(&SPECIAL)],
        2 => [x, dice.pick(&SPECIAL), dice.pick(&SPECIAL)],
        3 => [dice.pick(&SPECIAL), dice.pick(&SPECIAL), x],
        4 => [x, free(dice), free(dice)],
        _ => [(); 3].map(|()| dice.pick(&SPECIAL)),
    }
}

/// The images of a position under the operations, each once, in the cell.
fn orbit(operations: &[SymOp], position: [f64; 3]) -> Vec<[f64; 3]> {
    let mut orbit: Vec<[f64; 3]> = Vec::new();
    for operation in operations {
        let image = operation.apply(Frac(position)).wrapped().0;
        if !orbit.iter().any(|known| same(*known, image)) {
            orbit.push(image);
        }
    }
    orbit
}

fn same(p: [f64; 3], q: [f64; 3]) -> bool {
    (0..3).all(|k| {
        let apart = p[k] - q[k];
        (apart - apart.round()).abs() < SAME
    })
}

/// A lattice whose metric is the average of any metric over the rotation parts: what the group allows, and no more.
fn lattice(dice: &mut Dice, operations: &[SymOp], sites: usize) -> Result<Lattice, CrystalError> {
    // Some ten Å³ per site, give or take.
    let edge = (dice.between(6.0, 25.0) * sites as f64).cbrt().max(2.0);
    let free = Lattice::from_parameters(
        [(); 3].map(|()| super::length(dice, 0.7 * edge, 1.4 * edge)),
        [(); 3].map(|()| dice.pick(&[90.0, 80.0, 100.0, 75.0, 95.5])),
    )?;
    let rows = free.vectors();
    let metric = rows.map(|u| rows.map(|v| u[0] * v[0] + u[1] * v[1] + u[2] * v[2]));
    let mut mean = [[0.0; 3]; 3];
    for operation in operations {
        let r = operation.rotation().map(|row| row.map(f64::from));
        for i in 0..3 {
            for j in 0..3 {
                let entry: f64 = (0..3)
                    .flat_map(|k| (0..3).map(move |l| (k, l)))
                    .map(|(k, l)| r[k][i] * metric[k][l] * r[l][j])
                    .sum();
                mean[i][j] += entry / operations.len() as f64;
            }
        }
    }
    let lengths = [0, 1, 2].map(|k| mean[k][k].sqrt());
    let angle = |i: usize, j: usize| {
        let degrees = lattice::angle(mean[i][j], lengths[i], lengths[j]);
        // Averaging leaves rounding on angles that symmetry fixes.
        if (degrees - degrees.round()).abs() < 1e-9 { degrees.round() } else { degrees }
    };
    Lattice::from_parameters(lengths, [angle(1, 2), angle(0, 2), angle(0, 1)])
}

/// Translations among the operations, zero included.
fn centering(operations: &[SymOp]) -> Vec<[f64; 3]> {
    let pure = operations.iter().filter(|operation| operation.rotation() == SymOp::IDENTITY.rotation());
    pure.map(SymOp::translation).collect()
}

/// The same crystal in a cell of one lattice point, spanned by short centering vectors.
fn in_primitive_cell(crystal: &Crystal, centering: &[[f64; 3]]) -> Option<Crystal> {
    let volume = 1.0 / centering.len() as f64;
    let mut vectors: Vec<[f64; 3]> = vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for t in centering.iter().filter(|t| **t != [0.0; 3]) {
        for corner in 0..8 {
            vectors.push([0, 1, 2].map(|k| t[k] - f64::from(u8::from(corner >> k & 1 == 1 && t[k] > 0.0))));
        }
    }
    let length = |v: &[f64; 3]| crystal.lattice().to_cart(Frac(*v)).0.iter().map(|x| x * x).sum::<f64>();
    vectors.sort_by(|u, v| length(u).total_cmp(&length(v)));
    for (i, a) in vectors.iter().enumerate() {
        for (j, b) in vectors[..i].iter().enumerate() {
            for c in &vectors[..j] {
                let determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
                    + a[2] * (b[0] * c[1] - b[1] * c[0]);
                if (determinant.abs() - volume).abs() > 1e-6 {
                    continue;
                }
                let rows = [c, b, a].map(|v| crystal.lattice().to_cart(Frac(*v)).0);
                let lattice = Lattice::from_rows(rows).ok()?;
                let mut sites: Vec<Site> = Vec::new();
                for site in crystal.sites() {
                    let position = lattice.to_frac(crystal.lattice().to_cart(site.position)).wrapped();
                    if !sites.iter().any(|known| same(known.position.0, position.0)) {
                        sites.push(Site { position: tidied(position), ..site.clone() });
                    }
                }
                return Crystal::new(lattice, sites).ok();
            }
        }
    }
    None
}

/// Rounding from the change of cell removed where the coordinate is a simple fraction.
fn tidied(position: Frac) -> Frac {
    Frac(position.0.map(|x| {
        let parts = (x * 24.0).round() / 24.0;
        if (x - parts).abs() < 1e-12 { parts } else { x }
    }))
    .wrapped()
}
