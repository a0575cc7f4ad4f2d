//! Structures of OPTIMADE, as its servers answer and as its JSON Lines dumps store them.
//!
//! The text is a response with `data`, a list of entries, an entry with `attributes`, the attributes alone, or any of
//! these on each line. `disorder` is read; `implicit_atoms`, `site_attachments` and `assemblies` describe atoms that
//! have no places, and are refused.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, optimade};
//!
//! let text = r#"{"data": [{"id": "1", "type": "structures", "attributes": {
//!     "lattice_vectors": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "dimension_types": [1, 1, 1],
//!     "cartesian_site_positions": [[0, 0, 0]], "species_at_sites": ["Po"], "structure_features": [],
//!     "species": [{"name": "Po", "chemical_symbols": ["Po"], "concentration": [1.0]}]}}]}"#;
//! let options = ReadOptions::ordered();
//! let structures: Result<Vec<_>, _> = optimade::read(text, &options).collect();
//! assert_eq!(structures?[0].crystal.num_sites(), 1);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```
//!
//! # Source
//!
//! OPTIMADE specification 1.2, structures entries.

mod species;
mod write;

pub use write::write;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Cart, Lattice,
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
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, rename = "x-optimade")]
    header: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow)]
    lattice_vectors: Option<&'a RawValue>,
    #[serde(borrow)]
    dimension_types: Option<&'a RawValue>,
    #[serde(borrow)]
    cartesian_site_positions: Option<&'a RawValue>,
    #[serde(borrow)]
    species_at_sites: Option<&'a RawValue>,
    #[serde(borrow)]
    species: Option<&'a RawValue>,
    #[serde(borrow)]
    structure_features: Option<&'a RawValue>,
    #[serde(borrow)]
    nsites: Option<&'a RawValue>,
}

/// What an object of the text is: a structure, or something that holds some.
fn visit<'a>(source: Source<'a>, raw: &'a RawValue, options: &ReadOptions) -> Result<Visit<'a>, Fault> {
    let document: Document<'a> = source.parse(raw, "the document")?;
    if let Some(data) = document.data {
        return Ok(Visit::Holds(data));
    }
    if let Some(errors) = document.errors {
        let message = format!("the server answered with an error: {}", shorten(errors.get()));
        return Err(Fault::new(source.offset(errors), ParseErrorKind::InvalidValue, message));
    }
    if document.header.is_some() {
        return Ok(Visit::Other);
    }
    let word = |raw: Option<&'a RawValue>| raw.and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
    if word(document.kind).is_some_and(|kind| kind != "structures") {
        return Ok(Visit::Other);
    }
    let name = word(document.id).unwrap_or_default().into_owned();
    structure(source, document.attributes.unwrap_or(raw), name, options)
        .map(|reading| Visit::Structure(Box::new(reading)))
}

fn structure<'a>(
    source: Source<'a>,
    raw: &'a RawValue,
    name: String,
    options: &ReadOptions,
) -> Result<ParsedStructure, Fault> {
    let attributes: Attributes<'a> = source.parse(raw, "the attributes")?;
    if let Some(features) = attributes.structure_features {
        for feature in source.list(features, "structure_features")? {
            let feature_name: Cow<'a, str> = source.parse(feature, "a structure feature")?;
            if feature_name != "disorder" {
                let message = format!("the structure feature {} is not supported", shorten(&*feature_name));
                return Err(Fault::new(source.offset(feature), ParseErrorKind::Unsupported, message));
            }
        }
    }
    let vectors = source.required(attributes.lattice_vectors, raw, "lattice_vectors")?;
    let offset = source.offset(vectors);
    let rows = source.matrix(vectors, "lattice_vectors")?;
    let lattice =
        Lattice::from_rows(rows).map_err(|error| Fault::new(offset, ParseErrorKind::InvalidCell, error.to_string()))?;
    let lattice = bounded(lattice, options, offset)?;
    let periodic = match attributes.dimension_types {
        Some(raw) => {
            let types: [u8; 3] = source.parse(raw, "dimension_types")?;
            if types.iter().any(|&t| t > 1) {
                let message = "a dimension type is neither 0 nor 1";
                return Err(Fault::new(source.offset(raw), ParseErrorKind::InvalidValue, message));
            }
            types.map(|t| t == 1)
        }
        None => [true; 3],
    };
    let positions_raw = source.required(attributes.cartesian_site_positions, raw, "cartesian_site_positions")?;
    let positions = source.list(positions_raw, "cartesian_site_positions")?;
    let at_sites_raw = source.required(attributes.species_at_sites, raw, "species_at_sites")?;
    let at_sites = source.list(at_sites_raw, "species_at_sites")?;
    if positions.len() > options.limits.atoms {
        let message = format!("{} sites exceed the limit of {}", positions.len(), options.limits.atoms);
        return Err(Fault::new(source.offset(positions_raw), ParseErrorKind::LimitExceeded, message));
    }
    if at_sites.len() != positions.len() {
        let message = format!("{} species stand at {} positions", at_sites.len(), positions.len());
        return Err(Fault::new(source.offset(at_sites_raw), ParseErrorKind::CountMismatch, message));
    }
    if let Some(stated) = attributes.nsites {
        let count: usize = source.parse(stated, "nsites")?;
        if count != positions.len() {
            let message = format!("nsites is {count}, but there are {} positions", positions.len());
            return Err(Fault::new(source.offset(stated), ParseErrorKind::CountMismatch, message));
        }
    }
    let mut diagnostics = Diagnostics::new(options);
    let species_raw = source.required(attributes.species, raw, "species")?;
    let known = species::Known::read(source, species_raw, &mut diagnostics)?;
    let mut placed = Vec::with_capacity(positions.len());
    for (position, at_site) in positions.iter().zip(&at_sites) {
        let place = lattice.to_frac(Cart(source.vector(position, "a position")?));
        let offset = source.offset(position);
        if !place.0.iter().all(|x| x.is_finite()) {
            return Err(Fault::new(offset, ParseErrorKind::InvalidNumber, "a position is too far from the cell"));
        }
        match known.species(source, at_site)? {
            Some(species) => placed.push(Placed { position: place, species, offset }),
            None => diagnostics.note(offset, DiagnosticKind::LeftOut, || "an empty site was left out".to_owned()),
        }
    }
    let crystal = assemble(lattice, placed, options, &mut diagnostics, source.offset(positions_raw))?;
    let diagnostics = diagnostics.locate(source.locator, Some(&name));
    let crystal = crystal.with_periodicity(periodic);
    Ok(ParsedStructure { name, crystal, sites_listed: positions.len(), diagnostics })
}
