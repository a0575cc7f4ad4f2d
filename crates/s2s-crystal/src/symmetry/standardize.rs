//! Operations, Wyckoff positions, primitive and standardized cells, through moyo.

use std::panic::{AssertUnwindSafe, catch_unwind};

use moyo::{
    MoyoDataset,
    base::{AngleTolerance, Cell, Lattice as MoyoLattice, Operation, Position},
    data::Setting,
};

use super::{SymmetrySearch, cell::site_kinds, no_symmetry};
use crate::{Crystal, CrystalError, Frac, Lattice, Site, Species, SymOp};

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

impl SymmetrySearch {
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
        let (found, kinds) = self.search(crystal)?;
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

    fn search<'c>(&self, crystal: &'c Crystal) -> Result<(MoyoDataset, Vec<&'c Species>), CrystalError> {
        self.guard(crystal)?;
        // moyo has no occupancies: every kind of site gets a number of its own.
        let (numbers, kinds) = site_kinds(crystal);
        let numbers = numbers.into_iter().map(|number| number as i32).collect();
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
        Ok((data, kinds))
    }
}

fn group_number(data: &MoyoDataset) -> Result<u16, CrystalError> {
    u16::try_from(data.number).map_err(|_| no_symmetry("moyo gave no space group"))
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
