//! Symmetry operations in the notation of the International Tables, such as `-y, x-y, z+1/3`.

use std::{fmt, str::FromStr};

use crate::{CrystalError, Frac, number::leading_number};

/// A rotation, mirror or screw of a crystal: `x ↦ R·x + t` in units of the lattice vectors.
///
/// The rotation part is unimodular, the translation lies in [0, 1). Translations written as rounded decimals, such as
/// `0.333` or `333/1000`, are moved onto the nearest twenty-fourth: every translation of every space group is one.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Frac, SymOp};
///
/// let screw: SymOp = "-y, x-y, z+1/3".parse()?;
/// assert_eq!(screw.apply(Frac([0.25, 0.0, 0.0])), Frac([0.0, 0.25, 1.0 / 3.0]));
/// assert_eq!(screw, "-Y,+X-Y,.333+Z".parse()?);
/// assert_eq!(screw.to_string(), "-y,x-y,z+1/3");
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymOp {
    rotation: [[i8; 3]; 3],
    translation: [f64; 3],
}

/// Largest entry of a rotation part: settings with large transformations reach 2 or 3.
const LARGEST_ENTRY: f64 = 8.0;

/// How far a written translation may lie from the fraction that it stands for: a rounded third decimal.
const ROUNDING: f64 = 5.1e-4;

