//! How training by several processes scales: measured on this machine, and extrapolated to clusters.
//!
//! ```text
//! export S2S_DATA_DIR=…
//! cargo run --release --features dist --example scale -- speedup     # 2 processes against 1, one thread each
//! cargo run --release --features dist --example scale -- plan        # messages, steps and the table for clusters
//! ```
//!
//! Both pre-train the paper's network (512 wide, ten layers) on crystals of S2S; `--out FILE` keeps what they print. `plan`
//! measures how many bytes a step exchanges, how long a step and a sum over Gloo's loopback take, and calculates from that,
//! for *N* GPUs with one link of *B* bits per second each,
//!
//! ```text
//! in order  T = 2 (N − 1)/N · 8 S/(u B) + 2 (N − 1) b α    tree  T = 2 · 8 S/(u B) + 2 ⌈log₂ N⌉ b α
//! without overlap  E = t/(t + T)                          with overlap  E = t/(t + max(T/b, T − φ t))
//! ```
//!
//! where *S* are the bytes of all gradients, *t* is the time of a step without communication, *u* the usable share of a link,
//! α the latency of a message, *b* the number of buckets, of which only the last cannot overlap, and φ the share of a step
//! that is backward and can overlap with the others. "In order" is what training does: each exchanges a share with each, twice. A tree
//! adds in an order of its own, and is what NCCL offers. Crystals per GPU are fixed: the batch grows with *N*.

mod number;
mod output;

use std::{
    env,
    error::Error,
    fmt::Arguments,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Instant,
};

use clap::{Args, Parser, Subcommand};
use output::say;
use s2s_data::{DataFolder, Record, RecordStream, file::AtomicFile};
use s2s_dist::{ProcessGroup, Rendezvous};
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSize, Masker, PaperVocabulary};
use s2s_model::{S2sNetConfig, tch::Tensor};
use s2s_train::{
    Communicator, MaskedAtomBatches, Masks, RunIdentity, SingleProcess, Snapshot, TrainError, fit_together,
    observer::{Observer, Signal, StepReport},
    recipe::{Prepared, PretrainRecipe},
};
use serde::{Deserialize, Serialize};

