//! The species that an OPTIMADE structure describes once and names at its sites.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    Occupant, Species,
    diagnostic::Diagnostics,
    json::Value,
    parse_error::{Fault, ParseErrorKind, shorten},
    pymatgen::element,
};

/// The described species by name; `None` where a species is nothing but vacancy.
pub(super) struct Known<'a>(HashMap<Cow<'a, str>, Option<Species>>);

impl<'a> Known<'a> {
    pub(super) fn read(value: Value<'a>, diagnostics: &mut Diagnostics) -> Result<Self, Fault> {
        let mut known = HashMap::new();
        for value in value.list("species")? {
            let [name, symbols, concentrations, attached] =
                value.pick("a species", ["name", "chemical_symbols", "concentration", "attached"])?;
            if let Some(attached) = attached {
                return attached.fault(ParseErrorKind::Unsupported, "species with attached atoms are not supported");
            }
            let name = value.required(name, "name")?;
            let symbols = value.required(symbols, "chemical_symbols")?;
            let concentrations = value.required(concentrations, "concentration")?;
            let species = species(symbols, concentrations, diagnostics)?;
            if known.insert(name.text("name")?, species).is_some() {
                return name.fault(ParseErrorKind::DuplicateTag, "a species is described twice");
            }
        }
        Ok(Self(known))
    }

    /// The species that a site names.
    pub(super) fn species(&self, value: Value<'a>) -> Result<Option<Species>, Fault> {
        let name = value.text("species_at_sites")?;
        match self.0.get(&name) {
            Some(species) => Ok(species.clone()),
            None => {
                let message = format!("the species {} is not described", shorten(&*name));
                value.fault(ParseErrorKind::MissingTag, message)
            }
        }
    }
}

fn species(
    symbols: Value<'_>,
    concentrations: Value<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Species>, Fault> {
    let (num_symbols, num_shares) =
        (symbols.list("chemical_symbols")?.count(), concentrations.list("concentration")?.count());
    if num_symbols != num_shares {
        let message = format!("{num_symbols} symbols have {num_shares} concentrations");
        return concentrations.fault(ParseErrorKind::CountMismatch, message);
    }
    let mut occupants = Vec::with_capacity(num_symbols);
    for (symbol, share) in symbols.list("chemical_symbols")?.zip(concentrations.list("concentration")?) {
        let occupancy = share.number("concentration")?;
        if symbol.bytes() == b"\"vacancy\"" {
            if (0.0..=1.0).contains(&occupancy) {
                continue;
            }
            let message = format!("a concentration of {occupancy} is not between 0 and 1");
            return share.fault(ParseErrorKind::InvalidOccupancy, message);
        }
        occupants.push(Occupant { element: element(symbol, diagnostics)?, occupancy, oxidation: None });
    }
    if occupants.is_empty() && num_symbols > 0 {
        return Ok(None);
    }
    match Species::new(occupants) {
        Ok(species) => Ok(Some(species)),
        Err(error) => concentrations.fault(ParseErrorKind::InvalidOccupancy, error.to_string()),
    }
}
