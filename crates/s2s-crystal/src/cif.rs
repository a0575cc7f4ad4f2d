//! The Crystallographic Information File, versions 1.1 and 2.0.
//!
//! ```text
//! text ──blocks──▶ Block ──Block::crystal──▶ ParsedStructure { name, crystal, diagnostics }
//! ```
//!
//! [`read`] does both steps for every block that describes a structure; [`read_one`] expects a single structure.
//! Blocks that list no atoms, such as those of publication texts, are passed over.
//!
//! Read are the cell, the symmetry operations in all their spellings, atoms in fractional or Cartesian coordinates,
//! occupancies, oxidation numbers, D and T. After symmetry has been applied, the atoms are compared with the stated
//! formula and multiplicities.
//!
//! # Errors, warnings and notes
//!
//! What makes the atoms uncertain is an error; what contradicts redundant information, or cannot be read and is not needed,
//! is a warning; what was normalized is a note. [`Strictness`] makes warnings errors, or lets an error pass
//! as a warning where one reading is clearly meant.
//!
//! | | error | warning | note |
//! |---|---|---|---|
//! | elements | groups, water, dummies, `La/Sr` | label and type differ, `CA1` without a formula | `Nb0.8Zr0.2` is a mixed site, D is hydrogen |
//! | formula | another amount of an element *(lenient: warning)* | unreadable, missing hydrogen, another Z | |
//! | symmetry | statements that give other atoms *(lenient: warning)*, a coordinate-system code that the group does not have, superspace alone, magnetic alone *(lenient: warning where operations are listed)* | unreadable statement beside another one | operations that follow from a name |
//! | multiplicity | | neither the images nor the order of the site | |
//! | occupancy | beyond its bounds or sum | | within three standard uncertainties of 0 or 1 |
//! | cell | unreadable, no volume | stated volume differs | |
//! | Cartesian frame | matrix incomplete, singular or of another cell | axes stated in words that are not read | |
//! | loops | a column of the atoms in another loop, rows that differ of a tag that has one value | | |
//! | damage | in what is needed | in loops and tags that are not needed, equal block names | |
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, cif};
//!
//! let text = "
//! data_CsCl
//! _cell_length_a 4.123(1)
//! _cell_length_b 4.123(1)
//! _cell_length_c 4.123(1)
//! _cell_angle_alpha 90
//! _cell_angle_beta 90
//! _cell_angle_gamma 90
//! _chemical_formula_sum 'Cs Cl'
//! loop_
//! _atom_site_label
//! _atom_site_fract_x
//! _atom_site_fract_y
//! _atom_site_fract_z
//! Cs1 0 0 0
//! Cl1 0.5 0.5 0.5
//! ";
//! let structure = cif::read_one(text, &ReadOptions::ordered())?;
//! assert_eq!(structure.crystal.num_sites(), 2);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```

mod block;
mod blocks;
mod cartesian_frame;
mod charges;
mod check;
mod columns;
mod coordinate_system;
mod element_word;
mod expand;
mod lexer;
mod magnetic;
mod occupancy;
mod single_value;
mod sites;
mod stated_formula;
mod symmetry;
mod symmetry_statement;
mod tag;
mod value;
mod write;

pub use block::Block;
pub use blocks::{Blocks, blocks};
pub use value::Value;
pub use write::write;

use crate::{
    Lattice, SymOp,
    cif::{
        expand::Expanded,
        tag::{Key, same_tag},
    },
    diagnostic::{DiagnosticKind, Diagnostics},
    number::number_with_uncertainty,
    options::{Merge, ReadOptions, Strictness},
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::{ParsedStructure, assemble, assemble_apart, bounded, kept_name},
};

/// The structures of a CIF, block by block; one bad block does not hide the others.
///
/// Blocks that list no atoms are passed over. If no block does, that is the only error.
pub fn read<'a, T: AsRef<[u8]> + ?Sized>(
    text: &'a T,
    options: &'a ReadOptions,
) -> impl Iterator<Item = Result<ParsedStructure, ParseError>> + 'a {
    let text = text.as_ref();
    let allowed = text.len() <= options.limits.bytes;
    let mut blocks = blocks(if allowed { text } else { &[] });
    let mut found = false;
    let mut finished = false;
    let mut without_atoms: Option<ParseError> = None;
    std::iter::from_fn(move || {
        if !allowed && !finished {
            finished = true;
            let message = format!("{} bytes exceed the limit of {}", text.len(), options.limits.bytes);
            return Some(Err(
                Fault::new(0, ParseErrorKind::LimitExceeded, message).locate(&mut Locator::new(&[]), None)
            ));
        }
        loop {
            match blocks.next() {
                Some(Ok(block)) if !block.is_structure() => {
                    if !found && without_atoms.is_none() && block.has_category("_cell_length") {
                        let fault = Fault::new(block.heading, ParseErrorKind::NoSites, "the block lists no atoms");
                        without_atoms = Some(block.locate(fault));
                    }
                }
                Some(block) => {
                    found = true;
                    return Some(block.and_then(|block| block.crystal(options)));
                }
                None if found || finished => return None,
                None => {
                    finished = true;
                    let empty = || {
                        let fault = Fault::new(0, ParseErrorKind::Empty, "no data block describes a structure");
                        fault.locate(&mut Locator::new(text), None)
                    };
                    return Some(Err(without_atoms.take().unwrap_or_else(empty)));
                }
            }
        }
    })
}