/// How training by several processes scales
#[derive(Parser, Debug)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand, Debug)]
enum Task {
    /// Crystals per second of 2 processes against 1, one thread each, in turns
    Speedup {
        #[command(flatten)]
        training: Training,
        /// Rounds, each of which measures both; the median ratio counts
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
        rounds: u16,
        /// Keep what is printed in this file, with the command
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Sizes of messages, times of steps and sums, and the efficiency to be expected on clusters
    Plan {
        #[command(flatten)]
        training: Training,
        #[command(flatten)]
        cluster: Cluster,
        /// Keep what is printed in this file, with the command
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// What one process of a group does
    #[command(hide = true)]
    Train(Training),
    /// The same, to time sums
    #[command(hide = true)]
    Sum,
}

/// The work that is measured.
#[derive(Args, Clone, Debug)]
struct Training {
    /// Crystals of a batch
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    batch: u16,
    /// Cut batches of so many padded atoms instead, as pre-training does (1,024): batches of equal work, of which a step
    /// has as many as --accumulate, until the crystals of --batch, --accumulate and --steps are used up
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    slots: Option<u32>,
    /// Batches of an optimizer step, which the processes share
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    accumulate: u16,
    /// Optimizer steps that are timed, after one that is not
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    steps: u16,
}

/// What is assumed about clusters.
#[derive(Args, Clone, Debug)]
struct Cluster {
    /// 10¹² operations per second that a GPU sustains in this network
    #[arg(long, default_value_t = 20.0, value_parser = number::positive)]
    teraflops: f64,
    /// Share of a link's rate that messages reach
    #[arg(long, default_value_t = 0.8, value_parser = number::part)]
    usable: f64,
    /// Latency of a message in µs
    #[arg(long, default_value_t = 10.0, value_parser = number::positive)]
    latency: f64,
    /// Share of a step that can overlap with messages
    #[arg(long, default_value_t = 0.6, value_parser = number::part)]
    overlap: f64,
    /// Megabytes of a bucket
    #[arg(long, default_value_t = 8.0, value_parser = number::positive)]
    bucket: f64,
}

/// What process 0 says about training.
#[derive(Debug, Serialize, Deserialize)]
struct Pace {
    gradient_bytes: usize,
    crystals: usize,
    seconds: f64,
    steps: usize,
    /// Multiplications and additions of a step, forward and backward.
    operations: f64,
}

/// How long sums of a size take, in seconds.
#[derive(Debug, Serialize, Deserialize)]
struct SumTime {
    bytes: usize,
    any_order: f64,
    in_order: f64,
}

fn main() -> ExitCode {
    match run(&Options::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), Box<dyn Error>> {
    match task {
        Task::Speedup { training, rounds, out } => {
            let mut report = Report::default();
            speedup(training, *rounds, &mut report)?;
            report.keep(out.as_deref())
        }
        Task::Plan { training, cluster, out } => {
            let mut report = Report::default();
            plan(training, cluster, &mut report)?;
            report.keep(out.as_deref())
        }
        Task::Train(training) => {
            let pace = train(training)?;
            say!("{}", serde_json::to_string(&pace)?);
            Ok(())
        }
        Task::Sum => {
            let times = sums(&ProcessGroup::from_env()?)?;
            say!("{}", serde_json::to_string(&times)?);
            Ok(())
        }
    }
}

/// What is printed, line by line, and kept in a file in the end.
#[derive(Debug, Default)]
struct Report {
    text: String,
}

impl Report {
    fn line(&mut self, words: Arguments<'_>) {
        say!("{words}");
        self.text += &format!("{words}\n");
    }

    /// Writes the file, if one is asked for, below the command.
    fn keep(&self, file: Option<&Path>) -> Result<(), Box<dyn Error>> {
        let Some(path) = file else { return Ok(()) };
        let arguments = env::args().skip(1).collect::<Vec<_>>();
        let said = |error| format!("{}: {error}", path.display());
        let mut file = AtomicFile::create(path).map_err(said)?;
        let command = command(&arguments);
        write!(file, "```text\n{command}\n```\n\n{}", self.text).map_err(said)?;
        Ok(file.commit().map_err(said)?)
    }
}

/// How the program was started, without the file that it writes.
fn command(arguments: &[String]) -> String {
    let mut text = "cargo run --release --features dist --example scale --".to_owned();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--out" {
            words.next();
        } else if !word.starts_with("--out=") {
            text = format!("{text} {word}");
        }
    }
    text
}

fn speedup(training: &Training, rounds: u16, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut ratios = Vec::new();
    report.line(format_args!(
        "crystals per second, one thread each\n\n| round | 1 process | 2 processes | ratio |\n|---|---|---|---|"
    ));
    for round in 1..=rounds {
        let [one, two] = [1, 2].map(|size| -> Result<f64, Box<dyn Error>> {
            let pace: Pace = serde_json::from_str(&run_group(size, &training.arguments())?)?;
            Ok(pace.crystals as f64 / pace.seconds)
        });
        let (one, two) = (one?, two?);
        report.line(format_args!("| {round} | {one:.2} | {two:.2} | {:.3} |", two / one));
        ratios.push(two / one);
    }
    ratios.sort_by(f64::total_cmp);
    report.line(format_args!("\nmedian ratio: {:.3}", ratios[ratios.len() / 2]));
    Ok(())
}

fn plan(training: &Training, cluster: &Cluster, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let pace: Pace = serde_json::from_str(&run_group(1, &training.arguments())?)?;
    let (steps, crystals) = (pace.steps as f64, pace.crystals as f64);
    report.line(format_args!("* gradients of a step: **{:.1} MB**", pace.gradient_bytes as f64 / 1e6));
    report.line(format_args!(
        "* a step of {:.0} crystals, one process of one thread: {:.2} s; {:.1} crystals per second, {:.0} GFLOP/s",
        crystals / steps,
        pace.seconds / steps,
        crystals / pace.seconds,
        pace.operations * steps / pace.seconds / 1e9,
    ));
    report.line(format_args!(
        "* arithmetic: {:.2} GFLOP per crystal, forward and backward\n",
        pace.operations * steps / crystals / 1e9
    ));
    for size in [2, 4] {
        report.line(format_args!("Sums over {size} processes, Gloo on loopback (median of {REPEATS}):\n"));
        report.line(format_args!("| bytes | in any order | in order | bus, in order |\n|---|---|---|---|"));
        let times: Vec<SumTime> = serde_json::from_str(&run_group(size, &["sum".to_owned()])?)?;
        for SumTime { bytes, any_order, in_order } in times {
            let bus = 2.0 * (size - 1) as f64 / size as f64 * bytes as f64 / in_order / 1e9;
            report.line(format_args!(
                "| {bytes} | {:.2} ms | {:.2} ms | {bus:.2} GB/s |",
                1e3 * any_order,
                1e3 * in_order
            ));
        }
        report.line(format_args!(""));
    }
    let per_crystal = pace.operations * steps / crystals;
    let loads = [256.0, 1024.0].map(|crystals| (crystals, crystals * per_crystal / (1e12 * cluster.teraflops)));
    report.line(format_args!(
        "Assumed: {} TFLOP/s per GPU, {} of a link usable, {} µs per message, {} of a step overlaps with messages, buckets of {} MB.\n",
        cluster.teraflops,
        cluster.usable,
        cluster.latency,
        cluster.overlap,
        cluster.bucket
    ));
    let mut head = "| GPUs | link | in order | tree |".to_owned();
    for (n, t) in loads {
        head += &format!(" {n} crystals, {:.0} ms: in order | tree | tree, overlap |", 1e3 * t);
    }
    report.line(format_args!("{head}\n|---|---|---|---|---|---|---|---|---|---|"));
    for gpus in [8, 64, 512, 4096] {
        for gigabits in [100.0, 400.0] {
            let bytes = pace.gradient_bytes as f64;
            let [in_order, tree] = cluster.sum_seconds(gpus, gigabits, bytes);
            let mut row = format!("| {gpus} | {gigabits} Gb/s | {:.1} ms | {:.1} ms |", 1e3 * in_order, 1e3 * tree);
            for (_, step) in loads {
                let [ours, _] = cluster.efficiencies(step, in_order, bytes);
                let [without, with] = cluster.efficiencies(step, tree, bytes);
                row += &format!(" {:.1} % | {:.1} % | {:.1} % |", 100.0 * ours, 100.0 * without, 100.0 * with);
            }
            report.line(format_args!("{row}"));
        }
    }
    Ok(())
}

impl Cluster {
    /// Seconds of a sum in order and by tree.
    fn sum_seconds(&self, gpus: u32, gigabits: f64, bytes: f64) -> [f64; 2] {
        let (n, latency) = (f64::from(gpus), 1e-6 * self.latency * self.buckets(bytes));
        let once = 8.0 * bytes / (self.usable * 1e9 * gigabits);
        let in_order = 2.0 * (n - 1.0) / n * once + 2.0 * (n - 1.0) * latency;
        [in_order, 2.0 * once + 2.0 * n.log2().ceil() * latency]
    }

