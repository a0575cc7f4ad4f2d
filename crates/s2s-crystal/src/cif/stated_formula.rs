//! Sum formulas as structure files state them.

use crate::{Element, number::leading_number, symbol};

/// An element with its amount in a formula, and by how much the written amount may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    pub(crate) element: Element,
    pub(crate) amount: f64,
    pub(crate) rounding: f64,
}

/// Groups in groups that a formula may have.
const DEEPEST: usize = 16;

/// Largest sum of amounts: more is no formula.
const LARGEST: f64 = 1e9;

/// A formula such as `C4 H16 Mg2.5 O`, `Fe2O3`, `(Nb1)2`, `Nb0.95(2) O2` or `Ca S O4 * 2(H2 O)`; `None` where a part of it
/// cannot be read, such as the `x` of `O7-x`.
pub(crate) fn parse(text: &str) -> Option<Vec<Amount>> {
    Reader { rest: text.trim().as_bytes(), capitals: false }.formula()
}

/// A formula in capitals whose words, such as `NB3` and `SN`, are read as two-letter elements where there are such; `None`
/// where the formula has lower-case letters or no such word.
pub(crate) fn parse_capitals(text: &str) -> Option<Vec<Amount>> {
    let bytes = text.as_bytes();
    if bytes.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let pair = |pair: &[u8]| pair.iter().all(u8::is_ascii_uppercase) && symbol::from_type_symbol(pair).is_some();
    if !bytes.windows(2).any(pair) {
        return None;
    }
    Reader { rest: text.trim().as_bytes(), capitals: true }.formula()
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Whether two capitals are one element where there is such an element.
    capitals: bool,
}

impl Reader<'_> {
    fn formula(mut self) -> Option<Vec<Amount>> {
        let mut all = Vec::new();
        loop {
            self.skip_blanks();
            let times = self.number().map_or(1.0, |(value, _)| value);
            let mut part = self.part()?;
            part.iter_mut()
                .for_each(|item| (item.amount, item.rounding) = (item.amount * times, item.rounding * times));
            all.append(&mut part);
            // A dot, a star or a middle dot joins water or other parts.
            match self.rest {
                [] => break,
                [b'.' | b'*', after @ ..] | [0xC2, 0xB7, after @ ..] => self.rest = after,
                _ => return None,
            }
        }
        let sum: f64 = all.iter().map(|item: &Amount| item.amount).sum();
        (sum > 0.0 && sum <= LARGEST).then_some(all)
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// An unsigned number with its rounding.
    fn number(&mut self) -> Option<(f64, f64)> {
        let first = *self.rest.first()?;
        let begins = first.is_ascii_digit() || (first == b'.' && self.rest.get(1).is_some_and(u8::is_ascii_digit));
        let (value, mut after) = leading_number(self.rest).filter(|_| begins)?;
        let written = &self.rest[..self.rest.len() - after.len()];
        let point = written.iter().position(|&b| b == b'.');
        let unit = point.map_or(1.0, |point| 0.1_f64.powi((written.len() - point - 1) as i32));
        let mut rounding = if point.is_some() { 0.5 * unit } else { 0.0 };
        // The uncertainty of the amount; a group begins with a letter.
        if let [b'(', digits @ ..] = after
            && let Some(end) = digits.iter().position(|b| !b.is_ascii_digit()).filter(|&end| end > 0)
            && digits[end] == b')'
        {
            rounding += leading_number(&digits[..end])?.0 * unit;
            after = &digits[end + 1..];
        }
        self.rest = after;
        Some((value, rounding))
    }

    /// Elements and groups up to the end or a joint.
    fn part(&mut self) -> Option<Vec<Amount>> {
        let mut open: Vec<Vec<Amount>> = vec![Vec::new()];
        loop {
            self.skip_blanks();
            match *self.rest {
                [first, ..] if first.is_ascii_uppercase() => {
                    let second = self
                        .rest
                        .get(1)
                        .filter(|b| b.is_ascii_lowercase() || (self.capitals && b.is_ascii_uppercase()));
                    let two = second.and_then(|_| symbol::from_type_symbol(&self.rest[..2]));
                    let (symbol, length) = match two {
                        Some(symbol) => (symbol, 2),
                        None if second.is_some_and(u8::is_ascii_lowercase) => return None,
                        None => (symbol::from_type_symbol(&self.rest[..1])?, 1),
                    };
                    self.rest = &self.rest[length..];
                    let (amount, rounding) = self.number().unwrap_or((1.0, 0.0));
                    open.last_mut()?.push(Amount { element: symbol.element, amount, rounding });
                }
                [b'(' | b'[' | b'{', ..] if open.len() < DEEPEST => {
                    self.rest = &self.rest[1..];
                    open.push(Vec::new());
                }
                [b')' | b']' | b'}', ..] => {
                    self.rest = &self.rest[1..];
                    let group = open.pop()?;
                    let (times, rounding) = self.number().unwrap_or((1.0, 0.0));
                    let outer = open.last_mut()?;
                    outer.extend(group.into_iter().map(|item| Amount {
                        amount: item.amount * times,
                        rounding: item.rounding * times + item.amount * rounding,
                        ..item
                    }));
                }
                _ => break,
            }
        }
        // The charge of an ion stands apart at the end.
        if let [digits @ .., b'+' | b'-'] = self.rest
            && digits.iter().all(u8::is_ascii_digit)
        {
            self.rest = &[];
        }
        let last = open.pop()?;
        (open.is_empty() && !last.is_empty()).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let amounts = parse(text)?;
        Some(amounts.iter().map(|item| format!("{}{}", item.element, item.amount)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn formulas_are_read_however_they_are_grouped() {
        for (text, expected) in [
            ("Nb3 Sn", "Nb3 Sn1"),
            ("Fe2O3", "Fe2 O3"),
            ("(Nb1)2", "Nb2"),
            ("Ca (O H)2", "Ca1 O2 H2"),
            ("[Co (N H3)6] Cl3", "Co1 N6 H18 Cl3"),
            ("Nb0.95(2) O2", "Nb0.95 O2"),
            ("Ca S O4 * 2(H2 O)", "Ca1 S1 O4 H4 O2"),
            ("Ca S O4 . 2H2 O", "Ca1 S1 O4 H4 O2"),
            ("CuSO4·5H2O", "Cu1 S1 O4 H10 O5"),
            ("C4 H16 Mg2.5 O", "C4 H16 Mg2.5 O1"),
            (" Nb.5 Zr.5 ", "Nb0.5 Zr0.5"),
            ("D2 O", "H2 O1"),
            ("N H4 1+", "N1 H4"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn formulas_that_cannot_be_read_are_said_so() {
        for text in [
            "O7-x",
            "Nb2-x",
            "Nbx",
            "NbxO2",
            "",
            " ",
            "unknown",
            "Nb, Sn",
            "Nb; Sn",
            "(Nb",
            "Nb)",
            "Nb2+x",
            "(C H2)n",
            "?",
            "Xx2",
            "nb3 sn",
            "Nb~2~",
            "Nb0",
            "1e308",
            "Nb1e308",
            "Nb1e10",
            "2",
            "Nb 2",
            "['Nb2' 'O5']",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read(&"(".repeat(100_000)), None);
    }

    #[test]
    fn capitals_may_be_two_letter_elements() {
        let both =
            |text: &str| parse_capitals(text).map(|all| all.iter().map(|a| a.element.symbol()).collect::<Vec<_>>());
        assert_eq!(both("NB3 SN"), Some(vec!["Nb", "Sn"]));
        assert_eq!(both("C O2"), None);
        assert_eq!(both("Nb3 Sn"), None);
    }
}
