//! Chemical formulas: parsing of nested groups, fractions and charges.

use std::{fmt, str::FromStr};

use super::{Composition, TOLERANCE, add};
use crate::{Element, parse_error::shorten};

/// Brackets inside brackets that a formula may have.
const MAX_DEPTH: usize = 32;

/// A chemical formula as read from text: a composition and a charge.
///
/// ```text
/// formula = part { ("·" | "*") part }          part   = [number] group { group }
/// group   = (symbol | "(" part ")") [number]   charge = "^" (number sign | sign number) | " " number sign | sign
/// ```
///
/// Spaces may stand between groups; `()`, `[]` and `{}` nest and must match; amounts may be fractional, and zero. A charge stands after
/// `^` anywhere, or at the very end, where a number belongs to it only if a space precedes: `SO4^2-`, `SO4 2-`, `NH4+`.
/// `D` and `T` are hydrogen.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Formula;
///
/// let sulfate: Formula = "SO4 2-".parse()?;
/// assert_eq!((sulfate.composition().num_atoms(), sulfate.charge()), (5.0, -2.0));
///
/// let error = "Y2C2Br0.5!1.5".parse::<Formula>().unwrap_err();
/// assert_eq!(error.to_string(), "character 10: '!' is no part of a formula");
/// # Ok::<(), s2s_crystal::FormulaError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    composition: Composition,
    charge: f64,
}

impl Formula {
    /// What the formula consists of.
    pub fn composition(&self) -> &Composition {
        &self.composition
    }

    /// What the formula consists of.
    pub fn into_composition(self) -> Composition {
        self.composition
    }

    /// Charge in units of e, zero where none is written.
    pub fn charge(&self) -> f64 {
        self.charge
    }
}

/// Why a text is not a formula, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaError {
    kind: FormulaErrorKind,
    column: usize,
}

impl FormulaError {
    /// What is wrong.
    pub fn kind(&self) -> &FormulaErrorKind {
        &self.kind
    }

    /// Character at which reading stopped, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

/// What can be wrong with a formula.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FormulaErrorKind {
    /// No element has this symbol.
    UnknownElement(String),
    /// A character that has no meaning in a formula, or none at this position.
    UnexpectedCharacter(char),
    /// A sign that is followed by a number or a symbol: neither an amount nor a charge.
    MisplacedSign(char),
    /// Digits that are no number, such as `1.2.3`.
    InvalidNumber(String),
    /// A bracket that is closed by nothing, or by another kind.
    UnclosedBracket(char),
    /// A closing bracket without an opening one.
    UnopenedBracket(char),
    /// Deepest nesting of brackets that is read.
    TooDeep,
    /// Nothing is left: no symbol, or amounts of zero.
    Empty,
    /// Amounts that add up to infinity.
    TooLarge,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: ", self.column)?;
        match &self.kind {
            FormulaErrorKind::UnknownElement(symbol) => write!(f, "unknown element symbol {:?}", shorten(symbol)),
            FormulaErrorKind::UnexpectedCharacter(c) => write!(f, "{c:?} is no part of a formula"),
            FormulaErrorKind::MisplacedSign(c) => write!(f, "{c:?} is neither an amount nor a charge here"),
            FormulaErrorKind::InvalidNumber(digits) => write!(f, "{:?} is not a number", shorten(digits)),
            FormulaErrorKind::UnclosedBracket(c) => write!(f, "{c:?} is not closed"),
            FormulaErrorKind::UnopenedBracket(c) => write!(f, "{c:?} closes no bracket"),
            FormulaErrorKind::TooDeep => write!(f, "more than {MAX_DEPTH} nested brackets"),
            FormulaErrorKind::Empty => write!(f, "the formula is empty"),
            FormulaErrorKind::TooLarge => write!(f, "the amounts are too large"),
        }
    }
}

impl std::error::Error for FormulaError {}

impl FromStr for Formula {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader { text, at: 0, charge: 0.0, amounts: Vec::with_capacity(12) };
        let read = reader.formula();
        let composition = read.and_then(|()| {
            let mut sorted = Vec::with_capacity(reader.amounts.len().min(usize::from(Element::MAX_ATOMIC_NUMBER)));
            for (element, amount) in &reader.amounts {
                add(&mut sorted, *element, *amount);
            }
            if sorted.iter().all(|(_, amount)| *amount < TOLERANCE) {
                return Err(FormulaErrorKind::Empty);
            }
            Composition::from_sorted(sorted).map_err(|_| FormulaErrorKind::TooLarge)
        });
        let column = |at: usize| text[..at].chars().count() + 1;
        let composition = composition.map_err(|kind| FormulaError { kind, column: column(reader.at) })?;
        Ok(Self { composition, charge: reader.charge })
    }
}

/// Where in the text we are, and what was found so far.
struct Reader<'t> {
    text: &'t str,
    /// Byte offset; on an error, of what is wrong.
    at: usize,
    charge: f64,
    amounts: Vec<(Element, f64)>,
}