impl SymOp {
    /// The operation that moves nothing.
    pub const IDENTITY: Self = Self { rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], translation: [0.0; 3] };

    /// The operation with this rotation part and translation, which is reduced to [0, 1).
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidOperation`] if the determinant is not ±1, an entry exceeds 8, or the translation is not
    /// finite.
    pub fn new(rotation: [[i8; 3]; 3], translation: [f64; 3]) -> Result<Self, CrystalError> {
        let invalid = |reason| Err(CrystalError::InvalidOperation { reason });
        if rotation.iter().flatten().any(|&entry| f64::from(entry).abs() > LARGEST_ENTRY) {
            return invalid("a factor is not a small whole number");
        }
        if determinant(rotation).abs() != 1 {
            return invalid("it does not keep the volume");
        }
        if !translation.iter().all(|t| t.is_finite()) {
            return invalid("its translation is not finite");
        }
        Ok(Self { rotation, translation: translation.map(canonical) })
    }

    /// An operation that was found, in a cell that may be slanted: its entries need not be small.
    pub(crate) fn of_any_cell(rotation: [[i8; 3]; 3], translation: [f64; 3]) -> Self {
        Self { rotation, translation: translation.map(canonical) }
    }

    /// The rotation part, as rows.
    pub fn rotation(&self) -> [[i8; 3]; 3] {
        self.rotation
    }

    /// The translation in units of the lattice vectors, in [0, 1).
    pub fn translation(&self) -> [f64; 3] {
        self.translation
    }

    /// The image of a position; not wrapped into the cell.
    pub fn apply(&self, position: Frac) -> Frac {
        let [x, y, z] = position.0;
        Frac([0, 1, 2].map(|k| {
            let [a, b, c] = self.rotation[k].map(f64::from);
            a * x + b * y + c * z + self.translation[k]
        }))
    }

    /// First `other`, then `self`; `None` where the product has entries that no crystal's setting has.
    pub fn after(&self, other: &Self) -> Option<Self> {
        let mut rotation = [[0; 3]; 3];
        for (i, row) in rotation.iter_mut().enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                let products = (0..3).map(|k| i32::from(self.rotation[i][k]) * i32::from(other.rotation[k][j]));
                *entry = i8::try_from(products.sum::<i32>()).ok().filter(|x| f64::from(*x).abs() <= LARGEST_ENTRY)?;
            }
        }
        Some(Self { rotation, translation: self.apply(Frac(other.translation)).0.map(canonical) })
    }

    /// The operation, and whether a translation was moved onto a twenty-fourth.
    pub(crate) fn parse(text: &[u8]) -> Result<(Self, bool), CrystalError> {
        let mut parts = Parts { text, at: 0, rounded: false };
        let mut rotation = [[0; 3]; 3];
        let mut translation = [0.0; 3];
        for k in 0..3 {
            (rotation[k], translation[k]) = parts.expression(k == 2)?;
        }
        Ok((Self::new(rotation, translation)?, parts.rounded))
    }
}

fn determinant(m: [[i8; 3]; 3]) -> i32 {
    let [[a, b, c], [d, e, f], [g, h, i]] = m.map(|row| row.map(i32::from));
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
}

/// A translation in [0, 1), as exactly its twenty-fourth where it is one, so that equal operations compare equal.
fn canonical(translation: f64) -> f64 {
    let parts = translation * 24.0;
    if (parts - parts.round()).abs() < 1e-8 { parts.round().rem_euclid(24.0) / 24.0 } else { within(translation) }
}

/// The part of a translation within [0, 1).
fn within(translation: f64) -> f64 {
    Frac([translation; 3]).wrapped().0[0]
}

/// Reads the three expressions of an operation.
struct Parts<'a> {
    text: &'a [u8],
    at: usize,
    rounded: bool,
}

impl Parts<'_> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// One row of the rotation part and its translation, up to the comma or the end.
    fn expression(&mut self, last: bool) -> Result<([i8; 3], f64), CrystalError> {
        let invalid = |reason| Err(CrystalError::InvalidOperation { reason });
        let mut row = [0.0_f64; 3];
        let mut translation = 0.0;
        let mut terms = 0;
        loop {
            let mut sign = 1.0;
            match self.peek() {
                Some(b'+') => self.at += 1,
                Some(b'-') => {
                    sign = -1.0;
                    self.at += 1;
                }
                Some(b',') | None if terms > 0 => break,
                Some(b',') | None => return invalid("a coordinate is empty"),
                Some(_) if terms > 0 => return invalid("two terms stand side by side without a sign"),
                Some(_) => {}
            }
            let (factor, axis) = self.term()?;
            match axis {
                Some(axis) => row[axis] += sign * factor,
                None => translation += sign * factor,
            }
            terms += 1;
        }
        match (self.peek(), last) {
            (Some(_), false) => self.at += 1,
            (None, true) => {}
            (None, false) => return invalid("it has fewer than three coordinates"),
            (Some(_), true) => return invalid("it has more than three coordinates"),
        }
        if !row.iter().all(|x| x.fract() == 0.0 && x.abs() <= LARGEST_ENTRY) {
            return invalid("a factor is not a small whole number");
        }
        if !translation.is_finite() {
            return invalid("its translation is not finite");
        }
        // Of a sum far from zero only the part within the cell says how far it is from a fraction.
        let mut translation = within(translation);
        let exact = (translation * 24.0).round() / 24.0;
        let error = (translation - exact).abs();
        if error > 0.0 && error < ROUNDING {
            self.rounded |= error > 1e-9;
            translation = exact;
        }
        Ok((row.map(|x| x as i8), translation))
    }

    /// A number, an axis, or a product of both in either order.
    fn term(&mut self) -> Result<(f64, Option<usize>), CrystalError> {
        let mut factor = 1.0;
        let mut axis = None;
        let mut seen = false;
        if let Some(value) = self.fraction()? {
            factor = value;
            seen = true;
            if self.peek() == Some(b'*') {
                self.at += 1;
                seen = false;
            }
        }
        if let Some(byte @ (b'x'..=b'z' | b'X'..=b'Z')) = self.peek() {
            axis = Some(usize::from(byte.to_ascii_lowercase() - b'x'));
            self.at += 1;
            seen = true;
            if let Some(operator @ (b'*' | b'/')) = self.peek() {
                self.at += 1;
                let Some(value) = self.fraction()? else {
                    return Err(CrystalError::InvalidOperation { reason: "a factor is missing" });
                };
                factor = if operator == b'*' { factor * value } else { factor / value };
            }
        }
        if seen {
            return Ok((factor, axis));
        }
        Err(CrystalError::InvalidOperation { reason: "it holds something that is neither a number nor x, y or z" })
    }

    /// A number or a fraction of two numbers, if one stands here.
    fn fraction(&mut self) -> Result<Option<f64>, CrystalError> {
        if !matches!(self.peek(), Some(b'0'..=b'9' | b'.')) {
            return Ok(None);
        }
        let unreadable = CrystalError::InvalidOperation { reason: "it holds a number that cannot be read" };
        let (numerator, rest) = leading_number(&self.text[self.at..]).ok_or(unreadable.clone())?;
        self.at = self.text.len() - rest.len();
        if self.peek() != Some(b'/') {
            return Ok(Some(numerator));
        }
        self.at += 1;
        self.peek();
        let (denominator, rest) = leading_number(&self.text[self.at..]).ok_or(unreadable)?;
        self.at = self.text.len() - rest.len();
        if denominator == 0.0 {
            return Err(CrystalError::InvalidOperation { reason: "it divides by zero" });
        }
        Ok(Some(numerator / denominator))
    }
}

impl FromStr for SymOp {
    type Err = CrystalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes()).map(|(operation, _)| operation)
    }
}

impl fmt::Display for SymOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for k in 0..3 {
            if k > 0 {
                f.write_str(",")?;
            }
            let mut first = true;
            for (factor, axis) in self.rotation[k].into_iter().zip(["x", "y", "z"]) {
                let sign = if factor < 0 { "-" } else { "+" };
                if factor != 0 && !(first && factor > 0) {
                    f.write_str(sign)?;
                }
                match factor.unsigned_abs() {
                    0 => continue,
                    1 => f.write_str(axis)?,
                    n => write!(f, "{n}*{axis}")?,
                }
                first = false;
            }
            write_translation(f, self.translation[k])?;
        }
        Ok(())
    }
}

fn write_translation(f: &mut fmt::Formatter<'_>, translation: f64) -> fmt::Result {
    if translation == 0.0 {
        return Ok(());
    }
    let fraction = [2_u32, 3, 4, 6, 8, 12, 24].into_iter().find_map(|denominator| {
        let numerator = translation * f64::from(denominator);
        ((numerator - numerator.round()).abs() < 1e-9).then_some((numerator.round(), denominator))
    });
    match fraction {
        Some((numerator, denominator)) => write!(f, "+{numerator}/{denominator}"),
        None => write!(f, "+{translation}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        text.parse::<SymOp>().map_or_else(|e| e.to_string(), |op| op.to_string())
    }

    #[test]
    fn odd_forms_are_read() {
        assert_eq!(rewritten("x,y,z"), "x,y,z");
        assert_eq!(rewritten(" -X + 1/2 , Y-Z,\tZ "), "-x+1/2,y-z,z");
        assert_eq!(rewritten("1/2-x,.5+y,0.25+z"), "-x+1/2,y+1/2,z+1/4");
        assert_eq!(rewritten("-y+333/1000,x-y+0.6667,z-1/3"), "-y+1/3,x-y+2/3,z+2/3");
        assert_eq!(rewritten("x+1,y-2,z+3/2"), "x,y,z+1/2");
        assert_eq!(rewritten("+x,-y+1/2+1/4,z"), "x,-y+3/4,z");
        assert_eq!(rewritten("2*x+y,x+y,z"), "2*x+y,x+y,z");
        assert_eq!(rewritten("x+1/5,y,z"), "x+0.2,y,z");
        assert_eq!(rewritten("1x,y,z*1"), "x,y,z");
    }

    #[test]
    fn translations_far_from_zero_come_back_as_they_were_read() {
        for k in 0..2000 {
            let operation: SymOp = format!("x,y,z-98765432109+{}", f64::from(k) * 1e-5).parse().expect("it is valid");
            assert_eq!(rewritten(&operation.to_string()), operation.to_string());
        }
    }

    #[test]
    fn faults_are_named() {
        for (text, reason) in [
            ("x,y", "it has fewer than three coordinates"),
            ("x,y,z,x", "it has more than three coordinates"),
            ("x,,z", "a coordinate is empty"),
            ("x,y,w", "it holds something that is neither a number nor x, y or z"),
            ("x,y,x", "it does not keep the volume"),
            ("x,y,z+1/0", "it divides by zero"),
            ("x,y,z+9e307+9e307", "its translation is not finite"),
            ("x y,y,z", "two terms stand side by side without a sign"),
            ("x/2,2y,z", "a factor is not a small whole number"),
            ("x,y,z+", "it holds something that is neither a number nor x, y or z"),
        ] {
            assert_eq!(rewritten(text), format!("invalid symmetry operation: {reason}"), "{text}");
        }
    }
}
