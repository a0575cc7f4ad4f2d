//! The oxidation numbers of the atom types that a block lists.

use crate::{
    cif::{block::Block, tag::Key},
    diagnostic::{DiagnosticKind, Diagnostics},
    number::number_with_uncertainty,
    parse_error::{Fault, shorten},
};

/// Largest size of an oxidation number that is one.
const LARGEST_CHARGE: f64 = 100.0;

/// The oxidation numbers of the atom types.
#[derive(Debug)]
pub(super) struct Charges<'a>(Vec<(&'a [u8], f32)>);

impl<'a> Charges<'a> {
    /// Most atom types whose charges are kept: every row of the atom list searches them.
    const MOST: usize = 256;

    pub(super) fn read(block: &Block<'a>, diagnostics: &mut Diagnostics) -> Result<Self, Fault> {
        const SYMBOL: Key = Key::new("_atom_type_symbol");
        const NUMBER: Key = Key::new("_atom_type_oxidation_number");
        let symbols = block.get_all(&SYMBOL);
        let numbers = block.get_all(&NUMBER);
        let mut charges = Vec::new();
        for (symbol, value) in symbols.zip(numbers).take(Self::MOST) {
            if value.is_absent() {
                continue;
            }
            match number_with_uncertainty(value.bytes()) {
                Some(charge) if charge.abs() <= LARGEST_CHARGE => charges.push((symbol.bytes(), charge as f32)),
                _ => diagnostics.warn(value.offset(), DiagnosticKind::UnreadableValue, || {
                    format!("an oxidation number is not a number: {}", shorten(value.bytes()))
                })?,
            }
        }
        Ok(Self(charges))
    }

    pub(super) fn of(&self, symbol: &[u8]) -> Option<f32> {
        self.0.iter().find(|(known, _)| *known == symbol).map(|&(_, charge)| charge)
    }
}
