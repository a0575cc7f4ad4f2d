//! `s2s join`: SuperCon joined to Materials Project structures, from the data folder to datasets, reports and audits.
//!
//! ```text
//! S2S_DATA_DIR=… s2s join --out target/join
//! S2S_DATA_DIR=… s2s join --out target/again --verify target/join/manifest.json
//! S2S_DATA_DIR=… s2s join --supercon measured.csv --column tc=Tc_onset --column tested-to=T_min --out target/mine
//! ```
//!
//! Writes `s2s-rebuilt`, `s2s-measured` and `s2s-repaired` as JSON lines with a line per repair, the outcome of every row and
//! structure, the agreement with the published S2S set, fold files, audits, and a manifest with the hash of every file
//! read and written. Two runs with the same seed write the same bytes; with `--verify`, a changed source is refused.

use std::{
    fs,
    io::{BufReader, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use s2s_data::{
    DataFolder, Dataset, Folds, Groups, Label,
    audit::{Audit, AuditPlan},
    file::{FileEntry, Manifest, open_file},
    join::{JoinRules, MatchTier, StructureIndex},
    label::{FamilyRule, SuperconductorFamily},
    record::RecordWriter,
    repair::{RepairRules, repair},
    split::FoldFile,
    table::{SuperCon, SuperConColumns},
    task::{Agreement, Matching, NegativeSampling, family_counts, measured, rebuild},
};

use crate::{
    Status,
    column_titles::ColumnTitles,
    console::StandardOutput,
    destination::Destination,
    failure::{AnyError, Failure},
    input_path,
    records::HeldRecords,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder for everything that is written
    #[arg(long, default_value = "target/join", value_name = "DIR", value_parser = input_path::named())]
    out: PathBuf,
    /// Table of measurements instead of the data folder's: two or more columns, separated by commas, semicolons or tabs, such
    /// as the SuperCon table of NIMS (doi 10.48505/nims.4487)
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    supercon: Option<PathBuf>,
    #[command(flatten)]
    columns: ColumnTitles,
    /// What negatives, order and folds depend on
    #[arg(long, default_value_t = 2022)]
    seed: u64,
    /// Negatives with as many elements and about as many atoms as the positives
    #[arg(long)]
    matched: bool,
    /// Leave the audits out
    #[arg(long)]
    no_audit: bool,
    /// A manifest of an earlier run: refuse sources that differ from it
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    verify: Option<PathBuf>,
    #[command(flatten)]
    records: HeldRecords,
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    let mut out = StandardOutput::lock();
    let complete = work(options, &mut out)?;
    out.flush()?;
    Ok(Status::of(complete))
}

/// Whether every line of the structures was a record.
fn work(options: &Options, text: &mut impl Write) -> Result<bool, AnyError> {
    let folder = DataFolder::from_env()?;
    fs::create_dir_all(&options.out)?;
    let mut manifest = Manifest::new();
    let measurements = match &options.supercon {
        Some(path) => (path.clone(), "measurements given by --supercon", "none stated"),
        None => (folder.supercon(), "SuperCon (NIMS), Stanev et al., npj Comput. Mater. 4, 29 (2018)", "CC-BY 4.0"),
    };
    let path_of_table = measurements.0.clone();
    let sources = [
        measurements,
        (folder.mp139k(), "Materials Project, Jain et al., APL Mater. 1, 011002 (2013)", "CC-BY 4.0"),
        (folder.s2s(), "Liu et al., S2SNet", "none stated"),
    ];
    let known: Option<Manifest> = match &options.verify {
        Some(path) => Some(serde_json::from_reader(BufReader::new(open_file(path)?))?),
        None => None,
    };
    for (path, source, licence) in &sources {
        let name = file_name(path);
        if let Some(known) = &known {
            known.verify_source(&name, path)?;
        }
        let entry =
            FileEntry { source: Some((*source).into()), licence: Some((*licence).into()), ..FileEntry::of(path)? };
        manifest.sources.insert(name, entry);
    }

    let columns = SuperConColumns::detect(open_file(&path_of_table)?, &options.columns.by_column()?)?;
    let table = SuperCon::read(open_file(&path_of_table)?, &columns)?;
    writeln!(text, "{} rows of {}{}", table.num_rows(), file_name(&path_of_table), described(&columns))?;
    for fault in &table.faults {
        writeln!(text, "  {fault}")?;
    }
    let started = Instant::now();
    let (records, bad_lines) = options.records.read(&folder.mp139k())?;
    writeln!(text, "{} structures read in {:.2?}", records.len(), started.elapsed())?;
    let started = Instant::now();
    let rules = JoinRules::doped();
    let index = StructureIndex::new(&records, rules.doping)?;
    writeln!(text, "{} compositions indexed in {:.2?}", index.num_compositions(), started.elapsed())?;
    let started = Instant::now();
    let (joined, report) = index.join(&table, &rules)?;
    writeln!(text, "joined in {:.2?} on one thread\n\n{report}", started.elapsed())?;

    let matching = if options.matched { Matching::SizeAndElements } else { Matching::Random };
    let sampling = NegativeSampling { per_positive: 3, matching, seed: options.seed };
    let (rebuilt, rebuild_report) = rebuild(&joined, &report, &records, sampling)?;
    for shortage in &rebuild_report.shortages {
        writeln!(text, "too few negatives: {shortage:?}")?;
    }
    let measured = measured(&joined, MatchTier::Nearest)?;
    let limits = measured.records().iter().filter(|record| record.label.and_then(Label::tested_to).is_some()).count();
    let negatives = measured.len() - measured.num_superconductors();
    writeln!(text, "s2s-measured: {limits} of {negatives} negatives were tested down to a stated temperature\n")?;
    let (published, more_bad_lines) = options.records.read(&folder.s2s())?;
    let published = Dataset::new(published)?;
    let agreement = Agreement::new(&published, &rebuilt, &table)?;
    writeln!(text, "S2S found again in S2S-rebuilt\n{agreement}")?;

    let started = Instant::now();
    let (repaired, repair_report) = repair(&published, &records, RepairRules::careful())?;
    writeln!(text, "S2S compared with the references in {:.2?}\n{repair_report}", started.elapsed())?;
    // The table is the same; what changes is how many structures had their species on the wrong sites.
    writeln!(text, "S2S-repaired found again in S2S-rebuilt\n{}", Agreement::new(&repaired, &rebuilt, &table)?)?;

    let mut out = Output { folder: options.out.clone(), manifest };
    out.manifest.settings.insert("columns".into(), described(&columns).trim_start_matches(": ").to_owned());
    out.manifest.settings.insert("rules".into(), serde_json::to_string(&rules)?);
    out.manifest.settings.insert("sampling".into(), serde_json::to_string(&sampling)?);
    out.dataset("s2s-rebuilt.jsonl", &rebuilt)?;
    out.dataset("s2s-measured.jsonl", &measured)?;
    out.dataset("s2s-repaired.jsonl", &repaired)?;
    let changes = repair_report.changes().map(|(id, finding)| Ok(serde_json::to_string(&(id, finding))? + "\n"));
    out.file("s2s-repaired-changes.jsonl", changes.collect::<Result<String, serde_json::Error>>()?.as_bytes(), None)?;
    out.file("s2s-repair-report.json", serde_json::to_string(&repair_report)?.as_bytes(), None)?;
    out.file("join-report.json", serde_json::to_string(&report)?.as_bytes(), None)?;
    out.file("rebuild-report.json", serde_json::to_string_pretty(&rebuild_report)?.as_bytes(), None)?;
    out.file("agreement.json", serde_json::to_string_pretty(&agreement)?.as_bytes(), None)?;
    let mut folds = FoldFile::default();
    for (name, dataset) in [("s2s", &published), ("s2s-rebuilt", &rebuilt), ("s2s-measured", &measured)] {
        let groups = Groups::by_chemical_system(dataset.records());
        let splits = Folds::grouped(dataset.labels(), &groups, 5, options.seed)?;
        folds.insert(name, dataset.records(), splits.splits());
    }
    out.file("folds-by-chemical-system.json", folds.to_json().as_bytes(), None)?;

    for (name, dataset) in [("s2s", &published), ("s2s-rebuilt", &rebuilt), ("s2s-measured", &measured)] {
        print_families(text, name, dataset)?;
    }
    if !options.no_audit {
        for (name, dataset) in [("s2s", &published), ("s2s-rebuilt", &rebuilt), ("s2s-measured", &measured)] {
            let audit = Audit::new(dataset, &AuditPlan::quick(options.seed))?;
            writeln!(text, "Audit of {name}\n{audit}")?;
            out.file(&format!("audit-{name}.json"), serde_json::to_string_pretty(&audit)?.as_bytes(), None)?;
        }
    }
    let manifest = serde_json::to_string_pretty(&out.manifest)?;
    Destination::new(&options.out.join("manifest.json"))?.write(manifest.as_bytes())?;
    writeln!(text, "written to {}", options.out.display())?;
    Ok(bad_lines + more_bad_lines == 0)
}

/// Which columns are read.
fn described(columns: &SuperConColumns) -> String {
    let others = [
        ("lowest temperatures without a transition", &columns.tested_to),
        ("pressures", &columns.pressure),
        ("years", &columns.year),
        ("references", &columns.reference),
        ("structure types", &columns.structure),
    ];
    let named = others.iter().filter_map(|(what, title)| Some(format!(", {what} from {:?}", title.as_ref()?)));
    format!(": formulas from {:?}, temperatures from {:?}{}", columns.name, columns.tc, named.collect::<String>())
}

fn print_families(text: &mut impl Write, name: &str, dataset: &Dataset) -> std::io::Result<()> {
    writeln!(
        text,
        "{name}: {} records, {} superconductors; by family (superconductors / others)",
        dataset.len(),
        dataset.num_superconductors()
    )?;
    let counts = [FamilyRule::Elements, FamilyRule::Chemistry].map(|rule| family_counts(dataset, rule));
    for family in SuperconductorFamily::ALL {
        let [elements, chemistry] = [0, 1].map(|rule| {
            let [others, superconductors] = counts[rule][&family];
            format!("{superconductors} / {others}")
        });
        writeln!(text, "  {family:<12}{elements:>16} by elements{chemistry:>16} by chemistry")?;
    }
    writeln!(text)?;
    Ok(())
}

/// What is written, with its hashes.
struct Output {
    folder: PathBuf,
    manifest: Manifest,
}

impl Output {
    fn dataset(&mut self, name: &str, dataset: &Dataset) -> Result<(), AnyError> {
        let mut writer = RecordWriter::new(Vec::new());
        dataset.records().iter().try_for_each(|record| writer.write(record))?;
        self.file(name, &writer.finish()?, Some(dataset.len() as u64))
    }

    fn file(&mut self, name: &str, bytes: &[u8], records: Option<u64>) -> Result<(), AnyError> {
        Destination::new(&self.folder.join(name))?.write(bytes)?;
        self.manifest.outputs.insert(name.into(), FileEntry { records, ..FileEntry::of_stream(bytes)? });
        Ok(())
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
