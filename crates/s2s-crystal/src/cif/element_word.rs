//! Elements from the type symbols and site labels of a CIF.
//!
//! A word is an element only if nothing that matters is ignored: `Fe3+`, `Fe1A` and `O2W` are, `NH4`, `Wat1` and `La/Sr`
//! are not. Where a word can be read in two ways, such as `CO1` in a file in capitals, the stated formula decides.

mod mixed;
mod named;
#[cfg(test)]
mod tests;

use mixed::mixed;
use named::{GROUPS, class, core, is_group, listed, special};

use crate::{
    Element,
    symbol::{self, NEVER_SEEN, Symbol},
};

/// What a word says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// One element.
    Pure(Symbol),
    /// One element, by a reading that another one is possible beside.
    Likely(Symbol, Doubt),
    /// Elements with their shares of the site.
    Mixed(Vec<(Symbol, f64)>),
}

/// What a word leaves open although its element is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Doubt {
    /// In capitals, the word may be another element with a letter of its own.
    Capitals,
    /// The word says that hydrogen belongs to the atom.
    Hydrogen,
}

/// Why a word is not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// It names no element.
    Unknown,
    /// It names several atoms, such as `NH4`.
    Group,
    /// It names water.
    Water,
    /// It names a dummy, a vacancy, or any element of a class, such as `RE`.
    Dummy,
    /// It names several elements, and not their shares.
    NoShares,
    /// Letters follow the element, and nothing says what they mean.
    Tail(Symbol),
}

impl Refusal {
    /// The end of a sentence that begins with the kind of word.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Unknown => "names no element",
            Self::Group => "names a group of atoms, not an element",
            Self::Water => "names water, not an element",
            Self::Dummy => "names a dummy, a vacancy or a class of elements, not an element",
            Self::NoShares => "names several elements without their shares",
            Self::Tail(_) => "has letters after the element that nothing explains",
        }
    }
}

/// Whether the stated formula has an element; `None` where there is no formula that can be read.
pub(crate) trait Formula {
    /// Whether the formula has this element.
    fn has(&self, element: Element) -> Option<bool>;
}

/// Longest word that is looked into, in bytes: no element, group or mixture takes as many.
const LONGEST: usize = 500;

/// How many letters the word begins with.
fn letters(word: &[u8]) -> usize {
    word.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(word.len())
}

fn atom(letters: &[u8]) -> Option<Symbol> {
    symbol::from_type_symbol(letters)
}

/// The content of a type symbol.
#[inline]
pub(crate) fn read_type(word: &[u8], formula: &impl Formula) -> Result<Word, Refusal> {
    match word {
        [first, rest @ ..]
            if first.is_ascii_uppercase() && !rest.first().is_some_and(u8::is_ascii_uppercase) && !rest.is_empty() =>
        {
            if let Some(symbol) = symbol::from_type_symbol(word) {
                return Ok(Word::Pure(symbol));
            }
        }
        [one] if one.is_ascii_alphabetic() => {
            return symbol::from_type_symbol(word).map(Word::Pure).ok_or(Refusal::Unknown);
        }
        _ => {}
    }
    unusual_type(word, formula)
}

