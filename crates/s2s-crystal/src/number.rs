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

/// The number, with the bytes that follow it; `None` if the text does not begin with one or it is not finite.
///
/// Exponents may be written with `e`, `E`, `d` or `D`, the last two as Fortran does.
pub(crate) fn leading_number(text: &[u8]) -> Option<(f64, &[u8])> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative || text.first() == Some(&b'+'));
    let mut i = start;
    let mut mantissa: u64 = 0;
    let mut overflow = false;
    let mut digit = |byte: u8| {
        // Nineteen digits fit; the overflow sends the rare longer number to the standard library.
        overflow |= mantissa >= (u64::MAX - 9) / 10;
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
    };
    while let Some(&byte) = text.get(i).filter(|b| b.is_ascii_digit()) {
        digit(byte);
        i += 1;
    }
    let mut digits = i - start;
    let mut power: i64 = 0;
    if text.get(i) == Some(&b'.') {
        i += 1;
        let fraction = i;
        while let Some(&byte) = text.get(i).filter(|b| b.is_ascii_digit()) {
            digit(byte);
            i += 1;
        }
        digits += i - fraction;
        power = -((i - fraction) as i64);
    }
    if digits == 0 {
        return None;
    }
    let mut fortran = false;
    if let Some(letter @ (b'e' | b'E' | b'd' | b'D')) = text.get(i) {
        let sign = text.get(i + 1).filter(|b| matches!(b, b'+' | b'-'));
        let first = i + 1 + usize::from(sign.is_some());
        let mut end = first;
        let mut exponent: i64 = 0;
        while let Some(&byte) = text.get(end).filter(|b| b.is_ascii_digit()) {
            exponent = (exponent * 10 + i64::from(byte - b'0')).min(1_000_000);
            end += 1;
        }
        if end > first {
            power += if sign == Some(&b'-') { -exponent } else { exponent };
            fortran = matches!(letter, b'd' | b'D');
            i = end;
        }
    }
    let magnitude = if !overflow && mantissa <= EXACT && power.unsigned_abs() < POWERS.len() as u64 {
        let scale = POWERS[power.unsigned_abs() as usize];
        let exact = mantissa as f64;
        if power < 0 { exact / scale } else { exact * scale }
    } else {
        let written = std::str::from_utf8(&text[start..i]).ok()?;
        if fortran { written.replace(['d', 'D'], "e").parse().ok()? } else { written.parse().ok()? }
    };
    magnitude.is_finite().then_some((if negative { -magnitude } else { magnitude }, &text[i..]))
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
#[derive(Clone, Copy, Debug, PartialEq)]
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
    let decimals = match written.iter().position(|&b| b == b'.') {
        Some(point) => written[point + 1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        None => 0,
    };
    let unit = POWERS.get(decimals).map_or(0.0, |power| 1.0 / power);
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
