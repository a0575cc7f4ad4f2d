//! Occupancies of atom lists, and their tolerance.

use crate::{
    cif::value::Value,
    diagnostic::{DiagnosticKind, Diagnostics},
    number::{Measured, measured},
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// How many standard uncertainties an occupancy may lie beyond its bounds.
const SIGMAS: f64 = 3.0;

/// How far an occupancy may exceed 1 at most, however uncertain it is.
const LARGEST_EXCESS: f64 = 0.1;

/// How far occupancies with this rounding and these uncertainties may add up to more than 1.
pub(crate) fn excess(rounding: f64, uncertainty: f64) -> f64 {
    (rounding + SIGMAS * uncertainty + 1e-9).clamp(0.001, LARGEST_EXCESS)
}

/// An occupancy within [0, 1], or brought there if it is off by less than its uncertainty.
pub(crate) fn read_occupancy(value: Value<'_>, diagnostics: &mut Diagnostics) -> Result<Measured, Fault> {
    let mut occupancy = measured(value.bytes()).ok_or_else(|| {
        let message = format!("_atom_site_occupancy is not a number: {}", shorten(value.bytes()));
        Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
    })?;
    if (0.0..=1.0).contains(&occupancy.value) {
        return Ok(occupancy);
    }
    let Measured { value: stated, uncertainty, rounding } = occupancy;
    occupancy.value = if stated > 1.0 && stated <= 1.0 + excess(rounding, uncertainty) {
        1.0
    } else if stated < 0.0 && stated >= -excess(rounding, uncertainty) {
        0.0
    } else {
        let message = format!("an occupancy of {stated} is not between 0 and 1");
        return Err(Fault::new(value.offset(), ParseErrorKind::InvalidOccupancy, message));
    };
    diagnostics.note(value.offset(), DiagnosticKind::Occupancy, || {
        format!("an occupancy of {} is taken as {}", shorten(value.bytes()), occupancy.value)
    });
    Ok(occupancy)
}
