//! The checkpoint that one process reads, in every process.

use std::collections::BTreeMap;

use super::communicator::{Communicator, unreadable};
use crate::{
    TrainError,
    checkpoint::{CheckpointStore, FileSystem, Found, Restored},
};

/// The newest whole checkpoint that process 0 finds, in every process.
pub(crate) fn newest<F: FileSystem>(
    communicator: &dyn Communicator,
    store: &CheckpointStore<F>,
) -> Result<Found, TrainError> {
    if communicator.size() == 1 {
        return store.newest();
    }
    let found = if communicator.rank() == 0 { store.newest()? } else { Found { restored: None, damaged: Vec::new() } };
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<String>>();
    let head = found.restored.as_ref().map(|restored| (restored.step, names(&restored.files)));
    let head = communicator.broadcast(serde_json::to_vec(&head).expect("invariant: names are JSON"))?;
    let head: Option<(u64, Vec<String>)> = serde_json::from_slice(&head).map_err(|e| unreadable(&e))?;
    let Some((step, names)) = head else { return Ok(Found { restored: None, damaged: found.damaged }) };
    let mut own = found.restored.map(|restored| restored.files).unwrap_or_default();
    let mut files = BTreeMap::new();
    for name in names {
        let bytes = communicator.broadcast(own.remove(&name).unwrap_or_default())?;
        files.insert(name, bytes);
    }
    Ok(Found { restored: Some(Restored { step, files }), damaged: found.damaged })
}
