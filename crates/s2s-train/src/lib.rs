//! Training S2SNet: a loop that can be killed, resumed, trusted and read.
//!
//! ```text
//! Dataset ──Batches──▶ Objective::step ──▶ Step{loss, outcome} ──▶ fit ──▶ observers, checkpoints
//! ```
//!
//! # Invariants
//!
//! * **A resumed run equals one that never stopped**: order, masks and dropout are pure functions of
//!   `(seed, epoch, step)`, and all state is in the checkpoint.
//! * **A checkpoint that has a name is whole**; the newest two are kept.
//! * **What is chosen is chosen on validation data**; a test set is looked at once.

pub mod checkpoint;
pub mod metric;

mod average;
mod calibration;
mod error;
mod event_file;
mod optimizer;
mod schedule;

pub use average::Average;
pub use calibration::{Isotonic, Temperature};
pub use error::TrainError;
pub use event_file::EventWriter;
pub use optimizer::{Adam, AdamConfig, Decay, GroupRule};
pub use schedule::Schedule;
