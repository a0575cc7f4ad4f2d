//! Training by several processes: sharding of batches, all-reduce of gradients, gathering of results.
//!
//! The batches of one optimizer step ([`FitConfig::accumulate`](crate::FitConfig) of them) are divided into shards of
//! about equal work, and their gradients are added up before the step. Which crystals are in which batch, what is masked
//! and what is dropped out depends on `(seed, epoch, batch)` alone, and gradients are added along the same tree of batches
//! wherever they were found: whether there are 1, 2, 4, … processes does not change a bit of the result, and any other
//! number only the last bits. Every process holds the whole state: any of them could write the checkpoint, and a run may
//! continue with another number of processes.
//!
//! Batches are the smallest shards: with as many of them as processes a step lasts as long as its largest batch. Batches
//! of as many padded atoms are equal work; of others there should be four or more per process.

mod batch_result;
mod communicator;
mod deferred_metrics;
mod gradient_all_reduce;
mod sharding;
mod shared_checkpoint;

pub(crate) use batch_result::gather_results;
pub(crate) use communicator::any;
pub use communicator::{Communicator, SingleProcess};
pub(crate) use deferred_metrics::{DeferredMetrics, ReadStep, UnreadBatch, Update};
pub(crate) use gradient_all_reduce::{GradientSlot, all_reduce_gradients};
pub(crate) use sharding::{AssignedBatch, shard_batches};
pub(crate) use shared_checkpoint::newest;
