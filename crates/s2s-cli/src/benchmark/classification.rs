//! `s2s benchmark classification`: repeated cross-validation of learners of tables under any split, fold by fold into a
//! folder that a killed run continues, and the table of all that is there.
//!
//! ```text
//! s2s benchmark classification --out results --split random --split chemical-system \
//!     --model element-count --model statistic --model boosted:magpie
//! s2s benchmark classification --out results            # the table again
//! s2s benchmark classification --out results --difference statistic=boosted:magpie    # paired differences of ROC-AUC
//! s2s benchmark classification --out results --test other.jsonl --model boosted:magpie    # one score on other crystals
//! ```

use std::{
    collections::BTreeMap,
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use s2s_data::{
    DataFolder, Dataset, Record, RecordStream,
    file::open_file,
    table::{SuperCon, SuperConColumns},
};
use s2s_eval::{
    benchmark::{BenchmarkFolder, Comparison, FoldResult, Sides, Supplement, TestSet},
    learner::{AuxiliaryFeature, AuxiliaryTarget, Specification},
    tc::Negatives,
};

use super::command_line;
use crate::{
    Status,
    console::{StandardOutput, note},
    failure::Failure,
    input_path,
    thread_pool::set_threads,
};

#[derive(Debug, Args)]
#[command(after_long_help = MODELS)]
pub(crate) struct Options {
    /// Labelled crystals as JSON lines, plain or zstd-compressed [default: the S2S set of S2S_DATA_DIR]
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    data: Option<PathBuf>,
    /// Crystals that are no superconductors: all are negatives, or tested, those of a measurement down to a stated
    /// temperature, and the others take no part
    #[arg(long, value_name = "KIND", default_value_t = Negatives::All, value_parser = negatives)]
    negatives: Negatives,
    /// Folder for the results; a killed run continues there
    #[arg(long, value_name = "DIR", value_parser = input_path::named())]
    out: PathBuf,
    /// Model that takes part, as listed below; may be repeated
    #[arg(long = "model", value_name = "NAME", requires = "sides")]
    models: Vec<String>,
    /// What must not be on both sides of a fold: random (nothing), formula, chemical-system or family (clusters of
    /// compositions); may be repeated
    #[arg(long = "split", value_name = "KIND", group = "sides")]
    splits: Vec<Sides>,
    /// Labelled crystals of a test set: models learn from all of --data and are scored once on those of these whose
    /// chemical systems --data does not have
    #[arg(long, value_name = "FILE", group = "sides", value_parser = input_path::named(),
          conflicts_with_all = ["splits", "means", "doubtful", "against", "differences"])]
    test: Option<PathBuf>,
    /// Number of folds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    folds: u16,
    /// First seed of folds and models
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of seeds [default: 5, with --test 1]
    #[arg(long, value_name = "SEEDS", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// Auxiliary feature, fitted on the records of a file: their band gap if NAME starts with gap, their formation energy
    /// if with energy, else their label; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    auxiliary: Vec<(String, String)>,
    /// SuperCon, or another table with a column of formulas and one of Tc: compositions that `supplemented:…` learns from too, but for the test side's chemical systems
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    supplement: Option<PathBuf>,
    /// What one of these compositions counts, a crystal counting one
    #[arg(long, default_value_t = 1.0, value_parser = weight)]
    supplement_weight: f64,
    /// A row for the mean of the logits of models whose results are there; may be repeated
    #[arg(long = "mean", value_name = "NAME=A&B", value_parser = pair)]
    means: Vec<(String, String)>,
    /// List the crystals to whose label the mean of these models gives less than one in ten
    #[arg(long, value_name = "A&B")]
    doubtful: Option<String>,
    /// Model that the others are compared with
    #[arg(long, value_name = "NAME")]
    against: Option<String>,
    /// ROC-AUC of models minus that of REFERENCE, on the folds that both have, with the mean over the models where they are several, as are
    /// seeds of one model; may be repeated
    #[arg(long = "difference", value_name = "REFERENCE=A&B", value_parser = comparison)]
    differences: Vec<Comparison>,
    /// Threads to compute with [default: as many as the machine has]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

const MODELS: &str = "\
Models:
  element-count    a random forest that is told the number of elements
  artefacts        a random forest that is told how the record was written
  statistic        a random forest on the Magpie features
  boosted:SET      boosted trees
  bagged:SET       five of them with other seeds
  supplemented:SET boosted trees that learn from --supplement too
  masked-supplemented:SET
                   the same, with half the weight of each crystal given to its
                   composition alone
  kernel:SET       a kernel machine
  calibrated:NAME  a model with its probabilities calibrated out of fold
  blend:NAME,NAME  stacked model: several models, weighted and calibrated out of fold
  share-50:NAME    a model that gets 50 % of the examples

SET is `all`, or any of element-count, magpie, fractions, composition, pairs,
structure, surroundings, symmetry and artefacts, joined by +, with @NAME for
each auxiliary feature that is added, such as magpie+structure@gap.";

fn pair(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, rest)| !name.is_empty() && !rest.is_empty());
    parts
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .ok_or_else(|| "this is not of the form NAME=…".to_owned())
}

fn named_file(text: &str) -> Result<(String, String), String> {
    let (name, file) = pair(text)?;
    if input_path::is_standard_input(Path::new(&file)) {
        Err(input_path::NO_STREAM.to_owned())
    } else {
        Ok((name, file))
    }
}

