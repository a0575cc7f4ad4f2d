//! Limits of descriptions, so that a changed file cannot ask for endless memory or work.
//!
//! The largest published network is 2,048 wide and has fifteen layers. What a file of weights holds bounds everything else:
//! every tensor is compared with it before it is made.

use s2s_featurize::{GaussianBasis, RadialBasis, Scaling};

use super::{
    Calibration, CgcnnConfig, ConfigError, EncoderConfig, MegnetConfig, MegnetState, MlpConfig, ReadoutConfig,
    S2sNetConfig, Task,
};

/// Longest dimension of a tensor.
pub(crate) const MAX_WIDTH: i64 = 1 << 16;

/// Most layers, blocks or convolutions, and most hidden layers of a head.
const MAX_LAYERS: usize = 1 << 10;

/// Most centers of a radial basis; the paper has 512, and every pair of a batch is expanded in all of them.
const MAX_CENTERS: usize = 1 << 12;

/// Most rounds of a Set2Set: the weights do not depend on it.
const MAX_STEPS: usize = 1 << 8;

/// Most networks that share the matrices of a head.
const MAX_MEMBERS: i64 = 1 << 10;

/// Every descriptor once, and a few more.
const MAX_DESCRIPTORS: usize = 32;

/// Longest cutoff in Å: no interaction reaches a hundredth as far.
const MAX_LENGTH: f64 = 1000.0;

/// Slopes and deviations between this and its inverse are numbers that a fit can give.
const MAX_SCALE: f64 = 1e9;

impl S2sNetConfig {
    /// Whether the numbers describe a network of a size that exists.
    pub(crate) fn bounded(&self) -> Result<(), ConfigError> {
        self.validate()?;
        width("the width", self.encoder.width())?;
        head(&self.head)?;
        if let ReadoutConfig::Set2Set { steps } = self.readout {
            count("rounds of Set2Set", steps, MAX_STEPS)?;
        }
        if let Some(members) = self.members.filter(|members| !(1..=MAX_MEMBERS).contains(members)) {
            return invalid(format!("the number of members is {members}, not 1 to {MAX_MEMBERS}"));
        }
        if let Some(globals) = &self.globals {
            at_most("sets of descriptors", globals.descriptors.blocks().len(), MAX_DESCRIPTORS)?;
            let knots = globals.scaling.knots();
            if !(2..=Scaling::MAX_KNOTS).contains(&knots) {
                return invalid(format!("a scale has {knots} knots, not 2 to {}", Scaling::MAX_KNOTS));
            }
        }
        let (layers, gaussians) = match &self.encoder {
            EncoderConfig::Paper(config) => {
                length("the cutoff", config.cutoff)?;
                (config.layers, &config.basis)
            }
            EncoderConfig::Released(config) => {
                width("the feed-forward width", config.feed_forward)?;
                width("the number of heads", config.heads)?;
                dropout("the dropout", config.dropout)?;
                dropout("the attention dropout", config.attention_dropout)?;
                (config.layers, &config.basis)
            }
            EncoderConfig::Periodic(config) => {
                width("the feed-forward width", config.feed_forward)?;
                width("the number of heads", config.heads)?;
                width("the number of channels", config.channels)?;
                length("the cutoff", config.cutoff)?;
                dropout("the dropout", config.dropout)?;
                (config.layers, &config.basis)
            }
        };
        count("layers", layers, MAX_LAYERS)?;
        basis(gaussians)
    }
}

impl CgcnnConfig {
    /// Whether the numbers describe a network of a size that exists.
    pub(crate) fn bounded(&self) -> Result<(), ConfigError> {
        width("the width", self.encoder.width)?;
        count("convolutions", self.encoder.convolutions, MAX_LAYERS)?;
        basis(&self.encoder.basis)?;
        head(&self.head)
    }
}

impl MegnetConfig {
    /// Whether the numbers describe a network of a size that exists.
    pub(crate) fn bounded(&self) -> Result<(), ConfigError> {
        let encoder = &self.encoder;
        for (what, wide) in [
            ("the width of the embedding", encoder.embedding),
            ("the width", encoder.width),
            ("the hidden width", encoder.hidden),
        ] {
            width(what, wide)?;
        }
        count("blocks", encoder.blocks, MAX_LAYERS)?;
        count("rounds of Set2Set", self.steps, MAX_STEPS)?;
        length("the cutoff", encoder.cutoff)?;
        basis(&encoder.basis)?;
        if let MegnetState::Fidelity { levels, level } = encoder.state {
            width("the number of fidelities", levels)?;
            if !(0..levels).contains(&level) {
                return invalid(format!("fidelity {level} of {levels} does not exist"));
            }
        }
        head(&self.head)
    }
}

impl Task {
    /// Checks that the numbers are such as training gives.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a slope or a deviation is not positive, or a number is too large to compute with.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::Classification { calibration, .. } => calibration.validate(),
            Self::Regression { mean, deviation, .. } => {
                scale("the standard deviation", *deviation)?;
                offset("the mean", *mean)
            }
            Self::MaskedAtoms => Ok(()),
        }
    }
}

