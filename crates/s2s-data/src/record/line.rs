//! One JSON line, read and checked.

use std::fmt;

use s2s_crystal::{Composition, Crystal, Diagnostic, Element, Frac, Lattice, Site};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{
    Mp2018, Mp2018Split, Record, RecordErrorKind,
    sites::{SiteSpecies, Sites},
};
use crate::{Kelvin, Label, MaterialId, excerpt::excerpt, label::Evidence, unique_value::unique_value};

/// How far a stated volume may be from that of the cell, relative to it.
const VOLUME: f64 = 1e-3;

/// Share of the atoms in which a stated formula may differ from the sites: rounded occupancies.
const FORMULA: f64 = 5e-3;

impl Record {
    /// Reads one line of the schema that `PROVENANCE.md` of the shared data describes.
    ///
    /// Known fields are `id`, `formula`, `lattice` (rows, Å), `species` (atomic numbers), `frac_coords`, `pbc` (where not
    /// all three are periodic), `label` (0 or 1), `answer`, `tc`, `tested_to` and `evidence` (what a label means and rests on), `mp_id`,
    /// `in_mp2018`, `e_form`, `gap_pbe`, `megnet_split`, `s2s_overlap` and `diagnostics`.
    /// `volume` follows from the lattice and is not kept; every other field goes to [`extra`](Self::extra), up to 1 MiB.
    /// A mixed or partly filled site is a list of `[atomic number, occupancy]` in place of its atomic number, and one
    /// with stated charges a list of `[atomic number, occupancy, charge]`; the charge may be `null`.
    /// A bare `"label": 0` means [`Label::NotListed`], and the answer `no_transition` without the temperature `tested_to` means
    /// [`Label::NoneReported`].
    ///
    /// # Errors
    ///
    /// A [`RecordErrorKind`] if the line is not of the schema, has a field twice, at any depth, or contradicts itself: `label` against
    /// `answer`, a temperature without a transition, `volume` against `lattice`, `formula` against `species` (where it is
    /// a formula, and by more than rounded occupancies and the difference that `evidence` states), `in_mp2018` against
    /// the properties of that set.
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
    /// # Ok::<(), s2s_data::record::RecordErrorKind>(())
    /// ```
    pub fn from_json(line: &[u8]) -> Result<Self, RecordErrorKind> {
        let record = Self::outline_from_json(line)?;
        record.check_formula()?;
        Ok(record)
    }

    /// A line whose sites may be a part of the crystal, so that its formula says nothing about them.
    pub(crate) fn outline_from_json(line: &[u8]) -> Result<Self, RecordErrorKind> {
        let raw: Line = serde_json::from_slice(line).map_err(RecordErrorKind::Json)?;
        if raw.species.0.len() != raw.frac_coords.0.len() {
            let (species, positions) = (raw.species.0.len(), raw.frac_coords.0.len());
            return Err(RecordErrorKind::SiteCount { species, positions });
        }
        let site = |(species, x)| Site { species, position: Frac(x) };
        let sites = raw.species.0.into_iter().map(|s| s.0).zip(raw.frac_coords.0).map(site).collect();
        let crystal = Crystal::new(Lattice::from_rows(raw.lattice)?, sites)?;
        let crystal = crystal.with_periodicity(raw.pbc.unwrap_or([true; 3]));
        for (name, value) in
            [("e_form", raw.e_form), ("gap_pbe", raw.gap_pbe), ("tc", raw.tc), ("tested_to", raw.tested_to)]
        {
            if value.is_some_and(|x| !x.is_finite()) {
                return Err(RecordErrorKind::NonFinite(name));
            }
        }
        let label =
            with_limit(label(raw.answer, raw.label, raw.tc.map(Kelvin))?, raw.answer, raw.tested_to.map(Kelvin))?;
        let (e_form, gap_pbe, megnet_split) = (raw.e_form, raw.gap_pbe, raw.megnet_split);
        if let Some(gap) = gap_pbe.filter(|gap| *gap < 0.0) {
            return Err(RecordErrorKind::Range { field: "gap_pbe", value: gap, expected: "zero or positive" });
        }
        let known = e_form.is_some() || gap_pbe.is_some() || megnet_split.is_some();
        let listed = raw.in_mp2018.unwrap_or(known);
        if known && !listed {
            return contradiction("`in_mp2018` is false, and yet there are properties from that set");
        }
        if let Some(evidence) = &raw.evidence {
            check_evidence(evidence)?;
        }
        let volume = crystal.lattice().volume();
        if let Some(stated) = raw.volume.filter(|stated| (stated - volume).abs() > VOLUME * volume) {
            return contradiction(format!("a volume of {stated} Å³ for a cell of {volume:.4} Å³"));
        }
        Ok(Self {
            id: raw.id.into(),
            formula: raw.formula.into(),
            crystal,
            label,
            evidence: raw.evidence,
            mp_id: raw.mp_id.map(Into::into),
            mp2018: listed.then_some(Mp2018 { e_form, gap_pbe, megnet_split }),
            s2s_overlap: raw.s2s_overlap,
            diagnostics: raw.diagnostics,
            extra: raw.extra,
        })
    }

