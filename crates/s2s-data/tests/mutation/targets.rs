//! What is done with an input.

use s2s_crystal::{
    CellList, Crystal, Cutoff, Format, Formula, Frac, Merge, NeighborSearch, OccupancyPolicy, ReadOptions, ShellPolicy,
    Strictness, StructureFingerprint, SymOp,
};
use s2s_data::{
    Record, RecordStream,
    file::{Decompressed, Manifest},
    record::RecordWriter,
    source::{AuthorsFiles, MaterialsProjectRecords, OptimadeNames},
    split::FoldFile,
    table::{StructureTable, StructureTableColumns, SuperCon, SuperConColumns},
};

use crate::seeds;

/// Something that reads inputs.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) seeds: Vec<Vec<u8>>,
    pub(crate) run: fn(&[u8]),
    /// One in so many rounds of all targets: those that need a file take more time.
    pub(crate) every: u64,
}

/// Of the structures of an input, so many are used: the time is that of the reader.
const MOST_USED: usize = 256;

/// Of crystals up to this size, one in [`ONE_IN`] is also written, read back and asked for its geometry, which takes more
/// time than reading it.
const SMALL: usize = 64;
const ONE_IN: u64 = 8;

pub(crate) fn targets() -> Vec<Target> {
    let json = [seeds::structures(&[".json", ".optimade"]), seeds::data("optimade", &[".json"])].concat();
    let cifs = [seeds::structures(&[".cif"]), seeds::symmetric_cifs()].concat();
    let npy = [seeds::data("npy", &[".npy"]), seeds::data("authors", &[".npy"])].concat();
    let target = |name, seeds, run: fn(&[u8])| Target { name, seeds, run, every: 1 };
    vec![
        target("cif", cifs, cif),
        target("poscar", seeds::structures(&[".vasp", "_POSCAR", "_wrapped"]), poscar),
        target("extxyz", seeds::structures(&[".extxyz", ".xyz"]), extxyz),
        target("json", json.clone(), structure_json),
        target("detected", [seeds::structures(&[]), seeds::symmetric_cifs()].concat(), detected),
        target("formula", seeds::formulas(), formula),
        target("operation", seeds::operations(), operation),
        target("record", seeds::records(), record),
        target("stream", seeds::streams(), stream),
        target("table", seeds::tables(), table),
        target("folds", seeds::fold_files(), folds),
        target("npy", npy, npy_file),
        #[cfg(feature = "parquet")]
        Target { every: 16, ..target("parquet", seeds::data("parquet", &[".parquet"]), parquet) },
        target("entries", [json, seeds::data("materials_project", &[".json"])].concat(), entries),
    ]
}

/// The options are decided by the bytes: a second reading would halve the number of inputs.
fn options(input: &[u8]) -> ReadOptions {
    match input.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)) % 8 {
        0 => ReadOptions { merge: Merge::Off, occupancy: OccupancyPolicy::Majority, ..ReadOptions::lenient() },
        1 => ReadOptions::ordered(),
        2 => ReadOptions { strictness: Strictness::Strict, ..ReadOptions::disordered() },
        3 | 4 => ReadOptions::disordered(),
        _ => ReadOptions::lenient(),
    }
}

fn read(format: Format, input: &[u8]) {
    for (number, structure) in format.read(input, &options(input)).enumerate() {
        match structure {
            Ok(structure) if number < MOST_USED => use_crystal(&structure.crystal),
            Ok(_) => {}
            Err(error) => {
                assert!(error.line() >= 1 && error.column() >= 1 && error.line() <= input.len() + 1);
                assert!(!error.message().is_empty());
            }
        }
    }
}

fn cif(input: &[u8]) {
    read(Format::Cif, input);
}

fn poscar(input: &[u8]) {
    read(Format::Poscar, input);
}

fn extxyz(input: &[u8]) {
    read(Format::ExtXyz, input);
}

fn structure_json(input: &[u8]) {
    read(Format::Pymatgen, input);
    read(Format::Optimade, input);
}

fn detected(input: &[u8]) {
    if let Some(format) = Format::detect("input", input) {
        read(format, input);
    }
}

