//! Command-line options for device and threads, and for settings that differ from the preset.

use std::{error::Error, fs, path::PathBuf};

use clap::Args;
use s2s_model::device::DeviceChoice;
use tch::Device;

/// On what, and what is set differently.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    /// TOML file with settings over the preset; unknown keys are refused
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Setting over preset and file, such as fit.optimizer.rate=0.001; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
    /// Threads of the tensor library and of the featurizer [default: all]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Bad lines of a data file that are skipped and counted; one more ends the run, as a damaged file does
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_errors: u64,
}

impl Settings {
    /// Sets the threads and finds the device.
    pub(crate) fn prepare(&self) -> Result<Device, Box<dyn Error>> {
        if let Some(threads) = self.threads {
            tch::set_num_threads(i32::from(threads));
            rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global()?;
        }
        Ok(self.device.parse::<DeviceChoice>()?.resolve()?)
    }

    /// The text of the file, if there is one.
    pub(crate) fn text(&self) -> Result<Option<String>, Box<dyn Error>> {
        let read =
            |path: &PathBuf| fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
        Ok(self.config.as_ref().map(read).transpose()?)
    }
}
