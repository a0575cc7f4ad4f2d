//! `Structure` JSON as pymatgen and the Materials Project write it.
//!
//! The text is a structure, a document that holds one under `structure`, a list of either, or one on each line. The
//! matrix and the fractional coordinates count: Cartesian coordinates are rounded in older files and are read only
//! where the fractional ones are missing.
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

pub use write::write;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Cart, Element, Frac, Lattice, Occupant, Species,
    diagnostic::{DiagnosticKind, Diagnostics},
    entries::{Entries, Visit},
    json::Source,
    options::ReadOptions,
    parse_error::{Fault, ParseError, ParseErrorKind, shorten},
    parsed_structure::{ParsedStructure, Placed, assemble, bounded},
};

/// The structures of a text, one after the other; a fault in one does not hide the others.
pub fn read<'a, T: AsRef<[u8]> + ?Sized>(
    text: &'a T,
    options: &'a ReadOptions,
) -> impl Iterator<Item = Result<ParsedStructure, ParseError>> + 'a {
    Entries::new(text.as_ref(), options, visit)
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    lattice: Option<&'a RawValue>,
    #[serde(borrow)]
    sites: Option<&'a RawValue>,
    #[serde(borrow)]
    structure: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    material_id: Option<&'a RawValue>,
    #[serde(borrow)]
    task_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct LatticeDocument<'a> {
    #[serde(borrow)]
    matrix: Option<&'a RawValue>,
    #[serde(borrow)]
    pbc: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SiteDocument<'a> {
    #[serde(borrow)]
    species: Option<&'a RawValue>,
    #[serde(borrow)]
    abc: Option<&'a RawValue>,
    #[serde(borrow)]
    xyz: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SpeciesDocument<'a> {
    #[serde(borrow)]
    element: Option<&'a RawValue>,
    #[serde(borrow)]
    occu: Option<&'a RawValue>,
    #[serde(borrow)]
    oxidation_state: Option<&'a RawValue>,
}

/// What an object of the text is: a structure, or something that holds some.
fn visit<'a>(source: Source<'a>, raw: &'a RawValue, options: &ReadOptions) -> Result<Visit<'a>, Fault> {
    let document: Document<'a> = source.parse(raw, "the document")?;
    if let (Some(data), None) = (document.data, document.lattice) {
        return Ok(Visit::Holds(data));
    }
    let name = |raw: Option<&'a RawValue>| raw.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
    let name = name(document.material_id).or_else(|| name(document.task_id)).unwrap_or_default().into_owned();
    let (document, raw) = match document.structure {
        Some(structure) => (source.parse(structure, "the structure")?, structure),
        None => (document, raw),
    };
    structure(source, raw, &document, name, options).map(|reading| Visit::Structure(Box::new(reading)))
}

fn structure<'a>(
    source: Source<'a>,
    raw: &'a RawValue,
    document: &Document<'a>,
    name: String,
    options: &ReadOptions,
) -> Result<ParsedStructure, Fault> {
    let lattice_raw = source.required(document.lattice, raw, "lattice")?;
    let sites_raw = source.required(document.sites, raw, "sites")?;
    let lattice: LatticeDocument<'a> = source.parse(lattice_raw, "the lattice")?;
    let matrix_raw = source.required(lattice.matrix, lattice_raw, "matrix")?;
    let rows = source.matrix(matrix_raw, "the matrix")?;
    let offset = source.offset(matrix_raw);
    let checked = Lattice::from_rows(rows);
    let cell = checked.map_err(|error| Fault::new(offset, ParseErrorKind::InvalidCell, error.to_string()))?;
    let cell = bounded(cell, options, offset)?;
    let periodic: [bool; 3] = match lattice.pbc {
        Some(pbc) => source.parse(pbc, "pbc")?,
        None => [true; 3],
    };
    let sites = source.list(sites_raw, "the list of sites")?;
    if sites.len() > options.limits.atoms {
        let message = format!("{} sites exceed the limit of {}", sites.len(), options.limits.atoms);
        return Err(Fault::new(source.offset(sites_raw), ParseErrorKind::LimitExceeded, message));
    }
    let mut diagnostics = Diagnostics::new(options);
    let mut placed = Vec::with_capacity(sites.len());
    for raw in &sites {
        placed.push(site(source, raw, &cell, &mut diagnostics)?);
    }
    let crystal =
        assemble(cell, placed, options, &mut diagnostics, source.offset(sites_raw))?.with_periodicity(periodic);
    let diagnostics = diagnostics.locate(source.locator, Some(&name));
    Ok(ParsedStructure { name, crystal, sites_listed: sites.len(), diagnostics })
}

fn site<'a>(
    source: Source<'a>,
    raw: &'a RawValue,
    lattice: &Lattice,
    diagnostics: &mut Diagnostics,
) -> Result<Placed, Fault> {
    let document: SiteDocument<'a> = source.parse(raw, "a site")?;
    let position = match (document.abc, document.xyz) {
        (Some(abc), _) => Frac(source.vector(abc, "abc")?),
        (None, Some(xyz)) => lattice.to_frac(Cart(source.vector(xyz, "xyz")?)),
        (None, None) => return Err(missing(source, raw, "the site has neither abc nor xyz")),
    };
    let offset = source.offset(raw);
    if !position.0.iter().all(|x| x.is_finite()) {
        return Err(Fault::new(offset, ParseErrorKind::InvalidNumber, "a position is too far from the cell"));
    }
    let species_raw = source.required(document.species, raw, "species")?;
    let mut occupants = Vec::new();
    for raw in source.list(species_raw, "the list of species")? {
        let species: SpeciesDocument<'a> = source.parse(raw, "a species")?;
        let element = element(source, source.required(species.element, raw, "element")?, diagnostics)?;
        let occupancy = match species.occu {
            Some(occu) => source.number(occu, "occu")?,
            None => 1.0,
        };
        let oxidation = match species.oxidation_state {
            Some(state) => Some(source.number(state, "oxidation_state")? as f32),
            None => None,
        };
        occupants.push(Occupant { element, occupancy, oxidation });
    }
    let invalid = |error: crate::CrystalError| {
        Fault::new(source.offset(species_raw), ParseErrorKind::InvalidOccupancy, error.to_string())
    };
    Ok(Placed { position, species: Species::new(occupants).map_err(invalid)?, offset })
}

fn missing(source: Source<'_>, raw: &RawValue, message: &str) -> Fault {
    Fault::new(source.offset(raw), ParseErrorKind::MissingTag, message)
}

/// An element by its exact symbol; dummy species are none.
pub(crate) fn element<'a>(
    source: Source<'a>,
    raw: &'a RawValue,
    diagnostics: &mut Diagnostics,
) -> Result<Element, Fault> {
    let symbol: Cow<'a, str> = source.parse(raw, "an element")?;
    if symbol == "D" || symbol == "T" {
        diagnostics.note(source.offset(raw), DiagnosticKind::Isotope, || format!("{symbol} was read as hydrogen"));
    }
    let plain = if symbol == "D" || symbol == "T" { "H" } else { &*symbol };
    Element::from_symbol(plain).ok_or_else(|| {
        let message = format!("{} is no element", shorten(&*symbol));
        Fault::new(source.offset(raw), ParseErrorKind::UnknownElement, message)
    })
}
