//! Structures of files and folders, read ahead in parallel while a model answers for those before.

use std::{path::Path, path::PathBuf, sync::mpsc, thread};

use rayon::prelude::*;
use s2s_crystal::{Crystal, OccupancyPolicy, ReadOptions, read};
use s2s_data::{Label, StructureContent, StructureEntry, StructureFiles};

/// A structure, or why there is none.
#[derive(Debug)]
#[allow(dead_code, reason = "each example looks at what it needs")]
pub(crate) struct Structure {
    /// Path of the file, and what within it.
    pub(crate) place: String,
    /// Identifier of a record, or name of the file.
    pub(crate) id: String,
    /// What its source says about its superconductivity.
    pub(crate) label: Option<Label>,
    /// The crystal, or one sentence.
    pub(crate) crystal: Result<Crystal, String>,
}

/// Which structures are read, and how.
#[derive(Debug)]
pub(crate) struct Reading<'p> {
    /// Files and folders.
    pub(crate) paths: &'p [PathBuf],
    /// What becomes of disordered sites.
    pub(crate) disordered: OccupancyPolicy,
    /// Files, or lines of JSON-lines files, that are read and answered for together; what is in memory at a time.
    pub(crate) window: usize,
    /// How many of them are passed over at the beginning.
    pub(crate) skipped: usize,
    /// Which windows are answered for: those whose number leaves the first when divided by the second.
    pub(crate) shard: (usize, usize),
}

impl<'p> Reading<'p> {
    /// All structures of these files and folders.
    pub(crate) fn new(paths: &'p [PathBuf], disordered: OccupancyPolicy) -> Self {
        Self { paths, disordered, window: 2048, skipped: 0, shard: (0, 1) }
    }
}

/// A structure with its answer, or what went wrong.
pub(crate) type Answered<A> = (Structure, Result<A, String>);

/// Whoever answers for crystals: one answer each, in their order.
pub(crate) trait Answerer {
    /// What is said about a crystal.
    type Answer;

    /// An answer per crystal, or one sentence why there is none.
    fn answer(&self, crystals: &[Crystal]) -> Vec<Result<Self::Answer, String>>;
}

/// Consecutive structures.
#[derive(Debug)]
#[allow(dead_code, reason = "each example looks at what it needs")]
pub(crate) struct Window<A> {
    /// Its number, counted from 0.
    pub(crate) number: usize,
    /// Files and lines up to its end, those of other shards and those passed over included.
    pub(crate) end: usize,
    /// What came of its structures.
    pub(crate) answers: Vec<Answered<A>>,
}

/// Gives `sink` window after window, in the order of the paths.
pub(crate) fn answer_windows<M: Answerer, E>(
    model: &M,
    reading: &Reading<'_>,
    mut sink: impl FnMut(Window<M::Answer>) -> Result<(), E>,
) -> Result<(), E> {
    let options = ReadOptions { occupancy: reading.disordered, ..ReadOptions::ordered() };
    thread::scope(|scope| {
        let (sender, windows) = mpsc::sync_channel(1);
        scope.spawn(move || {
            let mut entries = StructureFiles::new(reading.paths).skip(reading.skipped);
            let mut end = reading.skipped;
            loop {
                let window: Vec<StructureEntry> = entries.by_ref().take(reading.window).collect();
                if window.is_empty() {
                    return;
                }
                let number = end / reading.window;
                end += window.len();
                if number % reading.shard.1 != reading.shard.0 {
                    continue;
                }
                let structures: Vec<Structure> =
                    window.into_par_iter().flat_map_iter(|entry| structures(entry, &options)).collect();
                // Whoever listens may have gone away: there is nothing left to read for.
                if sender.send((number, end, structures)).is_err() {
                    return;
                }
            }
        });
        let mut answered = |(number, end, structures)| {
            let answers = answer(model, structures);
            sink(Window { number, end, answers })
        };
        windows.into_iter().try_for_each(&mut answered)
    })
}

/// The same for structures that are at hand.
pub(crate) fn answer<M: Answerer>(model: &M, structures: Vec<Structure>) -> Vec<Answered<M::Answer>> {
    let crystals: Vec<Crystal> = structures.iter().filter_map(|s| s.crystal.as_ref().ok()).cloned().collect();
    let mut answers = model.answer(&crystals).into_iter();
    let answered = structures.into_iter().map(|structure| {
        let answer = match &structure.crystal {
            Err(reason) => Err(reason.clone()),
            Ok(_) => answers.next().expect("invariant: one answer per crystal"),
        };
        (structure, answer)
    });
    answered.collect()
}

fn structures(entry: StructureEntry, options: &ReadOptions) -> Vec<Structure> {
    let StructureEntry { name: place, content } = entry;
    let file = Path::new(&place).file_name().map_or_else(|| place.clone(), |n| n.to_string_lossy().into_owned());
    let failed = |id: String, reason: String| Structure { place: place.clone(), id, label: None, crystal: Err(reason) };
    match content {
        StructureContent::Unreadable(error) => vec![failed(file, error.to_string())],
        StructureContent::Record(Err(error)) => vec![failed(file, error.to_string())],
        StructureContent::Record(Ok(record)) => {
            vec![Structure { id: record.id.to_string(), label: record.label, crystal: Ok(record.crystal), place }]
        }
        StructureContent::File(bytes) => {
            let readings: Vec<_> = read(&file, &bytes, options).collect();
            if readings.is_empty() {
                return vec![failed(file, "it holds no structure".to_owned())];
            }
            let several = readings.len() > 1;
            let within = |text: &str, k: usize| if several { format!("{text}:{}", k + 1) } else { text.to_owned() };
            let readings = readings.into_iter().enumerate();
            let structure = readings.map(|(k, reading)| Structure {
                place: within(&place, k),
                id: within(&file, k),
                label: None,
                crystal: reading.map(|r| r.crystal).map_err(|error| error.to_string()),
            });
            structure.collect()
        }
    }
}
