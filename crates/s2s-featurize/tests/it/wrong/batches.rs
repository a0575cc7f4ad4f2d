//! Collates, radial bases and mask policies that are wrong on purpose, and the laws that catch every one of them.

use std::{
    borrow::Borrow,
    sync::atomic::{AtomicU64, Ordering},
};

use ndarray::{Array2, Axis};
use s2s_crystal::strategies;
use s2s_featurize::{
    AllElements, AtomBatch, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, Collate, FeaturizeError, Featurizer,
    MaskPolicy, PaddedCollate, RadialBasis,
    laws::{
        ChooseMask, CollateLaw, MaskLaw, RadialLaw, Violation, check_collate, check_mask_policy, check_radial_basis,
    },
};

/// The named ones that no law catches; "right" has to be the only one.
fn not_caught(names: &[&'static str], broken: impl Fn(&'static str) -> Option<Violation>) -> Vec<&'static str> {
    let caught = |name: &&&'static str| {
        let violation = broken(name);
        if let Some(violation) = &violation {
            println!("{name}: {violation}\n");
            assert!(violation.to_string().lines().count() <= 10);
        }
        violation.is_none()
    };
    names.iter().filter(caught).copied().collect()
}

fn items() -> Vec<AtomFeatures> {
    let config = AtomFeaturizerConfig { pair_vectors: true, ..AtomFeaturizerConfig::invariant() };
    let featurizer = AtomFeaturizer::new(config, AllElements).expect("a valid configuration");
    let ordered = (0..30).map(|seed| strategies::crystal(1..=9).generate(seed));
    let crystals = ordered.chain((0..10).map(|seed| strategies::disordered_crystal(1..=6).generate(seed)));
    let with_columns = |features: AtomFeatures| AtomFeatures {
        columns: features.tokens.iter().map(|token| f32::from(token.0)).collect(),
        ..features
    };
    crystals.filter_map(|crystal| featurizer.featurize(&crystal).ok()).map(with_columns).collect()
}

