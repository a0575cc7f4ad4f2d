//! Decimal numbers as structure files write them.
//!
//! The common case, at most 15–19 digits and a small power of ten, needs one exact multiplication or division: both
//! operands are exact in binary, so the single rounding of the operation is the correct rounding of the decimal
//! (Clinger 1990). Everything else goes to the standard library, so the result is the same in every case.

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Integers up to this one are exact in binary.
const EXACT: u64 = 1 << 53;

/// So many digits fit into 64 bits, whatever they are.
const MOST_DIGITS: usize = 19;

/// Appends the digits at the beginning of a text to a number, which wraps around beyond [`MOST_DIGITS`]; what follows them.
#[inline]
fn leading_digits<'a>(mut text: &'a [u8], mantissa: &mut u64) -> &'a [u8] {
    while let [digit @ b'0'..=b'9', rest @ ..] = text {
        *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        text = rest;
    }
    text
}

/// As [`leading_digits`], quicker where there are many digits and text follows them.
#[inline]
fn leading_decimals<'a>(mut text: &'a [u8], mantissa: &mut u64) -> &'a [u8] {
    while let Some(eight) = text.first_chunk() {
        let (count, number) = up_to_eight_digits(*eight);
        *mantissa = mantissa.wrapping_mul(WHOLE_POWERS[count]).wrapping_add(number);
        text = &text[count..];
        if count < 8 {
            return text;
        }
    }
    leading_digits(text, mantissa)
}

const WHOLE_POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// How many digits eight bytes begin with, and the number that those are.
///
/// All are treated at once: neighbors are joined to pairs, pairs to fours, fours to the number (Lemire 2022).
#[inline]
fn up_to_eight_digits(text: [u8; 8]) -> (usize, u64) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Digits become their values; adding 0x76 takes every other value, and no digit, to 0x80. A carry reaches only bytes after
    // the first that is no digit.
    let values = u64::from_le_bytes(text) ^ (ONES * b'0' as u64);
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80);
    let count = others.trailing_zeros() as usize / 8;
    if count == 0 {
        return (0, 0);
    }
    // Zeros stand before the digits.
    let digits = values << (64 - 8 * count);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (count, (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF)
}

/// The number, with the bytes that follow it; `None` if the text does not begin with one or it is not finite.
///
/// Exponents may be written with `e`, `E`, `d` or `D`, the last two as Fortran does.
pub(crate) fn leading_number(text: &[u8]) -> Option<(f64, &[u8])> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut mantissa = 0;
    let mut rest = leading_digits(unsigned, &mut mantissa);
    let mut digits = unsigned.len() - rest.len();
    let mut power: i64 = 0;
    if let [b'.', decimals @ ..] = rest {
        rest = leading_decimals(decimals, &mut mantissa);
        digits += decimals.len() - rest.len();
        power = rest.len() as i64 - decimals.len() as i64;
    }
    if digits == 0 {
        return None;
    }
    if let [b'e' | b'E' | b'd' | b'D', exponent @ ..] = rest
        && let Some((further, after)) = signed_exponent(exponent)
    {
        power += further;
        rest = after;
    }
    let magnitude = if digits <= MOST_DIGITS && mantissa <= EXACT && power.unsigned_abs() < POWERS.len() as u64 {
        let scale = POWERS[power.unsigned_abs() as usize];
        let exact = mantissa as f64;
        if power < 0 { exact / scale } else { exact * scale }
    } else {
        by_standard_library(&unsigned[..unsigned.len() - rest.len()])?
    };
    magnitude.is_finite().then_some((if negative { -magnitude } else { magnitude }, rest))
}

/// The digits of an exponent with their sign, at most a million, and what follows them.
fn signed_exponent(text: &[u8]) -> Option<(i64, &[u8])> {
    let (sign, mut rest) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if !rest.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut exponent: i64 = 0;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        exponent = (exponent * 10 + i64::from(digit - b'0')).min(1_000_000);
        rest = after;
    }
    Some((sign * exponent, rest))
}

/// What an unsigned number is that is too long for the short way.
#[cold]
fn by_standard_library(written: &[u8]) -> Option<f64> {
    let written = std::str::from_utf8(written).ok()?;
    if written.contains(['d', 'D']) { written.replace(['d', 'D'], "e").parse().ok() } else { written.parse().ok() }
}