    /// Whether the formula, where it is one, is that of the sites.
    pub(crate) fn check_formula(&self) -> Result<(), RecordErrorKind> {
        let Ok(stated) = self.formula.parse::<Composition>() else { return Ok(()) };
        let found = self.crystal.composition();
        let allowed = FORMULA + self.evidence.as_ref().map_or(0.0, |evidence| evidence.difference);
        // Both add up to one, so what the one has too little is what the other has too much.
        let lacking = |(element, share): (Element, f64)| {
            let found = found.fractions().find(|(other, _)| *other == element);
            (share - found.map_or(0.0, |(_, share)| share)).max(0.0)
        };
        let same_elements = stated.elements().eq(found.elements());
        let lacking: f64 = stated.fractions().map(lacking).sum();
        if lacking <= allowed && (same_elements || allowed > FORMULA) {
            return Ok(());
        }
        let found = found.reduced_formula();
        contradiction(format!("the formula {} contradicts the sites, which are {found}", self.formula))
    }
}

fn contradiction<T>(message: impl AsRef<str>) -> Result<T, RecordErrorKind> {
    Err(RecordErrorKind::Contradiction(excerpt(message.as_ref())))
}

/// The label that the three fields state together.
fn label(answer: Option<Answer>, label: Option<i64>, tc: Option<Kelvin>) -> Result<Option<Label>, RecordErrorKind> {
    if let Some(other) = label.filter(|label| !matches!(label, 0 | 1)) {
        return Err(RecordErrorKind::Label(other));
    }
    if let Some(tc) = tc.filter(|tc| !tc.is_transition_temperature()) {
        return Err(RecordErrorKind::Temperature(tc));
    }
    let (found, expected) = match answer {
        Some(Answer::Superconductor) => (Label::Superconductor { tc }, Some(1)),
        Some(Answer::NoTransition | Answer::NoneReported) => (Label::NoneReported, Some(0)),
        Some(Answer::NotListed) => (Label::NotListed, Some(0)),
        Some(Answer::Conflicting) => match tc {
            Some(highest) => (Label::Conflicting { highest }, None),
            None => return contradiction("the answer `conflicting` without a `tc`"),
        },
        None => match (label, tc) {
            (Some(1), tc) => (Label::Superconductor { tc }, Some(1)),
            (Some(_), _) => (Label::NotListed, Some(0)),
            (None, Some(tc)) => return contradiction(format!("a `tc` of {tc} without a label")),
            (None, None) => return Ok(None),
        },
    };
    match (label, tc) {
        (Some(label), _) if Some(label) != expected => {
            let answer = answer.map_or("", Answer::name);
            contradiction(format!("the label {label} contradicts the answer `{answer}`"))
        }
        (_, Some(tc)) if expected == Some(0) => contradiction(format!("a `tc` of {tc} without a transition")),
        _ => Ok(Some(found)),
    }
}

/// The label of a measurement down to a stated temperature.
fn with_limit(
    label: Option<Label>,
    answer: Option<Answer>,
    tested_to: Option<Kelvin>,
) -> Result<Option<Label>, RecordErrorKind> {
    match (tested_to, answer) {
        (None, _) => Ok(label),
        (Some(tested_to), _) if !tested_to.is_transition_temperature() => Err(RecordErrorKind::Temperature(tested_to)),
        (Some(tested_to), Some(Answer::NoTransition)) => Ok(Some(Label::NoTransition { tested_to })),
        (Some(tested_to), _) => contradiction(format!("`tested_to` {tested_to} without the answer `no_transition`")),
    }
}

/// Whether shares and weights are shares and weights, and rows in order.
fn check_evidence(evidence: &Evidence) -> Result<(), RecordErrorKind> {
    for (field, value) in [("difference", evidence.difference), ("weight", evidence.weight)] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(RecordErrorKind::Range { field, value, expected: "zero or positive" });
        }
    }
    match evidence.rows.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => contradiction(format!("the rows of the evidence are not in increasing order: {pair:?}")),
        None => Ok(()),
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Superconductor,
    NoTransition,
    NoneReported,
    Conflicting,
    NotListed,
}

