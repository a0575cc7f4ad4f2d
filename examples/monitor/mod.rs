//! The observers of one training run: progress bar, log, curves and checkpoints.

mod progress_bar;

use std::time::Duration;

use s2s_train::{
    checkpoint::CheckpointStore,
    observer::{CheckpointWriter, JsonLines, Observer, Stopwatch, TensorBoard},
    recipe::RunFolder,
};

use self::progress_bar::ProgressBar;

/// A progress bar for whoever looks on; log, curves and checkpoints where there is a folder for them.
pub(crate) struct Monitor<'s> {
    bar: Option<ProgressBar>,
    pub(crate) stopwatch: Stopwatch,
    log: Option<JsonLines>,
    board: Option<TensorBoard>,
    writer: Option<CheckpointWriter<'s>>,
}

impl<'s> Monitor<'s> {
    /// `every` so many steps go into log and curves; `quiet` shows no bar.
    pub(crate) fn new(
        name: impl Into<String>,
        every: u64,
        out: Option<&RunFolder>,
        store: Option<&'s CheckpointStore>,
        quiet: bool,
    ) -> Self {
        Self {
            bar: (!quiet).then(|| ProgressBar::new(name)),
            stopwatch: Stopwatch::new(),
            log: out.map(|out| JsonLines::new(out.path().join("log.jsonl"), every)),
            board: out.map(|out| TensorBoard::new(out.path().join("tensorboard"), every)),
            writer: store.map(|store| CheckpointWriter::every(store, Duration::from_secs(60))),
        }
    }

    pub(crate) fn observers(&mut self) -> Vec<&mut dyn Observer> {
        let mut all: Vec<&mut dyn Observer> = Vec::new();
        all.extend(self.bar.as_mut().map(|o| o as &mut dyn Observer));
        all.extend(self.log.as_mut().map(|o| o as &mut dyn Observer));
        all.extend(self.board.as_mut().map(|o| o as &mut dyn Observer));
        all.extend(self.writer.as_mut().map(|o| o as &mut dyn Observer));
        // Last, so that what the others do counts as overhead.
        all.push(&mut self.stopwatch);
        all
    }
}
