//! Shrinking of failing values, one change at a time.

use std::{fmt, sync::Arc};

use proptest::strategy::ValueTree;

use crate::{Crystal, Element, Frac, Lattice, Site, Species};

/// A value with simpler ones next to it.
pub trait Simplify: Clone + fmt::Debug {
    /// How complicated it is; only what is less so is tried in its place, so that shrinking ends.
    fn complexity(&self) -> u64;

    /// How many changes there are to try.
    fn num_changes(&self) -> usize;

    /// The value after one of them; `None` where it does not apply.
    fn changed(&self, change: usize) -> Option<Self>;
}

/// The value tree of every strategy that generates whole crystals: greedy, it keeps any change after which the test fails.
pub struct GreedyTree<T> {
    failing: T,
    current: T,
    next: usize,
    /// Changes tried since the last that was kept.
    tried: usize,
    allowed: Arc<dyn Fn(&T) -> bool + Send + Sync>,
}

impl<T: fmt::Debug> fmt::Debug for GreedyTree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GreedyTree").field("current", &self.current).finish_non_exhaustive()
    }
}

impl<T: Simplify> GreedyTree<T> {
    pub(super) fn new(value: T, allowed: Arc<dyn Fn(&T) -> bool + Send + Sync>) -> Self {
        Self { failing: value.clone(), current: value, next: 0, tried: 0, allowed }
    }

    fn advance(&mut self) -> bool {
        let changes = self.failing.num_changes();
        let limit = self.failing.complexity();
        while self.tried < changes {
            let change = self.next % changes;
            self.next = change + 1;
            self.tried += 1;
            if let Some(simpler) = self.failing.changed(change)
                && simpler.complexity() < limit
                && (self.allowed)(&simpler)
            {
                self.current = simpler;
                return true;
            }
        }
        self.current = self.failing.clone();
        false
    }
}

impl<T: Simplify> ValueTree for GreedyTree<T> {
    type Value = T;

    fn current(&self) -> T {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.failing = self.current.clone();
        self.tried = 0;
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
    }
}

/// Sites that are removed one by one, and whose positions are simplified; of more, only larger pieces are removed.
const SINGLE: usize = 24;

/// Pieces of a crystal's sites that are removed at once: halves, quarters, eighths, sixteenths.
const PIECES: [usize; 4] = [2, 4, 8, 16];

const LATTICE_CHANGES: usize = 9;
const ELEMENT_CHANGES: usize = 7;
const POSITION_CHANGES: usize = 7;

impl Simplify for Crystal {
    fn complexity(&self) -> u64 {
        let rows: u64 = self.lattice().vectors().iter().flatten().map(|x| digits(*x)).sum();
        let sites: u64 = self.sites().iter().map(site_complexity).sum();
        let mut elements: Vec<u8> = self.sites().iter().flat_map(numbers).collect();
        elements.sort_unstable();
        elements.dedup();
        rows + sites + 20 * elements.len() as u64 + 5 * u64::from(self.periodic() != [true; 3])
    }

    fn num_changes(&self) -> usize {
        let pieces: usize = PIECES.iter().sum();
        pieces + LATTICE_CHANGES + ELEMENT_CHANGES + SINGLE.min(self.num_sites()) * (1 + POSITION_CHANGES)
    }

    fn changed(&self, mut change: usize) -> Option<Self> {
        for pieces in PIECES {
            if change < pieces {
                return without_piece(self, change, pieces);
            }
            change -= pieces;
        }
        let single = SINGLE.min(self.num_sites());
        if change < single {
            return without(self, change..change + 1);
        }
        change -= single;
        if change < LATTICE_CHANGES {
            return with_lattice(self, simpler_lattice(self.lattice(), change)?);
        }
        change -= LATTICE_CHANGES;
        if change < ELEMENT_CHANGES {
            return simpler_elements(self, change);
        }
        change -= ELEMENT_CHANGES;
        let (site, change) = (change / POSITION_CHANGES, change % POSITION_CHANGES);
        let mut at = 0;
        let position = simpler_position(self.sites().get(site)?.position, change);
        let moved = self.map_sites(|s| {
            at += 1;
            if at == site + 1 { Site { position, ..s.clone() } } else { s.clone() }
        });
        moved.ok()
    }
}

fn numbers(site: &Site) -> impl Iterator<Item = u8> + '_ {
    site.species.occupants().iter().map(|occupant| occupant.element.atomic_number())
}

fn site_complexity(site: &Site) -> u64 {
    let occupants = site.species.occupants();
    let shares: u64 = occupants.iter().map(|o| digits(o.occupancy) + 5 * u64::from(o.oxidation.is_some())).sum();
    let elements: u64 = numbers(site).map(|z| u64::from(z) / 30).sum();
    100 * occupants.len() as u64 + shares + elements + site.position.0.iter().map(|x| digits(*x)).sum::<u64>()
}

