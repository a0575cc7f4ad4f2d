//! Devices of tensors, and why CUDA is not among them.
//!
//! CUDA is a property of the libtorch found at run time, not of the build: a binary that links to the CPU's
//! libraries alone sees the GPU once `libtorch_cuda.so` is loaded into the process. [`probe`] does that, once.
//!
//! *Invariant: ask here, not tch.* libtorch remembers the answer to the first question about CUDA, so
//! [`tch::Cuda::is_available`] called before [`probe`] makes the answer "no" for the life of the process.
//!
//! # Examples
//!
//! ```no_run,standalone_crate
//! use s2s_model::device::{CudaStatus, DeviceChoice, probe};
//!
//! let device = "auto".parse::<DeviceChoice>()?.resolve()?;
//! if let CudaStatus::Unavailable(reason) = probe() {
//!     eprintln!("computing on the CPU: {reason}");
//! }
//! # Ok::<(), s2s_model::device::DeviceError>(())
//! ```

mod library;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::OnceLock;

use tch::{Cuda, Device, TchError, Tensor};

/// Whether CUDA can be used in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CudaStatus {
    /// It can.
    Available {
        /// Number of devices that libtorch sees, at least one.
        devices: usize,
        /// Whether cuDNN is there too.
        cudnn: bool,
    },
    /// It cannot, for this reason.
    Unavailable(NoCuda),
}

/// Why CUDA cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCuda {
    /// NVIDIA's driver is not installed.
    #[error("this machine has no NVIDIA driver (libcuda.so.1)")]
    NoDriver,
    /// The driver is there, but libtorch computes on the CPU only.
    #[error(
        "the libtorch at {} computes on the CPU only; `cargo xtask libtorch cuda` gets one that uses the GPU",
        .libtorch.display()
    )]
    CpuBuild {
        /// Folder of the libraries that this process uses.
        libtorch: PathBuf,
    },
    /// A library that libtorch's CUDA part links to was not found.
    #[error("libtorch's CUDA part needs {library}, which is not there")]
    LibraryMissing {
        /// File name of the missing library.
        library: String,
    },
    /// The CUDA part is there but cannot be loaded.
    #[error("libtorch's CUDA part cannot be loaded: {reason}")]
    NotLoadable {
        /// What the loader said.
        reason: String,
    },
    /// Everything is loaded, and no device is to be seen: hidden by `CUDA_VISIBLE_DEVICES`, or the driver is too old.
    #[error("libtorch finds no CUDA device (is CUDA_VISIBLE_DEVICES empty, or the driver too old for this libtorch?)")]
    NoDevice,
}

/// Says whether CUDA can be used, after loading libtorch's CUDA part if it lies beside the libtorch in use.
///
/// The first call does the work; later ones, from any thread, return the same answer.
pub fn probe() -> &'static CudaStatus {
    static STATUS: OnceLock<CudaStatus> = OnceLock::new();
    STATUS.get_or_init(|| match library::load_cuda() {
        Err(reason) => CudaStatus::Unavailable(reason),
        Ok(()) => match usize::try_from(Cuda::device_count()) {
            Ok(devices @ 1..) => {
                // Products are those of f32 until a precision that says otherwise is in force.
                allow_tf32(false);
                CudaStatus::Available { devices, cudnn: Cuda::cudnn_is_available() }
            }
            _ => CudaStatus::Unavailable(NoCuda::NoDevice),
        },
    })
}

/// Every device that can be used: the CPU first, then the CUDA devices.
pub fn available() -> Vec<Device> {
    let cuda = match probe() {
        CudaStatus::Available { devices, .. } => *devices,
        CudaStatus::Unavailable(_) => 0,
    };
    std::iter::once(Device::Cpu).chain((0..cuda).map(Device::Cuda)).collect()
}

/// Lets matrix products of `f32` on GPUs be rounded to TF32, or not: a switch of the whole process.
///
/// A libtorch without the switch computes products of `f32`, as all do unless told otherwise.
pub(crate) fn allow_tf32(allowed: bool) {
    library::allow_tf32(allowed);
}

/// Makes libtorch add in a fixed order where it has the choice, or lets it use what is fastest: a switch of the whole process.
///
/// On a GPU, sums over atoms and pairs (`index_add`, `scatter_add`) use atomic additions, whose order differs from run to run:
/// **a run that is resumed on a GPU repeats the uninterrupted one bit by bit only with this on**, and up to rounding
/// otherwise; on a CPU it always does. NVIDIA's library of products also needs the variable
/// `CUBLAS_WORKSPACE_CONFIG=:4096:8`, set before the program starts. Operations that have no fixed order warn once.
///
/// # Errors
///
/// This libtorch does not have the switch.
pub fn add_in_fixed_order(fixed: bool) -> Result<(), DeviceError> {
    if library::set_deterministic(fixed) { Ok(()) } else { Err(DeviceError::NoFixedOrder) }
}

