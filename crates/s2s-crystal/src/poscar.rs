//! POSCAR and CONTCAR files of VASP 4, 5 and 6.
//!
//! One or three scale factors are read, a negative one is a volume. Elements come from the lines of VASP 5, or from
//! [`ReadOptions::elements`](crate::ReadOptions), or from the words behind the coordinates, or, with a warning, from a comment that
//! is nothing but a symbol for each count; symbols and counts may go over several lines, as VASP breaks them after twenty.
//! Selective dynamics and what follows the positions are passed over, but a position more than there are counts is an error.
//! Isotopes and potential names such as `Fe_pv` are reduced to their element.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, poscar};
//!
//! let text = "CsCl\n4.123\n1 0 0\n0 1 0\n0 0 1\nCs Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n";
//! let parsed = poscar::read(text, &ReadOptions::ordered())?;
//! assert_eq!(parsed.name, "CsCl");
//! assert_eq!(parsed.crystal.lattice().lengths(), [4.123; 3]);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```

mod species;
mod write;

pub(crate) use species::is_group;
pub use write::write;

use crate::{
    Cart, Element, Frac, Lattice, Species,
    diagnostic::{DiagnosticKind, Diagnostics},
    format::is_poscar,
    json::utf_16,
    lines::{Line, Lines, Word},
    number::{count, leading_number, number},
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::{ParsedSite, ParsedStructure, assemble, bounded, is_near},
};

