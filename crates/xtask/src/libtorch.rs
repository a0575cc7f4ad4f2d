//! The libtorch that the torch crates build against: found if the user has one, installed if not.
//!
//! The order in which one is looked for is that of torch-sys, so that what is said here is what the build uses:
//! `LIBTORCH_USE_PYTORCH`, then `LIBTORCH`, then what an earlier run linked as `target/libtorch`, then the system's.
//! Where there is none, the wheels that PyTorch publishes are downloaded, verified and unpacked into the user's cache,
//! which all checkouts share, and linked as `target/libtorch`; a second run finds that link and needs no network.

mod find;
mod install;
mod layout;
mod python;
mod version;
mod wheels;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::failure::Failure;
use crate::report::say;
use crate::workspace::Workspace;

pub(crate) use find::{Libtorch, find};
pub(crate) use python::{Pip, Python};
pub(crate) use version::WANTED;

/// What a libtorch can compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The CPU only.
    Cpu,
    /// NVIDIA devices too.
    Cuda,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

impl FromStr for Kind {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        match name {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            other => Err(Failure::new(format!("there is no libtorch `{other}`, only `cpu` and `cuda`"))),
        }
    }
}

/// `cargo xtask libtorch [cpu|cuda] [--config]`: makes sure of a libtorch and says which one it is; with `--config`
/// it also prints what a crate outside this workspace writes into its `.cargo/config.toml`.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let mut wanted = None;
    let mut config = false;
    for argument in arguments {
        match argument.as_str() {
            "--config" => config = true,
            kind if wanted.is_none() => wanted = Some(kind.parse()?),
            _ => return Err(Failure::new("`cargo xtask libtorch` takes one word, `cpu` or `cuda`, and `--config`")),
        }
    }
    let libtorch = ensure(workspace, wanted)?;
    eprintln!("{libtorch}");
    if config {
        say(downstream_config(&libtorch.path).trim_end());
    }
    Ok(())
}

/// What makes any crate build and run with this libtorch: the folder for torch-sys, the run path for the loader.
fn downstream_config(libtorch: &Path) -> String {
    // TOML's literal strings take any path but one with a quote in it.
    let path = libtorch.display();
    format!(
        "[env]\nLIBTORCH = '{path}'\n\n[target.'cfg(target_os = \"linux\")']\n\
         rustflags = ['-C', 'link-arg=-Wl,-rpath,{path}/lib']\n"
    )
}

/// The libtorch that builds will use, installed first if there is none; with a kind, one of exactly that kind.
///
/// # Errors
///
/// A libtorch that the user chose has another version or another kind (it is theirs, so it is never replaced), or none could be installed.
pub(crate) fn ensure(workspace: &Workspace, wanted: Option<Kind>) -> Result<Libtorch, Failure> {
    let libtorch = match find(workspace)? {
        Some(found) if wanted.is_none_or(|kind| kind == found.kind) => found,
        Some(found) if found.chosen_by_user() => {
            return Err(Failure::new(format!(
                "a {} libtorch was asked for, but {} chooses one for {}: unset it first",
                wanted.unwrap_or(Kind::Cpu),
                found.origin,
                found.kind,
            )));
        }
        _ => install::install(wanted.unwrap_or(Kind::Cpu))?,
    };
    install::link(&workspace.libtorch_link(), &libtorch.path)?;
    if workspace.run_path_link() != workspace.libtorch_link() {
        install::link(&workspace.run_path_link(), &libtorch.path)?;
    }
    Ok(libtorch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downstream_crate_gets_folder_and_run_path() {
        assert_eq!(
            downstream_config(Path::new("/opt/my torch")),
            "[env]\nLIBTORCH = '/opt/my torch'\n\n[target.'cfg(target_os = \"linux\")']\n\
             rustflags = ['-C', 'link-arg=-Wl,-rpath,/opt/my torch/lib']\n"
        );
    }

    #[test]
    fn unknown_kind_lists_the_known_ones() {
        let failure = "rocm".parse::<Kind>().expect_err("there are two");
        assert_eq!(failure.to_string(), "there is no libtorch `rocm`, only `cpu` and `cuda`");
    }
}
