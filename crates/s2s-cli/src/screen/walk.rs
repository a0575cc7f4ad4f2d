//! The pipeline of a run: the next window of inputs is read while one is answered, in their order.

use std::{sync::mpsc, thread};

use rayon::prelude::*;
use s2s_crystal::ReadOptions;
use s2s_data::source::SourceSummary;

use super::{
    answer::Outcome,
    entry::{Entries, Entry},
    journal::{Input, Journal, JournalError},
    models::Models,
};

/// Answers for all entries that the journal does not hold, adds them there, and hands them over in order; what is left out of
/// folders is counted.
pub(super) fn answer_windows(
    entries: Entries,
    reader: &ReadOptions,
    window: usize,
    mut journal: Option<&mut Journal>,
    models: &Models,
    drawn: bool,
    mut sink: impl FnMut(Outcome),
) -> Result<SourceSummary, JournalError> {
    let hashed = journal.is_some();
    thread::scope(|scope| {
        let (sender, windows) = mpsc::sync_channel(1);
        let reading = scope.spawn(move || {
            let mut entries = entries;
            let mut numbers = 0..;
            loop {
                let window = entries.by_ref().take(window).zip(numbers.by_ref());
                let taken: Vec<(usize, Entry)> = window.map(|(entry, number)| (number, entry)).collect();
                if taken.is_empty() {
                    return entries.skipped();
                }
                let identified: Vec<(usize, Entry, Option<Input>)> = taken
                    .into_par_iter()
                    .map(|(number, entry)| {
                        let input = hashed.then(|| Input { name: entry.name.clone(), sha256: entry.sha256() });
                        (number, entry, input)
                    })
                    .collect();
                // The receiver was dropped.
                if sender.send(identified).is_err() {
                    return entries.skipped();
                }
            }
        });
        for window in windows {
            let mut wanted = Vec::with_capacity(window.len());
            for (number, entry, input) in window {
                let wants = match (&mut journal, &input) {
                    (Some(journal), Some(input)) => journal.wants(input)?,
                    _ => true,
                };
                if wants {
                    wanted.push((number, entry, input));
                }
            }
            let piece = (wanted.len() / (2 * rayon::current_num_threads())).clamp(1, PIECE);
            let pieces = wanted.into_par_iter().chunks(piece);
            let answered: Vec<(usize, Option<Input>, Vec<Outcome>)> = pieces
                .flat_map_iter(|entries| {
                    let (mut inputs, mut items) = (Vec::with_capacity(entries.len()), Vec::new());
                    for (number, entry, input) in entries {
                        let before = items.len();
                        items.extend(entry.items(reader));
                        inputs.push((number, input, items.len() - before));
                    }
                    let mut outcomes = Outcome::of_all(items, models, drawn).into_iter();
                    let of_one = move |(number, input, count)| (number, input, outcomes.by_ref().take(count).collect());
                    inputs.into_iter().map(of_one)
                })
                .collect();
            if let Some(journal) = &mut journal {
                let lines = answered
                    .iter()
                    .filter_map(|(number, input, outcomes)| Some((*number, input.clone()?, outcomes.clone())));
                let lines: Vec<_> = lines.collect();
                if !lines.is_empty() {
                    journal.append(lines)?;
                }
            }
            answered.into_iter().flat_map(|(_, _, outcomes)| outcomes).for_each(&mut sink);
        }
        Ok(reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Entries that are answered for together, where there are enough for all threads.
pub(super) const PIECE: usize = 16;