    /// Shares of the speed of `N` GPUs that do not wait for each other: without and with overlap.
    fn efficiencies(&self, step: f64, sum: f64, bytes: f64) -> [f64; 2] {
        let exposed = (sum / self.buckets(bytes)).max(sum - self.overlap * step);
        [step / (step + sum), step / (step + exposed)]
    }

    fn buckets(&self, bytes: f64) -> f64 {
        (bytes / (1e6 * self.bucket)).round().max(1.0)
    }
}

impl Training {
    fn arguments(&self) -> Vec<String> {
        let numbers: [(&str, u32); 3] =
            [("--batch", self.batch.into()), ("--accumulate", self.accumulate.into()), ("--steps", self.steps.into())];
        let numbers = numbers.into_iter().chain(self.slots.map(|slots| ("--slots", slots)));
        let words = numbers.flat_map(|(name, number)| [name.to_owned(), number.to_string()]);
        ["train".to_owned()].into_iter().chain(words).collect()
    }
}

/// What process 0 of a group says that is started with these arguments, one thread each; one alone is told of no group.
fn run_group(size: usize, arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    drop(listener);
    let mut children: Vec<Child> = Vec::new();
    for rank in 0..size {
        let mut command = Command::new(env::current_exe()?);
        command.args(arguments).env("OMP_NUM_THREADS", "1");
        if size > 1 {
            command.env("RANK", rank.to_string()).env("WORLD_SIZE", size.to_string()).env("LOCAL_RANK", "0");
            command.env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", port.to_string());
            command.env("GLOO_SOCKET_IFNAME", "lo");
        }
        command.stdout(if rank == 0 { Stdio::piped() } else { Stdio::null() });
        children.push(command.spawn()?);
    }
    let mut said = String::new();
    for (rank, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("process {rank} of {size} ended with {}", output.status).into());
        }
        said.push_str(&String::from_utf8(output.stdout)?);
    }
    Ok(said)
}

