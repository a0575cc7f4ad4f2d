//! The files that git tracks.

use std::fs;
use std::process::Command;

use crate::failure::{Failure, OrFail};
use crate::workspace::Workspace;

/// A tracked file; `text` is `None` for one that is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Path from the root, with `/`.
    pub(super) path: String,
    pub(super) text: Option<String>,
}

/// All tracked files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files(Vec<File>);

impl Files {
    /// Reads what git tracks in the workspace, as it is on disk.
    pub(super) fn tracked(workspace: &Workspace) -> Result<Self, Failure> {
        let output = Command::new("git")
            .args(["ls-files", "-z"])
            .current_dir(&workspace.root)
            .output()
            .or_fail(|| "start git".into())?;
        if !output.status.success() {
            return Err(Failure::new("git does not know this folder, so its files cannot be told from build outputs"));
        }
        let paths = String::from_utf8_lossy(&output.stdout);
        let files = paths
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(|path| File { path: path.to_owned(), text: fs::read_to_string(workspace.root.join(path)).ok() });
        Ok(Self(files.collect()))
    }

    /// Every file.
    pub(super) fn iter(&self) -> impl Iterator<Item = &File> {
        self.0.iter()
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|file| file.path == path)?.text.as_deref()
    }

    /// Every line of the files with one of these extensions, as `(path, number from 1, line)`.
    pub(super) fn lines<'a>(&'a self, extensions: &'a [&str]) -> impl Iterator<Item = (&'a str, usize, &'a str)> {
        self.0
            .iter()
            .filter(|file| file.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension)))
            .filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)))
            .flat_map(|(path, text)| text.lines().enumerate().map(move |(i, line)| (path, i + 1, line)))
    }

    #[cfg(test)]
    pub(super) fn fake(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|&(path, text)| File { path: path.into(), text: Some(text.into()) }).collect())
    }
}
