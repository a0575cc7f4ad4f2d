//! Process groups: collective operations on tensors.

use tch::{Device, Kind, Tensor};

use crate::{
    Backend, DistError, Rendezvous,
    ffi::{Handle, Joining, NCCL},
};

/// The processes of a job, as one of them sees it.
///
/// Every process must make the same calls in the same order. When another process ends, or does not answer within the
/// timeout, the call returns [`DistError::Broken`]; the group is then of no more use.
#[derive(Debug)]
pub struct ProcessGroup {
    handle: Handle,
    rank: usize,
    size: usize,
    backend: Backend,
}

/// Makes NCCL's waits end with an error when the time is up, and not with a watchdog that ends the process.
const BLOCKING_WAIT: &str = "TORCH_NCCL_BLOCKING_WAIT";

impl ProcessGroup {
    /// The group that the environment variables describe; waits until all processes are there.
    ///
    /// # Errors
    ///
    /// As [`Rendezvous::from_env`] and [`join`](Self::join); [`DistError::NoRendezvous`] if they describe none.
    pub fn from_env() -> Result<Self, DistError> {
        Self::join(&Rendezvous::from_env()?.ok_or(DistError::NoRendezvous)?, "s2s")
    }

    /// Meets the other processes. Groups with other names can use the same rendezvous.
    ///
    /// # Errors
    ///
    /// [`DistError::NotJoined`] if they are not all there within the timeout.
    pub fn join(rendezvous: &Rendezvous, name: &str) -> Result<Self, DistError> {
        let Rendezvous { rank, size, timeout, .. } = *rendezvous;
        let joining = Joining {
            address: &rendezvous.address,
            port: rendezvous.port,
            serves: rank == 0 && !rendezvous.hosted,
            name,
            interface: rendezvous.interface.as_deref().unwrap_or_default(),
            rank,
            size,
            timeout_ms: i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX),
        };
        let handle = Handle::join(&joining).map_err(|reason| DistError::NotJoined {
            rank,
            size,
            address: rendezvous.address.clone(),
            port: rendezvous.port,
            seconds: timeout.as_secs(),
            // What the engine waits for is a key of its store: that of a process that has not written it.
            reason: match first_sentence(&reason) {
                said if said.starts_with("wait timeout") => "not all of them came".to_owned(),
                said => said,
            },
        })?;
        Ok(Self { handle, rank, size, backend: Backend::Gloo })
    }

    /// The same with what carries tensors: with [`Backend::Nccl`], tensors on GPUs are sent by NCCL and all others by Gloo.
    ///
    /// NCCL connects the processes at the first operation on such a tensor. **It has not run on a GPU yet.**
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join); [`DistError::NoBackend`] where libtorch has no CUDA library, the machine no GPU, or the
    /// variable `TORCH_NCCL_BLOCKING_WAIT` is not 1, as `cargo xtask launch` sets it: without it, NCCL ends the process when
    /// another one is gone.
    pub fn join_with(rendezvous: &Rendezvous, name: &str, backend: Backend) -> Result<Self, DistError> {
        let group = Self::join(rendezvous, name)?;
        match backend {
            Backend::Gloo => Ok(group),
            Backend::Nccl => group.with_nccl(rendezvous),
        }
    }

    /// The same with what suits tensors on `device`: NCCL where that is a GPU in every process and all were built with NCCL.
    ///
    /// Otherwise it is Gloo for all, also for those who could do more: who asks [`carries`](Self::carries) knows that
    /// tensors on GPUs have to go through host memory, and every process gets the same answer.
    ///
    /// # Errors
    ///
    /// As [`join_with`](Self::join_with), and [`DistError::Broken`].
    pub fn join_on(rendezvous: &Rendezvous, name: &str, device: Device) -> Result<Self, DistError> {
        let group = Self::join(rendezvous, name)?;
        let mut able = Tensor::from_slice(&[i64::from(device.is_cuda() && NCCL)]);
        group.all_reduce(&mut able)?;
        if able.int64_value(&[0]) < group.size as i64 {
            return Ok(group);
        }
        group.with_nccl(rendezvous)
    }

    fn with_nccl(self, rendezvous: &Rendezvous) -> Result<Self, DistError> {
        let timeout = i64::try_from(rendezvous.timeout.as_millis()).unwrap_or(i64::MAX);
        let backend = Backend::Nccl;
        let missing = |reason: String| DistError::NoBackend { backend, reason: first_sentence(&reason) };
        // c10d reads it while the group is made; a library of a process with threads must not set it.
        if NCCL && std::env::var_os(BLOCKING_WAIT).is_none_or(|value| value != "1") {
            let reason = format!("{BLOCKING_WAIT}=1 is not set: whoever starts the processes has to set it");
            return Err(missing(reason));
        }
        self.handle.add_nccl(timeout).map_err(missing)?;
        Ok(Self { backend, ..self })
    }

    /// Whether tensors on this device can be sent.
    pub fn carries(&self, device: Device) -> bool {
        match device {
            Device::Cpu => true,
            Device::Cuda(_) => self.backend == Backend::Nccl,
            _ => false,
        }
    }

    /// Number of this process, counted from 0.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of processes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Replaces a tensor of any shape by its sum over the processes, the same bits everywhere.
    ///
    /// # Errors
    ///
    /// [`DistError::NotHostTensor`], [`DistError::Broken`].
    pub fn all_reduce(&self, tensor: &mut Tensor) -> Result<(), DistError> {
        let operation = "a sum";
        self.require_sendable(tensor, operation)?;
        self.handle.all_reduce(tensor).map_err(|reason| self.broken(operation, &reason))
    }

    /// The same as [`all_reduce`](Self::all_reduce) with the order of additions laid down: pairs of neighbors, pairs of
    /// pairs, and so on. Who adds the parts of a process in the same way gets the same bits from 1, 2, 4, … processes.
    ///
    /// Every process adds its share of the numbers and hands the sums round, so that no more bytes are sent than in a ring.
    /// A length that is no multiple of the number of processes costs two copies more.
    ///
    /// # Errors
    ///
    /// [`DistError::NotHostTensor`], [`DistError::Broken`].
    pub fn sum_in_order(&self, tensor: &mut Tensor) -> Result<(), DistError> {
        let operation = "a sum";
        self.require_sendable(tensor, operation)?;
        let (size, length) = (self.size as i64, tensor.numel() as i64);
        if size == 1 || length == 0 {
            return Ok(());
        }
        let flat = tensor.detach().view(-1);
        let padding = (size - length % size) % size;
        let numbers = if padding == 0 { flat.shallow_clone() } else { flat.constant_pad_nd([0, padding]) };
        let mut shares = numbers.view([size, -1]);
        let mut received = shares.empty_like();
        let broken = |reason: String| self.broken(operation, &reason);
        self.handle.all_to_all(&mut received, &shares).map_err(broken)?;
        self.handle.all_gather(&mut shares, &pairwise_sum(&received)).map_err(broken)?;
        if padding > 0 {
            tensor.detach().view(-1).copy_(&numbers.narrow(0, 0, length));
        }
        Ok(())
    }

    /// Replaces a tensor by that of process `root`; shape and kind must agree.
    ///
    /// # Errors
    ///
    /// [`DistError::NotHostTensor`], [`DistError::Broken`].
    pub fn broadcast(&self, tensor: &mut Tensor, root: usize) -> Result<(), DistError> {
        let operation = "a broadcast";
        self.require_sendable(tensor, operation)?;
        self.handle.broadcast(tensor, root).map_err(|reason| self.broken(operation, &reason))
    }

    /// The tensors of all processes, stacked in the order of their ranks: `(…)` gives `(size, …)`.
    ///
    /// # Errors
    ///
    /// [`DistError::NotHostTensor`], [`DistError::Broken`].
    pub fn all_gather(&self, tensor: &Tensor) -> Result<Tensor, DistError> {
        let operation = "tensors of all";
        self.require_sendable(tensor, operation)?;
        let shape = [&[self.size as i64], tensor.size().as_slice()].concat();
        let mut gathered = Tensor::empty(shape, (tensor.kind(), tensor.device()));
        self.handle.all_gather(&mut gathered, tensor).map_err(|reason| self.broken(operation, &reason))?;
        Ok(gathered)
    }

    /// The bytes of all processes, in the order of their ranks; lengths may differ.
    ///
    /// # Errors
    ///
    /// [`DistError::Broken`].
    pub fn all_gather_bytes(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, DistError> {
        let lengths = self.all_gather(&Tensor::from_slice(&[bytes.len() as i64]))?;
        let lengths: Vec<i64> = lengths.reshape([-1]).iter::<i64>().map_or_else(|_| Vec::new(), Iterator::collect);
        let longest = lengths.iter().copied().max().unwrap_or(0) as usize;
        let mut padded = bytes.to_vec();
        padded.resize(longest.max(1), 0);
        let gathered = self.all_gather(&Tensor::from_slice(&padded))?;
        let row = |(rank, &length): (usize, &i64)| {
            let mut bytes = vec![0; longest.max(1)];
            gathered.get(rank as i64).copy_data_u8(&mut bytes, longest.max(1));
            bytes.truncate(length as usize);
            bytes
        };
        Ok(lengths.iter().enumerate().map(row).collect())
    }

    /// The bytes of process `root`; what the others bring does not matter.
    ///
    /// # Errors
    ///
    /// [`DistError::Broken`].
    pub fn broadcast_bytes(&self, mut bytes: Vec<u8>, root: usize) -> Result<Vec<u8>, DistError> {
        let mut length = Tensor::from_slice(&[bytes.len() as i64]);
        self.broadcast(&mut length, root)?;
        let length = length.int64_value(&[0]) as usize;
        bytes.resize(length, 0);
        if length == 0 {
            return Ok(bytes);
        }
        let mut sent = Tensor::from_slice(&bytes);
        self.broadcast(&mut sent, root)?;
        sent.copy_data_u8(&mut bytes, length);
        Ok(bytes)
    }

    /// Returns once every process has called it.
    ///
    /// # Errors
    ///
    /// [`DistError::Broken`].
    pub fn barrier(&self) -> Result<(), DistError> {
        self.handle.barrier().map_err(|reason| self.broken("all to arrive", &reason))
    }

    fn require_sendable(&self, tensor: &Tensor, operation: &'static str) -> Result<(), DistError> {
        let sendable = self.carries(tensor.device()) && tensor.is_contiguous() && !tensor.is_sparse();
        let sendable = sendable && tensor.kind() != Kind::QInt8;
        if sendable { Ok(()) } else { Err(DistError::NotHostTensor { operation }) }
    }

    fn broken(&self, operation: &'static str, reason: &str) -> DistError {
        DistError::Broken { rank: self.rank, size: self.size, operation, reason: first_sentence(reason) }
    }
}

