//! Random crystals, each derived from one number.

use super::{
    dice::Dice,
    point_sets::{PointSet, cell_of, elsewhere},
    symmetric::symmetric,
};
use crate::{CellList, Crystal, CrystalError, Element, Frac, Lattice, Occupant, ShellPolicy, Site, Species};

/// Least distance between opposite faces of a generated cell in Å, so that a search by brute force stays affordable.
pub(super) const MIN_THICKNESS: f64 = 0.4;

/// Most sites whose distances are computed when a crystal is scaled.
const MAX_SCALED: usize = 80;

/// Points per axis of the grid near which spaced crystals have their atoms.
const GRID: usize = 4;

/// How many sites, of which elements.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) elements: Vec<Element>,
}

impl Frame {
    /// A few elements of the palette: crystals that draw from all of it hardly ever repeat one.
    fn palette(&self, dice: &mut Dice) -> Vec<Element> {
        let few = 1 + dice.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
        let mut palette: Vec<Element> = Vec::new();
        for _ in 0..few {
            let element = dice.pick(&self.elements);
            // Twice the same is no second element; once is tried again.
            let other = if palette.contains(&element) { dice.pick(&self.elements) } else { element };
            palette.push(other);
        }
        palette
    }

    fn size(&self, dice: &mut Dice) -> usize {
        self.least + larger(dice, self.most - self.least + 1)
    }
}

/// A number below n, large ones more often: most faults need several atoms.
fn larger(dice: &mut Dice, n: usize) -> usize {
    dice.below(n).max(dice.below(n))
}

/// A mixture of all kinds.
pub(super) fn any(dice: &mut Dice, frame: &Frame) -> Crystal {
    let crystal = match dice.below(20) {
        0..=1 => free(dice, frame),
        2..=11 => decorated(dice, frame),
        12..=15 => symmetric_or_decorated(dice, frame),
        _ => repeated(dice, frame),
    };
    let crystal = if dice.chance(0.25) { scaled(dice, crystal) } else { crystal };
    let crystal = described_otherwise(dice, crystal);
    if dice.chance(0.08) { with_close_sites(dice, crystal) } else { crystal }
}

/// A crystal with the operations of a space group, in any orientation, from any origin.
pub(super) fn of_a_space_group(dice: &mut Dice, frame: &Frame) -> Crystal {
    let crystal = symmetric_or_decorated(dice, frame);
    let crystal = if dice.chance(0.2) { scaled(dice, crystal) } else { crystal };
    described_otherwise(dice, crystal)
}

/// A cell that is not the smallest.
pub(super) fn repeated(dice: &mut Dice, frame: &Frame) -> Crystal {
    let most = (frame.most / 2).max(1);
    let small = Frame { least: 1, most, elements: frame.elements.clone() };
    let base = match dice.below(5) {
        0 => free(dice, &small),
        1..=3 => decorated(dice, &small),
        _ => symmetric_or_decorated(dice, &small),
    };
    let sites = base.num_sites();
    let cells: Vec<usize> = (2..=8).filter(|n| (frame.least..=frame.most).contains(&(n * sites))).collect();
    if cells.is_empty() {
        return if (frame.least..=frame.most).contains(&sites) { base } else { free(dice, frame) };
    }
    let count = cells[dice.below(cells.len().min(4))];
    let cell = cell_of(dice, count);
    let repeated = base.supercell(cell).ok().filter(|c| thick_enough(c.lattice()));
    repeated.unwrap_or_else(|| free(dice, frame))
}

/// Atoms inside an everyday cell and at least 0.2 Å apart, near different points of a grid.
pub(super) fn spaced(dice: &mut Dice, frame: &Frame) -> Crystal {
    let palette = frame.palette(dice);
    let mut points: Vec<usize> = (0..GRID.pow(3)).collect();
    dice.shuffle(&mut points);
    let size = frame.size(dice).min(points.len());
    let sites = points[..size].iter().map(|point| {
        let steps = [point % GRID, point / GRID % GRID, point / (GRID * GRID)];
        let position = steps.map(|step| (step as f64 + 0.5) / GRID as f64 + dice.between(-0.05, 0.05));
        (dice.pick(&palette), position)
    });
    let sites: Vec<_> = sites.collect();
    made(Crystal::ordered(everyday_lattice(dice), sites))
}