impl Reader<'_> {
    fn formula(&mut self) -> Result<(), FormulaErrorKind> {
        // For every open bracket: where it is, and the amounts that were found before it.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut part = 0;
        let mut factor = self.leading_factor()?;
        loop {
            match self.peek() {
                Some(b'A'..=b'Z') => {
                    let element = self.symbol()?;
                    let amount = self.amount()?.unwrap_or(1.0);
                    self.amounts.push((element, amount));
                }
                Some(b'(' | b'[' | b'{') => {
                    if open.len() == MAX_DEPTH {
                        return Err(FormulaErrorKind::TooDeep);
                    }
                    open.push((self.at, self.amounts.len()));
                    self.at += 1;
                }
                Some(close @ (b')' | b']' | b'}')) => {
                    let Some((start, first)) = open.pop() else {
                        return Err(FormulaErrorKind::UnopenedBracket(char::from(close)));
                    };
                    let opening = self.text.as_bytes()[start];
                    if closing(opening) != close {
                        self.at = start;
                        return Err(FormulaErrorKind::UnclosedBracket(char::from(opening)));
                    }
                    self.at += 1;
                    let times = self.amount()?.unwrap_or(1.0);
                    scale(&mut self.amounts[first..], times);
                }
                Some(b' ' | b'\t') => self.space()?,
                Some(b'^') => self.marked_charge()?,
                Some(sign @ (b'+' | b'-')) => self.final_charge(sign, 1.0)?,
                Some(_) if open.is_empty() && self.separator() => {
                    scale(&mut self.amounts[part..], factor);
                    part = self.amounts.len();
                    factor = self.leading_factor()?;
                }
                Some(_) => {
                    let unexpected = self.text[self.at..].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
                    return Err(FormulaErrorKind::UnexpectedCharacter(unexpected));
                }
                None => break,
            }
        }
        if let Some((start, _)) = open.pop() {
            self.at = start;
            return Err(FormulaErrorKind::UnclosedBracket(char::from(self.text.as_bytes()[start])));
        }
        scale(&mut self.amounts[part..], factor);
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What follows the current byte.
    fn after(&self, steps: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + steps).copied()
    }

    fn symbol(&mut self) -> Result<Element, FormulaErrorKind> {
        let letters = &self.text.as_bytes()[self.at + 1..];
        let length = 1 + letters.iter().take_while(|letter| letter.is_ascii_lowercase()).count();
        let symbol = &self.text[self.at..self.at + length];
        let element = match symbol {
            "D" | "T" => Element::from_symbol("H"),
            _ => Element::from_symbol(symbol),
        };
        let element = element.ok_or_else(|| FormulaErrorKind::UnknownElement(symbol.to_owned()))?;
        self.at += length;
        Ok(element)
    }

    /// The number at the current position, if there is one.
    fn amount(&mut self) -> Result<Option<f64>, FormulaErrorKind> {
        let rest = &self.text.as_bytes()[self.at..];
        // Nearly every amount is a single digit.
        let one_digit = |byte: &u8| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'e');
        match rest.first() {
            Some(digit @ b'0'..=b'9') if rest.get(1).is_none_or(one_digit) => {
                self.at += 1;
                return Ok(Some(f64::from(digit - b'0')));
            }
            Some(b'0'..=b'9' | b'.') => {}
            _ => return Ok(None),
        }
        let mut length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.')).count();
        if rest.get(length) == Some(&b'e') {
            let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
            let digits = rest[length + 1 + sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            length += if digits > 0 { 1 + sign + digits } else { 0 };
        }
        let digits = &self.text[self.at..self.at + length];
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| FormulaErrorKind::InvalidNumber(digits.to_owned()))?;
        self.at += length;
        Ok(Some(number))
    }

    /// How many of what follows: the 5 of `CuSO4·5H2O`.
    fn leading_factor(&mut self) -> Result<f64, FormulaErrorKind> {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        Ok(self.amount()?.unwrap_or(1.0))
    }

    /// Steps over `·` or `*`.
    fn separator(&mut self) -> bool {
        let length = ["·", "*", "•"].iter().find(|dot| self.text[self.at..].starts_with(**dot)).map(|dot| dot.len());
        self.at += length.unwrap_or(0);
        length.is_some()
    }

    /// Spaces, and the charge that a space sets apart at the end: the ` 2-` of `SO4 2-`.
    fn space(&mut self) -> Result<(), FormulaErrorKind> {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let start = self.at;
        if let Some(number) = self.amount()? {
            match self.peek() {
                Some(sign @ (b'+' | b'-')) => return self.final_charge(sign, number),
                _ => {
                    self.at = start;
                    return Err(FormulaErrorKind::UnexpectedCharacter(char::from(self.text.as_bytes()[start])));
                }
            }
        }
        Ok(())
    }

    /// A charge after `^`, with its sign before or after the number.
    fn marked_charge(&mut self) -> Result<(), FormulaErrorKind> {
        self.at += 1;
        let leading = self.sign();
        let number = self.amount()?;
        let sign = leading.or_else(|| self.sign());
        match sign {
            Some(sign) => self.charge += sign * number.unwrap_or(1.0),
            None => {
                let next = self.text[self.at..].chars().next().unwrap_or('^');
                return Err(FormulaErrorKind::UnexpectedCharacter(next));
            }
        }
        Ok(())
    }

    fn sign(&mut self) -> Option<f64> {
        let sign = match self.peek()? {
            b'+' => 1.0,
            b'-' => -1.0,
            _ => return None,
        };
        self.at += 1;
        Some(sign)
    }

    /// A sign at the very end. Anywhere else it is a mistake: `O2N+3`, `Ba-1Cu3`.
    fn final_charge(&mut self, sign: u8, number: f64) -> Result<(), FormulaErrorKind> {
        let nothing_before = self.amounts.is_empty();
        let rest_is_empty = (1..).map(|k| self.after(k)).find(|byte| *byte != Some(b' ')).flatten().is_none();
        if nothing_before || !rest_is_empty {
            return Err(FormulaErrorKind::MisplacedSign(char::from(sign)));
        }
        self.charge += if sign == b'+' { number } else { -number };
        self.at = self.text.len();
        Ok(())
    }
}

fn closing(opening: u8) -> u8 {
    match opening {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

fn scale(amounts: &mut [(Element, f64)], factor: f64) {
    if factor != 1.0 {
        for (_, amount) in amounts {
            *amount *= factor;
        }
    }
}
