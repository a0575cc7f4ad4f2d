//! `s2s audit`: how much a labelled set gives away through shortcut features alone, and what is wrong with its records.
//!
//! ```text
//! s2s audit                      # the S2S set of S2S_DATA_DIR
//! s2s audit my_set.jsonl.zst     # any labelled set in the same schema
//! ```

use std::{io::Write, path::PathBuf, time::Instant};

use clap::Args;
use s2s_data::{
    DataFolder, Dataset,
    audit::{Audit, AuditPlan},
    label::{FamilyRule, SuperconductorFamily},
    task::family_counts,
};

use crate::{
    Status, console::StandardOutput, destination::Destination, failure::Failure, input_path, records::HeldRecords,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// JSON lines, plain or zstd-compressed [default: the S2S set of S2S_DATA_DIR]
    #[arg(value_parser = input_path::named())]
    path: Option<PathBuf>,
    /// Fewer splits and smaller forests
    #[arg(long)]
    quick: bool,
    /// What folds, clusters and forests depend on
    #[arg(long, default_value_t = 2022)]
    seed: u64,
    /// Also write the audit as JSON; with `-`, only that
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    records: HeldRecords,
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    let path = match &options.path {
        Some(path) => path.clone(),
        None => DataFolder::from_env()?.s2s(),
    };
    let json = options.json.as_deref().map(Destination::new).transpose()?;
    json.iter().try_for_each(|json| json.is_none_of(std::slice::from_ref(&path)))?;
    let (mut records, bad_lines) = options.records.read(&path)?;
    let unlabelled = records.len();
    records.retain(|record| record.label.is_some_and(|label| label.is_superconductor().is_some()));
    let unlabelled = unlabelled - records.len();
    let dataset = Dataset::new(records)?;
    let plan = if options.quick { AuditPlan::quick(options.seed) } else { AuditPlan::thorough(options.seed) };
    let started = Instant::now();
    let audit = Audit::new(&dataset, &plan).map_err(Failure::library)?;
    if let Some(json) = &json {
        json.write(&serde_json::to_vec_pretty(&audit).map_err(Failure::library)?)?;
    }
    if json != Some(Destination::Standard) {
        let mut out = StandardOutput::lock();
        writeln!(out, "{}: {bad_lines} bad lines, {unlabelled} records without a decided label", path.display())?;
        writeln!(out, "{audit}")?;
        print_families(&mut out, &dataset)?;
        writeln!(out, "\naudited in {:.1?}", started.elapsed())?;
        out.flush()?;
    }
    Ok(Status::of(bad_lines == 0))
}

fn print_families(out: &mut impl Write, dataset: &Dataset) -> std::io::Result<()> {
    writeln!(out, "Superconductors and others by family")?;
    let counts = [FamilyRule::Elements, FamilyRule::Chemistry].map(|rule| family_counts(dataset, rule));
    writeln!(out, "{:<12}{:>20}{:>20}", "", "by elements", "by chemistry")?;
    for family in SuperconductorFamily::ALL {
        let [by_elements, by_chemistry] = [0, 1].map(|rule| {
            let [others, superconductors] = counts[rule][&family];
            format!("{superconductors} / {others}")
        });
        writeln!(out, "{family:<12}{by_elements:>20}{by_chemistry:>20}")?;
    }
    Ok(())
}
