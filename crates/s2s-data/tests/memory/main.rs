//! What reading files holds, counted by the allocator. One test only: the count is that of the whole process.
//!
//! It prints the time and memory of each file; `results/limits.md` has those of a release build:
//!
//! ```text
//! cargo test --release -p s2s-data --test memory -- --nocapture
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

mod packed;
#[path = "../../../s2s-crystal/tests/memory/peak.rs"]
mod peak;

use packed::{fold_files, npy_files, packed_files, packed_tables};
use peak::peak;
use s2s_crystal::ReadOptions;
use s2s_data::{
    RecordStream,
    file::Decompressed,
    source::{AuthorsFiles, SourceOptions, read_structures},
    split::FoldFile,
    table::{StructureTable, StructureTableColumns, SuperCon, SuperConColumns, TcTable},
};

const MIB: usize = 1 << 20;

/// What reading one hostile file may hold.
const ALLOWANCE: usize = 256 * MIB;

/// The most that was allocated at once while something was done, how long it took, and what came of it.
fn measure<T>(work: impl FnOnce() -> T) -> (usize, Duration, T) {
    let start = Instant::now();
    let (peak, outcome) = peak(work);
    (peak, start.elapsed(), outcome)
}

/// A row of the table in `results/limits.md`.
fn print_row(name: &str, time: Duration, peak: usize, outcome: &str) {
    println!("| {name} | {:.0} | {} | {} |", 1e3 * time.as_secs_f64(), peak / MIB, outcome.replace('|', "\\|"));
}

/// Reads everything; structures, faults and the last fault.
fn read(path: &Path) -> (usize, usize, String) {
    let options = SourceOptions::new(ReadOptions::disordered());
    read_structures([path], options).fold((0, 0, String::new()), |(structures, faults, last), item| {
        match item.structure {
            Ok(_) => (structures + 1, faults, last),
            Err(error) => (structures, faults + 1, error.to_string()),
        }
    })
}

/// A zstd frame that repeats each byte 131,072 times.
fn unfolding(bytes: &[u8]) -> Vec<u8> {
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
    for (at, byte) in bytes.iter().enumerate() {
        let last = u32::from(at + 1 == bytes.len());
        frame.extend_from_slice(&(131_072_u32 << 3 | 1 << 1 | last).to_le_bytes()[..3]);
        frame.push(*byte);
    }
    frame
}

const RECORD: &str =
    r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0,0]]"#;
const STRUCTURE: &str =
    r#"{"lattice":{"matrix":[[3,0,0],[0,3,0],[0,0,3]]},"sites":[{"species":[{"element":"Nb"}],"abc":[0,0,0]}]"#;

/// Hostile files, with the structures and faults that they give at most.
fn hostile(folder: &Path) -> Vec<(PathBuf, usize, usize)> {
    let tiny = vec![r#"{"a":{"b":{"c":{"d":[1,{"e":null}]}},"f":[[],[],[]]},"g":"0123456789"}"#; 600_000].join(",");
    let mut files = Vec::new();
    let mut add = |name: &str, bytes: &[u8], structures: usize, faults: usize| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("the folder can be written");
        files.push((path, structures, faults));
    };
    add("gigabytes.cif.zst", &unfolding(&[b' '; 1000]), 0, 1);
    add("gigabytes.jsonl.zst", &unfolding(&[b'{'; 1000]), 0, 1);
    add("gigabytes.xyz.zst", &unfolding(&[b'\n'; 60_000]), 0, 1);
    add("blank.jsonl.zst", &unfolding(&[b'\n'; 60_000]), 0, 1);
    add("record_with_tiny_objects.jsonl", format!("{RECORD},\"x\":[{tiny}]}}\n{RECORD}}}\n").as_bytes(), 1, 1);
    add("structure_with_tiny_objects.jsonl", format!("{STRUCTURE},\"x\":[{tiny}]}}\n").as_bytes(), 1, 0);
    let half = &RECORD[..RECORD.len() - 1];
    let extra = "\"0123456789\",".repeat(7000);
    let window = format!("{half}],\"y\":[{extra}0]}}\n").repeat(500);
    add("records_with_much_beside_them.jsonl", window.as_bytes(), 500, 0);
    add("list_of_nothing.json", format!("[{}{{}}]", "{},".repeat(3_500_000)).as_bytes(), 0, 1001);
    add("data_of_nothing.json", format!("{{\"data\":[{}{{}}]}}", "{},".repeat(3_500_000)).as_bytes(), 0, 1001);
    add(
        "sites_of_nothing.json",
        format!("{{\"lattice\":1,\"sites\":[{}0]}}", "0,".repeat(10_000_000)).as_bytes(),
        0,
        1,
    );
    add("brackets.json", "[".repeat(20_000_000).as_bytes(), 0, 2);
    add(
        "species.jsonl",
        format!("{{\"frac_coords\":[],\"species\":[{}1]}}\n", "1,".repeat(20_000_000)).as_bytes(),
        0,
        1,
    );
    for (name, bytes, structures, faults) in packed_files() {
        add(name, &bytes, structures, faults);
    }
    files
}

