//! PyTorch's own distributed engine, c10d, for [`tch`]: processes that find each other, and add, copy and collect tensors.
//!
//! ```no_run,standalone_crate
//! use s2s_dist::ProcessGroup;
//! use tch::{Device, Kind, Tensor};
//!
//! // Started as `torchrun --nproc-per-node 4 --no-python program`, or by `cargo xtask launch -n 4 -- program`.
//! let group = ProcessGroup::from_env()?;
//! let mut sum = Tensor::from(group.rank() as f32);
//! group.all_reduce(&mut sum)?;
//! assert_eq!(sum.double_value(&[]), 6.0);
//! # Ok::<(), s2s_dist::DistError>(())
//! ```
//!
//! libtorch contains the engine that the whole field trains on; this crate is a thin, safe binding to it. Processes meet at
//! a `TCPStore` and communicate through Gloo, which carries tensors in host memory over TCP between any machines, and, where it is
//! requested, through NCCL, which carries tensors on NVIDIA's GPUs.
//!
//! | | |
//! |---|---|
//! | [`Rendezvous`] | where the processes meet, from the variables of torchrun or Slurm |
//! | [`ProcessGroup`] | all-reduce, broadcast, all-gather, barrier |
//! | [`Backend`] | what carries tensors: Gloo, or NCCL too |
//! | [`DistError`] | one sentence when another process is gone, late, or was never there |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
mod error;
mod ffi;
mod group;
mod rendezvous;

pub use backend::Backend;
pub use error::DistError;
pub use group::ProcessGroup;
pub use rendezvous::Rendezvous;
