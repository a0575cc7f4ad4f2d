//! Ranks structures by how likely they are to superconduct: the main job.
//!
//! ```text
//! cargo xtask screen [PATH…]
//! ```
//!
//! Without a path it ranks the embedded reference crystals and compares with what measurements say. The exit status is 0
//! if every structure got an answer, 1 if some did not, 2 if nothing could be done.
//!
//! With `--answers FILE` every answer is written as it is found, one JSON object per line in the order of the structures;
//! a run that was killed goes on where it stood, with the same bytes in the end, and memory stays flat however many
//! structures there are. Many machines share the work with `--shard K/N`, each with a file of its own; `--merge` puts these
//! together to the bytes that one machine would have written.

mod journal;
mod report;
mod screener;
mod structures;

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use s2s_crystal::OccupancyPolicy;
use s2s_data::reference;
use serde_json::{Value, json};

use journal::Journal;
use report::{Outcome, Report};
use screener::Screener;
use structures::{Reading, Structure};

/// Ranks structures by how likely they are to superconduct
#[derive(Parser)]
struct Options {
    /// Files and folders: CIF, POSCAR, extended XYZ, pymatgen or OPTIMADE JSON, JSON lines (.jsonl, .jsonl.zst)
    /// [default: the embedded reference crystals]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder of a model: a network, an ensemble of networks, or trees [default: the bundled ones]
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
    /// Write every answer as a JSON line, in the order of the structures; a killed run continues there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["csv", "json"])]
    answers: Option<PathBuf>,
    /// Structures that are answered for together: what is in memory, and what a kill can cost
    #[arg(long, value_name = "COUNT", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..))]
    window: u32,
    /// Answer for one of several shards only, such as 0/4; the first is 0
    #[arg(long, value_name = "K/N", requires = "answers", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Put the answers of all shards together instead of answering
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "answers", conflicts_with_all = ["paths", "shard"])]
    merge: Vec<PathBuf>,
    /// Put the majority element on disordered sites instead of refusing them
    #[arg(long)]
    majority: bool,
}

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

/// `K/N` with K below N.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(k, n)| k < n).ok_or_else(|| "a shard is K/N with K below N, such as 0/4".to_owned())
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether every structure got an answer.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let started = Instant::now();
    let mut report = match &options.answers {
        Some(_) if options.top > 0 => Report::of_best(options.top),
        _ => Report::default(),
    };
    let screener = Screener::load(options.model.clone())?;
    match &options.answers {
        Some(merged) if !options.merge.is_empty() => {
            journal::merge(&options.merge, merged, |outcome| report.add(outcome))?;
        }
        Some(_) if options.paths.is_empty() => return Err("--answers needs paths, or shards to --merge".into()),
        _ if options.paths.is_empty() => {
            for (structure, answer) in structures::answer(&screener, reference_structures()) {
                report.add(Outcome::new(&structure, answer));
            }
        }
        _ => answer_paths(options, &screener, &mut report)?,
    }
    if report.is_empty() {
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
    report.print(&mut out, options.top)?;
    let seconds = started.elapsed().as_secs_f64();
    screener.legend().iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "{} in {seconds:.1} s with {}", report.summary(), screener.description())?;
    Ok(report.is_complete())
}

/// Answers for all structures, or for those that an earlier run did not come to.
fn answer_paths(options: &Options, screener: &Screener, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let disordered = if options.majority { OccupancyPolicy::Majority } else { OccupancyPolicy::Reject };
    let shard = options.shard.unwrap_or((0, 1));
    let mut reading = Reading { window: options.window as usize, shard, ..Reading::new(&options.paths, disordered) };
    let mut journal = match &options.answers {
        Some(path) => Some(Journal::open(path, question(options, screener)?, shard)?),
        None => None,
    };
    if let Some(journal) = &mut journal {
        journal.replay(|outcome| report.add(outcome))?;
        reading.skipped = journal.entries();
    }
    let bar = progress();
    structures::answer_windows(screener, &reading, |window| {
        let outcomes = window.answers.into_iter().map(|(structure, answer)| Outcome::new(&structure, answer));
        let outcomes: Vec<Outcome> = outcomes.collect();
        if let Some(journal) = &mut journal {
            journal.append(window.number, window.end, &outcomes)?;
        }
        bar.inc(outcomes.len() as u64);
        for outcome in outcomes {
            if let Outcome::Failure(failure) = &outcome {
                bar.suspend(|| eprintln!("{}: {}", failure.place, failure.reason));
            }
            report.add(outcome);
        }
        Ok::<(), io::Error>(())
    })?;
    bar.finish_and_clear();
    journal.as_mut().map_or(Ok(()), Journal::finish)?;
    Ok(())
}

/// What the answers depend on: a run goes on only where all of it is the same.
fn question(options: &Options, screener: &Screener) -> io::Result<Value> {
    let size = |path: &PathBuf| {
        let length = fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|file| file.len());
        (path.display().to_string(), length)
    };
    let paths: Vec<(String, Option<u64>)> = options.paths.iter().map(size).collect();
    Ok(json!({"models": screener.seals()?, "paths": paths, "window": options.window, "majority": options.majority}))
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
