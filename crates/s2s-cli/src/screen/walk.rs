//! Inputs window by window: the next one is read while one is answered for, in their order.

use std::{sync::mpsc, thread};

use rayon::prelude::*;
use s2s_crystal::{Crystal, ReadOptions};

use super::{
    answer::{Answer, Outcome},
    cell::Cell,
    entry::{Entries, Entry, Subject},
    journal::{Input, Journal, JournalError},
};

/// Answers for all entries that the journal does not hold, adds them there, and hands them over in order.
pub(super) fn answer_windows(
    entries: Entries,
    reader: &ReadOptions,
    window: usize,
    mut journal: Option<&mut Journal>,
    ask: &(impl Fn(&Subject) -> Result<Answer, String> + Sync),
    draw: &(impl Fn(&Crystal) -> Option<Cell> + Sync),
    mut sink: impl FnMut(Outcome),
) -> Result<(), JournalError> {
    let hashed = journal.is_some();
    thread::scope(|scope| {
        let (sender, windows) = mpsc::sync_channel(1);
        scope.spawn(move || {
            let mut entries = entries.enumerate();
            loop {
                let taken: Vec<(usize, Entry)> = entries.by_ref().take(window).collect();
                if taken.is_empty() {
                    return;
                }
                let identified: Vec<(usize, Entry, Option<Input>)> = taken
                    .into_par_iter()
                    .map(|(number, entry)| {
                        let input = hashed.then(|| Input { name: entry.name.clone(), sha256: entry.sha256() });
                        (number, entry, input)
                    })
                    .collect();
                // Whoever listens may have gone away: there is nothing left to read for.
                if sender.send(identified).is_err() {
                    return;
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
            let answered: Vec<(usize, Option<Input>, Vec<Outcome>)> = wanted
                .into_par_iter()
                .map(|(number, entry, input)| {
                    let items = entry.items(reader).into_iter();
                    (number, input, items.map(|item| Outcome::of(item, ask, draw)).collect())
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
        Ok(())
    })
}
