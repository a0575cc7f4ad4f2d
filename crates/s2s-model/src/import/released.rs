//! The parameter names of the authors' released code.

use std::collections::BTreeMap;

use s2s_featurize::{AtomFeaturizerConfig, GaussianBasis, ReleasedVocabulary, Vocabulary};
use serde::Deserialize;

use super::Imported;
use crate::{
    Calibration, CheckpointConfig, EncoderConfig, ModelConfig, ModelError, ReleasedEncoderConfig, S2sNetConfig, Task,
};

pub(super) fn read(json: &str) -> Result<Imported, ModelError> {
    let model = released_config(json)?;
    let config = CheckpointConfig {
        featurizer: model.featurizer(),
        model: ModelConfig::S2sNet(model),
        task: Task::Classification { positive: "superconductor".to_owned(), calibration: Calibration::IDENTITY },
        featurizer_version: AtomFeaturizerConfig::VERSION,
        vocabulary: ReleasedVocabulary.name().to_owned(),
        dataset_sha256: None,
        metrics: BTreeMap::new(),
    };
    Ok(Imported { config, rename: Box::new(released_name), reshape: |_, tensor| tensor })
}

/// Our name of a parameter of the released code; `None` for templates that never enter its result.
pub fn released_name(name: &str) -> Option<String> {
    let fixed = match name {
        "Embedding.embedding.weight" => "encoder.embedding.weight",
        "encoder.norm.weight" => "encoder.norm.weight",
        "encoder.norm.bias" => "encoder.norm.bias",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    if let Some(rest) = name.strip_prefix("PositionalEncoding.") {
        return Some(format!("encoder.position.{rest}"));
    }
    if let Some(rest) = name.strip_prefix("set2set.LSTMCell.") {
        return Some(format!("readout.set2set.{rest}"));
    }
    if let Some(rest) = name.strip_prefix("regression_supercon.") {
        return Some(format!("head.superconductivity.{rest}"));
    }
    let (layer, rest) = name.strip_prefix("encoder.layers.")?.split_once('.')?;
    let parts = [
        ("self_atten.linears.0", "attention.query"),
        ("self_atten.linears.1", "attention.key"),
        ("self_atten.linears.2", "attention.value"),
        ("self_atten.linears.3", "attention.output"),
        ("feed_forward.w1", "feed_forward.expand"),
        ("feed_forward.w2", "feed_forward.contract"),
        ("sublayer.0.norm", "attention_norm"),
        ("sublayer.1.norm", "feed_forward_norm"),
    ];
    let (theirs, ours) = parts.iter().find(|(theirs, _)| rest.starts_with(theirs))?;
    Some(format!("encoder.layers.{layer}.{ours}{}", &rest[theirs.len()..]))
}

/// Sizes as the released code's own arguments name them.
#[derive(Deserialize)]
struct Sizes {
    d_model: i64,
    d_ff: i64,
    h: i64,
    num_layer: usize,
    #[serde(default = "ten")]
    set2set_steps: usize,
}

fn ten() -> usize {
    10
}

/// The network that a JSON object with `d_model`, `d_ff`, `h` and `num_layer` describes.
///
/// The number of Gaussians equals the width, at even distances from 0 up to 5.12 Å, as the released code has it.
///
/// # Errors
///
/// [`ModelError::InvalidConfig`] if the text is not such an object.
pub fn released_config(json: &str) -> Result<S2sNetConfig, ModelError> {
    let invalid = |reason: String| ModelError::InvalidConfig { reason };
    let sizes: Sizes = serde_json::from_str(json).map_err(|e| invalid(e.to_string()))?;
    let count = usize::try_from(sizes.d_model).map_err(|e| invalid(e.to_string()))?;
    let encoder = ReleasedEncoderConfig {
        width: sizes.d_model,
        layers: sizes.num_layer,
        heads: sizes.h,
        feed_forward: sizes.d_ff,
        basis: GaussianBasis::new(0.0, 5.12 / count as f64, count, 0.5)?,
        ..ReleasedEncoderConfig::released()
    };
    Ok(S2sNetConfig {
        encoder: EncoderConfig::Released(encoder),
        readout: crate::ReadoutConfig::Set2Set { steps: sizes.set2set_steps },
        head: S2sNetConfig::released_head(sizes.d_model),
        ..S2sNetConfig::released()
    })
}
