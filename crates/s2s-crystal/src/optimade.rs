//! Structures of OPTIMADE, as its servers answer and as its JSON Lines dumps store them.
//!
//! The text is a response with `data`, a list of entries, an entry with `attributes`, the attributes alone, or any of
//! these on each line. `disorder` is read; `implicit_atoms`, `site_attachments` and `assemblies` describe atoms that
//! have no coordinates, and are refused. `elements` and the formulas must agree with the sites.
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

mod claims;
mod species;
mod write;

pub use crate::entries::read;
pub use write::write;

use crate::{
    Cart, Lattice,
    diagnostic::{DiagnosticKind, Diagnostics},
    json::Value,
    molecule::StatedCell,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseErrorKind, shorten},
    parsed_structure::{ParsedSite, ParsedStructure, assemble, bounded, is_near},
};

/// The structure that these attributes of an entry describe.
pub(crate) fn structure<'a>(
    value: Value<'a>,
    name: &str,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    let [vectors, dimension_types, positions, at_sites, species, features, nsites, dimensions, claims @ ..] = value
        .pick(
            "the attributes",
            [
                "lattice_vectors",
                "dimension_types",
                "cartesian_site_positions",
                "species_at_sites",
                "species",
                "structure_features",
                "nsites",
                "nperiodic_dimensions",
                "elements",
                "nelements",
                "elements_ratios",
                "chemical_formula_reduced",
                "chemical_formula_hill",
                "chemical_formula_anonymous",
            ],
        )?;
    if let Some(features) = features {
        for feature in features.list("structure_features")? {
            let known = feature.text("structure_features")?;
            if known != "disorder" {
                let message = format!("the structure feature {} is not supported", shorten(&*known));
                return feature.fault(ParseErrorKind::Unsupported, message);
            }
        }
    }
    let vectors = value.required(vectors, "lattice_vectors")?;
    let periodic = dimension_types.map_or(Ok([true; 3]), |types| types.flags("dimension_types"))?;
    let rows = lattice_vectors(vectors, periodic)?;
    let positions = value.required(positions, "cartesian_site_positions")?;
    let at_sites = value.required(at_sites, "species_at_sites")?;
    let species = value.required(species, "species")?;
    let mut diagnostics = Diagnostics::new(options);
    if let Some(stated) = dimensions {
        let (count, repeats) = (stated.count("nperiodic_dimensions")?, periodic.iter().filter(|p| **p).count());
        if dimension_types.is_some() && count != repeats as u64 {
            diagnostics.warn(stated.offset, DiagnosticKind::CellMismatch, || {
                format!("nperiodic_dimensions is {count}, but {repeats} of the dimension_types repeat")
            })?;
        }
    }
    let known = species::Known::read(species, &mut diagnostics)?;
    let mut sites = Vec::new();
    let mut coordinates = positions.list("cartesian_site_positions")?;
    let mut names = at_sites.list("species_at_sites")?;
    loop {
        match (coordinates.next(), names.next()) {
            (Some(position), Some(name)) => sites.push((Cart(position.vector("a position")?), position.offset, name)),
            (None, None) => break,
            (point, name) => {
                let [mut num_coordinates, mut num_names] =
                    [point, name].map(|further| usize::from(further.is_some()) + sites.len());
                (num_coordinates, num_names) = (num_coordinates + coordinates.count(), num_names + names.count());
                let message = format!("{num_names} species stand at {num_coordinates} positions");
                return at_sites.fault(ParseErrorKind::CountMismatch, message);
            }
        }
        if sites.len() > options.limits.atoms {
            let message =
                format!("{} sites exceed the limit of {}", sites.len() + coordinates.count(), options.limits.atoms);
            return positions.fault(ParseErrorKind::LimitExceeded, message);
        }
    }
    let num_positions = sites.len();
    let lattice = if rows.contains(&[0.0; 3]) {
        let stated = StatedCell { rows: Some(rows), periodic: Some(periodic), offset: vectors.offset };
        stated.lattice(sites.iter().map(|(position, ..)| *position), options, &mut diagnostics)?.0
    } else {
        let lattice = Lattice::from_rows(rows)
            .map_err(|error| Fault::new(vectors.offset, ParseErrorKind::InvalidCell, error.to_string()))?;
        bounded(lattice, options, vectors.offset)?
    };
    let mut parsed_sites = Vec::with_capacity(num_positions);
    for (position, offset, name) in sites {
        let point = lattice.to_frac(position);
        if !is_near(point) {
            return Err(Fault::new(offset, ParseErrorKind::InvalidNumber, "a position is too far from the cell"));
        }
        match known.species(name)? {
            Some(species) => parsed_sites.push(ParsedSite { position: point, species, offset }),
            None => diagnostics.note(offset, DiagnosticKind::LeftOut, || "an empty site was left out".to_owned()),
        }
    }
    if let Some(stated) = nsites {
        let count = stated.count("nsites")?;
        if count != num_positions as u64 {
            let message = format!("nsites is {count}, but there are {num_positions} positions");
            return stated.fault(ParseErrorKind::CountMismatch, message);
        }
    }
    claims::check(claims, &parsed_sites, &mut diagnostics)?;
    let crystal = assemble((lattice, periodic), parsed_sites, options, &mut diagnostics, positions.offset)?;
    let name_at = (name.as_bytes(), value.offset);
    Ok(ParsedStructure::new(name_at, (crystal, num_positions), diagnostics, locator, Some(name)))
}

/// The lattice vectors; one that is null, or made of nulls, is zero if the atoms do not repeat along it.
fn lattice_vectors(value: Value<'_>, periodic: [bool; 3]) -> Result<[[f64; 3]; 3], Fault> {
    let mut rows = [[0.0; 3]; 3];
    let vectors = value.list("lattice_vectors")?;
    let has_none = |vector: Value<'_>| {
        vector.bytes() == b"null"
            || vector.list("lattice_vectors").is_ok_and(|mut components| components.all(|c| c.bytes() == b"null"))
    };
    if !vectors.clone().any(has_none) {
        return value.matrix("lattice_vectors");
    }
    for (k, vector) in vectors.enumerate() {
        match rows.get_mut(k) {
            Some(_) if has_none(vector) && !periodic[k] => {}
            Some(row) => *row = vector.vector("lattice_vectors")?,
            None => return value.fault(ParseErrorKind::CountMismatch, "there are more than three lattice_vectors"),
        }
    }
    Ok(rows)
}
