//! The atoms that a block lists, before symmetry.

use std::cell::OnceCell;

use crate::{
    Cart, Element, Frac, Lattice,
    cif::{
        block::{Block, Rows},
        cartesian_frame::CartesianFrame,
        charges::Charges,
        check,
        columns::{self, ROLES, Role},
        element_word::{self, Doubt, Formula, Refusal, Word},
        occupancy::read_occupancy,
        tag::Key,
        value::Value,
    },
    diagnostic::{DiagnosticKind, Diagnostics},
    number::{Measured, measured, number_with_uncertainty},
    options::ReadOptions,
    parse_error::{Fault, ParseErrorKind, shorten},
    parsed_structure::is_near,
    symbol,
};

/// A row of the atom list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) position: [f64; 3],
    pub(crate) element: Element,
    pub(crate) occupancy: f64,
    /// Standard uncertainty of the occupancy, and half a unit of its last decimal.
    pub(crate) uncertainty: f32,
    pub(crate) rounding: f32,
    pub(crate) oxidation: Option<f32>,
    pub(crate) multiplicity: Option<u32>,
    pub(crate) offset: u32,
}

/// The loop of the atoms and the meaning of its columns, or the tags of an only atom that stands in no loop.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rows: Rows,
    roles: Vec<Role>,
    /// Tags in the order of `roles`, where each has its only value beside it.
    alone: Option<Vec<&'static Key>>,
    cartesian: bool,
}

impl Table {
    /// Finds the atoms of a block and the columns that matter.
    pub(crate) fn find(block: &Block<'_>, options: &ReadOptions) -> Result<Self, Fault> {
        let is_coordinate = |role: &Role| matches!(role, Role::Fract(_) | Role::Cartesian(_));
        let any = ROLES.iter().filter(|(_, role)| is_coordinate(role)).find_map(|(key, _)| block.column(key));
        let Some((rows, _)) = any else {
            let message = "the block lists no atoms";
            return Err(Fault::new(block.heading, ParseErrorKind::NoSites, message));
        };
        if rows.rows as usize > options.limits.atoms {
            let message = format!("{} sites exceed the limit of {}", rows.rows, options.limits.atoms);
            return Err(Fault::new(rows.offset as usize, ParseErrorKind::LimitExceeded, message));
        }
        let is_alone = |rows: &Rows| (rows.columns, rows.rows) == (1, 1);
        let mut roles = vec![Role::Ignored; rows.columns as usize];
        let mut alone = None;
        if is_alone(&rows) {
            let tags = ROLES.iter().filter(|(key, _)| block.column(key).is_some_and(|(rows, _)| is_alone(&rows)));
            let (keys, own): (Vec<_>, Vec<_>) = tags.map(|(key, role)| (key, *role)).unzip();
            (alone, roles) = (Some(keys), own);
        } else {
            for (key, role) in &ROLES {
                if let Some((other, column)) = block.column(key)
                    && other.offset == rows.offset
                {
                    roles[column] = *role;
                }
            }
        }
        columns::check_elsewhere(block, &rows, &roles)?;
        let has = |role| roles.contains(&role);
        let missing = |wanted: fn(usize) -> Role| (0..3).find(|&k| !has(wanted(k)));
        let cartesian = missing(Role::Fract).is_some();
        if cartesian && let Some(k) = missing(Role::Cartesian) {
            let axis = ["x", "y", "z"][missing(Role::Fract).unwrap_or(k)];
            let message = format!("the atom list has no column _atom_site_fract_{axis}");
            return Err(Fault::new(rows.offset as usize, ParseErrorKind::MissingTag, message));
        }
        if !has(Role::Type) && !has(Role::Label) {
            let message = "the atom list has neither _atom_site_type_symbol nor _atom_site_label";
            return Err(Fault::new(rows.offset as usize, ParseErrorKind::MissingTag, message));
        }
        Ok(Self { rows, roles, alone, cartesian })
    }

    /// Reads the rows.
    pub(crate) fn read(
        &self,
        block: &Block<'_>,
        lattice: &Lattice,
        diagnostics: &mut Diagnostics,
    ) -> Result<Vec<Listed>, Fault> {
        let charges = Charges::read(block, diagnostics)?;
        let frame = match self.cartesian {
            true => Some(CartesianFrame::read(block, lattice, diagnostics)?),
            false => None,
        };
        let mut atoms = Vec::with_capacity(self.rows.rows as usize);
        let stated = StatedElements { block, elements: OnceCell::new() };
        if let Some(keys) = &self.alone {
            let mut values = keys.iter().filter_map(|key| block.get(key));
            self.row(&mut values, frame.as_ref(), &charges, &stated, &mut atoms, diagnostics)?;
            return Ok(atoms);
        }
        let mut values = block.rows(self.rows);
        for _ in 0..self.rows.rows {
            self.row(&mut values, frame.as_ref(), &charges, &stated, &mut atoms, diagnostics)?;
        }
        Ok(atoms)
    }

