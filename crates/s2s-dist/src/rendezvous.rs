//! Rendezvous: the address at which the processes of a job meet, and the rank of this one.

use std::{env, time::Duration};

use tch::Device;

use crate::DistError;

/// Who a process is among how many, and where they meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendezvous {
    /// Number of this process, counted from 0.
    pub rank: usize,
    /// Number of processes.
    pub size: usize,
    /// Number of this process on its machine, which chooses its GPU.
    pub local_rank: usize,
    /// Name or address of the machine where process 0 runs.
    pub address: String,
    /// The port on which it listens.
    pub port: u16,
    /// Whether the launcher itself listens there already (torchrun's agent), so that process 0 must not.
    pub hosted: bool,
    /// The network interface to use, such as `eth0`; `None` uses the one that the machine's name belongs to.
    pub interface: Option<String>,
    /// How long to wait for other processes, at the beginning and in every operation.
    pub timeout: Duration,
}

impl Rendezvous {
    /// How long processes wait for each other unless `S2S_DIST_TIMEOUT` says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(300);

    /// The rendezvous that the environment variables describe; `None` if they are not set and the process is alone.
    ///
    /// torchrun's variables `RANK`, `WORLD_SIZE`, `LOCAL_RANK`, `MASTER_ADDR`, `MASTER_PORT` go before those of Slurm
    /// (`SLURM_PROCID`, `SLURM_NTASKS`, `SLURM_LOCALID`, `SLURM_JOB_ID`, `SLURM_NODELIST`), for which address and port
    /// default to the first node of the job and a port made of its number. `GLOO_SOCKET_IFNAME` names the network
    /// interface, `S2S_DIST_TIMEOUT` the seconds to wait.
    ///
    /// # Errors
    ///
    /// [`DistError::InvalidVariable`] names the variable and what it should hold, [`DistError::NoRendezvous`] if some
    /// are there and others missing.
    pub fn from_env() -> Result<Option<Self>, DistError> {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// The same from any source of variables.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, DistError> {
        let variables = Variables(&variable);
        let (rank, size, local) = match (variables.has("RANK"), variables.has("SLURM_PROCID")) {
            (true, _) => ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
            (false, true) if variables.has("SLURM_NTASKS") => ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
            _ if variables.has("WORLD_SIZE") => return Err(DistError::NoRendezvous),
            _ => return Ok(None),
        };
        let slurm = rank == "SLURM_PROCID";
        let (rank, size) = (variables.required::<usize>(rank)?, variables.required::<usize>(size)?);
        if rank >= size {
            return Err(DistError::InvalidVariable {
                name: if slurm { "SLURM_PROCID" } else { "RANK" },
                value: rank.to_string(),
                wanted: "below the number of processes",
            });
        }
        let address = match variable("MASTER_ADDR") {
            Some(address) => address,
            None if slurm => first_host(&variable("SLURM_NODELIST").ok_or(DistError::NoRendezvous)?),
            None => return Err(DistError::NoRendezvous),
        };
        let port = match variables.optional::<u16>("MASTER_PORT", "a port number")? {
            Some(port) => port,
            // Jobs that share a machine meet at different ports.
            None if slurm => 20_000 + (variables.required::<u64>("SLURM_JOB_ID")? % 20_000) as u16,
            None => return Err(DistError::NoRendezvous),
        };
        let timeout = variables.optional::<u64>("S2S_DIST_TIMEOUT", "a number of seconds")?;
        Ok(Some(Self {
            rank,
            size,
            local_rank: variables.optional(local, "a whole number")?.unwrap_or(0),
            address,
            port,
            hosted: variable("TORCHELASTIC_USE_AGENT_STORE").as_deref() == Some("True"),
            interface: variable("GLOO_SOCKET_IFNAME").filter(|name| !name.is_empty()),
            timeout: timeout.map_or(Self::TIMEOUT, Duration::from_secs),
        }))
    }

    /// The device of this process if the first one on its machine takes `first`: of `gpus` GPUs each takes the next in turn.
    ///
    /// Where every process sees but one GPU, as Slurm's `--gpus-per-task=1` makes it, each takes that one.
    pub fn device(&self, first: Device, gpus: usize) -> Device {
        match first {
            Device::Cuda(index) => Device::Cuda((index + self.local_rank) % gpus.max(1)),
            other => other,
        }
    }
}

struct Variables<'v>(&'v dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn has(&self, name: &str) -> bool {
        (self.0)(name).is_some()
    }

    fn required<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, DistError> {
        self.optional(name, "a whole number")?.ok_or(DistError::NoRendezvous)
    }

    fn optional<T: std::str::FromStr>(&self, name: &'static str, wanted: &'static str) -> Result<Option<T>, DistError> {
        let parse =
            |value: String| value.trim().parse().map_err(|_| DistError::InvalidVariable { name, value, wanted });
        (self.0)(name).map(parse).transpose()
    }
}