/// The only structure of a CIF.
///
/// # Errors
///
/// The first fault, or [`ParseErrorKind::UnexpectedToken`] at the second structure if there is one.
pub fn read_one<T: AsRef<[u8]> + ?Sized>(text: &T, options: &ReadOptions) -> Result<ParsedStructure, ParseError> {
    let mut structures = read(text, options);
    let Some(first) = structures.next() else {
        return Err(Fault::new(0, ParseErrorKind::Empty, "no data block describes a structure")
            .locate(&mut Locator::new(&[]), None));
    };
    let first = first?;
    match structures.next() {
        None => Ok(first),
        Some(Err(error)) => Err(error),
        Some(Ok(second)) => {
            let text = text.as_ref();
            let heading = blocks(text).flatten().find(|block| kept_name(block.name) == second.name);
            let message = format!("a single structure is wanted, and {} is a second one", shorten(&second.name));
            let fault = Fault::new(heading.map_or(0, |b| b.heading), ParseErrorKind::UnexpectedToken, message);
            Err(fault.locate(&mut Locator::new(text), Some(&second.name)))
        }
    }
}

const CELL: [Key; 6] = [
    Key::new("_cell_length_a"),
    Key::new("_cell_length_b"),
    Key::new("_cell_length_c"),
    Key::new("_cell_angle_alpha"),
    Key::new("_cell_angle_beta"),
    Key::new("_cell_angle_gamma"),
];

/// Whether the atoms cannot be read without this tag.
fn is_needed(tag: &[u8], are_cartesian: bool) -> bool {
    let is = |key: &Key| same_tag(tag, key.name.as_bytes());
    CELL.iter().any(is) || columns::needed_keys().any(is) || are_cartesian && cartesian_frame::states_a_frame(tag)
}

