//! Measures how far a pre-trained encoder keeps atoms apart: root mean square and effective rank of the states of all atoms.
//!
//! ```text
//! cargo run --release --features torch --example encoder_states -- --pretrained runs/paper --out runs/states.json
//! ```
//!
//! The effective rank is the exponential of the entropy of the shares that the principal directions have in the variance of the
//! states (Roy and Vetterli 2007, of variances instead of singular values): 1 if all states lie on a line, and at most the width. For
//! each encoder the same is measured of one with random weights.

mod input;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use s2s_data::DataFolder;
use s2s_featurize::{AtomFeatures, Collate, FeaturizerConfig, PaddedCollate};
use s2s_model::{
    AnyNetwork, AtomEncoder, BuildNetwork, Checkpoint, DeviceBatch, EncoderConfig, LayerNormPlacement, Mode,
    ModelConfig, Parameters, Residual, S2sNetConfig,
};
use s2s_train::recipe::{Prepared, PretrainedWeights, command_line, file_sha256};
use serde::Serialize;
use serde_json::json;
use tch::{Device, Kind, Tensor};

/// Measure how far pre-trained encoders keep atoms apart
#[derive(Parser, Debug)]
struct Options {
    /// Folder of a pre-training or of its sealed weights; may be repeated
    #[arg(long, value_name = "DIR", required = true)]
    pretrained: Vec<PathBuf>,
    /// Crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// JSON file for the result
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder for the same weights with states of root mean square one: the last value map is divided by theirs. Only of one encoder,
    /// and without residual connections and norms
    #[arg(long, value_name = "DIR")]
    rescaled: Option<PathBuf>,
    /// Seed of the random weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Crystals per batch: the result does not depend on it.
const BATCH: usize = 32;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("encoder_states: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    if options.rescaled.is_some() && options.pretrained.len() > 1 {
        return Err("--rescaled goes with one --pretrained".into());
    }
    let data = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
    let records = input::records(&data)?;
    let mut encoders = Vec::new();
    for folder in &options.pretrained {
        let pretrained = PretrainedWeights::load(folder)?;
        let checkpoint = pretrained.checkpoint();
        let (AnyNetwork::MaskedAtoms(learned), _) = checkpoint.network(Device::Cpu)? else {
            return Err(format!("{}: not a pre-training on masked atoms", folder.display()).into());
        };
        let config = &checkpoint.config;
        let vocabulary = config.find_vocabulary()?;
        let random = config.model.masked_atom_model(&Parameters::new(options.seed, Device::Cpu), &*vocabulary)?;
        let crystals = Prepared::new(&records, &config.featurizer.featurizer(vocabulary)?)?.features;
        let spread = Spread::of(&learned.encoder, &crystals)?;
        if let Some(rescaled) = &options.rescaled {
            rescale(checkpoint, spread.root_mean_square, rescaled)?;
        }
        encoders.push(json!({
            "pretrained": folder,
            "weights_sha256": checkpoint.sha256,
            "learned": spread,
            "random": Spread::of(&random.encoder, &crystals)?,
        }));
    }
    let result = json!({"command": command_line(), "data_sha256": file_sha256(&data)?, "seed": options.seed, "encoders": encoders});
    Ok(fs::write(&options.out, format!("{result:#}\n"))?)
}

/// Writes the weights whose states are smaller by this factor.
fn rescale(checkpoint: &Checkpoint, factor: f64, folder: &Path) -> Result<(), Box<dyn Error>> {
    let ModelConfig::S2sNet(S2sNetConfig { encoder: EncoderConfig::Paper(encoder), .. }) = &checkpoint.config.model
    else {
        return Err("only the paper's encoder is rescaled".into());
    };
    if (encoder.residual, encoder.norm) != (Residual::Omitted, LayerNormPlacement::Omitted) {
        return Err("with residual connections or norms the last value map does not scale the states".into());
    }
    let value = format!("encoder.layers.{}.attention.value.", encoder.layers - 1);
    let scaled = |(name, tensor): (&String, &Tensor)| {
        let tensor = if name.starts_with(&value) { tensor / factor } else { tensor.shallow_clone() };
        (name.clone(), tensor)
    };
    let tensors: Vec<_> = checkpoint.tensors.iter().map(scaled).collect();
    let card = format!("# Pre-trained on masked elements, states divided by {factor}\n");
    Ok(Checkpoint::replace(folder, &checkpoint.config, &tensors, &card)?)
}

/// How the states of atoms are spread.
#[derive(Debug, Serialize)]
struct Spread {
    atoms: i64,
    width: i64,
    root_mean_square: f64,
    effective_rank: f64,
}

impl Spread {
    fn of(encoder: &dyn AtomEncoder, crystals: &[AtomFeatures]) -> Result<Self, Box<dyn Error>> {
        let mut states = Vec::new();
        for some in crystals.chunks(BATCH) {
            let batch = DeviceBatch::upload(&PaddedCollate.collate(&some.iter().collect::<Vec<_>>())?, Device::Cpu)?;
            states.push(tch::no_grad(|| encoder.encode(&batch, Mode::Eval).packed(&batch)));
        }
        Self::of_states(&Tensor::cat(&states, 0))
    }

    /// Of `f32 (T, D)`.
    fn of_states(states: &Tensor) -> Result<Self, Box<dyn Error>> {
        let states = states.to_kind(Kind::Double);
        let (atoms, width) = states.size2()?;
        let root_mean_square = states.square().mean(Kind::Double).sqrt().double_value(&[]);
        let centered = &states - states.mean_dim([0].as_slice(), true, Kind::Double);
        let variances = centered.transpose(0, 1).matmul(&centered).linalg_eigvalsh("L").clamp_min(0.0); // (D)
        let shares = &variances / variances.sum(Kind::Double);
        let entropy = shares.xlogy(&shares).sum(Kind::Double).neg();
        Ok(Self { atoms, width, root_mean_square, effective_rank: entropy.exp().double_value(&[]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_rank_is_the_number_of_equal_directions() -> Result<(), Box<dyn Error>> {
        // Two opposite states in each of the first `rank` directions, around another point than zero.
        for rank in [1, 3, 8] {
            let axes = Tensor::eye(8, (Kind::Float, Device::Cpu)).narrow(0, 0, rank) * 5.0;
            let found = Spread::of_states(&(Tensor::cat(&[&axes, &-&axes], 0) + 100.0))?;
            approx::assert_relative_eq!(found.effective_rank, rank as f64, epsilon = 1e-9);
        }
        Ok(())
    }
}
