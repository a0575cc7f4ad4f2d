//! One JSON line, read and checked.

use std::{fmt, marker::PhantomData};

use s2s_crystal::{Crystal, CrystalError, Element, Frac, Lattice, Occupant, Site, Species};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use thiserror::Error;

use super::{Mp2018, Mp2018Split, Record};
use crate::{Evidence, Kelvin, Label, json_words::in_words};

/// A line that is not a record, and where it is.
#[derive(Debug, Error)]
#[error("line {line}: {kind}")]
pub struct RecordError {
    line: u64,
    #[source]
    kind: RecordErrorKind,
}

impl RecordError {
    pub(super) fn new(line: u64, kind: RecordErrorKind) -> Self {
        Self { line, kind }
    }

    /// Number of the line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &RecordErrorKind {
        &self.kind
    }
}

/// What is wrong with a line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// The source cannot be read any further: the stream ends here.
    #[error("cannot read on: {0}")]
    Io(std::io::Error),
    /// The line is longer than any record may be; the rest of it is skipped.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The longest line that is read.
        limit: usize,
    },
    /// Not JSON, or not an object of the schema.
    #[error("{}", in_words(.0))]
    Json(serde_json::Error),
    /// The lists of species and coordinates have different lengths.
    #[error("{species} species for {positions} positions")]
    SiteCount {
        /// Length of `species`.
        species: usize,
        /// Length of `frac_coords`.
        positions: usize,
    },
    /// A label that is neither 0 nor 1.
    #[error("label {0} is neither 0 nor 1")]
    Label(i64),
    /// A property that is infinite or not a number.
    #[error("{0} is not finite")]
    NonFinite(&'static str),
    /// The numbers do not make a crystal.
    #[error("{0}")]
    Crystal(#[from] CrystalError),
}

impl Record {
    /// Reads one line of the schema that `PROVENANCE.md` of the shared data describes.
    ///
    /// Known fields are `id`, `formula`, `lattice` (rows, Å), `species` (atomic numbers), `frac_coords`, `pbc` (where not
    /// all three are periodic), `label` (0 or 1), `answer`, `tc` and `evidence` (what a label means and rests on), `mp_id`,
    /// `in_mp2018`, `e_form`, `gap_pbe`, `megnet_split` and `s2s_overlap`.
    /// `volume` follows from the lattice and is not kept; every other field goes to [`extra`](Self::extra).
    /// A mixed or partly filled site is a list of `[atomic number, occupancy]` in the place of its atomic number, and one
    /// with stated charges a list of `[atomic number, occupancy, charge]`; the charge may be `null`.
    /// A bare `"label": 0` means [`Label::NotListed`].
    ///
    /// # Errors
    ///
    /// Any [`RecordErrorKind`] but the first two.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::Record;
    ///
    /// let line = r#"{"id": "mp-92", "formula": "V", "label": 1, "species": [23], "frac_coords": [[0, 0, 0]],
    ///     "lattice": [[-1.5, 1.5, 1.5], [1.5, -1.5, 1.5], [1.5, 1.5, -1.5]]}"#;
    /// let vanadium = Record::from_json(line.as_bytes())?;
    /// assert_eq!(vanadium.volume_per_atom(), 13.5);
    /// # Ok::<(), s2s_data::RecordErrorKind>(())
    /// ```
    pub fn from_json(line: &[u8]) -> Result<Self, RecordErrorKind> {
        let raw: Line = serde_json::from_slice(line).map_err(RecordErrorKind::Json)?;
        if raw.species.0.len() != raw.frac_coords.0.len() {
            let (species, positions) = (raw.species.0.len(), raw.frac_coords.0.len());
            return Err(RecordErrorKind::SiteCount { species, positions });
        }
        let site = |(species, x)| Site { species, position: Frac(x) };
        let sites = raw.species.0.into_iter().map(|s| s.0).zip(raw.frac_coords.0).map(site).collect();
        let crystal = Crystal::new(Lattice::from_rows(raw.lattice)?, sites)?;
        let crystal = crystal.with_periodicity(raw.pbc.unwrap_or([true; 3]));
        for (name, value) in [("e_form", raw.e_form), ("gap_pbe", raw.gap_pbe), ("tc", raw.tc)] {
            if value.is_some_and(|x| !x.is_finite()) {
                return Err(RecordErrorKind::NonFinite(name));
            }
        }
        let tc = raw.tc.map(Kelvin);
        let label = match (raw.answer, raw.label) {
            (Some(Answer::Superconductor), _) => Some(Label::Superconductor { tc }),
            (Some(Answer::NoTransition), _) => Some(Label::NoTransition),
            (Some(Answer::NotListed), _) => Some(Label::NotListed),
            (Some(Answer::Conflicting), _) => Some(Label::Conflicting { highest: tc.unwrap_or(Kelvin(0.0)) }),
            (None, Some(1)) => Some(Label::Superconductor { tc }),
            (None, Some(0)) => Some(Label::NotListed),
            (None, Some(other)) => return Err(RecordErrorKind::Label(other)),
            (None, None) => None,
        };
        let (e_form, gap_pbe, megnet_split) = (raw.e_form, raw.gap_pbe, raw.megnet_split);
        let listed = raw.in_mp2018.unwrap_or(e_form.is_some() || gap_pbe.is_some() || megnet_split.is_some());
        Ok(Self {
            id: raw.id.into(),
            formula: raw.formula.into(),
            crystal,
            label,
            evidence: raw.evidence,
            mp_id: raw.mp_id.map(Into::into),
            mp2018: listed.then_some(Mp2018 { e_form, gap_pbe, megnet_split }),
            s2s_overlap: raw.s2s_overlap,
            extra: raw.extra,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Superconductor,
    NoTransition,
    Conflicting,
    NotListed,
}

/// The fields as written. Written by hand, because serde's `flatten` would first copy every coordinate into a tree.
#[derive(Default)]
struct Line {
    id: String,
    formula: String,
    lattice: [[f64; 3]; 3],
    species: Sites<SiteSpecies>,
    frac_coords: Sites<[f64; 3]>,
    pbc: Option<[bool; 3]>,
    label: Option<i64>,
    answer: Option<Answer>,
    tc: Option<f64>,
    evidence: Option<Box<Evidence>>,
    mp_id: Option<String>,
    in_mp2018: Option<bool>,
    e_form: Option<f64>,
    gap_pbe: Option<f64>,
    megnet_split: Option<Mp2018Split>,
    s2s_overlap: Option<bool>,
    extra: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Id,
    Formula,
    Lattice,
    Species,
    FracCoords,
    Pbc,
    Label,
    Answer,
    Tc,
    Evidence,
    MpId,
    #[serde(rename = "in_mp2018")]
    InMp2018,
    EForm,
    GapPbe,
    MegnetSplit,
    S2sOverlap,
    Volume,
    Other(String),
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let mut line = Line::default();
        let mut extra_bytes = 0;
        let (mut id, mut formula, mut lattice, mut species, mut frac_coords) = (None, None, None, None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Id => id = Some(map.next_value()?),
                Field::Formula => formula = Some(map.next_value()?),
                Field::Lattice => lattice = Some(map.next_value()?),
                Field::Species => species = Some(map.next_value()?),
                Field::FracCoords => frac_coords = Some(map.next_value()?),
                Field::Pbc => line.pbc = map.next_value()?,
                Field::Label => line.label = map.next_value()?,
                Field::Answer => line.answer = map.next_value()?,
                Field::Tc => line.tc = map.next_value()?,
                Field::Evidence => line.evidence = map.next_value()?,
                Field::MpId => line.mp_id = map.next_value()?,
                Field::InMp2018 => line.in_mp2018 = map.next_value()?,
                Field::EForm => line.e_form = map.next_value()?,
                Field::GapPbe => line.gap_pbe = map.next_value()?,
                Field::MegnetSplit => line.megnet_split = map.next_value()?,
                Field::S2sOverlap => line.s2s_overlap = map.next_value()?,
                Field::Volume => drop(map.next_value::<serde::de::IgnoredAny>()?),
                Field::Other(name) => {
                    // What is beside the structure takes up to thirty times its length in memory once it is decoded.
                    let raw: &RawValue = map.next_value()?;
                    extra_bytes += name.len() + raw.get().len();
                    if extra_bytes > EXTRA_BYTES {
                        let message = format_args!("the fields beside the structure exceed {EXTRA_BYTES} bytes");
                        return Err(A::Error::custom(message));
                    }
                    let value = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
                    line.extra.insert(name, value);
                }
            }
        }
        line.id = id.ok_or_else(|| A::Error::missing_field("id"))?;
        line.formula = formula.ok_or_else(|| A::Error::missing_field("formula"))?;
        line.lattice = lattice.ok_or_else(|| A::Error::missing_field("lattice"))?;
        line.species = species.ok_or_else(|| A::Error::missing_field("species"))?;
        line.frac_coords = frac_coords.ok_or_else(|| A::Error::missing_field("frac_coords"))?;
        Ok(line)
    }
}

/// Fields beside the structure may take this many bytes together.
const EXTRA_BYTES: usize = 1 << 20;

/// A structure may have this many sites.
const MOST_SITES: usize = 1_000_000;

/// A value for each site.
struct Sites<T>(Vec<T>);

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
struct SiteSpecies(Species);

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
