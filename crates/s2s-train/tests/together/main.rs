//! Training by several processes: the same network as by one, whoever is killed and however many go on.
//!
//! The test starts itself as each process. `S2S_TEAM_KILLS=50` sets the number of kills; 4 otherwise.

#[path = "../it/tiny.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod tiny;

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use s2s_dist::{ProcessGroup, Rendezvous};
use s2s_featurize::RandomStream;
use s2s_train::{
    Communicator, FitConfig, RunIdentity, SingleProcess, Snapshot, TrainError,
    checkpoint::CheckpointStore,
    fit_together,
    observer::{CheckpointWriter, Observer, Signal, StepReport},
};
use tiny::{classifier, config, crystals, labeled};

/// Eight batches per epoch, six of them in its first optimizer step and two in its second: no tree of them is even.
const EPOCHS: u64 = 25;
const STEPS: u64 = 50;
/// Optimizer steps between checkpoints.
const INTERVAL: u64 = 4;
/// After which a process gives the others up, in seconds.
const TIMEOUT: u64 = 20;
/// What it may take beyond that: the half second that joining grants itself, and what a busy machine adds.
const GRACE: u64 = 5;

fn main() -> ExitCode {
    if let [_, mark, folder, out, pause] = env::args().collect::<Vec<String>>().as_slice()
        && mark == "--train"
    {
        let pause = Duration::from_millis(pause.parse().expect("a number of milliseconds"));
        return match train(Path::new(folder), Path::new(out), pause) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let tests: [(&str, fn()); 3] = [
        ("any_number_of_processes_trains_the_same_network", any_number_of_processes_trains_the_same_network),
        ("killed_processes_stop_the_others_and_any_number_goes_on", killed_processes_stop_the_others),
        ("processes_on_hosts_with_their_own_addresses_train_and_notice_a_cut", processes_on_two_hosts),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    println!("\ntest result: ok. {} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", tests.len());
    ExitCode::SUCCESS
}

/// One process: trains, alone or together, from the newest checkpoint of a folder to the end.
fn train(folder: &Path, out: &Path, pause: Duration) -> Result<(), TrainError> {
    tch::set_num_threads(1);
    let group = Rendezvous::from_env()?.map(|rendezvous| ProcessGroup::join(&rendezvous, "s2s")).transpose()?;
    let communicator: &dyn Communicator = match &group {
        Some(group) => group,
        None => &SingleProcess,
    };
    let (features, labels) = crystals(40);
    let config = FitConfig { accumulate: 6, ..config(EPOCHS, 1) };
    let mut learner = classifier(config, RunIdentity::default())?;
    let train = labeled(&features[..30], &labels[..30], 1)?;
    let held = labeled(&features[30..], &labels[30..], 0)?;
    let store = CheckpointStore::new(folder);
    if let Some(damaged) = learner.resume_together(communicator, &store)?.into_iter().next() {
        return Err(TrainError::Data { reason: damaged });
    }
    println!("from {}", learner.step());
    let mut writer = CheckpointWriter::every_steps(&store, INTERVAL);
    let mut told = Told(pause);
    let mut observers: Vec<&mut dyn Observer> = vec![&mut told];
    if communicator.rank() == 0 {
        observers.push(&mut writer);
    }
    fit_together(communicator, &mut learner, &train, &held, &mut observers)?;
    assert_eq!(learner.step(), STEPS);
    let path = out.join(format!("weights-{}", communicator.rank()));
    let failed = |error| TrainError::Storage { action: "write", path: path.clone(), error };
    fs::write(&path, &learner.files()?["model.safetensors"]).map_err(failed)
}

/// Prints every step, and waits a little so that a run can be killed in its middle.
#[derive(Debug)]
struct Told(Duration);

impl Observer for Told {
    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if step.whole {
            println!("step {}", step.step);
            thread::sleep(self.0);
        }
        Ok(Signal::Continue)
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("s2s-together-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// A port where nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.local_addr().expect("a listener has an address").port()
}

/// Starts all processes of a group on this machine; one alone is told of no group.
fn start(size: usize, folder: &Path, out: &Path, pause: u64) -> Vec<Child> {
    let this = env::current_exe().expect("the test has a path");
    let port = free_port();
    (0..size)
        .map(|rank| process(Command::new(&this), rank, size, ("127.0.0.1", port, "lo"), folder, out, pause))
        .collect()
}

/// Starts one process of a group that meets at an address and a port, through a network interface.
fn process(
    mut command: Command,
    rank: usize,
    size: usize,
    (address, port, interface): (&str, u16, &str),
    folder: &Path,
    out: &Path,
    pause: u64,
) -> Child {
    command.arg("--train").args([folder, out]).arg(pause.to_string());
    if size > 1 {
        command
            .env("RANK", rank.to_string())
            .env("WORLD_SIZE", size.to_string())
            .env("MASTER_ADDR", address)
            .env("MASTER_PORT", port.to_string())
            .env("GLOO_SOCKET_IFNAME", interface)
            .env("TORCH_CPP_LOG_LEVEL", "FATAL")
            .env("S2S_DIST_TIMEOUT", TIMEOUT.to_string());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the test can start itself")
}

/// Whether a process succeeded, what it printed, and what it complained about; Gloo's own lines about every attempt to
/// connect are left out.
fn end(child: Child) -> (bool, String, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the child can be waited for");
    let complaint = String::from_utf8_lossy(&stderr);
    let complaint = complaint.split_inclusive('\n').filter(|line| !line.contains("gloo/transport")).collect();
    (status.success(), String::from_utf8_lossy(&stdout).into_owned(), complaint)
}

/// Weights that every process of a group ended with: the same bits.
#[track_caller]
fn weights(out: &Path, size: usize) -> Vec<u8> {
    let of = |rank: usize| fs::read(out.join(format!("weights-{rank}"))).expect("the process has written them");
    let first = of(0);
    assert!((1..size).all(|rank| of(rank) == first), "{size} processes disagree");
    first
}

fn finished(size: usize, folder: &Path, name: &str) -> Vec<u8> {
    let out = scratch(name);
    for (rank, child) in start(size, folder, &out, 0).into_iter().enumerate() {
        let (success, _, said) = end(child);
        assert!(success, "process {rank} of {size}: {said}");
    }
    let weights = weights(&out, size);
    fs::remove_dir_all(out).expect("the folder can be removed");
    weights
}

fn any_number_of_processes_trains_the_same_network() {
    let run = |size: usize, name: &str| {
        let folder = scratch(&format!("{name}-run"));
        let weights = finished(size, &folder, name);
        fs::remove_dir_all(folder).expect("the folder can be removed");
        weights
    };
    let one = run(1, "one");
    for size in [2, 4] {
        assert!(run(size, "several") == one, "{size} processes and one end with other weights");
    }
    assert!(run(3, "three") == run(3, "three again"), "three processes, twice");
}

fn killed_processes_stop_the_others() {
    let kills: usize = env::var("S2S_TEAM_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let undisturbed = {
        let folder = scratch("undisturbed");
        finished(1, &folder, "undisturbed-out")
    };
    let mut stream = RandomStream::new(*b"teamkill", kills as u64, 0, 0);
    let (folder, out) = (scratch("killed"), scratch("killed-out"));
    let (mut reached, mut slowest) = (0, Duration::ZERO);
    for kill in 0..kills {
        let size = 2 * (1 + stream.below(2));
        let mut group: Vec<Option<Child>> = start(size, &folder, &out, 40).into_iter().map(Some).collect();
        thread::sleep(Duration::from_millis(500 + stream.below(2500) as u64));
        let mut victim = group[stream.below(size)].take().expect("every process was started");
        victim.kill().expect("the child belongs to this process");
        let killed = Instant::now();
        let mut texts = vec![end(victim).1];
        for child in group.into_iter().flatten() {
            let (success, said, complaint) = end(child);
            // Whoever was done before the kill has nothing to complain about.
            let sentence = complaint.starts_with("process ") && complaint.lines().count() == 1;
            assert!(success || sentence, "kill {kill} of {size} processes: {complaint}");
            texts.push(said);
        }
        slowest = slowest.max(killed.elapsed());
        assert!(killed.elapsed() < Duration::from_secs(TIMEOUT + GRACE), "kill {kill}: {:?}", killed.elapsed());
        let number = |text: &str, word: &str| -> Option<u64> {
            text.lines().filter_map(|line| line.strip_prefix(word)?.parse().ok()).next_back()
        };
        if let Some(from) = texts.iter().find_map(|text| number(text, "from ")) {
            // What is done again: at most one interval, and the step in flight.
            assert!(from + INTERVAL + 1 >= reached, "kill {kill}: step {reached} was reached, {from} was restored");
            reached = reached.max(from);
        }
        reached = texts.iter().filter_map(|text| number(text, "step ")).fold(reached, u64::max);
        if reached >= STEPS - INTERVAL {
            fs::remove_dir_all(&folder).expect("the folder can be removed");
            reached = 0;
        }
    }
    assert!(finished(1, &folder, "last") == undisturbed, "other weights after {kills} kills");
    println!("{kills} kills: the others stopped within {slowest:.1?}, final weights as without kills");
}

/// Two network namespaces with a cable between them, which go away with the value.
struct Hosts([String; 2]);

impl Hosts {
    const INTERFACES: [&str; 2] = ["s2sa", "s2sb"];
    const ADDRESSES: [&str; 2] = ["10.231.77.1", "10.231.77.2"];

    /// `None` where this process may not make namespaces.
    fn new() -> Option<Self> {
        let hosts = Self(["a", "b"].map(|side| format!("s2s-{}-{side}", std::process::id())));
        for host in &hosts.0 {
            ip(&["netns", "add", host])?;
        }
        let [a, b] = Self::INTERFACES;
        ip(&["link", "add", a, "netns", &hosts.0[0], "type", "veth", "peer", "name", b, "netns", &hosts.0[1]])?;
        for (side, host) in hosts.0.iter().enumerate() {
            let address = format!("{}/24", Self::ADDRESSES[side]);
            ip(&["-n", host, "addr", "add", &address, "dev", Self::INTERFACES[side]])?;
            ip(&["-n", host, "link", "set", Self::INTERFACES[side], "up"])?;
            ip(&["-n", host, "link", "set", "lo", "up"])?;
        }
        Some(hosts)
    }

    fn start(&self, folder: &Path, out: &Path, pause: u64) -> [Child; 2] {
        let this = env::current_exe().expect("the test has a path");
        [0, 1].map(|rank| {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", &self.0[rank]]).arg(&this);
            process(command, rank, 2, (Self::ADDRESSES[0], 29_500, Self::INTERFACES[rank]), folder, out, pause)
        })
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in &self.0 {
            let _ = ip(&["netns", "del", host]);
        }
    }
}

fn ip(arguments: &[&str]) -> Option<()> {
    let output = Command::new("ip").args(arguments).output().ok()?;
    output.status.success().then_some(())
}

fn processes_on_two_hosts() {
    let Some(hosts) = Hosts::new() else {
        println!("no network namespaces can be made here: training across hosts is not tested");
        return;
    };
    let (folder, out) = (scratch("hosts"), scratch("hosts-out"));
    for (rank, child) in hosts.start(&folder, &out, 0).into_iter().enumerate() {
        let (success, _, said) = end(child);
        assert!(success, "host {rank}: {said}");
    }
    let alone = scratch("hosts-alone");
    assert!(weights(&out, 2) == finished(1, &alone, "hosts-alone-out"), "two hosts and one end with other weights");

    let cut = scratch("hosts-cut");
    let children = hosts.start(&cut, &out, 100);
    thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    ip(&["-n", &hosts.0[1], "link", "set", Hosts::INTERFACES[1], "down"]).expect("the cable can be cut");
    for child in children {
        let (success, _, said) = end(child);
        assert!(!success && said.starts_with("process ") && said.lines().count() == 1, "{said}");
    }
    println!("a cut cable was noticed within {:.1?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2 * TIMEOUT + 10));
}