#[cold]
fn unusual_type(word: &[u8], formula: &impl Formula) -> Result<Word, Refusal> {
    let word = word.trim_ascii();
    if word.len() > LONGEST {
        return Err(Refusal::Unknown);
    }
    let length = letters(word);
    let start = &word[..length];
    special(word)?;
    if length == 2 && start.iter().all(u8::is_ascii_uppercase) {
        class(start, formula)?;
        if let Some(symbol) = symbol::from_type_symbol(word) {
            let stated = formula.has(symbol.element);
            if core(word).len() > 2 && is_group(word) && stated != Some(true) {
                return Err(Refusal::Group);
            }
            // Cobalt or carbon monoxide.
            if listed(GROUPS, word) && stated.is_none() && symbol.element.atomic_number() < NEVER_SEEN {
                return Ok(Word::Likely(symbol, Doubt::Capitals));
            }
            let single = |letter: u8| atom(&[letter]).map(|symbol| symbol.element);
            let group = match (single(start[0]), single(start[1])) {
                (Some(a), Some(b)) => {
                    symbol.element.atomic_number() >= NEVER_SEEN
                        || formula.has(symbol.element) == Some(false)
                            && formula.has(a) == Some(true)
                            && formula.has(b) == Some(true)
                }
                _ => false,
            };
            return if group { Err(Refusal::Group) } else { Ok(Word::Pure(symbol)) };
        }
    } else if let Some(symbol) = symbol::from_type_symbol(word) {
        return Ok(Word::Pure(symbol));
    }
    // International Tables distinguish scattering factors of valence states, such as Cval and Siva.
    if let Some(symbol) = [2, 1].iter().filter(|&&n| n < length).find_map(|&n| {
        let tail = &word[n..];
        matches!(tail, b"val" | b"va" | b"iso").then(|| atom(&word[..n])).flatten()
    }) {
        return Ok(Word::Pure(symbol));
    }
    if let Some(symbol) = isotope(word) {
        return Ok(Word::Pure(symbol));
    }
    // Hydroxyl is a label of oxygen, but no type.
    if matches!(start, b"OH" | b"OD") {
        return Err(Refusal::Group);
    }
    // Some programs write labels where types belong: an element, a number, a letter.
    let digits = word[length..].iter().take_while(|b| b.is_ascii_digit()).count();
    let is_label = digits > 0 && matches!(word[length + digits..], [letter] if letter.is_ascii_alphabetic());
    if !is_label && let Some(shares) = mixed(word) {
        return shares.map(Word::Mixed);
    }
    unusual_label(word, formula)
}

/// The content of a label, where there is no type symbol.
///
/// A second letter in lower case belongs to the symbol if that is an element. A second letter in upper case does so where
/// exactly two letters stand together and the formula does not contradict: `CA3` is calcium, but `OH1` is oxygen.
#[inline]
pub(crate) fn read_label(word: &[u8], formula: &impl Formula) -> Result<Word, Refusal> {
    let length = letters(word);
    let usual = match word[..length] {
        [first] => first.is_ascii_uppercase() && !matches!(first, b'D' | b'T'),
        [first, second] => first.is_ascii_uppercase() && second.is_ascii_lowercase(),
        _ => false,
    };
    if usual
        && word[length..].iter().all(u8::is_ascii_digit)
        && let Some(symbol) = atom(&word[..length])
        && symbol.element.atomic_number() < NEVER_SEEN
    {
        return Ok(Word::Pure(symbol));
    }
    unusual_label(word, formula)
}

#[cold]
fn unusual_label(word: &[u8], formula: &impl Formula) -> Result<Word, Refusal> {
    let word = word.trim_ascii();
    if word.len() > LONGEST {
        return Err(Refusal::Unknown);
    }
    let length = letters(word);
    if length == 0 {
        return match mixed(word) {
            Some(shares) => shares.map(Word::Mixed),
            None => Err(Refusal::Unknown),
        };
    }
    special(word)?;
    let (start, rest) = word.split_at(length);
    if rest.contains(&b'.')
        && let Some(Ok(shares)) = mixed(word)
        && shares.len() > 1
    {
        return Ok(Word::Mixed(shares));
    }
    check_rest(rest, formula)?;
    check_group(word, formula)?;
    let real = |symbol: &Symbol| symbol.element.atomic_number() < NEVER_SEEN;
    let one = atom(&start[..1]);
    let two = start.get(..2).and_then(atom).filter(real);
    let capitals = start.iter().all(u8::is_ascii_uppercase);
    match start {
        // Minerals have tetrahedral sites T; there is no crystal of tritium.
        [b'T'] => Err(Refusal::Dummy),
        [_] => one.map(Word::Pure).ok_or(Refusal::Unknown),
        [_, _] if capitals => capital_pair(word, one, two, formula),
        [_, second, tail @ ..] => {
            if let Some(symbol) = two.filter(|_| second.is_ascii_lowercase() || capitals) {
                // In capitals, three letters may be three elements as well: COD1 is no cobalt unless the formula has it.
                let letters = if capitals && formula.has(symbol.element) != Some(true) { "" } else { SITE_LETTERS };
                return tail_of(symbol, (tail, rest), letters, formula);
            }
            tail_of(one.ok_or(Refusal::Unknown)?, (&start[1..], rest), SITE_LETTERS, formula)
        }
        [] => Err(Refusal::Unknown),
    }
}

