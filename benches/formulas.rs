//! Formulas per second, on the names of SuperCon where `S2S_DATA_DIR` has them.

use std::{hint::black_box, path::PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use s2s_crystal::Composition;

fn names() -> Vec<String> {
    let file = std::env::var_os("S2S_DATA_DIR").map(|folder| PathBuf::from(folder).join("supercon.csv"));
    let text = file.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_else(|| {
        println!("S2S_DATA_DIR is not set: three formulas instead of SuperCon");
        "name,Tc\nBa0.4K0.6Fe2As2,38\nYBa2Cu3O6.94,92\nNb3Sn,18\n".to_owned()
    });
    text.lines().skip(1).filter_map(|line| line.split_once(',')).map(|(name, _)| name.to_owned()).collect()
}

fn formulas(criterion: &mut Criterion) {
    let names = names();
    let mut group = criterion.benchmark_group("formulas");
    group.throughput(Throughput::Elements(names.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| names.iter().filter(|name| black_box(name.parse::<Composition>()).is_ok()).count());
    });
    let compositions = names.iter().filter_map(|name| name.parse::<Composition>().ok()).collect::<Vec<_>>();
    group.bench_function("reduced formula", |bencher| {
        bencher.iter(|| compositions.iter().map(|known| black_box(known.reduced_formula()).len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, formulas);
criterion_main!(benches);
