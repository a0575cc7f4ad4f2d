//! Edges per second: the crystals of S2S, and one cell of 10³ to 10⁶ atoms (time per atom should not grow
//! beyond what the caches cost: see `crates/s2s-crystal/results/neighbors.md`).

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use s2s_crystal::{CellList, Crystal, Cutoff, NeighborList, NeighborSearch, ShellPolicy};

#[path = "compare/solid.rs"]
mod solid;

fn search_all(crystals: &[Crystal], cutoff: Cutoff, list: &mut NeighborList) -> usize {
    let mut edges = 0;
    for crystal in crystals {
        CellList::with_max_pairs(1 << 27)
            .search_into(crystal, cutoff, list)
            .expect("the crystals are searched without an error");
        edges += list.num_pairs();
    }
    edges
}

fn in_spatial_order(crystal: &Crystal, atoms_along: f64) -> Crystal {
    let mut sites = crystal.sites().to_vec();
    sites.sort_by_key(|site| site.position.0.map(|x| (x * atoms_along) as usize));
    Crystal::new(*crystal.lattice(), sites).expect("the sites are those of a crystal")
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
                let shells = ShellPolicy::Whole { tolerance: 1e-3 };
                let outcome = CellList::default().nearest_into(crystal, 12, shells, &mut list);
                outcome.expect("the crystals are searched without an error");
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("neighbors in one cell, 5 Å");
    group.sample_size(10);
    for atoms_along in [10, 22, 47, 100] {
        let shuffled = solid::solid(atoms_along);
        // A cell whose atoms are listed as they lie in space keeps the CPU's caches useful however large it is.
        let sorted = in_spatial_order(&shuffled, atoms_along as f64);
        let cutoff = Cutoff::angstrom(5.0).expect("the cutoff is positive");
        for (order, crystal) in [("in any order", shuffled), ("in spatial order", sorted)] {
            let crystal = [crystal];
            group.throughput(Throughput::Elements(search_all(&crystal, cutoff, &mut list) as u64));
            let id = BenchmarkId::from_parameter(format!("{} atoms {order}", atoms_along.pow(3)));
            group.bench_function(id, |bencher| bencher.iter(|| search_all(&crystal, cutoff, &mut list)));
        }
    }
    group.finish();
}

criterion_group!(benches, neighbors);
criterion_main!(benches);