/// Two capitals: one element, or an element and a letter.
fn capital_pair(
    word: &[u8],
    one: Option<Symbol>,
    two: Option<Symbol>,
    formula: &impl Formula,
) -> Result<Word, Refusal> {
    class(&word[..2], formula)?;
    let has = |symbol: Option<Symbol>| symbol.map_or(Some(false), |symbol| formula.has(symbol.element));
    match (one, two) {
        (_, Some(symbol)) if has(two) == Some(true) => Ok(Word::Pure(symbol)),
        (Some(symbol), _) if matches!(&word[..2], b"OH" | b"OD" | b"OW") => Ok(Word::Likely(symbol, Doubt::Hydrogen)),
        _ if is_group(word) => Err(Refusal::Group),
        (Some(symbol), Some(_)) if has(one) == Some(true) => Ok(Word::Pure(symbol)),
        (None, Some(symbol)) => Ok(Word::Pure(symbol)),
        (Some(_), Some(symbol)) => Ok(Word::Likely(symbol, Doubt::Capitals)),
        (Some(symbol), None) => {
            // A letter that is an element of the formula too makes the word a group.
            let of_hydrogen = matches!(word[0], b'H' | b'D');
            let hydrogen = word[1] == b'H' || word[1] == b'D' && !names_site(b'D', &word[2..], formula);
            if hydrogen && !of_hydrogen { Err(Refusal::Group) } else { Ok(Word::Pure(symbol)) }
        }
        (None, None) => Err(Refusal::Unknown),
    }
}

/// Letters that name sites behind an element, as in `SiT1`, although alone they are isotopes of hydrogen: T is the tetrahedral
/// site of minerals, and D the fourth of sites A to D.
const SITE_LETTERS: &str = "DT";

/// Whether one of these letters, with this behind it, names a site.
///
/// `AlD4` has deuterium by its amount, unless the formula has none. In `AlD` the letter is taken as a site's: where the formula
/// has hydrogen, the comparison with it says whether the sites lack some.
fn names_site(letter: u8, behind: &[u8], formula: &impl Formula) -> bool {
    let lacks_hydrogen = || atom(b"D").is_some_and(|deuterium| formula.has(deuterium.element) == Some(false));
    letter == b'T' || letter == b'D' && (!begins_with_amount(behind) || lacks_hydrogen())
}

/// Whether a text begins with an amount, such as `4`, `0.5` or `x`, and not with the index `1` or `01`.
fn begins_with_amount(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, after) = text.split_at(digits);
    match after {
        [b'.', decimal, ..] if decimal.is_ascii_digit() => true,
        [b'x' | b'y' | b'z', ..] if digits == 0 => true,
        _ => !matches!(number, b"" | b"1" | b"01"),
    }
}

/// The element before further letters, which are the name of a site unless they are elements themselves; those in
/// `site_letters` may not be. Behind the letters stands the rest of the word.
fn tail_of(
    symbol: Symbol,
    (tail, after): (&[u8], &[u8]),
    site_letters: &str,
    formula: &impl Formula,
) -> Result<Word, Refusal> {
    let real = |symbol: &Symbol| symbol.element.atomic_number() < NEVER_SEEN;
    match tail {
        [] => Ok(Word::Pure(symbol)),
        [b'w'] if symbol.element.atomic_number() == 8 => Ok(Word::Likely(symbol, Doubt::Hydrogen)),
        _ if tail[0].is_ascii_lowercase() => match formula.has(symbol.element) {
            _ if matches!(tail, [_]) && symbol.element.atomic_number() == 8 => Ok(Word::Pure(symbol)),
            Some(true) => Ok(Word::Pure(symbol)),
            _ => Err(Refusal::Tail(symbol)),
        },
        // Capitals after the element.
        _ => {
            let mut rest = tail;
            while let Some(found) = [2, 1].iter().find_map(|&n| {
                let proper =
                    rest.len() >= n && rest[0].is_ascii_uppercase() && rest[1..n].iter().all(u8::is_ascii_lowercase);
                if proper { atom(&rest[..n]).filter(real).map(|symbol| (symbol, n)) } else { None }
            }) {
                let behind = if rest.len() > 1 { &rest[1..] } else { after };
                let may_name_site = found.1 == 1 && site_letters.as_bytes().contains(&rest[0]);
                let names_a_site = may_name_site && names_site(rest[0], behind, formula);
                if !names_a_site && formula.has(found.0.element) != Some(false) {
                    return Err(Refusal::NoShares);
                }
                rest = &rest[found.1..];
            }
            Ok(Word::Pure(symbol))
        }
    }
}

