//! POSCAR and CONTCAR files of VASP 4, 5 and 6.
//!
//! One or three scale factors are read, a negative one is a volume. Elements come from the line of VASP 5, or from
//! [`ReadOptions::elements`](crate::ReadOptions), or from the words behind the coordinates. Selective dynamics and
//! whatever follows the positions are passed over. Isotopes and potential names such as `Fe_pv` are reduced to their
//! element.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, poscar};
//!
//! let text = "CsCl\n4.123\n1 0 0\n0 1 0\n0 0 1\nCs Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n";
//! let reading = poscar::read(text, &ReadOptions::ordered())?;
//! assert_eq!(reading.name, "CsCl");
//! assert_eq!(reading.crystal.lattice().lengths(), [4.123; 3]);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```

mod write;

pub use write::write;

use crate::{
    Cart, Element, Frac, Lattice, Species,
    diagnostic::{DiagnosticKind, Diagnostics},
    lines::{Line, Lines, Word},
    number::{count, number},
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::{ParsedStructure, Placed, assemble, bounded},
    symbol,
};

/// Reads a POSCAR or CONTCAR.
///
/// # Errors
///
/// The first fault, with its line and column.
pub fn read<T: AsRef<[u8]> + ?Sized>(text: &T, options: &ReadOptions) -> Result<ParsedStructure, ParseError> {
    let text = text.as_ref();
    let mut diagnostics = Diagnostics::new(options);
    let mut reader = Reader { lines: Lines::new(text), options, end: text.len() };
    let (name, lattice, placed, start) =
        reader.read(&mut diagnostics).map_err(|fault| fault.locate(&mut Locator::new(text), None))?;
    let sites = placed.len();
    let crystal = assemble(lattice, placed, options, &mut diagnostics, start)
        .map_err(|fault| fault.locate(&mut Locator::new(text), None))?;
    let diagnostics = diagnostics.locate(Locator::new(text), None);
    Ok(ParsedStructure { name, crystal, sites_listed: sites, diagnostics })
}

/// The scale line.
#[derive(Clone, Copy, Debug)]
enum Scale {
    Factors([f64; 3]),
    Volume(f64),
}

/// How many atoms of which element follow.
struct Counts {
    /// `None` where neither the file nor the caller names them before the positions.
    elements: Option<Vec<Element>>,
    counts: Vec<usize>,
    offset: usize,
}