impl Answer {
    fn name(self) -> &'static str {
        match self {
            Self::Superconductor => "superconductor",
            Self::NoTransition => "no_transition",
            Self::NoneReported => "none_reported",
            Self::Conflicting => "conflicting",
            Self::NotListed => "not_listed",
        }
    }
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
    tested_to: Option<f64>,
    evidence: Option<Box<Evidence>>,
    mp_id: Option<String>,
    in_mp2018: Option<bool>,
    e_form: Option<f64>,
    gap_pbe: Option<f64>,
    megnet_split: Option<Mp2018Split>,
    s2s_overlap: Option<bool>,
    volume: Option<f64>,
    diagnostics: Vec<Diagnostic>,
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
    TestedTo,
    Evidence,
    MpId,
    #[serde(rename = "in_mp2018")]
    InMp2018,
    EForm,
    GapPbe,
    MegnetSplit,
    S2sOverlap,
    Volume,
    Diagnostics,
    Other(String),
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

/// Number and name of a field that is read.
fn number_and_name(field: &Field) -> Option<(u8, &'static str)> {
    Some(match field {
        Field::Id => (0, "id"),
        Field::Formula => (1, "formula"),
        Field::Lattice => (2, "lattice"),
        Field::Species => (3, "species"),
        Field::FracCoords => (4, "frac_coords"),
        Field::Pbc => (5, "pbc"),
        Field::Label => (6, "label"),
        Field::Answer => (7, "answer"),
        Field::Tc => (8, "tc"),
        Field::Evidence => (9, "evidence"),
        Field::MpId => (10, "mp_id"),
        Field::InMp2018 => (11, "in_mp2018"),
        Field::EForm => (12, "e_form"),
        Field::GapPbe => (13, "gap_pbe"),
        Field::MegnetSplit => (14, "megnet_split"),
        Field::S2sOverlap => (15, "s2s_overlap"),
        Field::Volume => (16, "volume"),
        Field::TestedTo => (17, "tested_to"),
        Field::Diagnostics => (18, "diagnostics"),
        Field::Other(_) => return None,
    })
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
        let mut seen = 0_u32;
        while let Some(field) = map.next_key()? {
            if let Some((number, name)) = number_and_name(&field) {
                if seen & 1 << number != 0 {
                    return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                }
                seen |= 1 << number;
            }
            match field {
                Field::Id => id = Some(short("identifier", map.next_value()?)?),
                Field::Formula => formula = Some(short("formula", map.next_value()?)?),
                Field::Lattice => lattice = Some(map.next_value()?),
                Field::Species => species = Some(map.next_value()?),
                Field::FracCoords => frac_coords = Some(map.next_value()?),
                Field::Pbc => line.pbc = map.next_value()?,
                Field::Label => line.label = map.next_value()?,
                Field::Answer => line.answer = map.next_value()?,
                Field::Tc => line.tc = map.next_value()?,
                Field::TestedTo => line.tested_to = map.next_value()?,
                Field::Evidence => line.evidence = map.next_value()?,
                Field::MpId => {
                    let mp_id: Option<String> = map.next_value()?;
                    line.mp_id = mp_id.map(|mp_id| short("identifier", mp_id)).transpose()?;
                }
                Field::InMp2018 => line.in_mp2018 = map.next_value()?,
                Field::EForm => line.e_form = map.next_value()?,
                Field::GapPbe => line.gap_pbe = map.next_value()?,
                Field::MegnetSplit => line.megnet_split = map.next_value()?,
                Field::S2sOverlap => line.s2s_overlap = map.next_value()?,
                Field::Volume => line.volume = map.next_value()?,
                Field::Diagnostics => line.diagnostics = map.next_value()?,
                Field::Other(name) => {
                    // What is beside the structure takes up to thirty times its length in memory once it is decoded.
                    let raw: &RawValue = map.next_value()?;
                    extra_bytes += name.len() + raw.get().len();
                    if extra_bytes > EXTRA_BYTES {
                        let message = format_args!("the fields beside the structure exceed {EXTRA_BYTES} bytes");
                        return Err(A::Error::custom(message));
                    }
                    if line.extra.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    let value = unique_value(raw.get()).map_err(|error| A::Error::custom(without_position(&error)))?;
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

/// An identifier or a formula, which messages and tables repeat.
fn short<E: serde::de::Error>(what: &str, text: String) -> Result<String, E> {
    if MaterialId::is_too_long(&text) {
        return Err(E::custom(format_args!("the {what} has more than {} characters", MaterialId::LONGEST)));
    }
    Ok(text)
}

/// The sentence of an error in a part of a line, whose position counts from the start of the part.
fn without_position(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    message.truncate(message.rfind(" at line ").unwrap_or(message.len()));
    message
}
