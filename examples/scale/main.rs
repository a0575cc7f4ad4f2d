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

#[path = "../number/mod.rs"]
mod number;
#[path = "../output/mod.rs"]
mod output;

mod cluster;
mod plan;
mod process_group;
mod report;
mod speedup;
mod sums;
mod training;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use output::say;
use s2s_dist::ProcessGroup;

use self::{cluster::Cluster, report::Report, training::Training};

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
            speedup::measure(training, *rounds, &mut report)?;
            report.keep(out.as_deref())
        }
        Task::Plan { training, cluster, out } => {
            let mut report = Report::default();
            plan::measure(training, cluster, &mut report)?;
            report.keep(out.as_deref())
        }
        Task::Train(training) => {
            let pace = training.run()?;
            say!("{}", serde_json::to_string(&pace)?);
            Ok(())
        }
        Task::Sum => {
            let times = sums::measure(&ProcessGroup::from_env()?)?;
            say!("{}", serde_json::to_string(&times)?);
            Ok(())
        }
    }
}
