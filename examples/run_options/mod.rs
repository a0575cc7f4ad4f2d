//! Options that training examples share.

use std::{error::Error, fs, path::PathBuf};

use clap::{Args, ValueEnum};
use s2s_model::{EncoderConfig, S2sNetConfig, device::DeviceChoice};
use s2s_train::{Alone, Team, resolve};
use serde::{Serialize, de::DeserializeOwned};
use tch::Device;

/// Which network, on what, configured how.
#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    /// Network to start from
    #[arg(long, value_enum, default_value_t = Preset::Paper)]
    pub(crate) preset: Preset,
    /// Width of the network; everything that the preset derives from its width follows
    #[arg(long, default_value_t = 64)]
    pub(crate) width: i64,
    /// Number of encoder layers [default: the preset's]
    #[arg(long)]
    pub(crate) layers: Option<usize>,
    /// TOML file with settings over the preset; unknown keys are refused
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Setting over preset and file, such as fit.optimizer.rate=0.001; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    pub(crate) device: String,
    /// Threads of the tensor library and of the featurizer [default: all]
    #[arg(long)]
    pub(crate) threads: Option<usize>,
}

/// Networks of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// The paper as printed
    Paper,
    /// The authors' released code
    Released,
    /// Ours: the same answer for the same crystal, however its cell is written down
    Periodic,
}

impl RunOptions {
    /// Sets the threads and finds the device.
    pub(crate) fn prepare(&self) -> Result<Device, Box<dyn Error>> {
        if let Some(threads) = self.threads {
            tch::set_num_threads(i32::try_from(threads)?);
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        }
        Ok(self.device.parse::<DeviceChoice>()?.resolve()?)
    }

    /// The processes that train together: those that the environment speaks of, or this one alone.
    #[allow(dead_code, reason = "not every example trains together")]
    pub(crate) fn team() -> Result<Box<dyn Team>, Box<dyn Error>> {
        #[cfg(feature = "dist")]
        if let Some(rendezvous) = s2s_dist::Rendezvous::from_env()? {
            return Ok(Box::new(s2s_dist::ProcessGroup::join(&rendezvous, "s2s")?));
        }
        Ok(Box::new(Alone))
    }

    /// The preset at this width and depth.
    pub(crate) fn model(&self) -> S2sNetConfig {
        let mut config = match self.preset {
            Preset::Paper => S2sNetConfig::paper(),
            Preset::Released => S2sNetConfig::released(),
            Preset::Periodic => S2sNetConfig::periodic(),
        };
        match &mut config.encoder {
            EncoderConfig::Paper(encoder) => {
                encoder.width = self.width;
                encoder.layers = self.layers.unwrap_or(encoder.layers);
                config.head.hidden = vec![self.width];
            }
            EncoderConfig::Released(encoder) => {
                encoder.width = self.width;
                encoder.feed_forward = 4 * self.width;
                encoder.layers = self.layers.unwrap_or(encoder.layers);
                config.head = S2sNetConfig::released_head(self.width);
            }
            EncoderConfig::Periodic(encoder) => {
                encoder.width = self.width;
                encoder.feed_forward = 2 * self.width;
                encoder.layers = self.layers.unwrap_or(encoder.layers);
                config.head.hidden = vec![self.width];
            }
            _ => {}
        }
        config
    }

    /// A recipe with the file and the settings applied.
    pub(crate) fn resolve<C: Serialize + DeserializeOwned>(&self, preset: &C) -> Result<C, Box<dyn Error>> {
        let read =
            |path: &PathBuf| fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
        let text = self.config.as_ref().map(read).transpose()?;
        Ok(resolve(preset, text.as_deref(), &self.settings)?)
    }
}