/// A number that is all of the text.
pub(crate) fn number(text: &[u8]) -> Option<f64> {
    leading_number(text).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// A number, possibly followed by its standard uncertainty in parentheses, as in `1.234(5)`.
pub(crate) fn number_with_uncertainty(text: &[u8]) -> Option<f64> {
    let (value, rest) = leading_number(text)?;
    match rest {
        [] => Some(value),
        [b'(', digits @ .., b')'] if !digits.is_empty() && digits.iter().all(|b| b.is_ascii_digit() || *b == b'.') => {
            Some(value)
        }
        _ => None,
    }
}

/// A number as it is written, with how far from it the true value may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    /// The standard uncertainty in parentheses, 0 where there is none.
    pub(crate) uncertainty: f64,
    /// Half a unit of the last decimal, 0 for a number without decimals.
    pub(crate) rounding: f64,
}

/// A number, possibly followed by its standard uncertainty in units of its last digit, as in `1.234(5)`.
pub(crate) fn measured(text: &[u8]) -> Option<Measured> {
    let (value, rest) = leading_number(text)?;
    let written = &text[..text.len() - rest.len()];
    let (decimals, exponent) = match written.iter().position(|&b| b == b'.') {
        Some(point) => {
            let decimals = written[point + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            (decimals, written.get(point + decimals + 2..))
        }
        None => (0, None),
    };
    let unit = POWERS.get(decimals).map_or(0.0, |power| 1.0 / power);
    let unit = match exponent.and_then(signed_exponent) {
        Some((power, _)) => unit * 10_f64.powi(power.clamp(-30, 30) as i32),
        None => unit,
    };
    let uncertainty = match rest {
        [] => 0.0,
        [b'(', digits @ .., b')'] if !digits.is_empty() && digits.iter().all(|b| b.is_ascii_digit() || *b == b'.') => {
            let size = number(digits)?;
            if digits.contains(&b'.') { size } else { size * unit }
        }
        _ => return None,
    };
    Some(Measured { value, uncertainty, rounding: if decimals > 0 { 0.5 * unit } else { 0.0 } })
}

/// An unsigned whole number that is all of the text.
pub(crate) fn count(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn uncertainties_and_fortran_exponents_are_read() {
        assert_eq!(number_with_uncertainty(b"5.4310(12)"), Some(5.431));
        assert_eq!(number_with_uncertainty(b"-.5(1)"), Some(-0.5));
        assert_eq!(number(b"1.5D+02"), Some(150.0));
        assert_eq!(number(b"3."), Some(3.0));
        assert_eq!(number(b"1234567890123456789012345"), Some(1.234_567_890_123_456_8e24));
    }

    #[test]
    fn uncertainties_are_in_units_of_the_last_digit() {
        let read = |text: &str| measured(text.as_bytes()).map(|m| [m.value, m.uncertainty, m.rounding]);
        assert_eq!(read("0.153(8)"), Some([0.153, 0.008, 0.0005]));
        assert_eq!(read("12(3)"), Some([12.0, 3.0, 0.0]));
        assert_eq!(read("1.5(0.2)"), Some([1.5, 0.2, 0.05]));
        assert_eq!(read("-0.003(5)"), Some([-0.003, 0.005, 0.0005]));
        assert_eq!(read("1"), Some([1.0, 0.0, 0.0]));
        assert_eq!(read("4.25e+1"), Some([42.5, 0.0, 0.05]));
        assert_eq!(read("1.2("), None);
        assert_eq!(read("1.2(.)"), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "1.2.3", "nan", "inf", "1e999", "0x10", "1 "] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
        for text in ["1.2(", "1.2()", "1.2(a)", "1.2)", "(3)", "1.2(3)4"] {
            assert_eq!(number_with_uncertainty(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_ends_where_its_digits_end(
            text in "[+-]?[0-9]{1,20}(\\.[0-9]{0,20})?",
            after in "([ /:;a-c()\\-é][0-9. ]{0,9})?",
        ) {
            let all = format!("{text}{after}");
            let (value, rest) = leading_number(all.as_bytes()).expect("invariant: a number stands at the beginning");
            prop_assert_eq!(rest, after.as_bytes());
            prop_assert_eq!(value.to_bits(), text.parse::<f64>().expect("invariant: a decimal").to_bits());
        }

        #[test]
        fn every_decimal_is_read_as_the_standard_library_reads_it(
            text in "[+-]?[0-9]{1,22}(\\.[0-9]{0,24})?([eE][+-]?[0-9]{1,3})?"
        ) {
            let expected: f64 = text.parse().expect("invariant: the pattern is a decimal number");
            prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), expected.is_finite().then_some(expected.to_bits()));
        }

        #[test]
        fn every_printed_number_comes_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(number(value.to_string().as_bytes()).map(f64::to_bits), Some(bits));
        }
    }
}
