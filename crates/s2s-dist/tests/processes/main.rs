//! Groups of real processes: this test starts itself as each of them.

use std::{
    env,
    net::TcpListener,
    process::{Child, Command, ExitCode, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use s2s_dist::{Backend, DistError, ProcessGroup, Rendezvous};
use tch::{Cuda, Device, Tensor};

/// What a process may need beyond its timeout: the half second that joining grants itself, and the time in which a
/// program with libtorch starts on a busy machine.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    if let Some(task) = env::args().nth(1).filter(|argument| argument.starts_with("--as=")) {
        return match member(&task["--as=".len()..]) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let tests: [(&str, fn()); 7] = [
        ("all_operations_agree_among_one_two_and_four", all_operations_agree_among_one_two_and_four),
        ("processes_with_and_without_a_gpu_carry_the_same", processes_with_and_without_a_gpu),
        ("the_rest_of_a_group_stops_when_a_process_is_killed", the_rest_of_a_group_stops_when_a_process_is_killed),
        ("the_rest_of_a_group_stops_when_a_process_hangs", the_rest_of_a_group_stops_when_a_process_hangs),
        ("a_process_that_never_starts_is_not_waited_for_forever", a_process_that_never_starts),
        ("an_address_where_nobody_listens_is_an_error", an_address_where_nobody_listens),
        ("nccl_carries_tensors_on_gpus_or_says_why_it_does_not", nccl_carries_or_says_why),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    println!("\ntest result: ok. {} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", tests.len());
    ExitCode::SUCCESS
}

/// What one process of a group does.
fn member(task: &str) -> Result<(), DistError> {
    tch::set_num_threads(1);
    if task == "nccl" {
        let rendezvous = Rendezvous::from_env()?.ok_or(DistError::NoRendezvous)?;
        return on_gpus(&ProcessGroup::join_with(&rendezvous, "s2s", Backend::Nccl)?);
    }
    let rendezvous = Rendezvous::from_env()?.ok_or(DistError::NoRendezvous)?;
    if task == "mixed" {
        // One of them has a GPU, or says so: all carry the same.
        let device = if rendezvous.rank == 0 { Device::Cuda(0) } else { Device::Cpu };
        let group = ProcessGroup::join_on(&rendezvous, "s2s", device)?;
        assert!(group.carries(Device::Cpu) && !group.carries(Device::Cuda(0)));
        return operations(&group);
    }
    let group = ProcessGroup::join(&rendezvous, "s2s")?;
    match task {
        "operations" => operations(&group),
        // Sums until somebody is gone.
        "endless" => loop {
            group.all_reduce(&mut Tensor::ones([1000], tch::kind::FLOAT_CPU))?;
            println!("sum");
        },
        "hang" if group.rank() == 1 => loop {
            thread::sleep(Duration::from_secs(1));
        },
        "hang" => group.barrier(),
        other => panic!("no task is called {other}"),
    }
}

fn operations(group: &ProcessGroup) -> Result<(), DistError> {
    let (rank, size) = (group.rank() as i64, group.size() as i64);
    let mut sum = Tensor::from_slice(&[rank as f64, 1.0, -0.5]).reshape([3, 1]);
    group.all_reduce(&mut sum)?;
    assert_eq!(values(&sum), [(size * (size - 1) / 2) as f64, size as f64, -0.5 * size as f64]);

    // The second number survives only where 1e8 and −1e8 are not added to it one by one.
    let mine = [[1e8_f32, 1e8, 0.0], [1.0, -1e8, 0.0], [-1e8, 1.0, 0.5], [1.0, 1.0, 0.25]][group.rank()];
    let mut ordered = Tensor::from_slice(&mine);
    group.sum_in_order(&mut ordered)?;
    let expected = [[1e8, 1e8, 0.0], [1e8, 0.0, 0.0], [0.0; 3], [0.0, 2.0, 0.75]][group.size() - 1];
    assert_eq!(values(&ordered.to_kind(tch::Kind::Double)), expected);

    let mut sent = Tensor::from_slice(&[rank as f64; 4]);
    group.broadcast(&mut sent, group.size() - 1)?;
    assert_eq!(values(&sent), [(size - 1) as f64; 4]);

    let rows = group.all_gather(&Tensor::from_slice(&[rank as f64, 7.0]))?;
    assert_eq!(rows.size(), [size, 2]);
    let expected: Vec<f64> = (0..size).flat_map(|rank| [rank as f64, 7.0]).collect();
    assert_eq!(values(&rows), expected);

    let texts = group.all_gather_bytes("s".repeat(group.rank()).as_bytes())?;
    assert_eq!(texts, (0..group.size()).map(|rank| "s".repeat(rank).into_bytes()).collect::<Vec<_>>());

    let said = if rank == 0 { b"from the first".to_vec() } else { vec![1, 2] };
    assert_eq!(group.broadcast_bytes(said, 0)?, b"from the first");

    let turned = Tensor::zeros([2, 3], tch::kind::FLOAT_CPU).tr();
    let refused = group.all_gather(&turned).map(drop).map_err(|error| error.to_string());
    let sentence = "tensors of all takes contiguous tensors in host memory, and this one is not";
    assert_eq!(refused, Err(sentence.to_owned()));
    group.barrier()
}

/// One process per GPU.
fn on_gpus(group: &ProcessGroup) -> Result<(), DistError> {
    let (size, device) = (group.size() as i64, Device::Cuda(group.rank()));
    let host = |tensor: &Tensor| values(&tensor.to_device(Device::Cpu));
    let mut sum = Tensor::from_slice(&[1.0, group.rank() as f64]).to_device(device);
    group.all_reduce(&mut sum)?;
    assert_eq!(host(&sum), [size as f64, (size * (size - 1) / 2) as f64]);
    let mut sum = Tensor::from_slice(&[1.0, group.rank() as f64, 0.5]).to_device(device);
    group.sum_in_order(&mut sum)?;
    assert_eq!(host(&sum), [size as f64, (size * (size - 1) / 2) as f64, 0.5 * size as f64]);
    let mut sent = Tensor::from_slice(&[group.rank() as f64]).to_device(device);
    group.broadcast(&mut sent, group.size() - 1)?;
    assert_eq!(host(&sent), [(size - 1) as f64]);
    // What is in host memory is still sent by Gloo.
    assert_eq!(group.broadcast_bytes(b"host".to_vec(), 0)?, b"host");
    group.barrier()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.reshape([-1])).expect("the tensor holds doubles")
}

/// A port where nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.local_addr().expect("a listener has an address").port()
}

