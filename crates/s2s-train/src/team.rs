//! Processes that train one network together.
//!
//! The batches of one optimizer step ([`FitConfig::accumulate`](crate::FitConfig) of them) are dealt out in shares of
//! about equal work, and their gradients are added up before the step. Which crystals are in which batch, what is masked
//! and what is dropped out depends on `(seed, epoch, batch)` alone, and gradients are added along the same tree of batches
//! wherever they were found: whether there are 1, 2, 4, … processes does not change a bit of the result, and any other
//! number only the last bits. Every process holds the whole state: any of them could write the checkpoint, and a run may
//! continue with another number of processes.
//!
//! Batches are the smallest shares: with as many of them as processes a step lasts as long as its largest batch. Batches
//! of as many padded atoms are equal work; of others there should be four or more per process.

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::{
    TrainError,
    checkpoint::{CheckpointStore, FileSystem, Found, Restored},
    objective::Outcome,
    observer::{Signal, Timing},
};

/// Processes that train one network together, as one of them sees it; all make the same calls in the same order.
pub trait Team: Debug {
    /// Number of this process, counted from 0.
    fn rank(&self) -> usize;

    /// Number of processes.
    fn size(&self) -> usize;

    /// Whether tensors on this device can be added; those in host memory always can.
    fn carries(&self, device: Device) -> bool;

    /// Replaces a contiguous tensor on a device that it carries by its sum over the processes, added in pairs of pairs.
    ///
    /// # Errors
    ///
    /// [`TrainError::Team`] if another process is gone or late.
    fn sum(&self, tensor: &mut Tensor) -> Result<(), TrainError>;

    /// The bytes of every process, in the order of their ranks.
    ///
    /// # Errors
    ///
    /// As [`sum`](Self::sum).
    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TrainError>;

    /// The bytes of process 0.
    ///
    /// # Errors
    ///
    /// As [`sum`](Self::sum).
    fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>, TrainError>;
}

/// A process on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alone;

impl Team for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn carries(&self, _device: Device) -> bool {
        true
    }

    fn sum(&self, _tensor: &mut Tensor) -> Result<(), TrainError> {
        Ok(())
    }

    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TrainError> {
        Ok(vec![bytes.to_vec()])
    }

    fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>, TrainError> {
        Ok(bytes)
    }
}

/// What came of one batch, wherever it was learned.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Share<O> {
    pub(crate) batch: usize,
    /// The bits of the loss: it need not be a number that JSON can write.
    loss: u64,
    pub(crate) items: usize,
    pub(crate) outcome: O,
    pub(crate) timing: Timing,
}

impl<O: Outcome> Share<O> {
    pub(crate) fn new(batch: usize, loss: f64, items: usize, outcome: O, timing: Timing) -> Self {
        Self { batch, loss: loss.to_bits(), items, outcome, timing }
    }

    pub(crate) fn loss(&self) -> f64 {
        f64::from_bits(self.loss)
    }
}

/// The shares of all processes, in the order of their batches.
pub(crate) fn exchange<O: Outcome>(team: &dyn Team, own: Vec<Share<O>>) -> Result<Vec<Share<O>>, TrainError> {
    let mut all = Vec::new();
    if team.size() == 1 {
        all = own;
    } else {
        let bytes = serde_json::to_vec(&own).expect("invariant: outcomes are JSON");
        for bytes in team.gather(&bytes)? {
            let shares: Result<Vec<Share<O>>, _> = serde_json::from_slice(&bytes);
            all.extend(shares.map_err(|error| unreadable(&error))?);
        }
    }
    all.sort_by_key(|share| share.batch);
    Ok(all)
}

/// `Stop` if any process says so.
pub(crate) fn agree(team: &dyn Team, signal: Signal) -> Result<Signal, TrainError> {
    if team.size() == 1 {
        return Ok(signal);
    }
    let mut stops = Tensor::from_slice(&[f32::from(u8::from(signal == Signal::Stop))]);
    team.sum(&mut stops)?;
    Ok(if stops.f_double_value(&[0])? > 0.0 { Signal::Stop } else { Signal::Continue })
}

/// The newest whole checkpoint that process 0 finds, in every process.
pub(crate) fn newest<F: FileSystem>(team: &dyn Team, store: &CheckpointStore<F>) -> Result<Found, TrainError> {
    if team.size() == 1 {
        return store.newest();
    }
    let found = if team.rank() == 0 { store.newest()? } else { Found { restored: None, damaged: Vec::new() } };
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<String>>();
    let head = found.restored.as_ref().map(|restored| (restored.step, names(&restored.files)));
    let head = team.broadcast(serde_json::to_vec(&head).expect("invariant: names are JSON"))?;
    let head: Option<(u64, Vec<String>)> = serde_json::from_slice(&head).map_err(|e| unreadable(&e))?;
    let Some((step, names)) = head else { return Ok(Found { restored: None, damaged: found.damaged }) };
    let mut own = found.restored.map(|restored| restored.files).unwrap_or_default();
    let mut files = BTreeMap::new();
    for name in names {
        let bytes = team.broadcast(own.remove(&name).unwrap_or_default())?;
        files.insert(name, bytes);
    }
    Ok(Found { restored: Some(Restored { step, files }), damaged: found.damaged })
}

fn unreadable(error: &serde_json::Error) -> TrainError {
    TrainError::Team { reason: format!("another process sent what cannot be read ({error})") }
}

#[cfg(feature = "dist")]
mod group {
    use s2s_dist::{DistError, ProcessGroup};
    use tch::{Device, Tensor};

    use super::Team;
    use crate::TrainError;

    impl From<DistError> for TrainError {
        fn from(error: DistError) -> Self {
            Self::Team { reason: error.to_string() }
        }
    }

    impl Team for ProcessGroup {
        fn rank(&self) -> usize {
            self.rank()
        }

        fn size(&self) -> usize {
            self.size()
        }

        fn carries(&self, device: Device) -> bool {
            self.carries(device)
        }

        fn sum(&self, tensor: &mut Tensor) -> Result<(), TrainError> {
            Ok(self.sum_in_order(tensor)?)
        }

        fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TrainError> {
            Ok(self.all_gather_bytes(bytes)?)
        }

        fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>, TrainError> {
            Ok(self.broadcast_bytes(bytes, 0)?)
        }
    }
}