/// Length of a number as it is written; zero for 0.
fn digits(x: f64) -> u64 {
    if x.to_bits() == 0 {
        return 0;
    }
    format!("{x:?}").len() as u64 + u64::from(!(0.0..1.0).contains(&x))
}

fn without_piece(crystal: &Crystal, piece: usize, pieces: usize) -> Option<Crystal> {
    let sites = crystal.num_sites();
    without(crystal, piece * sites / pieces..(piece + 1) * sites / pieces)
}

fn without(crystal: &Crystal, removed: std::ops::Range<usize>) -> Option<Crystal> {
    let kept = crystal.sites().iter().enumerate().filter(|(k, _)| !removed.contains(k)).map(|(_, s)| s.clone());
    rebuilt(crystal, *crystal.lattice(), kept.collect())
}

fn with_lattice(crystal: &Crystal, lattice: Lattice) -> Option<Crystal> {
    rebuilt(crystal, lattice, crystal.sites().to_vec())
}

fn rebuilt(crystal: &Crystal, lattice: Lattice, sites: Vec<Site>) -> Option<Crystal> {
    Some(Crystal::new(lattice, sites).ok()?.with_periodicity(crystal.periodic()))
}

fn simpler_lattice(lattice: &Lattice, change: usize) -> Option<Lattice> {
    let (lengths, angles) = (lattice.lengths(), lattice.angles());
    let round = |x: f64, step: f64| (x / step).round() * step;
    let mean = lattice.volume().cbrt();
    match change {
        0 => Lattice::cubic(4.0),
        1 => Lattice::cubic(round(mean, 1.0)),
        2 => Lattice::cubic(lengths[0]),
        3 => Lattice::from_parameters(lengths.map(|x| round(x, 1.0)), [90.0; 3]),
        4 => Lattice::from_parameters(lengths, [90.0; 3]),
        5 => Lattice::from_parameters(lengths.map(|x| round(x, 0.5)), angles.map(|x| round(x, 30.0))),
        6 => Lattice::from_parameters(lengths, angles),
        7 => Lattice::from_rows(lattice.vectors().map(|row| row.map(|x| round(x, 1.0) + 0.0))),
        _ => Lattice::from_rows(lattice.vectors().map(|row| row.map(|x| (x * 100.0).round() / 100.0 + 0.0))),
    }
    .ok()
}

fn simpler_elements(crystal: &Crystal, change: usize) -> Option<Crystal> {
    let mut elements: Vec<Element> =
        crystal.sites().iter().flat_map(|s| s.species.occupants()).map(|o| o.element).collect();
    elements.sort_unstable();
    elements.dedup();
    let all_pure = |crystal: &Crystal| crystal.map_sites(|s| Site::pure(s.species.majority_element(), s.position)).ok();
    match change {
        0 => crystal.map_sites(|s| Site::pure(elements[0], s.position)).ok(),
        1 => all_pure(crystal),
        2 => crystal
            .map_sites(|s| {
                let plain = s.species.occupants().iter().map(|o| crate::Occupant { oxidation: None, ..*o }).collect();
                Site { species: Species::new(plain).unwrap_or_else(|_| s.species.clone()), ..s.clone() }
            })
            .ok(),
        // One element fewer.
        change => {
            let (kept, gone) = (*elements.first()?, *elements.get(change - 2)?);
            Some(crystal.substituted(gone, kept))
        }
    }
}

fn simpler_position(position: Frac, change: usize) -> Frac {
    let x = position.0;
    let only = |axis: usize| Frac([0, 1, 2].map(|k| if k == axis { 0.0 } else { x[k] }));
    match change {
        0 => Frac([0.0; 3]),
        1 => position.wrapped(),
        2 => Frac(x.map(|x| (x * 4.0).round() / 4.0 + 0.0)),
        3 => Frac(x.map(|x| (x * 100.0).round() / 100.0 + 0.0)),
        change => only(change - 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_keeps_what_makes_the_test_fail_and_nothing_else() {
        let rows = [[4.31, 0.2, 0.0], [0.1, 5.2, 0.3], [1.0, 0.2, 7.7]];
        let site = |k: usize| (Element::all().nth(k + 20).expect("an element"), [0.1 * k as f64, 0.37, 0.73]);
        let crystal = Crystal::ordered(Lattice::from_rows(rows).expect("a cell"), (0..40).map(site)).expect("sites");
        let mut tree = GreedyTree::new(crystal, Arc::new(|_| true));
        let fails = |c: &Crystal| c.sites().iter().any(|s| s.position.0[0] > 1.0) && c.num_sites() > 1;
        assert!(fails(&tree.current()));
        let mut more = tree.simplify();
        while more {
            more = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
        }
        let least = tree.current();
        assert!(fails(&least));
        assert_eq!((least.num_sites(), least.composition().num_elements()), (2, 1), "{least:?}");
        assert_eq!(least.lattice().vectors(), [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]);
        assert!(format!("{least:#?}").lines().count() <= 4, "{least:?}");
    }
}
