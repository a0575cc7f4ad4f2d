//! Elements from the type symbols and site labels of a CIF.
//!
//! A word is an element only if nothing that matters is ignored: `Fe3+`, `Fe1A` and `O2W` are, `NH4`, `Wat1` and `La/Sr`
//! are not. Where a word can be read in two ways, such as `CO1` in a file in capitals, the stated formula decides.

mod mixed;
mod named;

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
                return tail_of(symbol, tail, formula);
            }
            tail_of(one.ok_or(Refusal::Unknown)?, &start[1..], formula)
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
            let hydrogen = word[1] == b'H' && word[0] != b'H';
            if hydrogen { Err(Refusal::Group) } else { Ok(Word::Pure(symbol)) }
        }
        (None, None) => Err(Refusal::Unknown),
    }
}

/// The element before further letters, which are the name of a site unless they are elements themselves.
fn tail_of(symbol: Symbol, tail: &[u8], formula: &impl Formula) -> Result<Word, Refusal> {
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
                if formula.has(found.0.element) != Some(false) {
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
            let element = pair.or_else(|| atom(&name[..1]));
            if element.is_some_and(|symbol| formula.has(symbol.element) != Some(false)) {
                return Err(Refusal::NoShares);
            }
        }
        let divided = at > 0 && matches!(rest[at - 1], b'/' | b',' | b'+' | b'&' | b';' | b'|');
        let proper = matches!(word, [a, b] if a.is_ascii_uppercase() && b.is_ascii_lowercase());
        if divided || proper {
            let element = atom(word).filter(|symbol| symbol.element.atomic_number() < NEVER_SEEN);
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
    match (atom(&[*first]), atom(&[*second])) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A formula by the symbols of its elements; none if empty.
    struct Stated(&'static str);

    impl Formula for Stated {
        fn has(&self, element: Element) -> Option<bool> {
            (!self.0.is_empty()).then(|| self.0.split(' ').any(|symbol| symbol == element.symbol()))
        }
    }

    fn name(word: Result<Word, Refusal>) -> String {
        match word {
            Ok(Word::Pure(symbol)) => symbol.element.symbol().to_owned(),
            Ok(Word::Likely(symbol, doubt)) => format!("{}?{doubt:?}", symbol.element),
            Ok(Word::Mixed(shares)) => shares
                .iter()
                .map(|(symbol, share)| format!("{}{share:.3}", symbol.element))
                .collect::<Vec<_>>()
                .join(" "),
            Err(Refusal::Tail(symbol)) => format!("tail of {}", symbol.element),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[track_caller]
    fn types(expected: &str, words: &[&str]) {
        for word in words {
            assert_eq!(name(read_type(word.as_bytes(), &Stated(""))), expected, "{word}");
        }
    }

    #[track_caller]
    fn labels(expected: &str, formula: &'static str, words: &[&str]) {
        for word in words {
            assert_eq!(name(read_label(word.as_bytes(), &Stated(formula))), expected, "{word}");
        }
    }

    #[test]
    fn type_symbols_with_marks_are_elements() {
        types(
            "Fe",
            &["Fe", "FE", "fe", "Fe3+", "FE+3", "Fe+3", "Fe2.5+", "Fe0+", "Fe1", "Fe1A", "Fe_pv", "Fe(III)", "Fe(3+)"],
        );
        types("Fe", &["57Fe", "Fe3+1", "Fe_1", "Fe*", "Fe'", "Fe2+,spin=5", "Fe/0a1b2c3d4e"]);
        types("O", &["O", "O2-", "O-2", "O1-", "O-", "O2W", "o", "18O"]);
        types("H", &["H", "D", "T", "2H", "D1+", "1H", "Hiso"]);
        types("Si", &["Siva", "Sival", "Si4+"]);
        types("Cn", &["Cn"]);
        types("Co?Capitals", &["CO"]);
    }

    #[test]
    fn words_that_are_no_single_element_are_refused() {
        types("Group", &["NH4", "NH3", "CF3", "OH", "CH3", "SO4", "NH", "CN1", "PO4", "Fe2O3", "H3O", "NO3", "BH4"]);
        types("Water", &["Wat", "H2O", "HOH", "WAT1", "D2O", "Water"]);
        types("Dummy", &["Vac", "Va", "Du", "Cg", "RE", "TM", "Cg1", "Vac2", "Ln", "Me", "Cent", "Bq"]);
        types("NoShares", &["La/Sr", "La,Sr", "LaSr", "La+Sr", "(Fe,Co)", "Fe/Co", "Nb0.8Zr", "La&Sr", "Fe3+/Co2+"]);
        types("Unknown", &["X", "Q", "M", "Zx", "?1", "", "Zz1", "é", "1", "12", "-"]);
    }

    #[test]
    fn shares_make_mixed_sites() {
        types(
            "Nb0.800 Zr0.200",
            &["Nb0.8Zr0.2", "0.8Nb + 0.2Zr", "0.8Nb+0.2Zr", "Nb.8Zr.2", "Nb 0.8 Zr 0.2", "(Nb0.8Zr0.2)"],
        );
        types(
            "Nb0.800 Zr0.200",
            &["Nb:0.800, Zr:0.200", "Nb0.8/Zr0.2", "80%Nb+20%Zr", "Nb0.80(1)Zr0.20(1)", "0.8 Nb, 0.2 Zr"],
        );
        types("Nb0.800 Zr0.200", &["NB0.8ZR0.2", "NB:0.8,ZR:0.2", "0.8NB+0.2ZR", "0.80*Nb + 0.20*Zr"]);
        types("Fe0.500 Fe0.500", &["Fe3+0.5Fe2+0.5", "0.5Fe3+ + 0.5Fe2+"]);
        types("Li0.500", &["Li0.5", "0.5Li", "Li0.5Vac0.5", "0.5Li + 0.5Vac", "Li0.5□0.5"]);
        types("Nb0.333 Ti0.333 Zr0.333", &["Nb0.333Ti0.333Zr0.333", "Nb0.334Ti0.334Zr0.334"]);
        types("Group", &["Nb0.8Zr0.8", "Nb3Sn1", "Nb1.5"]);
    }

    #[test]
    fn labels_begin_with_their_element() {
        labels("Fe", "", &["Fe1", "Fe1A", "Fe", "Fe(1)", "Fe1'", "Fe_1", "Fe1*", "Fe#2", "Fe1_$2", "Fe2+1", "Fe1a"]);
        labels("O", "", &["O1", "O2W", "O1A", "O", "Oa1", "OA1", "OB2", "O(2)", "O_ap"]);
        labels("O?Hydrogen", "", &["OH1", "OW2", "Ow1", "OH"]);
        labels("Ca", "Ca C O", &["CA1", "Ca1", "CA"]);
        labels("C", "C H O", &["CA1", "C1", "CB2"]);
        labels("Ca?Capitals", "", &["CA1"]);
        labels("H", "C H O", &["HO2", "H1A", "HN1", "D4", "D"]);
        labels("Al", "", &["AL1", "AL"]);
        labels("Fe", "Fe O", &["Fetet", "FEA1", "FeA1"]);
        labels("H", "", &["H1C2", "H2N1"]);
        labels("C", "C Br", &["C2H4"]);
        labels("C", "", &["C1A2", "C2C3", "C1H", "C60"]);
        labels("tail of O", "", &["Oap1"]);
        labels("tail of N", "", &["No1"]);
        labels("tail of C", "", &["Cn1"]);
        labels("O", "O La", &["Oap1", "Oeq"]);
        labels("Re", "Re O", &["RE1", "Re1"]);
    }

    #[test]
    fn labels_that_are_no_element_are_refused() {
        labels(
            "Group",
            "",
            &["C2H4", "C6H6", "S2O3", "NH4", "CF3", "CH3", "SO4", "NH4_1", "PO4", "CO3", "NH41", "NO3", "CH2A", "Nh4"],
        );
        labels("Water", "", &["Wat1", "H2O", "H2O1", "WAT", "HOH"]);
        labels("Dummy", "", &["Vac1", "Du1", "Cg1", "RE1", "TM", "T1", "Cen1", "Lan", "Ln1", "Me"]);
        labels("NoShares", "", &["La/Sr", "Fe1/Co1", "LaSr", "NbZr1", "(Fe,Co)", "Fe1Co1", "La1,Sr1", "FeO"]);
        labels("Group", "", &["SO4A", "NH4B", "CO3A", "ClO4A"]);
        labels("NoShares", "", &["Nb0.8Qq0.2", "Nb.8Qq", "Nb1-xZrx", "La2-xSrx", "La1-xYx", "Nb0.8(Qq)"]);
        labels("Nb", "Nb O", &["Nb1-xZrx", "Nb1xA", "Nb_1.1A", "Nb10.5b"]);
        labels("Unknown", "", &["1Fe", "Q1", "X1", "M1", "", "*", "é1"]);
        labels("Nb0.800 Zr0.200", "", &["Nb0.8Zr0.2", "0.8Nb+0.2Zr"]);
    }
}
