//! What several tests need: folders, crystals, and models of the benchmark.

use std::{
    env, fs,
    ops::RangeInclusive,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use s2s_data::{Record, reference};
use s2s_train::{BenchmarkNetwork, recipe::FinetuneRecipe};
use tch::Device;

/// The reference crystals with so many atoms.
pub(crate) fn crystals_of(sites: RangeInclusive<usize>) -> impl Iterator<Item = Record> {
    let records = reference::crystals().iter().map(|c| c.to_record());
    records.filter(move |record| sites.contains(&record.crystal.num_sites()))
}

/// A model of the benchmark that was not pre-trained and learns from crystals alone.
pub(crate) fn benchmark_network(recipe: FinetuneRecipe, validation_share: f64, networks: usize) -> BenchmarkNetwork {
    BenchmarkNetwork {
        name: "network".to_owned(),
        recipe,
        pretrained: None,
        supplement: None,
        validation_share,
        networks,
        device: Device::Cpu,
    }
}

/// A new, empty folder of this test process.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("s2s-train-{name}-{}-{number}", process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder is writable");
    folder
}
