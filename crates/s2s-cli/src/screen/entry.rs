//! The inputs of a run: structure files and their parts, rows of composition tables, formulas of the command line.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    vec,
};

use s2s_crystal::{Composition, Crystal, Diagnostic, ReadOptions};
use s2s_data::{
    Label,
    source::{SkipReason, SourceError, SourceOptions, SourceStructure, SourceSummary, StructureText, StructureTexts},
    table::ApproximateFormula,
};
use sha2::{Digest, Sha256};

use super::table_row::Columns;
use crate::input_path::{STANDARD_INPUT, is_standard_input};

/// The input of a model.
#[derive(Debug)]
pub(super) enum Subject {
    /// A structure.
    Crystal(Crystal),
    /// A composition, of which no structure is known.
    Composition(Composition),
    /// A composition whose formula leaves amounts open or is misspelled, and one sentence how it was read.
    Approximate(Composition, String),
}

/// One thing to answer for.
#[derive(Debug)]
pub(super) struct Item {
    /// The file; empty for a formula of the command line.
    pub(super) path: String,
    /// Identifier of a record or row, or the name of the file and what within it.
    pub(super) id: String,
    /// What the source says about its superconductivity.
    pub(super) label: Option<Label>,
    /// What the reader found and could read all the same.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The input of the models, or one sentence why it cannot be read.
    pub(super) subject: Result<Subject, String>,
    /// Why it is no fault that it is no structure, where that is so.
    pub(super) passed_over: Option<SkipReason>,
}

/// A part of the input that is read and answered for on its own.
#[derive(Debug)]
pub(super) struct Entry {
    /// Path, with the line where the entry is only a part of its file.
    pub(super) name: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A file or a part of one, or of standard input.
    Text(Box<StructureText>),
    /// A row of a table: its line, and its identifier, if it has one, and formula.
    Row { line: u64, text: String, row: Result<(Option<String>, String), String> },
    /// A formula of the command line.
    Formula(String),
    /// What cannot be read at all.
    Failed(String),
}

impl Entry {
    /// SHA-256 of the content, in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        let bytes: &[u8] = match &self.content {
            Content::Text(text) => text.bytes(),
            Content::Row { text, .. } | Content::Formula(text) | Content::Failed(text) => text.as_bytes(),
        };
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the entry holds, in the order of the text; never nothing.
    pub(super) fn items(self, options: &ReadOptions) -> Vec<Item> {
        let item = |path: String, id: String, subject| Item {
            path,
            id,
            label: None,
            diagnostics: Vec::new(),
            subject,
            passed_over: None,
        };
        let file = |name: &str| name.rsplit_once(':').map_or(name, |(file, _)| file).to_owned();
        match self.content {
            Content::Text(mut text) => {
                let mut items: Vec<Item> = text.structures(options).map(Item::from).collect();
                if items.is_empty() {
                    let id = Path::new(&self.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
                    items.push(item(self.name, id, Err("it holds no structure".to_owned())));
                }
                items
            }
            Content::Row { row: Ok((id, formula)), line, .. } => vec![match (composition(&formula), id) {
                (Ok(subject), id) => item(file(&self.name), id.unwrap_or(formula), Ok(subject)),
                // Without an identifier of its own a row is that of a line.
                (Err(error), None) => item(file(&self.name), self.name, Err(no_formula(&formula, &error))),
                (Err(error), Some(id)) => {
                    item(file(&self.name), id, Err(format!("line {line}: {}", no_formula(&formula, &error))))
                }
            }],
            Content::Row { row: Err(reason), .. } => vec![item(file(&self.name), self.name, Err(reason))],
            Content::Formula(formula) => vec![item(String::new(), formula.clone(), composition(&formula))],
            Content::Failed(reason) => vec![item(self.name.clone(), self.name, Err(reason))],
        }
    }
}

/// Why a field of a table is no formula; positions are those within the formula.
fn no_formula(formula: &str, error: &str) -> String {
    if formula.trim().is_empty() {
        "the formula is empty".to_owned()
    } else {
        format!("{formula:?} is no formula: {error}")
    }
}

fn composition(formula: &str) -> Result<Subject, String> {
    match ApproximateFormula::read(formula) {
        Ok(ApproximateFormula { composition, remark: None }) => Ok(Subject::Composition(composition)),
        Ok(ApproximateFormula { composition, remark: Some(remark) }) => Ok(Subject::Approximate(composition, remark)),
        Err(error) => Err(error.to_string()),
    }
}