/// The same crystal with partly filled and shared sites, and charges on some.
pub(super) fn with_mixed_sites(dice: &mut Dice, crystal: &Crystal, elements: &[Element]) -> Crystal {
    let palette: Vec<Element> = (0..3).map(|_| dice.pick(elements)).collect();
    let (charged, share) = (dice.chance(0.3), dice.pick(&[0.3, 0.6, 1.0]));
    let first = dice.below(crystal.num_sites());
    let mut at = 0;
    let mixed = crystal.map_sites(|site| {
        at += 1;
        let own = site.species.majority_element();
        let oxidation = charged.then(|| dice.within(-4, 7) as f32);
        if at - 1 != first && !dice.chance(share) {
            return Site {
                species: Species::new(vec![Occupant { element: own, occupancy: 1.0, oxidation }])
                    .expect("invariant: one full occupant"),
                ..site.clone()
            };
        }
        let mut sharers = vec![own];
        for element in palette.iter().take(1 + dice.below(2)) {
            if !sharers.contains(element) {
                sharers.push(*element);
            }
        }
        let weights: Vec<f64> = if dice.chance(0.5) {
            vec![1.0; sharers.len()]
        } else {
            sharers.iter().map(|_| f64::from(dice.within(1, 100))).collect()
        };
        let filled = dice.pick(&[1.0, 1.0, 0.5, 0.9]) * if dice.chance(0.1) { 0.37 } else { 1.0 };
        // The only occupant of a mixed site leaves some of it empty.
        let filled = if sharers.len() == 1 && filled == 1.0 { 0.5 } else { filled };
        let total: f64 = weights.iter().sum();
        let occupant =
            |(element, weight): (Element, f64)| Occupant { element, occupancy: filled * weight / total, oxidation };
        let species = Species::new(sharers.into_iter().zip(weights).map(occupant).collect());
        Site { species: species.expect("invariant: shares add up to at most one"), ..site.clone() }
    });
    made(mixed)
}

/// Any lattice: everyday, flat, slanted.
fn lattice(dice: &mut Dice) -> Lattice {
    for _ in 0..20 {
        let everyday = everyday_lattice(dice);
        let rows = everyday.vectors();
        let found = match dice.below(6) {
            0..=2 => Ok(everyday),
            3 => {
                let mut rows = rows;
                rows[2] = [dice.between(-6.0, 6.0), dice.between(-6.0, 6.0), dice.between(MIN_THICKNESS, 1.5)];
                rows.rotate_right(dice.below(3));
                Lattice::from_rows(rows)
            }
            4 => {
                let n = [(); 3].map(|()| f64::from(dice.within(-3, 3)));
                let add = |u: [f64; 3], n: f64, v: [f64; 3]| [0, 1, 2].map(|k| u[k] + n * v[k]);
                let [a, b, c] = rows;
                let b = add(b, n[0], a);
                Lattice::from_rows([a, b, add(add(c, n[1], a), n[2], b)])
            }
            // Long: most of it empty.
            _ => Lattice::from_rows([rows[0], rows[1], rows[2].map(|x| x * 4.0)]),
        };
        if let Some(lattice) = found.ok().filter(thick_enough) {
            return lattice;
        }
    }
    everyday_lattice(dice)
}

fn everyday_lattice(dice: &mut Dice) -> Lattice {
    loop {
        let angle = |dice: &mut Dice| match dice.below(8) {
            0..=2 => 90.0,
            3 => 60.0,
            4 => 120.0,
            _ => dice.between(60.0, 120.0),
        };
        let mut lengths = [(); 3].map(|()| super::length(dice, 2.0, 10.0));
        if dice.chance(0.3) {
            lengths[1] = lengths[0];
        }
        if dice.chance(0.3) {
            lengths[2] = lengths[1];
        }
        let angles = [angle(dice), angle(dice), angle(dice)];
        let found = Lattice::from_parameters(lengths, angles).ok();
        if let Some(lattice) = found.filter(|l| l.plane_spacings().iter().all(|t| *t >= 1.0)) {
            return lattice;
        }
    }
}

pub(super) fn thick_enough(lattice: &Lattice) -> bool {
    lattice.plane_spacings().iter().all(|spacing| *spacing >= MIN_THICKNESS)
}

/// Atoms anywhere in any cell.
fn free(dice: &mut Dice, frame: &Frame) -> Crystal {
    let palette = frame.palette(dice);
    let lattice = lattice(dice);
    let size = frame.size(dice);
    let coordinate = |dice: &mut Dice| match dice.below(8) {
        0 => dice.pick(&[0.0, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.75]),
        1 => dice.pick(&[1.0, -0.5, 1.0 - f64::EPSILON / 2.0, -1e-17, 2.25]),
        2 => dice.between(-3.0, 4.0),
        _ => dice.unit(),
    };
    let sites: Vec<_> =
        (0..size).map(|_| (dice.pick(&palette), [coordinate(dice), coordinate(dice), coordinate(dice)])).collect();
    made(Crystal::ordered(lattice, sites))
}

