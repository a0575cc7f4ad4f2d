//! `s2s inspect`: what structure files contain, one line per structure, or one JSON object with `--json`.
//!
//! ```text
//! s2s inspect --json --cutoff 5 structures/ more.jsonl.zst POSCAR
//! ```
//!
//! Files, folders and JSON lines are read one after the other, structures are worked on in parallel, and the output
//! keeps the order of the input: a folder of 300,000 files takes no more memory than one of 10,000.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use clap::Args;
use s2s_crystal::{
    CellList, Crystal, CrystalError, Cutoff, Diagnostic, NeighborBuffers, NeighborList, NeighborSearch, ParseError,
    ParseErrorKind,
};
use s2s_data::{
    record::RecordErrorKind,
    source::{SourceError, SourceOptions, SourceStructure, Structures, read_structures},
};
use serde::Serialize;

use crate::{
    Status,
    console::{StandardOutput, note},
    failure::Failure,
    input_path::STANDARD_INPUT,
    reader_options::ReaderOptions,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One JSON object per structure instead of a line of text
    #[arg(long)]
    json: bool,
    /// Largest distance of a pair in Å
    #[arg(long, default_value_t = 5.0, value_parser = cutoff, value_name = "Å")]
    cutoff: f64,
    #[command(flatten)]
    reader: ReaderOptions,
    /// Structure files, folders of them, or JSON lines, packed or not; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn cutoff(text: &str) -> Result<f64, String> {
    let length: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    if length > 1000.0 {
        return Err("no pair is looked for farther than 1000 Å".to_owned());
    }
    Cutoff::angstrom(length).map(Cutoff::to_angstrom).map_err(|error| error.to_string())
}

/// What is said about one structure; the numbers are absent where it failed.
#[derive(Debug, Default, Serialize)]
struct Summary {
    file: String,
    block: String,
    ok: bool,
    /// Reduced.
    formula: Option<String>,
    /// As written, before symmetry.
    sites: Option<usize>,
    /// In the cell.
    atoms: Option<usize>,
    a: Option<f64>,
    b: Option<f64>,
    c: Option<f64>,
    alpha: Option<f64>,
    beta: Option<f64>,
    gamma: Option<f64>,
    volume: Option<f64>,
    /// In Å, images included.
    min_distance: Option<f64>,
    disordered: Option<bool>,
    /// Directed, images counted.
    pairs: Option<usize>,
    /// Amount of each element in the cell.
    composition: Option<BTreeMap<&'static str, f64>>,
    /// What the reader found and could read all the same.
    diagnostics: Vec<Diagnostic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Fault>,
}

#[derive(Debug, Serialize)]
struct Fault {
    kind: &'static str,
    line: Option<u64>,
    column: Option<u64>,
    message: String,
}

/// Structures in work at a time, and their atoms: what keeps the memory constant.
const BATCH: usize = 512;
const BATCH_ATOMS: usize = 1 << 18;

pub(crate) fn run(arguments: &Options) -> Result<Status, Failure> {
    let options = SourceOptions::new(arguments.reader.disordered());
    let mut structures = read_structures(&arguments.paths, options).with_stream(STANDARD_INPUT, std::io::stdin());
    let mut output = StandardOutput::lock();
    let (mut seen_any, mut all_ok) = (false, true);
    let mut buffers = NeighborBuffers::default();
    while !output.is_closed() {
        let batch = next_batch(&mut structures);
        if batch.is_empty() {
            break;
        }
        for summary in buffers.map(&batch, |source, list| Summary::of(source, arguments.cutoff, list)) {
            let line = if arguments.json { summary.to_json() } else { summary.to_line() };
            writeln!(output, "{line}")?;
            seen_any = true;
            all_ok &= summary.ok;
        }
    }
    output.flush()?;
    structures.summary().passed_over().into_iter().for_each(note);
    if !seen_any {
        return Err(Failure::nothing_in(&arguments.paths));
    }
    Ok(Status::of(all_ok))
}

fn next_batch(structures: &mut Structures) -> Vec<SourceStructure> {
    let mut batch = Vec::new();
    let mut atoms = 0;
    while batch.len() < BATCH && atoms < BATCH_ATOMS {
        let Some(source) = structures.next() else { break };
        atoms += source.structure.as_ref().map_or(0, |found| found.crystal.num_sites());
        batch.push(source);
    }
    batch
}

impl Summary {
    fn of(source: &SourceStructure, cutoff: f64, list: &mut NeighborList) -> Self {
        let file = source.location.path.display().to_string();
        let block = source.location.block.as_deref().unwrap_or_default();
        match &source.structure {
            Ok(found) => {
                let block = if block.is_empty() { &found.name } else { block };
                let summary = Self::of_crystal(&file, block, &found.crystal, found.sites_listed, cutoff, list);
                Self { diagnostics: found.diagnostics.clone(), ..summary }
            }
            Err(error) => Self::failed(&file, block, Fault::of(error, source.location.line)),
        }
    }

