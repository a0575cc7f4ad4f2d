//! The parameter names of the published MEGNet (MatGL).

use std::collections::BTreeMap;

use s2s_featurize::{AtomFeaturizerConfig, GaussianBasis, MegnetVocabulary, Vocabulary};
use serde::Deserialize;
use tch::Tensor;

use super::{Imported, cgcnn::Normalizer};
use crate::{
    Activation, CheckpointConfig, MegnetConfig, MegnetEncoderConfig, MegnetState, MlpConfig, ModelConfig, ModelError,
};

#[derive(Deserialize)]
struct Sizes {
    target: String,
    init_args: Arguments,
    cutoff: f64,
    gaussian: Gaussian,
    niters_set2set: usize,
    normalizer: Normalizer,
    /// Which row of the state table is asked for, where there is one; PBE if nothing is said.
    #[serde(default)]
    fidelity: i64,
}

#[derive(Deserialize)]
struct Arguments {
    dim_node_embedding: i64,
    ntypes_state: Option<i64>,
    nblocks: usize,
    hidden_layer_sizes_input: Vec<i64>,
    hidden_layer_sizes_output: Vec<i64>,
}

#[derive(Deserialize)]
struct Gaussian {
    n: usize,
    first: f64,
    last: f64,
    width: f64,
}

pub(super) fn read(json: &str) -> Result<Imported, ModelError> {
    let invalid = |reason: &str| ModelError::InvalidConfig { reason: reason.to_owned() };
    let sizes: Sizes = serde_json::from_str(json).map_err(|e| invalid(&e.to_string()))?;
    let &[hidden, width] = sizes.init_args.hidden_layer_sizes_input.as_slice() else {
        return Err(invalid("hidden_layer_sizes_input is not a pair"));
    };
    let Gaussian { n, first, last, width: sharpness } = sizes.gaussian;
    if n < 2 {
        return Err(invalid("fewer than two Gaussians"));
    }
    let state = match sizes.init_args.ntypes_state {
        None => MegnetState::Zeros,
        Some(levels) if (0..levels).contains(&sizes.fidelity) => {
            MegnetState::Fidelity { levels, level: sizes.fidelity }
        }
        Some(_) => return Err(invalid("there is no such fidelity")),
    };
    let model = MegnetConfig {
        encoder: MegnetEncoderConfig {
            embedding: sizes.init_args.dim_node_embedding,
            width,
            hidden,
            blocks: sizes.init_args.nblocks,
            basis: GaussianBasis::new(first, (last - first) / (n - 1) as f64, n, (1.0 / sharpness).sqrt())?,
            cutoff: sizes.cutoff,
            state,
        },
        steps: sizes.niters_set2set,
        head: MlpConfig {
            hidden: sizes.init_args.hidden_layer_sizes_output.clone(),
            activation: Activation::ShiftedSoftplus,
            dropout: 0.0,
        },
    };
    let config = CheckpointConfig {
        featurizer: model.featurizer(),
        model: ModelConfig::Megnet(model),
        task: super::regression(&sizes.target, &sizes.normalizer),
        featurizer_version: AtomFeaturizerConfig::VERSION,
        vocabulary: MegnetVocabulary.name().to_owned(),
        dataset_sha256: None,
        metrics: BTreeMap::new(),
    };
    Ok(Imported { config, rename: Box::new(rename), reshape })
}

/// The published table has no rows for padding and mask: ours has one before and one behind.
fn reshape(name: &str, tensor: Tensor) -> Tensor {
    if name == "encoder.embedding.weight" { tensor.constant_pad_nd([0, 0, 1, 1]) } else { tensor }
}

fn rename(name: &str) -> Option<String> {
    let name = name.strip_prefix("model.").unwrap_or(name);
    let fixed = match name {
        "embedding.layer_node_embedding.weight" => "encoder.embedding.weight",
        "embedding.layer_state_embedding.weight" => "encoder.state_embedding.weight",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    for (theirs, ours) in [("node_s2s.lstm.", "readout.atoms."), ("edge_s2s.lstm.", "readout.pairs.")] {
        if let Some(rest) = name.strip_prefix(theirs) {
            return Some(format!("{ours}{}", rest.trim_end_matches("_l0")));
        }
    }
    let (owner, rest) = name.split_once(".layers.")?;
    let (index, leaf) = rest.split_once('.')?;
    let layer = format!("fc{}.{leaf}", index.parse::<usize>().ok()? / 2 + 1);
    let part = |name: &str| match name {
        "edge_func" | "edge_encoder" => Some("pairs"),
        "node_func" | "node_encoder" => Some("atoms"),
        "state_func" | "state_encoder" => Some("state"),
        _ => None,
    };
    if owner == "output_proj" {
        return Some(format!("head.regression.{layer}"));
    }
    if let Some(ours) = part(owner) {
        return Some(format!("encoder.{ours}.{layer}"));
    }
    let (block, function) = owner.strip_prefix("blocks.")?.split_once('.')?;
    match function.strip_prefix("conv.") {
        Some(function) => Some(format!("encoder.blocks.{block}.{}.{layer}", part(function)?)),
        None => Some(format!("encoder.blocks.{block}.dense.{}.{layer}", part(function)?)),
    }
}
