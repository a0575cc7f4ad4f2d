//! How fast clusters would be: the formulas of the example.

use clap::Args;

use super::number;

/// What is assumed about clusters.
#[derive(Args, Clone, Debug)]
pub(crate) struct Cluster {
    /// 10¹² operations per second that a GPU sustains in this network
    #[arg(long, default_value_t = 20.0, value_parser = number::positive)]
    pub(crate) teraflops: f64,
    /// Share of a link's rate that messages reach
    #[arg(long, default_value_t = 0.8, value_parser = number::part)]
    pub(crate) usable: f64,
    /// Latency of a message in µs
    #[arg(long, default_value_t = 10.0, value_parser = number::positive)]
    pub(crate) latency: f64,
    /// Share of a step that can overlap with messages
    #[arg(long, default_value_t = 0.6, value_parser = number::part)]
    pub(crate) overlap: f64,
    /// Megabytes of a bucket
    #[arg(long, default_value_t = 8.0, value_parser = number::positive)]
    pub(crate) bucket: f64,
}

impl Cluster {
    /// Seconds of a sum in order and by tree.
    pub(crate) fn sum_seconds(&self, gpus: u32, gigabits: f64, bytes: f64) -> [f64; 2] {
        let (n, latency) = (f64::from(gpus), 1e-6 * self.latency * self.buckets(bytes));
        let once = 8.0 * bytes / (self.usable * 1e9 * gigabits);
        let in_order = 2.0 * (n - 1.0) / n * once + 2.0 * (n - 1.0) * latency;
        [in_order, 2.0 * once + 2.0 * n.log2().ceil() * latency]
    }

    /// Shares of the speed of `N` GPUs that do not wait for each other: without and with overlap.
    pub(crate) fn efficiencies(&self, step: f64, sum: f64, bytes: f64) -> [f64; 2] {
        let exposed = (sum / self.buckets(bytes)).max(sum - self.overlap * step);
        [step / (step + sum), step / (step + exposed)]
    }

    fn buckets(&self, bytes: f64) -> f64 {
        (bytes / (1e6 * self.bucket)).round().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
