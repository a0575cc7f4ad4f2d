//! The atoms that a block lists, before symmetry.

use crate::{
    Cart, Element, Frac, Lattice,
    cif::{
        block::{Block, Rows},
        tag::Key,
        value::Value,
    },
    diagnostic::{DiagnosticKind, Diagnostics},
    number::{count, number_with_uncertainty},
    options::ReadOptions,
    parse_error::{Fault, ParseErrorKind, shorten},
    symbol,
};

/// A row of the atom list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) position: [f64; 3],
    pub(crate) element: Element,
    pub(crate) occupancy: f64,
    pub(crate) oxidation: Option<f32>,
    pub(crate) multiplicity: Option<u32>,
    pub(crate) offset: u32,
}

/// What a column of the atom list means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Ignored,
    Label,
    Type,
    Fract(usize),
    Cartesian(usize),
    Occupancy,
    Multiplicity,
    Hydrogens,
    Flag,
}

const ROLES: [(Key, Role); 13] = [
    (Key::new("_atom_site_label"), Role::Label),
    (Key::new("_atom_site_type_symbol"), Role::Type),
    (Key::new("_atom_site_fract_x"), Role::Fract(0)),
    (Key::new("_atom_site_fract_y"), Role::Fract(1)),
    (Key::new("_atom_site_fract_z"), Role::Fract(2)),
    (Key::new("_atom_site_Cartn_x"), Role::Cartesian(0)),
    (Key::new("_atom_site_Cartn_y"), Role::Cartesian(1)),
    (Key::new("_atom_site_Cartn_z"), Role::Cartesian(2)),
    (Key::new("_atom_site_occupancy"), Role::Occupancy),
    (Key::new("_atom_site_symmetry_multiplicity"), Role::Multiplicity),
    (Key::new("_atom_site_site_symmetry_multiplicity"), Role::Multiplicity),
    (Key::new("_atom_site_attached_hydrogens"), Role::Hydrogens),
    (Key::new("_atom_site_calc_flag"), Role::Flag),
];

/// The loop of the atoms and the meaning of its columns.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) rows: Rows,
    roles: Vec<Role>,
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
        let mut roles = vec![Role::Ignored; rows.columns as usize];
        for (key, role) in &ROLES {
            if let Some((other, column)) = block.column(key)
                && other.offset == rows.offset
            {
                roles[column] = *role;
            }
        }
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
        Ok(Self { rows, roles, cartesian })
    }

    /// Reads the rows.
    pub(crate) fn read(
        &self,
        block: &Block<'_>,
        lattice: &Lattice,
        diagnostics: &mut Diagnostics,
    ) -> Result<Vec<Listed>, Fault> {
        let charges = Charges::read(block)?;
        let mut atoms = Vec::with_capacity(self.rows.rows as usize);
        let mut values = block.rows(self.rows);
        for _ in 0..self.rows.rows {
            if let Some(atom) = self.row(&mut values, lattice, &charges, diagnostics)? {
                atoms.push(atom);
            }
        }
        Ok(atoms)
    }

    #[inline]
    fn row<'a>(
        &self,
        values: &mut impl Iterator<Item = Value<'a>>,
        lattice: &Lattice,
        charges: &Charges<'a>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<Listed>, Fault> {
        let mut position = [0.0; 3];
        let (mut label, mut kind): (Option<Value<'a>>, Option<Value<'a>>) = (None, None);
        let (mut occupancy, mut multiplicity) = (1.0, None);
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
                Role::Occupancy if value.is_absent() => {}
                Role::Occupancy => {
                    occupancy = number_with_uncertainty(value.bytes()).ok_or_else(|| {
                        let message = format!("_atom_site_occupancy is not a number: {}", shorten(value.bytes()));
                        Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
                    })?;
                    if !(0.0..=1.001).contains(&occupancy) {
                        let message = format!("an occupancy of {occupancy} is not between 0 and 1");
                        return Err(Fault::new(value.offset(), ParseErrorKind::InvalidOccupancy, message));
                    }
                }
                Role::Multiplicity if value.is_absent() => {}
                Role::Multiplicity => {
                    let whole = count(value.bytes()).and_then(|n| u32::try_from(n).ok()).ok_or_else(|| {
                        let message = format!("a site multiplicity is not a whole number: {}", shorten(value.bytes()));
                        Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
                    })?;
                    multiplicity = Some(whole);
                }
                Role::Hydrogens if value.is_absent() || value.bytes() == b"0" => {}
                Role::Hydrogens => {
                    let message = format!("{} hydrogen atoms have no sites of their own", shorten(value.bytes()));
                    diagnostics.doubt(value.offset(), DiagnosticKind::FormulaMismatch, || message)?;
                }
                Role::Flag => dummy = value.bytes().eq_ignore_ascii_case(b"dum"),
            }
        }
        let offset = offset.unwrap_or(self.rows.offset as usize);
        if dummy {
            diagnostics.note(offset, DiagnosticKind::LeftOut, || "a dummy site was left out".to_owned());
            return Ok(None);
        }
        if let Some(value) = unknown {
            let message = "a coordinate is unknown".to_owned();
            diagnostics.doubt(value.offset(), DiagnosticKind::UnreadableValue, || message)?;
            diagnostics.note(offset, DiagnosticKind::LeftOut, || "a site without coordinates was left out".to_owned());
            return Ok(None);
        }
        let (symbol, written) = element(kind, label, offset)?;
        if symbol.isotope {
            diagnostics.note(offset, DiagnosticKind::Isotope, || format!("{} was read as hydrogen", shorten(written)));
        }
        if occupancy == 0.0 {
            diagnostics.note(offset, DiagnosticKind::LeftOut, || {
                format!("{} has no occupancy and was left out", shorten(written))
            });
            return Ok(None);
        }
        if self.cartesian {
            position = lattice.to_frac(Cart(position)).0;
            if !position.iter().all(|x| x.is_finite()) {
                let message = "a position is too far from the cell";
                return Err(Fault::new(offset, ParseErrorKind::InvalidNumber, message));
            }
        }
        let oxidation = symbol.oxidation.or_else(|| charges.of(written));
        let Frac(position) = Frac(position);
        Ok(Some(Listed {
            position,
            element: symbol.element,
            occupancy,
            oxidation,
            multiplicity,
            offset: offset as u32,
        }))
    }
}

