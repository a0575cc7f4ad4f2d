//! Numbers of the command line, refused where they are read if nothing can be done with them.

/// A share of something, of which both sides are used.
#[allow(dead_code, reason = "not every program divides")]
pub(crate) fn share(text: &str) -> Result<f64, String> {
    number(text, |share| share > 0.0 && share < 1.0, "a number between 0 and 1")
}

/// A share of something, or nothing of it.
#[allow(dead_code, reason = "not every program divides")]
pub(crate) fn share_or_none(text: &str) -> Result<f64, String> {
    number(text, |share| (0.0..1.0).contains(&share), "0, or a number below 1")
}

/// A share of something, up to the whole.
#[allow(dead_code, reason = "not every program takes parts")]
pub(crate) fn part(text: &str) -> Result<f64, String> {
    number(text, |share| share > 0.0 && share <= 1.0, "a number above 0 and at most 1")
}

/// A weight, a size, a rate.
#[allow(dead_code, reason = "not every program weighs")]
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    number(text, |number| number > 0.0 && number.is_finite(), "a positive number")
}

/// The seeds from the first on.
#[allow(dead_code, reason = "not every program repeats")]
pub(crate) fn seeds(first: u64, count: u64) -> Result<std::ops::Range<u64>, String> {
    let end = first.checked_add(count);
    Ok(first..end.ok_or_else(|| format!("{count} seeds from {first} on exceed the largest seed"))?)
}

fn number(text: &str, is_valid: impl Fn(f64) -> bool, expected: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if is_valid(number) => Ok(number),
        _ => Err(format!("`{text}` is not {expected}")),
    }
}