    #[inline]
    fn row<'a>(
        &self,
        values: &mut impl Iterator<Item = Value<'a>>,
        frame: Option<&CartesianFrame>,
        charges: &Charges<'a>,
        stated: &StatedElements<'_>,
        atoms: &mut Vec<Listed>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Fault> {
        let mut position = [0.0; 3];
        let (mut label, mut kind): (Option<Value<'a>>, Option<Value<'a>>) = (None, None);
        let mut occupancy = Measured { value: 1.0, uncertainty: 0.0, rounding: 0.0 };
        let mut multiplicity = None;
        let mut dummy = false;
        let mut unknown = None;
        let mut offset = None;
        for role in &self.roles {
            let Some(value) = values.next() else { break };
            offset = offset.or(Some(value.offset()));
            match *role {
                Role::Ignored => {}
                Role::Label => label = Some(value),
                Role::Type => kind = Some(value),
                Role::Fract(k) if !self.cartesian => match coordinate(value)? {
                    Some(x) => position[k] = x,
                    None => unknown = unknown.or(Some(value)),
                },
                Role::Cartesian(k) if self.cartesian => match coordinate(value)? {
                    Some(x) => position[k] = x,
                    None => unknown = unknown.or(Some(value)),
                },
                Role::Fract(_) | Role::Cartesian(_) => {}
                Role::Occupancy if value.is_absent() => {
                    if value.bytes() == b"?" {
                        diagnostics.note(value.offset(), DiagnosticKind::Assumed, || {
                            "an unknown occupancy is taken as 1".to_owned()
                        });
                    }
                }
                Role::Occupancy => occupancy = read_occupancy(value, diagnostics)?,
                Role::Multiplicity if value.is_absent() => {}
                Role::Multiplicity => match read_multiplicity(value.bytes()) {
                    Some(whole) => multiplicity = Some(whole),
                    None => diagnostics.warn(value.offset(), DiagnosticKind::UnreadableValue, || {
                        format!("a site multiplicity is not a positive whole number: {}", shorten(value.bytes()))
                    })?,
                },
                Role::Hydrogens if value.is_absent() || value.bytes() == b"0" => {}
                Role::Hydrogens => diagnostics.warn(value.offset(), DiagnosticKind::MissingHydrogen, || {
                    format!("{} hydrogen atoms have no sites of their own", shorten(value.bytes()))
                })?,
                Role::Flag => dummy = value.bytes().eq_ignore_ascii_case(b"dum"),
            }
        }
        let offset = offset.unwrap_or(self.rows.offset as usize);
        if dummy {
            diagnostics.note(offset, DiagnosticKind::LeftOut, || "a dummy site was left out".to_owned());
            return Ok(());
        }
        if let Some(value) = unknown {
            let message = "a coordinate is unknown".to_owned();
            return Err(Fault::new(value.offset(), ParseErrorKind::MissingValue, message));
        }
        if occupancy.value == 0.0 {
            diagnostics.note(offset, DiagnosticKind::LeftOut, || {
                let name = kind.or(label).map_or_else(|| "a site".to_owned(), |value| shorten(value.bytes()));
                format!("{name} has no occupancy and was left out")
            });
            return Ok(());
        }
        if let Some(frame) = frame {
            position = frame.to_frac(Cart(position)).0;
        }
        if !is_near(Frac(position)) {
            return Err(Fault::new(offset, ParseErrorKind::InvalidNumber, "a position is too far from the cell"));
        }
        let (word, written) = element(kind, label, offset, stated, diagnostics)?;
        let listed = |symbol: &symbol::Symbol, share: f64| Listed {
            position,
            element: symbol.element,
            occupancy: share * occupancy.value,
            uncertainty: occupancy.uncertainty as f32,
            rounding: occupancy.rounding as f32,
            oxidation: symbol.oxidation.or_else(|| charges.of(written)),
            multiplicity,
            offset: offset as u32,
        };
        match &word {
            Word::Pure(symbol) | Word::Likely(symbol, _) => {
                note_isotope(symbol, written, offset, diagnostics);
                atoms.push(listed(symbol, 1.0));
            }
            Word::Mixed(shares) => {
                diagnostics.note(offset, DiagnosticKind::MixedSite, || {
                    let one = |(symbol, share): &(symbol::Symbol, f64)| format!("{} {share}", symbol.element);
                    let shares = shares.iter().map(one).collect::<Vec<_>>().join(", ");
                    format!("{} was read as a mixed site of {shares}", shorten(written))
                });
                for (symbol, share) in shares {
                    note_isotope(symbol, written, offset, diagnostics);
                    atoms.push(listed(symbol, *share));
                }
            }
        }
        Ok(())
    }
}

#[inline]
fn note_isotope(symbol: &symbol::Symbol, written: &[u8], offset: usize, diagnostics: &mut Diagnostics) {
    if symbol.isotope {
        diagnostics.note(offset, DiagnosticKind::Isotope, || format!("{} was read as hydrogen", shorten(written)));
    }
}