/// One process: pre-trains the paper's network for some steps.
fn train(training: &Training) -> Result<Pace, Box<dyn Error>> {
    s2s_model::tch::set_num_threads(1);
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    let group = Rendezvous::from_env()?.map(|rendezvous| ProcessGroup::join(&rendezvous, "s2s")).transpose()?;
    let communicator: &dyn Communicator = match &group {
        Some(group) => group,
        None => &SingleProcess,
    };
    let mut recipe = PretrainRecipe::new(S2sNetConfig::paper(), 1, 1000);
    recipe.fit.accumulate = training.accumulate.into();
    let wanted = usize::from(training.batch) * usize::from(training.accumulate) * (usize::from(training.steps) + 1);
    let records: Vec<Record> = RecordStream::open(DataFolder::from_env()?.s2s())?.collect::<Result<_, _>>()?;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    // Those that the paper can pre-train on, over and over if they do not suffice.
    let usable: Vec<&AtomFeatures> = prepared.features.iter().filter(|f| f.num_atoms() <= recipe.max_atoms).collect();
    let features: Vec<&AtomFeatures> = usable.into_iter().cycle().take(wanted).collect();
    let atoms = features.iter().map(|f| f.num_atoms()).sum::<usize>() as f64 / features.len().max(1) as f64;

    let device = s2s_model::tch::Device::Cpu;
    let mut learner = recipe.learner(RunIdentity::default(), device)?;
    let trainable = learner.parameters().trainable();
    let gradient_bytes = trainable.iter().map(|(_, tensor)| 4 * tensor.numel()).sum();
    let matrices = trainable.iter().filter(|(name, tensor)| tensor.dim() == 2 && !name.contains("embedding"));
    // Each weight is multiplied and added once going forward and twice going back.
    let per_crystal = matrices.map(|(_, tensor)| 6.0 * tensor.numel() as f64).sum::<f64>() * atoms;
    drop(trainable);

    let masker = || Masker::new(recipe.mask, recipe.replacement, &PaperVocabulary, recipe.fit.seed);
    let size = match training.slots {
        Some(slots) => BatchSize::PaddedAtoms(slots as usize),
        None => BatchSize::Crystals(training.batch.into()),
    };
    let batches = |features, masks| {
        let order = BatchOrder::Bucketed { pool: recipe.pool };
        MaskedAtomBatches::new(features, masker(), masks, size, device)?.ordered(order, recipe.fit.seed)
    };
    let held: Vec<&AtomFeatures> = features.iter().copied().take(1).collect();
    let mut watch = Watch::default();
    fit_together(
        communicator,
        &mut learner,
        &batches(features, Masks::Fresh)?,
        &batches(held, Masks::Fixed)?,
        &mut [&mut watch],
    )?;
    let seconds = watch.last.zip(watch.first).map_or(0.0, |(last, first)| (last - first).as_secs_f64());
    let operations = per_crystal * watch.crystals as f64 / watch.steps.max(1) as f64;
    Ok(Pace { gradient_bytes, crystals: watch.crystals, seconds, steps: watch.steps, operations })
}

