//! The files below a folder, at any depth, sorted by name within each folder.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::summary::{SkipReason, SourceSummary};

/// The files at any depth below a folder whose names are wanted; a folder's content comes where its own name stands. Links are
/// followed, unless they lead back into the folders that they lie in.
#[derive(Debug)]
pub(super) struct Walk {
    entries: walkdir::IntoIter,
    wanted: fn(&OsStr) -> bool,
    /// What is neither a folder nor a wanted file, and names that are not UTF-8.
    pub(super) summary: SourceSummary,
}

impl Walk {
    /// The files below a folder; what cannot be listed is an item, too.
    pub(super) fn new(folder: &Path, wanted: fn(&OsStr) -> bool) -> Self {
        let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        Self { entries, wanted, summary: SourceSummary::default() }
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, (PathBuf, io::Error)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(with_path(error))),
            };
            let kind = entry.file_type();
            if kind.is_dir() {
                continue;
            }
            if kind.is_file() && (self.wanted)(entry.file_name()) {
                self.summary.names_not_utf8 += u64::from(entry.file_name().to_str().is_none());
                return Some(Ok(entry.into_path()));
            }
            let reason = match kind.is_file() {
                true if is_hidden(&entry) => SkipReason::Hidden,
                true => SkipReason::OtherFile,
                false => SkipReason::Special,
            };
            self.summary.skip(reason, entry.path());
        }
    }
}

/// Whether its name begins with a dot, or that of a folder on the way from the folder that was named.
fn is_hidden(entry: &DirEntry) -> bool {
    entry.path().iter().rev().take(entry.depth()).any(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// What cannot be listed, and why.
fn with_path(error: walkdir::Error) -> (PathBuf, io::Error) {
    let path = error.path().map(Path::to_owned).unwrap_or_default();
    let loops = error.loop_ancestor().map(|folder| io::Error::other(format!("it leads back to {}", folder.display())));
    (path, loops.or_else(|| error.into_io_error()).unwrap_or_else(|| io::Error::other("it cannot be listed")))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{error::Error, fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn files_are_sorted_and_links_are_followed_but_not_in_circles() -> Result<(), Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("s2s-walk-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        for inner in ["b/inner", ".git", "b/.x"] {
            fs::create_dir_all(folder.join(inner))?;
        }
        for name in ["b/inner/file", "b/inner/notes", "b/inner.c", "b/10", "b/9", "e", ".git/notes", "b/.x/notes"] {
            fs::write(folder.join(name), "")?;
        }
        symlink("b/inner/file", folder.join("a"))?;
        symlink("..", folder.join("b/back"))?;
        symlink("b/inner", folder.join("c"))?;
        symlink("nowhere", folder.join("d"))?;
        let mut walk = Walk::new(&folder, |name| name != "notes");
        let found: Vec<String> = walk
            .by_ref()
            .map(|item| match item {
                Ok(path) => path.display().to_string(),
                Err((path, error)) => format!("{}: {error}", path.display()),
            })
            .map(|text| text.replace(&folder.display().to_string(), "F"))
            .collect();
        let expected = [
            "F/a",
            "F/b/10",
            "F/b/9",
            "F/b/back: it leads back to F",
            "F/b/inner/file",
            "F/b/inner.c",
            "F/c/file",
            "F/d: No such file or directory (os error 2)",
            "F/e",
        ];
        assert_eq!(found, expected);
        assert_eq!(walk.summary.skipped[&SkipReason::OtherFile].count, 2);
        assert_eq!(walk.summary.skipped[&SkipReason::Hidden].count, 2);
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
