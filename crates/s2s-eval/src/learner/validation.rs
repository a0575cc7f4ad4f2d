//! Validation of the settings of learners, before anything is learned.

use crate::EvalError;

/// A number above zero.
pub(super) fn positive(name: &str, value: f64) -> Result<(), EvalError> {
    require(value > 0.0 && value.is_finite(), name, value, "a positive number")
}

/// A penalty: zero or more.
pub(super) fn not_negative(name: &str, value: f64) -> Result<(), EvalError> {
    require(value >= 0.0 && value.is_finite(), name, value, "zero or a positive number")
}

/// A share of something, up to the whole.
pub(super) fn share(name: &str, value: f64) -> Result<(), EvalError> {
    require(value > 0.0 && value <= 1.0, name, value, "above 0 and at most 1")
}

/// A share that may be nothing, but not the whole.
pub(super) fn part(name: &str, value: f64) -> Result<(), EvalError> {
    require((0.0..1.0).contains(&value), name, value, "at least 0 and below 1")
}

/// A count of at least one.
pub(super) fn count(name: &str, value: u64, most: u64) -> Result<(), EvalError> {
    require((1..=most).contains(&value), name, value, &format!("between 1 and {most}"))
}

fn require(is_valid: bool, name: &str, value: impl ToString, expected: &str) -> Result<(), EvalError> {
    if is_valid {
        return Ok(());
    }
    Err(EvalError::Config { reason: format!("{name} is {}, which is not {expected}", value.to_string()) })
}
