//! Sites: a position and the species on it.

use serde::{Deserialize, Serialize};

use crate::{CrystalError, Element, Frac};

/// One element on a site, with the share of the site that it fills.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawOccupant")]
pub struct Occupant {
    /// What sits there.
    pub element: Element,
    /// Share of the site, in (0, 1].
    pub occupancy: f64,
    /// Formal charge in units of e, where the source states one.
    pub oxidation: Option<f32>,
}

/// The occupants of a site: one element in an ordered crystal, several or a partial one in a disordered crystal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Occupants")]
pub struct Species(Occupants);

/// Nearly every site of nearly every crystal has one occupant; it needs no allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Occupants {
    One(Occupant),
    Many(Box<[Occupant]>),
}

/// How far the occupancies of a site may exceed one: rounded thirds and sixths add up to 1.0001 in real files.
const OCCUPANCY_SLACK: f64 = 1e-3;

impl Occupant {
    fn check(&self) -> Result<(), CrystalError> {
        let occupied = self.occupancy > 0.0 && self.occupancy <= 1.0 + OCCUPANCY_SLACK;
        if !occupied {
            return Err(CrystalError::InvalidOccupancy { value: self.occupancy });
        }
        match self.oxidation.filter(|charge| !charge.is_finite()) {
            Some(charge) => Err(CrystalError::InvalidCharge { charge }),
            None => Ok(()),
        }
    }
}

impl Species {
    /// One element that fills its site.
    pub fn pure(element: Element) -> Self {
        Self(Occupants::One(Occupant { element, occupancy: 1.0, oxidation: None }))
    }

    /// Several or partial occupants.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidOccupancy`] if there is no occupant, an occupancy is outside (0, 1], or their sum exceeds
    /// one by more than 0.001; [`CrystalError::InvalidCharge`] if a charge is not finite.
    pub fn new(occupants: Vec<Occupant>) -> Result<Self, CrystalError> {
        occupants.iter().try_for_each(Occupant::check)?;
        // The sum of nothing is −0.
        let total = occupants.iter().fold(0.0, |total, o| total + o.occupancy);
        if occupants.is_empty() || total > 1.0 + OCCUPANCY_SLACK {
            return Err(CrystalError::InvalidOccupancy { value: total });
        }
        Ok(Self(match occupants[..] {
            [only] => Occupants::One(only),
            _ => Occupants::Many(occupants.into_boxed_slice()),
        }))
    }

    /// The occupants; never empty.
    pub fn occupants(&self) -> &[Occupant] {
        match &self.0 {
            Occupants::One(only) => std::slice::from_ref(only),
            Occupants::Many(all) => all,
        }
    }

    /// Share of the site that is filled, in (0, 1.001].
    pub fn total_occupancy(&self) -> f64 {
        self.occupants().iter().map(|o| o.occupancy).sum()
    }

    /// The only element of a fully occupied site; `None` on a mixed or partly empty one.
    pub fn ordered_element(&self) -> Option<Element> {
        match &self.0 {
            Occupants::One(only) if only.occupancy > 1.0 - OCCUPANCY_SLACK => Some(only.element),
            _ => None,
        }
    }

    /// The element with the largest occupancy; the lighter one where two are equal.
    pub fn majority_element(&self) -> Element {
        let first = self.occupants()[0];
        let majority = self.occupants().iter().fold(first, |best, o| {
            let wins = o.occupancy > best.occupancy || (o.occupancy == best.occupancy && o.element < best.element);
            if wins { *o } else { best }
        });
        majority.element
    }
}

/// A position in the cell and its occupants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawSite")]
pub struct Site {
    /// The occupants of the site.
    pub species: Species,
    /// Where it is, in units of the lattice vectors; not necessarily inside the cell.
    pub position: Frac,
}

impl Site {
    /// A site filled by one element.
    pub fn pure(element: Element, position: Frac) -> Self {
        Self { species: Species::pure(element), position }
    }

    /// A site that several elements share, or that one fills partly: each with its share of the site, without charges.
    ///
    /// # Errors
    ///
    /// As [`Species::new`].
    pub fn mixed(
        shares: impl IntoIterator<Item = (Element, f64)>,
        position: impl Into<Frac>,
    ) -> Result<Self, CrystalError> {
        let occupant = |(element, occupancy)| Occupant { element, occupancy, oxidation: None };
        let species = Species::new(shares.into_iter().map(occupant).collect())?;
        Ok(Self { species, position: position.into() })
    }
}

/// An occupant as it is written down.
#[derive(Deserialize)]
struct RawOccupant {
    element: Element,
    occupancy: f64,
    oxidation: Option<f32>,
}

impl TryFrom<RawOccupant> for Occupant {
    type Error = CrystalError;

    fn try_from(raw: RawOccupant) -> Result<Self, Self::Error> {
        let occupant = Self { element: raw.element, occupancy: raw.occupancy, oxidation: raw.oxidation };
        occupant.check().map(|()| occupant)
    }
}

impl TryFrom<Occupants> for Species {
    type Error = CrystalError;

    fn try_from(raw: Occupants) -> Result<Self, Self::Error> {
        Self::new(match raw {
            Occupants::One(only) => vec![only],
            Occupants::Many(all) => all.into_vec(),
        })
    }
}

/// A site as it is written down.
#[derive(Deserialize)]
struct RawSite {
    species: Species,
    position: Frac,
}

impl TryFrom<RawSite> for Site {
    type Error = CrystalError;

    fn try_from(raw: RawSite) -> Result<Self, Self::Error> {
        if !raw.position.0.iter().all(|x| x.is_finite()) {
            return Err(CrystalError::NonFinitePosition { site: 0 });
        }
        Ok(Self { species: raw.species, position: raw.position })
    }
}
