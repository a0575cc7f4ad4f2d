//! The ranking, as a table, as CSV and as JSON.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use comfy_table::{CellAlignment, Table, presets};
use s2s_crystal::Crystal;
use s2s_data::{Label, matched_roc_auc, roc_auc};
use serde::{Deserialize, Serialize};

use crate::{screener::Answer, structures::Structure};

/// A column of the printed table: its title, and what a row has there.
type Column = (&'static str, fn(&Hit) -> Option<String>);

const COLUMNS: [Column; 8] = [
    ("probability", |hit| Some(format!("{:.3}", hit.answer.probability))),
    ("spread", |hit| hit.answer.spread.map(|spread| format!("{spread:.3}"))),
    ("if measured", |hit| hit.answer.if_measured.map(|probability| format!("{probability:.3}"))),
    ("formula", |hit| Some(hit.formula.clone())),
    ("structure", |hit| Some(hit.id.clone())),
    ("known", |hit| hit.measured.clone()),
    ("nearest", |hit| Some(format!("{} {:.1}", hit.answer.nearest.as_ref()?, hit.answer.distance?))),
    ("unlike", |hit| (!hit.answer.unlike.is_empty()).then(|| hit.answer.unlike.join(", "))),
];

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
    /// Structures with the composition of a superconductor that the model knows.
    familiar: usize,
    /// What is like nothing from which the model has learned.
    unlike: usize,
    /// Every structure whose answer is known.
    known: Vec<Judged>,
}

/// A structure whose answer is known.
#[derive(Debug)]
struct Judged {
    probability: f64,
    if_measured: Option<f64>,
    superconducts: bool,
    elements: usize,
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
    #[serde(flatten)]
    answer: Answer,
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
    pub(crate) fn new(structure: &Structure, answer: Result<Answer, String>) -> Self {
        match answer.and_then(|answer| Ok((answer, structure.crystal.as_ref().map_err(String::clone)?))) {
            Ok((answer, crystal)) => Self::Hit(Hit::new(structure, crystal, answer)),
            Err(reason) => Self::Failure(Failure { place: structure.place.clone(), reason }),
        }
    }
}

impl Hit {
    fn new(structure: &Structure, crystal: &Crystal, answer: Answer) -> Self {
        let composition = crystal.composition();
        Self {
            id: structure.id.clone(),
            formula: composition.reduced().0.to_string(),
            answer,
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
                self.likely += usize::from(hit.answer.probability > 0.5);
                self.familiar += usize::from(hit.answer.distance == Some(0.0));
                self.unlike += usize::from(!hit.answer.unlike.is_empty());
                self.known.extend(hit.superconducts.map(|superconducts| Judged {
                    probability: hit.answer.probability,
                    if_measured: hit.answer.if_measured,
                    superconducts,
                    elements: hit.elements,
                }));
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
        self.hits
            .sort_by(|a, b| b.answer.probability.total_cmp(&a.answer.probability).then_with(|| a.place.cmp(&b.place)));
        self.hits.truncate(self.kept.unwrap_or(usize::MAX));
    }

    pub(crate) fn print(&self, out: &mut impl Write, top: usize) -> io::Result<()> {
        if self.hits.is_empty() {
            return Ok(());
        }
        let top = if top == 0 { self.hits.len() } else { top.min(self.hits.len()) };
        let mut table = Table::new();
        table.load_style(presets::ASCII_BORDERS_ONLY_CONDENSED);
        // A column is shown if any row has something to put there.
        let columns: Vec<Column> =
            COLUMNS.into_iter().filter(|(_, cell)| self.hits.iter().any(|hit| cell(hit).is_some())).collect();
        table.set_header(["rank"].into_iter().chain(columns.iter().map(|(title, _)| *title)));
        for (rank, hit) in self.hits[..top].iter().enumerate() {
            let cells = columns.iter().map(|(_, cell)| cell(hit).unwrap_or_default());
            table.add_row([(rank + 1).to_string()].into_iter().chain(cells));
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
        if self.familiar > 0 {
            summary += &format!(", {} with the composition of a known superconductor", self.familiar);
        }
        if self.unlike > 0 {
            summary += &format!(", {} unlike anything known", self.unlike);
        }
        if let Some((plain, matched)) = self.agreement(|judged| Some(judged.probability)) {
            summary += &format!("; ROC-AUC against the measured answers {plain:.3}");
            if let Some(matched) = matched {
                summary += &format!(" ({matched:.3} among equal numbers of elements)");
            }
        }
        if let Some((plain, _)) = self.agreement(|judged| judged.if_measured) {
            summary += &format!(", of \"if measured\" {plain:.3}");
        }
        summary
    }

    /// ROC-AUC against what is known, and the same among crystals of as many elements.
    fn agreement(&self, score: impl Fn(&Judged) -> Option<f64>) -> Option<(f64, Option<f64>)> {
        let scores: Vec<f64> = self.known.iter().map(score).collect::<Option<_>>()?;
        let truths: Vec<bool> = self.known.iter().map(|judged| judged.superconducts).collect();
        let groups: Vec<usize> = self.known.iter().map(|judged| judged.elements).collect();
        Some((roc_auc(&truths, &scores)?, matched_roc_auc(&truths, &scores, &groups)))
    }

    pub(crate) fn write_csv(&self, path: &Path) -> io::Result<()> {
        let mut text = String::from(
            "rank,id,formula,probability,spread,if_measured,nearest,distance,unlike,atoms,measured,place\n",
        );
        let number = |value: Option<f64>| value.map(|x| x.to_string()).unwrap_or_default();
        let words = |value: Option<&str>| quoted(value.unwrap_or_default());
        for (rank, hit) in self.hits.iter().enumerate() {
            let answer = &hit.answer;
            let fields = [
                (rank + 1).to_string(),
                quoted(&hit.id),
                quoted(&hit.formula),
                answer.probability.to_string(),
                number(answer.spread),
                number(answer.if_measured),
                words(answer.nearest.as_deref()),
                number(answer.distance),
                quoted(&answer.unlike.join("; ")),
                hit.atoms.to_string(),
                words(hit.measured.as_deref()),
                quoted(&hit.place),
            ];
            text += &(fields.join(",") + "\n");
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
