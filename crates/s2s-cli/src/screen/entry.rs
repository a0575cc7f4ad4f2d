//! The inputs of a run: structure files and their parts, rows of composition tables, formulas of the command line.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    vec,
};

use s2s_crystal::{Composition, Crystal, Diagnostic, ParseErrorKind, ReadOptions};
use s2s_data::{
    Label,
    source::{SourceError, SourceOptions, SourceStructure, StructureText, StructureTexts},
    table::ApproximateFormula,
};
use sha2::{Digest, Sha256};

use super::table_row::Columns;

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
    /// Whether it is no structure, and was not named as one.
    pub(super) passed_over: bool,
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
    /// A file or a part of one.
    Text(Box<StructureText>),
    /// Standard input.
    Stream(Vec<u8>),
    /// A row of a table: its identifier and formula.
    Row { text: String, row: Result<(String, String), String> },
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
            Content::Stream(bytes) => bytes,
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
            passed_over: false,
        };
        let file = |name: &str| name.rsplit_once(':').map_or(name, |(file, _)| file).to_owned();
        match self.content {
            Content::Text(mut text) => {
                // A folder may hold JSON about other things than structures.
                let may_be_empty = text.may_be_empty();
                let structures = text
                    .structures(options)
                    .map(|source| Item { passed_over: may_be_empty && describes_none(&source), ..Item::from(source) });
                let mut items: Vec<Item> = structures.collect();
                if items.is_empty() {
                    let id = Path::new(&self.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
                    items.push(item(self.name, id, Err("it holds no structure".to_owned())));
                }
                items
            }
            Content::Stream(bytes) => stream_items(&bytes, options),
            Content::Row { row: Ok((id, formula)), .. } => vec![item(file(&self.name), id, composition(&formula))],
            Content::Row { row: Err(reason), .. } => vec![item(file(&self.name), self.name, Err(reason))],
            Content::Formula(formula) => vec![item(String::new(), formula.clone(), composition(&formula))],
            Content::Failed(reason) => vec![item(self.name.clone(), self.name, Err(reason))],
        }
    }
}

fn composition(formula: &str) -> Result<Subject, String> {
    match ApproximateFormula::read(formula) {
        Ok(ApproximateFormula { composition, remark: None }) => Ok(Subject::Composition(composition)),
        Ok(ApproximateFormula { composition, remark: Some(remark) }) => Ok(Subject::Approximate(composition, remark)),
        Err(error) => Err(error.to_string()),
    }
}

/// The structures of a text without a name.
fn stream_items(bytes: &[u8], options: &ReadOptions) -> Vec<Item> {
    let structures = s2s_crystal::read("standard input", bytes, options).enumerate();
    let mut items: Vec<Item> = structures
        .map(|(number, structure)| {
            let item = |subject, diagnostics| Item {
                path: "-".to_owned(),
                id: format!("-:{}", number + 1),
                label: None,
                diagnostics,
                subject,
                passed_over: false,
            };
            match structure {
                Ok(found) => item(Ok(Subject::Crystal(found.crystal)), found.diagnostics),
                Err(error) => item(Err(error.to_string()), Vec::new()),
            }
        })
        .collect();
    if let [only] = &mut items[..] {
        only.id = "-".to_owned();
    }
    items
}

fn describes_none(source: &SourceStructure) -> bool {
    matches!(&source.structure, Err(SourceError::Parse(error)) if error.kind() == ParseErrorKind::Empty)
}

impl From<SourceStructure> for Item {
    fn from(source: SourceStructure) -> Self {
        let path = source.location.path.display().to_string();
        let (subject, diagnostics) = match source.structure {
            Ok(found) => (Ok(Subject::Crystal(found.crystal)), found.diagnostics),
            Err(error) => (Err(error.to_string()), Vec::new()),
        };
        Self { path, id: source.id, label: source.label, diagnostics, subject, passed_over: false }
    }
}

/// All entries of formulas and paths, in their order.
#[derive(Debug)]
pub(super) struct Entries {
    formulas: vec::IntoIter<String>,
    paths: vec::IntoIter<PathBuf>,
    options: SourceOptions,
    open: Option<Open>,
}

#[derive(Debug)]
enum Open {
    Texts(Box<StructureTexts>),
    Table(Table),
}

impl Entries {
    pub(super) fn new(formulas: &[String], paths: &[PathBuf], reader: &ReadOptions) -> Self {
        let options = SourceOptions::new(reader.clone());
        Self { formulas: Vec::from(formulas).into_iter(), paths: Vec::from(paths).into_iter(), options, open: None }
    }

    fn open(&self, path: PathBuf) -> Result<Open, Entry> {
        let failed = |reason: String| Entry { name: path.display().to_string(), content: Content::Failed(reason) };
        if is_table(&path) {
            return Table::open(&path).map(Open::Table).map_err(failed);
        }
        Ok(Open::Texts(Box::new(StructureTexts::new([path], self.options.clone()))))
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
            self.open = None;
            let path = self.paths.next()?;
            if path == Path::new("-") {
                let mut bytes = Vec::new();
                let limit = self.options.text_bytes as u64;
                let content = match io::stdin().lock().take(limit + 1).read_to_end(&mut bytes) {
                    Ok(_) if bytes.len() as u64 > limit => Content::Failed(format!("longer than {limit} bytes")),
                    Ok(_) => Content::Stream(bytes),
                    Err(error) => Content::Failed(error.to_string()),
                };
                return Some(Entry { name: "-".to_owned(), content });
            }
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
                    return Some(Entry { name, content: Content::Row { text, row } });
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
