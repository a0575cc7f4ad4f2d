//! Crystals per second of every featurizer, on the S2S crystals where `S2S_DATA_DIR` has them.

use std::{fs::File, hint::black_box};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_data::{DataFolder, RecordStream};
use s2s_featurize::{
    AllElements, AtomFeaturizer, AtomFeaturizerConfig, BatchOrder, BatchSampler, BatchSize, Collate, Featurizer,
    GaussianBasis, LatticeDescriptor, MagpieConfig, MagpieFeaturizer, MaskPolicy, Masker, PaddedCollate, RadialBasis,
    Replacement,
};

fn crystals() -> Vec<Crystal> {
    let file = DataFolder::from_env().ok().and_then(|data| File::open(data.s2s()).ok());
    let records = file.map(|file| RecordStream::new(file).filter_map(|record| Some(record.ok()?.crystal)).collect());
    records.unwrap_or_else(|| {
        println!("S2S_DATA_DIR is not set: rock salt instead of S2S");
        let lattice = Lattice::from_parameters([3.9; 3], [60.0; 3]).expect("a lattice");
        let site = |z, x| Site::pure(Element::from_atomic_number(z).expect("an element"), Frac([x; 3]));
        vec![Crystal::new(lattice, vec![site(11, 0.0), site(17, 0.5)]).expect("a crystal")]
    })
}

fn featurize(criterion: &mut Criterion) {
    let crystals = crystals();
    let mut group = criterion.benchmark_group("featurize");
    group.throughput(Throughput::Elements(crystals.len() as u64)).sample_size(10);
    let full = AtomFeaturizerConfig {
        lattice: LatticeDescriptor::InvariantAndComposition,
        ..AtomFeaturizerConfig::invariant()
    };
    for (name, config) in [
        ("paper", AtomFeaturizerConfig::paper()),
        ("released", AtomFeaturizerConfig::released()),
        ("invariant", AtomFeaturizerConfig::invariant()),
        ("invariant with composition", full),
        ("cgcnn", AtomFeaturizerConfig::cgcnn()),
        ("megnet", AtomFeaturizerConfig::megnet()),
    ] {
        let featurizer = AtomFeaturizer::new(config, AllElements).expect("a valid configuration");
        group.bench_function(name, |bencher| {
            bencher.iter(|| crystals.iter().filter(|c| black_box(featurizer.featurize(c)).is_ok()).count());
        });
    }
    let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
    group.bench_function("magpie", |bencher| {
        bencher.iter(|| crystals.iter().filter(|c| black_box(magpie.featurize(*c)).is_ok()).count());
    });
    group.finish();
}

fn expand(criterion: &mut Criterion) {
    let distances: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.008).collect();
    let mut rows = Vec::new();
    let mut group = criterion.benchmark_group("gaussians");
    group.throughput(Throughput::Elements(distances.len() as u64));
    for (name, basis) in [
        ("paper", GaussianBasis::paper()),
        ("released", GaussianBasis::released()),
        ("cgcnn", GaussianBasis::cgcnn()),
        ("megnet", GaussianBasis::megnet()),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| basis.expand_to(black_box(&distances), &mut rows)));
    }
    group.finish();
}

fn batch(criterion: &mut Criterion) {
    let crystals = crystals();
    let featurizer =
        AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements).expect("a valid configuration");
    let features: Vec<_> = crystals.iter().filter_map(|c| featurizer.featurize(c).ok()).collect();
    let sizes: Vec<u32> = features.iter().map(|f| f.num_atoms() as u32).collect();
    let sampler = BatchSampler::new(sizes, BatchSize::Crystals(64), BatchOrder::Bucketed { pool: 1024 }, 1)
        .expect("a valid plan");
    let masker = Masker::new(MaskPolicy::paper(), Replacement::Bert, &AllElements, 1);
    let mut group = criterion.benchmark_group("batches");
    group.throughput(Throughput::Elements(features.len() as u64)).sample_size(20);
    group.bench_function("plan, collate, mask", |bencher| {
        bencher.iter(|| {
            let plan = sampler.epoch(0);
            for batch in plan.batches(0..plan.len()) {
                let items: Vec<_> = batch.iter().map(|i| &features[*i as usize]).collect();
                let indices: Vec<u64> = batch.iter().map(|i| u64::from(*i)).collect();
                let collated = PaddedCollate.collate(&items).expect("a batch is never empty");
                black_box(masker.apply(collated, 0, &indices).expect("one index per crystal"));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, featurize, expand, batch);
criterion_main!(benches);