/// The sum of the rows: of pairs, of pairs of pairs, and so on. It overwrites the first.
fn pairwise_sum(rows: &Tensor) -> Tensor {
    let count = rows.size().first().copied().unwrap_or_default();
    let mut distance = 1;
    while distance < count {
        for row in (0..count - distance).step_by(2 * distance as usize) {
            let _ = rows.get(row).g_add_(&rows.get(row + distance));
        }
        distance *= 2;
    }
    rows.get(0)
}

/// What the engine said without where in its source it said so.
fn first_sentence(reason: &str) -> String {
    let line = reason.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason was given");
    let mut line = line.to_owned();
    while let Some(start) = line.find("[/")
        && let Some(end) = line[start..].find("] ").map(|length| start + length)
        && [".cc:", ".cpp:", ".h:", ".hpp:"].iter().any(|ending| line[start..end].contains(ending))
    {
        line.replace_range(start..end + 2, "");
    }
    line.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::{first_sentence, pairwise_sum};

    #[test]
    fn sums_are_taken_in_pairs() {
        let large = 1e8_f32; // large + 1 == large
        let sum = |parts: &[f32]| pairwise_sum(&Tensor::from_slice(parts)).double_value(&[]);
        assert_eq!(sum(&[large, 1.0, -large, 1.0]), 0.0);
        assert_eq!(sum(&[1.0, 1.0, large, -large, 3.0]), 5.0);
    }

    #[test]
    fn source_lines_of_other_projects_are_left_out() {
        let said = "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:4711\nmore";
        assert_eq!(first_sentence(said), "Connection closed by peer [127.0.0.1]:4711");
        let said = "Gloo failed with [/pytorch/third_party/gloo/pair.cc:152] timed out, remote=[127.0.0.1]:4711$0.";
        assert_eq!(first_sentence(said), "Gloo failed with timed out, remote=[127.0.0.1]:4711$0");
        assert_eq!(first_sentence("\n"), "no reason was given");
    }
}