/// Reads a POSCAR or CONTCAR.
///
/// # Errors
///
/// The first fault, with its line and column.
pub fn read<T: AsRef<[u8]> + ?Sized>(text: &T, options: &ReadOptions) -> Result<ParsedStructure, ParseError> {
    let text = text.as_ref();
    if let Some(fault) = utf_16(text) {
        return Err(fault.locate(&mut Locator::new(text), None));
    }
    let mut diagnostics = Diagnostics::new(options);
    let mut reader = Reader { lines: Lines::new(text), options, end: text.len() };
    let (comment, lattice, parsed_sites, start) =
        reader.read(&mut diagnostics).map_err(|fault| fault.locate(&mut Locator::new(text), None))?;
    let sites = parsed_sites.len();
    let crystal = assemble((lattice, [true; 3]), parsed_sites, options, &mut diagnostics, start)
        .map_err(|fault| fault.locate(&mut Locator::new(text), None))?;
    let name = (comment.text.trim_ascii(), comment.offset);
    Ok(ParsedStructure::new(name, (crystal, sites), diagnostics, Locator::new(text), None))
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
    fn read(&mut self, diagnostics: &mut Diagnostics) -> Result<(Line<'a>, Lattice, Vec<ParsedSite>, usize), Fault> {
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
            // VASP takes everything else as direct, of which these are the words that people write.
            Some(b'd' | b'f') => false,
            Some(b'c' | b'k') => true,
            _ => {
                let message =
                    format!("the coordinates are neither Direct nor Cartesian: {}", shorten(line.text.trim_ascii()));
                return Err(Fault::new(first_word(line).offset, ParseErrorKind::InvalidValue, message));
            }
        };
        let elements = match elements {
            None if !self.is_labelled() => elements_of_comment(comment, counts.len(), diagnostics)?,
            other => other,
        };
        let total: usize = counts.iter().sum();
        let mut labels = Labels::default();
        // A position takes at least six bytes, so that a false count reserves no more than the text can hold.
        let mut parsed_sites = Vec::with_capacity(total.min(self.lines.left() / 6 + 1));
        for (index, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                let line = self.line("a position")?;
                let (numbers, next) = numbers(line, "a coordinate")?;
                let element = match &elements {
                    Some(elements) => {
                        labels.compare(line, next, elements[index], diagnostics)?;
                        elements[index]
                    }
                    None => labels.element(line, next, diagnostics)?,
                };
                let position = if cartesian {
                    lattice.to_frac(Cart([0, 1, 2].map(|k| numbers[k] * factors[k])))
                } else {
                    Frac(numbers)
                };
                if !is_near(position) {
                    let message = "a position is too far from the cell";
                    return Err(Fault::new(first_word(line).offset, ParseErrorKind::InvalidNumber, message));
                }
                parsed_sites.push(ParsedSite { position, species: Species::pure(element), offset: line.offset });
            }
        }
        self.compare_rest(total, diagnostics)?;
        Ok((comment, lattice, parsed_sites, start))
    }

    /// Refuses a position more than the counts say, and says that a second structure follows.
    fn compare_rest(&self, total: usize, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
        let Some(next) = self.lines.clone().next() else { return Ok(()) };
        if numbers(next, "a coordinate").is_ok() {
            let message = format!("a position follows the {total} that are counted");
            return Err(Fault::new(first_word(next).offset, ParseErrorKind::CountMismatch, message));
        }
        let is_configuration = || {
            let mut words = words(next);
            let mut is = |word: &[u8]| words.next().is_some_and(|w| w.text.to_ascii_lowercase().starts_with(word));
            is(b"direct") && is(b"configuration")
        };
        let is_dynamics = || first_word(next).text.eq_ignore_ascii_case(b"lattice");
        if is_configuration() || !is_dynamics() && is_poscar(self.lines.rest()) {
            diagnostics.warn(next.offset, DiagnosticKind::LeftOut, || {
                "a further structure follows, which was not read".to_owned()
            })?;
        }
        Ok(())
    }

    /// Whether a word stands behind the first position.
    fn is_labelled(&self) -> bool {
        let first = self.lines.clone().next().and_then(|line| Some((line, numbers(line, "a coordinate").ok()?)));
        first.is_some_and(|(line, (_, next))| label(line, next).is_some())
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
        let mut named: Vec<Element> = Vec::new();
        while begins_with(line, |b| b.is_ascii_alphabetic()) {
            let further = named.len();
            for word in words(line) {
                self.within_limit(named.len(), word.offset)?;
                match species::element(word, diagnostics) {
                    Ok(element) => named.push(element),
                    // Behind a line of symbols something else than symbols should have been counts.
                    Err(_) if further > 0 && named.len() == further => return Err(not_a_count(word)),
                    Err(fault) => return Err(fault),
                }
            }
            line = self.line("the counts")?;
        }
        let wanted = if named.is_empty() { self.options.elements.len() } else { named.len() };
        let mut counts = Vec::new();
        let mut total: usize = 0;
        let start = first_word(line).offset;
        loop {
            for word in words(line) {
                let Some(value) = count(word.text) else {
                    // A remark may follow the counts.
                    if wanted > 0 && counts.len() == wanted {
                        break;
                    }
                    return Err(not_a_count(word));
                };
                total = total.saturating_add(usize::try_from(value).unwrap_or(usize::MAX));
                self.within_limit(total, word.offset)?;
                self.within_limit(counts.len(), word.offset)?;
                counts.push(usize::try_from(value).unwrap_or(usize::MAX));
            }
            // Counts go on until there is one for each element, or without elements until the next line is a word.
            let next = self.lines.clone().next();
            let more = next.filter(|next| begins_with(*next, |b| b.is_ascii_digit()));
            match more {
                Some(next) if wanted == 0 || counts.len() < wanted => {
                    self.lines.next();
                    line = next;
                }
                _ => break,
            }
        }
        let elements = if named.is_empty() { self.options.elements.clone() } else { named };
        if !elements.is_empty() && elements.len() != counts.len() {
            let message = format!("{} elements have {} counts", elements.len(), counts.len());
            return Err(Fault::new(start, ParseErrorKind::CountMismatch, message));
        }
        if total == 0 {
            return Err(Fault::new(start, ParseErrorKind::NoSites, "the counts add up to no atoms"));
        }
        let elements = (!elements.is_empty()).then_some(elements);
        Ok(Counts { elements, counts, offset: start })
    }

    /// Whether there may be this many atoms, or one more name or count.
    fn within_limit(&self, number: usize, offset: usize) -> Result<(), Fault> {
        if number <= self.options.limits.atoms {
            return Ok(());
        }
        let message = format!("{number} atoms exceed the limit of {}", self.options.limits.atoms);
        Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message))
    }
}

/// The elements of a comment that is a symbol for each count and nothing else, as ASE writes it in files of VASP 4.
///
/// A comment may say anything, so that this is a warning.
fn elements_of_comment(
    comment: Line<'_>,
    counts: usize,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Vec<Element>>, Fault> {
    let symbol = |word: Word<'_>| std::str::from_utf8(word.text).ok().and_then(Element::from_symbol);
    let elements: Option<Vec<Element>> = comment.words().map(symbol).collect();
    let Some(elements) = elements.filter(|elements| elements.len() == counts) else { return Ok(None) };
    diagnostics.warn(first_word(comment).offset, DiagnosticKind::Assumed, || {
        let symbols: Vec<&str> = elements.iter().map(|element| element.symbol()).collect();
        format!("the file names no elements (VASP 4); they were taken from its comment: {}", symbols.join(" "))
    })?;
    Ok(Some(elements))
}

/// The words of a line, up to a remark.
fn words<'a>(line: Line<'a>) -> impl Iterator<Item = Word<'a>> + Clone {
    line.words().take_while(|word| !matches!(word.text[0], b'!' | b'#'))
}