/// The first of Slurm's hosts: `node[03-05,9],login` begins with `node03`.
fn first_host(list: &str) -> String {
    let end = list.find([',', '[']).unwrap_or(list.len());
    let (name, rest) = list.split_at(end);
    match rest.strip_prefix('[') {
        Some(numbers) => {
            let end = numbers.find(['-', ',', ']']).unwrap_or(numbers.len());
            let after = numbers.split_once(']').map_or("", |(_, after)| after);
            let suffix = &after[..after.find(',').unwrap_or(after.len())];
            format!("{name}{}{suffix}", &numbers[..end])
        }
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Option<Rendezvous>, DistError> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Rendezvous::from_variables(find)
    }

    #[track_caller]
    fn refusal(variables: &[(&str, &str)]) -> String {
        from(variables).expect_err("it must be refused").to_string()
    }

    #[test]
    fn nothing_set_is_a_process_on_its_own() {
        assert_eq!(from(&[("PATH", "/bin")]).ok(), Some(None));
    }

    #[test]
    fn torchrun_is_understood() {
        let set = [
            ("RANK", "3"),
            ("WORLD_SIZE", "4"),
            ("LOCAL_RANK", "1"),
            ("MASTER_ADDR", "10.0.0.1"),
            ("MASTER_PORT", "29500"),
            ("TORCHELASTIC_USE_AGENT_STORE", "True"),
            ("GLOO_SOCKET_IFNAME", "eth1"),
            ("S2S_DIST_TIMEOUT", "7"),
        ];
        let expected = Rendezvous {
            rank: 3,
            size: 4,
            local_rank: 1,
            address: "10.0.0.1".into(),
            port: 29500,
            hosted: true,
            interface: Some("eth1".into()),
            timeout: Duration::from_secs(7),
        };
        assert_eq!(from(&set).ok().flatten(), Some(expected));
    }

    #[test]
    fn slurm_is_understood() {
        let set = [
            ("SLURM_PROCID", "1"),
            ("SLURM_NTASKS", "2"),
            ("SLURM_LOCALID", "0"),
            ("SLURM_JOB_ID", "123456"),
            ("SLURM_NODELIST", "gpu[07-08,12]"),
        ];
        let found = from(&set).ok().flatten().expect("Slurm's variables suffice");
        assert_eq!((found.rank, found.size, found.address.as_str(), found.port), (1, 2, "gpu07", 23_456));
    }

    #[test]
    fn processes_of_a_machine_take_gpus_in_turn() {
        let device = |local: &str, first: Device, gpus: usize| {
            let set = [
                ("RANK", "9"),
                ("WORLD_SIZE", "16"),
                ("LOCAL_RANK", local),
                ("MASTER_ADDR", "a"),
                ("MASTER_PORT", "1"),
            ];
            from(&set).ok().flatten().map(|rendezvous| rendezvous.device(first, gpus))
        };
        assert_eq!(device("0", Device::Cuda(0), 4), Some(Device::Cuda(0)));
        assert_eq!(device("3", Device::Cuda(0), 4), Some(Device::Cuda(3)));
        assert_eq!(device("1", Device::Cuda(2), 4), Some(Device::Cuda(3)), "counted from the one that was named");
        assert_eq!(device("3", Device::Cuda(0), 1), Some(Device::Cuda(0)), "each sees its own alone");
        assert_eq!(device("3", Device::Cpu, 4), Some(Device::Cpu));
    }

    #[test]
    fn first_hosts_of_slurm_lists() {
        for (list, first) in
            [("a", "a"), ("a,b", "a"), ("n[1-3]", "n1"), ("n[03,05],m", "n03"), ("n[1-2]-ib,m", "n1-ib")]
        {
            assert_eq!(first_host(list), first);
        }
    }

    #[test]
    fn wrong_variables_are_named() {
        let base = [("WORLD_SIZE", "2"), ("MASTER_ADDR", "a"), ("MASTER_PORT", "1")];
        let with = |rank: &'static str| [&[("RANK", rank)], base.as_slice()].concat();
        assert_eq!(refusal(&with("two")), "the variable RANK is \"two\", which is not a whole number");
        assert_eq!(refusal(&with("2")), "the variable RANK is \"2\", which is not below the number of processes");
        assert_eq!(
            refusal(&[("RANK", "0"), ("WORLD_SIZE", "2")]),
            "this process belongs to no group: set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or start it with \
             torchrun, srun or `cargo xtask launch`"
        );
        assert_eq!(refusal(&base).split(':').next(), Some("this process belongs to no group"));
    }
}
