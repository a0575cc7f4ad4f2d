//! The species that an OPTIMADE structure describes once and names at its sites.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Occupant, Species,
    diagnostic::Diagnostics,
    json::Source,
    parse_error::{Fault, ParseErrorKind, shorten},
    pymatgen::element,
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    chemical_symbols: Option<&'a RawValue>,
    #[serde(borrow)]
    concentration: Option<&'a RawValue>,
    #[serde(borrow)]
    attached: Option<&'a RawValue>,
}

/// The described species by name; `None` where a species is nothing but vacancy.
pub(super) struct Known<'a>(HashMap<Cow<'a, str>, Option<Species>>);

impl<'a> Known<'a> {
    pub(super) fn read(source: Source<'a>, raw: &'a RawValue, diagnostics: &mut Diagnostics) -> Result<Self, Fault> {
        let mut known = HashMap::new();
        for raw in source.list(raw, "the list of species")? {
            let document: Document<'a> = source.parse(raw, "a species")?;
            if let Some(attached) = document.attached {
                let message = "species with attached atoms are not supported";
                return Err(Fault::new(source.offset(attached), ParseErrorKind::Unsupported, message));
            }
            let name_raw = source.required(document.name, raw, "name")?;
            let name: Cow<'a, str> = source.parse(name_raw, "the name of a species")?;
            let species = species(source, raw, &document, diagnostics)?;
            if known.insert(name, species).is_some() {
                let message = "a species is described twice";
                return Err(Fault::new(source.offset(name_raw), ParseErrorKind::DuplicateTag, message));
            }
        }
        Ok(Self(known))
    }

    /// The species that a site names.
    pub(super) fn species(&self, source: Source<'a>, raw: &'a RawValue) -> Result<Option<Species>, Fault> {
        let name: Cow<'a, str> = source.parse(raw, "the species of a site")?;
        self.0.get(&name).cloned().ok_or_else(|| {
            let message = format!("the species {} is not described", shorten(&*name));
            Fault::new(source.offset(raw), ParseErrorKind::MissingTag, message)
        })
    }
}

fn species<'a>(
    source: Source<'a>,
    raw: &'a RawValue,
    document: &Document<'a>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Species>, Fault> {
    let symbols_raw = source.required(document.chemical_symbols, raw, "chemical_symbols")?;
    let symbols = source.list(symbols_raw, "chemical_symbols")?;
    let concentrations_raw = source.required(document.concentration, raw, "concentration")?;
    let concentrations = source.list(concentrations_raw, "concentration")?;
    if symbols.len() != concentrations.len() {
        let message = format!("{} symbols have {} concentrations", symbols.len(), concentrations.len());
        return Err(Fault::new(source.offset(concentrations_raw), ParseErrorKind::CountMismatch, message));
    }
    let mut occupants = Vec::with_capacity(symbols.len());
    for (symbol, share) in symbols.iter().zip(&concentrations) {
        let occupancy = source.number(share, "a concentration")?;
        let vacancy = symbol.get() == "\"vacancy\"";
        if vacancy && (0.0..=1.0).contains(&occupancy) {
            continue;
        }
        if vacancy {
            let message = format!("a concentration of {occupancy} is not between 0 and 1");
            return Err(Fault::new(source.offset(share), ParseErrorKind::InvalidOccupancy, message));
        }
        occupants.push(Occupant { element: element(source, symbol, diagnostics)?, occupancy, oxidation: None });
    }
    if occupants.is_empty() && !symbols.is_empty() {
        return Ok(None);
    }
    let checked = Species::new(occupants);
    let offset = source.offset(concentrations_raw);
    checked.map(Some).map_err(|error| Fault::new(offset, ParseErrorKind::InvalidOccupancy, error.to_string()))
}
