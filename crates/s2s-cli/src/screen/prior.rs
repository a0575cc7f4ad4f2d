//! Base rates: the share of positive examples at which a probability is calibrated, and another one asked for.

/// A calibrated probability at another base rate.
///
/// ```text
/// odds′ = odds · [π′ / (1 − π′)] / [π / (1 − π)]
/// ```
///
/// Exact where the two populations differ in the share of positives only (Saerens et al., Neural Comput. 14, 21 (2002),
/// Eq. 4).
pub(super) fn rescaled(probability: f64, trained: f64, asked: f64) -> f64 {
    let positive = probability * asked / trained;
    let negative = (1.0 - probability) * (1.0 - asked) / (1.0 - trained);
    positive / (positive + negative)
}

/// A base rate on the command line.
pub(super) fn parse(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    if rate > 0.0 && rate < 1.0 { Ok(rate) } else { Err("a base rate lies between 0 and 1, both excluded".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_rate_itself_becomes_the_prior() {
        assert!((rescaled(0.25, 0.25, 0.05) - 0.05).abs() < 1e-12);
        assert!((rescaled(0.7, 0.25, 0.25) - 0.7).abs() < 1e-12);
        // Odds of 3 at even odds are odds of 3/9 at one in ten.
        assert!((rescaled(0.75, 0.5, 0.1) - 0.25).abs() < 1e-12);
        assert_eq!((rescaled(0.0, 0.5, 0.1), rescaled(1.0, 0.5, 0.1)), (0.0, 1.0));
    }

    #[test]
    fn base_rates_lie_between_zero_and_one() {
        assert_eq!(parse("0.1"), Ok(0.1));
        for wrong in ["0", "1", "-0.1", "NaN", "inf", "x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
