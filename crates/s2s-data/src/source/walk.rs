//! The files below a folder in the order of their names, in memory that does not grow with their number.
//!
//! A system lists a folder in any order. Instead of keeping the list to sort it, each folder is listed several times, and
//! every time the next few names are kept, those that follow the last one given: `⌈files / WINDOW⌉` listings of a folder,
//! each of which costs less than a microsecond per file.

use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    ffi::{OsStr, OsString},
    fs::{self, DirEntry, ReadDir},
    io,
    path::{Path, PathBuf},
    vec,
};

use super::summary::{SkipReason, SourceSummary};
use crate::DataError;

/// Names of a folder that are held at a time.
const WINDOW: usize = 8_192;

/// The files at any depth below a folder whose names are wanted: sorted within each folder, a folder's content where
/// its own name stands. Links are followed, unless they lead back into the folders that they lie in.
#[derive(Debug)]
pub(super) struct Walk {
    wanted: fn(&OsStr) -> bool,
    window: usize,
    levels: Vec<Level>,
    /// What is neither a folder nor a wanted file, and names that are not UTF-8; each is counted once.
    pub(super) summary: SourceSummary,
}

/// A folder on the way down.
#[derive(Debug)]
struct Level {
    folder: PathBuf,
    next: vec::IntoIter<Name>,
    /// The last name of the window, if more names follow it.
    last: Option<Box<OsStr>>,
}

/// A name in a folder; the rest counts for nothing in the order.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    name: Box<OsStr>,
    kind: EntryKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
    Link,
}

impl Walk {
    /// The files below a folder; a folder that cannot be listed is an item, too.
    pub(super) fn new(folder: &Path, wanted: fn(&OsStr) -> bool) -> Self {
        Self::with_window(folder, wanted, WINDOW)
    }

    fn with_window(folder: &Path, wanted: fn(&OsStr) -> bool, window: usize) -> Self {
        // An empty window that ends before every name.
        let start = Level { folder: folder.to_owned(), next: Vec::new().into_iter(), last: Some(Box::default()) };
        Self { wanted, window, levels: vec![start], summary: SourceSummary::default() }
    }

    /// The next name of the innermost folder.
    fn name(&mut self) -> Option<io::Result<Name>> {
        let level = self.levels.last_mut()?;
        if let Some(name) = level.next.next() {
            return Some(Ok(name));
        }
        let last = level.last.take()?;
        let folder = level.folder.clone();
        let (names, more) = match fs::read_dir(&folder).and_then(|list| self.following(list, &last, &folder)) {
            Ok(following) => following,
            Err(error) => return Some(Err(error)),
        };
        let level = self.levels.last_mut()?;
        level.last = names.last().filter(|_| more).map(|last| last.name.clone());
        level.next = names.into_iter();
        level.next.next().map(Ok)
    }

    /// The first names after `last`, sorted, and whether there are more.
    fn following(&mut self, list: ReadDir, last: &OsStr, folder: &Path) -> io::Result<(Vec<Name>, bool)> {
        let mut first = BinaryHeap::new();
        let mut more = false;
        for entry in list {
            let Some(name) = self.name_of(&entry?, last.is_empty().then_some(folder))? else { continue };
            if &*name.name <= last {
                continue;
            }
            if first.len() < self.window {
                first.push(name);
                continue;
            }
            more = true;
            if let Some(mut largest) = first.peek_mut()
                && name < *largest
            {
                *largest = name;
            }
        }
        Ok((first.into_sorted_vec(), more))
    }

    /// `None` of what is neither a folder nor a wanted file, which is counted where a folder is listed for the first time.
    fn name_of(&mut self, entry: &DirEntry, first_in: Option<&Path>) -> io::Result<Option<Name>> {
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let wanted = (self.wanted)(&name);
        let skipped = if kind.is_dir() || kind.is_symlink() || (kind.is_file() && wanted) {
            None
        } else {
            Some(if kind.is_file() { SkipReason::OtherFile } else { SkipReason::Special })
        };
        if let Some(folder) = first_in {
            if let Some(reason) = skipped {
                self.summary.skip(reason, || folder.join(&name));
            } else if kind.is_file() && name.to_str().is_none() {
                self.summary.names_not_utf8 += 1;
            }
        }
        let kind = if kind.is_dir() {
            EntryKind::Folder
        } else if kind.is_symlink() {
            EntryKind::Link
        } else {
            EntryKind::File
        };
        Ok(skipped.is_none().then(|| Name { name: name.into_boxed_os_str(), kind }))
    }

