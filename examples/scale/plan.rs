//! Sizes of messages, times of steps and sums, and what follows from them for clusters.

use std::error::Error;

use super::{
    cluster::Cluster,
    process_group::answer_of_group,
    report::Report,
    sums::{REPEATS, SumTime},
    training::{Pace, Training},
};

/// Measures on this machine, and prints the table for clusters.
pub(crate) fn measure(training: &Training, cluster: &Cluster, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let pace: Pace = serde_json::from_str(&answer_of_group(1, &training.arguments())?)?;
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
        let times: Vec<SumTime> = serde_json::from_str(&answer_of_group(size, &["sum".to_owned()])?)?;
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