fn start(task: &str, rank: usize, size: usize, port: u16, timeout: u64) -> Child {
    Command::new(env::current_exe().expect("the test has a path"))
        .arg(format!("--as={task}"))
        .env("RANK", rank.to_string())
        .env("WORLD_SIZE", size.to_string())
        .env("MASTER_ADDR", "127.0.0.1")
        .env("MASTER_PORT", port.to_string())
        .env("GLOO_SOCKET_IFNAME", "lo")
        .env("TORCH_CPP_LOG_LEVEL", "FATAL")
        .env("TORCH_NCCL_BLOCKING_WAIT", "1")
        .env("S2S_DIST_TIMEOUT", timeout.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test can start itself")
}

/// Whether a process succeeded, and what it said; Gloo's own lines about every attempt to connect are left out.
fn output(child: Child) -> (bool, String) {
    let Output { status, stderr, .. } = child.wait_with_output().expect("the child can be waited for");
    let said = String::from_utf8_lossy(&stderr);
    (status.success(), said.split_inclusive('\n').filter(|line| !line.contains("gloo/transport")).collect())
}

fn all_operations_agree_among_one_two_and_four() {
    for size in [1, 2, 4] {
        let port = free_port();
        let children: Vec<Child> = (0..size).map(|rank| start("operations", rank, size, port, 60)).collect();
        for child in children {
            assert_eq!(output(child), (true, String::new()), "{size} processes");
        }
    }
}

fn processes_with_and_without_a_gpu() {
    let port = free_port();
    for child in [0, 1].map(|rank| start("mixed", rank, 2, port, 60)) {
        assert_eq!(output(child), (true, String::new()));
    }
}

/// The child failed with one line that begins so, no later than `limit` after `begun`.
#[track_caller]
fn stopped(child: Child, begins: &str, begun: Instant, limit: Duration) {
    let (success, said) = output(child);
    assert!(!success && said.starts_with(begins) && said.lines().count() == 1, "{said}");
    assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
}

fn the_rest_of_a_group_stops_when_a_process_is_killed() {
    for victim in [0, 2] {
        let port = free_port();
        let mut children: Vec<Option<Child>> = (0..3).map(|rank| Some(start("endless", rank, 3, port, 20))).collect();
        thread::sleep(Duration::from_secs(3));
        let mut killed = children[victim].take().expect("it was started");
        let begun = Instant::now();
        killed.kill().expect("the child belongs to this process");
        killed.wait().expect("the child can be waited for");
        for (rank, child) in children.into_iter().enumerate().filter_map(|(rank, child)| Some((rank, child?))) {
            let begins = format!("process {rank} of 3 lost the others while it waited for a sum: ");
            stopped(child, &begins, begun, Duration::from_secs(30));
        }
    }
}

fn the_rest_of_a_group_stops_when_a_process_hangs() {
    let port = free_port();
    let begun = Instant::now();
    let [waiting, mut hanging] = [0, 1].map(|rank| start("hang", rank, 2, port, 5));
    stopped(
        waiting,
        "process 0 of 2 lost the others while it waited for all to arrive: ",
        begun,
        Duration::from_secs(60),
    );
    hanging.kill().expect("the child belongs to this process");
    hanging.wait().expect("the child can be waited for");
}

fn a_process_that_never_starts() {
    let (port, begun) = (free_port(), Instant::now());
    let begins =
        format!("process 0 of 2 could not join the others at 127.0.0.1:{port} within 4 s: not all of them came\n");
    stopped(start("operations", 0, 2, port, 4), &begins, begun, Duration::from_secs(4) + GRACE);
}

fn an_address_where_nobody_listens() {
    let (port, begun) = (free_port(), Instant::now());
    let begins = format!("process 1 of 2 could not join the others at 127.0.0.1:{port} within 4 s: ");
    stopped(start("operations", 1, 2, port, 4), &begins, begun, Duration::from_secs(4) + GRACE);
}

fn nccl_carries_or_says_why() {
    let gpus = usize::try_from(Cuda::device_count()).unwrap_or(0);
    let (size, port) = (gpus.clamp(1, 2), free_port());
    let children: Vec<Child> = (0..size).map(|rank| start("nccl", rank, size, port, 60)).collect();
    for child in children {
        let (success, said) = output(child);
        if gpus > 0 {
            assert!(success, "{said}");
        } else if tch::utils::has_cuda() || tch::utils::has_cudart() {
            assert!(!success && said.starts_with("NCCL is not available: ") && said.lines().count() == 1, "{said}");
        } else {
            assert_eq!(said, "NCCL is not available: this libtorch computes on the CPU only\n");
        }
    }
    if gpus == 0 {
        println!("there is no GPU: NCCL itself is not tested");
    }
}
