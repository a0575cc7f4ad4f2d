//! Energies of a structure, which rank polymorphs.

use crate::{DataError, Record};

/// An energy in eV per atom.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct ElectronVoltsPerAtom(pub f64);

/// How stable a structure is, as far as its record says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Energies {
    /// Energy above the convex hull of all phases.
    pub above_hull: Option<ElectronVoltsPerAtom>,
    /// Formation energy from the elements.
    pub formation: Option<ElectronVoltsPerAtom>,
}

impl Energies {
    /// The energies of a record: the field `e_above_hull`, and the formation energy of MP-2018 or else the field
    /// `formation_energy_per_atom`. A field that is null is absent.
    ///
    /// # Errors
    ///
    /// [`DataError::NotANumber`] if one of the fields holds anything but a number.
    pub fn of(record: &Record) -> Result<Self, DataError> {
        let energy = |field| record.number(field).map(|number| number.map(ElectronVoltsPerAtom));
        let formation = record.mp2018.and_then(|known| known.e_form).map(ElectronVoltsPerAtom);
        Ok(Self { above_hull: energy("e_above_hull")?, formation: formation.or(energy("formation_energy_per_atom")?) })
    }
}
