//! Diagnostics: warnings and notes of a reader about a text that it could read.
//!
//! One rule divides findings: what makes the atoms uncertain is an error; what contradicts redundant information, or
//! cannot be read and is not needed, is a warning; what was normalized is a note. [`Strictness`] moves the first border.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    options::{ReadOptions, Strictness},
    parse_error::{Fault, Locator, ParseErrorKind, shorten},
};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A value was normalized; the atoms are certain.
    Note,
    /// The text contradicts itself, or a part that is not needed cannot be read; under [`Strictness::Strict`] an error.
    Warning,
}

/// One finding of a reader, with its position in the text.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{DiagnosticKind, ReadOptions, Severity, cif};
///
/// let text = "data_Po\n_cell_length_a 3.36\n_cell_length_b 3.36\n_cell_length_c 3.36\n_cell_angle_alpha 90\n\
///     _cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n\
///     _atom_site_fract_z\nPo1 0 0 0\n";
/// let structure = cif::read_one(text, &ReadOptions::ordered())?;
/// let assumed = &structure.diagnostics[0];
/// assert_eq!((assumed.severity, assumed.kind), (Severity::Note, DiagnosticKind::Assumed));
/// assert_eq!(
///     assumed.to_string(),
///     "line 1, column 1 (block Po): note: no symmetry is stated; the atoms are taken as those of the whole cell"
/// );
/// # Ok::<(), s2s_crystal::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub kind: DiagnosticKind,
    /// Name of the block, frame or entry, where the text gives it one.
    pub block: Option<String>,
    /// Line of the text, from 1.
    pub line: usize,
    /// Column of the text, from 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, block, line, column, message, .. } = self;
        match block {
            Some(block) => write!(f, "line {line}, column {column} (block {block}): {severity}: {message}"),
            None => write!(f, "line {line}, column {column}: {severity}: {message}"),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
        })
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident => $name:literal, $error:ident;)*) => {
        /// What a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum DiagnosticKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl DiagnosticKind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Stable name in lower case, for logs and tables; also how it is serialized.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What the finding is called where it is an error.
            pub fn error_kind(self) -> ParseErrorKind {
                match self {
                    $(Self::$variant => ParseErrorKind::$error,)*
                }
            }
        }
    };
}