struct Reader<'a> {
    lines: Lines<'a>,
    options: &'a ReadOptions,
    end: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, diagnostics: &mut Diagnostics) -> Result<(String, Lattice, Vec<Placed>, usize), Fault> {
        if self.end > self.options.limits.bytes {
            let message = format!("{} bytes exceed the limit of {}", self.end, self.options.limits.bytes);
            return Err(Fault::new(0, ParseErrorKind::LimitExceeded, message));
        }
        let comment = self.line("a comment line")?;
        let scale = self.scale()?;
        let (lattice, factors) = self.lattice(scale)?;
        let Counts { elements, counts, offset: start } = self.elements_and_counts(diagnostics)?;
        let mut line = self.line("a line that says Direct or Cartesian")?;
        if first_letter(line) == Some(b's') {
            line = self.line("a line that says Direct or Cartesian")?;
        }
        let cartesian = match first_letter(line) {
            Some(b'd') => false,
            Some(b'c' | b'k') => true,
            _ => {
                let message =
                    format!("the coordinates are neither Direct nor Cartesian: {}", shorten(line.text.trim_ascii()));
                return Err(Fault::new(first_word(line).offset, ParseErrorKind::InvalidValue, message));
            }
        };
        let total: usize = counts.iter().sum();
        // A position takes at least six bytes, so that a false count reserves no more than the text can hold.
        let mut placed = Vec::with_capacity(total.min(self.lines.left() / 6 + 1));
        for (index, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                let line = self.line("a position")?;
                let (numbers, next) = numbers(line, "a coordinate")?;
                let element = match &elements {
                    Some(elements) => elements[index],
                    None => behind(line, next)?,
                };
                let position = if cartesian {
                    lattice.to_frac(Cart([0, 1, 2].map(|k| numbers[k] * factors[k])))
                } else {
                    Frac(numbers)
                };
                if !position.0.iter().all(|x| x.is_finite()) {
                    let message = "a position is too far from the cell";
                    return Err(Fault::new(first_word(line).offset, ParseErrorKind::InvalidNumber, message));
                }
                placed.push(Placed { position, species: Species::pure(element), offset: line.offset });
            }
        }
        let name = String::from_utf8_lossy(comment.text.trim_ascii()).into_owned();
        Ok((name, lattice, placed, start))
    }

    fn line(&mut self, wanted: &str) -> Result<Line<'a>, Fault> {
        self.lines.next().ok_or_else(|| {
            Fault::new(self.end, ParseErrorKind::MissingValue, format!("the text ends where {wanted} should stand"))
        })
    }

    fn scale(&mut self) -> Result<Scale, Fault> {
        let line = self.line("the scale factor")?;
        let mut factors = Vec::with_capacity(3);
        for word in words(line).take(3) {
            match number(word.text) {
                Some(factor) => factors.push((factor, word)),
                // A remark may follow a single factor.
                None if factors.len() == 1 => break,
                None => return Err(not_a_number(word, "the scale factor")),
            }
        }
        let invalid = |word: Word<'_>, message| Err(Fault::new(word.offset, ParseErrorKind::InvalidValue, message));
        match factors[..] {
            [(0.0, word)] => invalid(word, "the scale factor is zero"),
            [(factor, _)] if factor < 0.0 => Ok(Scale::Volume(-factor)),
            [(factor, _)] => Ok(Scale::Factors([factor; 3])),
            [(x, word), (y, _), (z, _)] => {
                if x <= 0.0 || y <= 0.0 || z <= 0.0 {
                    return invalid(word, "one of three scale factors is not positive");
                }
                Ok(Scale::Factors([x, y, z]))
            }
            _ => {
                let message = "there should be one scale factor or three";
                Err(Fault::new(line.end(), ParseErrorKind::CountMismatch, message))
            }
        }
    }

    /// The scaled lattice, and the factors for Cartesian positions.
    fn lattice(&mut self, scale: Scale) -> Result<(Lattice, [f64; 3]), Fault> {
        let mut rows = [[0.0; 3]; 3];
        let mut offset = None;
        for row in &mut rows {
            let line = self.line("a lattice vector")?;
            offset = offset.or(Some(first_word(line).offset));
            (*row, _) = numbers(line, "a component of a lattice vector")?;
        }
        let offset = offset.unwrap_or(0);
        let invalid = |error: crate::CrystalError| Fault::new(offset, ParseErrorKind::InvalidCell, error.to_string());
        let factors = match scale {
            Scale::Factors(factors) => factors,
            Scale::Volume(volume) => [(volume / Lattice::from_rows(rows).map_err(invalid)?.volume()).cbrt(); 3],
        };
        let lattice = Lattice::from_rows(rows.map(|row| [0, 1, 2].map(|k| row[k] * factors[k]))).map_err(invalid)?;
        Ok((bounded(lattice, self.options, offset)?, factors))
    }

    /// The elements, where the file or the caller names them, the counts, and where the counts stand.
    fn elements_and_counts(&mut self, diagnostics: &mut Diagnostics) -> Result<Counts, Fault> {
        let mut line = self.line("the elements or the counts")?;
        let mut elements = None;
        if words(line).next().is_some_and(|word| word.text[0].is_ascii_alphabetic()) {
            let mut named = Vec::new();
            for word in words(line) {
                let symbol = symbol::from_type_symbol(word.text).ok_or_else(|| {
                    let message = format!("{} is no element", shorten(word.text));
                    Fault::new(word.offset, ParseErrorKind::UnknownElement, message)
                })?;
                if symbol.isotope {
                    diagnostics.note(word.offset, DiagnosticKind::Isotope, || {
                        format!("{} was read as hydrogen", shorten(word.text))
                    });
                }
                named.push(symbol.element);
            }
            elements = Some(named);
            line = self.line("the counts")?;
        }
        let mut counts = Vec::new();
        let mut total: usize = 0;
        for word in words(line) {
            let Some(value) = count(word.text) else {
                // A remark may follow the counts.
                if elements.as_ref().is_some_and(|e: &Vec<_>| e.len() == counts.len()) {
                    break;
                }
                let message = format!("a count is not a whole number: {}", shorten(word.text));
                return Err(Fault::new(word.offset, ParseErrorKind::InvalidNumber, message));
            };
            let value = usize::try_from(value).unwrap_or(usize::MAX);
            total = total.saturating_add(value);
            if total > self.options.limits.atoms {
                let message = format!("{total} atoms exceed the limit of {}", self.options.limits.atoms);
                return Err(Fault::new(word.offset, ParseErrorKind::LimitExceeded, message));
            }
            counts.push(value);
        }
        let start = first_word(line).offset;
        let elements = elements.or_else(|| (!self.options.elements.is_empty()).then(|| self.options.elements.clone()));
        if let Some(elements) = &elements
            && elements.len() != counts.len()
        {
            let message = format!("{} elements have {} counts", elements.len(), counts.len());
            return Err(Fault::new(start, ParseErrorKind::CountMismatch, message));
        }
        if total == 0 {
            return Err(Fault::new(start, ParseErrorKind::NoSites, "the counts add up to no atoms"));
        }
        Ok(Counts { elements, counts, offset: start })
    }
}