    fn enter(&mut self, folder: PathBuf) {
        self.levels.push(Level { folder, next: Vec::new().into_iter(), last: Some(Box::default()) });
    }

    /// What a link leads to; `None` if that is of no interest.
    fn follow(&mut self, path: &Path) -> io::Result<Option<EntryKind>> {
        let target = fs::metadata(path)?;
        if target.is_dir() {
            let real = fs::canonicalize(path)?;
            for level in &self.levels {
                if fs::canonicalize(&level.folder)? == real {
                    let reason = format!("it leads back to {}", level.folder.display());
                    return Err(io::Error::other(reason));
                }
            }
            return Ok(Some(EntryKind::Folder));
        }
        if target.is_file() && path.file_name().is_some_and(self.wanted) {
            return Ok(Some(EntryKind::File));
        }
        let reason = if target.is_file() { SkipReason::OtherFile } else { SkipReason::Special };
        self.summary.skip(reason, || path.to_owned());
        Ok(None)
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, DataError>;

    fn next(&mut self) -> Option<Result<PathBuf, DataError>> {
        loop {
            let folder = self.levels.last()?.folder.clone();
            let Some(name) = self.name() else {
                self.levels.pop();
                continue;
            };
            let name = match name {
                Ok(name) => name,
                Err(source) => return Some(Err(DataError::Io { path: folder, source })),
            };
            let path = folder.join(OsString::from(name.name));
            let kind = match name.kind {
                EntryKind::Link => match self.follow(&path) {
                    Ok(Some(kind)) => kind,
                    Ok(None) => continue,
                    Err(source) => return Some(Err(DataError::Io { path, source })),
                },
                kind => kind,
            };
            match kind {
                EntryKind::File => return Some(Ok(path)),
                _ => self.enter(path),
            }
        }
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use walkdir::WalkDir;

    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("s2s-walk-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        folder
    }

    fn not_notes(name: &OsStr) -> bool {
        name != "notes"
    }

    #[test]
    fn every_window_gives_the_sorted_list() -> Result<(), Box<dyn Error>> {
        let folder = scratch("windows");
        for number in 0..40_u32 {
            // Names in an order of their own: 0, 7, 14, … modulo 40; every fourth one is a folder with files.
            let path = folder.join(format!("{}-entry", number * 7 % 40));
            if number % 4 > 0 {
                fs::write(&path, "")?;
                continue;
            }
            fs::create_dir(&path)?;
            for name in ["b", "a", "notes", "a.c"] {
                fs::write(path.join(name), "")?;
            }
        }
        let sorted = WalkDir::new(&folder).sort_by_file_name().into_iter().collect::<Result<Vec<_>, _>>()?;
        let files = sorted.into_iter().filter(|e| e.file_type().is_file() && not_notes(e.file_name()));
        let expected: Vec<PathBuf> = files.map(walkdir::DirEntry::into_path).collect();
        assert_eq!(expected.len(), 60);
        for window in [1, 2, 3, 39, 40, 41, WINDOW] {
            let found = Walk::with_window(&folder, not_notes, window).collect::<Result<Vec<PathBuf>, _>>()?;
            assert_eq!(found, expected, "{window} names at a time");
        }
        fs::remove_dir_all(folder)?;
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() -> Result<(), Box<dyn Error>> {
        use std::os::unix::fs::symlink;

        let folder = scratch("links");
        fs::create_dir_all(folder.join("b/inner"))?;
        fs::write(folder.join("b/inner/file"), "")?;
        symlink("b/inner/file", folder.join("a"))?;
        symlink("..", folder.join("b/back"))?;
        symlink("b/inner", folder.join("c"))?;
        symlink("nowhere", folder.join("d"))?;
        let found: Vec<String> = Walk::new(&folder, not_notes)
            .map(|item| item.map_or_else(|error| error.to_string(), |path| path.display().to_string()))
            .map(|text| text.replace(&folder.display().to_string(), "F"))
            .collect();
        let expected = [
            "F/a",
            "cannot read F/b/back: it leads back to F",
            "F/b/inner/file",
            "F/c/file",
            "cannot read F/d: No such file or directory (os error 2)",
        ];
        assert_eq!(found, expected);
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
