//! Fields of tables of measurements: empty ones, and temperatures with units and limits.

use std::borrow::Cow;

use crate::{Kelvin, Label};

/// Without spaces and quotes around it.
pub(crate) fn plain(field: &str) -> &str {
    field.trim().trim_matches(['"', '\'']).trim()
}

/// Whether a field says that there is nothing.
pub(crate) fn is_empty(text: &str) -> bool {
    ["", "-", "–", "nan", "na", "n/a", "none", "null", "?"].contains(&text.to_lowercase().as_str())
}

/// A field with decimal points for decimal commas, which tables have whose columns something else than a comma separates.
///
/// # Examples
///
/// ```
/// use s2s_data::table::decimal_point;
///
/// assert_eq!(decimal_point("Ba0,6K0,4Fe2As2", b';'), "Ba0.6K0.4Fe2As2");
/// assert_eq!(decimal_point("4,2", b','), "4,2");
/// ```
pub fn decimal_point(field: &str, delimiter: u8) -> Cow<'_, str> {
    if delimiter == b',' || !field.contains(',') {
        return Cow::Borrowed(field);
    }
    let bytes = field.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let point = |(at, character): (usize, char)| match character {
        ',' if is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)) => '.',
        character => character,
    };
    Cow::Owned(field.char_indices().map(point).collect())
}

/// A temperature in K, with or without its unit.
///
/// | field | value |
/// |---|---|
/// | `4.2`, `4.2 K`, `=4.2` | [`At`](Self::At) 4.2 K |
/// | `<4.2`, `≤ 4.2 K`, `<=4.2`, `=<4.2`, `⩽4.2` | [`Below`](Self::Below) 4.2 K |
/// | `0`, `0.0 K`, `=0` | [`Zero`](Self::Zero) |
///
/// Everything else is no temperature: a lower limit (`>4.2`), an estimate (`~4.2`), a range, another unit (`350 mK`), a mark without a
/// number or before zero, what is negative, not finite or beyond [`Kelvin::HIGHEST_TRANSITION`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Temperature {
    /// Zero, with which tables say that no transition was found.
    Zero,
    /// A value.
    At(Kelvin),
    /// An upper limit.
    Below(Kelvin),
}

/// What stands before an upper limit; a mark comes before those that it begins with.
const UPPER_LIMIT: [&str; 5] = ["<=", "=<", "<", "≤", "⩽"];

impl Temperature {
    /// Reads a field; `None` if it is no temperature in K.
    pub(crate) fn read(field: &str) -> Option<Self> {
        let number = field.trim();
        let number = number.strip_suffix('K').unwrap_or(number).trim_end();
        let limit = UPPER_LIMIT.iter().find_map(|mark| number.strip_prefix(mark));
        let value = limit.or_else(|| number.strip_prefix('=')).unwrap_or(number);
        match (value.trim_start().parse().map(Kelvin).ok()?, limit) {
            (Kelvin(0.0), None) => Some(Self::Zero),
            (kelvin, None) if kelvin.is_transition_temperature() => Some(Self::At(kelvin)),
            (kelvin, Some(_)) if kelvin.is_transition_temperature() => Some(Self::Below(kelvin)),
            _ => None,
        }
    }

    /// The label of a sample with this transition temperature.
    pub(crate) fn label(self) -> Label {
        match self {
            Self::Zero => Label::NoneReported,
            Self::At(tc) => Label::Superconductor { tc: Some(tc) },
            Self::Below(tested_to) => Label::NoTransition { tested_to },
        }
    }

    /// Reads the lowest temperature of a measurement, with or without the mark of a limit; zero is none.
    pub(crate) fn read_lowest(field: &str) -> Option<Kelvin> {
        match Self::read(field)? {
            Self::At(kelvin) | Self::Below(kelvin) => Some(kelvin),
            Self::Zero => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_values_limits_or_zero() {
        let at = Some(Temperature::At(Kelvin(4.2)));
        for field in ["4.2", " 4.2 K ", "4.2K", "=4.2", "= 4.2 K", "+4.2", "42e-1"] {
            assert_eq!((Temperature::read(field), Temperature::read_lowest(field)), (at, Some(Kelvin(4.2))), "{field}");
        }
        let below = Some(Temperature::Below(Kelvin(4.2)));
        for field in ["<4.2", "< 4.2 K", "<=4.2", "=<4.2", "≤4.2", "≤ 4.2K", "⩽4.2", " <4.2 "] {
            let read = (Temperature::read(field), Temperature::read_lowest(field));
            assert_eq!(read, (below, Some(Kelvin(4.2))), "{field}");
        }
        for field in ["0", "0.0 K", "=0", "-0"] {
            assert_eq!((Temperature::read(field), Temperature::read_lowest(field)), (Some(Temperature::Zero), None));
        }
    }

    #[test]
    fn a_comma_between_digits_is_a_decimal_point_where_it_separates_no_columns() {
        assert_eq!(decimal_point("Ba0,6K0,4Fe2As2", b';'), "Ba0.6K0.4Fe2As2");
        assert_eq!(decimal_point("<4,2 K", b'\t'), "<4.2 K");
        for text in ["4,2", "Nb,", ",2", "δ,2", ""] {
            assert_eq!(decimal_point(text, if text == "4,2" { b',' } else { b';' }), text);
        }
    }

    #[test]
    fn what_is_no_temperature_is_refused_with_and_without_a_mark() {
        for text in ["", "K", "-4", "inf", "nan", "1e9", "4,2", "4.2(1)", "4.2-5", "350 mK", "4.2 k", "4.2 KK", "x"] {
            for mark in ["", "<", "=", "≤", "<="] {
                assert_eq!(Temperature::read(&format!("{mark}{text}")), None, "{mark}{text}");
            }
        }
        for field in ["<0", "≤0", ">4.2", "≥4.2", ">=4.2", "~4.2", "≈4.2", "==4.2", "<<4.2", "<-4", "= <4.2"] {
            assert_eq!((Temperature::read(field), Temperature::read_lowest(field)), (None, None), "{field}");
        }
    }
}
