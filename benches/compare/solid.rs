//! Crystals for the neighbor benches: those of S2S, and a solid of any size.

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_data::{DataFolder, RecordStream, reference};

/// The crystals of S2S, or the few that are embedded where `S2S_DATA_DIR` is not set.
pub(crate) fn s2s() -> Vec<Crystal> {
    let records = match DataFolder::from_env() {
        Ok(folder) => {
            let stream = RecordStream::open(folder.s2s()).expect("the data folder has S2S");
            stream.collect::<Result<Vec<_>, _>>().expect("S2S is read without an error")
        }
        Err(why) => {
            println!("{why}: the embedded crystals instead of S2S");
            reference::crystals().iter().map(|known| known.to_record()).collect()
        }
    };
    records.into_iter().map(|record| record.crystal).collect()
}

/// A cube of this many atoms cubed, 17.6 Å³ each, off their lattice points by up to 0.8 Å and in no particular order.
pub(crate) fn solid(atoms_along: usize) -> Crystal {
    let edge = 2.6 * atoms_along as f64;
    let iron: Element = "Fe".parse().expect("iron is an element");
    let count = atoms_along.pow(3);
    let mut random = 1_u64;
    let mut draw = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as f64 / (1_u64 << 31) as f64
    };
    let mut sites = Vec::with_capacity(count);
    for k in 0..count {
        let point = [k / atoms_along / atoms_along, k / atoms_along % atoms_along, k % atoms_along];
        let at = point.map(|steps| (steps as f64 + 0.3 * draw()) / atoms_along as f64);
        sites.push(Site::pure(iron, Frac(at)));
    }
    for k in (1..count).rev() {
        sites.swap(k, (draw() * (k + 1) as f64) as usize);
    }
    let lattice = Lattice::from_parameters([edge; 3], [90.0; 3]).expect("a cube is a cell");
    Crystal::new(lattice, sites).expect("the atoms are where numbers are")
}
