//! One record as bytes: its sites in binary, everything else as the JSON line without them.
//!
//! ```text
//! length of the JSON (u32) ─ JSON ─ decimals (u8) ─ number of sites (u32) ─ elements (u8 each) ─ positions
//! ```
//!
//! Positions that are decimal numbers, as most databases write them, are whole multiples of 10⁻ᵏ and take four bytes;
//! others take the eight bytes of the number itself. Both come back to the last bit.

use std::io;

use s2s_crystal::{Crystal, Element, Frac, Site};

use crate::{Record, RecordErrorKind, RecordWriter, record::is_plain};

/// More decimals than this do not fit into four bytes.
const MAX_DECIMALS: i32 = 8;
/// In the place of a number of decimals: positions as they are.
const EXACT: u8 = u8::MAX;
/// In the place of a number of decimals: a crystal with shared sites or stated charges, whose sites are all in the JSON.
const IN_JSON: u8 = u8::MAX - 1;

pub(super) fn encode(record: &Record) -> io::Result<Vec<u8>> {
    let elements = plain_elements(&record.crystal);
    // The JSON keeps the lattice, and one site so that it stays a valid record.
    let outline = match &elements {
        Some(_) => {
            let first = vec![record.crystal.sites()[0].clone()];
            let crystal = Crystal::new(*record.crystal.lattice(), first).map_err(io::Error::other)?;
            Record { crystal: crystal.with_periodicity(record.crystal.periodic()), ..record.clone() }
        }
        None => record.clone(),
    };
    let mut writer = RecordWriter::new(Vec::new());
    writer.write(&outline)?;
    let json = writer.finish()?;
    let mut entry = Vec::with_capacity(json.len() + 16 * record.crystal.num_sites());
    entry.extend((json.len() as u32).to_le_bytes());
    entry.extend(&json);
    let Some(elements) = elements else {
        entry.push(IN_JSON);
        return Ok(entry);
    };
    let coordinates: Vec<f64> = record.crystal.sites().iter().flat_map(|site| site.position.0).collect();
    let decimals = (0..=MAX_DECIMALS).find(|&k| coordinates.iter().all(|&x| as_decimal(x, k).is_some()));
    entry.push(decimals.map_or(EXACT, |k| k as u8));
    entry.extend((elements.len() as u32).to_le_bytes());
    entry.extend(elements.iter().map(|element| element.atomic_number()));
    for x in coordinates {
        match decimals.and_then(|k| as_decimal(x, k)) {
            Some(whole) => entry.extend(whole.to_le_bytes()),
            None => entry.extend(x.to_le_bytes()),
        }
    }
    Ok(entry)
}

/// `None` if the bytes do not have the layout.
pub(super) fn decode(entry: &[u8]) -> Option<Result<Record, RecordErrorKind>> {
    let (length, rest) = entry.split_first_chunk()?;
    let (json, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let record = match Record::outline_from_json(json.trim_ascii()) {
        Ok(record) => record,
        Err(error) => return Some(Err(error)),
    };
    let (&decimals, rest) = rest.split_first()?;
    if decimals == IN_JSON {
        return rest.is_empty().then(|| record.check_formula().map(|()| record));
    }
    let (sites, rest) = rest.split_first_chunk()?;
    let sites = u32::from_le_bytes(*sites) as usize;
    let (elements, positions) = rest.split_at_checked(sites)?;
    let coordinates: Vec<f64> = if decimals == EXACT {
        let (numbers, []) = positions.as_chunks::<8>() else { return None };
        numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    } else {
        let (numbers, []) = positions.as_chunks::<4>() else { return None };
        let decimals = i32::from(decimals);
        if decimals > MAX_DECIMALS {
            return None;
        }
        let power = 10_f64.powi(decimals);
        numbers.iter().map(|bytes| f64::from(i32::from_le_bytes(*bytes)) / power).collect()
    };
    let (positions, []) = coordinates.as_chunks::<3>() else { return None };
    if positions.len() != sites {
        return None;
    }
    let site = |(&z, &x): (&u8, &[f64; 3])| Ok(Site::pure(Element::from_atomic_number(z)?, Frac(x)));
    let crystal = elements.iter().zip(positions).map(site).collect::<Result<Vec<_>, _>>();
    let crystal = crystal.and_then(|sites| Crystal::new(*record.crystal.lattice(), sites));
    let periodic = record.crystal.periodic();
    let crystal = crystal.map(|crystal| crystal.with_periodicity(periodic));
    let record = crystal.map(|crystal| Record { crystal, ..record }).map_err(RecordErrorKind::Crystal);
    Some(record.and_then(|record| record.check_formula().map(|()| record)))
}

/// The elements of sites that have nothing else to say.
fn plain_elements(crystal: &Crystal) -> Option<Vec<Element>> {
    let plain = |site: &Site| is_plain(&site.species).then(|| site.species.majority_element());
    crystal.sites().iter().map(plain).collect()
}

/// The number as a multiple of 10⁻ᵏ, if dividing gives it back to the last bit.
fn as_decimal(x: f64, decimals: i32) -> Option<i32> {
    let power = 10_f64.powi(decimals);
    let whole = (x * power).round();
    let stored = whole as i32;
    (f64::from(stored) / power).to_bits().eq(&x.to_bits()).then_some(stored)
}
