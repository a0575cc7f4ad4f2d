//! Names of species as VASP and its tools write them: `Fe`, `Fe_pv`, `Fe_sv_GW`, `Ti1`, `O2-`, `Fe/7a3b…`, `H.75`.

use crate::{
    Element,
    diagnostic::{DiagnosticKind, Diagnostics},
    lines::Word,
    parse_error::{Fault, ParseErrorKind, shorten},
    symbol,
};

/// The element of a name; what is behind the symbol must be a suffix that means nothing for the atoms.
pub(super) fn element(word: Word<'_>, diagnostics: &mut Diagnostics) -> Result<Element, Fault> {
    let letters = word.text.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.text.len());
    let (name, suffix) = word.text.split_at(letters);
    // Of hydrogen alone there are potentials of a fraction of an atom; a share of another element is a mixed site.
    let is_fraction = suffix.split(|b| !b.is_ascii_digit() && *b != b'.').next().is_some_and(|n| n.contains(&b'.'));
    let known = symbol::from_type_symbol(name).filter(|known| {
        let is_hydrogen = known.element.atomic_number() == 1;
        is_suffix(suffix) && !is_group(word.text) && (is_hydrogen || !is_fraction)
    });
    let Some(known) = known else {
        let message = format!("{} is no element", shorten(word.text));
        return Err(Fault::new(word.offset, ParseErrorKind::UnknownElement, message));
    };
    let fractional = is_fraction && known.element.atomic_number() == 1;
    if known.isotope || fractional {
        diagnostics
            .note(word.offset, DiagnosticKind::Isotope, || format!("{} was read as hydrogen", shorten(word.text)));
    }
    Ok(known.element)
}

/// Whether a word may as well be a group of two elements, or a class of them: `FE1` is iron, but the letters of `CF3` and
/// `CO2` are symbols of their own, there is no crystal of the elements that `NH`, `Nh4` and `cn` would be, `RE` and `TM` are
/// rare earths and transition metals, and `Nb_N` names two elements.
pub(crate) fn is_group(word: &[u8]) -> bool {
    if word.split(|b| *b == b'_').skip(1).any(is_element) {
        return true;
    }
    let [first, second, rest @ ..] = word else { return false };
    if !second.is_ascii_alphabetic() {
        return false;
    }
    let numbered = rest.first().is_some_and(u8::is_ascii_digit);
    let never_seen = || {
        let pair = symbol::from_type_symbol(&word[..2]);
        pair.is_some_and(|symbol| symbol.element.atomic_number() >= symbol::NEVER_SEEN)
    };
    if first.is_ascii_uppercase() && second.is_ascii_lowercase() {
        return numbered && never_seen();
    }
    let both = || [first, second].into_iter().all(|letter| symbol::from_type_symbol(&[*letter]).is_some());
    let capitals = first.is_ascii_uppercase() && second.is_ascii_uppercase();
    matches!(word[..2], [b'R', b'E'] | [b'T', b'M']) || capitals && numbered && both() || never_seen()
}

/// Whether a part of a suffix is an element as such: `Nb/Zr` and `Fe_O` are no names of niobium and iron.
fn is_element(part: &[u8]) -> bool {
    std::str::from_utf8(part).ok().and_then(Element::from_symbol).is_some()
}

/// The name of a potential or its checksum, a number that tells sites apart, a charge, or a share of a hydrogen atom.
fn is_suffix(suffix: &[u8]) -> bool {
    match suffix {
        [] => true,
        [b'/', hash @ ..] if hash.len() >= 4 && hash.iter().all(u8::is_ascii_hexdigit) => true,
        [b'_' | b'/' | b'-' | b'+' | b':', rest @ ..] => {
            rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-' | b'+'))
                && !rest.split(|b| !b.is_ascii_alphanumeric()).any(is_element)
        }
        _ => {
            let digits = suffix.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(suffix.len());
            digits > 0 && (digits == suffix.len() || (matches!(suffix[digits], b'_' | b'/' | b'+' | b'-')))
        }
    }
}
