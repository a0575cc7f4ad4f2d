//! Draws the figures of the paper from our results; no libtorch is needed.
//!
//! ```text
//! cargo run --example figures -- roc          # Fig. 3, and the families out of fold
//! cargo run --example figures -- correlation  # Fig. 4
//! cargo run --example figures -- map          # Figs. 5 and 6
//! cargo run --example figures -- frequency    # Fig. A1
//! cargo run --example figures -- ranking      # Table A1
//! cargo run --example figures -- curves       # learning curves
//! cargo run --example figures -- families --data target/join/s2s-measured.jsonl
//! ```
//!
//! Fig. 7 needs the network itself: `examples/contributions`. The folder `crates/s2s-train/results/figures` holds what they
//! drew, and its README from what.

#[allow(dead_code, reason = "contributions draws cells")]
#[path = "../drawing/mod.rs"]
mod drawing;
#[path = "../input/mod.rs"]
mod input;

mod answers;
mod correlation;
mod curves;
mod element_vectors;
mod families;
mod family_table;
mod folds;
mod frequency;
mod map;
mod out_of_fold;
mod protocol;
mod ranking;
mod roc;
mod tsne;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use element_vectors::{ElementVectors, Part};
use s2s_data::{
    DataFolder, Dataset,
    table::{SuperCon, SuperConColumns},
};

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-train/results");

/// Whose curves are drawn by default if they have results.
const MODELS: [&str; 8] = [
    "blend:boosted:all@energy@gap@listed@measured,kernel:all@energy@gap@listed@measured=stacked model",
    "boosted:magpie=boosted Magpie features",
    "statistic=Magpie features in a forest",
    "periodic-pretrained=S2SNet periodic, pre-trained",
    "paper-regularized=S2SNet paper-regularized, one layer",
    "cgcnn-pretrained=CGCNN, pre-trained",
    "megnet-pretrained=MEGNet, pre-trained",
    "element-count=number of elements",
];

/// Whose results by family are given on S2S-measured.
const MEASURED: [&str; 8] = [
    "mean-supplemented=stacked model",
    "boosted:all=all invariant features, boosted trees",
    "boosted:magpie=boosted Magpie features",
    "periodic=S2SNet `periodic`, width 64",
    "cgcnn=CGCNN",
    "paper-regularized=S2SNet paper-regularized, one layer",
    "artefacts=cell, counts and centroid distances",
    "element-count=number of elements",
];

/// Whose out-of-fold answers stand beside the trainings of the paper's protocol.
const DRAWN: [&str; 2] =
    ["paper-regularized=out of fold, paper-regularized", "boosted:magpie=out of fold, boosted Magpie features"];

/// Learning curves that are drawn by default.
struct Chosen {
    file: &'static str,
    metric: &'static str,
    /// Title, and folder of the results.
    runs: &'static [(&'static str, &'static str)],
}

const CURVES: [Chosen; 2] = [
    Chosen {
        file: "curves.svg",
        metric: "accuracy",
        runs: &[
            ("periodic, width 64", "pretrain-periodic"),
            ("paper, 2 layers of 128", "pretrain-paper"),
            ("paper, printed, 10 of 512, seed 1", "pretrain-paper-512x10-printed"),
            ("paper, printed, 10 of 512, seed 2", "pretrain-paper-512x10-printed-seed-2"),
            ("paper, printed, 10 of 512, seed 3", "pretrain-paper-512x10-printed-seed-3"),
            ("paper, our schedule, 10 of 512", "pretrain-paper-512x10"),
            ("reading, 10 of 512, seed 1", "pretrain-reading-512x10"),
            ("reading, 10 of 512, seed 2", "pretrain-reading-512x10-seed-2"),
            ("reading, 10 of 512, seed 3", "pretrain-reading-512x10-seed-3"),
        ],
    },
    Chosen {
        file: "curves-energy.svg",
        metric: "mae",
        runs: &[("CGCNN", "pretrain-cgcnn-energy"), ("MEGNet", "pretrain-megnet-energy")],
    },
];

/// Draw the figures of the paper
#[derive(Parser, Debug)]
struct Options {
    /// Folder for the figures [default: crates/s2s-train/results/figures]
    #[arg(long, value_name = "DIR", global = true)]
    out: Option<PathBuf>,
    #[command(subcommand)]
    figure: Figure,
}

