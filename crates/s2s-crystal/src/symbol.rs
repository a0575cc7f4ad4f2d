//! Element symbols as structure files write them: `Fe`, `FE`, `Fe3+`, `Fe+3`, `O2-`, `D`.

use std::sync::LazyLock;

use crate::{Element, number::leading_number};

/// Elements from here on are in no known crystal.
pub(crate) const NEVER_SEEN: u8 = 100;

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

/// The element of a type symbol: letters, then possibly a charge and an index or a remark.
///
/// What follows the letters is read or known to say nothing about the content: `Nb0.8Zr0.2` and `La/Sr` are no elements.
pub(crate) fn from_type_symbol(word: &[u8]) -> Option<Symbol> {
    let letters = word.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.len());
    let (element, isotope) = match word[..letters] {
        [b'D' | b'd' | b'T' | b't'] => (element(b'H', None), true),
        [one] => (element(one, None), false),
        [one, two] => (element(one, Some(two)), false),
        _ => (None, false),
    };
    let rest = &word[letters..];
    if rest.is_empty() {
        return Some(Symbol { element: element?, isotope, oxidation: None });
    }
    // In capitals with more after it, `NH4` and `CN2` are no nihonium and copernicium.
    if letters == 2 && word[1].is_ascii_uppercase() && element?.atomic_number() >= NEVER_SEEN {
        return None;
    }
    // Minerals have tetrahedral sites T1 and T2.
    if matches!(word, [b'T' | b't', b'0'..=b'9'] | [b'T' | b't', b'0'..=b'9', b'A'..=b'Z' | b'a'..=b'z']) {
        return None;
    }
    let (oxidation, rest) = charge(rest).map_or((None, rest), |(charge, rest)| (Some(charge), rest));
    is_remark(rest).then_some(Symbol { element: element?, isotope, oxidation })
}

/// Whether the end of a type symbol says nothing about the content of the site: an index such as `1` or `_2`, the kind of a
/// potential such as `_pv`, marks, a valence such as `(III)`, a hash after a slash, a property such as `,spin=5`.
fn is_remark(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b',', property @ ..] => property.contains(&b'=') && property[0].is_ascii_lowercase(),
        [b'/', hash @ ..] => hash.len() >= 4 && hash.iter().all(u8::is_ascii_hexdigit),
        [b'(' | b'[', inside @ .., b')' | b']'] => {
            !inside.is_empty() && inside.iter().all(|b| matches!(b, b'0'..=b'9' | b'I' | b'V' | b'X' | b'+' | b'-'))
        }
        [b'_', kind @ ..] => {
            let end = kind.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(kind.len());
            !names_element(&kind[..end]) && (end == kind.len() || kind[end] == b'/' && is_remark(&kind[end..]))
        }
        _ => rest.iter().all(|b| matches!(b, b'0'..=b'9' | b'_' | b'\'' | b'"' | b'*' | b'#')),
    }
}

/// Whether a part of a word is a two-letter element in its proper case.
fn names_element(word: &[u8]) -> bool {
    word.split(|b| !b.is_ascii_alphabetic()).any(|part| match *part {
        [first, second] if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            element(first, Some(second)).is_some()
        }
        _ => false,
    })
}

/// A charge such as `3+`, `+3`, `2-`, `+` or `0.5+` at the beginning of a word, with what follows it.
fn charge(word: &[u8]) -> Option<(f32, &[u8])> {
    charge_of_any_size(word).filter(|(charge, _)| charge.is_finite())
}

fn charge_of_any_size(word: &[u8]) -> Option<(f32, &[u8])> {
    let sign = |byte: &u8| match byte {
        b'+' => Some(1.0),
        b'-' => Some(-1.0),
        _ => None,
    };
    if let [first, ..] = word
        && let Some(sign) = sign(first)
    {
        let repeated = word.iter().take_while(|byte| *byte == first).count();
        let rest = &word[repeated..];
        let number =
            rest.first().filter(|byte| byte.is_ascii_digit() || **byte == b'.').and_then(|_| leading_number(rest));
        // `Fe+++` is `Fe3+`.
        let (magnitude, rest) = number.filter(|_| repeated == 1).unwrap_or((repeated as f64, rest));
        return Some(((sign * magnitude) as f32, rest));
    }
    let (magnitude, rest) = leading_number(word)?;
    rest.first().and_then(sign).map(|sign| ((sign * magnitude) as f32, &rest[1..]))
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
        assert_eq!(read("Fe+++"), Some(("Fe", false, Some(3.0))));
        assert_eq!(read("Fe3+1"), Some(("Fe", false, Some(3.0))));
        assert_eq!(read("Fe_pv"), Some(("Fe", false, None)));
        for word in ["Nb0.8Zr0.2", "La/Sr", "Fe3+Co", "Fe_Co", "Nb0.8", "NH4", "H2O", "T1", "Fe,Co", "Fe++-"] {
            assert_eq!(read(word), None, "{word}");
        }
        assert_eq!(read("Xx"), None);
        assert_eq!(read(""), None);
    }
}