/// A positive whole number in any form, such as `4`, `4.0` or `4(0)`.
#[inline]
fn read_multiplicity(text: &[u8]) -> Option<u32> {
    if let [digit @ b'1'..=b'9'] = text {
        return Some(u32::from(digit - b'0'));
    }
    let value = measured(text)?.value;
    (value.fract() == 0.0 && (1.0..=1e9).contains(&value)).then_some(value as u32)
}

/// The elements of the stated formula, looked up when a word can be read in two ways.
struct StatedElements<'b> {
    block: &'b Block<'b>,
    elements: OnceCell<Option<Vec<Element>>>,
}

impl Formula for StatedElements<'_> {
    fn has(&self, element: Element) -> Option<bool> {
        let elements = self.elements.get_or_init(|| check::stated_elements(self.block));
        elements.as_ref().map(|elements| elements.contains(&element))
    }
}

/// A coordinate; `None` where the file says that it is unknown.
#[inline]
fn coordinate(value: Value<'_>) -> Result<Option<f64>, Fault> {
    match value.plain_number().or_else(|| number_with_uncertainty(value.bytes())) {
        Some(x) => Ok(Some(x)),
        None if value.is_absent() => Ok(None),
        None => {
            let message = format!("a coordinate is not a number: {}", shorten(value.bytes()));
            Err(Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message))
        }
    }
}

/// The element of a row: from its type symbol, or from its label where it has no type.
#[inline]
fn element<'a>(
    kind: Option<Value<'a>>,
    label: Option<Value<'a>>,
    offset: usize,
    stated: &StatedElements<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(Word, &'a [u8]), Fault> {
    let (value, what, word) = match kind.filter(|value| !value.is_absent()) {
        Some(value) => (value, "the type symbol", element_word::read_type(value.bytes(), stated)),
        None => {
            let Some(value) = label.filter(|value| !value.is_absent()) else {
                let message = "a site has neither a type symbol nor a label";
                return Err(Fault::new(offset, ParseErrorKind::MissingValue, message));
            };
            (value, "the label", element_word::read_label(value.bytes(), stated))
        }
    };
    match word {
        Ok(Word::Pure(symbol)) => {
            if let Some(label) = label.filter(|label| label.offset() != value.offset()) {
                compare_label(label, value, symbol.element, diagnostics)?;
            }
            Ok((Word::Pure(symbol), value.bytes()))
        }
        word => Ok((unusual(word, value, what, diagnostics)?, value.bytes())),
    }
}

/// What becomes of a word that is not simply an element.
#[cold]
fn unusual(
    word: Result<Word, Refusal>,
    value: Value<'_>,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Word, Fault> {
    let name = || shorten(value.bytes());
    match word {
        Ok(word) => {
            match &word {
                Word::Likely(symbol, Doubt::Capitals) => {
                    diagnostics.warn(value.offset(), DiagnosticKind::ElementMismatch, || {
                        format!("{what} {} was read as {}, and no formula confirms it", name(), symbol.element)
                    })?;
                }
                Word::Likely(symbol, Doubt::Hydrogen) => {
                    diagnostics.warn(value.offset(), DiagnosticKind::MissingHydrogen, || {
                        format!("{what} {} was read as {}, and its hydrogen has no site", name(), symbol.element)
                    })?;
                }
                Word::Pure(_) | Word::Mixed(_) => {}
            }
            Ok(word)
        }
        Err(Refusal::Tail(symbol)) => {
            diagnostics.doubt(value.offset(), DiagnosticKind::ElementMismatch, || {
                format!("{what} {} {}", name(), Refusal::Tail(symbol).describe())
            })?;
            Ok(Word::Pure(symbol))
        }
        Err(refusal) => {
            let message = format!("{what} {} {}", name(), refusal.describe());
            Err(Fault::new(value.offset(), ParseErrorKind::UnknownElement, message))
        }
    }
}

/// Compares an element with the label beside its type symbol, where the label clearly is an element and a number.
#[inline]
fn compare_label(
    label: Value<'_>,
    kind: Value<'_>,
    element: Element,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let (text, symbol) = (label.bytes(), element.symbol().as_bytes());
    if text.starts_with(symbol) && !text.get(symbol.len()).is_some_and(u8::is_ascii_lowercase) {
        return Ok(());
    }
    let length = text.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(text.len());
    let plain = match text[..length] {
        [first] => first.is_ascii_uppercase(),
        [first, second] => first.is_ascii_uppercase() && second.is_ascii_lowercase(),
        _ => false,
    };
    let number = length < text.len() && text[length..].iter().all(u8::is_ascii_digit);
    if plain
        && number
        && let Some(other) = symbol::from_type_symbol(&text[..length])
        && other.element != element
    {
        diagnostics.warn(label.offset(), DiagnosticKind::ElementMismatch, || {
            let [label, kind] = [label, kind].map(|value| shorten(value.bytes()));
            format!("the label {label} and the type symbol {kind} name different elements")
        })?;
    }
    Ok(())
}