fn comparison(text: &str) -> Result<Comparison, String> {
    let (reference, models) = pair(text)?;
    Ok(Comparison { models: models.split('&').map(str::to_owned).collect(), reference })
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    set_threads(options.threads)?;
    let path = match &options.data {
        Some(path) => path.clone(),
        None => DataFolder::from_env()?.s2s(),
    };
    let mut records = records(&path)?;
    if options.negatives == Negatives::Tested {
        let before = records.len();
        records.retain(|record| !is_untested(record));
        note(format_args!(
            "{} crystals of {before} are negatives without a limit and take no part",
            before - records.len()
        ));
    }
    let data = Dataset::new(records)?;
    if let Some(test) = &options.test {
        return score_test_set(options, &path, &data, test);
    }
    let mut folder =
        BenchmarkFolder::open(&options.out, &path, &data, usize::from(options.folds)).map_err(Failure::library)?;
    if !options.models.is_empty() {
        let mut known = specification(options, data.records())?;
        // Every name is looked up before the first model runs for hours.
        options.models.iter().try_for_each(|name| known.model(name).map(drop)).map_err(Failure::library)?;
        for name in &options.models {
            let model = known.model(name).map_err(Failure::library)?;
            let ran = folder.run(&model, &options.splits, seeds(options, 5)?, |result| {
                let FoldResult { sides, seed, fold, evaluation, .. } = result;
                let auc = evaluation.roc_auc.map_or("not defined".to_owned(), |auc| format!("{auc:.4}"));
                note(format_args!("{name}, {sides}, seed {seed}, fold {}: ROC-AUC {auc}", fold + 1));
            });
            ran.map_err(Failure::library)?;
        }
        folder.record_command(&command_line(), env!("CARGO_PKG_VERSION")).map_err(Failure::library)?;
    }
    for (name, members) in &options.means {
        folder.add_mean(name, &members.split('&').collect::<Vec<_>>()).map_err(Failure::library)?;
    }
    if let Some(members) = &options.doubtful {
        folder.doubtful(&members.split('&').collect::<Vec<_>>()).map_err(Failure::library)?;
    }
    let table = folder.write_table(options.against.as_deref()).map_err(Failure::library)?;
    let mut out = StandardOutput::lock();
    write!(out, "{table}")?;
    if !options.differences.is_empty() {
        write!(out, "{}", folder.write_differences(&options.differences).map_err(Failure::library)?)?;
    }
    out.flush()?;
    Ok(Status::Complete)
}

/// The seeds of folds and models, of which there are `number` unless the options say otherwise.
fn seeds(options: &Options, number: u64) -> Result<Range<u64>, Failure> {
    let end = options.seed.checked_add(options.seeds.unwrap_or(number));
    end.map(|end| options.seed..end).ok_or_else(|| Failure::usage("--seed and --seeds exceed the largest seed"))
}

/// Scores models once with every seed on crystals of another file.
fn score_test_set(options: &Options, path: &Path, data: &Dataset, test: &Path) -> Result<Status, Failure> {
    let set = TestSet::open(&options.out, path, data, test, records(test)?);
    let mut set = set.map_err(Failure::library)?;
    // Auxiliary features must not be fitted on test crystals either.
    let apart = [data.records(), set.records()].concat();
    let mut known = specification(options, &apart)?;
    options.models.iter().try_for_each(|name| known.model(name).map(drop)).map_err(Failure::library)?;
    for name in &options.models {
        let model = known.model(name).map_err(Failure::library)?;
        for seed in seeds(options, 1)? {
            if !set.score(&model, seed).map_err(Failure::library)? {
                note(format_args!("{name} has its score for seed {seed}, which is not computed again"));
            }
        }
    }
    let table = set.write_table().map_err(Failure::library)?;
    let mut out = StandardOutput::lock();
    write!(out, "{table}")?;
    out.flush()?;
    Ok(Status::Complete)
}

/// What the names of models may refer to; auxiliary features learn from no chemical system of `apart`.
fn specification(options: &Options, apart: &[Record]) -> Result<Specification, Failure> {
    let supplement = match &options.supplement {
        Some(path) => {
            let open = || open_file(path).map_err(|source| Failure::file(path, source));
            let columns = SuperConColumns::detect(open()?, &BTreeMap::new()).map_err(Failure::library)?;
            let table = SuperCon::read(open()?, &columns).map_err(Failure::library)?;
            table.faults.iter().for_each(|fault| note(format_args!("{}: {fault}; skipped", path.display())));
            Some(Arc::new(Supplement::of_supercon(&table, options.supplement_weight)))
        }
        None => None,
    };
    let mut auxiliary = Vec::new();
    for (name, path) in &options.auxiliary {
        let (target, features) = (AuxiliaryTarget::of_name(name), AuxiliaryFeature::quick_features());
        let examples = records(Path::new(path))?;
        let feature = AuxiliaryFeature::fit(name, target, features, &examples, apart, 1);
        let feature = feature.map_err(Failure::library)?;
        note(format_args!("auxiliary feature {name}: fitted on {} crystals", feature.examples()));
        auxiliary.push(Arc::new(feature));
    }
    Ok(Specification { models: Vec::new(), auxiliary, supplement })
}

fn negatives(text: &str) -> Result<Negatives, String> {
    match text.parse()? {
        Negatives::Unlabeled => Err("models of crystals learn from all or tested ones".to_owned()),
        kind => Ok(kind),
    }
}

/// Whether a crystal is a negative without a stated lowest temperature.
fn is_untested(record: &Record) -> bool {
    record.label.is_some_and(|label| label.is_superconductor() == Some(false) && label.tested_to().is_none())
}

fn weight(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0 && *number <= 1e6);
    number.ok_or_else(|| "it is not a number above 0 and up to 1,000,000".to_owned())
}

/// The records of a file, every line of which is one: what is skipped would change what is compared.
fn records(path: &Path) -> Result<Vec<Record>, Failure> {
    let records = RecordStream::open(path)?.collect::<Result<Vec<Record>, _>>();
    records.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}
