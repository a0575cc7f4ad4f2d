//! Grows a model of boosted trees for `s2s screen --model`: one member per fold of chemical systems, calibrated on what
//! each member has not seen, sealed with a model card.
//!
//! ```text
//! cargo run --release --features learners --example grow_trees -- --out my-listed \
//!     --card crates/s2s-predict/models/listed.md
//! ```

mod input;

use std::{error::Error, fs, path::PathBuf, sync::Arc};

use clap::Parser;
use s2s_data::{DataFolder, Dataset, file::FileEntry};
use s2s_eval::{
    benchmark::Supplement,
    learner::{Boosting, BoostingConfig, RowCache, TreeRecipe},
    metric::Evaluation,
};
use s2s_featurize::FeatureSet;

/// Grow a model of boosted trees
#[derive(Parser, Debug)]
struct Options {
    /// Labelled crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// What a positive label means
    #[arg(long, value_name = "WORDS", default_value = "listed as a superconductor")]
    positive: String,
    /// SuperCon as `name,Tc`: compositions to learn from too, but for the chemical systems that a member leaves out
    #[arg(long, value_name = "FILE")]
    supplement: Option<PathBuf>,
    /// What the model card says beside the metrics and the command
    #[arg(long, value_name = "FILE")]
    card: PathBuf,
    /// Folder for the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let path = options.data.map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
    let data = Dataset::new(input::records(&path)?)?;
    let supplement = match &options.supplement {
        Some(path) => Some(Arc::new(Supplement::of_supercon(&input::supercon(path)?, 1.0))),
        None => None,
    };
    let boosting = Boosting {
        name: options.positive,
        rows: Arc::new(RowCache::new("all".parse::<FeatureSet>()?, Vec::new())),
        config: if supplement.is_some() { BoostingConfig::large() } else { BoostingConfig::plain() },
        masked: if supplement.is_some() { Boosting::MASKED } else { 0.0 },
        supplement,
    };
    let recipe = TreeRecipe { boosting, folds: 5, seed: 1 };
    let (model, left_out) = recipe.grow_model(&data, FileEntry::of(&path)?.sha256)?;
    let metrics = serde_json::to_string_pretty(&left_out)?;
    let quoted = |word: String| if word.contains(' ') { format!("'{word}'") } else { word };
    let command = std::env::args().skip(1).map(quoted).collect::<Vec<_>>().join(" ");
    let card = fs::read_to_string(&options.card)?
        + &format!("\n## Metrics of the left-out crystals\n\n{}\n\n## Made by\n\n    ", sentence(&left_out))
        + &format!("cargo run --release --features learners --example grow_trees -- {command}\n");
    model.save(&options.out, &card)?;
    println!("{}\n{metrics}", options.out.display());
    Ok(())
}

/// The metrics of a model card.
fn sentence(found: &Evaluation) -> String {
    let percent = |share: Option<f64>| share.map_or("undefined".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let [accuracy, auc, stratified, pr_auc, ece] =
        [found.accuracy, found.roc_auc, found.stratified_roc_auc, found.pr_auc, found.ece].map(percent);
    let brier = found.brier.map_or("undefined".to_owned(), |brier| format!("{brier:.4}"));
    format!(
        "On {} crystals, each judged by the member that had seen none of its chemical system: ACC {accuracy}, ROC-AUC {auc} (among \
         equal numbers of elements {stratified}), PR-AUC {pr_auc}, Brier {brier}, calibration error {ece}.",
        found.crystals
    )
}
