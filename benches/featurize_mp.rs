//! The whole Materials Project through our own featurizer: time, scaling and memory; and padding on MP-2018.
//!
//! ```sh
//! S2S_DATA_DIR=… cargo bench --bench featurize_mp
//! ```

use std::{error::Error, fs::File, path::PathBuf, time::Instant};

use rayon::ThreadPoolBuilder;
use s2s_data::{DataFolder, Record, RecordStream};
use s2s_featurize::{
    AllElements, AtomFeaturizer, AtomFeaturizerConfig, BatchOrder, BatchSampler, BatchSize, FeatureStream,
};

/// Crystals that are held at a time.
const CHUNK: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let Ok(data) = DataFolder::from_env() else {
        println!("skipped: S2S_DATA_DIR is not set");
        return Ok(());
    };
    padding(&data)?;
    let mut seconds = Vec::new();
    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        let start = Instant::now();
        let (crystals, atoms, pairs) = pool.install(|| featurize_all_of_mp(&data)).map_err(|e| e.to_string())?;
        seconds.push(start.elapsed().as_secs_f64());
        println!(
            "{threads} thread(s): {crystals} crystals, {atoms} atoms, {pairs} pairs read and featurized in {:.1} s; \
             peak memory {}",
            start.elapsed().as_secs_f64(),
            peak_memory().unwrap_or_else(|| "unknown".to_owned())
        );
    }
    println!("scaling from 1 to 2 threads: {:.2}", seconds[0] / seconds[1]);
    Ok(())
}

fn records(path: PathBuf) -> std::io::Result<impl Iterator<Item = Record> + Send> {
    Ok(RecordStream::new(File::open(path)?).map(|record| record.expect("the shared data is intact")))
}

/// Numbers of crystals, atoms and pairs.
fn featurize_all_of_mp(data: &DataFolder) -> Result<(usize, usize, usize), Box<dyn Error + Send + Sync>> {
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements)?;
    let stream = FeatureStream::new(&featurizer, records(data.mp139k())?, |record| &record.crystal, CHUNK);
    let (mut crystals, mut atoms, mut pairs) = (0, 0, 0);
    for (_, features) in stream {
        let features = features?;
        (crystals, atoms, pairs) = (crystals + 1, atoms + features.num_atoms(), pairs + features.neighbor_sites.len());
    }
    Ok((crystals, atoms, pairs))
}

/// Padding waste of MP-2018 in batches of 64, by the order of crystals.
fn padding(data: &DataFolder) -> Result<(), Box<dyn Error>> {
    let sizes: Vec<u32> = records(data.mp2018())?.map(|record| record.crystal.num_sites() as u32).collect();
    println!("MP-2018: {} crystals, batches of 64", sizes.len());
    for order in [
        BatchOrder::Listed,
        BatchOrder::Shuffled,
        BatchOrder::Bucketed { pool: 1024 },
        BatchOrder::Bucketed { pool: 4096 },
        BatchOrder::Bucketed { pool: 16384 },
        BatchOrder::BySize,
    ] {
        let plan = BatchSampler::new(sizes.clone(), BatchSize::Crystals(64), order, 1)?.epoch(0);
        println!("  {order:?}: {:.1} % padding", 100.0 * plan.padding_waste());
    }
    Ok(())
}

/// Most memory that this process ever held, from the Linux kernel.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().to_owned())
}
