//! Backends of c10d: Gloo between CPUs, NCCL between GPUs.

use std::fmt;

/// What carries tensors between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Tensors in host memory, over TCP: always there.
    Gloo,
    /// Tensors on NVIDIA's GPUs, over NVLink, InfiniBand or TCP: there with the CUDA library of libtorch and a GPU.
    Nccl,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gloo => "Gloo",
            Self::Nccl => "NCCL",
        })
    }
}
