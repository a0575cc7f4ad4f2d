//! How long sums over a group of processes take.

use std::{error::Error, time::Instant};

use s2s_dist::ProcessGroup;
use s2s_model::tch::Tensor;
use serde::{Deserialize, Serialize};

/// Sums of each size that are timed.
pub(crate) const REPEATS: usize = 9;

/// How long sums of a size take, in seconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SumTime {
    pub(crate) bytes: usize,
    pub(crate) any_order: f64,
    pub(crate) in_order: f64,
}

/// Times sums of growing tensors; all processes begin each together.
pub(crate) fn measure(group: &ProcessGroup) -> Result<Vec<SumTime>, Box<dyn Error>> {
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
