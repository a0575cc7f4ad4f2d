//! Every model on the same folds: repeated cross-validation of any models under any split, fold by fold into a file
//! that a killed run continues, and the table of all that is there.
//!
//! ```text
//! cargo run --release --features benchmark --example benchmark -- --out results --split random --split chemical-system \
//!     --model element-count --model statistic --model boosted:magpie
//! cargo run --release --features benchmark --example benchmark -- --out results    # the table
//! ```
//!
//! `Specification::model` of `s2s_eval::learner` lists the names. Networks are brought by `--network`, auxiliary features
//! fitted on other crystals by `--auxiliary`:
//!
//! ```text
//! --network periodic=crates/s2s-train/results/periodic-scratch/config.toml --model periodic
//! --network pretrained=CONFIG.toml,RUN_FOLDER_OF_PRETRAIN --model pretrained
//! --network frozen=paper,,RUN_FOLDER_OF_PRETRAIN --model frozen        # by the paper's recipe
//! --network cgcnn=cgcnn,CONFIG.toml --model cgcnn
//! --network energetic=cgcnn,CONFIG.toml,RUN_FOLDER_OF_PRETRAIN_ENERGY --model energetic
//! --auxiliary gap=mp2018.jsonl.zst --model boosted:magpie+structure@gap
//! ```

mod input;

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use s2s_data::{DataFolder, Dataset};
use s2s_eval::{
    benchmark::{BenchmarkModel, FoldResult, Job, Protocol, ResultFile, ScoreTable, Setting, Sides},
    learner::{AuxiliaryFeature, AuxiliaryTarget, RecordFeatures, Specification, Supplement},
};
use s2s_model::{CgcnnConfig, MegnetConfig, S2sNetConfig, device::DeviceChoice};
use s2s_train::{
    BenchmarkNetwork, NetworkKind, TrainError,
    recipe::{EnergyNetwork, EnergyRecipe, FinetuneRecipe, RunFolder, Transfer, file_sha256},
    resolve,
};
use serde_json::{Value, json};

/// Compare models on the same folds
#[derive(Parser, Debug)]
struct Options {
    /// Labelled crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Folder for the results; a killed run continues there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Model that takes part; may be repeated
    #[arg(long = "model", alias = "contender", value_name = "NAME")]
    models: Vec<String>,
    /// What must not be on both sides of a fold: random, formula, chemical-system or family; may be repeated
    #[arg(long = "split", value_name = "KIND")]
    splits: Vec<Sides>,
    /// Number of folds
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// First seed of folds and models
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of seeds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// NAME=CONFIG.toml[,RUN], or NAME=KIND[,CONFIG.toml[,RUN]] with one of the kinds paper, cgcnn and megnet; CONFIG.toml may
    /// be left empty; may be repeated
    #[arg(long = "network", value_name = "NETWORK")]
    networks: Vec<String>,
    /// Setting of every network's recipe, such as fit.epochs=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Share of the training crystals on which a network's epoch is chosen
    #[arg(long, default_value_t = 0.2)]
    validation_share: f64,
    /// NAME=FILE, where NAME starts with gap or energy (from MP-2018 records) or anything else (from labels); may be repeated
    #[arg(long = "auxiliary", alias = "lesson", value_name = "FEATURE")]
    auxiliary: Vec<String>,
    /// SuperCon as `name,Tc`: compositions that `supplemented:…` learns from too, but for the test side's chemical systems
    #[arg(long, value_name = "FILE")]
    supplement: Option<PathBuf>,
    /// What one of these compositions counts, a crystal counting one
    #[arg(long, default_value_t = 1.0)]
    supplement_weight: f64,
    /// NAME=A&B: a row for the mean of the logits of models whose results are there; may be repeated
    #[arg(long = "mean", value_name = "MEAN")]
    means: Vec<String>,
    /// List the crystals to whose label the mean of these models gives less than one in ten
    #[arg(long, value_name = "A&B")]
    doubtful: Option<String>,
    /// Model that the others are compared with
    #[arg(long, value_name = "NAME")]
    against: Option<String>,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
    /// Threads of the tensor library and of the features
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
}

