//! Approximate formulas: amounts that are open or misspelled, read by stated rules.

use s2s_crystal::{Composition, Element, Formula, FormulaError};

/// A composition read from a formula, and what had to be assumed for it.
///
/// Tables of measurements hold `YBa2Cu3O7-y`, `Ba1-xKxFe2As2`, `La2CuOz` and misprints. What is assumed, in this order:
///
/// | written | read as |
/// |---|---|
/// | `O7-y`, `O6+d`, `O6=z` | the number: `O7`, `O6`, `O6` |
/// | `Kx` where another amount is `1-x` | nothing: the formula at x = 0 |
/// | `Oz`, and no other amount has the letter | as many O atoms as there are others |
/// | `Kx`, and no other amount has the letter | one atom |
/// | `O2N+3` | `O2n+3`, a multiple of a variable: as `Oz` |
/// | `Ba-1` | `Ba1` |
/// | `Br0.5!1.5` | `Br0.5I1.5` |
/// | `Nb₃Sn` | `Nb3Sn` |
///
/// # Examples
///
/// ```
/// use s2s_data::table::ApproximateFormula;
///
/// let read = ApproximateFormula::read("YBa2Cu3O7-y")?;
/// assert_eq!(read.composition, "YBa2Cu3O7".parse()?);
/// assert_eq!(read.remark.as_deref(), Some("\"YBa2Cu3O7-y\" is read as Ba2YCu3O7"));
/// let exact = ApproximateFormula::read("Ba0.6K0.4Fe2As2")?;
/// assert_eq!(exact.remark, None);
/// # Ok::<(), s2s_crystal::FormulaError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ApproximateFormula {
    /// What it is read as.
    pub composition: Composition,
    /// One sentence, if anything was assumed.
    pub remark: Option<String>,
}

/// An element and its amount as written.
struct Part {
    element: Element,
    /// The number, if there is one.
    number: Option<f64>,
    /// The first letter of a variable, if there is one.
    variable: Option<char>,
}

impl ApproximateFormula {
    /// Reads a formula.
    ///
    /// # Errors
    ///
    /// The error of reading it as it stands, where no assumption of the table helps.
    pub fn read(text: &str) -> Result<Self, FormulaError> {
        let error = match text.parse::<Formula>() {
            Ok(formula) if formula.charge() == 0.0 => {
                return Ok(Self { composition: formula.into_composition(), remark: None });
            }
            // `Ba-1` reads as a charge, which no sample has.
            Ok(formula) => Err(formula.into_composition()),
            Err(error) => Ok(error),
        };
        let plain: String = text.chars().map(plain).collect();
        let approximate = parts(&plain).and_then(|parts| composition(&parts));
        let composition = match (approximate, error) {
            (Some(composition), _) | (None, Err(composition)) => composition,
            (None, Ok(error)) => return Err(error),
        };
        let remark = Some(format!("{text:?} is read as {composition}"));
        Ok(Self { composition, remark })
    }
}

/// A misprint of an iodine, and digits that are set below the line, as what they stand for.
fn plain(character: char) -> char {
    match character {
        '!' => 'I',
        _ => match "₀₁₂₃₄₅₆₇₈₉".chars().zip('0'..='9').find(|(low, _)| *low == character) {
            Some((_, digit)) => digit,
            None => character,
        },
    }
}

fn composition(parts: &[Part]) -> Option<Composition> {
    let is_oxygen = |part: &Part| part.element.symbol() == "O";
    // A letter that another amount subtracts is the degree of substitution.
    let shared = |k: usize| {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != k);
        parts[k].variable.is_some() && others.into_iter().any(|(_, part)| part.variable == parts[k].variable)
    };
    let mut amounts = Vec::new();
    for (k, part) in parts.iter().enumerate() {
        match part.number {
            Some(number) => amounts.push((part.element, number.abs())),
            None if part.variable.is_none() => amounts.push((part.element, 1.0)),
            None if shared(k) || is_oxygen(part) => {}
            None => amounts.push((part.element, 1.0)),
        }
    }
    let others: f64 = amounts.iter().map(|(_, amount)| amount).sum();
    for (k, part) in parts.iter().enumerate() {
        if part.number.is_none() && part.variable.is_some() && is_oxygen(part) && !shared(k) {
            amounts.push((part.element, others.max(1.0)));
        }
    }
    Composition::new(amounts).ok()
}

