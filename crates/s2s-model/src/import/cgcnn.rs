//! The parameter names of the published CGCNN.

use std::collections::BTreeMap;

use s2s_featurize::{AtomFeaturizerConfig, CgcnnVocabulary, GaussianBasis, Vocabulary};
use serde::Deserialize;

use super::Imported;
use crate::{
    Activation, Calibration, CgcnnConfig, CgcnnEncoderConfig, CheckpointConfig, Logits, MlpConfig, ModelConfig,
    ModelError, Task,
};

#[derive(Deserialize)]
struct Sizes {
    target: String,
    task: String,
    atom_fea_len: i64,
    n_conv: usize,
    h_fea_len: i64,
    n_h: usize,
    dmin: f64,
    step: f64,
    radius: f64,
    normalizer: Normalizer,
}

#[derive(Deserialize)]
pub(super) struct Normalizer {
    pub(super) mean: f64,
    pub(super) std: f64,
}

pub(super) fn read(json: &str) -> Result<Imported, ModelError> {
    let invalid = |reason: String| ModelError::InvalidConfig { reason };
    let sizes: Sizes = serde_json::from_str(json).map_err(|e| invalid(e.to_string()))?;
    if sizes.n_h == 0 {
        return Err(invalid("n_h is zero".to_owned()));
    }
    let count = ((sizes.radius - sizes.dmin) / sizes.step).round() as usize + 1;
    let model = CgcnnConfig {
        encoder: CgcnnEncoderConfig {
            width: sizes.atom_fea_len,
            convolutions: sizes.n_conv,
            basis: GaussianBasis::new(sizes.dmin, sizes.step, count, sizes.step)?,
        },
        head: MlpConfig::new(vec![sizes.h_fea_len; sizes.n_h], Activation::Softplus),
        logits: Logits::Two,
    };
    let task = match sizes.task.as_str() {
        "regression" => super::regression(&sizes.target, &sizes.normalizer),
        "classification" => Task::Classification { positive: sizes.target.clone(), calibration: Calibration::IDENTITY },
        other => return Err(invalid(format!("task {other:?} is neither regression nor classification"))),
    };
    let head = if matches!(task, Task::Regression { .. }) { "regression" } else { "classification" };
    let last = sizes.n_h + 1;
    let config = CheckpointConfig {
        featurizer: model.featurizer(),
        model: ModelConfig::Cgcnn(model),
        task,
        featurizer_version: AtomFeaturizerConfig::VERSION,
        vocabulary: CgcnnVocabulary.name().to_owned(),
        dataset_sha256: None,
        metrics: BTreeMap::new(),
    };
    Ok(Imported { config, rename: Box::new(move |name| rename(name, head, last)), reshape: |_, tensor| tensor })
}

fn rename(name: &str, head: &str, last: usize) -> Option<String> {
    if let Some(rest) = name.strip_prefix("embedding.") {
        return Some(format!("encoder.embedding.{rest}"));
    }
    if let Some(rest) = name.strip_prefix("conv_to_fc.") {
        return Some(format!("head.{head}.fc1.{rest}"));
    }
    if let Some(rest) = name.strip_prefix("fc_out.") {
        return Some(format!("head.{head}.fc{last}.{rest}"));
    }
    if let Some((k, rest)) = name.strip_prefix("fcs.").and_then(|rest| rest.split_once('.')) {
        return Some(format!("head.{head}.fc{}.{rest}", k.parse::<usize>().ok()? + 2));
    }
    let (k, rest) = name.strip_prefix("convs.")?.split_once('.')?;
    let parts = [("fc_full", "full"), ("bn1", "gate_norm"), ("bn2", "sum_norm")];
    let (theirs, ours) = parts.iter().find(|(theirs, _)| rest.starts_with(theirs))?;
    let leaf = rest[theirs.len()..].trim_start_matches('.');
    (leaf != "num_batches_tracked").then(|| format!("encoder.convolutions.{k}.{ours}.{leaf}"))
}
