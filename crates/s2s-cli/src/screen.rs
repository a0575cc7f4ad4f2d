//! `s2s screen`: ranks structures and compositions by how likely they are to superconduct.
//!
//! Without a path it ranks the embedded reference crystals and compares with what measurements say.
//!
//! With `--answers FILE` every answer is written as it is found, one JSON object per line in the order of the inputs; a
//! run that was killed goes on where it stood, with the same bytes in the end, and memory stays flat however many inputs
//! there are. Many machines share the work with `--shard K/N`, each with a file of its own; `--merge` puts these together
//! to the bytes that one machine would have written.

mod answer;
mod cell;
mod entry;
mod file_label;
mod journal;
mod models;
mod page;
mod prior;
mod progress;
mod ranking;
mod report;
mod table_row;
mod walk;

use std::{io::Write, path::PathBuf, time::Instant};

use clap::Args;
use rayon::prelude::*;
use s2s_crystal::OccupancyPolicy;
use s2s_data::reference;
use serde_json::json;

use crate::{
    Status,
    console::{self, StandardOutput, note},
    destination::Destination,
    failure::Failure,
    input_path,
    reader_options::ReaderOptions,
    thread_pool::set_threads,
};
use answer::Outcome;
use entry::{Entries, Item, Subject};
use journal::{Header, Journal};
use models::Models;
use progress::Progress;
use ranking::{RankBy, Ranking};

#[derive(Debug, Args)]
#[command(after_long_help = COLUMNS)]
pub(crate) struct Options {
    /// Files and folders: CIF, POSCAR, extended XYZ, JSON, JSON lines, packed or not; CSV and TSV files with a column
    /// `formula` (and `id` or `name`), if named; `-` is standard input [default: the embedded reference crystals]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A composition such as Ba0.6K0.4Fe2As2; may be given several times
    #[arg(long = "formula", value_name = "FORMULA")]
    formulas: Vec<String>,
    /// Folder of a model: trees, a network, an ensemble, or a training run [default: the bundled models]
    #[arg(long, value_name = "DIR", value_parser = input_path::named())]
    model: Option<PathBuf>,
    /// Leave S2SNet out, and with it `p_listed_network` and what atoms contribute: quicker for many structures
    #[arg(long, conflicts_with = "model")]
    no_network: bool,
    /// What ranks [default: measured, where the model answers it]
    #[arg(long, value_name = "WHAT")]
    rank_by: Option<RankBy>,
    /// Share of superconductors among what you screen, such as 0.05: rescales the probabilities from that of the
    /// training data
    #[arg(long, value_name = "P", value_parser = prior::parse)]
    prior: Option<f64>,
    /// Rows of the table; 0 prints all
    #[arg(long, default_value_t = 30)]
    top: usize,
    /// Write the whole ranking as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the whole ranking, and what has no answer, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the whole ranking as one HTML page with the cells drawn, which needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every answer as a JSON line, in the order of the inputs; a killed run continues there
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Answer for one of several shards only, such as 0/4; the first is 0
    #[arg(long, value_name = "K/N", requires = "answers", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Put the answers of all shards together, as --answers, instead of answering
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "answers", value_parser = input_path::named(),
          conflicts_with_all = ["paths", "formulas", "shard"])]
    merge: Vec<PathBuf>,
    /// Inputs that are answered for together: what is in memory, and what a kill can cost
    #[arg(long, value_name = "COUNT", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..=65536))]
    window: u32,
    /// Put the majority element on disordered sites instead of weighting them in the composition
    #[arg(long)]
    majority: bool,
    #[command(flatten)]
    reader: ReaderOptions,
    /// Threads to compute with [default: as many as the machine has]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

const COLUMNS: &str = "\
Columns of the table and of the CSV file (id, path, formula, p_measured, tc_k,
tc_low_k, tc_high_k, p_listed, std, nearest, nearest_tc_k, distance,
nearest_materials, in_training, p_listed_network, warnings); empty where the
model does not give them:
  p_measured  calibrated probability that a transition is reported when it is
              measured
  tc_k        critical temperature in K if there is a transition, from the
              composition; tc_low_k and tc_high_k are the ends of its 80 %
              interval
  p_listed    calibrated probability of being reported in SuperCon, against
              other Materials Project entries; needs a structure
  std         standard deviation of p_measured over its ensemble; with --model,
              of what that model gives
  nearest     known superconductor of the nearest composition; nearest_tc_k is
              its Tc, distance the composition distance on Pettifor's scale;
              nearest_materials are five such, with Tc and (distance)
  in_training whether one of the models has learned from this composition
  p_listed_network
              the same as p_listed, from S2SNet, a network that sees the atoms;
              not in the table, and left out by --no-network
  warnings    what the reader found, and why the answer may be worth less

Probabilities are calibrated at the base rate of the training data, which the
legend states; --prior sets another.";

/// `K/N` with K below N.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let parts = parts.filter(|(k, n)| k < n && *n <= 1_000_000);
    parts.ok_or_else(|| "a shard is K/N with K below N, such as 0/4".to_owned())
}

/// Where results go.
struct Outputs {
    csv: Option<Destination>,
    json: Option<Destination>,
    html: Option<Destination>,
    answers: Option<Destination>,
}

