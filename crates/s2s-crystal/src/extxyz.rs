//! Extended XYZ, with any number of frames.
//!
//! Read are `Lattice`, `Properties` and `pbc` of the comment line; other keys and columns are passed over. A frame
//! without a lattice is a molecule: it gets a box of 10 Å more than its extent, and no periodicity; so does a frame along
//! lattice vectors that are zero. A comment line with neither `Properties` nor a `Lattice` of nine or three numbers is a
//! comment, as in plain XYZ, whatever it says. Mixed sites, which ASE states under `occupancy`, are refused.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::{ReadOptions, extxyz};
//!
//! let text = "2\nLattice=\"4.1 0 0 0 4.1 0 0 0 4.1\" Properties=species:S:1:pos:R:3\nCs 0 0 0\nCl 2.05 2.05 2.05\n";
//! let options = ReadOptions::ordered();
//! let frames: Result<Vec<_>, _> = extxyz::read(text, &options).collect();
//! assert_eq!(frames?[0].crystal.num_sites(), 2);
//! # Ok::<(), s2s_crystal::ParseError>(())
//! ```
//!
//! # Source
//!
//! The specification of libAtoms/extxyz.

mod header;
mod write;

pub use write::write;

use header::{Column, Header};

use crate::{
    Cart, Element, Species,
    diagnostic::{DiagnosticKind, Diagnostics},
    json::utf_16,
    lines::{Line, Lines, Word},
    molecule::StatedCell,
    number::{count, number},
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::{ParsedSite, ParsedStructure, assemble, is_near},
    poscar::is_group,
    symbol,
};

/// The frames of a text, one after the other.
///
/// A fault inside a frame does not hide the next one, as long as the frame states how many atoms it has.
pub fn read<'a, T: AsRef<[u8]> + ?Sized>(
    text: &'a T,
    options: &'a ReadOptions,
) -> impl Iterator<Item = Result<ParsedStructure, ParseError>> + 'a {
    let text = text.as_ref();
    Frames { text, lines: Lines::new(text), locator: Locator::new(text), options, state: State::Start }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Start,
    Inside,
    Done,
}

struct Frames<'a> {
    text: &'a [u8],
    lines: Lines<'a>,
    locator: Locator<'a>,
    options: &'a ReadOptions,
    state: State,
}

impl Iterator for Frames<'_> {
    type Item = Result<ParsedStructure, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        if self.text.len() > self.options.limits.bytes {
            self.state = State::Done;
            let message = format!("{} bytes exceed the limit of {}", self.text.len(), self.options.limits.bytes);
            return Some(Err(Fault::new(0, ParseErrorKind::LimitExceeded, message).locate(&mut self.locator, None)));
        }
        if self.state == State::Start
            && let Some(fault) = utf_16(self.text)
        {
            self.state = State::Done;
            return Some(Err(fault.locate(&mut self.locator, None)));
        }
        // Blank lines may stand between frames and at the end.
        let Some(line) = self.lines.by_ref().find(|line| !line.is_blank()) else {
            let first = self.state == State::Start;
            self.state = State::Done;
            let fault = Fault::new(0, ParseErrorKind::Empty, "the text holds no frame");
            return first.then(|| Err(fault.locate(&mut self.locator, None)));
        };
        self.state = State::Inside;
        self.locator.position(line.offset);
        Some(self.frame(line).map_err(|fault| fault.locate(&mut self.locator, None)))
    }
}

impl<'a> Frames<'a> {
    fn frame(&mut self, first: Line<'a>) -> Result<ParsedStructure, Fault> {
        let atoms = match self.num_atoms(first) {
            Ok(atoms) => atoms,
            Err(fault) => {
                // Without a count the start of the next frame is unknown.
                self.state = State::Done;
                return Err(fault);
            }
        };
        let comment = self.line("the comment line")?;
        let body = self.lines;
        // Whatever happens inside the frame, the next one begins after its atoms.
        for _ in 0..atoms {
            if self.lines.next().is_none() {
                self.state = State::Done;
                let message = format!("the text ends before the {atoms} atoms of the frame do");
                return Err(Fault::new(self.text.len(), ParseErrorKind::MissingValue, message));
            }
        }
        if let Some(next) = self.lines.clone().next().filter(|line| is_row(*line)) {
            self.state = State::Done;
            let message = format!("a row follows the {atoms} atoms of the frame");
            return Err(Fault::new(next.offset, ParseErrorKind::CountMismatch, message));
        }
        let mut diagnostics = Diagnostics::new(self.options);
        let header = Header::read(comment, &mut diagnostics)?;
        let mut atoms_read = Vec::with_capacity(atoms);
        let mut further = None;
        for line in body.take(atoms) {
            let (atom, next) = atom(line, &header, &mut diagnostics)?;
            atoms_read.push(atom);
            further = further.or(next);
        }
        if let Some(word) = further.filter(|_| header.has_properties) {
            diagnostics.warn(word.offset, DiagnosticKind::UnreadableValue, || {
                format!("{} stands behind the {} columns of Properties", shorten(word.text), header.columns.len())
            })?;
        }
        let (rows, offset) = header.lattice.map_or((None, comment.offset), |(rows, offset)| (Some(rows), offset));
        let stated = StatedCell { rows, periodic: header.periodic, offset };
        let (lattice, periodic) =
            stated.lattice(atoms_read.iter().map(|atom| atom.position), self.options, &mut diagnostics)?;
        let mut parsed_sites = Vec::with_capacity(atoms);
        for atom in atoms_read {
            let position = lattice.to_frac(atom.position);
            if !is_near(position) {
                let message = "a position is too far from the cell";
                return Err(Fault::new(atom.offset, ParseErrorKind::InvalidNumber, message));
            }
            parsed_sites.push(ParsedSite { position, species: Species::pure(atom.element), offset: atom.offset });
        }
        let crystal = assemble((lattice, periodic), parsed_sites, self.options, &mut diagnostics, first.offset)?;
        let (name, block) = ((header.name.as_bytes(), comment.offset), Some(&*header.name));
        Ok(ParsedStructure::new(name, (crystal, atoms), diagnostics, self.locator, block))
    }

