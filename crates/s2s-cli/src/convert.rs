//! `s2s convert`: structures of any readable format, written in another one.

mod cell;

use std::{
    collections::HashSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use s2s_crystal::{Crystal, Format, ParsedStructure, ReadOptions};
use s2s_data::{
    file::Decompressed,
    source::{SourceOptions, read_structures},
};
use serde_json::{Value, json};

use crate::{
    Status,
    console::note,
    destination::Destination,
    failure::Failure,
    input_path::{STANDARD_INPUT, is_standard_input},
    reader_options::ReaderOptions,
};
use cell::Repeats;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A structure file, a folder, or JSON lines; `-` is standard input
    input: PathBuf,
    /// Where to write; the name tells the format unless `--to` does
    #[arg(default_value = "-")]
    output: PathBuf,
    /// Format to write
    #[arg(long, value_name = "FORMAT")]
    to: Option<Written>,
    /// Format to read, where neither name nor content tell it
    #[arg(long, value_name = "FORMAT")]
    from: Option<Written>,
    /// Only the structure with this number, counted from 1
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    only: Option<u32>,
    /// Write the primitive cell, freed from deviations from its symmetry below 0.01 Å
    #[arg(long)]
    primitive: bool,
    /// Repeat the cell, such as 2x2x1
    #[arg(long, value_name = "AxBxC")]
    supercell: Option<Repeats>,
    #[command(flatten)]
    reader: ReaderOptions,
    /// Replace an output file that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  s2s convert NbN.cif NbN.vasp
  s2s convert POSCAR --to cif > structure.cif
  curl -s https://example.org/1.cif | s2s convert - --to pymatgen
  s2s convert run.extxyz last.cif --only 20 --primitive";

/// A format by the name that its option has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    Cif,
    Poscar,
    Extxyz,
    /// JSON of pymatgen's Structure
    Pymatgen,
    /// JSON of an OPTIMADE structures entry
    Optimade,
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Cif => Self::Cif,
            Written::Poscar => Self::Poscar,
            Written::Extxyz => Self::ExtXyz,
            Written::Pymatgen => Self::Pymatgen,
            Written::Optimade => Self::Optimade,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    let output = Destination::new(&options.output)?;
    output.is_none_of(std::slice::from_ref(&options.input))?;
    if !options.force {
        output.is_new()?;
    }
    let format = options.written()?;
    let mut inputs = options.read()?;
    let mut complete = inputs.complete;
    if let Some(only) = options.only {
        let (at, count) = (only as usize - 1, inputs.structures.len());
        if at >= count {
            return Err(Failure::usage(format!("there is no structure {only}, only {count}")));
        }
        inputs.structures = vec![inputs.structures.swap_remove(at)];
    }
    let mut texts = Vec::new();
    let mut taken = HashSet::new();
    for Named { location, name, crystal } in inputs.structures {
        let name = distinct(name, &mut taken);
        match options.cell(crystal).and_then(|crystal| format.write(&name, &crystal)) {
            Ok(text) => texts.push(text),
            Err(error) => {
                complete = false;
                note(format_args!("{location}: {error}"));
            }
        }
    }
    if texts.is_empty() {
        return match complete {
            true => Err(Failure::nothing_in(std::slice::from_ref(&options.input))),
            false => Err(Failure::usage("no structure could be converted")),
        };
    }
    output.write(join(format, &texts)?.as_bytes())?;
    Ok(Status::of(complete))
}

/// A structure and where it was found.
#[derive(Debug)]
struct Named {
    location: String,
    name: String,
    crystal: Crystal,
}

#[derive(Debug, Default)]
struct Inputs {
    structures: Vec<Named>,
    complete: bool,
}

impl Inputs {
    fn take(&mut self, location: &str, id: &str, structure: Result<ParsedStructure, impl std::fmt::Display>) {
        match structure {
            Ok(structure) => {
                for diagnostic in &structure.diagnostics {
                    note(format_args!("{location}: {diagnostic}"));
                }
                let name = if structure.name.is_empty() { stem(id) } else { structure.name };
                self.structures.push(Named { location: location.to_owned(), name, crystal: structure.crystal });
            }
            Err(error) => self.failed(location, &error),
        }
    }