/// Whether the first character of a line is of a kind.
fn begins_with(line: Line<'_>, kind: impl Fn(u8) -> bool) -> bool {
    first_word(line).text.first().is_some_and(|b| kind(*b))
}

fn first_word(line: Line<'_>) -> Word<'_> {
    line.words().next().unwrap_or(Word { text: &[], offset: line.end() })
}

fn first_letter(line: Line<'_>) -> Option<u8> {
    first_word(line).text.first().map(u8::to_ascii_lowercase)
}

fn not_a_count(word: Word<'_>) -> Fault {
    let message = format!("a count is not a whole number: {}", shorten(word.text));
    Fault::new(word.offset, ParseErrorKind::InvalidNumber, message)
}

fn not_a_number(word: Word<'_>, what: &str) -> Fault {
    let message = format!("{what} is not a number: {}", shorten(word.text));
    Fault::new(word.offset, ParseErrorKind::InvalidNumber, message)
}

/// The first three numbers of a line, and the word after them.
#[inline]
fn numbers<'a>(line: Line<'a>, what: &str) -> Result<([f64; 3], Option<Word<'a>>), Fault> {
    let mut numbers = [0.0; 3];
    let mut rest = line.text;
    for value in &mut numbers {
        while let [b' ' | b'\t', after @ ..] = rest {
            rest = after;
        }
        match leading_number(rest) {
            Some((number, after @ ([] | [b' ' | b'\t', ..]))) => (*value, rest) = (number, after),
            _ => return numbers_by_word(line, what),
        }
    }
    if rest.is_empty() {
        return Ok((numbers, None));
    }
    let rest = Line { text: rest, offset: line.offset + (line.text.len() - rest.len()) };
    Ok((numbers, words(rest).next()))
}

/// As [`numbers`], with the fault where a word is none.
#[cold]
fn numbers_by_word<'a>(line: Line<'a>, what: &str) -> Result<([f64; 3], Option<Word<'a>>), Fault> {
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

/// The words behind the positions, many of which are equal to the one before.
#[derive(Default)]
struct Labels<'a> {
    last: Option<(&'a [u8], Element)>,
    contradicted: bool,
}

impl<'a> Labels<'a> {
    /// The element behind a position, possibly after the flags of selective dynamics.
    fn element(
        &mut self,
        line: Line<'a>,
        next: Option<Word<'a>>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Element, Fault> {
        let Some(word) = label(line, next) else {
            let message = if self.last.is_some() {
                "no symbol stands behind this position, as one does behind others"
            } else {
                "the file names no elements (VASP 4), and its comment is not a symbol for each count: supply them, on the \
                 command line with --elements"
            };
            return Err(Fault::new(line.end(), ParseErrorKind::MissingValue, message));
        };
        if let Some((_, element)) = self.last.filter(|(text, _)| *text == word.text) {
            return Ok(element);
        }
        let element = species::element(word, diagnostics)?;
        self.last = Some((word.text, element));
        Ok(element)
    }

    /// Says once if a word behind a position is the symbol of another element than the one that is counted there.
    fn compare(
        &mut self,
        line: Line<'a>,
        next: Option<Word<'a>>,
        counted: Element,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Fault> {
        let Some(word) = next.filter(|_| !self.contradicted).and_then(|next| label(line, Some(next))) else {
            return Ok(());
        };
        if self.last == Some((word.text, counted)) {
            return Ok(());
        }
        let Some(element) = std::str::from_utf8(word.text).ok().and_then(Element::from_symbol) else { return Ok(()) };
        self.last = Some((word.text, element));
        if element == counted {
            return Ok(());
        }
        self.contradicted = true;
        diagnostics.warn(word.offset, DiagnosticKind::ElementMismatch, || {
            format!("{element} stands behind a position that the counts give to {counted}")
        })
    }
}

/// The word behind a position, possibly after the flags of selective dynamics.
fn label<'a>(line: Line<'a>, next: Option<Word<'a>>) -> Option<Word<'a>> {
    let is_flag = |word: &Word<'_>| matches!(word.text, b"T" | b"F" | b"t" | b"f" | b".TRUE." | b".FALSE.");
    match next {
        Some(word) if is_flag(&word) => words(line).skip(6).find(|word| !is_flag(word)),
        other => other,
    }
}