#[derive(Subcommand, Debug)]
enum Figure {
    /// Fig. 3: ROC curves with bands over folds, and the families' accuracies out of fold
    Roc {
        /// Out-of-fold probabilities [default: results/benchmark/s2s/folds.jsonl]
        #[arg(long, value_name = "FILE")]
        folds: Option<PathBuf>,
        /// The crystals they are of [default: s2s.jsonl.zst in $S2S_DATA_DIR]
        #[arg(long, value_name = "FILE")]
        data: Option<PathBuf>,
        /// MODEL or MODEL=TITLE; may be repeated
        #[arg(long = "model", alias = "contender", value_name = "NAME")]
        models: Vec<String>,
    },
    /// Fig. 4: Pearson correlation of a vector per element, by Mendeleev number
    Correlation(Source),
    /// ROC-AUC and accuracy within each family of compounds, out of fold
    Families {
        /// Out-of-fold probabilities [default: results/benchmark/s2s-measured/folds.jsonl]
        #[arg(long, value_name = "FILE")]
        folds: Option<PathBuf>,
        /// The crystals they are of
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
        /// MODEL or MODEL=TITLE; may be repeated
        #[arg(long = "model", value_name = "NAME")]
        models: Vec<String>,
        /// Name of the file
        #[arg(long, default_value = "families-measured.md")]
        file: String,
    },
    /// Copy what Figs. 4 to 6 need of a network's weights into a small file
    Extract {
        /// The weights
        #[arg(long, value_name = "FILE")]
        weights: PathBuf,
        /// The small file
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Figs. 5 and 6: t-SNE of a vector per element, by family and by share of predicted superconductors
    Map {
        #[command(flatten)]
        source: Source,
        /// Counts of a screening, as `frequency` writes them; without them only Fig. 5 is drawn
        #[arg(long, value_name = "FILE")]
        counts: Option<PathBuf>,
        /// About how many neighbors each element has
        #[arg(long, default_value_t = 10.0)]
        perplexity: f64,
        /// Seed of where the elements start
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Fig. A1: share of predicted superconductors among the screened crystals with each element
    Frequency {
        /// Answers of a screening, as `screen --answers` writes them; without them the figure is drawn from `frequency.json`
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
    },
    /// Table A1: the ranked list of a screening, with what is known
    Ranking {
        /// Answers of a screening, as `screen --answers` writes them
        #[arg(long, value_name = "FILE")]
        answers: PathBuf,
        /// Rows of the list
        #[arg(long, default_value_t = 100)]
        top: usize,
    },
    /// The noise of the paper's protocol: accuracies and areas over many random splits
    Protocol {
        /// Trainings, as `protocol` writes them
        #[arg(long, value_name = "FILE")]
        runs: PathBuf,
        /// Random splits
        #[arg(long, default_value_t = 200)]
        splits: usize,
        /// Out-of-fold probabilities [default: results/benchmark/s2s/folds.jsonl]
        #[arg(long, value_name = "FILE")]
        folds: Option<PathBuf>,
        /// The crystals they are of [default: s2s.jsonl.zst in $S2S_DATA_DIR]
        #[arg(long, value_name = "FILE")]
        data: Option<PathBuf>,
        /// MODEL=TITLE of those probabilities; may be repeated
        #[arg(long = "model", alias = "contender", value_name = "NAME")]
        models: Vec<String>,
    },
    /// Learning curves of runs
    Curves {
        /// TITLE=LOG.jsonl; may be repeated [default: the pre-trainings of results/, in two pictures]
        #[arg(long = "run", value_name = "RUN")]
        runs: Vec<String>,
        /// Validation metric of --run [default: accuracy]
        #[arg(long, value_name = "NAME")]
        metric: Option<String>,
        /// Name of the file [default: curves.svg, without --run curves-energy.svg too]
        #[arg(long, value_name = "NAME")]
        file: Option<String>,
    },
}

/// Which vectors of which network.
#[derive(Args, Debug)]
struct Source {
    /// Weights of a network [default: results/pretrain-periodic/elements.safetensors]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Which vectors of the network
    #[arg(long, value_enum, default_value_t = Part::Head)]
    part: Part,
    /// What the network is called in the figure
    #[arg(long, default_value = "periodic, pre-trained on masked elements")]
    name: String,
    /// Added to the names of the files, such as `-paper`
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    suffix: String,
}

impl Source {
    fn path(&self) -> PathBuf {
        self.weights.clone().unwrap_or_else(|| Path::new(RESULTS).join("pretrain-periodic/elements.safetensors"))
    }

    fn read(&self) -> Result<ElementVectors, Box<dyn Error>> {
        ElementVectors::read(&self.path(), self.part)
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("figures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let out = options.out.clone().unwrap_or_else(|| Path::new(RESULTS).join("figures"));
    let write = |name: &str, text: &str, inputs: &[&Path]| drawing::sources::write(&out, name, text, inputs);
    match &options.figure {
        Figure::Roc { folds, data, models } => {
            let folds = folds.clone().unwrap_or_else(|| Path::new(RESULTS).join("benchmark/s2s/folds.jsonl"));
            let path = data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
            let data = Dataset::new(input::records(&path)?)?;
            let file = folds::FoldFile::read(&folds)?;
            let mut asked: Vec<&str> = models.iter().map(String::as_str).collect();
            if asked.is_empty() {
                asked = MODELS.into_iter().filter(|name| file.knows(name)).collect();
            }
            let mut panels = Vec::new();
            for (sides, title) in [("random", "S2S at random"), ("chemical-system", "S2S by chemical system")] {
                let entrants =
                    asked.iter().map(|name| file.entrant(&data, sides, name)).collect::<Result<Vec<_>, _>>()?;
                if entrants.iter().any(|entrant| !entrant.curves.is_empty()) {
                    panels.push((title.to_owned(), entrants));
                }
            }
            write("roc.svg", &roc::draw(&panels), &[&folds, &path])?;
            write("families.md", &out_of_fold::families(&file, &data, &asked)?, &[&folds, &path])
        }
        Figure::Correlation(source) => {
            let vectors = source.read()?;
            let correlations = vectors.correlations();
            let (within, across) = correlation::within_and_across(&vectors.elements, &correlations);
            eprintln!("mean correlation: {within:.3} within families, {across:.3} across");
            let below = format!("{}; elements in the order of their Mendeleev numbers", source.name);
            let picture = correlation::draw(&vectors.elements, &correlations, source.part.name(), &below);
            write(&format!("correlation{}.svg", source.suffix), &picture, &[&source.path()])
        }
        Figure::Families { folds, data: path, models, file } => {
            let folds = folds.clone().unwrap_or_else(|| Path::new(RESULTS).join("benchmark/s2s-measured/folds.jsonl"));
            let (data, results) = (Dataset::new(input::records(path)?)?, folds::FoldFile::read(&folds)?);
            let mut asked: Vec<&str> = models.iter().map(String::as_str).collect();
            if asked.is_empty() {
                asked = MEASURED.into_iter().filter(|name| results.knows(name)).collect();
            }
            write(file, &family_table::table(&results, &data, &asked)?, &[&folds, path])
        }
        Figure::Extract { weights, to } => element_vectors::extract(weights, to),
        Figure::Map { source, counts, perplexity, seed } => {
            let vectors = source.read()?;
            let found = tsne::Tsne { perplexity: *perplexity, steps: 1000, seed: *seed }.positions(&vectors.vectors);
            let positions = map::spread(&found);
            let below = format!("{}; perplexity {perplexity}, seed {seed}", source.name);
            let name = |kind: &str| format!("{kind}{}.svg", source.suffix);
            let weights = source.path();
            write(
                &name("map-by-family"),
                &map::by_family(&vectors.elements, &positions, source.part.name(), &below),
                &[&weights],
            )?;
            let Some(file) = counts else { return Ok(()) };
            let counts = frequency::read(file)?;
            let of = |e: &s2s_crystal::Element| counts[usize::from(e.atomic_number())].share();
            let shares: Vec<Option<f64>> = vectors.elements.iter().map(of).collect();
            let picture = map::by_frequency(&vectors.elements, &positions, &shares, source.part.name(), &below);
            write(&name("map-by-frequency"), &picture, &[&weights, file])
        }
        Figure::Frequency { answers: file } => {
            let kept = out.join("frequency.json");
            if let Some(file) = file {
                let counts = frequency::count(&answers::read(file)?.0);
                write("frequency.json", &format!("{:#}\n", frequency::to_json(&counts)), &[file])?;
            }
            let below = "score: probability of being reported in SuperCon, against other Materials Project entries";
            write("frequency.svg", &frequency::draw(&frequency::read(&kept)?, below), &[&kept])
        }
        Figure::Ranking { answers: file, top } => {
            let (answers, refused) = answers::read(file)?;
            let folder = DataFolder::from_env()?;
            let supercon = SuperCon::read(fs::File::open(folder.supercon())?, &SuperConColumns::stanev())?;
            supercon.faults.iter().for_each(|fault| eprintln!("SuperCon: {fault}; skipped"));
            let known = ranking::Known::new(&supercon, &input::records(&folder.s2s())?);
            let (text, summary) = ranking::table(&answers, refused, &known, *top)?;
            let inputs: [&Path; 3] = [file, &folder.supercon(), &folder.s2s()];
            write("ranking.md", &text, &inputs)?;
            write("ranking.json", &format!("{summary:#}\n"), &inputs)
        }
        Figure::Protocol { runs, splits, folds, data, models } => {
            let trainings = protocol::Trainings::read(runs)?;
            if trainings.each.is_empty() || *splits == 0 {
                return Err(format!("{} holds no training", runs.display()).into());
            }
            let mut rows = protocol::reported(&trainings.each, *splits).to_vec();
            let folds = folds.clone().unwrap_or_else(|| Path::new(RESULTS).join("benchmark/s2s/folds.jsonl"));
            let path = data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
            let (data, file) = (Dataset::new(input::records(&path)?)?, folds::FoldFile::read(&folds)?);
            let mut asked: Vec<&str> = models.iter().map(String::as_str).collect();
            if asked.is_empty() {
                asked = DRAWN.to_vec();
            }
            for text in asked {
                let (name, title) = text.split_once('=').unwrap_or((text, text));
                rows.push(protocol::drawn(title, &file.answers(&data, "random", name)?, *splits)?);
            }
            let inputs: [&Path; 3] = [runs, &folds, &path];
            write("protocol.svg", &protocol::draw(&rows, &trainings), &inputs)?;
            write("protocol.json", &format!("{:#}\n", protocol::to_json(&rows, trainings.each.len())), &inputs)
        }
        Figure::Curves { runs, metric, file } if runs.is_empty() => {
            let mut chosen =
                CURVES.iter().filter(|chosen| file.as_ref().is_none_or(|file| file == chosen.file)).peekable();
            if chosen.peek().is_none() || metric.is_some() {
                return Err("--metric and another --file go with --run".into());
            }
            chosen.try_for_each(|Chosen { file, metric, runs }| {
                let runs: Vec<(&str, PathBuf)> = runs
                    .iter()
                    .map(|(title, folder)| (*title, Path::new(RESULTS).join(folder).join("log.jsonl")))
                    .collect();
                curves(&out, file, metric, &runs)
            })
        }
        Figure::Curves { runs, metric, file } => {
            let named = |text: &String| {
                let (title, path) = text.split_once('=').ok_or_else(|| format!("`{text}` is not TITLE=LOG"))?;
                Ok::<_, String>((title.to_owned(), PathBuf::from(path)))
            };
            let runs = runs.iter().map(named).collect::<Result<Vec<_>, _>>()?;
            let runs: Vec<(&str, PathBuf)> = runs.iter().map(|(title, path)| (title.as_str(), path.clone())).collect();
            let file = file.as_deref().unwrap_or("curves.svg");
            curves(&out, file, metric.as_deref().unwrap_or("accuracy"), &runs)
        }
    }
}

/// Draws the learning curves of runs.
fn curves(out: &Path, file: &str, metric: &str, runs: &[(&str, PathBuf)]) -> Result<(), Box<dyn Error>> {
    let read = runs.iter().map(|(title, path)| curves::read(title, path, metric)).collect::<Result<Vec<_>, _>>()?;
    let logs: Vec<&Path> = runs.iter().map(|(_, path)| path.as_path()).collect();
    drawing::sources::write(out, file, &curves::draw(metric, &read), &logs)
}