/// Copies a tensor to a device; on CUDA through pinned memory, so that the host need not wait for a busy GPU.
///
/// # Errors
///
/// The device has no memory left.
pub fn send(tensor: &Tensor, device: Device) -> Result<Tensor, TchError> {
    if !device.is_cuda() || tensor.numel() == 0 {
        return tensor.f_to_device(device);
    }
    tensor.f_pin_memory(device)?.f_to_device_(device, tensor.kind(), true, false)
}

/// Where a user wants to compute: `auto`, `cpu`, `cuda` or `cuda:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceChoice {
    /// The first CUDA device if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// One CUDA device, counted from zero.
    Cuda(usize),
}

impl DeviceChoice {
    /// The device to put tensors on.
    ///
    /// # Errors
    ///
    /// A CUDA device was asked for that is not there; [`DeviceChoice::Auto`] and [`DeviceChoice::Cpu`] never fail.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto | Self::Cuda(_) => self.resolve_among(probe()),
        }
    }

    fn resolve_among(self, status: &CudaStatus) -> Result<Device, DeviceError> {
        match (self, status) {
            (Self::Cpu, _) | (Self::Auto, CudaStatus::Unavailable(_)) => Ok(Device::Cpu),
            (Self::Auto, CudaStatus::Available { .. }) => Ok(Device::Cuda(0)),
            (Self::Cuda(index), CudaStatus::Available { devices, .. }) if index < *devices => Ok(Device::Cuda(index)),
            (Self::Cuda(index), CudaStatus::Available { devices, .. }) => {
                Err(DeviceError::NoSuchDevice { index, devices: *devices })
            }
            (Self::Cuda(_), CudaStatus::Unavailable(reason)) => Err(DeviceError::NoCuda(reason.clone())),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::UnknownName { name: name.into() };
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let index = name.strip_prefix("cuda:").ok_or_else(unknown)?;
                // `parse` alone would take `+1`.
                let digits = index.bytes().all(|b| b.is_ascii_digit());
                let index = index.parse().ok().filter(|_| digits);
                index.map(Self::Cuda).ok_or_else(unknown)
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// Why a [`DeviceChoice`] leads to no device, or a device cannot be set as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is not one of a device.
    #[error("there is no device `{name}`: choose auto, cpu, cuda or cuda:N")]
    UnknownName {
        /// What was given.
        name: String,
    },
    /// CUDA was asked for and cannot be used.
    #[error("CUDA was asked for, but {0}")]
    NoCuda(NoCuda),
    /// The libtorch in use cannot be told in which order to add.
    #[error("this libtorch has no switch for additions in a fixed order: use version 2.11")]
    NoFixedOrder,
    /// There are fewer CUDA devices than that.
    #[error("there is no CUDA device {index}: libtorch sees {devices}, counted from 0")]
    NoSuchDevice {
        /// The device asked for.
        index: usize,
        /// How many there are.
        devices: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: CudaStatus = CudaStatus::Available { devices: 2, cudnn: true };
    const NONE: CudaStatus = CudaStatus::Unavailable(NoCuda::NoDriver);

    #[test]
    fn names_round_trip() {
        for name in ["auto", "cpu", "cuda:0", "cuda:3"] {
            let choice: DeviceChoice = name.parse().expect("a device name");
            assert_eq!(choice.to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cuda:99999999999999999999"] {
            let error = name.parse::<DeviceChoice>().expect_err("no device name");
            assert_eq!(error.to_string(), format!("there is no device `{name}`: choose auto, cpu, cuda or cuda:N"));
        }
    }

    #[test]
    fn auto_takes_the_first_gpu_or_the_processor() {
        assert_eq!(DeviceChoice::Auto.resolve_among(&TWO), Ok(Device::Cuda(0)));
        assert_eq!(DeviceChoice::Auto.resolve_among(&NONE), Ok(Device::Cpu));
    }

    #[test]
    fn missing_device_says_how_many_there_are() {
        assert_eq!(DeviceChoice::Cuda(1).resolve_among(&TWO), Ok(Device::Cuda(1)));
        let error = DeviceChoice::Cuda(2).resolve_among(&TWO).expect_err("there are two");
        assert_eq!(error.to_string(), "there is no CUDA device 2: libtorch sees 2, counted from 0");
    }

    #[test]
    fn missing_cuda_says_why() {
        let error = DeviceChoice::Cuda(0).resolve_among(&NONE).expect_err("there is none");
        assert_eq!(error.to_string(), "CUDA was asked for, but this machine has no NVIDIA driver (libcuda.so.1)");
    }

    #[test]
    fn probe_agrees_with_libtorch() {
        let status = probe();
        let seen = usize::try_from(Cuda::device_count()).expect("a count");
        match status {
            CudaStatus::Available { devices, .. } => assert_eq!(*devices, seen),
            CudaStatus::Unavailable(_) => assert_eq!(seen, 0),
        }
        assert_eq!(available().len(), 1 + seen);
        assert!(DeviceChoice::Auto.resolve().is_ok());
    }
}