/// What tables, published splits and NumPy files take beyond their bytes, and what comes of them.
fn held_by_other_files() -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut add = |name: String, (peak, time, outcome): (usize, Duration, String)| {
        print_row(&name, time, peak, &outcome);
        assert!(outcome.len() < 2000, "{name}: a message of {} bytes", outcome.len());
        found.push((name, peak));
    };
    for (name, packed) in packed_tables() {
        let rows = |rows: usize, faults: usize| format!("{rows} rows, {faults} faults");
        add(
            format!("{name}, a table of SuperCon"),
            measure(|| {
                let columns = SuperConColumns::stanev();
                let table = SuperCon::read(Decompressed::new(&packed[..]), &columns);
                table.map_or_else(|e| e.to_string(), |t| rows(t.rows.len(), t.faults.len()))
            }),
        );
        add(
            format!("{name}, a table of temperatures"),
            measure(|| {
                let table = TcTable::read(Decompressed::new(&packed[..]));
                table.map_or_else(|e| e.to_string(), |t| rows(t.rows.len(), t.faults.len()))
            }),
        );
        add(
            format!("{name}, a table of structures"),
            measure(|| {
                let columns = StructureTableColumns::of_files("cif");
                let table = StructureTable::read(Decompressed::new(&packed[..]), &columns, Path::new("nowhere"));
                table.map_or_else(|e| e.to_string(), |t| rows(t.records.len(), t.faults.len()))
            }),
        );
    }
    for (name, bytes) in fold_files() {
        let outcome = measure(|| FoldFile::from_json(&bytes).map_or_else(|e| e.to_string(), |_| "read".to_owned()));
        add(format!("{name} of folds"), outcome);
    }
    for (name, bytes) in npy_files() {
        let files = AuthorsFiles { molecule: &bytes, coordinates: &bytes, lattice: &bytes, labels: b"" };
        let outcome = measure(|| files.records().map_or_else(|e| e.to_string(), |_| "read".to_owned()));
        add(format!("{name}, NumPy"), outcome);
    }
    found
}

#[test]
fn hostile_files_are_refused_within_little_memory() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let mut too_much = Vec::new();
    println!("| input | ms | MiB | outcome |\n|---|---|---|---|");
    for (path, structures, faults) in hostile(&folder) {
        let size = fs::metadata(&path).map_or(0, |status| status.len());
        let (peak, time, found) = measure(|| read(&path));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = match found.1 {
            0 => format!("{} structures", found.0),
            faults => format!("{} structures, {faults} faults: {}", found.0, found.2),
        };
        print_row(&format!("{name}, {size} bytes"), time, peak, &outcome);
        assert!(found.2.len() < 2000, "{name}: a message of {} bytes", found.2.len());
        if peak > ALLOWANCE || found.0 > structures || found.1 > faults || found.0 + found.1 == 0 {
            too_much.push(name);
        }
    }
    too_much.extend(held_by_other_files().into_iter().filter(|(_, peak)| *peak > ALLOWANCE).map(|(name, _)| name));
    // A file that is larger than any text may be is not read to its end.
    let sparse = folder.join("sparse.cif");
    fs::File::create(&sparse).and_then(|file| file.set_len(3 << 30)).expect("a sparse file can be made");
    let (peak, time, found) = measure(|| read(&sparse));
    print_row("sparse.cif, 3221225472 bytes", time, peak, &found.2);
    assert_eq!(found, (0, 1, "longer than 67108864 bytes".to_owned()));
    if peak > ALLOWANCE {
        too_much.push("sparse.cif".to_owned());
    }
    let line = folder.join("record_with_tiny_objects.jsonl");
    let (peak, time, _) = measure(|| RecordStream::open(&line).map(Iterator::count));
    print_row("record_with_tiny_objects.jsonl as records", time, peak, "");
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    assert!(too_much.is_empty() && peak <= ALLOWANCE, "{too_much:?}, {peak}");
}