/// A coordinate; `None` where the file says that it is unknown.
#[inline]
fn coordinate(value: Value<'_>) -> Result<Option<f64>, Fault> {
    match number_with_uncertainty(value.bytes()) {
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
) -> Result<(symbol::Symbol, &'a [u8]), Fault> {
    let unknown = |value: Value<'_>, what| {
        let message = format!("{what} names no element: {}", shorten(value.bytes()));
        Fault::new(value.offset(), ParseErrorKind::UnknownElement, message)
    };
    if let Some(value) = kind.filter(|value| !value.is_absent()) {
        // Some programs write labels where types belong.
        let found = symbol::from_type_symbol(value.bytes()).or_else(|| symbol::from_label(value.bytes()));
        return Ok((found.ok_or_else(|| unknown(value, "a type symbol"))?, value.bytes()));
    }
    let Some(value) = label else {
        return Err(Fault::new(offset, ParseErrorKind::MissingValue, "a site has neither a type symbol nor a label"));
    };
    Ok((symbol::from_label(value.bytes()).ok_or_else(|| unknown(value, "a label"))?, value.bytes()))
}

/// The oxidation numbers of the atom types.
#[derive(Debug)]
struct Charges<'a>(Vec<(&'a [u8], f32)>);

impl<'a> Charges<'a> {
    /// Most atom types whose charges are remembered: every row of the atom list searches them.
    const MOST: usize = 256;

    fn read(block: &Block<'a>) -> Result<Self, Fault> {
        const SYMBOL: Key = Key::new("_atom_type_symbol");
        const NUMBER: Key = Key::new("_atom_type_oxidation_number");
        let symbols = block.get_all(&SYMBOL);
        let numbers = block.get_all(&NUMBER);
        let mut charges = Vec::new();
        for (symbol, value) in symbols.zip(numbers).take(Self::MOST) {
            if value.is_absent() {
                continue;
            }
            let charge = number_with_uncertainty(value.bytes()).ok_or_else(|| {
                let message = format!("an oxidation number is not a number: {}", shorten(value.bytes()));
                Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
            })?;
            charges.push((symbol.bytes(), charge as f32));
        }
        Ok(Self(charges))
    }

    fn of(&self, symbol: &[u8]) -> Option<f32> {
        self.0.iter().find(|(known, _)| *known == symbol).map(|&(_, charge)| charge)
    }
}
