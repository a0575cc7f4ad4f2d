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
use serde::Serialize;

use crate::structures::Structure;

/// Everything that a screening run found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Structures with an answer.
    pub(crate) hits: Vec<Hit>,
    /// Structures without.
    pub(crate) failures: Vec<Failure>,
}

/// One structure with its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Hit {
    id: String,
    formula: String,
    probability: f64,
    spread: Option<f64>,
    atoms: usize,
    elements: usize,
    measured: Option<String>,
    #[serde(skip)]
    superconducts: Option<bool>,
    place: String,
}

/// One structure without an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    /// Path, and what within the file.
    pub(crate) place: String,
    /// One sentence.
    pub(crate) reason: String,
}

impl Hit {
    pub(crate) fn new(structure: &Structure, crystal: &Crystal, prediction: Prediction) -> Self {
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
    /// Most likely first; equals by name, so that two runs give the same bytes.
    pub(crate) fn rank(&mut self) {
        self.hits.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.place.cmp(&b.place)));
    }

    pub(crate) fn print(&self, out: &mut impl Write, top: usize) -> io::Result<()> {
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
        if top < self.hits.len() {
            writeln!(out, "… and {} more (--top 0 prints all)", self.hits.len() - top)?;
        }
        Ok(())
    }

    /// One line about the whole run.
    pub(crate) fn summary(&self) -> String {
        let likely = self.hits.iter().filter(|h| h.probability > 0.5).count();
        let mut summary = format!("{} structures ranked, {likely} above 0.5", self.hits.len());
        if !self.failures.is_empty() {
            summary += &format!(", {} not readable", self.failures.len());
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
        let known = || self.hits.iter().filter_map(|h| Some((h.probability, h.superconducts?, h.elements)));
        let scores: Vec<f64> = known().map(|k| k.0).collect();
        let truths: Vec<bool> = known().map(|k| k.1).collect();
        let groups: Vec<usize> = known().map(|k| k.2).collect();
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