impl From<SourceStructure> for Item {
    fn from(source: SourceStructure) -> Self {
        let path = source.location.path.display().to_string();
        let passed_over = match source.structure {
            Err(SourceError::PassedOver(reason)) => Some(reason),
            _ => None,
        };
        let (subject, diagnostics) = match source.structure {
            Ok(found) => (Ok(Subject::Crystal(found.crystal)), found.diagnostics),
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        Self { path, id: source.id, label: source.label, diagnostics, subject, passed_over }
    }
}

/// All entries of formulas and paths, in their order.
#[derive(Debug)]
pub(super) struct Entries {
    formulas: vec::IntoIter<String>,
    paths: vec::IntoIter<PathBuf>,
    options: SourceOptions,
    open: Option<Open>,
    /// Whether standard input was opened, which can be read once.
    stream_taken: bool,
    /// What was passed over in the folders that are read to their end.
    skipped: SourceSummary,
}

#[derive(Debug)]
enum Open {
    Texts(Box<StructureTexts>),
    Table(Table),
}

impl Entries {
    pub(super) fn new(formulas: &[String], paths: &[PathBuf], reader: &ReadOptions) -> Self {
        let options = SourceOptions::new(reader.clone());
        let (formulas, paths) = (Vec::from(formulas).into_iter(), Vec::from(paths).into_iter());
        Self { formulas, paths, options, open: None, stream_taken: false, skipped: SourceSummary::default() }
    }

    /// What was passed over in folders.
    pub(super) fn skipped(&self) -> SourceSummary {
        self.skipped.clone()
    }

    fn open(&mut self, path: PathBuf) -> Result<Open, Entry> {
        let failed = |reason: String| Entry { name: path.display().to_string(), content: Content::Failed(reason) };
        if is_table(&path) {
            return Table::open(&path).map(Open::Table).map_err(failed);
        }
        let is_stream = is_standard_input(&path);
        if is_stream && std::mem::replace(&mut self.stream_taken, true) {
            return Err(failed("it has been read already".to_owned()));
        }
        let texts = StructureTexts::new([path], self.options.clone());
        Ok(Open::Texts(Box::new(if is_stream { texts.with_stream(STANDARD_INPUT, io::stdin()) } else { texts })))
    }
}

/// Tables are recognized by their names; those in a folder are not read, because results are written as such tables, too.
fn is_table(path: &Path) -> bool {
    let named = |extension: &OsStr| ["csv", "tsv"].iter().any(|table| extension.eq_ignore_ascii_case(table));
    path.extension().is_some_and(named) && !path.is_dir()
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if let Some(formula) = self.formulas.next() {
            return Some(Entry { name: formula.clone(), content: Content::Formula(formula) });
        }
        loop {
            let found = match &mut self.open {
                Some(Open::Texts(texts)) => {
                    texts.next().map(|text| Entry { name: text.name(), content: Content::Text(Box::new(text)) })
                }
                Some(Open::Table(table)) => table.next(),
                None => None,
            };
            if found.is_some() {
                return found;
            }
            if let Some(Open::Texts(texts)) = self.open.take() {
                self.skipped.add(texts.summary());
            }
            let path = self.paths.next()?;
            match self.open(path) {
                Ok(open) => self.open = Some(open),
                Err(entry) => return Some(entry),
            }
        }
    }
}

/// A table of compositions, row by row.
#[derive(Debug)]
struct Table {
    path: String,
    /// Nothing once a line could not be read.
    lines: Option<BufReader<File>>,
    columns: Columns,
    line: u64,
}

/// The longest row that is read, in bytes.
const LONGEST_ROW: u64 = 1 << 20;

impl Table {
    fn open(path: &Path) -> Result<Self, String> {
        let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if !found.is_file() {
            return Err("is not a file".to_owned());
        }
        let lines = Some(BufReader::new(File::open(path).map_err(|error| error.to_string())?));
        let mut table = Self { path: path.display().to_string(), lines, columns: Columns::default(), line: 0 };
        let header = table.read_line().map_err(|error| error.to_string())?.ok_or("it is empty")?;
        table.columns = Columns::of_header(&header)?;
        Ok(table)
    }

    /// The next line without its end.
    fn read_line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let Some(lines) = &mut self.lines else { return Ok(None) };
        if lines.by_ref().take(LONGEST_ROW).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        let whole = bytes.last() == Some(&b'\n') || (bytes.len() as u64) < LONGEST_ROW;
        if !whole {
            return Err(io::Error::other(format!("line {} is longer than {LONGEST_ROW} bytes", self.line)));
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn next(&mut self) -> Option<Entry> {
        loop {
            match self.read_line() {
                Ok(None) => return None,
                Ok(Some(text)) if text.trim().is_empty() => {}
                Ok(Some(text)) => {
                    let row = self.columns.of_row(&text);
                    let name = format!("{}:{}", self.path, self.line);
                    return Some(Entry { name, content: Content::Row { line: self.line, text, row } });
                }
                Err(error) => {
                    self.lines = None;
                    let name = format!("{}:{}", self.path, self.line);
                    return Some(Entry { name, content: Content::Failed(error.to_string()) });
                }
            }
        }
    }
}
