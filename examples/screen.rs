//! Ranks structures by how likely they are to superconduct: the main job.
//!
//! ```text
//! cargo xtask screen [PATH…]
//! ```
//!
//! Without a path it ranks the embedded reference crystals and compares with what measurements say. The exit status is 0
//! if every structure got an answer, 1 if some did not, 2 if nothing could be done.

mod report;
mod structures;

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use s2s_crystal::OccupancyPolicy;
use s2s_data::reference;
use s2s_model::{Prediction, Predictor, device::DeviceChoice};

use report::{Failure, Hit, Report};
use structures::Structure;

/// Ranks structures by how likely they are to superconduct
#[derive(Parser)]
struct Options {
    /// Files and folders: CIF, POSCAR, extended XYZ, pymatgen or OPTIMADE JSON, JSON lines (.jsonl, .jsonl.zst)
    /// [default: the embedded reference crystals]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder of a model or an ensemble [default: the bundled one]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Rows of the table; 0 prints all
    #[arg(long, default_value_t = 30)]
    top: usize,
    /// Write the whole ranking as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the whole ranking, and what could not be read, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Put the majority element on disordered sites instead of refusing them
    #[arg(long)]
    majority: bool,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
}

/// Where the bundled model lies, wherever the binary is started.
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-model/models/bundled");

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // A reader that has seen enough is no failure.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether every structure got an answer.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let started = Instant::now();
    let model = options.model.clone().unwrap_or_else(|| BUNDLED.into());
    let device = options.device.parse::<DeviceChoice>()?.resolve()?;
    let predictor = Predictor::load_on(&model, device).map_err(|e| format!("the model cannot be used: {e}"))?;
    let bar = progress();
    let mut report = Report::default();
    let mut take = |structure: &Structure, answer: Result<Prediction, String>| {
        bar.inc(1);
        match answer.and_then(|prediction| Ok((prediction, structure.crystal.as_ref().map_err(String::clone)?))) {
            Ok((prediction, crystal)) => report.hits.push(Hit::new(structure, crystal, prediction)),
            Err(reason) => {
                let failure = Failure { place: structure.place.clone(), reason };
                bar.suspend(|| eprintln!("{}: {}", failure.place, failure.reason));
                report.failures.push(failure);
            }
        }
        Ok::<(), io::Error>(())
    };
    if options.paths.is_empty() {
        structures::answer(&predictor, &reference_structures(), &mut take)?;
    } else {
        let disordered = if options.majority { OccupancyPolicy::Majority } else { OccupancyPolicy::Reject };
        structures::answer_all(&predictor, &options.paths, disordered, &mut take)?;
    }
    bar.finish_and_clear();
    if report.hits.is_empty() && report.failures.is_empty() {
        let paths: Vec<String> = options.paths.iter().map(|p| p.display().to_string()).collect();
        return Err(format!("no structure files in {}", paths.join(", ")).into());
    }
    report.rank();
    if let Some(path) = &options.csv {
        report.write_csv(path)?;
    }
    if let Some(path) = &options.json {
        report.write_json(path)?;
    }
    let mut out = io::stdout().lock();
    if !report.hits.is_empty() {
        report.print(&mut out, options.top)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(out, "{} in {seconds:.1} s with {}", report.summary(), member_count(&predictor))?;
    Ok(report.failures.is_empty())
}

fn reference_structures() -> Vec<Structure> {
    let structure = |known: &reference::ReferenceCrystal| Structure {
        place: known.name.clone(),
        id: known.name.clone(),
        label: Some(known.superconductivity.label()),
        crystal: Ok(known.crystal.clone()),
    };
    reference::crystals().iter().map(structure).collect()
}

/// A bar on standard error, if anybody watches it.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {human_pos} structures  {per_sec}  {elapsed}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn member_count(predictor: &Predictor) -> String {
    match predictor.num_members() {
        1 => "one network".to_owned(),
        several => format!("an ensemble of {several} networks"),
    }
}
