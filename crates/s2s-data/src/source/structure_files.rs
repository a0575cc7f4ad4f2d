//! Structures from files and folders, in a reproducible order.

use std::{
    fs::File,
    path::{Path, PathBuf},
    vec,
};

use walkdir::WalkDir;

use super::folder::read_file;
use crate::{DataError, Record, RecordError, RecordStream};

/// One structure of a [`StructureFiles`] walk.
#[derive(Debug)]
pub struct StructureEntry {
    /// The path of the file; for a line of a JSON-lines file `path:id`, or `path:line` if the line is bad.
    pub name: String,
    /// What is there.
    pub content: StructureContent,
}

/// What a walk finds at a place.
#[derive(Debug)]
pub enum StructureContent {
    /// The bytes of a structure file; its name tells the format.
    File(Vec<u8>),
    /// A line of a JSON-lines file.
    Record(Result<Box<Record>, RecordError>),
    /// A file or folder that cannot be read.
    Unreadable(DataError),
}

/// The structures of files and folders, one after another.
///
/// Arguments keep their order; the files of a folder, found at any depth, are sorted by path. `.jsonl` and `.jsonl.zst`
/// files are opened and give one entry per line; of other files, those named on their own are all given, and those found
/// in a folder if their name ends as structure files do (`.cif`, `.vasp`, `.poscar`, `.xyz`, `.extxyz`, `.json`,
/// `.optimade`, or `POSCAR…`/`CONTCAR…`). Only one file is in memory at a time.
#[derive(Debug)]
pub struct StructureFiles {
    paths: vec::IntoIter<Result<PathBuf, DataError>>,
    open: Option<(String, RecordStream<File>)>,
}

impl StructureFiles {
    /// The structures at these paths; the folders are listed now, the files are read one by one later.
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut found = Vec::new();
        for path in paths {
            let path = path.as_ref();
            if path.is_dir() {
                list_folder(path, &mut found);
            } else {
                found.push(Ok(path.to_owned()));
            }
        }
        Self { paths: found.into_iter(), open: None }
    }

    /// Number of files that are still to be opened.
    pub fn num_files_left(&self) -> usize {
        self.paths.len()
    }
}

impl Iterator for StructureFiles {
    type Item = StructureEntry;

    fn next(&mut self) -> Option<StructureEntry> {
        loop {
            if let Some((path, stream)) = &mut self.open {
                if let Some(record) = stream.next() {
                    let name = match &record {
                        Ok(record) => format!("{path}:{}", record.id),
                        Err(error) => format!("{path}:{}", error.line()),
                    };
                    return Some(StructureEntry { name, content: StructureContent::Record(record.map(Box::new)) });
                }
                self.open = None;
            }
            let path = match self.paths.next()? {
                Ok(path) => path,
                Err(error) => return Some(unreadable(error)),
            };
            let name = path.display().to_string();
            if name.ends_with(".jsonl") || name.ends_with(".jsonl.zst") {
                match RecordStream::open(&path) {
                    Ok(stream) => self.open = Some((name, stream)),
                    Err(error) => return Some(unreadable(error)),
                }
            } else {
                let content = read_file(&path).map_or_else(StructureContent::Unreadable, StructureContent::File);
                return Some(StructureEntry { name, content });
            }
        }
    }
}

fn unreadable(error: DataError) -> StructureEntry {
    let name = match &error {
        DataError::Io { path, .. } => path.display().to_string(),
        _ => String::new(),
    };
    StructureEntry { name, content: StructureContent::Unreadable(error) }
}

fn list_folder(folder: &Path, found: &mut Vec<Result<PathBuf, DataError>>) {
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_structure_file(entry.path()) => {
                found.push(Ok(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                found.push(Err(DataError::Io { path, source: error.into() }));
            }
        }
    }
}

fn is_structure_file(path: &Path) -> bool {
    const ENDINGS: [&str; 9] =
        [".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".json", ".optimade", ".jsonl", ".jsonl.zst"];
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending)) || name.starts_with("POSCAR") || name.starts_with("CONTCAR")
}
