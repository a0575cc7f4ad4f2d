//! JSON as ASE writes it: rows of its database, or `Atoms` of its encoder.
//!
//! Arrays are `{"__ndarray__": [shape, type, values]}`, or lists in older files. Atoms without a cell are a molecule, as in
//! [extended XYZ](crate::extxyz). ASE keeps occupancies elsewhere, so that only ordered crystals can be
//! written, and mixed sites stated under `info` are refused.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, ase};
//!
//! let text = r#"{"1": {"cell": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "pbc": [true, true, true], "numbers": [84],
//!     "positions": [[0, 0, 0]]}, "ids": [1], "nextid": 2}"#;
//! let options = ReadOptions::ordered();
//! let structures: Result<Vec<_>, _> = ase::read(text, &options).collect();
//! assert_eq!(structures?[0].crystal.num_sites(), 1);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```
//!
//! # Source
//!
//! `ase.io.jsonio` and `ase.db.jsondb` of ASE 3.29.

mod write;

pub use crate::entries::read;
pub use write::write;

use crate::{
    Cart, Element, Species,
    diagnostic::Diagnostics,
    json::Value,
    molecule::StatedCell,
    number::number,
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseErrorKind},
    parsed_structure::{ParsedSite, ParsedStructure, assemble, is_near},
};

/// The numbers of an array of any shape, in a row.
fn array(value: Value<'_>, what: &str, limit: usize) -> Result<Vec<f64>, Fault> {
    let mut value = value;
    // A cell is an array in an object of its own.
    for key in ["array", "__ndarray__"] {
        if value.is_object() {
            let [inner] = value.pick(what, [key])?;
            value = inner.unwrap_or(value);
        }
    }
    let mut numbers = Vec::new();
    let mut add = |number: Value<'_>| {
        if numbers.len() == limit {
            return number.fault(ParseErrorKind::LimitExceeded, format!("{what} exceed the limit of {limit} numbers"));
        }
        numbers.push(match number.bytes() {
            b"true" => 1.0,
            b"false" => 0.0,
            _ => number.number(what)?,
        });
        Ok(())
    };
    let mut elements = value.list(what)?;
    if let Some(values) = elements.clone().nth(2).filter(|_| elements.clone().nth(1).is_some_and(Value::is_text)) {
        elements = values.list(what)?;
    }
    for element in elements {
        if element.is_list() {
            element.list(what)?.try_for_each(&mut add)?;
        } else {
            add(element)?;
        }
    }
    Ok(numbers)
}

/// Refuses sites that ASE says to be mixed: it keeps their shares beside the atoms.
fn refuse_mixed(info: Option<Value<'_>>) -> Result<(), Fault> {
    let Some(info) = info.filter(|info| info.is_object()) else { return Ok(()) };
    let [Some(kinds)] = info.pick("info", ["occupancy"])? else { return Ok(()) };
    for (_, kind) in kinds.fields("occupancy")? {
        let mut shares = kind.fields("occupancy")?;
        let only = shares.next().and_then(|(_, share)| number(share.bytes()));
        if shares.next().is_some() || only.is_none_or(|share| (share - 1.0).abs() > 1e-3) {
            let message = "the atoms have mixed sites under occupancy, which are not read from ASE JSON";
            return kinds.fault(ParseErrorKind::Unsupported, message);
        }
    }
    Ok(())
}

/// The structure of an object with `numbers` and `positions`.
pub(crate) fn structure<'a>(
    value: Value<'a>,
    [numbers, positions]: [Option<Value<'a>>; 2],
    name: &str,
    options: &ReadOptions,
    locator: Locator<'a>,
) -> Result<ParsedStructure, Fault> {
    let [cell, pbc, info] = value.pick("the object", ["cell", "pbc", "info"])?;
    refuse_mixed(info)?;
    let (numbers, positions) = (value.required(numbers, "numbers")?, value.required(positions, "positions")?);
    let limit = options.limits.atoms;
    let elements = array(numbers, "numbers", limit)?;
    let coordinates = array(positions, "positions", 3 * limit)?;
    let (coordinates, rest) = coordinates.as_chunks::<3>();
    if coordinates.len() != elements.len() || !rest.is_empty() {
        let message = format!("{} coordinates belong to {} atoms", 3 * coordinates.len() + rest.len(), elements.len());
        return positions.fault(ParseErrorKind::CountMismatch, message);
    }
    let rows = match cell {
        Some(cell) => Some(match array(cell, "cell", 9)?[..] {
            [ax, ay, az, bx, by, bz, cx, cy, cz] => [[ax, ay, az], [bx, by, bz], [cx, cy, cz]],
            [a, b, c] => [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]],
            ref other => {
                let message = format!("cell has {} numbers instead of nine", other.len());
                return cell.fault(ParseErrorKind::CountMismatch, message);
            }
        }),
        None => None,
    };
    let periodic = match pbc {
        Some(pbc) => Some(match array(pbc, "pbc", 3)?[..] {
            [a, b, c] => [a != 0.0, b != 0.0, c != 0.0],
            ref other => {
                let message = format!("pbc has {} flags instead of three", other.len());
                return pbc.fault(ParseErrorKind::CountMismatch, message);
            }
        }),
        None => None,
    };
    let mut diagnostics = Diagnostics::new(options);
    let stated = StatedCell { rows, periodic, offset: cell.unwrap_or(value).offset };
    let (lattice, periodic) = stated.lattice(coordinates.iter().map(|xyz| Cart(*xyz)), options, &mut diagnostics)?;
    let mut parsed_sites = Vec::with_capacity(coordinates.len());
    for (number, xyz) in elements.iter().zip(coordinates) {
        let element = Some(*number as u8).filter(|z| f64::from(*z) == *number);
        let Some(element) = element.and_then(|z| Element::from_atomic_number(z).ok()) else {
            return numbers.fault(ParseErrorKind::UnknownElement, format!("{number} is no atomic number"));
        };
        let position = lattice.to_frac(Cart(*xyz));
        if !is_near(position) {
            return positions.fault(ParseErrorKind::InvalidNumber, "a position is too far from the cell");
        }
        parsed_sites.push(ParsedSite { position, species: Species::pure(element), offset: positions.offset });
    }
    let sites = parsed_sites.len();
    let crystal = assemble((lattice, periodic), parsed_sites, options, &mut diagnostics, value.offset)?;
    let name_at = (name.as_bytes(), value.offset);
    Ok(ParsedStructure::new(name_at, (crystal, sites), diagnostics, locator, Some(name)))
}
