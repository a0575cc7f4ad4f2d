//! Values for each site of a record, and the species of a site.

use std::{fmt, marker::PhantomData};

use s2s_crystal::{Element, Occupant, Species};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};

/// A structure may have this many sites.
const MOST_SITES: usize = 1_000_000;

/// A value for each site.
pub(super) struct Sites<T>(pub(super) Vec<T>);

impl<T> Default for Sites<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sites<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(SitesVisitor(PhantomData))
    }
}

struct SitesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SitesVisitor<T> {
    type Value = Sites<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list with a value for each site")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sites<T>, A::Error> {
        let mut sites = Vec::new();
        while let Some(site) = list.next_element()? {
            if sites.len() == MOST_SITES {
                return Err(A::Error::custom(format_args!("more than {MOST_SITES} sites")));
            }
            sites.push(site);
        }
        Ok(Sites(sites))
    }
}

/// An atomic number, or a list of `[atomic number, occupancy]` or `[atomic number, occupancy, charge]`.
pub(super) struct SiteSpecies(pub(super) Species);

impl<'de> Deserialize<'de> for SiteSpecies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SiteSpeciesVisitor)
    }
}

struct SiteSpeciesVisitor;

impl<'de> Visitor<'de> for SiteSpeciesVisitor {
    type Value = SiteSpecies;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an atomic number, or a list of [atomic number, occupancy, charge if stated]")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<SiteSpecies, E> {
        element(number).map(|element| SiteSpecies(Species::pure(element)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SiteSpecies, A::Error> {
        let mut occupants = Vec::new();
        while let Some(SiteOccupant(occupant)) = list.next_element()? {
            occupants.push(occupant);
        }
        Species::new(occupants).map(SiteSpecies).map_err(A::Error::custom)
    }
}

/// `[atomic number, occupancy]` with or without a charge.
struct SiteOccupant(Occupant);

impl<'de> Deserialize<'de> for SiteOccupant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(SiteOccupantVisitor)
    }
}

struct SiteOccupantVisitor;

impl<'de> Visitor<'de> for SiteOccupantVisitor {
    type Value = SiteOccupant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[atomic number, occupancy, charge if stated]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SiteOccupant, A::Error> {
        let number = list.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let occupancy = list.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        let oxidation: Option<f32> = list.next_element()?.flatten();
        if oxidation.is_some_and(|charge| !charge.is_finite()) {
            return Err(A::Error::custom("a charge is not finite"));
        }
        Ok(SiteOccupant(Occupant { element: element(number)?, occupancy, oxidation }))
    }
}

fn element<E: serde::de::Error>(number: u64) -> Result<Element, E> {
    let unknown = || E::custom(format_args!("unknown atomic number {number}"));
    u8::try_from(number).ok().and_then(|z| Element::from_atomic_number(z).ok()).ok_or_else(unknown)
}
