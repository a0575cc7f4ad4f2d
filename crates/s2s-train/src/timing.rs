//! The time of a batch, divided into making and learning it.

use serde::{Deserialize, Serialize};

/// Seconds of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Making the batch and bringing it to the device.
    pub batch: f64,
    /// Forward, backward and optimizer.
    pub learning: f64,
}
