//! Space groups, primitive and standardized cells, through moyo.

use std::panic::{AssertUnwindSafe, catch_unwind};

use moyo::{
    MoyoDataset,
    base::{AngleTolerance, Cell, Lattice as MoyoLattice, Operation, Position},
    data::Setting,
};

use crate::{Crystal, CrystalError, Frac, Lattice, Site, Species, SymOp};

/// How symmetry is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymmetrySearch {
    /// How far in Å an atom may be from where symmetry puts it.
    pub tolerance: f64,
    /// Sites that a crystal may have: the time grows with their square.
    pub max_sites: usize,
}

/// The symmetry of a crystal, and the cells that it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Symmetry {
    /// Number of the space group in the International Tables, 1..=230.
    pub number: u16,
    /// Short Hermann–Mauguin symbol, such as `Fd-3m`.
    pub symbol: String,
    /// Pearson symbol of the standardized cell, such as `cF8`.
    pub pearson: String,
    /// Number of symmetry operations of the cell as given.
    pub num_operations: usize,
    /// These operations, in units of the lattice vectors of the cell as given.
    pub operations: Vec<SymOp>,
    /// For every site, the first site that symmetry maps it to.
    pub orbits: Vec<usize>,
    /// For every site, the letter of its Wyckoff position.
    pub wyckoff_letters: Vec<char>,
    /// The smallest cell, in the orientation of the standardized one, freed from deviations within the tolerance.
    pub primitive: Crystal,
    /// The conventional cell: unique axis b, hexagonal axes, origin choice 2, freed from deviations likewise.
    pub standardized: Crystal,
}

/// The symmetry of a crystal in numbers that do not depend on the choice of its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymmetrySummary {
    /// Number of the space group in the International Tables, 1..=230.
    pub number: u16,
    /// Sites of the primitive cell.
    pub primitive_sites: usize,
    /// Sites of the conventional cell.
    pub standardized_sites: usize,
    /// Orbits of the sites of the primitive cell.
    pub num_orbits: usize,
    /// Symmetry operations of the primitive cell.
    pub num_operations: usize,
}

/// Longest reduced lattice vector over the least plane spacing from which on a cell is refused: searching it takes forever.
const MAX_ASPECT: f64 = 500.0;

impl SymmetrySearch {
    /// A search with this tolerance in Å, for crystals of at most 1000 sites; 0.01 suits relaxed structures.
    pub fn with_tolerance(tolerance: f64) -> Self {
        Self { tolerance, max_sites: 1000 }
    }

