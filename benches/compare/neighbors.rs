//! Neighbor lists, against pymatgen, vesin and matscipy: the crystals of S2S at 5 and 8 Å, and 10⁵ atoms in one cell.

mod protocol;
mod solid;

use std::{fs, path::Path};

use s2s_crystal::{CellList, Crystal, Cutoff, NeighborList, NeighborSearch};

fn main() {
    protocol::run("neighbors", prepare, measure);
}

/// Writes the crystals as JSON lines.
fn prepare(folder: &Path) {
    for (name, crystals) in [("s2s.jsonl", solid::s2s()), ("large.jsonl", vec![solid::solid(47)])] {
        let line = |crystal: &Crystal| serde_json::to_string(crystal).expect("a crystal can be written");
        let lines = crystals.iter().map(line).collect::<Vec<_>>();
        fs::write(folder.join(name), lines.join("\n")).expect("the folder can be written");
    }
}

fn measure(folder: &Path) {
    let mut list = NeighborList::default();
    for (task, name, cutoff) in [
        ("S2S, cutoff 5", "s2s.jsonl", 5.0),
        ("S2S, cutoff 8", "s2s.jsonl", 8.0),
        ("103823 atoms, cutoff 5", "large.jsonl", 5.0),
    ] {
        let text = fs::read_to_string(folder.join(name)).expect("`prepare` wrote the crystals");
        let crystals: Vec<Crystal> =
            text.lines().map(|line| serde_json::from_str(line).expect("`prepare` wrote crystals")).collect();
        let cutoff = Cutoff::angstrom(cutoff).expect("the cutoff is positive");
        let search = |crystal: &Crystal, list: &mut NeighborList| {
            CellList::with_max_pairs(1 << 27)
                .search_into(crystal, cutoff, list)
                .expect("the crystals are searched without an error");
        };
        let mut edges = 0;
        for crystal in &crystals {
            search(crystal, &mut list);
            edges += list.num_pairs();
        }
        protocol::report(task, "edges", edges, || {
            let mut count = 0;
            for crystal in &crystals {
                search(crystal, &mut list);
                count += list.num_pairs();
            }
            count as f64
        });
    }
}
