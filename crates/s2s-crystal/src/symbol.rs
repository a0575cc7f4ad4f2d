//! Element symbols as structure files write them: `Fe`, `FE`, `Fe3+`, `Fe+3`, `O2-`, `D`.

use std::sync::LazyLock;

use crate::{Element, number::leading_number};

/// An element read from a longer word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Symbol {
    pub(crate) element: Element,
    /// Whether the word says D or T.
    pub(crate) isotope: bool,
    /// Formal charge that the word states.
    pub(crate) oxidation: Option<f32>,
}

/// Atomic number by first letter and optional second letter, 0 where there is no such element.
static TABLE: LazyLock<[[u8; 27]; 26]> = LazyLock::new(|| {
    let mut table = [[0; 27]; 26];
    for element in Element::all() {
        let symbol = element.symbol().as_bytes();
        let second = symbol.get(1).map_or(0, |letter| letter - b'a' + 1);
        table[usize::from(symbol[0] - b'A')][usize::from(second)] = element.atomic_number();
    }
    table
});

/// The element with these letters, in any case.
#[inline]
fn element(first: u8, second: Option<u8>) -> Option<Element> {
    let row = first.to_ascii_uppercase().checked_sub(b'A')?;
    let column = match second {
        None => 0,
        Some(letter) => letter.to_ascii_uppercase().checked_sub(b'A')? + 1,
    };
    let number = *TABLE.get(usize::from(row))?.get(usize::from(column))?;
    Element::from_atomic_number(number).ok()
}

/// The element of a type symbol: letters, then possibly a charge and anything after it.
pub(crate) fn from_type_symbol(word: &[u8]) -> Option<Symbol> {
    let letters = word.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.len());
    let (element, isotope) = match word[..letters] {
        [b'D' | b'd' | b'T' | b't'] => (element(b'H', None), true),
        [one] => (element(one, None), false),
        [one, two] => (element(one, Some(two)), false),
        _ => (None, false),
    };
    Some(Symbol { element: element?, isotope, oxidation: charge(&word[letters..]) })
}

/// The element at the beginning of a label such as `Fe1A`, `O2W` or `CA3`.
///
/// A second letter in lower case belongs to the symbol if that is an element. A second letter in upper case does so only
/// where exactly two letters stand together: `CA3` is calcium, `HO2A` holmium, but `OH1` is oxygen.
pub(crate) fn from_label(label: &[u8]) -> Option<Symbol> {
    let letters = label.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(label.len());
    let found = |element| Symbol { element, isotope: false, oxidation: None };
    match label[..letters] {
        [] => None,
        [one, two, ..] if two.is_ascii_lowercase() || letters == 2 => {
            element(one, Some(two)).map(found).or_else(|| from_type_symbol(&label[..1]))
        }
        [one, ..] => from_type_symbol(&[one]),
    }
}

/// A charge such as `3+`, `+3`, `2-`, `+` or `0.5+` at the beginning of a word.
fn charge(word: &[u8]) -> Option<f32> {
    let sign = |byte: &u8| match byte {
        b'+' => Some(1.0),
        b'-' => Some(-1.0),
        _ => None,
    };
    if let Some(sign) = word.first().and_then(sign) {
        let magnitude = leading_number(&word[1..]).map_or(1.0, |(value, _)| value);
        return Some((sign * magnitude) as f32);
    }
    let (magnitude, rest) = leading_number(word)?;
    rest.first().and_then(sign).map(|sign| (sign * magnitude) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_and_isotopes_are_read() {
        let read = |word: &str| from_type_symbol(word.as_bytes()).map(|s| (s.element.symbol(), s.isotope, s.oxidation));
        assert_eq!(read("Fe3+"), Some(("Fe", false, Some(3.0))));
        assert_eq!(read("FE+2"), Some(("Fe", false, Some(2.0))));
        assert_eq!(read("O2-"), Some(("O", false, Some(-2.0))));
        assert_eq!(read("Fe2.5+"), Some(("Fe", false, Some(2.5))));
        assert_eq!(read("Na+"), Some(("Na", false, Some(1.0))));
        assert_eq!(read("D"), Some(("H", true, None)));
        assert_eq!(read("Fe1"), Some(("Fe", false, None)));
        assert_eq!(read("Xx"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn labels_begin_with_their_element() {
        let read = |word: &str| from_label(word.as_bytes()).map(|s| s.element.symbol());
        for (label, symbol) in
            [("Fe1A", "Fe"), ("CA3", "Ca"), ("OH1", "O"), ("O2W", "O"), ("Cu", "Cu"), ("Ow1", "O"), ("D4", "H")]
        {
            assert_eq!(read(label), Some(symbol), "{label}");
        }
        assert_eq!(read("1Fe"), None);
        assert_eq!(read("Q1"), None);
    }
}
