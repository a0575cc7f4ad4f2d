//! Errors of process groups.

use thiserror::Error;

use crate::Backend;

/// Why processes cannot work together, or no longer can.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DistError {
    /// The environment does not say who this process is.
    #[error(
        "this process belongs to no group: set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or start it with torchrun, \
         srun or `cargo xtask launch`"
    )]
    NoRendezvous,
    /// A variable does not hold what it should.
    #[error("the variable {name} is {value:?}, which is not {wanted}")]
    InvalidVariable {
        /// Its name.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The processes did not find each other.
    #[error("process {rank} of {size} could not join the others at {address}:{port} within {seconds} s: {reason}")]
    NotJoined {
        /// Who this process is.
        rank: usize,
        /// How many were expected.
        size: usize,
        /// Where they meet.
        address: String,
        /// The port there.
        port: u16,
        /// How long was waited.
        seconds: u64,
        /// What the engine said, in one line.
        reason: String,
    },
    /// Another process has gone, or did not answer in time.
    #[error("process {rank} of {size} lost the others while it waited for {operation}: {reason}")]
    Broken {
        /// Who this process is.
        rank: usize,
        /// How many there were.
        size: usize,
        /// What was being done.
        operation: &'static str,
        /// What the engine said, in one line.
        reason: String,
    },
    /// What was asked to carry tensors cannot.
    #[error("{backend} is not available: {reason}")]
    NoBackend {
        /// What was asked for.
        backend: Backend,
        /// Why it is not there.
        reason: String,
    },
    /// The tensor cannot be sent.
    #[error("{operation} takes contiguous tensors in host memory, and this one is not")]
    NotHostTensor {
        /// What was asked for.
        operation: &'static str,
    },
}