/// The words of a line, up to a remark.
fn words<'a>(line: Line<'a>) -> impl Iterator<Item = Word<'a>> + Clone {
    line.words().take_while(|word| !matches!(word.text[0], b'!' | b'#'))
}

fn first_word(line: Line<'_>) -> Word<'_> {
    line.words().next().unwrap_or(Word { text: &[], offset: line.end() })
}

fn first_letter(line: Line<'_>) -> Option<u8> {
    first_word(line).text.first().map(u8::to_ascii_lowercase)
}

fn not_a_number(word: Word<'_>, what: &str) -> Fault {
    let message = format!("{what} is not a number: {}", shorten(word.text));
    Fault::new(word.offset, ParseErrorKind::InvalidNumber, message)
}

/// The first three numbers of a line, and the word after them.
fn numbers<'a>(line: Line<'a>, what: &str) -> Result<([f64; 3], Option<Word<'a>>), Fault> {
    let mut words = words(line);
    let mut numbers = [0.0; 3];
    for value in &mut numbers {
        let Some(word) = words.next() else {
            let message = format!("{what} is missing");
            return Err(Fault::new(line.end(), ParseErrorKind::MissingValue, message));
        };
        *value = number(word.text).ok_or_else(|| not_a_number(word, what))?;
    }
    Ok((numbers, words.next()))
}

/// The element behind a position, possibly after the flags of selective dynamics.
fn behind(line: Line<'_>, next: Option<Word<'_>>) -> Result<Element, Fault> {
    let is_flag = |word: &Word<'_>| matches!(word.text, b"T" | b"F" | b"t" | b"f" | b".TRUE." | b".FALSE.");
    let word = match next {
        Some(word) if is_flag(&word) => words(line).skip(6).find(|word| !is_flag(word)),
        other => other,
    };
    let Some(word) = word else {
        let message = "the file names no elements (VASP 4), and the caller supplied none";
        return Err(Fault::new(line.end(), ParseErrorKind::MissingValue, message));
    };
    let symbol = symbol::from_type_symbol(word.text).ok_or_else(|| {
        let message = format!("{} is no element", shorten(word.text));
        Fault::new(word.offset, ParseErrorKind::UnknownElement, message)
    })?;
    Ok(symbol.element)
}
