//! Networks on the same folds as every other model: repeated cross-validation under any split, fold by fold into a file
//! that a killed run continues, and the table of all that is there. What learns from tables alone needs no libtorch:
//! `s2s benchmark classification` runs it, into the same folders.
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
//! --network wide=wide --networks-per-fold 4 --model wide
//! --network cgcnn=cgcnn,CONFIG.toml --model cgcnn
//! --network energetic=cgcnn,CONFIG.toml,RUN_FOLDER_OF_PRETRAIN_ENERGY --model energetic
//! --network joint=wide --joint-with s2s-measured.jsonl --model joint
//! --auxiliary gap=mp2018.jsonl.zst --model boosted:magpie+structure@gap
//! ```

mod input;
mod number;
mod output;

use std::{error::Error, fs, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use output::say;
use s2s_data::{DataFolder, Dataset, Record};
use s2s_eval::{
    benchmark::{BenchmarkFolder, BenchmarkModel, FoldResult, Sides, Supplement, TestSet},
    learner::{AuxiliaryFeature, AuxiliaryTarget, Specification},
};
use s2s_model::{Architecture, CgcnnConfig, MegnetConfig, ModelConfig, S2sNetConfig, device::DeviceChoice};
use s2s_train::{
    BenchmarkNetwork, JointBenchmarkNetwork, NetworkRecipe,
    recipe::{FinetuneRecipe, JointRecipe, PretrainedWeights, Transfer},
    resolve,
};

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
    /// Labelled crystals of a test set: models learn from all of --data and are scored once on those of these whose
    /// chemical systems --data does not have
    #[arg(long, value_name = "FILE", conflicts_with_all = ["splits", "means", "doubtful", "against"])]
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
    /// NAME=CONFIG.toml[,RUN], or NAME=KIND[,CONFIG.toml[,RUN]] with one of the kinds paper, wide, cgcnn and megnet; CONFIG.toml may
    /// be left empty; may be repeated
    #[arg(long = "network", value_name = "NETWORK")]
    networks: Vec<String>,
    /// Setting of every network's recipe, such as fit.epochs=10; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Share of the training crystals on which a network's epoch is chosen; 0: it learns from all of them through every epoch
    #[arg(long, default_value_t = 0.2, value_parser = number::share_or_none)]
    validation_share: f64,
    /// Networks per fold, each with a seed and a validation part of its own, whose probabilities are averaged
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    networks_per_fold: u16,
    /// Labelled crystals with another question, such as the measured ones beside S2S: networks learn their labels and all transition
    /// temperatures beside --data, but for the chemical systems of the test side
    #[arg(long, value_name = "FILE", conflicts_with_all = ["supplement_networks", "networks_per_fold"])]
    joint_with: Option<PathBuf>,
    /// NAME=FILE, where NAME starts with gap or energy (from MP-2018 records) or anything else (from labels); may be repeated
    #[arg(long = "auxiliary", alias = "lesson", value_name = "FEATURE")]
    auxiliary: Vec<String>,
    /// SuperCon as `name,Tc`: compositions that `supplemented:…` learns from too, but for the test side's chemical systems
    #[arg(long, value_name = "FILE")]
    supplement: Option<PathBuf>,
    /// What one of these compositions counts, a crystal counting one
    #[arg(long, default_value_t = 1.0, value_parser = number::positive)]
    supplement_weight: f64,
    /// Networks learn from these compositions too
    #[arg(long, requires = "supplement")]
    supplement_networks: bool,
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
    if let Some(test) = &options.test {
        let mut set = TestSet::open(&options.out, &path, &data, test, input::records(test)?)?;
        // Auxiliary features must not know the test crystals either.
        let mut known = specification(options, &[data.records(), set.records()].concat())?;
        for name in &options.models {
            let model = known.model(name)?;
            for seed in number::seeds(options.seed, options.seeds.unwrap_or(1))? {
                if !set.score(&model, seed)? {
                    eprintln!("{name} has its score for seed {seed}, which is not computed again");
                }
            }
        }
        say!("{}", set.write_table()?.trim_end());
        return Ok(());
    }
    let mut folder = BenchmarkFolder::open(&options.out, &path, &data, usize::from(options.folds))?;
    if !options.models.is_empty() {
        let mut known = specification(options, data.records())?;
        for name in &options.models {
            let seeds = number::seeds(options.seed, options.seeds.unwrap_or(5))?;
            folder.run(&known.model(name)?, &options.splits, seeds, |result| {
                let FoldResult { sides, seed, fold, evaluation, .. } = result;
                let auc = evaluation.roc_auc.unwrap_or(f64::NAN);
                eprintln!("{name}, {sides}, seed {seed}, fold {}: ROC-AUC {auc:.4}", fold + 1);
            })?;
        }
        let commit = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
        let commit = commit.ok().map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
        let command = s2s_train::recipe::command_line().replace("--features torch", "--features benchmark");
        folder.record_command(&command, &commit)?;
    }
    for text in &options.means {
        let (name, members) = pair(text)?;
        folder.add_mean(name, &members.split('&').collect::<Vec<_>>())?;
    }
    if let Some(members) = &options.doubtful {
        folder.doubtful(&members.split('&').collect::<Vec<_>>())?;
    }
    say!("{}", folder.write_table(options.against.as_deref())?.to_string().trim_end());
    Ok(())
}

