//! Says which devices libtorch can compute on, tries each, and says why CUDA is missing if it is.
//!
//! `cargo xtask doctor` runs this after looking at the libtorch itself.

mod output;

use std::process::ExitCode;
use std::time::Instant;

use output::say;
use s2s_model::device::{self, CudaStatus};
use tch::{Device, Kind, TchError, Tensor};

/// Edge of the square matrices that are multiplied.
const SIZE: i64 = 512;

fn main() -> ExitCode {
    match device::probe() {
        CudaStatus::Available { devices, cudnn } => {
            let cudnn = if *cudnn { "with" } else { "without" };
            say!("CUDA          {devices} device(s), {cudnn} cuDNN");
        }
        CudaStatus::Unavailable(reason) => say!("CUDA          not available: {reason}"),
        status => say!("CUDA          {status:?}"),
    }
    say!("CPU threads   {}", tch::get_num_threads());
    let mut status = ExitCode::SUCCESS;
    for device in device::available() {
        let result = product(device);
        if !matches!(result, Ok((true, _))) {
            status = ExitCode::FAILURE;
        }
        let verdict = match result {
            Ok((true, seconds)) => format!("is right, {:.2} ms", seconds * 1e3),
            Ok((false, _)) => "is WRONG".into(),
            Err(error) => format!("FAILS: {error}"),
        };
        let device = format!("{device:?}");
        say!("{device:<13} a {SIZE} x {SIZE} product {verdict}");
    }
    status
}

/// Multiplies two matrices of small integers, whose product every device computes exactly; the second time is the one
/// that counts, because the first loads kernels.
fn product(device: Device) -> Result<(bool, f64), TchError> {
    let count = Tensor::f_arange(SIZE * SIZE, (Kind::Float, device))?;
    let left = count.f_remainder(7.0)?.f_reshape([SIZE, SIZE])?;
    let right = count.f_remainder(5.0)?.f_reshape([SIZE, SIZE])?;
    let expected = left.f_to_kind(Kind::Double)?.f_matmul(&right.f_to_kind(Kind::Double)?)?;
    let mut seconds = f64::INFINITY;
    let mut correct = true;
    for _ in 0..2 {
        let start = Instant::now();
        let found = left.f_matmul(&right)?;
        // Reading a number back waits for the device.
        f64::try_from(found.f_sum(Kind::Double)?)?;
        seconds = start.elapsed().as_secs_f64();
        correct &= found.f_to_kind(Kind::Double)?.f_equal(&expected)?;
    }
    Ok((correct, seconds))
}