    fn of_crystal(
        file: &str,
        block: &str,
        crystal: &Crystal,
        sites: usize,
        cutoff: f64,
        list: &mut NeighborList,
    ) -> Self {
        match measure(crystal, cutoff, list) {
            Err(error) => Self::failed(file, block, (&error).into()),
            Ok((pairs, min_distance)) => {
                let composition = crystal.composition();
                let [a, b, c] = crystal.lattice().lengths();
                let [alpha, beta, gamma] = crystal.lattice().angles();
                Self {
                    file: file.to_owned(),
                    block: block.to_owned(),
                    ok: true,
                    formula: Some(composition.reduced_formula()),
                    sites: Some(sites),
                    atoms: Some(crystal.num_sites()),
                    a: Some(a),
                    b: Some(b),
                    c: Some(c),
                    alpha: Some(alpha),
                    beta: Some(beta),
                    gamma: Some(gamma),
                    volume: Some(crystal.lattice().volume()),
                    min_distance,
                    disordered: Some(!crystal.is_ordered()),
                    pairs: Some(pairs),
                    composition: Some(composition.iter().map(|(element, n)| (element.symbol(), n)).collect()),
                    diagnostics: Vec::new(),
                    error: None,
                }
            }
        }
    }

    fn failed(file: &str, block: &str, error: Fault) -> Self {
        Self { file: file.to_owned(), block: block.to_owned(), error: Some(error), ..Self::default() }
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: every field is plain data with text keys")
    }

    fn to_line(&self) -> String {
        let location =
            if self.block.is_empty() { self.file.clone() } else { format!("{} [{}]", self.file, self.block) };
        if let Some(Fault { kind, line, column, message }) = &self.error {
            return match (line, column) {
                (Some(line), Some(column)) => format!("{location}: {kind} at line {line}, column {column}: {message}"),
                (Some(line), None) => format!("{location}: {kind} at line {line}: {message}"),
                _ => format!("{location}: {kind}: {message}"),
            };
        }
        let number = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
        let mut line = format!(
            "{location}: {}  {} sites  {} atoms  a {} b {} c {}  α {} β {} γ {}  V {}  dmin {}  {} pairs{}",
            self.formula.as_deref().unwrap_or("-"),
            self.sites.unwrap_or(0),
            self.atoms.unwrap_or(0),
            number(self.a),
            number(self.b),
            number(self.c),
            number(self.alpha),
            number(self.beta),
            number(self.gamma),
            number(self.volume),
            number(self.min_distance),
            self.pairs.unwrap_or(0),
            if self.disordered == Some(true) { "  disordered" } else { "" }
        );
        for diagnostic in &self.diagnostics {
            line += &format!("\n  {diagnostic}");
        }
        line
    }
}

/// Largest distance in Å of a neighbor.
const FARTHEST: f64 = 1e3;

/// The number of pairs within the cutoff, and the smallest distance of any pair in Å, however far.
fn measure(crystal: &Crystal, cutoff: f64, list: &mut NeighborList) -> Result<(usize, Option<f64>), CrystalError> {
    CellList::default().search_into(crystal, Cutoff::angstrom(cutoff)?, list)?;
    let pairs = list.num_pairs();
    let mut reach = cutoff;
    while list.num_pairs() == 0 && reach < FARTHEST {
        reach *= 2.0;
        CellList::default().search_into(crystal, Cutoff::angstrom(reach)?, list)?;
    }
    Ok((pairs, list.distances().iter().copied().reduce(f64::min)))
}

impl From<&ParseError> for Fault {
    fn from(error: &ParseError) -> Self {
        Self {
            kind: error.kind().name(),
            line: Some(error.line() as u64),
            column: Some(error.column() as u64),
            message: error.message().to_owned(),
        }
    }
}

impl From<&CrystalError> for Fault {
    fn from(error: &CrystalError) -> Self {
        Self { kind: "limit_exceeded", line: None, column: None, message: error.to_string() }
    }
}

impl Fault {
    fn of(error: &SourceError, line: Option<usize>) -> Self {
        match error {
            SourceError::Parse(error) => error.into(),
            SourceError::Record(record) => Self::of_record(record, line.unwrap_or(1) as u64),
            SourceError::TooLong { .. } | SourceError::TooManyFaults { .. } => Self::plain("limit_exceeded", error),
            SourceError::UnknownFormat => Self::plain(ParseErrorKind::UnknownFormat.name(), error),
            _ => Self::plain("io", error),
        }
    }

    fn plain(kind: &'static str, error: &SourceError) -> Self {
        Self { kind, line: None, column: None, message: error.to_string() }
    }

    /// A record is one line, so that its faults concern the whole line where no column is known.
    fn of_record(error: &RecordErrorKind, line: u64) -> Self {
        let (kind, column) = match error {
            RecordErrorKind::Io(_) => ("io", None),
            RecordErrorKind::TooLong { .. } => ("limit_exceeded", None),
            RecordErrorKind::Json(json) => ("syntax", Some(json.column() as u64)),
            RecordErrorKind::SiteCount { .. } => ("count_mismatch", None),
            RecordErrorKind::Crystal(CrystalError::InvalidLattice { .. }) => ("invalid_cell", None),
            RecordErrorKind::Crystal(CrystalError::NoSites) => ("no_sites", None),
            RecordErrorKind::Crystal(CrystalError::UnknownAtomicNumber { .. }) => ("unknown_element", None),
            RecordErrorKind::Crystal(CrystalError::InvalidOccupancy { .. }) => ("invalid_occupancy", None),
            _ => ("invalid_value", None),
        };
        Self { kind, line: Some(line), column: column.or(Some(1)), message: error.to_string() }
    }
}