/// What follows the letters of a label: numbers, marks and letters of sites, but no further element.
fn check_rest(rest: &[u8], formula: &impl Formula) -> Result<(), Refusal> {
    let mut at = 0;
    while at < rest.len() {
        let run = letters(&rest[at..]);
        if run == 0 {
            at += 1;
            continue;
        }
        let word = &rest[at..at + run];
        // What follows a share is what holds another share, and what follows a variable, as in `Nb1-xZrx`, an element.
        if ends_with_share(&rest[..at]) {
            return Err(Refusal::NoShares);
        }
        let behind_variable =
            word.windows(2).position(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
        if let Some(variable) = behind_variable {
            let name = &word[variable + 1..];
            let pair = name.get(..2).filter(|pair| pair[1].is_ascii_lowercase()).and_then(atom);
            let behind = if name.len() > 1 { &name[1..] } else { &rest[at + run..] };
            let element = pair.or_else(|| atom(&name[..1]).filter(|_| !names_site(name[0], behind, formula)));
            if element.is_some_and(|symbol| formula.has(symbol.element) != Some(false)) {
                return Err(Refusal::NoShares);
            }
        }
        let divided = at > 0 && matches!(rest[at - 1], b'/' | b',' | b'+' | b'&' | b';' | b'|');
        let proper = matches!(word, [a, b] if a.is_ascii_uppercase() && b.is_ascii_lowercase());
        if divided || proper {
            // There is no crystal of tritium, but H and D do share sites.
            let element = atom(word).filter(|symbol| symbol.element.atomic_number() < NEVER_SEEN && word != b"T");
            if element.is_some_and(|symbol| divided || formula.has(symbol.element) != Some(false)) {
                return Err(Refusal::NoShares);
            }
        }
        at += run;
    }
    Ok(())
}

/// Whether the last thing, marks aside, is a number with decimals that is less than one.
fn ends_with_share(text: &[u8]) -> bool {
    let text = &text[..text.iter().rposition(u8::is_ascii_digit).map_or(0, |last| last + 1)];
    let decimals = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let Some(whole) = text[..text.len() - decimals].strip_suffix(b".") else { return false };
    decimals > 0
        && match whole {
            [] => true,
            [.., before, b'0'] => !before.is_ascii_digit(),
            [b'0'] => true,
            [.., last] => !last.is_ascii_digit(),
        }
}

/// Refuses formulas of groups such as `C2H4` and `S2O3`, unless the stated formula lacks their second element; `H1C2` is the
/// hydrogen of a carbon atom.
fn check_group(word: &[u8], formula: &impl Formula) -> Result<(), Refusal> {
    let [first, rest @ ..] = word else { return Ok(()) };
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let [second @ b'A'..=b'Z', index @ ..] = &rest[count..] else { return Ok(()) };
    let one_of_many = index.is_empty() || index == b"1" || !index.iter().all(u8::is_ascii_digit);
    if count == 0 || one_of_many || matches!(first, b'H' | b'D') || first == second {
        return Ok(());
    }
    // The tetrahedral site 2 of minerals: K1T2.
    match (atom(&[*first]), atom(&[*second]).filter(|_| *second != b'T')) {
        (Some(_), Some(second)) if formula.has(second.element) != Some(false) => Err(Refusal::Group),
        _ => Ok(()),
    }
}

/// An element after its mass number, such as `57Fe` or `2H`.
fn isotope(word: &[u8]) -> Option<Symbol> {
    let digits = word.iter().position(|b| !b.is_ascii_digit()).filter(|n| (1..=3).contains(n))?;
    let mass: u32 = std::str::from_utf8(&word[..digits]).ok()?.parse().ok()?;
    let symbol = symbol::from_type_symbol(&word[digits..])?;
    let number = u32::from(symbol.element.atomic_number());
    let rest = &word[digits + letters(&word[digits..])..];
    // Between protons alone and thrice as many nucleons.
    let plausible = (number..=3 * number).contains(&mass) && !rest.iter().any(u8::is_ascii_digit);
    let hydrogen = number == 1 && mass > 1;
    plausible.then_some(Symbol { isotope: symbol.isotope || hydrogen, ..symbol })
}
