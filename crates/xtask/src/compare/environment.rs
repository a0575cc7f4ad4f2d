//! The virtual environment that other libraries run in.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, OrFail};
use crate::libtorch::Python;
use crate::workspace::Workspace;

/// The interpreter that has the other libraries: the user's own, or one with exactly what `requirements.txt` pins.
pub(super) fn python(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    if let Some(own) = env::var_os("S2S_PEERS_PYTHON") {
        return Ok(own.into());
    }
    let requirements = folder.join("requirements.txt");
    let pinned = fs::read_to_string(&requirements).or_fail(|| format!("read {}", requirements.display()))?;
    let environment = workspace.target.join("peers");
    let python = environment.join("bin/python");
    let stamp = environment.join("installed.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
        return Ok(python);
    }
    eprintln!("installing the other libraries into {} …", environment.display());
    let mut create = Python::find()?.command();
    succeed(
        create.args(["-m", "venv", "--clear"]).arg(&environment),
        "create a virtual environment (on Debian `apt-get install python3-venv`)",
    )?;
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    succeed(Command::new(&python).args(install).arg(&requirements), "install the other libraries")?;
    fs::write(&stamp, pinned).or_fail(|| format!("write {}", stamp.display()))?;
    Ok(python)
}

fn succeed(command: &mut Command, what: &str) -> Result<(), Failure> {
    let status = command.stdout(std::io::stderr()).status().or_fail(|| what.into())?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("could not {what}; the reason is above"))),
    }
}