/// What the names of models may refer to; auxiliary features learn from no chemical system of `apart`.
fn specification(options: &Options, apart: &[Record]) -> Result<Specification, Box<dyn Error>> {
    let supplement = match &options.supplement {
        Some(path) => Some(Arc::new(Supplement::of_supercon(&input::supercon(path)?, options.supplement_weight))),
        None => None,
    };
    let of_networks = supplement.clone().filter(|_| options.supplement_networks);
    Ok(Specification {
        models: networks(options, of_networks.as_ref())?,
        auxiliary: auxiliary(options, apart)?,
        supplement,
    })
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form NAME=…"))
}

fn networks(
    options: &Options,
    supplement: Option<&Arc<Supplement>>,
) -> Result<Vec<Box<dyn BenchmarkModel>>, Box<dyn Error>> {
    let device = options.device.parse::<DeviceChoice>()?.resolve()?;
    let others = options.joint_with.as_ref().map(|path| input::records(path)).transpose()?;
    let mut networks: Vec<Box<dyn BenchmarkModel>> = Vec::new();
    for text in &options.networks {
        let (name, rest) = pair(text)?;
        let mut parts = rest.split(',');
        let first = parts.next().unwrap_or_default();
        let is_named = ["cgcnn", "megnet", "paper", "wide"].contains(&first);
        let config = if is_named { parts.next().filter(|path| !path.is_empty()) } else { Some(first) };
        let text = config.map(fs::read_to_string).transpose()?;
        let folder = parts.next().filter(|path| !path.is_empty());
        let pretrained = folder.map(PretrainedWeights::load).transpose()?;
        let resolved = |preset: &FinetuneRecipe| resolve(preset, text.as_deref(), &options.settings);
        let described = |model, preset: &dyn Fn(ModelConfig) -> FinetuneRecipe| {
            FinetuneRecipe::described(model, preset, text.as_deref(), &options.settings)
        };
        let transfer = if pretrained.is_some() { Transfer::Frozen } else { Transfer::Initial };
        let recipe = match first {
            "paper" => described(paper_network(pretrained.as_ref()), &|model| FinetuneRecipe {
                transfer,
                ..FinetuneRecipe::paper(model)
            })?,
            "wide" => described(S2sNetConfig::wide().into(), &FinetuneRecipe::new)?,
            "cgcnn" => resolved(&peer_recipe(CgcnnConfig::published().into(), pretrained.as_ref())?)?,
            "megnet" => resolved(&peer_recipe(MegnetConfig::published().into(), pretrained.as_ref())?)?,
            _ => described(S2sNetConfig::periodic().into(), &FinetuneRecipe::new)?,
        };
        let network = BenchmarkNetwork {
            name: name.to_owned(),
            recipe,
            pretrained,
            validation_share: options.validation_share,
            supplement: supplement.cloned(),
            networks: usize::from(options.networks_per_fold),
            device,
        };
        if let (Some(report), Some(folder)) = (network.transferred()?, &folder) {
            let (name, from) = (&network.name, folder);
            eprintln!("{name}: {} tensors taken over from {from}: {}", report.moved.len(), report.moved.join(", "));
        }
        networks.push(match &others {
            None => Box::new(network),
            Some(others) => Box::new(jointly(network, others)),
        });
    }
    Ok(networks)
}

/// The same network, which learns the labels of other crystals and transition temperatures too.
fn jointly(network: BenchmarkNetwork, others: &[Record]) -> JointBenchmarkNetwork {
    let BenchmarkNetwork { name, recipe, pretrained, validation_share, device, .. } = network;
    let mut recipe = JointRecipe::like(recipe, JointBenchmarkNetwork::<ModelConfig>::targets());
    recipe.fit.watch = JointBenchmarkNetwork::<ModelConfig>::watch();
    JointBenchmarkNetwork { name, recipe, pretrained, validation_share, others: others.to_vec(), device }
}

/// The standard recipe for a baseline, with the widths of the one that was pre-trained.
fn peer_recipe(
    published: ModelConfig,
    pretrained: Option<&PretrainedWeights>,
) -> Result<FinetuneRecipe, Box<dyn Error>> {
    let mut recipe = FinetuneRecipe::new(published);
    if let Some(weights) = pretrained {
        let (own, found) = (recipe.model.family(), weights.config().model.family());
        if own != found {
            return Err(format!("{own}: the pre-trained network is a {found}").into());
        }
        recipe.continue_from(weights);
    }
    Ok(recipe)
}

/// The network that was pre-trained in a folder, or the paper's.
fn paper_network(pretrained: Option<&PretrainedWeights>) -> ModelConfig {
    pretrained.map_or_else(|| S2sNetConfig::paper().into(), |weights| weights.config().model.clone())
}

fn auxiliary(options: &Options, apart: &[Record]) -> Result<Vec<Arc<AuxiliaryFeature>>, Box<dyn Error>> {
    let mut found = Vec::new();
    for text in &options.auxiliary {
        let (name, path) = pair(text)?;
        let (target, features) = (AuxiliaryTarget::of_name(name), AuxiliaryFeature::quick_features());
        let feature = AuxiliaryFeature::fit(name, target, features, &input::records(path.as_ref())?, apart, 1)?;
        eprintln!("auxiliary feature {name}: fitted on {} crystals", feature.examples());
        found.push(Arc::new(feature));
    }
    Ok(found)
}
