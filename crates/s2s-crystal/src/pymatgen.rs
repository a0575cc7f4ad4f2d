//! `Structure` JSON as pymatgen and the Materials Project write it.
//!
//! The text is a structure, a document or computed entry that holds one under `structure`, a list of these, a map of
//! names to them, an answer that lists them under `data`, a table as pandas writes it (by column, by row, or with its columns named apart),
//! or one on each line. A record, cell or entry that has no structure is an error beside those that have one; other objects and nulls in a map
//! of entries are named in a warning. The matrix and the fractional coordinates
//! count: Cartesian coordinates are rounded in older files and are read only where the fractional ones are missing.
//! `NaN` and infinity are errors only in values that the structure needs.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, pymatgen};
//!
//! let text = r#"{"@class": "Structure", "lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]},
//!     "sites": [{"species": [{"element": "Po", "occu": 1}], "abc": [0, 0, 0]}]}"#;
//! let options = ReadOptions::ordered();
//! let structures: Result<Vec<_>, _> = pymatgen::read(text, &options).collect();
//! assert_eq!(structures?[0].crystal.num_sites(), 1);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```

mod write;

pub use crate::entries::read;
pub use write::write;

use crate::{
    Cart, Element, Frac, Lattice, Occupant, Species,
    diagnostic::{DiagnosticKind, Diagnostics},
    json::Value,
    number::number,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseErrorKind, shorten},
    parsed_structure::{ParsedSite, ParsedStructure, assemble, bounded, is_near},
};

/// How far a stated length or volume may be from that of the matrix, relative to it.
const RELATIVE: f64 = 2e-3;

/// How far a stated angle may be from that of the matrix, in degrees.
const ANGLE: f64 = 0.2;

/// The structure of an object with `lattice` and `sites`.
pub(crate) fn structure<'a>(
    value: Value<'a>,
    [lattice, sites]: [Option<Value<'a>>; 2],
    name: &str,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    let lattice = value.required(lattice, "lattice")?;
    let sites = value.required(sites, "sites")?;
    let [matrix, pbc, lengths @ .., volume] =
        lattice.pick("lattice", ["matrix", "pbc", "a", "b", "c", "alpha", "beta", "gamma", "volume"])?;
    let matrix = lattice.required(matrix, "matrix")?;
    let checked = Lattice::from_rows(matrix.matrix("matrix")?);
    let cell = checked.map_err(|error| Fault::new(matrix.offset, ParseErrorKind::InvalidCell, error.to_string()))?;
    let cell = bounded(cell, options, matrix.offset)?;
    let periodic = pbc.map_or(Ok([true; 3]), |pbc| pbc.flags("pbc"))?;
    let mut diagnostics = Diagnostics::new(options);
    compare(&cell, lengths, volume, &mut diagnostics)?;
    let mut parsed_sites = Vec::new();
    for element in sites.list("sites")? {
        if parsed_sites.len() == options.limits.atoms {
            let message = format!("the sites exceed the limit of {}", options.limits.atoms);
            return sites.fault(ParseErrorKind::LimitExceeded, message);
        }
        parsed_sites.push(site(element, &cell, &mut diagnostics)?);
    }
    let written = parsed_sites.len();
    let crystal = assemble((cell, periodic), parsed_sites, options, &mut diagnostics, sites.offset)?;
    let name_at = (name.as_bytes(), sites.offset);
    Ok(ParsedStructure::new(name_at, (crystal, written), diagnostics, locator, Some(name)))
}

