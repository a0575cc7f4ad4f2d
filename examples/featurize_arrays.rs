//! Structures to arrays that NumPy opens, without libtorch.
//!
//! ```sh
//! cargo run --example featurize_arrays -- --out arrays STRUCTURES…
//! cargo run --example featurize_arrays -- --out arrays --cache features STRUCTURES… # the second time from the cache
//! python -c "import numpy; print(numpy.load('arrays/tokens.npy').shape)"
//! ```
//!
//! Without files and folders, the embedded reference crystals stand in. One `.npy` file per array; `B` crystals, `N` atoms of
//! the largest, `E` pairs of neighbors: `tokens` `(B, N)`, atomic numbers, 0 where no atom is; `centroid_distances`
//! `(B, N)` in Å; `lattice` `(B, 3)` in Å; `pair_centers`, `pair_neighbors` and `pair_distances` `(E)`, neighbors within 2 Å;
//! `magpie` `(B, 145)`, statistics of the composition.

mod output;

use std::{error::Error, fs, path::PathBuf};

use clap::Parser;
use ndarray::Array;
use ndarray_npy::write_npy;
use s2s_crystal::{Crystal, ReadOptions};
use s2s_data::{
    reference,
    source::{SourceOptions, read_structures},
};
use s2s_featurize::{
    AllElements, AtomFeaturizer, AtomFeaturizerConfig, Collate, FeatureCache, MagpieConfig, MagpieFeaturizer,
    PaddedCollate, featurize_all,
};

#[derive(Parser)]
#[command(about = "Structures to arrays that NumPy opens")]
struct Arguments {
    /// Where the arrays go; made if it does not exist
    #[arg(long, default_value = "arrays")]
    out: PathBuf,
    /// A folder that keeps the features of atoms, so that a second run reads them instead of computing them
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Structure files of any format, and folders of them
    paths: Vec<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { out, cache, paths } = Arguments::parse();
    let mut crystals: Vec<Crystal> = Vec::new();
    for found in read_structures(&paths, SourceOptions::new(ReadOptions::ordered())) {
        match found.structure {
            Ok(structure) => crystals.push(structure.crystal),
            Err(error) => eprintln!("{}: {error}", found.id),
        }
    }
    if paths.is_empty() {
        let ordered = reference::crystals().iter().filter(|known| known.crystal.is_ordered());
        crystals.extend(ordered.map(|known| known.crystal.clone()));
    }
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), AllElements)?;
    let features = match cache {
        Some(folder) => {
            let cached = FeatureCache::open(folder, featurizer)?;
            let features = featurize_all(&cached, &crystals);
            cached.publish()?;
            output::say!("{} of {} crystals from the cache", cached.statistics().hits, crystals.len());
            features
        }
        None => featurize_all(&featurizer, &crystals),
    };
    let features = features.into_iter().collect::<Result<Vec<_>, _>>()?;
    let batch = PaddedCollate.collate(&features)?;
    let magpie = featurize_all(&MagpieFeaturizer::new(MagpieConfig::matminer()), &crystals);
    let magpie = magpie.into_iter().collect::<Result<Vec<_>, _>>()?.concat();

    fs::create_dir_all(&out)?;
    write_npy(out.join("tokens.npy"), &batch.tokens)?;
    write_npy(out.join("centroid_distances.npy"), &batch.centroid_distances)?;
    write_npy(out.join("lattice.npy"), &batch.lattice)?;
    write_npy(out.join("pair_centers.npy"), &batch.pair_centers)?;
    write_npy(out.join("pair_neighbors.npy"), &batch.pair_neighbors)?;
    write_npy(out.join("pair_distances.npy"), &batch.pair_distances)?;
    write_npy(out.join("magpie.npy"), &Array::from_shape_vec((crystals.len(), MagpieFeaturizer::LEN), magpie)?)?;
    output::say!("{} crystals, {:.0} % padding, in {}", crystals.len(), 100.0 * batch.padding_waste(), out.display());
    Ok(())
}
