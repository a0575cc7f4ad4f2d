//! Results of single batches, gathered from all processes.

use serde::{Deserialize, Serialize};

use super::communicator::{Communicator, unreadable};
use crate::{TrainError, objective::Outcome, timing::Timing};

/// Loss, outcome and timing of one batch, whichever process computed it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BatchResult<O> {
    pub(crate) batch: usize,
    /// The bits of the loss: it need not be a number that JSON can write.
    loss: u64,
    pub(crate) items: usize,
    pub(crate) outcome: O,
    pub(crate) timing: Timing,
}

impl<O: Outcome> BatchResult<O> {
    pub(crate) fn new(batch: usize, loss: f64, items: usize, outcome: O, timing: Timing) -> Self {
        Self { batch, loss: loss.to_bits(), items, outcome, timing }
    }

    pub(crate) fn loss(&self) -> f64 {
        f64::from_bits(self.loss)
    }
}

/// The results of all processes, in the order of their batches.
pub(crate) fn gather_results<O: Outcome>(
    communicator: &dyn Communicator,
    own: Vec<BatchResult<O>>,
) -> Result<Vec<BatchResult<O>>, TrainError> {
    let mut all = Vec::new();
    if communicator.size() == 1 {
        all = own;
    } else {
        let bytes = serde_json::to_vec(&own).expect("invariant: outcomes are JSON");
        for bytes in communicator.gather(&bytes)? {
            let results: Result<Vec<BatchResult<O>>, _> = serde_json::from_slice(&bytes);
            all.extend(results.map_err(|error| unreadable(&error))?);
        }
    }
    all.sort_by_key(|result| result.batch);
    Ok(all)
}
