//! An iterator over the structures of files and folders, parsed in parallel.

use std::{
    collections::VecDeque,
    io::Read,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use rayon::prelude::*;
use s2s_crystal::ReadOptions;

use super::{
    structure_text::{SourceError, SourceStructure, StructureText},
    structure_texts::{SourceOptions, StructureTexts},
    summary::SourceSummary,
};

/// The structures of files and folders, in a reproducible order: CIF, POSCAR, extended XYZ, JSON of pymatgen, OPTIMADE and
/// ASE, and JSON lines of any of these or of this crate's records; each of them also packed by gzip, zstd, bzip2, xz or lzma.
///
/// Texts are read a batch at a time on the current rayon pool while the next batch comes from the disk; memory depends on
/// the longest text ([`SourceOptions::text_bytes`]), not on the number or length of files. What cannot be read is an
/// item with an error, and the rest follows; what is passed over in folders stands in [`Structures::summary`].
///
/// # Examples
///
/// ```
/// use s2s_crystal::ReadOptions;
/// use s2s_data::source::{SourceOptions, read_structures};
///
/// let folder = std::env::temp_dir().join(format!("s2s-read-structures-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("NbN_POSCAR"), "NbN\n1\n3 0 0\n0 3 0\n0 0 3\nNb N\n1 1\nDirect\n0 0 0\n.5 .5 .5\n")?;
/// std::fs::write(folder.join("notes.txt"), "read me")?;
///
/// let mut structures = read_structures([&folder], SourceOptions::new(ReadOptions::ordered()));
/// let first = structures.next().ok_or("no structure")?;
/// assert_eq!(first.id, "NbN_POSCAR");
/// assert_eq!(first.structure?.crystal.num_sites(), 2);
/// assert!(structures.next().is_none());
/// assert!(structures.summary().to_string().starts_with("1 file, 1 structure, 0 faults; skipped 1: not named as"));
/// std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_structures<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, options: SourceOptions) -> Structures {
    let read = options.read.clone();
    let faults_in_a_row = options.faults_in_a_row;
    let texts = StructureTexts::new(paths, options);
    Structures {
        texts,
        read,
        faults_in_a_row,
        next: None,
        ready: VecDeque::new(),
        long: None,
        faults: 0,
        file: None,
        abandoned: None,
        summary: SourceSummary::default(),
    }
}

/// Iterator of [`read_structures`].
#[derive(Debug)]
pub struct Structures {
    texts: StructureTexts,
    read: ReadOptions,
    faults_in_a_row: u32,
    /// The batch that is read next.
    next: Option<Vec<StructureText>>,
    ready: VecDeque<SourceStructure>,
    /// Structures of a long text, in portions.
    long: Option<Receiver<Vec<SourceStructure>>>,
    faults: u32,
    /// The file of the structure that was given last, and the one that was given up.
    file: Option<PathBuf>,
    abandoned: Option<PathBuf>,
    summary: SourceSummary,
}

/// Bytes and texts that are read together.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_TEXTS: usize = 512;

/// A text longer than this may hold more structures than should be in memory at once.
const LONG: usize = 1 << 20;

/// Structures of a long text that are handed over together.
const PORTION: usize = 64;

impl Structures {
    /// Reads a stream, such as standard input, where this path is among those that were given, see [`StructureTexts::with_stream`].
    pub fn with_stream(self, path: impl Into<PathBuf>, stream: impl Read + Send + Sync + 'static) -> Self {
        Self { texts: self.texts.with_stream(path, stream), ..self }
    }

    /// What was read and what was passed over until now.
    pub fn summary(&self) -> SourceSummary {
        let mut summary = self.summary.clone();
        summary.add(self.texts.summary());
        summary
    }

    fn read_batch(texts: &mut StructureTexts) -> Vec<StructureText> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while bytes < BATCH_BYTES && batch.len() < BATCH_TEXTS {
            let Some(text) = texts.next() else { break };
            bytes += text.bytes().len();
            batch.push(text);
        }
        batch
    }

    /// Parses the current batch while the next one is read from the disk.
    fn advance(&mut self) {
        let mut current = match self.next.take() {
            Some(batch) => batch,
            None => Self::read_batch(&mut self.texts),
        };
        // A long text is the last of its batch.
        let long = current.pop_if(|text| text.bytes().len() > LONG);
        let (texts, options) = (&mut self.texts, &self.read);
        let parse = |mut text: StructureText| text.structures(options).collect::<Vec<_>>();
        let (ready, next) = rayon::join(
            || current.into_par_iter().with_min_len(8).flat_map_iter(parse).collect::<Vec<_>>(),
            || Self::read_batch(texts),
        );
        self.ready = ready.into();
        self.next = Some(next);
        self.long = long.map(|text| in_portions(text, self.read.clone()));
    }

    /// The next structure or fault, whatever becomes of it.
    fn found(&mut self) -> Option<SourceStructure> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            if let Some(long) = &self.long {
                match long.recv() {
                    Ok(portion) => self.ready = portion.into(),
                    Err(_) => self.long = None,
                }
                continue;
            }
            // A batch without texts is read only at the end.
            if self.next.as_ref().is_some_and(Vec::is_empty) {
                return None;
            }
            self.advance();
        }
    }
}

/// Reads a long text on a thread of its own, a portion ahead.
fn in_portions(mut text: StructureText, options: ReadOptions) -> Receiver<Vec<SourceStructure>> {
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        let mut structures = text.structures(&options);
        loop {
            let portion: Vec<SourceStructure> = structures.by_ref().take(PORTION).collect();
            // The receiver was dropped.
            if portion.is_empty() || sender.send(portion).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Iterator for Structures {
    type Item = SourceStructure;

    fn next(&mut self) -> Option<SourceStructure> {
        loop {
            let mut structure = self.found()?;
            let path = &structure.location.path;
            if self.abandoned.as_ref() == Some(path) {
                continue;
            }
            if let Err(SourceError::PassedOver(reason)) = structure.structure {
                self.summary.skip(reason, path);
                continue;
            }
            if self.file.as_ref() != Some(path) {
                (self.file, self.faults) = (Some(path.clone()), 0);
            }
            if structure.structure.is_ok() {
                self.faults = 0;
                self.summary.structures += 1;
                return Some(structure);
            }
            self.summary.faults += 1;
            self.faults += 1;
            if self.faults > self.faults_in_a_row {
                structure.structure = Err(SourceError::TooManyFaults { limit: self.faults_in_a_row });
                self.texts.close(path);
                self.abandoned = Some(path.clone());
                self.long = self.long.take().filter(|_| false);
            }
            return Some(structure);
        }
    }
}