static CALLS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct WrongCollate(&'static str);

impl Collate<AtomFeatures> for WrongCollate {
    type Batch = AtomBatch;

    fn collate(&self, items: &[impl Borrow<AtomFeatures>]) -> Result<AtomBatch, FeaturizeError> {
        let mut own: Vec<AtomFeatures> = items.iter().map(|item| item.borrow().clone()).collect();
        match self.0 {
            "sorted by size" => own.sort_by_key(AtomFeatures::num_atoms),
            "duplicates dropped" => own.dedup(),
            "lattice of the first" => {
                let first = own.first().map(|f| f.lattice.clone()).unwrap_or_default();
                own.iter_mut().for_each(|f| f.lattice.clone_from(&first));
            }
            "normalized over the batch" => {
                let all = own.iter().flat_map(|f| &f.neighbor_distances);
                let most = all.copied().fold(1.0, f32::max);
                own.iter_mut().flat_map(|f| &mut f.neighbor_distances).for_each(|d| *d /= most);
            }
            "rounded distances" => {
                own.iter_mut().flat_map(|f| &mut f.neighbor_distances).for_each(|d| *d = (*d * 64.0).round() / 64.0);
            }
            "nothing is a batch" if own.is_empty() => own = self::items().split_off(29),
            "refuses one crystal" if own.len() == 1 => return Err(FeaturizeError::EmptyBatch),
            "panics on one atom" => assert!(own.iter().all(|f| f.num_atoms() > 1), "a crystal of one atom"),
            _ => {}
        }
        let mut batch = PaddedCollate.collate(&own)?;
        match self.0 {
            "pairs not shifted" => {
                let padded = batch.padded_atoms() as i64;
                batch.pair_neighbors.mapv_inplace(|slot| slot % padded);
            }
            "pairs from neighbor to center" => std::mem::swap(&mut batch.pair_centers, &mut batch.pair_neighbors),
            "padded with an element" => {
                let present = batch.present.clone();
                batch.tokens.zip_mut_with(&present, |token, present| *token = if *present { *token } else { 7 });
            }
            "vectors from neighbor to center" => batch.pair_vectors.mapv_inplace(|x| -x),
            "columns of the first" => {
                let first = batch.columns.index_axis(Axis(0), 0).to_owned();
                batch.columns.outer_iter_mut().for_each(|mut columns| columns.assign(&first));
            }
            "columns where no atom is" => batch.columns.mapv_inplace(|x| if x == 0.0 { 1.0 } else { x }),
            "weights of the first" if !batch.weights.is_empty() => {
                let first = batch.weights.row(0).to_owned();
                batch.weights.outer_iter_mut().for_each(|mut weights| weights.assign(&first));
            }
            "weights where no atom is" => batch.weights.mapv_inplace(|weight| if weight == 0.0 { 1.0 } else { weight }),
            "whole atoms" => batch.weights = Array2::zeros((0, 0)),
            "sites omitted" => batch.sites = Array2::zeros((0, 0)),
            "last slot left out" => {
                let last = batch.padded_atoms() - 1;
                batch.present.column_mut(last).fill(false);
            }
            "table of a hundred elements" => batch.tokens.mapv_inplace(|token| token % 100),
            "counts its calls" if CALLS.fetch_add(1, Ordering::Relaxed) % 40 == 39 => batch.lattice[(0, 0)] += 1.0,
            _ => {}
        }
        Ok(batch)
    }
}

#[test]
fn the_laws_catch_every_wrong_collate() {
    let names = [
        "right",
        "sorted by size",
        "duplicates dropped",
        "lattice of the first",
        "normalized over the batch",
        "rounded distances",
        "nothing is a batch",
        "refuses one crystal",
        "panics on one atom",
        "pairs not shifted",
        "pairs from neighbor to center",
        "padded with an element",
        "vectors from neighbor to center",
        "columns of the first",
        "columns where no atom is",
        "weights of the first",
        "weights where no atom is",
        "whole atoms",
        "sites omitted",
        "last slot left out",
        "table of a hundred elements",
        "counts its calls",
    ];
    let items = items();
    let broken =
        |name| CollateLaw::ALL.into_iter().find_map(|law| check_collate(law, &WrongCollate(name), &items).err());
    assert_eq!(not_caught(&names, broken), ["right"]);
}

/// Eight numbers per distance.
#[derive(Debug)]
struct WrongBasis(&'static str);

impl RadialBasis for WrongBasis {
    fn len(&self) -> usize {
        8
    }

    fn expand_into(&self, distance: f64, out: &mut [f32]) {
        let d = distance;
        for (k, number) in out.iter_mut().enumerate() {
            let center = k as f64;
            let right = (-(d - center).powi(2)).exp();
            let found = match self.0 {
                "hard bins" => f64::from(u8::from((center..center + 1.0).contains(&d))),
                "cut at 5.37 A" => right * f64::from(u8::from(d < 5.37)),
                "a step at pi" => right + 0.01 * f64::from(u8::from(d > std::f64::consts::PI)),
                "whole thirds" => (d * 3.0).floor(),
                "divides by the distance" => ((center + 1.0) * d).sin() / d,
                "high powers" => d.powi(5 + k as i32),
                "panics far away" => {
                    assert!(d < 1e5, "a distance of {d} A");
                    right
                }
                "adds to what is there" => right + f64::from(*number),
                _ => right,
            };
            if self.0 != "last number left out" || k < 7 {
                *number = found as f32;
            }
        }
    }

    fn expand_to(&self, distances: &[f64], rows: &mut Vec<f32>) {
        if self.0 != "old rows kept" {
            rows.clear();
        }
        rows.resize(rows.len().max(distances.len() * 8), 0.0);
        for (row, distance) in rows.chunks_exact_mut(8).zip(distances) {
            self.expand_into(if self.0 == "clamped together" { distance.min(9.0) } else { *distance }, row);
        }
    }
}

#[test]
fn the_laws_catch_every_wrong_radial_basis() {
    let names = [
        "right",
        "hard bins",
        "cut at 5.37 A",
        "a step at pi",
        "whole thirds",
        "divides by the distance",
        "high powers",
        "panics far away",
        "adds to what is there",
        "last number left out",
        "old rows kept",
        "clamped together",
    ];
    let broken = |name| RadialLaw::ALL.into_iter().find_map(|law| check_radial_basis(law, &WrongBasis(name)).err());
    assert_eq!(not_caught(&names, broken), ["right"]);
}

#[derive(Debug)]
struct WrongPolicy(&'static str);

impl ChooseMask for WrongPolicy {
    fn count(&self, atoms: usize) -> usize {
        match self.0 {
            "all atoms" => atoms,
            "none of a few" => atoms * 15 / 100,
            _ => MaskPolicy::paper().count(atoms),
        }
    }

    fn choose(&self, atoms: usize, seed: u64, epoch: u64, index: u64) -> Vec<u32> {
        let draw = |seed, epoch, index| MaskPolicy::paper().choose(atoms, seed, epoch, index).0;
        let one = |seed| MaskPolicy::new(0.01, 1).expect("a valid policy").choose(atoms, seed, epoch, index).0[0];
        let right = draw(seed, epoch, index);
        let sorted = |mut masked: Vec<u32>| {
            masked.sort_unstable();
            masked
        };
        match self.0 {
            "all atoms" | "none of a few" | "first atoms" => (0..self.count(atoms) as u32).collect(),
            "seed left out" => draw(0, epoch, index),
            "epoch left out" => draw(seed, 0, index),
            "crystal left out" => draw(seed, epoch, 0),
            "seed plus epoch" => draw(seed + epoch, 0, 0),
            "not in order" => right.into_iter().rev().collect(),
            "a window" => sorted((0..right.len() as u32).map(|k| (one(seed) + k) % atoms as u32).collect()),
            "never the last" => MaskPolicy::paper().choose((atoms - 1).max(1), seed, epoch, index).0,
            "one beyond the last" => right.into_iter().map(|atom| atom + 1).collect(),
            "with replacement" => sorted((0..right.len() as u64).map(|k| one(seed + 1000 * k)).collect()),
            "bits of a word" => right.into_iter().filter(|atom| *atom < 64).collect(),
            "panics on one atom" => {
                assert!(atoms > 1, "a crystal of one atom");
                right
            }
            "counts its calls" => draw(seed + CALLS.fetch_add(1, Ordering::Relaxed), epoch, index),
            _ => right,
        }
    }
}

#[test]
fn the_laws_catch_every_wrong_mask_policy() {
    let names = [
        "right",
        "all atoms",
        "none of a few",
        "first atoms",
        "seed left out",
        "epoch left out",
        "crystal left out",
        "seed plus epoch",
        "not in order",
        "a window",
        "never the last",
        "one beyond the last",
        "with replacement",
        "bits of a word",
        "panics on one atom",
        "counts its calls",
    ];
    let broken = |name| MaskLaw::ALL.into_iter().find_map(|law| check_mask_policy(law, &WrongPolicy(name)).err());
    assert_eq!(not_caught(&names, broken), ["right"]);
}
