//! Structures of OPTIMADE providers as records.

use std::collections::BTreeMap;

use s2s_crystal::{ParsedStructure, ReadOptions, optimade};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{EntryError, EntryErrorKind, entry::named};
use crate::{
    MaterialId, Record,
    unique_map::{unique_fields, unique_map},
};

/// The names of one provider for the properties that this crate keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptimadeNames {
    /// Put before every identifier, so that those of two providers cannot be the same.
    pub id_prefix: &'static str,
    /// The field with the energy above the hull in eV per atom, by which joins rank structures.
    pub energy_above_hull: Option<&'static str>,
}

impl OptimadeNames {
    /// Identifiers and fields as they are.
    pub fn as_written() -> Self {
        Self { id_prefix: "", energy_above_hull: None }
    }

    /// OQMD, whose identifiers are plain numbers and whose stability is a distance from the hull.
    pub fn oqmd() -> Self {
        Self { id_prefix: "oqmd-", energy_above_hull: Some("_oqmd_stability") }
    }

    /// Alexandria, whose identifiers say where they come from.
    pub fn alexandria() -> Self {
        Self { id_prefix: "", energy_above_hull: Some("_alexandria_hull_distance") }
    }

    /// Records of a response: of a page as a server sends it, a list of entries, or one entry.
    ///
    /// The formula is that of the atoms. Fields whose names begin with `_`, a provider's own, are kept in
    /// [`Record::extra`] unless they are lists or objects, and so are `last_modified` and `immutable_id`.
    /// What the reader of a structure found is kept in [`Record::diagnostics`], with the identifier as its block and its position
    /// in the text of the entry. Entries of other types than `structures` are passed over.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::source::OptimadeNames;
    ///
    /// let page = r#"{"data": [{"id": "17", "type": "structures", "attributes": {
    ///     "lattice_vectors": [[3.3, 0, 0], [0, 3.3, 0], [0, 0, 3.3]], "cartesian_site_positions": [[0, 0, 0]],
    ///     "species_at_sites": ["Po"], "species": [{"name": "Po", "chemical_symbols": ["Po"], "concentration": [1]}],
    ///     "_oqmd_stability": 0.01}}]}"#;
    /// let record = OptimadeNames::oqmd().read(page.as_bytes()).remove(0)?;
    /// assert_eq!(record.id.as_str(), "oqmd-17");
    /// assert_eq!(record.extra["e_above_hull"], 0.01);
    /// # Ok::<(), s2s_data::source::EntryError>(())
    /// ```
    pub fn read(&self, page: &[u8]) -> Vec<Result<Record, EntryError>> {
        let whole = |kind| vec![Err(EntryError { entry: 1, id: None, kind })];
        let entries = match entries(page) {
            Ok(entries) => entries,
            Err(error) => return whole(EntryErrorKind::Json(error)),
        };
        let mut records = Vec::with_capacity(entries.len());
        for (entry, raw) in (1..).zip(entries) {
            let mut id = None;
            match self.record(raw, &mut id) {
                Ok(Some(record)) => records.push(Ok(record)),
                Ok(None) => {}
                Err(kind) => records.push(Err(EntryError { entry, id, kind })),
            }
        }
        records
    }

    fn record(&self, raw: &RawValue, id: &mut Option<MaterialId>) -> Result<Option<Record>, EntryErrorKind> {
        let entry: Entry<'_> = serde_json::from_str(raw.get()).map_err(EntryErrorKind::Json)?;
        if entry.kind.as_deref().is_some_and(|kind| kind != "structures") {
            return Ok(None);
        }
        let name = match entry.id {
            Some(Value::String(name)) => name,
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(EntryErrorKind::NoId),
        };
        if MaterialId::is_too_long(&name) {
            return Err(EntryErrorKind::LongId);
        }
        let name = id.insert(format!("{}{name}", self.id_prefix).into()).clone();
        let options = ReadOptions::disordered();
        let parsed = optimade::read(raw.get(), &options).next().ok_or(EntryErrorKind::NoStructure)?;
        let ParsedStructure { crystal, diagnostics, .. } = parsed.map_err(EntryErrorKind::Structure)?;
        let mut record = Record::new(name, crystal.composition().reduced_formula(), crystal);
        record.diagnostics = named(diagnostics, &record.id);
        for (name, raw) in entry.attributes {
            let scalar = matches!(raw.get().as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f'));
            let kept = name.starts_with('_') || name == "last_modified" || name == "immutable_id";
            if scalar && kept {
                let value = serde_json::from_str(raw.get()).map_err(EntryErrorKind::Json)?;
                let known = self.energy_above_hull == Some(&*name);
                record.extra.insert(if known { "e_above_hull".to_owned() } else { name }, value);
            }
        }
        Ok(Some(record))
    }
}

#[derive(Deserialize)]
struct Entry<'a> {
    id: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow, default, deserialize_with = "unique_map")]
    attributes: BTreeMap<String, &'a RawValue>,
}

/// The entries of a response, a list or one entry.
fn entries(page: &[u8]) -> Result<Vec<&RawValue>, serde_json::Error> {
    let raw: &RawValue = serde_json::from_slice(page)?;
    if raw.get().starts_with('[') {
        return serde_json::from_str(raw.get());
    }
    let fields = unique_fields(raw.get().as_bytes())?;
    match fields.get("data") {
        Some(data) if data.get().starts_with('[') => serde_json::from_str(data.get()),
        Some(data) if data.get() == "null" => Ok(Vec::new()),
        Some(data) => Ok(vec![data]),
        None => Ok(vec![raw]),
    }
}