    fn failed(&mut self, location: &str, reason: &dyn std::fmt::Display) {
        self.complete = false;
        note(format_args!("{location}: {reason}"));
    }
}

impl Options {
    /// The format of `--to`, or else by the name of the output.
    fn written(&self) -> Result<Format, Failure> {
        if let Some(to) = self.to {
            return Ok(to.into());
        }
        let name = self.output.to_string_lossy();
        Format::detect(&name, b"").or_else(|| name.ends_with(".json").then_some(Format::Pymatgen)).ok_or_else(|| {
            Failure::usage(
                "the name of the output does not tell its format: add --to cif, poscar, extxyz, pymatgen or optimade",
            )
        })
    }

    fn read(&self) -> Result<Inputs, Failure> {
        let options = self.reader.disordered();
        let mut inputs = Inputs { complete: true, ..Inputs::default() };
        if let Some(from) = self.from {
            let bytes = self.bytes(&options).map_err(|error| Failure::file(&self.input, error))?;
            let name = self.input.to_string_lossy();
            Format::from(from).read(&bytes, &options).for_each(|structure| inputs.take(&name, &name, structure));
            return Ok(inputs);
        }
        let structures = read_structures([&self.input], SourceOptions::new(options));
        let mut structures = structures.with_stream(STANDARD_INPUT, io::stdin());
        for source in structures.by_ref() {
            let location = source.location.to_string();
            inputs.take(&location, &source.id, source.structure);
        }
        structures.summary().passed_over().into_iter().for_each(note);
        Ok(inputs)
    }

    /// All of the input, unpacked where it is compressed.
    fn bytes(&self, options: &ReadOptions) -> io::Result<Vec<u8>> {
        let input: Box<dyn Read> = match is_standard_input(&self.input) {
            true => Box::new(io::stdin()),
            false => Box::new(fs::File::open(&self.input)?),
        };
        let mut bytes = Vec::new();
        Decompressed::new(input).take(options.limits.bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The cell that is to be written.
    fn cell(&self, crystal: Crystal) -> Result<Crystal, s2s_crystal::CrystalError> {
        let crystal = if self.primitive { cell::primitive(&crystal)? } else { crystal };
        match &self.supercell {
            Some(repeats) => crystal.supercell(repeats.rows()),
            None => Ok(crystal),
        }
    }
}

/// One text with all structures.
fn join(format: Format, texts: &[String]) -> Result<String, Failure> {
    if let [one] = texts {
        return Ok(one.clone());
    }
    match format {
        Format::Poscar => Err(Failure::usage(format!(
            "a POSCAR holds one structure, and here are {}: choose one with --only",
            texts.len()
        ))),
        Format::Pymatgen => {
            Ok(format!("[{}]\n", texts.iter().map(|text| text.trim_end()).collect::<Vec<_>>().join(",\n")))
        }
        Format::Optimade => Ok(one_response(texts)?),
        _ => Ok(texts.concat()),
    }
}

/// The entries of several OPTIMADE responses in one.
fn one_response(texts: &[String]) -> Result<String, Failure> {
    let mut entries = Vec::new();
    for text in texts {
        let mut response: Value = serde_json::from_str(text).map_err(Failure::library)?;
        entries.extend(response["data"].as_array_mut().map(std::mem::take).into_iter().flatten());
    }
    Ok(json!({ "data": entries }).to_string() + "\n")
}

/// The name, with a number behind it if a structure before has it: two blocks of a CIF must not share theirs.
fn distinct(name: String, taken: &mut HashSet<String>) -> String {
    // Writers replace what a name cannot hold, and CIF ignores case.
    let key = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut candidates = std::iter::once(name.clone()).chain(numbered);
    candidates.find(|candidate| taken.insert(key(candidate))).unwrap_or(name)
}

/// The name of a file without folder and extension.
fn stem(location: &str) -> String {
    Path::new(location).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
