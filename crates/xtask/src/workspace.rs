//! The paths of this workspace and of its build outputs.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, OrFail};

/// Crates that build in seconds, with no libtorch, no C++ compiler and no GPU.
pub(crate) const TORCH_FREE: [&str; 6] =
    ["s2s-crystal", "s2s-featurize", "s2s-data", "s2s-eval", "s2s-predict", "s2s-cli"];

/// The folders that every command starts from.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The folder above those of the build profiles; `<root>/target` unless the user chose another.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The workspace that this very program was built from.
    pub(crate) fn find() -> Result<Self, Failure> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.ancestors().nth(2).filter(|root| root.join("Cargo.toml").is_file()).ok_or_else(|| {
            Failure::new(format!(
                "the workspace is no longer at {}: build xtask again where it is now",
                manifest.display()
            ))
        })?;
        // `<target>/<profile>/xtask`: the path of the program says where it was built, however the folder was chosen.
        let program = std::env::current_exe().or_fail(|| "find this program".into())?;
        let target = program.ancestors().nth(2).map_or_else(|| root.join("target"), Path::to_path_buf);
        Ok(Self { root: root.to_path_buf(), target })
    }

    /// Where `.cargo/config.toml` makes the build look for libtorch.
    pub(crate) fn libtorch_link(&self) -> PathBuf {
        self.root.join("target/libtorch")
    }

    /// Where the run path of every built binary makes the loader look for libtorch.
    pub(crate) fn run_path_link(&self) -> PathBuf {
        self.target.join("libtorch")
    }
}