impl Block<'_> {
    /// Whether the block lists atoms.
    pub fn is_structure(&self) -> bool {
        self.has_category("_atom_site_fract") || self.has_category("_atom_site_cartn")
    }

    /// The structure of the block: all atoms of the cell, checked against what the block states about itself.
    ///
    /// # Errors
    ///
    /// The first fault of the block, with its line and column.
    pub fn crystal(&self, options: &ReadOptions) -> Result<ParsedStructure, ParseError> {
        let mut diagnostics = Diagnostics::new(options);
        let read = |diagnostics: &mut Diagnostics| {
            let are_cartesian = !columns::have_fractions(self);
            self.check_damage(|tag| is_needed(tag, are_cartesian), diagnostics)?;
            single_value::check(self, CELL.iter().chain(check::single_keys()).chain(symmetry::single_keys()))?;
            let lattice = self.lattice(options, diagnostics)?;
            let table = sites::Table::find(self, options)?;
            let symmetry = symmetry::find(self, &lattice, options, diagnostics)?;
            let sites = table.rows.rows as usize;
            let most = symmetry.choices.iter().map(|choice| choice.operations.len()).max().unwrap_or(1);
            if most > 1 && sites.saturating_mul(most) > options.limits.images {
                let limit = options.limits.images;
                let message = format!("{most} operations on {sites} sites exceed the limit of {limit} images");
                return Err(Fault::new(table.rows.offset as usize, ParseErrorKind::LimitExceeded, message));
            }
            let listed = table.read(self, &lattice, diagnostics)?;
            let Expanded { sites: placed, apart } = self.expand(&lattice, &symmetry, &listed, options, diagnostics)?;
            let (cell, start) = ((lattice, [true; 3]), table.rows.offset as usize);
            let assemble = if apart { assemble_apart } else { assemble };
            let crystal = assemble(cell, placed, options, diagnostics, start)?;
            Ok((crystal, sites))
        };
        let (crystal, sites_listed) = read(&mut diagnostics).map_err(|fault| self.locate(fault))?;
        let (name, found) = ((self.name, self.heading), (crystal, sites_listed));
        Ok(ParsedStructure::new(name, found, diagnostics, self.locator, Some(&self.name())))
    }

    /// All atoms of the cell. Where the block names a space group with several settings, the first one counts that
    /// agrees best with everything else that the block states.
    fn expand(
        &self,
        lattice: &Lattice,
        symmetry: &symmetry::Symmetry,
        listed: &[sites::Listed],
        options: &ReadOptions,
        diagnostics: &mut Diagnostics,
    ) -> Result<Expanded, Fault> {
        let attempt = |choice: &symmetry::Choice, diagnostics: &mut Diagnostics| {
            symmetry::check_fit(&choice.operations, lattice, symmetry.offset, diagnostics)?;
            let expanded = expand::expand(lattice, &choice.operations, listed, options, diagnostics)?;
            check::formula(self, &expanded.sites, diagnostics)?;
            if let Some(assumption) = &choice.assumption {
                diagnostics.note(symmetry.offset, DiagnosticKind::Assumed, || assumption.clone());
            }
            Ok(expanded)
        };
        let (choice, expanded) = if let [only] = &symmetry.choices[..] {
            (only, attempt(only, diagnostics)?)
        } else {
            self.choose(lattice, symmetry, attempt, options, diagnostics)?
        };
        if let Some(rival) = &symmetry.rival {
            // Atoms that share a position are compared as one under every option.
            let options = ReadOptions { merge: Merge::STANDARD, ..options.clone() };
            let expanded = |operations: &[SymOp]| {
                expand::expand(lattice, operations, listed, &options, &mut diagnostics.trial()).ok()
            };
            let ours = expanded(&choice.operations);
            let same = rival.choices.iter().filter_map(|operations| expanded(operations)).any(|theirs| {
                ours.as_ref().is_some_and(|ours| expand::same_atoms(lattice, &ours.sites, &theirs.sites))
            });
            let (kind, message) = (DiagnosticKind::SymmetryMismatch, &rival.message);
            if same {
                diagnostics.warn(rival.offset, kind, || format!("{message}, but the atoms are the same under both"))?;
            } else {
                diagnostics.doubt(rival.offset, kind, || format!("{message}, and the atoms differ between them"))?;
            }
        }
        Ok(expanded)
    }

    /// The setting with the fewest warnings among those under which the block can be read.
    fn choose<'s>(
        &self,
        lattice: &Lattice,
        symmetry: &'s symmetry::Symmetry,
        attempt: impl Fn(&symmetry::Choice, &mut Diagnostics) -> Result<Expanded, Fault>,
        options: &ReadOptions,
        diagnostics: &mut Diagnostics,
    ) -> Result<(&'s symmetry::Choice, Expanded), Fault> {
        let mut best: Option<(&symmetry::Choice, Expanded, Diagnostics)> = None;
        let mut first_fault = None;
        let mut several = false;
        for choice in &symmetry.choices {
            let mut found = diagnostics.trial();
            match attempt(choice, &mut found) {
                Err(fault) => first_fault = first_fault.or(Some(fault)),
                Ok(expanded) => match &best {
                    Some((_, known, fewest)) if found.num_warnings() >= fewest.num_warnings() => {
                        several |= found.num_warnings() == fewest.num_warnings()
                            && !expand::same_atoms(lattice, &known.sites, &expanded.sites);
                    }
                    _ => {
                        several = false;
                        best = Some((choice, expanded, found));
                    }
                },
            }
        }
        if let Some((choice, expanded, found)) = best {
            diagnostics.append(found)?;
            if several {
                diagnostics.warn(symmetry.offset, DiagnosticKind::Assumed, || {
                    "several settings of the space group agree with the block, and the first is taken".to_owned()
                })?;
            }
            return Ok((choice, expanded));
        }
        match (first_fault, symmetry.choices.first()) {
            (_, Some(choice)) if options.strictness == Strictness::Lenient => {
                attempt(choice, diagnostics).map(|expanded| (choice, expanded))
            }
            (Some(fault), _) => Err(fault),
            (None, _) => {
                Err(Fault::new(symmetry.offset, ParseErrorKind::UnknownSpaceGroup, "the space group is unknown"))
            }
        }
    }

    fn lattice(&self, options: &ReadOptions, diagnostics: &mut Diagnostics) -> Result<Lattice, Fault> {
        let mut numbers = [0.0; 6];
        let mut values = [None; 6];
        for ((number, value), key) in numbers.iter_mut().zip(&mut values).zip(&CELL) {
            *value = self.get(key);
            *number = self.cell_number(key.name, *value)?;
        }
        let [a, b, c, alpha, beta, gamma] = numbers;
        let offset = values[0].map_or(self.heading, |value| value.offset());
        let lattice = Lattice::from_parameters([a, b, c], [alpha, beta, gamma])
            .map_err(|error| Fault::new(offset, ParseErrorKind::InvalidCell, error.to_string()))?;
        let lattice = bounded(lattice, options, offset)?;
        check::volume(self, &lattice, &values, diagnostics)?;
        Ok(lattice)
    }

    fn cell_number(&self, tag: &str, value: Option<Value<'_>>) -> Result<f64, Fault> {
        let Some(value) = value else {
            return Err(Fault::new(self.heading, ParseErrorKind::MissingTag, format!("{tag} is missing")));
        };
        if value.is_absent() {
            return Err(Fault::new(value.offset(), ParseErrorKind::MissingValue, format!("{tag} is unknown")));
        }
        number_with_uncertainty(value.bytes()).ok_or_else(|| {
            let message = format!("{tag} is not a number: {}", shorten(value.bytes()));
            Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
        })
    }
}