/// A well-known arrangement of points, in a small or large cell, with elements put on them in any way.
fn decorated(dice: &mut Dice, frame: &Frame) -> Crystal {
    let palette = frame.palette(dice);
    for _ in 0..12 {
        let set = PointSet::any(dice);
        let points = set.num_points();
        let cells: Vec<usize> = (1..=frame.most / points).filter(|n| n * points >= frame.least).collect();
        if cells.is_empty() {
            continue;
        }
        let conventional = set.conventional();
        let size = crate::crystal_determinant(conventional).unsigned_abs() as usize;
        let cell = if cells.contains(&size) && dice.chance(0.4) {
            conventional
        } else {
            // Mostly few, for they are the ones with most symmetry.
            let count = cells[larger(dice, cells.len().min(if frame.least > 16 { cells.len() } else { 12 }))];
            cell_of(dice, count)
        };
        if let Ok(crystal) = set.decorated(dice, cell, &palette)
            && thick_enough(crystal.lattice())
        {
            return crystal;
        }
    }
    free(dice, frame)
}

fn symmetric_or_decorated(dice: &mut Dice, frame: &Frame) -> Crystal {
    let palette = frame.palette(dice);
    let found = symmetric(dice, frame.least, frame.most, &palette).filter(|c| thick_enough(c.lattice()));
    found.unwrap_or_else(|| decorated(dice, frame))
}

/// Scaled so that some distance becomes a round number: the edges of bins, the ends of cutoffs.
fn scaled(dice: &mut Dice, crystal: Crystal) -> Crystal {
    let Ok(list) = CellList::default().nearest(&crystal, 8, ShellPolicy::Cut) else { return crystal };
    if crystal.num_sites() > MAX_SCALED || list.num_pairs() == 0 {
        return crystal;
    }
    let distance = list.distances()[dice.below(list.num_pairs())];
    let round = dice.pick(&[2.0, 2.5, 3.0, 3.0, 3.5, 4.0, 4.0, 4.5, 5.0, 5.0, 6.0, 8.0]);
    let factor: f64 = round / distance;
    // Neither crowds nor deserts.
    if !(0.5..=2.5).contains(&factor) {
        return crystal;
    }
    let rows = crystal.lattice().vectors().map(|row| row.map(|x| x * factor));
    let scaled = Lattice::from_rows(rows).and_then(|lattice| Crystal::new(lattice, crystal.sites().to_vec()));
    scaled.ok().filter(|c| thick_enough(c.lattice())).unwrap_or(crystal)
}

/// Moved, rotated, with other basis vectors, atoms elsewhere: any of it, or nothing.
fn described_otherwise(dice: &mut Dice, crystal: Crystal) -> Crystal {
    let mut crystal = crystal;
    if dice.chance(0.2) {
        let by = if dice.chance(0.5) {
            [(); 3].map(|()| dice.pick(&[0.0, 0.25, 0.5, 0.125]))
        } else {
            [(); 3].map(|()| dice.unit())
        };
        crystal = made(crystal.translated(by)).wrapped();
    }
    if dice.chance(0.15) {
        crystal = made(crystal.map_sites(|site| Site { position: elsewhere(dice, site.position), ..site.clone() }));
    }
    if dice.chance(0.15) {
        let steps = [(); 3].map(|()| dice.within(-2, 2));
        let rows = [[1, steps[0], steps[1]], [0, 1, steps[2]], [0, 0, 1]];
        if let Ok(slanted) = crystal.with_basis(rows) {
            crystal = if thick_enough(slanted.lattice()) { slanted } else { crystal };
        }
    }
    if dice.chance(0.12) {
        crystal = made(crystal.with_basis([[0, 1, 0], [1, 0, 0], [0, 0, 1]]));
    }
    if dice.chance(0.25) {
        crystal = made(crystal.rotated(dice.rotation()));
    }
    crystal
}

/// Two atoms at one position, or at equivalent positions of neighboring cells.
fn with_close_sites(dice: &mut Dice, crystal: Crystal) -> Crystal {
    let sites = crystal.num_sites();
    let (from, to) = (dice.below(sites), dice.below(sites));
    let mut position = crystal.sites()[from].position;
    if dice.chance(0.3) {
        position.0[dice.below(3)] += 1.0;
    }
    let mut at = 0;
    made(crystal.map_sites(|site| {
        at += 1;
        if at - 1 == to { Site { position, ..site.clone() } } else { site.clone() }
    }))
}

fn made(crystal: Result<Crystal, CrystalError>) -> Crystal {
    crystal.expect("invariant: there are sites, with finite positions, in a cell with a volume")
}

/// Whether no two atoms are closer than 0.2 Å, and all are in the cell.
pub(super) fn is_spaced(crystal: &Crystal) -> bool {
    let inside = |position: Frac| position.0.iter().all(|x| (0.0..1.0).contains(x));
    crystal.sites().iter().all(|site| inside(site.position))
        && crystal.lattice().plane_spacings().iter().all(|spacing| *spacing >= 1.0)
        && crystal.min_distance().is_ok_and(|least| least.is_none_or(|least| least > 0.2))
}