kinds! {
    /// A coordinate or translation was moved onto the exact special value.
    Rounded => "rounded", InvalidNumber;
    /// Several listed sites became one.
    Merged => "merged", InvalidOccupancy;
    /// An entry that is no atom was left out: a dummy, or a site without occupants.
    LeftOut => "left_out", NoSites;
    /// Deuterium or tritium was read as hydrogen.
    Isotope => "isotope", UnknownElement;
    /// Something the text does not state was assumed.
    Assumed => "assumed", MissingTag;
    /// A word that names several elements was read as a mixed site.
    MixedSite => "mixed_site", UnknownElement;
    /// Occupancies were rescaled or set to a bound that they miss by less than their uncertainty, or the occupancy policy
    /// changed a site.
    Occupancy => "occupancy", InvalidOccupancy;
    /// The atoms of the cell disagree with the stated formula.
    FormulaMismatch => "formula_mismatch", FormulaMismatch;
    /// The stated formula, or the number of formula units, cannot be read; it was not compared with the atoms.
    UncheckedFormula => "unchecked_formula", InvalidFormula;
    /// Hydrogen atoms are stated that have no sites.
    MissingHydrogen => "missing_hydrogen", Unsupported;
    /// A site's label and its type symbol name different elements; the type symbol counts.
    ElementMismatch => "element_mismatch", UnknownElement;
    /// The images of a site disagree with its stated multiplicity.
    MultiplicityMismatch => "multiplicity_mismatch", MultiplicityMismatch;
    /// Two statements of the symmetry disagree with each other, with the cell or with the atoms.
    SymmetryMismatch => "symmetry_mismatch", InconsistentSymmetry;
    /// A statement of the symmetry cannot be read; another one was taken.
    UnreadableSymmetry => "unreadable_symmetry", UnknownSpaceGroup;
    /// The lattice disagrees with another statement about it, such as the cell volume.
    CellMismatch => "cell_mismatch", InvalidCell;
    /// A value that is not needed cannot be read.
    UnreadableValue => "unreadable_value", InvalidValue;
    /// A loop or table that is not needed is empty or damaged.
    DamagedLoop => "damaged_loop", IncompleteLoop;
    /// A value is stated twice.
    DuplicateValue => "duplicate_value", DuplicateTag;
    /// The name of a structure is longer than what is kept of it.
    LongName => "long_name", LimitExceeded;
    /// Two atoms are closer than any two atoms of matter.
    CloseAtoms => "close_atoms", InvalidValue;
    /// The number of findings exceeds what is kept.
    Omitted => "omitted", LimitExceeded;
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// At most this many notes, and this many warnings, of a structure are kept: they are for people.
const MOST: usize = 1000;

/// A finding at a byte offset; located when reading has succeeded.
#[derive(Debug)]
struct Pending {
    offset: usize,
    severity: Severity,
    kind: DiagnosticKind,
    message: String,
}

/// Findings as they are collected. The reader's strictness decides which of them end the reading.
#[derive(Debug)]
pub(crate) struct Diagnostics {
    strictness: Strictness,
    pending: Vec<Pending>,
    /// Numbers of notes and warnings found, kept or not.
    found: [usize; 2],
}

impl Diagnostics {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self { strictness: options.strictness, pending: Vec::new(), found: [0; 2] }
    }

    /// An empty collection under which a reading that is only tried fails where it is doubtful.
    pub(crate) fn trial(&self) -> Self {
        Self { strictness: Strictness::Standard, pending: Vec::new(), found: [0; 2] }
    }

    /// Adds what a trial has found; its first warning is an error if strict.
    pub(crate) fn append(&mut self, mut further: Self) -> Result<(), Fault> {
        let warning = further.pending.iter().find(|pending| pending.severity == Severity::Warning);
        if let Some(warning) = warning.filter(|_| self.strictness == Strictness::Strict) {
            return Err(Fault::new(warning.offset, warning.kind.error_kind(), warning.message.clone()));
        }
        self.pending.append(&mut further.pending);
        (0..2).for_each(|severity| self.found[severity] += further.found[severity]);
        Ok(())
    }

    /// Something was normalized.
    pub(crate) fn note(&mut self, offset: usize, kind: DiagnosticKind, message: impl FnOnce() -> String) {
        self.add(offset, Severity::Note, kind, message);
    }

    /// Redundant information is contradicted, or something that is not needed cannot be read: an error if strict.
    pub(crate) fn warn(
        &mut self,
        offset: usize,
        kind: DiagnosticKind,
        message: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if self.strictness == Strictness::Strict {
            return Err(Fault::new(offset, kind.error_kind(), message()));
        }
        self.add(offset, Severity::Warning, kind, message);
        Ok(())
    }

    /// As [`warn`](Self::warn), with the position and the sentence of the error that it would be.
    pub(crate) fn warn_of(&mut self, kind: DiagnosticKind, fault: Fault) -> Result<(), Fault> {
        if self.strictness == Strictness::Strict {
            return Err(fault);
        }
        self.add(fault.offset, Severity::Warning, kind, || fault.message);
        Ok(())
    }

    /// How many warnings were found.
    pub(crate) fn num_warnings(&self) -> usize {
        self.found[Severity::Warning as usize]
    }

    /// The atoms are uncertain though one reading is clearly meant: a warning if lenient, else an error.
    pub(crate) fn doubt(
        &mut self,
        offset: usize,
        kind: DiagnosticKind,
        message: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if self.strictness != Strictness::Lenient {
            return Err(Fault::new(offset, kind.error_kind(), message()));
        }
        self.add(offset, Severity::Warning, kind, message);
        Ok(())
    }

    fn add(&mut self, offset: usize, severity: Severity, kind: DiagnosticKind, message: impl FnOnce() -> String) {
        let found = &mut self.found[severity as usize];
        *found += 1;
        if *found <= MOST {
            self.pending.push(Pending { offset, severity, kind, message: message() });
        }
    }

    /// The findings with their positions, found in one pass over the text.
    pub(crate) fn locate(self, mut locator: Locator<'_>, block: Option<&str>) -> Vec<Diagnostic> {
        let block = block.filter(|block| !block.is_empty()).map(shorten);
        let mut order: Vec<usize> = (0..self.pending.len()).collect();
        order.sort_by_key(|&i| self.pending[i].offset);
        let mut positions = vec![(0, 0); order.len()];
        order.into_iter().for_each(|i| positions[i] = locator.position(self.pending[i].offset));
        let located = |(pending, (line, column)): (Pending, (usize, usize))| {
            let Pending { severity, kind, message, .. } = pending;
            Diagnostic { severity, kind, block: block.clone(), line, column, message }
        };
        let mut located: Vec<_> = self.pending.into_iter().zip(positions).map(located).collect();
        for (severity, found) in [Severity::Note, Severity::Warning].into_iter().zip(self.found) {
            if let Some(omitted) = found.checked_sub(MOST).filter(|&n| n > 0) {
                let message = format!("{omitted} further {severity}s are not listed");
                located.push(Diagnostic {
                    severity,
                    kind: DiagnosticKind::Omitted,
                    block: block.clone(),
                    line: 1,
                    column: 1,
                    message,
                });
            }
        }
        located
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictness_decides_what_is_an_error() {
        for (strictness, outcome) in [
            (Strictness::Strict, [false, false]),
            (Strictness::Standard, [true, false]),
            (Strictness::Lenient, [true, true]),
        ] {
            let options = ReadOptions { strictness, ..ReadOptions::ordered() };
            let mut found = Diagnostics::new(&options);
            let message = || "found".to_owned();
            let warned = found.warn(0, DiagnosticKind::CellMismatch, message).is_ok();
            let doubted = found.doubt(0, DiagnosticKind::CellMismatch, message).is_ok();
            assert_eq!([warned, doubted], outcome);
        }
    }

    #[test]
    fn many_notes_do_not_push_out_a_warning_and_are_counted() {
        let mut found = Diagnostics::new(&ReadOptions::ordered());
        (0..MOST + 5).for_each(|at| found.note(at, DiagnosticKind::Rounded, || "moved".to_owned()));
        assert!(found.warn(1, DiagnosticKind::CellMismatch, || "differs".to_owned()).is_ok());
        let located = found.locate(Locator::new(b"a\nb"), Some("x"));
        assert_eq!(located.len(), MOST + 2);
        let warning = located.iter().find(|d| d.severity == Severity::Warning).expect("the warning is kept");
        assert_eq!(warning.to_string(), "line 1, column 2 (block x): warning: differs");
        assert_eq!(located.last().map(|d| d.message.as_str()), Some("5 further notes are not listed"));
    }

    #[test]
    fn kinds_have_distinct_names_that_serialize_alike() {
        let mut names: Vec<_> = DiagnosticKind::ALL.iter().map(|kind| kind.name()).collect();
        for kind in DiagnosticKind::ALL {
            assert_eq!(serde_json::to_string(kind).ok(), Some(format!("\"{}\"", kind.name())));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DiagnosticKind::ALL.len());
    }
}
