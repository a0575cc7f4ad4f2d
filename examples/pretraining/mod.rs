//! What pre-training on any question shares: which crystals, and where the results go.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use clap::Args;
use s2s_data::{DataFolder, Groups, Record, RecordStream, Split};
use s2s_train::{
    TrainError,
    recipe::{Prepared, RunFolder, command_line},
};
use serde_json::Value;

/// Which crystals, and where the results go.
#[derive(Args, Debug)]
pub(crate) struct Pretraining {
    /// Crystals as JSON lines, zstd-compressed or not [default: mp2018.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Keep crystals that are marked as those of S2S (`s2s_overlap`)
    #[arg(long)]
    pub(crate) keep_overlap: bool,
    /// Use only this many crystals, drawn at random
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) limit: Option<u32>,
    /// Seed of split, weights, order and masks
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for configuration, log, checkpoints and weights; a killed run continues there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl Pretraining {
    /// The file of crystals.
    pub(crate) fn data(&self) -> Result<PathBuf, Box<dyn Error>> {
        Ok(self.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.mp2018()), Ok)?)
    }

    /// The crystals to use; what is left out is counted on the standard error, unless `quiet`.
    pub(crate) fn crystals(
        &self,
        max_atoms: usize,
        max_errors: u64,
        lacks: Option<Lack>,
        quiet: bool,
    ) -> Result<Vec<Record>, Box<dyn Error>> {
        let path = self.data()?;
        let (mut records, mut lacking, mut overlapping, mut large) = (Vec::new(), 0, 0, 0);
        let mut stream = RecordStream::open(&path)?.with_max_errors(max_errors);
        for record in stream.by_ref() {
            match record {
                Err(error) => return Err(format!("{}: {error}", path.display()).into()),
                Ok(record) if lacks.as_ref().is_some_and(|lack| (lack.applies)(&record)) => lacking += 1,
                Ok(record) if !self.keep_overlap && record.s2s_overlap == Some(true) => overlapping += 1,
                Ok(record) if record.crystal.num_sites() > max_atoms => large += 1,
                Ok(record) => records.push(record),
            }
        }
        stream.errors().iter().for_each(|error| eprintln!("{}: {error}; skipped", path.display()));
        if stream.num_errors() > 0 && !quiet {
            eprintln!("{}: {} bad lines skipped", path.display(), stream.num_errors());
        }
        if let Some(limit) = self.limit {
            s2s_data::split::shuffle(&mut records, self.seed, 0);
            records.truncate(limit as usize);
        }
        if !quiet {
            let lacking = lacks.map_or_else(String::new, |lack| format!("{lacking} {}, ", lack.name));
            eprintln!(
                "{} crystals; left out: {lacking}{overlapping} of S2S, {large} with more than {max_atoms} atoms",
                records.len()
            );
        }
        Ok(records)
    }

    /// The records that have features, and a share of them held out: no reduced formula is on both sides.
    pub(crate) fn split(
        &self,
        records: &[Record],
        prepared: &Prepared,
        held_out: f64,
    ) -> Result<(Vec<Record>, Split), Box<dyn Error>> {
        let kept: Vec<Record> = prepared.kept.iter().map(|&i| records[i].clone()).collect();
        let split = Split::grouped(&vec![(); kept.len()], &Groups::by_formula(&kept), held_out, self.seed)?;
        Ok((kept, split))
    }
}

/// What whoever starts from these weights should know.
pub(crate) fn card(question: &str, crystals: usize, metrics: &BTreeMap<String, f64>) -> String {
    let measured: String = metrics.iter().map(|(name, value)| format!("* {name}: {value:.4}\n")).collect();
    format!(
        "# Pre-trained on {question}\n\n\
         A network that has learned {question} of {crystals} crystals; others start from it with `--pretrained`.\n\n\
         On crystals whose formulas it has not seen:\n\n{measured}\n\
         ## Made by\n\n    {}\n",
        command_line()
    )
}

/// Writes what a run measured. Where an earlier start left no step to do, what that one measured of itself is kept.
pub(crate) fn write_run(
    out: &RunFolder,
    hashes: &BTreeMap<String, String>,
    result: &Value,
    steps: u64,
) -> Result<(), TrainError> {
    if steps > 0 || !out.has_run() { out.write_run(hashes, result) } else { Ok(()) }
}

/// What makes a crystal useless for a question, and how it is called.
pub(crate) struct Lack {
    pub(crate) name: &'static str,
    pub(crate) applies: fn(&Record) -> bool,
}
