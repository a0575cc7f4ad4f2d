//! The ranking, as a table, as CSV and as JSON.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use comfy_table::{CellAlignment, Table, presets};
use s2s_crystal::Crystal;
use s2s_data::{Label, matched_roc_auc, roc_auc};
use s2s_model::Prediction;
use serde::{Deserialize, Serialize};

use crate::structures::Structure;

/// What a screening run found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Structures with an answer: all of them, or the most likely ones.
    hits: Vec<Hit>,
    /// Structures without, where all are kept.
    failures: Vec<Failure>,
    /// How many hits are kept; `None` keeps all, and all failures.
    kept: Option<usize>,
    ranked: usize,
    likely: usize,
    failed: usize,
    /// Probability, truth and number of elements of every structure whose answer is known.
    known: Vec<(f64, bool, usize)>,
}

/// What came of one structure: a line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// It has an answer.
    Hit(Hit),
    /// It has none.
    Failure(Failure),
}

/// One structure with its answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hit {
    id: String,
    formula: String,
    probability: f64,
    spread: Option<f64>,
    atoms: usize,
    elements: usize,
    measured: Option<String>,
    superconducts: Option<bool>,
    place: String,
}

/// One structure without an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Path, and what within the file.
    pub(crate) place: String,
    /// One sentence.
    pub(crate) reason: String,
}

impl Outcome {
    pub(crate) fn new(structure: &Structure, answer: Result<Prediction, String>) -> Self {
        match answer.and_then(|prediction| Ok((prediction, structure.crystal.as_ref().map_err(String::clone)?))) {
            Ok((prediction, crystal)) => Self::Hit(Hit::new(structure, crystal, prediction)),
            Err(reason) => Self::Failure(Failure { place: structure.place.clone(), reason }),
        }
    }
}

impl Hit {
    fn new(structure: &Structure, crystal: &Crystal, prediction: Prediction) -> Self {
        let composition = crystal.composition();
        Self {
            id: structure.id.clone(),
            formula: composition.reduced().0.to_string(),
            // A regression ranks by its number.
            probability: prediction.probability.unwrap_or(prediction.value),
            spread: prediction.spread,
            atoms: crystal.num_sites(),
            elements: composition.num_elements(),
            measured: structure.label.map(|label| match label {
                Label::Superconductor { tc: Some(tc) } => tc.to_string(),
                other => other.to_string(),
            }),
            superconducts: structure.label.and_then(Label::is_superconductor),
            place: structure.place.clone(),
        }
    }
}

impl Report {
    /// A report that keeps the most likely structures only, so that it stays small however many there are.
    pub(crate) fn of_best(kept: usize) -> Self {
        Self { kept: Some(kept), ..Self::default() }
    }

    /// Takes in what came of one structure.
    pub(crate) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Hit(hit) => {
                self.ranked += 1;
                self.likely += usize::from(hit.probability > 0.5);
                self.known.extend(hit.superconducts.map(|truth| (hit.probability, truth, hit.elements)));
                self.hits.push(hit);
                if self.kept.is_some_and(|kept| self.hits.len() >= 2 * kept + 1000) {
                    self.rank();
                }
            }
            Outcome::Failure(failure) => {
                self.failed += 1;
                if self.kept.is_none() {
                    self.failures.push(failure);
                }
            }
        }
    }

    /// Whether no structure was seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranked + self.failed == 0
    }

    /// Whether every structure got an answer.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed == 0
    }

    /// Most likely first; equals by name, so that two runs give the same bytes.
    pub(crate) fn rank(&mut self) {
        self.hits.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.place.cmp(&b.place)));
        self.hits.truncate(self.kept.unwrap_or(usize::MAX));
    }

    pub(crate) fn print(&self, out: &mut impl Write, top: usize) -> io::Result<()> {
        if self.hits.is_empty() {
            return Ok(());
        }
        let top = if top == 0 { self.hits.len() } else { top.min(self.hits.len()) };
        let (spread, measured) =
            (self.hits.iter().any(|h| h.spread.is_some()), self.hits.iter().any(|h| h.measured.is_some()));
        let mut header = vec!["rank", "probability"];
        header.extend(spread.then_some("spread"));
        header.extend(["formula", "structure"]);
        header.extend(measured.then_some("measured"));
        let mut table = Table::new();
        table.load_style(presets::ASCII_BORDERS_ONLY_CONDENSED).set_header(header);
        for (rank, hit) in self.hits[..top].iter().enumerate() {
            let mut row = vec![(rank + 1).to_string(), format!("{:.3}", hit.probability)];
            row.extend(spread.then(|| hit.spread.map(|s| format!("{s:.3}")).unwrap_or_default()));
            row.extend([hit.formula.clone(), hit.id.clone()]);
            row.extend(measured.then(|| hit.measured.clone().unwrap_or_default()));
            table.add_row(row);
        }
        for column in table.column_iter_mut().take(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(out, "{table}")?;
        if top < self.ranked {
            writeln!(out, "… and {} more (--top 0 prints all)", self.ranked - top)?;
        }
        Ok(())
    }

    /// One line about the whole run.
    pub(crate) fn summary(&self) -> String {
        let mut summary = format!("{} structures ranked, {} above 0.5", self.ranked, self.likely);
        if self.failed > 0 {
            summary += &format!(", {} not readable", self.failed);
        }
        if let Some((plain, matched)) = self.agreement() {
            summary += &format!("; ROC-AUC against the measured answers {plain:.3}");
            if let Some(matched) = matched {
                summary += &format!(" ({matched:.3} among equal numbers of elements)");
            }
        }
        summary
    }

    /// ROC-AUC against what is known, and the same among crystals of as many elements.
    fn agreement(&self) -> Option<(f64, Option<f64>)> {
        let scores: Vec<f64> = self.known.iter().map(|k| k.0).collect();
        let truths: Vec<bool> = self.known.iter().map(|k| k.1).collect();
        let groups: Vec<usize> = self.known.iter().map(|k| k.2).collect();
        Some((roc_auc(&truths, &scores)?, matched_roc_auc(&truths, &scores, &groups)))
    }

    pub(crate) fn write_csv(&self, path: &Path) -> io::Result<()> {
        let mut text = String::from("rank,id,formula,probability,spread,atoms,measured,place\n");
        for (rank, hit) in self.hits.iter().enumerate() {
            let spread = hit.spread.map(|s| s.to_string()).unwrap_or_default();
            let measured = quoted(hit.measured.as_deref().unwrap_or_default());
            let (id, formula, place) = (quoted(&hit.id), quoted(&hit.formula), quoted(&hit.place));
            let (probability, atoms) = (hit.probability, hit.atoms);
            text += &format!("{},{id},{formula},{probability},{spread},{atoms},{measured},{place}\n", rank + 1);
        }
        write_whole(path, text.as_bytes())
    }

    pub(crate) fn write_json(&self, path: &Path) -> io::Result<()> {
        let value = serde_json::json!({ "ranking": self.hits, "unreadable": self.failures });
        let mut bytes = serde_json::to_vec_pretty(&value)?;
        bytes.push(b'\n');
        write_whole(path, &bytes)
    }
}

/// A field of a CSV file (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The old file or the new one, never half of it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(named)
}
