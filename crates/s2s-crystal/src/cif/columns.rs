//! The columns of the atom list that are read, and where they may stand.

use crate::{
    cif::{
        block::{Block, Rows},
        tag::Key,
    },
    parse_error::{Fault, ParseErrorKind},
};

/// What a column of the atom list means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
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

/// The columns that are read.
pub(super) static ROLES: [(Key, Role); 13] = [
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

/// Tags without which the atoms cannot be read.
pub(super) fn needed_keys() -> impl Iterator<Item = &'static Key> {
    let needed = |role: Role| !matches!(role, Role::Ignored | Role::Multiplicity | Role::Hydrogens | Role::Flag);
    ROLES.iter().filter(move |(_, role)| needed(*role)).map(|(key, _)| key)
}

/// Whether the block has fractional coordinates, so that Cartesian ones are not read.
pub(super) fn have_fractions(block: &Block<'_>) -> bool {
    let mut fractions = ROLES.iter().filter(|(_, role)| matches!(role, Role::Fract(_)));
    fractions.all(|(key, _)| block.column(key).is_some())
}

/// Refuses columns that describe the atoms but stand outside their rows: nothing says which row belongs to which atom.
///
/// What changes no atom may stand there: labels beside type symbols, multiplicities, and coordinates of the other kind.
/// Coordinates that the rows lack are another fault.
pub(super) fn check_elsewhere(block: &Block<'_>, rows: &Rows, roles: &[Role]) -> Result<(), Fault> {
    let has = |role: Role| roles.contains(&role);
    let matters = |role: Role| match role {
        Role::Ignored | Role::Fract(_) | Role::Cartesian(_) | Role::Multiplicity | Role::Hydrogens => false,
        Role::Label => !has(Role::Type),
        Role::Type | Role::Occupancy | Role::Flag => true,
    };
    for (key, _) in ROLES.iter().filter(|(_, role)| !has(*role) && matters(*role)) {
        if let Some(offset) = block.tag_offset(key) {
            let what = if rows.columns > 1 || rows.rows > 1 { "the loop" } else { "the tags" };
            let message = format!(
                "{} stands apart from {what} of the atoms' coordinates: put it there, because CIF allows one loop for a category",
                key.name
            );
            return Err(Fault::new(offset, ParseErrorKind::UnexpectedToken, message));
        }
    }
    Ok(())
}
