//! The TOML tables of prototypes and reference crystals, and their conversion to [`ReferenceCrystal`].

use std::collections::{BTreeMap, BTreeSet};

use s2s_crystal::{Composition, Frac, SpaceGroup};
use serde::Deserialize;

use super::{
    ReferenceClass, ReferenceCrystal, Superconductivity,
    blueprint::{Blueprint, WyckoffSite},
    conventional_cell::{CellParameters, ConventionalCell},
    error::{ReferenceError, ReferenceFault},
    triplet,
};

/// The structure types that records refer to by name.
#[derive(Debug)]
pub(super) struct Library {
    prototypes: BTreeMap<String, Prototype>,
}

/// A structure type: a space group and the sites that its atoms take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prototype {
    /// Strukturbericht symbol, or the compound that the type is named after.
    name: String,
    space_group: u8,
    /// `A 4e 0,0,z` and so on; every letter in place of an element is one kind of atom.
    sites: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrototypeTable {
    prototype: Vec<Prototype>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CrystalTable {
    crystal: Vec<CrystalRecord>,
}

/// One entry of a table of crystals.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CrystalRecord {
    formula: String,
    name: Option<String>,
    #[serde(rename = "family")]
    class: ReferenceClass,
    prototype: Option<String>,
    #[serde(default)]
    elements: Vec<String>,
    space_group: Option<u8>,
    #[serde(default)]
    sites: Vec<String>,
    cell: CellParameters,
    #[serde(default)]
    free: BTreeMap<String, f64>,
    density: Option<f64>,
    tc: Option<f64>,
    pressure: Option<f64>,
    superconducting: Option<bool>,
    down_to: Option<f64>,
    sample: Option<String>,
    note: Option<String>,
    reference: String,
}

impl Library {
    /// Reads the table of prototypes.
    pub(super) fn parse(prototypes: &str) -> Result<Self, ReferenceError> {
        let table: PrototypeTable = parse_toml(prototypes)?;
        let prototypes = table.prototype.into_iter().map(|p| (p.name.clone(), p)).collect();
        Ok(Self { prototypes })
    }

    /// Reads a table of crystals.
    pub(super) fn parse_crystals(&self, text: &str) -> Result<Vec<ReferenceCrystal>, ReferenceError> {
        let table: CrystalTable = parse_toml(text)?;
        let build = |record: CrystalRecord| {
            let name = record.name.clone().unwrap_or_else(|| record.formula.clone());
            self.build(record).map_err(|reason| reason.of(&name))
        };
        table.crystal.into_iter().map(build).collect()
    }

    fn build(&self, record: CrystalRecord) -> Result<ReferenceCrystal, ReferenceFault> {
        let superconductivity = record.superconductivity()?;
        let (number, sites) = match (&record.prototype, record.space_group) {
            (Some(name), None) if record.sites.is_empty() => {
                let prototype =
                    self.prototypes.get(name).ok_or_else(|| ReferenceFault::UnknownPrototype { name: name.clone() })?;
                (prototype.space_group, prototype.fill(&record.elements)?)
            }
            (None, Some(number)) if record.elements.is_empty() => (number, record.sites.clone()),
            _ => return Err(ReferenceFault::NoStructure),
        };
        let group = SpaceGroup::from_number(number.into()).map_err(|_| ReferenceFault::UnknownSpaceGroup { number })?;
        let sites = wyckoff_sites(&sites, &record.free)?;
        let cell = ConventionalCell::new(group, &record.cell)?;
        let crystal = Blueprint { cell, sites }.primitive()?;
        let stated: Composition = record.formula.parse()?;
        let found = crystal.composition();
        if found.reduced().0 != stated.reduced().0 {
            return Err(ReferenceFault::Composition { found: found.reduced_formula() });
        }
        Ok(ReferenceCrystal {
            name: record.name.unwrap_or_else(|| record.formula.clone()),
            formula: record.formula,
            class: record.class,
            prototype: record.prototype,
            space_group: number,
            space_group_symbol: group.hm().replace([' ', '_'], ""),
            crystal,
            superconductivity,
            sample: record.sample,
            density: positive("density", record.density)?,
            note: record.note,
            reference: record.reference,
        })
    }
}

impl Prototype {
    /// The sites with elements in place of letters.
    fn fill(&self, elements: &[String]) -> Result<Vec<String>, ReferenceFault> {
        let letter = |site: &String| site.chars().next();
        let mut kinds: Vec<char> = Vec::new();
        for kind in self.sites.iter().filter_map(letter) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.len() != elements.len() {
            return Err(ReferenceFault::ElementCount { expected: kinds.len(), found: elements.len() });
        }
        let filled = |site: &String| {
            let kind = kinds.iter().position(|&kind| Some(kind) == letter(site))?;
            Some(format!("{}{}", elements[kind], site.get(1..)?))
        };
        self.sites.iter().map(|site| filled(site).ok_or_else(|| ReferenceFault::Site { site: site.clone() })).collect()
    }
}

impl CrystalRecord {
    fn superconductivity(&self) -> Result<Superconductivity, ReferenceFault> {
        match (self.tc, self.superconducting) {
            (Some(_), None) if self.down_to.is_none() => Ok(Superconductivity::Measured {
                tc_kelvin: positive("tc", self.tc)?.unwrap_or_default(),
                pressure_gpa: positive("pressure", self.pressure)?.unwrap_or_default(),
            }),
            (None, Some(false)) if self.pressure.is_none() => {
                Ok(Superconductivity::NotFound { down_to_kelvin: positive("down_to", self.down_to)? })
            }
            _ => Err(ReferenceFault::Superconductivity),
        }
    }
}

/// Reads sites such as `Cu 2q 0,0,z`, the parameters of their triplets taken from the record.
fn wyckoff_sites(sites: &[String], free: &BTreeMap<String, f64>) -> Result<Vec<WyckoffSite>, ReferenceFault> {
    let mut used = BTreeSet::new();
    let mut placed = Vec::with_capacity(sites.len());
    for text in sites {
        let malformed = || ReferenceFault::Site { site: text.clone() };
        let words: Vec<&str> = text.split_whitespace().collect();
        let [element, wyckoff, triplet] = words[..] else {
            return Err(malformed());
        };
        let letter = wyckoff.chars().last().filter(char::is_ascii_lowercase).ok_or_else(malformed)?;
        let multiplicity = wyckoff.trim_end_matches(letter).parse().map_err(|_| malformed())?;
        used.extend(triplet::parameters(triplet)?);
        let position = triplet::evaluate(triplet, &|name| free.get(name).copied())?;
        placed.push(WyckoffSite {
            element: element.parse()?,
            multiplicity,
            position: Frac(position),
            text: text.clone(),
        });
    }
    match free.keys().find(|name| !used.contains(name.as_str())) {
        Some(name) => Err(ReferenceFault::UnusedParameter { name: name.clone() }),
        None => Ok(placed),
    }
}

fn positive(quantity: &'static str, value: Option<f64>) -> Result<Option<f64>, ReferenceFault> {
    match value {
        Some(number) if !(number.is_finite() && number > 0.0) => Err(ReferenceFault::NotPositive { quantity }),
        _ => Ok(value),
    }
}

fn parse_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ReferenceError> {
    toml::from_str(text).map_err(|e| ReferenceError::Syntax { message: e.to_string() })
}
