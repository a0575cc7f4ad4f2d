//! Records: a crystal with its identifier, formula, label and other properties.

mod error;
mod line;
mod sites;
mod sound;
mod stream;
mod writer;

use std::{fmt, sync::Arc};

use s2s_crystal::{Crystal, Diagnostic};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

#[cfg(feature = "parquet")]
pub(crate) use self::writer::{answer, beside_columns};
pub use self::{
    error::{RecordError, RecordErrorKind},
    sound::SoundRecords,
    stream::RecordStream,
    writer::RecordWriter,
};
use crate::{DataError, Label, label::Evidence};

/// The name under which a source lists a material: `mp-149`, `mp-lxf`, `s2s-0007`, an ICSD number.
///
/// Opaque on purpose: identifiers retire, and not all of them are numbers. What is read from a file has at most
/// [`LONGEST`](Self::LONGEST) characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MaterialId(Arc<str>);

impl MaterialId {
    /// Most characters of an identifier that is read: messages and tables repeat it.
    pub const LONGEST: usize = 1000;

    /// Whether a text is longer than an identifier that is read may be.
    pub(crate) fn is_too_long(text: &str) -> bool {
        text.len() > Self::LONGEST && text.chars().nth(Self::LONGEST).is_some()
    }

    /// The identifier as the source writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Into<Arc<str>>> From<S> for MaterialId {
    fn from(id: S) -> Self {
        Self(id.into())
    }
}

impl<'de> Deserialize<'de> for MaterialId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if Self::is_too_long(&text) {
            return Err(D::Error::custom(format_args!("an identifier has more than {} characters", Self::LONGEST)));
        }
        Ok(text.into())
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A crystal with its identifier and what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The name under which the source lists it.
    pub id: MaterialId,
    /// Reduced formula as the source writes it.
    pub formula: Box<str>,
    /// Where the atoms are.
    pub crystal: Crystal,
    /// What is known about its superconductivity, if the source says anything.
    pub label: Option<Label>,
    /// What the label rests on, where it comes from a join.
    pub evidence: Option<Box<Evidence>>,
    /// The Materials Project entry that a record of another source was matched to.
    pub mp_id: Option<MaterialId>,
    /// What the MP-2018.6.1 set says about it, where it is part of that set.
    pub mp2018: Option<Mp2018>,
    /// Whether a crystal of the S2S set has this formula and nearly this volume; unknown for sources that were not compared.
    pub s2s_overlap: Option<bool>,
    /// What the reader of the structure found: notes, warnings and where they arose.
    pub diagnostics: Vec<Diagnostic>,
    /// Fields that this type has no field for, as the source writes them.
    pub extra: Map<String, Value>,
}

/// What the MP-2018.6.1 set (Chen et al. 2019) says about a crystal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mp2018 {
    /// Formation energy in eV per atom.
    pub e_form: Option<f64>,
    /// Band gap in eV, from the PBE functional.
    pub gap_pbe: Option<f64>,
    /// The side on which the published MEGNet models had it.
    pub megnet_split: Option<Mp2018Split>,
}

/// The side of the published split of MP-2018.6.1 on which a crystal lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mp2018Split {
    /// The published models were trained on it.
    Train,
    /// The published models were selected on it.
    Val,
    /// The published errors were measured on it.
    Test,
}

impl Record {
    /// A record with nothing but a crystal.
    pub fn new(id: impl Into<MaterialId>, formula: impl Into<Box<str>>, crystal: Crystal) -> Self {
        Self {
            id: id.into(),
            formula: formula.into(),
            crystal,
            label: None,
            evidence: None,
            mp_id: None,
            mp2018: None,
            s2s_overlap: None,
            diagnostics: Vec::new(),
            extra: Map::new(),
        }
    }

    /// The same record with this label.
    pub fn with_label(self, label: Label) -> Self {
        Self { label: Some(label), ..self }
    }

    /// A number among the [`extra`](Self::extra) fields; `None` where the field is missing or null.
    ///
    /// # Errors
    ///
    /// [`DataError::NotANumber`] if the field holds anything else.
    pub fn number(&self, field: &str) -> Result<Option<f64>, DataError> {
        match self.extra.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(other) => {
                let (id, field, found) = (self.id.clone(), field.to_owned(), other.to_string());
                Err(DataError::NotANumber { id, field, found })
            }
        }
    }

    /// Volume per atom in Å³.
    pub fn volume_per_atom(&self) -> f64 {
        self.crystal.lattice().volume() / self.crystal.num_sites() as f64
    }
}
