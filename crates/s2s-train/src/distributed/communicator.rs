//! The connection between the processes that train one network together.

use std::fmt::Debug;

use tch::{Device, Tensor};

use crate::TrainError;

/// Processes that train one network together, as one of them sees it; all make the same calls in the same order.
pub trait Communicator: Debug {
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
    /// [`TrainError::Communication`] if another process is gone or late.
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
pub struct SingleProcess;

impl Communicator for SingleProcess {
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

/// Whether any process says so.
pub(crate) fn any(communicator: &dyn Communicator, here: bool) -> Result<bool, TrainError> {
    if communicator.size() == 1 {
        return Ok(here);
    }
    let mut count = Tensor::from_slice(&[f32::from(u8::from(here))]);
    communicator.sum(&mut count)?;
    Ok(count.f_double_value(&[0])? > 0.0)
}

/// The error of bytes that are not what another process should have sent.
pub(super) fn unreadable(error: &serde_json::Error) -> TrainError {
    TrainError::Communication { reason: format!("another process sent what cannot be read ({error})") }
}

#[cfg(feature = "dist")]
mod group {
    use s2s_dist::{DistError, ProcessGroup};
    use tch::{Device, Tensor};

    use super::Communicator;
    use crate::TrainError;

    impl From<DistError> for TrainError {
        fn from(error: DistError) -> Self {
            Self::Communication { reason: error.to_string() }
        }
    }

    impl Communicator for ProcessGroup {
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