/// What an auxiliary feature is fitted on; all that is quick to compute for tens of thousands of crystals.
const AUXILIARY_FEATURES: &str = "magpie+fractions+composition+pairs+structure+surroundings";

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benchmark: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(i32::from(options.threads));
    rayon::ThreadPoolBuilder::new().num_threads(usize::from(options.threads)).build_global()?;
    let path = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
    let data = Dataset::new(input::records(&path)?)?;
    fs::create_dir_all(&options.out)?;
    let setting = Setting {
        data: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        data_sha256: file_sha256(&path)?,
        crystals: data.len(),
        superconductors: data.num_superconductors(),
        folds: options.folds,
    };
    let mut file = ResultFile::open(options.out.join("folds.jsonl"), &setting)?;

    if !options.models.is_empty() {
        let seeds = (options.seed..options.seed + options.seeds).collect();
        let protocol = Protocol { sides: options.splits.clone(), seeds, folds: options.folds };
        let jobs = protocol.jobs(&data)?;
        let supplement = match &options.supplement {
            Some(path) => Some(Arc::new(Supplement::of_supercon(&input::supercon(path)?, options.supplement_weight))),
            None => None,
        };
        let (models, auxiliary) = (networks(options)?, auxiliary(options, &data)?);
        let mut known = Specification { models, auxiliary, supplement };
        for name in &options.models {
            let model = known.model(name)?;
            for job in &jobs {
                if !file.has(&model, job)? {
                    let result = FoldResult::of(&model, &data, job)?;
                    let auc = result.evaluation.roc_auc.unwrap_or(f64::NAN);
                    eprintln!("{name}, {}, seed {}, fold {}: ROC-AUC {auc:.4}", job.sides, job.seed, job.fold + 1);
                    file.append(result)?;
                }
            }
        }
        record_command(options, &setting)?;
    }

    // The table is of all that was ever run here, whatever was asked for today.
    let mut asked: Vec<(Sides, u64)> = file.results().iter().map(|r| (r.sides, r.seed)).collect();
    asked.sort_unstable();
    asked.dedup();
    let mut jobs = Vec::new();
    for (sides, seed) in asked {
        jobs.extend(Protocol { sides: vec![sides], seeds: vec![seed], folds: options.folds }.jobs(&data)?);
    }
    for text in &options.means {
        let (name, members) = pair(text)?;
        for result in means(name, members, &data, &jobs, file.results())? {
            let place = |r: &FoldResult| (r.model.clone(), r.sides, r.seed, r.fold);
            if !file.results().iter().any(|r| place(r) == place(&result)) {
                file.append(result)?;
            }
        }
    }
    if let Some(members) = &options.doubtful {
        let found = doubtful(members, &data, &jobs, file.results())?;
        fs::write(options.out.join("doubtful.json"), format!("{found:#}\n"))?;
    }
    let table = ScoreTable::new(&data, &jobs, file.results(), options.against.as_deref())?;
    let settings: BTreeMap<&str, &str> =
        file.results().iter().map(|r| (r.model.as_str(), r.settings.as_str())).collect();
    let summary = json!({"setting": setting, "table": table, "contenders": settings, "seconds": file.seconds()});
    fs::write(options.out.join("summary.json"), format!("{summary:#}\n"))?;
    fs::write(options.out.join("table.md"), table.to_string())?;
    print!("{table}");
    Ok(())
}

/// The mean of some models on every fold that all of them have run.
fn means(
    name: &str,
    members: &str,
    data: &Dataset,
    jobs: &[Job],
    results: &[FoldResult],
) -> Result<Vec<FoldResult>, Box<dyn Error>> {
    let members: Vec<&str> = members.split('&').collect();
    let mut means = Vec::new();
    for job in jobs {
        let of = |member: &&str| {
            let same = |r: &&FoldResult| (r.sides, r.seed, r.fold) == (job.sides, job.seed, job.fold);
            results.iter().filter(same).find(|r| r.model == **member)
        };
        if let Some(all) = members.iter().map(of).collect::<Option<Vec<&FoldResult>>>() {
            means.push(FoldResult::mean(name, &all, data, job)?);
        }
    }
    Ok(means)
}

