//! Edges per second: the crystals of S2S, and one cell of 10³ to 10⁶ atoms (time per atom should not grow).

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use s2s_crystal::{CellList, Crystal, Cutoff, LastShell, NeighborList, NeighborSearch};

#[path = "compare/solid.rs"]
mod solid;

fn search_all(crystals: &[Crystal], cutoff: Cutoff, list: &mut NeighborList) -> usize {
    let mut edges = 0;
    for crystal in crystals {
        CellList::default().search_into(crystal, cutoff, list).expect("the crystals are searched without an error");
        edges += list.num_pairs();
    }
    edges
}

fn neighbors(criterion: &mut Criterion) {
    let crystals = solid::s2s();
    let mut list = NeighborList::default();

    let mut group = criterion.benchmark_group("neighbors of S2S");
    for length in [5.0, 8.0] {
        let cutoff = Cutoff::angstrom(length).expect("the cutoff is positive");
        group.throughput(Throughput::Elements(search_all(&crystals, cutoff, &mut list) as u64));
        group.bench_function(format!("{length} Å"), |bencher| {
            bencher.iter(|| search_all(&crystals, cutoff, &mut list));
        });
    }
    group.throughput(Throughput::Elements(crystals.len() as u64));
    group.bench_function("nearest 12, whole shells", |bencher| {
        bencher.iter(|| {
            for crystal in &crystals {
                let shells = LastShell::Whole { tolerance: 1e-3 };
                let outcome = CellList::default().nearest_into(crystal, 12, shells, &mut list);
                outcome.expect("the crystals are searched without an error");
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("neighbors in one cell, 5 Å");
    group.sample_size(10);
    for atoms_along in [10, 22, 47, 100] {
        let crystal = [solid::solid(atoms_along)];
        let cutoff = Cutoff::angstrom(5.0).expect("the cutoff is positive");
        group.throughput(Throughput::Elements(search_all(&crystal, cutoff, &mut list) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{} atoms", atoms_along.pow(3))), |bencher| {
            bencher.iter(|| search_all(&crystal, cutoff, &mut list));
        });
    }
    group.finish();
}

criterion_group!(benches, neighbors);
criterion_main!(benches);