/// Elements with what follows them; brackets multiply what is in them. Nothing where a symbol is none.
fn parts(text: &str) -> Option<Vec<Part>> {
    let letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut open: Vec<Vec<Part>> = vec![Vec::new()];
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            '(' | '[' | '{' if open.len() < 16 => {
                open.push(Vec::new());
                at += 1;
            }
            ')' | ']' | '}' => {
                let inner = open.pop()?;
                let (number, variable, next) = amount(&letters, at + 1)?;
                let factor = number.unwrap_or(if variable.is_some() { 0.0 } else { 1.0 });
                // What is left open inside stays open.
                let scaled = |part: Part| match (part.number, part.variable) {
                    (None, Some(_)) => part,
                    (number, _) => Part { number: Some(factor * number.unwrap_or(1.0)), ..part },
                };
                open.last_mut()?.extend(inner.into_iter().map(scaled));
                at = next;
            }
            '+' | '-' if at + 1 == letters.len() => at += 1,
            '·' | '*' | ',' | ';' | '.' => at += 1,
            first => {
                let two =
                    letters.get(at + 1).filter(|c| c.is_ascii_lowercase()).map(|second| format!("{first}{second}"));
                let (element, length) = match two.and_then(|symbol| Element::from_symbol(&symbol)) {
                    Some(element) => (element, 2),
                    None => (Element::from_symbol(&first.to_string())?, 1),
                };
                let (number, variable, next) = amount(&letters, at + length)?;
                open.last_mut()?.push(Part { element, number, variable });
                at = next;
            }
        }
    }
    let parts = open.pop().filter(|_| open.is_empty())?;
    (!parts.is_empty()).then_some(parts)
}

/// The first number and the first variable of an amount, and where it ends.
fn amount(letters: &[char], start: usize) -> Option<(Option<f64>, Option<char>, usize)> {
    let belongs =
        |c: char| c.is_ascii_digit() || "+-−–±=~.^_/?<>".contains(c) || c.is_lowercase() || c == 'δ' || c == 'Δ';
    // The `N` of `O2N+3`: no nitrogen stands between a number and a sign with a number.
    let is_variable = |at: usize| {
        let number = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
        letters[at] == 'N'
            && at > start
            && number(at - 1)
            && matches!(letters.get(at + 1), Some('+' | '-'))
            && number(at + 2)
    };
    let mut end = start;
    while end < letters.len() && (belongs(letters[end]) || is_variable(end)) {
        end += 1;
    }
    let text: String = letters[start..end].iter().collect();
    let is_letter = |c: char| c.is_lowercase() || c == 'Δ' || c == 'N';
    let variable = text.chars().find(|c| is_letter(*c));
    let from = text.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(text.len());
    let digits = &text[from..];
    let digits = &digits[..digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len())];
    // A letter before the number is what the number belongs to: `2x` is a number, `x2` is not.
    let number = match digits.trim_end_matches('.') {
        "" => None,
        digits => Some(digits.parse::<f64>().ok()?),
    };
    // `0.5x` and `x/2` are multiples of a variable, not numbers with one taken away.
    let behind = text[from + digits.len()..].chars().next();
    let is_multiple = behind.is_some_and(is_letter) || text[..from].contains(is_letter);
    Some((number.filter(|_| !is_multiple), variable, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_amounts_and_misprints_are_read_as_the_table_says() {
        for (written, read) in [
            ("YBa2Cu3O7-y", "YBa2Cu3O7"),
            ("Y1Ba2Cu3O6+d", "YBa2Cu3O6"),
            ("HgBa2CuO4+δ", "HgBa2CuO4"),
            ("Tl2Ba2CaCu2O6=z", "Tl2Ba2CaCu2O6"),
            ("Ba1-xKxFe2As2", "BaFe2As2"),
            ("La2-xSrxCuO4", "La2CuO4"),
            ("La2-2xSr2xCuO4", "La2CuO4"),
            ("(La1-xSrx)2CuO4", "La2CuO4"),
            ("La2CuOz", "La2CuO3"),
            ("KxFe2Se2", "KFe2Se2"),
            ("Sm1Ba-1Cu3O6.94", "SmBaCu3O6.94"),
            ("Y2C2Br0.5!1.5", "Y2C2Br0.5I1.5"),
            ("Nb 3 Sn~1", "Nb3Sn"),
            ("B1Sr2Ca2Cu3O2N+3", "BSr2Ca2Cu3O8"),
            ("Ba₀.₆K₀.₄Fe₂As₂", "Ba0.6K0.4Fe2As2"),
        ] {
            let found = ApproximateFormula::read(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            let expected: Composition = read.parse().expect("a formula");
            assert!(found.composition.fraction_distance(&expected) < 1e-9, "{written}: {}", found.composition);
            assert!(found.remark.is_some(), "{written}");
        }
    }

    #[test]
    fn what_names_no_elements_stays_an_error() {
        for text in ["", "Xy2", "???", "Nb3Sn)", "((Nb", "42", "Nb1.2.3"] {
            assert!(ApproximateFormula::read(text).is_err(), "{text}");
        }
    }
}