    /// The symmetry of a crystal. Sites are alike if they have the same occupants with the same occupancies and charges.
    ///
    /// # Errors
    ///
    /// [`CrystalError::LimitExceeded`] beyond `max_sites`; [`CrystalError::NoSymmetry`] if the crystal does not repeat in
    /// three directions, is flat, has atoms closer than four tolerances, or the search finds no group within the tolerance.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site, SymmetrySearch};
    ///
    /// let niobium: Element = "Nb".parse()?;
    /// let sites = [[0.0; 3], [0.5; 3]].map(|x| Site::pure(niobium, Frac(x)));
    /// let crystal = Crystal::new(Lattice::from_parameters([3.3; 3], [90.0; 3])?, sites.to_vec())?;
    /// let symmetry = SymmetrySearch::with_tolerance(0.01).find(&crystal)?;
    /// assert_eq!((symmetry.number, symmetry.symbol.as_str()), (229, "Im-3m"));
    /// assert_eq!(symmetry.primitive.num_sites(), 1);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn find(&self, crystal: &Crystal) -> Result<Symmetry, CrystalError> {
        let Found { data: found, kinds, .. } = self.search(crystal)?;
        Ok(Symmetry {
            number: group_number(&found)?,
            symbol: found.hm_symbol.replace(' ', ""),
            pearson: found.pearson_symbol,
            num_operations: found.operations.len(),
            operations: found.operations.iter().map(to_operation).collect::<Result<_, _>>()?,
            orbits: found.orbits,
            wyckoff_letters: found.wyckoffs,
            primitive: to_crystal(&found.prim_std_cell, &kinds)?,
            standardized: to_crystal(&found.std_cell, &kinds)?,
        })
    }

    /// The symmetry of a crystal in numbers that do not depend on the choice of its cell: those that [`find`](Self::find)
    /// gives for its [primitive cell](Symmetry::primitive).
    ///
    /// One search is enough where every atom is within a tenth of the tolerance of where symmetry puts it. Elsewhere the
    /// primitive cell, which is freed from deviations, may have a higher symmetry than the crystal, and is searched too.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub fn summarize(&self, crystal: &Crystal) -> Result<SymmetrySummary, CrystalError> {
        let first = self.search(crystal)?;
        let (primitive_sites, standardized_sites) =
            (first.data.prim_std_cell.num_atoms(), first.data.std_cell.num_atoms());
        let summary = |data: &MoyoDataset, num_operations: usize| {
            let mut orbits = data.orbits.clone();
            orbits.sort_unstable();
            orbits.dedup();
            let (number, num_orbits) = (group_number(data)?, orbits.len());
            Ok(SymmetrySummary { number, primitive_sites, standardized_sites, num_orbits, num_operations })
        };
        if first.deviation() <= SETTLED * self.tolerance {
            return summary(&first.data, point_group_order(group_number(&first.data)?));
        }
        let primitive = to_crystal(&first.data.prim_std_cell, &first.kinds)?;
        let second = self.search(&primitive)?.data;
        summary(&second, second.operations.len())
    }

    fn search<'c>(&self, crystal: &'c Crystal) -> Result<Found<'c>, CrystalError> {
        self.guard(crystal)?;
        // moyo has no occupancies: every kind of site gets a number of its own.
        let mut kinds: Vec<&Species> = Vec::new();
        let numbers = crystal.sites().iter().map(|site| {
            let known = kinds.iter().position(|kind| **kind == site.species);
            known.unwrap_or_else(|| {
                kinds.push(&site.species);
                kinds.len() - 1
            }) as i32
        });
        let numbers = numbers.collect::<Vec<_>>();
        let positions = crystal.sites().iter().map(|site| {
            let [x, y, z] = site.position.wrapped().0;
            Position::new(x, y, z)
        });
        let cell = Cell::new(MoyoLattice::from_basis(crystal.lattice().vectors()), positions.collect(), numbers);
        // A panic inside moyo is a bug of moyo's; to our caller it is a crystal without an answer.
        let search = AssertUnwindSafe(|| {
            MoyoDataset::new(&cell, self.tolerance, AngleTolerance::default(), Setting::Standard, true)
        });
        let found = catch_unwind(search).map_err(|_| no_symmetry("moyo panicked"))?;
        let data = found.map_err(|error| no_symmetry(error.to_string()))?;
        Ok(Found { data, cell, kinds })
    }

    /// Refuses what moyo is known to be slow on, or to get wrong.
    fn guard(&self, crystal: &Crystal) -> Result<(), CrystalError> {
        if crystal.num_sites() > self.max_sites {
            return Err(CrystalError::LimitExceeded { what: "the number of sites", limit: self.max_sites });
        }
        if crystal.periodic() != [true; 3] {
            return Err(no_symmetry("the crystal does not repeat in three directions"));
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(no_symmetry("the tolerance is not a positive length"));
        }
        let reduced = crystal.lattice().minkowski_reduced()?.lattice;
        let thinnest = reduced.plane_spacings().into_iter().fold(f64::INFINITY, f64::min);
        let longest = reduced.lengths().into_iter().fold(0.0, f64::max);
        if thinnest < 4.0 * self.tolerance || longest > MAX_ASPECT * thinnest {
            return Err(no_symmetry("the cell is too flat"));
        }
        if crystal.min_distance()?.is_some_and(|distance| distance < 4.0 * self.tolerance) {
            return Err(no_symmetry("two atoms are closer than four tolerances"));
        }
        Ok(())
    }
}

/// What moyo found, with the cell that it was given.
struct Found<'c> {
    data: MoyoDataset,
    cell: Cell,
    kinds: Vec<&'c Species>,
}