/// Crystals whose label is contradicted: the mean of some models, over all seeds of the random split and of the one by
/// chemical system, gives it less than one in ten.
fn doubtful(members: &str, data: &Dataset, jobs: &[Job], results: &[FoldResult]) -> Result<Value, Box<dyn Error>> {
    let mut sums = vec![(0.0, 0.0); data.len()];
    let jobs: Vec<Job> =
        jobs.iter().filter(|job| [Sides::Random, Sides::ChemicalSystem].contains(&job.sides)).cloned().collect();
    for result in means("mean", members, data, &jobs, results)? {
        let same = |job: &&Job| (job.sides, job.seed, job.fold) == (result.sides, result.seed, result.fold);
        let job = jobs.iter().find(same).ok_or("a result without a fold")?;
        for (&i, p) in job.split.test.iter().zip(result.probabilities()?) {
            sums[i] = (sums[i].0 + p, sums[i].1 + 1.0);
        }
    }
    let mut found = Vec::new();
    for ((record, label), (sum, count)) in data.records().iter().zip(data.labels()).zip(sums) {
        let p = sum / count;
        let wrong = if *label { p } else { 1.0 - p };
        if wrong < 0.1 {
            found.push((wrong, json!({"id": record.id, "formula": record.formula, "superconductor": label, "p": p})));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(found.into_iter().map(|(_, line)| line).collect())
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form NAME=…"))
}

fn networks(options: &Options) -> Result<Vec<Box<dyn BenchmarkModel>>, Box<dyn Error>> {
    let device = options.device.parse::<DeviceChoice>()?.resolve()?;
    let mut networks: Vec<Box<dyn BenchmarkModel>> = Vec::new();
    for text in &options.networks {
        let (name, rest) = pair(text)?;
        let mut parts = rest.split(',');
        let first = parts.next().unwrap_or_default();
        let mut kind = match first {
            "cgcnn" => NetworkKind::Cgcnn(CgcnnConfig::published()),
            "megnet" => NetworkKind::Megnet(MegnetConfig::published()),
            _ => NetworkKind::S2sNet,
        };
        let is_peer = kind != NetworkKind::S2sNet;
        let is_paper = first == "paper";
        let config = if is_peer || is_paper { parts.next().filter(|path| !path.is_empty()) } else { Some(first) };
        let text = config.map(fs::read_to_string).transpose()?;
        let folder = parts.next().filter(|path| !path.is_empty()).map(RunFolder::open).transpose()?;
        let resolved = |preset: &FinetuneRecipe| resolve::<FinetuneRecipe>(preset, text.as_deref(), &options.settings);
        let recipe = if is_paper {
            paper_recipe(folder.as_ref(), resolved)?
        } else {
            resolved(&FinetuneRecipe::new(S2sNetConfig::periodic()))?
        };
        if let (true, Some(folder)) = (is_peer, &folder) {
            kind = match folder.read_config::<EnergyRecipe>()?.network {
                EnergyNetwork::Cgcnn(config) if first == "cgcnn" => NetworkKind::Cgcnn(config),
                EnergyNetwork::Megnet(config) if first == "megnet" => NetworkKind::Megnet(config),
                _ => return Err(format!("{} is not the run of a {first}", folder.path().display()).into()),
            };
        }
        let pretrained = match &folder {
            Some(folder) => Some((folder.read_weights()?, folder.weights_sha256()?)),
            None => None,
        };
        let (name, validation_share) = (name.to_owned(), options.validation_share);
        let network = BenchmarkNetwork { name, kind, recipe, pretrained, validation_share, device };
        if let (Some(report), Some(folder)) = (network.transferred()?, &folder) {
            let (name, from) = (&network.name, folder.path().display());
            eprintln!("{name}: {} tensors taken over from {from}: {}", report.moved.len(), report.moved.join(", "));
        }
        networks.push(Box::new(network));
    }
    Ok(networks)
}

/// The paper's recipe for the network that was pre-trained in a folder, or for the paper's, which then learns as a whole.
///
/// What the recipe derives from the network follows from settings of the network.
fn paper_recipe(
    folder: Option<&RunFolder>,
    resolved: impl Fn(&FinetuneRecipe) -> Result<FinetuneRecipe, TrainError>,
) -> Result<FinetuneRecipe, TrainError> {
    let mut first = FinetuneRecipe::paper(S2sNetConfig::paper());
    if let Some(folder) = folder {
        first.continue_from(folder)?;
    }
    let preset = FinetuneRecipe::paper(resolved(&first)?.model);
    let transfer = if folder.is_some() { Transfer::Frozen } else { Transfer::Initial };
    resolved(&FinetuneRecipe { transfer, ..preset })
}

fn auxiliary(options: &Options, data: &Dataset) -> Result<Vec<Arc<AuxiliaryFeature>>, Box<dyn Error>> {
    let mut found = Vec::new();
    for text in &options.auxiliary {
        let (name, path) = pair(text)?;
        let target = match name {
            name if name.starts_with("gap") => AuxiliaryTarget::Gap,
            name if name.starts_with("energy") => AuxiliaryTarget::FormationEnergy,
            _ => AuxiliaryTarget::Label,
        };
        let features: RecordFeatures = AUXILIARY_FEATURES.parse()?;
        let feature =
            AuxiliaryFeature::fit(name, target, features, &input::records(path.as_ref())?, data.records(), 1)?;
        eprintln!("auxiliary feature {name}: fitted on {} crystals", feature.examples());
        found.push(Arc::new(feature));
    }
    Ok(found)
}

/// Appends how this was run to the commands of the folder.
fn record_command(options: &Options, setting: &Setting) -> Result<(), Box<dyn Error>> {
    let commit = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit = commit.ok().map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    let command = s2s_train::recipe::command_line().replace("--features torch", "--features benchmark");
    let line = json!({"command": command, "commit": commit, "data_sha256": setting.data_sha256});
    let path = options.out.join("commands.jsonl");
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(path, format!("{before}{line}\n"))?;
    Ok(())
}
