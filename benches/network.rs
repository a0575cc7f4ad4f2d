//! Crystals per second of the bundled network, in plain Rust and on libtorch, one thread each.
//!
//! ```text
//! S2S_DATA_DIR=… cargo bench --features torch --bench network -- [CRYSTALS] [ROUNDS]
//! ```
//!
//! Both start from the same features of crystals of MP-2018, drawn at random, and take turns; the medians of all rounds are
//! compared. libtorch gets crystals of similar sizes in batches of 2,048 slots, as `s2s_model::Predictor` arranges them;
//! plain Rust one crystal at a time.

use std::{error::Error, hint::black_box, time::Instant};

use rayon::prelude::*;
use s2s_data::{DataFolder, RecordStream, split::permutation};
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, BatchOrder, BatchSampler, BatchSize, Collate, Featurizer, PaddedCollate,
    PaperVocabulary,
};
use s2s_model::{
    AnyNetwork, Checkpoint, DeviceBatch, Mode, ModelConfig,
    tch::{self, Device, no_grad},
};
use s2s_predict::{Network, Output, Weights};

/// The bundled network.
const MODEL: &str = "crates/s2s-predict/models/network";

/// Slots per batch, filled or not.
const SLOTS: usize = 2048;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let argument = |k: usize, default: usize| arguments.get(k).map_or(Ok(default), |text| text.parse());
    let (count, rounds) = (argument(0, 2048)?, argument(1, 5)?);
    let Ok(data) = DataFolder::from_env() else {
        println!("skipped: S2S_DATA_DIR is not set");
        return Ok(());
    };
    let checkpoint = Checkpoint::load(MODEL)?;
    let ModelConfig::S2sNet(config) = &checkpoint.config.model else { return Err("not an S2SNet".into()) };
    let weights = Weights::read(&std::fs::read(format!("{MODEL}/model.safetensors"))?)?;
    let plain = Network::new(config, Output::Logit, &PaperVocabulary, weights)?;
    let (torch, _parameters) = checkpoint.network(Device::Cpu)?;

    let records = RecordStream::open(data.mp2018())?.collect::<Result<Vec<_>, _>>()?;
    let featurizer = AtomFeaturizer::new(checkpoint.config.featurizer.clone(), PaperVocabulary)?;
    let drawn = permutation(records.len(), 1, 0);
    let drawn = &drawn[..count.min(records.len())];
    let found = drawn.par_iter().filter_map(|&k| featurizer.featurize(&records[k].crystal).ok());
    let features: Vec<AtomFeatures> = found.collect();
    let atoms: usize = features.iter().map(AtomFeatures::num_atoms).sum();
    println!("{} crystals of MP-2018, {:.1} atoms on average", features.len(), atoms as f64 / features.len() as f64);

    tch::set_num_threads(1);
    let (mut on_libtorch, mut in_rust) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let expected = with_libtorch(&torch, &features)?;
        on_libtorch.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let answers: Vec<f32> = features.iter().map(|features| black_box(plain.output(features))).collect();
        in_rust.push(start.elapsed().as_secs_f64());
        let worst = answers.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max);
        assert!(worst < 1e-5, "the logits differ by {worst:e}");
    }
    let rate = |seconds: &mut Vec<f64>| {
        seconds.sort_unstable_by(f64::total_cmp);
        features.len() as f64 / seconds[seconds.len() / 2]
    };
    let (torch, rust) = (rate(&mut on_libtorch), rate(&mut in_rust));
    println!("libtorch {torch:.0} crystals/s, plain Rust {rust:.0} crystals/s: {:.2} times as many", rust / torch);
    Ok(())
}

fn with_libtorch(network: &AnyNetwork, features: &[AtomFeatures]) -> Result<Vec<f32>, Box<dyn Error>> {
    let sizes = features.iter().map(|f| f.num_atoms() as u32).collect();
    let sampler = BatchSampler::new(sizes, BatchSize::PaddedAtoms(SLOTS), BatchOrder::BySize, 0)?;
    let plan = sampler.epoch(0);
    let mut logits = vec![0.0; features.len()];
    for k in 0..plan.len() {
        let indices = plan.batch(k);
        let items: Vec<&AtomFeatures> = indices.iter().map(|&i| &features[i as usize]).collect();
        let batch = DeviceBatch::upload(&PaddedCollate.collate(&items)?, Device::Cpu)?;
        let found = Vec::<f32>::try_from(no_grad(|| network.forward(&batch, Mode::Eval)))?;
        indices.iter().zip(found).for_each(|(&i, logit)| logits[i as usize] = logit);
    }
    Ok(logits)
}