impl Found<'_> {
    /// How far in Å the farthest atom, or the end of a lattice vector, is from where symmetry puts it; infinite if that
    /// cannot be told.
    fn deviation(&self) -> f64 {
        let Self { data, cell, .. } = self;
        let (linear, refined) = (data.prim_std_linear, data.prim_std_cell.lattice.basis);
        let Some(inverse) = linear.try_inverse() else { return f64::INFINITY };
        let mut worst = 0.0_f64;
        for (position, place) in cell.positions.iter().zip(&data.mapping_std_prim) {
            let offset = inverse * (position - data.prim_std_origin_shift) - data.prim_std_cell.positions[*place];
            worst = worst.max((refined * offset.map(|x| x - x.round())).norm());
        }
        // Lengths and angles, since the refined lattice may be turned.
        let selected = cell.lattice.basis * linear;
        let (here, there) = (selected.transpose() * selected, refined.transpose() * refined);
        let longest = (0..3).map(|k| there[(k, k)]).fold(0.0, f64::max).sqrt();
        worst.max((here - there).abs().max() / longest)
    }
}

/// Deviation, in tolerances, up to which the primitive cell has the symmetry that was found for the crystal.
const SETTLED: f64 = 0.1;

fn group_number(data: &MoyoDataset) -> Result<u16, CrystalError> {
    u16::try_from(data.number).map_err(|_| no_symmetry("moyo gave no space group"))
}

/// Number of operations of the point group of a space group: of its primitive cell, that is.
fn point_group_order(number: u16) -> usize {
    /// The last space group of every crystal class, and the order of the class.
    const CLASSES: [(u16, usize); 32] = [
        (1, 1),
        (2, 2),
        (5, 2),
        (9, 2),
        (15, 4),
        (24, 4),
        (46, 4),
        (74, 8),
        (80, 4),
        (82, 4),
        (88, 8),
        (98, 8),
        (110, 8),
        (122, 8),
        (142, 16),
        (146, 3),
        (148, 6),
        (155, 6),
        (161, 6),
        (167, 12),
        (173, 6),
        (174, 6),
        (176, 12),
        (182, 12),
        (186, 12),
        (190, 12),
        (194, 24),
        (199, 12),
        (206, 24),
        (214, 24),
        (220, 24),
        (230, 48),
    ];
    CLASSES[CLASSES.partition_point(|(last, _)| *last < number).min(CLASSES.len() - 1)].1
}

fn no_symmetry(reason: impl Into<String>) -> CrystalError {
    CrystalError::NoSymmetry { reason: reason.into() }
}

fn to_operation(operation: &Operation) -> Result<SymOp, CrystalError> {
    let entry = |row: usize, column: usize| i8::try_from(operation.rotation[(row, column)]);
    let mut rotation = [[0; 3]; 3];
    for (row, entries) in rotation.iter_mut().enumerate() {
        for (column, value) in entries.iter_mut().enumerate() {
            *value = entry(row, column).map_err(|_| no_symmetry("the cell is too slanted"))?;
        }
    }
    Ok(SymOp::of_any_cell(rotation, operation.translation.into()))
}

fn to_crystal(cell: &Cell, kinds: &[&Species]) -> Result<Crystal, CrystalError> {
    let lattice = Lattice::from_rows(cell.lattice.basis_as_array())?;
    let species = |kind: i32| usize::try_from(kind).ok().and_then(|kind| kinds.get(kind));
    let sites = cell.positions_as_arrays().into_iter().zip(&cell.numbers).map(|(position, kind)| {
        let species = species(*kind).ok_or_else(|| no_symmetry("moyo gave an atom that was not there"))?;
        Ok(Site { species: (*species).clone(), position: Frac(position).wrapped() })
    });
    Crystal::new(lattice, sites.collect::<Result<Vec<_>, CrystalError>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_point_group_is_that_of_its_operations() {
        for number in 1..=230 {
            let mut entries = (1..=530).filter_map(moyo::data::hall_symbol_entry);
            let entry = entries.find(|entry| entry.number == i32::from(number)).expect("a space group");
            let symbol = moyo::data::HallSymbol::from_hall_number(entry.hall_number).expect("a Hall symbol");
            assert_eq!(point_group_order(number), symbol.primitive_traverse().len(), "{number}");
        }
    }
}
