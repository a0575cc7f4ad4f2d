//! The released preset at width 512 with five layers, in training (batches of eight, Adam) and inference.
//!
//! `model.py` is the same network in plain PyTorch, padded as the authors' code pads. Both compute on the CPU, or
//! where `S2S_COMPARE_DEVICE` says: `cuda`, with an interpreter whose PyTorch has it. `S2S_COMPARE_PRECISION` is `single` unless
//! set to `tf32` or `bf16`, on both sides.

mod protocol;

use std::{fs, path::Path};

use s2s_data::{DataFolder, RecordStream, split::permutation};
use s2s_featurize::{
    AtomBatch, AtomFeatures, AtomFeaturizer, BatchOrder, BatchSampler, BatchSize, Collate, PaddedCollate,
    ReleasedVocabulary, featurize_all,
};
use s2s_model::{
    BuildNetwork, Classifier, DeviceBatch, Mode, Noise, Parameters, Precision, S2sNetConfig,
    device::{self, DeviceChoice},
    tch::{self, Device, Kind, Reduction, Tensor, no_grad},
    write_weights,
};
use s2s_train::{Adam, AdamConfig};
use serde::{Deserialize, Serialize};

type Failure = Box<dyn std::error::Error>;

/// Crystals of the S2S set, drawn at random: its mean size, and its padding in random batches.
const CRYSTALS: usize = 64;

#[derive(Serialize, Deserialize)]
struct Row {
    tokens: Vec<u16>,
    distances: Vec<f32>,
    label: f32,
}

fn main() {
    protocol::run(
        "model",
        |folder| prepare(folder).expect("the inputs can be written"),
        |folder| measure(folder).expect("the inputs can be read"),
    );
}

fn network(device: Device) -> Result<(Parameters, Classifier), Failure> {
    let parameters = Parameters::new(1, device);
    let classifier = S2sNetConfig::released().classifier(&parameters, &ReleasedVocabulary)?;
    Ok((parameters, classifier))
}

fn prepare(folder: &Path) -> Result<(), Failure> {
    let records = RecordStream::open(DataFolder::from_env()?.s2s())?.collect::<Result<Vec<_>, _>>()?;
    let order = permutation(records.len(), 1, 0);
    let chosen: Vec<_> = order[..CRYSTALS].iter().map(|&k| &records[k]).collect();
    let crystals: Vec<_> = chosen.iter().map(|r| r.crystal.clone()).collect();
    let featurizer = AtomFeaturizer::new(S2sNetConfig::released().featurizer(), ReleasedVocabulary)?;
    let mut rows = Vec::new();
    for (record, features) in chosen.iter().zip(featurize_all(&featurizer, &crystals)) {
        let features = features?;
        let positive = record.label.and_then(s2s_data::Label::is_superconductor).unwrap_or(false);
        rows.push(Row {
            tokens: features.tokens.iter().map(|t| t.0).collect(),
            distances: features.centroid_distances,
            label: f32::from(u8::from(positive)),
        });
    }
    fs::write(folder.join("crystals.json"), serde_json::to_vec(&rows)?)?;
    let (parameters, _) = network(Device::Cpu)?;
    fs::write(folder.join("weights.safetensors"), write_weights(&parameters.all(), &Default::default())?)?;
    Ok(())
}

fn measure(folder: &Path) -> Result<(), Failure> {
    if let Some(threads) = std::env::var("OMP_NUM_THREADS").ok().and_then(|n| n.parse().ok()) {
        tch::set_num_threads(threads);
    }
    let device = std::env::var("S2S_COMPARE_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    let device = device.parse::<DeviceChoice>()?.resolve()?;
    let precision = std::env::var("S2S_COMPARE_PRECISION").unwrap_or_else(|_| "single".to_owned());
    let precision: Precision = precision.parse()?;
    let rows: Vec<Row> = serde_json::from_slice(&fs::read(folder.join("crystals.json"))?)?;
    let features: Vec<AtomFeatures> = rows.iter().map(features).collect();
    let (parameters, classifier) = network(device)?;
    // All at once: nothing is padded, so that the largest batch is the best.
    let inference = batches(&features, &rows, BatchSize::Crystals(CRYSTALS), BatchOrder::BySize)?;
    protocol::report("inference", "crystals", CRYSTALS, || {
        let answer = |(batch, _): &(AtomBatch, Tensor)| {
            let batch = DeviceBatch::upload(batch, device).expect("a valid batch");
            let answer = || classifier.forward(&batch, Mode::Eval).probabilities().sum(Kind::Double).double_value(&[]);
            precision.compute(|| no_grad(answer))
        };
        inference.iter().map(answer).sum()
    });
    // Batches of eight crystals of like size: what `BatchOrder::Bucketed` gives.
    let training = batches(&features, &rows, BatchSize::Crystals(8), BatchOrder::Bucketed { pool: CRYSTALS })?;
    let mut adam =
        Adam::new(AdamConfig { weight_decay: 1e-4, ..AdamConfig::adam(2.5e-4) }, parameters.trainable(), &[]);
    let mut step = 0;
    protocol::report("training", "crystals", CRYSTALS, || {
        let mut last = Tensor::new();
        for (batch, targets) in &training {
            let batch = DeviceBatch::upload(batch, device).expect("a valid batch");
            let targets = device::send(targets, device).expect("a few numbers fit");
            let noise = Noise::new(1, 0, step);
            let logits = precision.compute(|| classifier.forward(&batch, Mode::Train(&noise)).0);
            let loss = logits.binary_cross_entropy_with_logits::<Tensor>(&targets, None, None, Reduction::Mean);
            precision.compute(|| adam.backward(&loss)).expect("the loss depends on the parameters");
            adam.step(1.0);
            step += 1;
            last = loss.detach();
        }
        last.double_value(&[]); // waits for a GPU
        // Losses differ between the sides, because dropout does; the work is what is counted.
        CRYSTALS as f64
    });
    Ok(())
}

fn features(row: &Row) -> AtomFeatures {
    AtomFeatures {
        tokens: row.tokens.iter().map(|&t| s2s_featurize::Token(t)).collect(),
        centroid_distances: row.distances.clone(),
        neighbor_offsets: vec![0; row.tokens.len() + 1],
        ..AtomFeatures::default()
    }
}

fn batches(
    features: &[AtomFeatures],
    rows: &[Row],
    size: BatchSize,
    order: BatchOrder,
) -> Result<Vec<(AtomBatch, Tensor)>, Failure> {
    let sizes = features.iter().map(|f| f.num_atoms() as u32).collect();
    let plan = BatchSampler::new(sizes, size, order, 1)?.epoch(0);
    let batch = |k: usize| -> Result<(AtomBatch, Tensor), Failure> {
        let items: Vec<&AtomFeatures> = plan.batch(k).iter().map(|&i| &features[i as usize]).collect();
        let targets: Vec<f32> = plan.batch(k).iter().map(|&i| rows[i as usize].label).collect();
        Ok((PaddedCollate.collate(&items)?, Tensor::from_slice(&targets)))
    };
    (0..plan.len()).map(batch).collect()
}
