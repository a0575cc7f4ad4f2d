//! The search for a libtorch that is there already.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::version::{self, Version};
use super::{Kind, layout};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// A libtorch that builds and binaries of this workspace can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Libtorch {
    /// The folder with `include/` and `lib/`.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) version: Version,
    pub(crate) origin: Origin,
}

/// How a libtorch was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The Python package that `LIBTORCH_USE_PYTORCH` asks for.
    PythonPackage,
    /// The folder that `LIBTORCH` names.
    Variable,
    /// What `target/libtorch` leads to.
    Link,
    /// `/usr/lib/libtorch.so`.
    System,
    /// Installed by this program, now or earlier.
    Cache,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PythonPackage => "LIBTORCH_USE_PYTORCH",
            Self::Variable => "LIBTORCH",
            Self::Link => "target/libtorch",
            Self::System => "the system's libraries",
            Self::Cache => "the user's cache",
        })
    }
}

impl Libtorch {
    /// Whether a variable of the environment chose it.
    pub(crate) fn chosen_by_user(&self) -> bool {
        matches!(self.origin, Origin::PythonPackage | Origin::Variable)
    }

    /// The libtorch in a folder; `None` where there is none.
    ///
    /// # Errors
    ///
    /// It has another version than the workspace needs.
    pub(super) fn at(path: &Path, origin: Origin) -> Result<Option<Self>, Failure> {
        let Some(kind) = layout::kind_of(path) else {
            return Ok(None);
        };
        let said = Version::of(path);
        // The same way out that torch-sys offers.
        let version = if std::env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some() {
            said.unwrap_or(version::WANTED)
        } else {
            version::check(said, path)?
        };
        Ok(Some(Self { path: path.to_path_buf(), kind, version, origin }))
    }
}

impl fmt::Display for Libtorch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, version, origin } = self;
        write!(f, "libtorch {version} ({kind}) at {}, from {origin}", path.display())
    }
}

/// The libtorch that is there without installing one.
///
/// # Errors
///
/// The one that the user chose is not there or has another version.
pub(crate) fn find(workspace: &Workspace) -> Result<Option<Libtorch>, Failure> {
    let link = workspace.libtorch_link();
    if std::env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return python_package().map(Some);
    }
    let variable = std::env::var_os("LIBTORCH");
    if let Some(path) = variable.as_deref().and_then(|value| chosen_path(value, &link)) {
        return match Libtorch::at(path, Origin::Variable)? {
            Some(found) => Ok(Some(found)),
            None => Err(Failure::new(format!(
                "LIBTORCH is {}, where there is no libtorch: set it to a folder with include/ and lib/, or unset it",
                path.display()
            ))),
        };
    }
    // What was linked for an older version of the workspace is replaced, not refused; a folder is the user's.
    let linked = Libtorch::at(&link, Origin::Link);
    if link.is_symlink() {
        if let Ok(Some(found)) = linked {
            return Ok(Some(resolved(found)));
        }
    } else if let Some(found) = linked? {
        return Ok(Some(found));
    }
    match Libtorch::at(Path::new("/usr"), Origin::System) {
        Ok(found) => Ok(found),
        Err(other_version) => {
            eprintln!("note: {other_version}; it is left alone");
            Ok(None)
        }
    }
}

/// The folder that the user's own `LIBTORCH` names. Cargo sets the variable to the link when the user has not.
fn chosen_path<'a>(value: &'a OsStr, link: &Path) -> Option<&'a Path> {
    (!value.is_empty() && Path::new(value) != link).then(|| Path::new(value))
}

/// The same libtorch under the path that the link leads to.
fn resolved(found: Libtorch) -> Libtorch {
    let path = found.path.canonicalize().unwrap_or(found.path);
    Libtorch { path, ..found }
}

/// The libtorch inside the Python package that torch-sys would ask for.
fn python_package() -> Result<Libtorch, Failure> {
    // The choice of interpreter is that of torch-sys.
    let interpreter = match std::env::var_os("VIRTUAL_ENV") {
        Some(_) => "python",
        None => "python3",
    };
    let output =
        Command::new(interpreter).args(["-c", "import os, torch; print(os.path.dirname(torch.__file__))"]).output();
    let path = match output {
        Ok(output) if output.status.success() => PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()),
        _ => {
            return Err(Failure::new(format!(
                "LIBTORCH_USE_PYTORCH is set, but `{interpreter}` cannot import torch: install torch=={} there, or unset it",
                version::WANTED
            )));
        }
    };
    Libtorch::at(&path, Origin::PythonPackage)?.ok_or_else(|| {
        Failure::new(format!("the Python package at {} has no C++ headers and libraries", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_that_cargo_sets_is_no_choice() {
        let link = Path::new("/repo/target/libtorch");
        assert_eq!(chosen_path(OsStr::new("/repo/target/libtorch"), link), None);
        assert_eq!(chosen_path(OsStr::new(""), link), None);
        assert_eq!(chosen_path(OsStr::new("/opt/libtorch"), link), Some(Path::new("/opt/libtorch")));
    }

    #[test]
    fn description_says_what_where_and_how() {
        let found = Libtorch {
            path: "/opt/libtorch".into(),
            kind: Kind::Cuda,
            version: version::WANTED,
            origin: Origin::Variable,
        };
        assert_eq!(found.to_string(), "libtorch 2.11.0 (cuda) at /opt/libtorch, from LIBTORCH");
    }
}
