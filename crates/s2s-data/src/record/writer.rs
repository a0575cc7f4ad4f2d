//! Records to JSON lines.

use std::io::{self, Write};

use s2s_crystal::Species;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Record;
use crate::{Kelvin, Label};

/// Writes records as JSON lines that [`RecordStream`](crate::RecordStream) reads back without loss.
///
/// The bytes are a pure function of the records: fields have a fixed order, numbers their shortest exact form.
#[derive(Debug)]
pub struct RecordWriter<W: Write> {
    sink: W,
}

impl<W: Write> RecordWriter<W> {
    /// Writes to this sink; wrap a file in a [`BufWriter`](std::io::BufWriter).
    pub fn new(sink: W) -> Self {
        Self { sink }
    }

    /// Appends one line.
    ///
    /// # Errors
    ///
    /// Whatever the sink reports.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        serde_json::to_writer(&mut self.sink, &Line { record, part: Part::Whole })?;
        self.sink.write_all(b"\n")
    }

    /// Flushes and gives the sink back.
    ///
    /// # Errors
    ///
    /// Whatever the sink reports.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.flush()?;
        Ok(self.sink)
    }
}

/// The fields of a record that a table has no columns for, as JSON.
#[cfg(feature = "parquet")]
pub(crate) fn beside_columns(record: &Record) -> serde_json::Result<String> {
    serde_json::to_string(&Line { record, part: Part::BesideColumns })
}

/// Whether a site has an element, and nothing else to say.
fn is_plain(species: &Species) -> bool {
    matches!(species.occupants(), [only] if only.occupancy == 1.0 && only.oxidation.is_none())
}

/// What a source calls the answer, and the transition temperature that goes with it.
pub(crate) fn answer(label: Label) -> (&'static str, Option<Kelvin>) {
    match label {
        Label::Superconductor { tc } => ("superconductor", tc),
        Label::NoTransition { .. } => ("no_transition", None),
        Label::NoneReported => ("none_reported", None),
        Label::Conflicting { highest } => ("conflicting", Some(highest)),
        Label::NotListed => ("not_listed", None),
    }
}

struct Line<'a> {
    record: &'a Record,
    part: Part,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Whole,
    #[cfg(feature = "parquet")]
    BesideColumns,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (record, whole) = (self.record, self.part == Part::Whole);
        let mut map = serializer.serialize_map(None)?;
        if whole {
            map.serialize_entry("id", &record.id)?;
            map.serialize_entry("formula", &record.formula)?;
        }
        if let Some(mp_id) = &record.mp_id {
            map.serialize_entry("mp_id", mp_id)?;
        }
        if let Some(label) = record.label.filter(|_| whole) {
            if let Some(superconductor) = label.is_superconductor() {
                map.serialize_entry("label", &u8::from(superconductor))?;
            }
            let (answer, tc) = answer(label);
            map.serialize_entry("answer", answer)?;
            if let Some(tc) = tc {
                map.serialize_entry("tc", &tc)?;
            }
        }
        if let Some(tested_to) = record.label.and_then(Label::tested_to) {
            map.serialize_entry("tested_to", &tested_to)?;
        }
        if let Some(evidence) = &record.evidence {
            map.serialize_entry("evidence", evidence)?;
        }
        let crystal = &record.crystal;
        if whole {
            map.serialize_entry("lattice", &crystal.lattice().vectors())?;
            map.serialize_entry("volume", &crystal.lattice().volume())?;
        }
        if whole || !crystal.sites().iter().all(|site| is_plain(&site.species)) {
            map.serialize_entry("species", &Column(crystal.sites().iter().map(|s| SiteSpecies(&s.species))))?;
        }
        if whole {
            map.serialize_entry("frac_coords", &Column(crystal.sites().iter().map(|s| s.position.0)))?;
        }
        if crystal.periodic() != [true; 3] {
            map.serialize_entry("pbc", &crystal.periodic())?;
        }
        if let Some(mp2018) = record.mp2018 {
            map.serialize_entry("in_mp2018", &true)?;
            if let Some(e_form) = mp2018.e_form {
                map.serialize_entry("e_form", &e_form)?;
            }
            if let Some(gap) = mp2018.gap_pbe {
                map.serialize_entry("gap_pbe", &gap)?;
            }
            if let Some(split) = mp2018.megnet_split {
                map.serialize_entry("megnet_split", &split)?;
            }
        }
        if let Some(overlap) = record.s2s_overlap {
            map.serialize_entry("s2s_overlap", &overlap)?;
        }
        if !record.diagnostics.is_empty() {
            map.serialize_entry("diagnostics", &record.diagnostics)?;
        }
        for (name, value) in &record.extra {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// An iterator as a JSON list.
struct Column<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Column<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

struct SiteSpecies<'a>(&'a Species);

impl Serialize for SiteSpecies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.occupants() {
            [only] if is_plain(self.0) => only.element.serialize(serializer),
            several if several.iter().any(|o| o.oxidation.is_some()) => {
                serializer.collect_seq(several.iter().map(|o| (o.element, o.occupancy, o.oxidation)))
            }
            several => serializer.collect_seq(several.iter().map(|o| (o.element, o.occupancy))),
        }
    }
}