impl Calibration {
    /// Checks that the line rises, by numbers that can be computed with, and does not make every probability 0 or 1.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it does not: a line that falls or is level turns every answer around or into one, and so does an offset
    /// beyond [`MOST_LOG_ODDS`](Self::MOST_LOG_ODDS).
    pub fn validate(&self) -> Result<(), ConfigError> {
        scale("the slope of the calibration", self.slope)?;
        if self.offset.abs() <= Self::MOST_LOG_ODDS {
            return Ok(());
        }
        invalid(format!("the offset of the calibration is {:e}, beyond {}", self.offset, Self::MOST_LOG_ODDS))
    }
}

fn invalid<T>(reason: String) -> Result<T, ConfigError> {
    Err(ConfigError { reason })
}

fn width(what: &str, width: i64) -> Result<(), ConfigError> {
    if (1..=MAX_WIDTH).contains(&width) { Ok(()) } else { invalid(format!("{what} is {width}, not 1 to {MAX_WIDTH}")) }
}

fn count(what: &str, count: usize, most: usize) -> Result<(), ConfigError> {
    if count == 0 { invalid(format!("there are no {what}")) } else { at_most(what, count, most) }
}

fn at_most(what: &str, count: usize, most: usize) -> Result<(), ConfigError> {
    if count <= most { Ok(()) } else { invalid(format!("{count} {what} are more than {most}")) }
}

fn length(what: &str, length: f64) -> Result<(), ConfigError> {
    if length > 0.0 && length <= MAX_LENGTH {
        Ok(())
    } else {
        invalid(format!("{what} is {length} Å, not up to {MAX_LENGTH} Å"))
    }
}

fn dropout(what: &str, share: f64) -> Result<(), ConfigError> {
    if (0.0..1.0).contains(&share) { Ok(()) } else { invalid(format!("{what} is {share}, not at least 0 and below 1")) }
}

fn scale(what: &str, number: f64) -> Result<(), ConfigError> {
    if (1.0 / MAX_SCALE..=MAX_SCALE).contains(&number) {
        Ok(())
    } else {
        invalid(format!("{what} is {number:e}, not a positive number of usual size"))
    }
}

fn offset(what: &str, number: f64) -> Result<(), ConfigError> {
    if number.abs() <= MAX_SCALE { Ok(()) } else { invalid(format!("{what} is {number:e}")) }
}

fn basis(basis: &GaussianBasis) -> Result<(), ConfigError> {
    count("centers of the radial basis", basis.len(), MAX_CENTERS)?;
    let last = basis.center(basis.len() - 1);
    let usual = |number: f64| number.abs() <= MAX_SCALE;
    if usual(basis.center(0)) && usual(last) && (1.0 / MAX_SCALE..=MAX_SCALE).contains(&basis.width()) {
        Ok(())
    } else {
        invalid("the radial basis lies outside of all distances".to_owned())
    }
}

fn head(config: &MlpConfig) -> Result<(), ConfigError> {
    at_most("hidden layers", config.hidden.len(), MAX_LAYERS)?;
    dropout("the dropout of the head", config.dropout)?;
    config.hidden.iter().try_for_each(|wide| width("the width of a hidden layer", *wide))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, ModelConfig};

    #[test]
    fn what_no_network_has_is_refused_by_name() {
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut value = serde_json::to_value(ModelConfig::S2sNet(S2sNetConfig::periodic())).expect("plain data");
            change(&mut value);
            let config: ModelConfig = serde_json::from_value(value).expect("it still reads");
            config.validate().expect_err("an impossible network").to_string()
        };
        let start = "invalid model configuration: ";
        for (pointer, number, expected) in [
            ("/encoder/width", 1_000_000_000_000_i64, "the width is 1000000000000, not 1 to 65536"),
            ("/encoder/layers", 1_000_000_000, "1000000000 layers are more than 1024"),
            ("/encoder/layers", 0, "there are no layers"),
            ("/encoder/dropout", 1, "the dropout is 1, not at least 0 and below 1"),
            ("/head/dropout", -1, "the dropout of the head is -1, not at least 0 and below 1"),
            ("/encoder/basis/count", 5000, "5000 centers of the radial basis are more than 4096"),
            ("/encoder/channels", -1, "the number of channels is -1, not 1 to 65536"),
            ("/readout/steps", 1_000_000_000, "1000000000 rounds of Set2Set are more than 256"),
            ("/head/hidden/0", 1 << 40, "the width of a hidden layer is 1099511627776, not 1 to 65536"),
        ] {
            let change = |value: &mut serde_json::Value| *value.pointer_mut(pointer).expect("a number") = number.into();
            assert_eq!(refused(&change), format!("{start}{expected}"), "{pointer}");
        }
        for slope in [0.0, -1.0, 1e308, f64::NAN] {
            assert!(Calibration { slope, offset: 0.0 }.validate().is_err(), "{slope}");
        }
        for offset in [1e9, -37.0, f64::INFINITY, f64::NAN] {
            assert!(Calibration { slope: 1.0, offset }.validate().is_err(), "{offset}");
        }
    }
}
