//! How much does a labelled set give away through artefacts alone, and what is wrong with its records?
//!
//! ```text
//! cargo run --release --example audit                      # the S2S set of S2S_DATA_DIR
//! cargo run --release --example audit -- my_set.jsonl.zst  # any labelled set in the same schema
//! ```

use std::{fs::File, io::BufWriter, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use s2s_data::{Audit, AuditPlan, DataFolder, Dataset, Family, FamilyRule, Record, RecordStream, family_counts};

/// Audits a labelled set of crystals.
#[derive(Parser)]
struct Options {
    /// JSON lines, plain or zstd-compressed; the S2S set if none is given.
    path: Option<PathBuf>,
    /// Fewer splits and smaller forests.
    #[arg(long)]
    quick: bool,
    /// What folds, clusters and forests depend on.
    #[arg(long, default_value_t = 2022)]
    seed: u64,
    /// Also writes the audit as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let path = match options.path {
        Some(path) => path,
        None => DataFolder::from_env()?.s2s(),
    };
    let mut records: Vec<Record> = Vec::new();
    let mut bad_lines = 0_usize;
    for record in RecordStream::open(&path)? {
        match record {
            Ok(record) => records.push(record),
            Err(error) => {
                bad_lines += 1;
                eprintln!("{}: {error}", path.display());
            }
        }
    }
    let unlabelled = records.len();
    records.retain(|record| record.label.is_some_and(|label| label.is_superconductor().is_some()));
    let unlabelled = unlabelled - records.len();
    let dataset = Dataset::new(records)?;
    println!("{}: {bad_lines} bad lines, {unlabelled} records without a decided label", path.display());

    let plan = if options.quick { AuditPlan::quick(options.seed) } else { AuditPlan::thorough(options.seed) };
    let started = Instant::now();
    let audit = Audit::new(&dataset, &plan)?;
    println!("{audit}");
    println!("Superconductors and others by family");
    let counts = [FamilyRule::Elements, FamilyRule::Chemistry].map(|rule| family_counts(&dataset, rule));
    println!("{:<12}{:>20}{:>20}", "", "by elements", "by chemistry");
    for family in Family::ALL {
        let [by_elements, by_chemistry] = [0, 1].map(|rule| {
            let [others, superconductors] = counts[rule][&family];
            format!("{superconductors} / {others}")
        });
        println!("{family:<12}{by_elements:>20}{by_chemistry:>20}");
    }
    println!("\naudited in {:.1?}", started.elapsed());
    if let Some(json) = options.json {
        serde_json::to_writer_pretty(BufWriter::new(File::create(json)?), &audit)?;
    }
    Ok(())
}
