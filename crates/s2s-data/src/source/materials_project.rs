//! Documents of the Materials Project.

use std::{borrow::Cow, collections::VecDeque, fmt, io::Read};

use s2s_crystal::{ParsedStructure, ReadOptions, cif, pymatgen};
use serde_json::{Map, Value, value::RawValue};

use super::{EntryError, EntryErrorKind, entry::named, json_values::JsonValues};
use crate::{MaterialId, Record, record::Mp2018, unique_map::unique_fields};

/// Records of Materials Project documents: a response of its API, a list, JSON lines, or MP-2018.6.1.
///
/// A document has an identifier (`material_id`, or `task_id` as in old dumps; any text) and a `structure`, either
/// pymatgen's dictionary or the text of a CIF. The formula is `formula_pretty` or `pretty_formula`, or that of the atoms.
/// The energy above the hull becomes the field `e_above_hull`, by which joins rank structures; every other field that is
/// a number, a text or a truth value is kept under its name in [`Record::extra`], and those that are lists or objects
/// are not.
///
/// What the reader of a structure found is kept in [`Record::diagnostics`], with the identifier as its block and its position in
/// the text of the structure.
///
/// Memory does not grow with the source. A bad document is one `Err` and the stream goes on.
///
/// # Examples
///
/// ```
/// use s2s_data::source::MaterialsProjectRecords;
///
/// let answer = r#"{"data": [{"material_id": "mp-lxf", "formula_pretty": "Po", "energy_above_hull": 0.02,
///     "structure": {"lattice": {"matrix": [[3.3, 0, 0], [0, 3.3, 0], [0, 0, 3.3]]},
///                   "sites": [{"species": [{"element": "Po", "occu": 1}], "abc": [0, 0, 0]}]}}]}"#;
/// let records = MaterialsProjectRecords::new(answer.as_bytes()).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(records[0].id.as_str(), "mp-lxf");
/// assert_eq!(records[0].extra["e_above_hull"], 0.02);
/// # Ok::<(), s2s_data::source::EntryError>(())
/// ```
pub struct MaterialsProjectRecords<R> {
    values: JsonValues<R>,
    energies: Energies,
    ready: VecDeque<Result<Record, EntryError>>,
    entry: u64,
}

/// Where formation energy and band gap of a document belong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Energies {
    /// Among the other fields.
    Current,
    /// In [`Record::mp2018`].
    Mp2018,
}

impl<R: Read> MaterialsProjectRecords<R> {
    /// Records of this source, whose formation energies and band gaps are kept as [`Record::extra`].
    pub fn new(source: R) -> Self {
        Self { values: JsonValues::new(source), energies: Energies::Current, ready: VecDeque::new(), entry: 0 }
    }

    /// Records of MP-2018.6.1, whose formation energies and band gaps become [`Record::mp2018`].
    pub fn mp_2018(source: R) -> Self {
        Self { energies: Energies::Mp2018, ..Self::new(source) }
    }

    /// The documents of a value: itself, or those that it lists under `data`.
    fn open(&mut self, value: &[u8]) {
        let listed = unique_fields(value).and_then(|fields| match fields.get("data") {
            Some(data) if !fields.contains_key("structure") => {
                serde_json::from_str::<Vec<&RawValue>>(data.get()).map(Some)
            }
            _ => Ok(None),
        });
        match listed {
            Ok(Some(documents)) => {
                let documents: Vec<_> = documents.into_iter().map(|document| document.get().as_bytes()).collect();
                documents.into_iter().for_each(|document| self.push(document));
            }
            Ok(None) => self.push(value),
            Err(error) => self.fail(EntryErrorKind::Json(error)),
        }
    }

    fn push(&mut self, document: &[u8]) {
        self.entry += 1;
        let mut id = None;
        let record = record(document, self.energies, &mut id);
        self.ready.push_back(record.map_err(|kind| EntryError { entry: self.entry, id, kind }));
    }

    fn fail(&mut self, kind: EntryErrorKind) {
        self.entry += 1;
        self.ready.push_back(Err(EntryError { entry: self.entry, id: None, kind }));
    }
}

impl<R: Read> Iterator for MaterialsProjectRecords<R> {
    type Item = Result<Record, EntryError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            match self.values.next()? {
                Ok(value) => self.open(&value),
                Err(kind) => self.fail(kind),
            }
        }
        self.ready.pop_front()
    }
}

impl<R> fmt::Debug for MaterialsProjectRecords<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaterialsProjectRecords").field("entry", &self.entry).finish_non_exhaustive()
    }
}

fn record(document: &[u8], energies: Energies, id: &mut Option<MaterialId>) -> Result<Record, EntryErrorKind> {
    let fields = unique_fields(document).map_err(EntryErrorKind::Json)?;
    let text = |names: [&str; 2]| {
        let found = names.into_iter().filter_map(|name| fields.get(name));
        found.filter_map(|raw| serde_json::from_str::<String>(raw.get()).ok()).next()
    };
    let name = text(["material_id", "task_id"]).ok_or(EntryErrorKind::NoId)?;
    if MaterialId::is_too_long(&name) {
        return Err(EntryErrorKind::LongId);
    }
    let name = id.insert(name.into()).clone();
    let options = ReadOptions::disordered();
    let written = fields.get("structure").map_or("null", |raw| raw.get());
    let parsed = match written.as_bytes().first() {
        Some(b'{') => pymatgen::read(written, &options).next().ok_or(EntryErrorKind::NoStructure)?,
        Some(b'"') => {
            let text: Cow<'_, str> = serde_json::from_str(written).map_err(EntryErrorKind::Json)?;
            cif::read_one(&*text, &options)
        }
        _ => return Err(EntryErrorKind::NoStructure),
    };
    let ParsedStructure { crystal, diagnostics, .. } = parsed.map_err(EntryErrorKind::Structure)?;
    let formula = text(["formula_pretty", "pretty_formula"]);
    let formula = formula.unwrap_or_else(|| crystal.composition().reduced_formula());
    let mut record = Record::new(name, formula, crystal);
    record.diagnostics = named(diagnostics, &record.id);
    let number = |name: &str| fields.get(name).and_then(|raw| raw.get().parse::<f64>().ok()).filter(|x| x.is_finite());
    if energies == Energies::Mp2018 {
        let (e_form, gap_pbe) = (number("formation_energy_per_atom"), number("band_gap"));
        record.mp2018 = Some(Mp2018 { e_form, gap_pbe, megnet_split: None });
    }
    record.extra = fields.iter().filter_map(|(name, raw)| kept(name, raw, energies)).collect::<Map<_, _>>();
    Ok(record)
}

/// A field that is kept beside the structure, under the name that the rest of this crate uses.
fn kept(name: &str, raw: &RawValue, energies: Energies) -> Option<(String, Value)> {
    let read_already =
        matches!(name, "material_id" | "formula_pretty" | "pretty_formula" | "structure" | "@module" | "@class");
    let moved = energies == Energies::Mp2018 && matches!(name, "formation_energy_per_atom" | "band_gap");
    if read_already || moved || !matches!(raw.get().as_bytes().first(), Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f')) {
        return None;
    }
    let name = if name == "energy_above_hull" { "e_above_hull" } else { name };
    Some((name.to_owned(), serde_json::from_str(raw.get()).ok()?))
}
