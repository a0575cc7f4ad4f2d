//! Structures from files and folders, in a reproducible order.

use std::{
    fs::File,
    path::{Path, PathBuf},
    vec,
};

use super::{folder::read_file, structure_texts::is_structure_file, walk::Walk};
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
/// `.optimade`, or `POSCAR…`/`CONTCAR…`). Only one file is in memory at a time, and at most 8,192 names of each folder on
/// the way to it: what comes or goes in a folder during the walk may or may not be seen.
#[derive(Debug)]
pub struct StructureFiles {
    paths: vec::IntoIter<PathBuf>,
    walk: Option<Walk>,
    open: Option<(String, RecordStream<File>)>,
}

impl StructureFiles {
    /// The structures at these paths; folders are listed and files are read as their turn comes.
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.as_ref().to_owned()).collect();
        Self { paths: paths.into_iter(), walk: None, open: None }
    }

    /// The next file.
    fn path(&mut self) -> Option<Result<PathBuf, DataError>> {
        loop {
            if let Some(walk) = &mut self.walk {
                if let Some(found) = walk.next() {
                    return Some(found);
                }
                self.walk = None;
            }
            let path = self.paths.next()?;
            if !path.is_dir() {
                return Some(Ok(path));
            }
            self.walk = Some(Walk::new(&path, is_structure_file));
        }
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
            let path = match self.path()? {
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
                let unreadable = |source| StructureContent::Unreadable(DataError::Io { path: path.clone(), source });
                let content = read_file(&path).map_or_else(unreadable, StructureContent::File);
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