impl Outputs {
    fn new(options: &Options) -> Result<Self, Failure> {
        let destination = |path: &Option<PathBuf>| path.as_deref().map(Destination::new).transpose();
        let outputs = Self {
            csv: destination(&options.csv)?,
            json: destination(&options.json)?,
            html: destination(&options.html)?,
            answers: destination(&options.answers)?,
        };
        let all: Vec<&Destination> = outputs.all().collect();
        for (k, output) in all.iter().enumerate() {
            output.is_none_of(&options.paths)?;
            output.is_none_of(&options.merge)?;
            if all[..k].contains(output) {
                return Err(Failure::usage("two results would be written to the same file"));
            }
        }
        for output in [&outputs.csv, &outputs.json, &outputs.html].into_iter().flatten() {
            if let Destination::File(path) = output
                && journal::is_answers(path)
            {
                return Err(Failure::Exists { path: path.clone() });
            }
        }
        Ok(outputs)
    }

    fn all(&self) -> impl Iterator<Item = &Destination> {
        [&self.csv, &self.json, &self.html, &self.answers].into_iter().flatten()
    }
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    let started = Instant::now();
    set_threads(options.threads)?;
    let outputs = Outputs::new(options)?;
    let models = Models::load(options.model.as_deref(), options.no_network)?;
    let by = models.ranking(options.rank_by)?;
    let whole = [&options.csv, &options.json, &options.html].into_iter().any(Option::is_some);
    let all = options.answers.is_none() || whole || options.top == 0;
    let mut ranking = Ranking::new(by, options.prior, models.base_rates(), (!all).then_some(options.top));
    let header = Header::new(options.shard.unwrap_or((0, 1)), journal::question(models.seals(), options.question()));
    match &outputs.answers {
        Some(merged) if !options.merge.is_empty() => {
            journal::merge(&options.merge, merged, &header, |outcome| ranking.add(outcome))?;
        }
        answers if options.paths.is_empty() && options.formulas.is_empty() => {
            if answers.is_some() {
                return Err(Failure::usage("--answers needs inputs, or shards to --merge"));
            }
            let (models, drawn) = (&models, options.html.is_some());
            let items: Vec<Item> = reference_items().collect();
            let pieces = items.into_par_iter().chunks(walk::PIECE);
            let outcomes: Vec<Outcome> = pieces.flat_map_iter(|items| Outcome::of_all(items, models, drawn)).collect();
            outcomes.into_iter().for_each(|outcome| ranking.add(outcome));
        }
        answers => answer_inputs(options, &models, answers.as_ref(), header, &mut ranking)?,
    }
    if ranking.is_empty() {
        ranking.passed_over().into_iter().for_each(note);
        return Err(Failure::nothing_in(&options.paths));
    }
    ranking.sort();
    if let Some(csv) = &outputs.csv {
        csv.write(ranking.csv().as_bytes())?;
    }
    if let Some(json) = &outputs.json {
        json.write(ranking.json().as_bytes())?;
    }
    if let Some(html) = &outputs.html {
        html.write(page::of(&ranking, &models).as_bytes())?;
    }
    let mut text = Vec::new();
    let width = console::width();
    ranking.print(&mut text, options.top, width)?;
    let time = format!("{:.1} s with {}", started.elapsed().as_secs_f64(), models.description());
    ranking.print_summary(&mut text, &time, width)?;
    // A result on standard output is not mixed with the table.
    if outputs.all().all(|output| *output != Destination::Standard) {
        let mut out = StandardOutput::lock();
        out.write_all(&text)?;
        out.flush()?;
    } else {
        ranking.shortage().into_iter().chain(ranking.passed_over()).for_each(note);
    }
    Ok(Status::of(ranking.is_complete()))
}

/// Answers for all inputs, or for those that an earlier run did not reach.
fn answer_inputs(
    options: &Options,
    models: &Models,
    answers: Option<&Destination>,
    header: Header,
    ranking: &mut Ranking,
) -> Result<(), Failure> {
    let mut journal = match answers {
        Some(destination) => Some(Journal::open(destination, header, |outcome| ranking.add(outcome))?),
        None => None,
    };
    let mut reader = options.reader.disordered();
    if options.majority {
        reader.occupancy = OccupancyPolicy::Majority;
    }
    let entries = Entries::new(&options.formulas, &options.paths, &reader);
    let mut progress = Progress::default();
    let (window, drawn) = (options.window as usize, options.html.is_some());
    let skipped = walk::answer_windows(entries, &reader, window, journal.as_mut(), models, drawn, |outcome| {
        if let Outcome::Failure(failure) = &outcome {
            progress.pause();
            note(format_args!("{}: {}", failure.location(), failure.reason));
        }
        progress.count();
        ranking.add(outcome);
    })?;
    progress.pause();
    ranking.skipped.add(skipped);
    if let Some(journal) = &mut journal {
        journal.finish()?;
    }
    Ok(())
}

impl Options {
    /// What the answers depend on besides inputs and models.
    fn question(&self) -> serde_json::Value {
        json!({ "majority": self.majority, "reader": self.reader.to_string() })
    }
}

fn reference_items() -> impl Iterator<Item = Item> {
    reference::crystals().iter().map(|known| Item {
        path: String::new(),
        id: known.name.clone(),
        label: Some(known.superconductivity.label()),
        diagnostics: Vec::new(),
        subject: Ok(Subject::Crystal(known.crystal.clone())),
        passed_over: None,
    })
}