/// A crystal is valid, and its geometry can be asked for: an answer or a typed error.
fn use_crystal(crystal: &Crystal) {
    assert!(crystal.num_sites() > 0 && crystal.lattice().volume() > 0.0);
    for site in crystal.sites() {
        assert!(site.position.0.iter().all(|x| x.is_finite()));
        let total = site.species.total_occupancy();
        assert!(total > 0.0 && total <= 1.001 + 1e-9, "{total}");
    }
    let _ = crystal.composition().reduced_formula();
    let chance = crystal.lattice().volume().to_bits() ^ crystal.sites()[0].position.0[0].to_bits().rotate_left(7);
    if chance.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & (ONE_IN - 1) != 0 {
        return;
    }
    let _ = crystal.min_distance();
    if crystal.num_sites() > SMALL {
        return;
    }
    let cutoff = Cutoff::angstrom(3.0).expect("three angstrom are a cutoff");
    if let Ok(list) = CellList::default().search(crystal, cutoff) {
        assert!(list.distances().iter().all(|distance| *distance <= 3.0));
    }
    let _ = CellList::default().nearest(crystal, 12, ShellPolicy::Whole { tolerance: 1e-3 });
    let _ = (crystal.lattice().niggli_reduced(), StructureFingerprint::new(crystal));
    let _ = crystal.supercell([[1, 1, 0], [0, 2, 0], [0, 0, 1]]);
    let written = s2s_crystal::pymatgen::write(crystal);
    let mut options = ReadOptions::lenient();
    (options.limits.plane_spacing, options.limits.volume) = (0.0, f64::INFINITY);
    let again = Format::Pymatgen.read(written.as_bytes(), &options).next().expect("there is one structure");
    assert_eq!(&again.expect("what was written can be read").crystal, crystal);
}

fn formula(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(formula) = text.parse::<Formula>() {
        assert!(formula.composition().iter().all(|(_, amount)| amount.is_finite() && amount > 0.0));
        let _ = formula.composition().reduced_formula();
    }
}

fn operation(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(operation) = text.parse::<SymOp>() {
        let again: SymOp = operation.to_string().parse().expect("what was written can be read");
        assert_eq!(again, operation);
        assert!(operation.apply(Frac([0.1, 0.2, 0.3])).0.iter().all(|x| x.is_finite()));
        let _ = operation.after(&operation).and_then(|twice| twice.after(&operation));
    }
}

fn record(input: &[u8]) {
    if let Ok(record) = Record::from_json(input) {
        use_crystal(&record.crystal);
        let mut writer = RecordWriter::new(Vec::new());
        writer.write(&record).expect("memory is written without an error");
        let line = writer.finish().expect("memory is written without an error");
        assert_eq!(Record::from_json(line.trim_ascii()).expect("what was written can be read"), record);
    }
}

fn stream(input: &[u8]) {
    let mut records = RecordStream::new(input).with_max_errors(100);
    let ended = records.by_ref().find_map(Result::err);
    assert!(ended.is_some() || records.num_errors() <= 100);
    let _ = std::io::copy(&mut std::io::Read::take(Decompressed::new(input), 1 << 24), &mut std::io::sink());
}

fn table(input: &[u8]) {
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    if let Ok(table) = SuperCon::read(input, &SuperConColumns::stanev()) {
        assert!(table.num_rows() <= lines);
    }
    let nowhere = std::path::Path::new("/nonexistent");
    if let Ok(table) = StructureTable::read(input, &StructureTableColumns::three_dsc(), nowhere) {
        assert!(table.records.is_empty() && table.faults.len() <= lines);
    }
    let _ = AuthorsFiles { molecule: b"", coordinates: b"", lattice: b"", labels: input }.records();
}

fn folds(input: &[u8]) {
    if let Ok(file) = FoldFile::from_json(input) {
        assert_eq!(FoldFile::from_json(file.to_json().as_bytes()).expect("what was written can be read"), file);
        let tasks: Vec<String> = file.tasks().map(str::to_owned).collect();
        let _ = tasks.iter().map(|task| file.splits(task, &[])).collect::<Vec<_>>();
    }
    let _ = serde_json::from_slice::<Manifest>(input);
}

fn npy_file(input: &[u8]) {
    // Two arrays of objects, so that the third file is read whatever it holds.
    let objects = include_bytes!("../data/npy/molecules2.npy");
    for (molecule, coordinates) in [(input, input), (&objects[..], &objects[..])] {
        let _ = AuthorsFiles { molecule, coordinates, lattice: input, labels: b"mol_index,supercon\n" }.records();
    }
}

/// A file with this content, in memory where the system has such a folder.
#[cfg(feature = "parquet")]
fn file(input: &[u8]) -> std::path::PathBuf {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let path = folder.join(format!("s2s-mutation-{}", std::process::id()));
    std::fs::write(&path, input).expect("a file can be written");
    path
}

#[cfg(feature = "parquet")]
fn parquet(input: &[u8]) {
    let path = file(input);
    if let Ok(records) = s2s_data::parquet::ParquetRecords::open(&path) {
        let _ = records.take(10_000).filter_map(Result::err).count();
    }
    let _ = std::fs::remove_file(path);
}

fn entries(input: &[u8]) {
    let names = OptimadeNames::as_written();
    names.read(input).into_iter().flatten().take(MOST_USED).for_each(|record| use_crystal(&record.crystal));
    MaterialsProjectRecords::new(input).flatten().enumerate().for_each(|(number, record)| {
        if number < MOST_USED {
            use_crystal(&record.crystal);
        }
    });
}
