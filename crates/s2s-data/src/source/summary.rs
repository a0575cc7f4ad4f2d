//! The summary of a source: files and structures read, faults, and what was skipped.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    path::{Path, PathBuf},
};

use s2s_crystal::excerpt;
use serde::{Deserialize, Serialize};

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

/// Why something is no structure, and no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// Its name is not that of a structure file.
    OtherFile,
    /// It is JSON, and none of it describes a structure.
    NoStructure,
    /// It is a pipe, a socket or a device.
    Special,
    /// Its name is not that of a structure file, and it is hidden: its name, or that of a folder on the way to it, begins with a dot.
    Hidden,
    /// It is a record without a structure, in a file that holds nothing else but faults.
    EmptyRecord,
    /// It is an entry of an OPTIMADE dump, in a folder or not, that by its type is no structure.
    OtherEntry,
}

/// How many were passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Their number.
    pub count: u64,
    /// The first of them in the order of paths.
    pub first: PathBuf,
    /// How many of them have a name of each kind, see [`kind_of_name`](Self::kind_of_name); of the kinds beyond the first
    /// hundred only the number counts.
    pub names: BTreeMap<String, u64>,
}

/// Most kinds of names that are told apart.
const MOST_KINDS: usize = 100;

/// Most characters of a kind.
const LONGEST_KIND: usize = 20;

/// Kinds of names that a sentence lists.
const LISTED_KINDS: usize = 8;

impl Skipped {
    /// The kind of a name: its extension such as `.txt`, in lower case; without one `no extension`, but for a name in capital
    /// letters, as VASP has them (`XDATCAR`), the name.
    pub fn kind_of_name(path: &Path) -> String {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => {
                format!(".{}", excerpt(extension.to_lowercase(), LONGEST_KIND))
            }
            _ if !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase()) => excerpt(&*name, LONGEST_KIND),
            _ => "no extension".to_owned(),
        }
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = other.first.min(std::mem::take(&mut self.first));
        for (kind, count) in other.names {
            self.add_names(kind, count);
        }
    }

    fn add_names(&mut self, kind: String, count: u64) {
        if self.names.len() < MOST_KINDS || self.names.contains_key(&kind) {
            *self.names.entry(kind).or_default() += count;
        }
    }

    /// The most frequent kinds of names with their numbers: `.txt 2, .pdb 1`.
    fn kinds(&self) -> String {
        let mut kinds: Vec<(&str, u64)> = self.names.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        kinds.truncate(LISTED_KINDS);
        let listed: u64 = kinds.iter().map(|(_, count)| count).sum();
        let others = Some(("others", self.count - listed)).filter(|(_, count)| *count > 0);
        kinds.into_iter().chain(others).map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
    }
}

impl SourceSummary {
    /// Counts something that is passed over.
    pub fn skip(&mut self, reason: SkipReason, path: &Path) {
        let empty = || Skipped { count: 0, first: path.to_owned(), names: BTreeMap::new() };
        let skipped = self.skipped.entry(reason).or_insert_with(empty);
        skipped.count += 1;
        if path < skipped.first {
            path.clone_into(&mut skipped.first);
        }
        skipped.add_names(Skipped::kind_of_name(path), 1);
    }

    /// Adds what another summary counts.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.structures += other.structures;
        self.faults += other.faults;
        self.names_not_utf8 += other.names_not_utf8;
        for (reason, skipped) in other.skipped {
            match self.skipped.entry(reason) {
                Entry::Vacant(vacant) => drop(vacant.insert(skipped)),
                Entry::Occupied(mut known) => known.get_mut().add(skipped),
            }
        }
    }

    /// One sentence about what was passed over and why, for people; nothing if only hidden files were.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use s2s_data::source::{SkipReason, SourceSummary};
    ///
    /// let mut summary = SourceSummary::default();
    /// for name in ["b.txt", "a.pdb", "c.txt"] {
    ///     summary.skip(SkipReason::OtherFile, Path::new(name));
    /// }
    /// summary.skip(SkipReason::NoStructure, Path::new("run/settings.json"));
    /// let sentence = "passed over: 3 files whose names are not of a structure format (.txt 2, .pdb 1); \
    ///     1 JSON file without a structure (run/settings.json)";
    /// assert_eq!(summary.passed_over().as_deref(), Some(sentence));
    /// ```
    pub fn passed_over(&self) -> Option<String> {
        let shown = self.skipped.iter().filter(|(reason, _)| **reason != SkipReason::Hidden);
        let parts: Vec<String> = shown.map(|(reason, skipped)| reason.count_of(skipped)).collect();
        (!parts.is_empty()).then(|| format!("passed over: {}", parts.join("; ")))
    }
}

impl SkipReason {
    /// So many that were passed over for this reason, and which.
    fn count_of(self, skipped: &Skipped) -> String {
        let Skipped { count, first, .. } = skipped;
        let one = *count == 1;
        let what = match (self, one) {
            (Self::OtherFile, true) => "file whose name is not of a structure format",
            (Self::OtherFile, false) => "files whose names are not of a structure format",
            (Self::NoStructure, true) => "JSON file without a structure",
            (Self::NoStructure, false) => "JSON files without a structure",
            (Self::Special, true) => "name of neither a file nor a folder",
            (Self::Special, false) => "names of neither files nor folders",
            (Self::Hidden, true) => "hidden file",
            (Self::Hidden, false) => "hidden files",
            (Self::EmptyRecord, true) => "record without a structure",
            (Self::EmptyRecord, false) => "records without a structure",
            (Self::OtherEntry, true) => "entry of an OPTIMADE dump that is no structure",
            (Self::OtherEntry, false) => "entries of OPTIMADE dumps that are no structures",
        };
        match self {
            Self::OtherFile | Self::Hidden => format!("{count} {what} ({})", skipped.kinds()),
            _ => format!("{count} {what} ({}{})", first.display(), if one { "" } else { ", …" }),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OtherFile => "not named as a structure file",
            Self::NoStructure => "JSON without a structure",
            Self::Special => "neither a file nor a folder",
            Self::Hidden => "hidden",
            Self::EmptyRecord => "a record without a structure",
            Self::OtherEntry => "an entry of another type",
        })
    }
}

impl fmt::Display for SourceSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let parts = [number(self.files, "file"), number(self.structures, "structure"), number(self.faults, "fault")];
        f.write_str(&parts.join(", "))?;
        for (reason, Skipped { count, first, .. }) in &self.skipped {
            write!(f, "; skipped {count}: {reason} ({}{})", first.display(), if *count == 1 { "" } else { ", …" })?;
        }
        if self.names_not_utf8 > 0 {
            write!(f, "; {} not UTF-8", number(self.names_not_utf8, "name"))?;
        }
        Ok(())
    }
}