/// Times optimizer steps after the first.
#[derive(Debug, Default)]
struct Watch {
    first: Option<Instant>,
    last: Option<Instant>,
    crystals: usize,
    steps: usize,
}

impl Observer for Watch {
    fn awaits(&self, _step: u64) -> bool {
        true
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if self.first.is_some() {
            self.crystals += step.crystals;
        }
        if step.whole {
            let now = Instant::now();
            self.steps += usize::from(self.first.is_some());
            self.first.get_or_insert(now);
            self.last = Some(now);
        }
        Ok(Signal::Continue)
    }
}

/// Sums of each size that are timed.
const REPEATS: usize = 9;

/// Times sums of growing tensors; all processes begin each together.
fn sums(group: &ProcessGroup) -> Result<Vec<SumTime>, Box<dyn Error>> {
    s2s_model::tch::set_num_threads(1);
    let mut times = Vec::new();
    for bytes in [4_usize << 10, 64 << 10, 1 << 20, 8 << 20, 32 << 20, 128 << 20] {
        let mut tensor = Tensor::ones([bytes as i64 / 4], s2s_model::tch::kind::FLOAT_CPU);
        let mut median = |sum: &dyn Fn(&mut Tensor) -> Result<(), s2s_dist::DistError>| -> Result<f64, Box<dyn Error>> {
            let mut seconds = Vec::new();
            for _ in 0..=REPEATS {
                group.barrier()?;
                let begun = Instant::now();
                sum(&mut tensor)?;
                seconds.push(begun.elapsed().as_secs_f64());
            }
            // The first one warms up.
            seconds.remove(0);
            seconds.sort_by(f64::total_cmp);
            Ok(seconds[REPEATS / 2])
        };
        let any_order = median(&|tensor| group.all_reduce(tensor))?;
        let in_order = median(&|tensor| group.sum_in_order(tensor))?;
        times.push(SumTime { bytes, any_order, in_order });
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_does_not_name_the_file_that_it_writes() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let expected = "cargo run --release --features dist --example scale -- speedup --steps 4";
        assert_eq!(command(&words("speedup --out a.md --steps 4")), expected);
        assert_eq!(command(&words("speedup --steps 4 --out=a.md")), expected);
    }

    #[test]
    fn efficiency_follows_the_formulas() {
        let cluster = Cluster { teraflops: 20.0, usable: 0.8, latency: 10.0, overlap: 0.5, bucket: 25.0 };
        // 10 MB over 100 Gb/s at 80 %: 1 ms once; 7/8 of it there and back, and 14 messages; three levels of a tree.
        let [in_order, tree] = cluster.sum_seconds(8, 100.0, 1e7);
        assert!((in_order - (1.75e-3 + 14e-5)).abs() < 1e-12, "{in_order}");
        assert!((tree - (2e-3 + 6e-5)).abs() < 1e-12, "{tree}");
        assert_eq!(cluster.efficiencies(3.0, 1.0, 1e7), [0.75, 0.75], "one bucket does not overlap");
        assert_eq!(cluster.efficiencies(3.0, 1.0, 1e8), [0.75, 3.0 / 3.25], "all buckets but the last overlap");
        assert_eq!(cluster.efficiencies(1.0, 1.5, 1e8), [0.4, 0.5], "what is longer than half a step is waited for");
    }
}
