//! The summary of a source: files and structures read, faults, and what was skipped.

use std::{collections::BTreeMap, fmt, path::PathBuf};

/// What came of the files and folders that were read.
///
/// # Examples
///
/// ```
/// use s2s_data::source::{SourceOptions, read_structures};
/// use s2s_crystal::ReadOptions;
///
/// let mut structures = read_structures(["no such file"], SourceOptions::new(ReadOptions::ordered()));
/// assert_eq!(structures.by_ref().count(), 1);
/// assert_eq!(structures.summary().to_string(), "1 file, 0 structures, 1 fault");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSummary {
    /// Files that were opened or could not be.
    pub files: u64,
    /// Structures that were read.
    pub structures: u64,
    /// Structures, files and folders that could not be read.
    pub faults: u64,
    /// What was passed over, by reason.
    pub skipped: BTreeMap<SkipReason, Skipped>,
    /// Files whose names are not UTF-8: they are read, and their names are shown with `�`.
    pub names_not_utf8: u64,
}

/// Why something in a folder is no structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its name is not that of a structure file.
    OtherFile,
    /// It is JSON, and describes no structure.
    NoStructure,
    /// It is a pipe, a socket or a device.
    Special,
}

/// How many were passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Their number.
    pub count: u64,
    /// The first of them.
    pub first: PathBuf,
}

impl SourceSummary {
    pub(super) fn skip(&mut self, reason: SkipReason, path: impl FnOnce() -> PathBuf) {
        self.skipped.entry(reason).or_insert_with(|| Skipped { count: 0, first: path() }).count += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.structures += other.structures;
        self.faults += other.faults;
        self.names_not_utf8 += other.names_not_utf8;
        for (reason, skipped) in other.skipped {
            let count = skipped.count;
            self.skipped.entry(reason).or_insert(Skipped { count: 0, ..skipped }).count += count;
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OtherFile => "not named as a structure file",
            Self::NoStructure => "JSON without a structure",
            Self::Special => "neither a file nor a folder",
        })
    }
}

impl fmt::Display for SourceSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let parts = [number(self.files, "file"), number(self.structures, "structure"), number(self.faults, "fault")];
        f.write_str(&parts.join(", "))?;
        for (reason, Skipped { count, first }) in &self.skipped {
            write!(f, "; skipped {count}: {reason} ({}{})", first.display(), if *count == 1 { "" } else { ", …" })?;
        }
        if self.names_not_utf8 > 0 {
            write!(f, "; {} not UTF-8", number(self.names_not_utf8, "name"))?;
        }
        Ok(())
    }
}