    fn line(&mut self, wanted: &str) -> Result<Line<'a>, Fault> {
        self.lines.next().ok_or_else(|| {
            self.state = State::Done;
            let message = format!("the text ends where {wanted} should stand");
            Fault::new(self.text.len(), ParseErrorKind::MissingValue, message)
        })
    }

    fn num_atoms(&self, line: Line<'a>) -> Result<usize, Fault> {
        let mut words = line.words();
        let word = words.next().unwrap_or(Word { text: &[], offset: line.offset });
        let atoms = count(word.text).ok_or_else(|| {
            let message = format!("the number of atoms is not a whole number: {}", shorten(word.text));
            Fault::new(word.offset, ParseErrorKind::InvalidNumber, message)
        })?;
        if let Some(extra) = words.next() {
            let message = format!("{} follows the number of atoms", shorten(extra.text));
            return Err(Fault::new(extra.offset, ParseErrorKind::UnexpectedToken, message));
        }
        if atoms == 0 {
            return Err(Fault::new(word.offset, ParseErrorKind::NoSites, "the frame has no atoms"));
        }
        let atoms = usize::try_from(atoms).unwrap_or(usize::MAX);
        if atoms > self.options.limits.atoms {
            let message = format!("{atoms} atoms exceed the limit of {}", self.options.limits.atoms);
            return Err(Fault::new(word.offset, ParseErrorKind::LimitExceeded, message));
        }
        Ok(atoms)
    }
}

#[derive(Debug)]
struct Atom {
    element: Element,
    position: Cart,
    offset: usize,
}

/// Whether a line looks like the row of an atom: a word, and three numbers among those after it.
fn is_row(line: Line<'_>) -> bool {
    let mut words = line.words();
    words.next().is_some() && words.take(10).filter(|word| number(word.text).is_some()).count() >= 3
}

/// The atom of a row, and the first word behind the columns.
fn atom<'a>(line: Line<'a>, header: &Header, diagnostics: &mut Diagnostics) -> Result<(Atom, Option<Word<'a>>), Fault> {
    let mut words = line.words();
    let first = words.clone().next();
    let mut element = None;
    let mut position = [0.0; 3];
    for column in &header.columns {
        let Some(word) = words.next() else {
            let message = format!("the row has fewer than {} columns", header.columns.len());
            return Err(Fault::new(line.end(), ParseErrorKind::MissingValue, message));
        };
        match *column {
            Column::Ignored => {}
            Column::Species => element = Some(agreeing(element, species(word, header, diagnostics)?, word)?),
            Column::Number => element = Some(agreeing(element, atomic_number(word)?, word)?),
            Column::Position(k) => {
                position[k] = number(word.text).ok_or_else(|| {
                    let message = format!("a coordinate is not a number: {}", shorten(word.text));
                    Fault::new(word.offset, ParseErrorKind::InvalidNumber, message)
                })?;
            }
        }
    }
    let offset = first.map_or(line.offset, |word| word.offset);
    let element =
        element.ok_or_else(|| Fault::new(offset, ParseErrorKind::MissingTag, "no column names the element"))?;
    Ok((Atom { element, position: Cart(position), offset }, words.next()))
}

/// An element, unless another column names another one.
fn agreeing(other: Option<Element>, element: Element, word: Word<'_>) -> Result<Element, Fault> {
    match other.filter(|other| *other != element) {
        Some(other) => {
            let message = format!("one column says {other}, another {element}");
            Err(Fault::new(word.offset, ParseErrorKind::InvalidValue, message))
        }
        None => Ok(element),
    }
}

fn species(word: Word<'_>, header: &Header, diagnostics: &mut Diagnostics) -> Result<Element, Fault> {
    if word.text[0].is_ascii_digit() {
        if header.has_types {
            let message = format!("{} is an atom type of LAMMPS and names no element", shorten(word.text));
            return Err(Fault::new(word.offset, ParseErrorKind::UnknownElement, message));
        }
        return atomic_number(word);
    }
    let symbol = symbol::from_type_symbol(word.text).filter(|_| !is_group(word.text)).ok_or_else(|| {
        let message = format!("{} is no element", shorten(word.text));
        Fault::new(word.offset, ParseErrorKind::UnknownElement, message)
    })?;
    if symbol.isotope {
        diagnostics
            .note(word.offset, DiagnosticKind::Isotope, || format!("{} was read as hydrogen", shorten(word.text)));
    }
    Ok(symbol.element)
}

fn atomic_number(word: Word<'_>) -> Result<Element, Fault> {
    let element = count(word.text).and_then(|z| u8::try_from(z).ok()).and_then(|z| Element::from_atomic_number(z).ok());
    element.ok_or_else(|| {
        let message = format!("{} is no atomic number", shorten(word.text));
        Fault::new(word.offset, ParseErrorKind::UnknownElement, message)
    })
}
