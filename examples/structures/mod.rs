//! Structures of files and folders, read ahead in parallel while a model answers for those before.

use std::{iter::Peekable, path::Path, path::PathBuf, sync::mpsc, thread};

use rayon::prelude::*;
use s2s_crystal::{Crystal, OccupancyPolicy, ReadOptions, read};
use s2s_data::{Label, StructureContent, StructureEntry, StructureFiles};
use s2s_model::{Prediction, Predictor};

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

/// Files that are read together; what is in memory at a time.
const WINDOW: usize = 2048;

/// Gives `sink` every structure with its prediction or what went wrong, in the order of the paths.
pub(crate) fn answer_all<E>(
    predictor: &Predictor,
    paths: &[PathBuf],
    disordered: OccupancyPolicy,
    mut sink: impl FnMut(&Structure, Result<Prediction, String>) -> Result<(), E>,
) -> Result<(), E> {
    let options = ReadOptions { occupancy: disordered, ..ReadOptions::ordered() };
    thread::scope(|scope| {
        let (sender, windows) = mpsc::sync_channel(1);
        scope.spawn(move || {
            let mut entries = StructureFiles::new(paths).peekable();
            while entries.peek().is_some() {
                // Whoever listens has gone away: there is nothing left to read for.
                if sender.send(window(&mut entries, &options)).is_err() {
                    return;
                }
            }
        });
        windows.into_iter().try_for_each(|structures: Vec<Structure>| answer(predictor, &structures, &mut sink))
    })
}

/// The same for structures that are at hand.
pub(crate) fn answer<E>(
    predictor: &Predictor,
    structures: &[Structure],
    mut sink: impl FnMut(&Structure, Result<Prediction, String>) -> Result<(), E>,
) -> Result<(), E> {
    let crystals: Vec<Crystal> = structures.iter().filter_map(|s| s.crystal.as_ref().ok()).cloned().collect();
    let mut predictions = predictor.predict(&crystals).into_iter();
    structures.iter().try_for_each(|structure| {
        let answer = match &structure.crystal {
            Err(reason) => Err(reason.clone()),
            Ok(_) => {
                predictions.next().expect("invariant: one prediction per crystal").map_err(|reason| reason.to_string())
            }
        };
        sink(structure, answer)
    })
}

fn window(entries: &mut Peekable<StructureFiles>, options: &ReadOptions) -> Vec<Structure> {
    let entries: Vec<StructureEntry> = entries.take(WINDOW).collect();
    entries.into_par_iter().flat_map_iter(|entry| structures(entry, options)).collect()
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