/// Warns of stated lengths and angles, or a stated volume, that are not those of the matrix.
fn compare(
    cell: &Lattice,
    parameters: [Option<Value<'_>>; 6],
    volume: Option<Value<'_>>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let ([a, b, c], [alpha, beta, gamma]) = (cell.lengths(), cell.angles());
    let names = ["a", "b", "c", "alpha", "beta", "gamma", "volume"];
    let found = [a, b, c, alpha, beta, gamma, cell.volume()];
    let stated = parameters.into_iter().chain([volume]);
    for (k, ((name, found), stated)) in names.into_iter().zip(found).zip(stated).enumerate() {
        let Some(stated) = stated else { continue };
        let Some(number) = number(stated.bytes()) else {
            diagnostics.warn(stated.offset, DiagnosticKind::UnreadableValue, || {
                format!("{name} of the lattice is not a number: {}", shorten(stated.bytes()))
            })?;
            continue;
        };
        let tolerance = if (3..6).contains(&k) { ANGLE } else { RELATIVE * found };
        if (number - found).abs() > tolerance {
            return diagnostics.warn(stated.offset, DiagnosticKind::CellMismatch, || {
                format!("{name} is stated as {}, that of the matrix is {found:.4}", shorten(stated.bytes()))
            });
        }
    }
    Ok(())
}

fn site(value: Value<'_>, lattice: &Lattice, diagnostics: &mut Diagnostics) -> Result<ParsedSite, Fault> {
    let [species, abc, xyz] = value.pick("a site", ["species", "abc", "xyz"])?;
    let position = match (abc, xyz) {
        (Some(abc), _) => Frac(abc.vector("abc")?),
        (None, Some(xyz)) => lattice.to_frac(Cart(xyz.vector("xyz")?)),
        (None, None) => return value.fault(ParseErrorKind::MissingTag, "the site has neither abc nor xyz"),
    };
    if !is_near(position) {
        return value.fault(ParseErrorKind::InvalidNumber, "a position is too far from the cell");
    }
    let species = value.required(species, "species")?;
    let mut list = species.list("species")?;
    let occupants = match (list.next(), list.next()) {
        // Nearly every site has one occupant, of which nothing is said but the element: no list is needed for it.
        (Some(only), None) => match occupant(only, diagnostics)? {
            Occupant { element, occupancy: 1.0, oxidation: None } => {
                return Ok(ParsedSite { position, species: Species::pure(element), offset: value.offset });
            }
            occupant => vec![occupant],
        },
        _ => species.list("species")?.map(|one| occupant(one, diagnostics)).collect::<Result<_, _>>()?,
    };
    match Species::new(occupants) {
        Ok(species) => Ok(ParsedSite { position, species, offset: value.offset }),
        Err(error) => species.fault(ParseErrorKind::InvalidOccupancy, error.to_string()),
    }
}

fn occupant(value: Value<'_>, diagnostics: &mut Diagnostics) -> Result<Occupant, Fault> {
    let [name, occu, state] = value.pick("a species", ["element", "occu", "oxidation_state"])?;
    let element = element(value.required(name, "element")?, diagnostics)?;
    let occupancy = occu.map_or(Ok(1.0), |occu| occu.number("occu"))?;
    let oxidation = match state {
        Some(state) => {
            let charge = state.number("oxidation_state")? as f32;
            if !charge.is_finite() {
                let message = format!("oxidation_state is not a charge: {}", shorten(state.bytes()));
                return state.fault(ParseErrorKind::InvalidNumber, message);
            }
            Some(charge)
        }
        None => None,
    };
    Ok(Occupant { element, occupancy, oxidation })
}

/// An element by its exact symbol; dummy species are none.
pub(crate) fn element(value: Value<'_>, diagnostics: &mut Diagnostics) -> Result<Element, Fault> {
    let symbol = value.text("element")?;
    let isotope = symbol == "D" || symbol == "T";
    if isotope {
        diagnostics.note(value.offset, DiagnosticKind::Isotope, || format!("{symbol} was read as hydrogen"));
    }
    match Element::from_symbol(if isotope { "H" } else { &symbol }) {
        Some(element) => Ok(element),
        None => value.fault(ParseErrorKind::UnknownElement, format!("{} is no element", shorten(&*symbol))),
    }
}
