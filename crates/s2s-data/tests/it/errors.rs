//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{error::Error, io, path::Path};

use s2s_data::{
    RecordStream,
    file::{FileEntry, Manifest},
    reference,
    source::AuthorsFiles,
    split::FoldFile,
    table::{StructureTable, StructureTableColumns, SuperCon, SuperConColumns, TargetColumns, TargetTable},
};

use crate::error_text::assert_printed_once;

/// A source that fails.
struct Failing;

impl io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the cable is out"))
    }
}

const MISSING: &str = "/nonexistent/file";

/// One error of every kind that wraps another, and a part of what the wrapped one says.
fn wrapping() -> Vec<(Box<dyn Error>, &'static str)> {
    let no_file = "No such file";
    let mut manifest = Manifest::new();
    manifest.sources.insert("file".into(), FileEntry::of_stream(&b""[..]).unwrap());
    let nothing = AuthorsFiles { molecule: b"PK", coordinates: b"", lattice: b"", labels: b"" };
    let crystal =
        r#"{"id":"a","formula":"Fe","lattice":[[0,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0,0]]}"#;
    let table = "[[crystal]]\nfamily = \"a15\"\nreference = \"none\"\nformula = \"Qq\"\ntc = 1\nprototype = \"A2\"\nelements = [\"Nb\"]\n\
                 cell = { a = 3.3 }\n";
    let keys = TargetTable::<f64>::read("id,x\nQq,1\n".as_bytes(), &TargetColumns::new("id", "x")).unwrap();
    let mut structures = StructureTable::read(
        "cif\nmissing.cif\n".as_bytes(),
        &StructureTableColumns::of_files("cif"),
        Path::new("/nonexistent"),
    )
    .unwrap();
    vec![
        (Box::new(RecordStream::open(MISSING).unwrap_err()), no_file),
        (Box::new(FileEntry::of(Path::new(MISSING)).unwrap_err()), no_file),
        (Box::new(manifest.verify_source("file", Path::new(MISSING)).unwrap_err()), no_file),
        (Box::new(SuperCon::read(Failing, &SuperConColumns::stanev()).unwrap_err()), "the cable is out"),
        (Box::new(nothing.records().unwrap_err()), "not a complete .npy file"),
        (Box::new(FoldFile::from_json(b"{").unwrap_err()), "EOF"),
        (Box::new(RecordStream::new(crystal.as_bytes()).next().unwrap().unwrap_err()), "invalid lattice"),
        (Box::new(reference::parse(table).unwrap_err()), "Qq"),
        (Box::new(keys.beside_compositions(&[]).unwrap_err()), "Qq"),
        (Box::new(structures.faults.pop().unwrap()), no_file),
        #[cfg(feature = "parquet")]
        (Box::new(s2s_data::parquet::ParquetRecords::open(Path::new(MISSING)).map(drop).unwrap_err()), no_file),
    ]
}

#[test]
fn a_wrapped_error_is_neither_hidden_nor_printed_twice() {
    for (error, part) in wrapping() {
        assert_printed_once(&*error, part);
    }
}
