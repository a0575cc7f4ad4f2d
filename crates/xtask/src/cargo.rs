//! Runs Cargo on this workspace.

use std::ffi::OsStr;
use std::process::{Command, ExitCode, ExitStatus};

use crate::failure::{Failure, OrFail};
use crate::workspace::Workspace;

/// Cargo, at the workspace's root: the very program that started this one.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(&workspace.root);
    command
}

/// Runs a command on this program's own input and output, and passes its exit status on.
pub(crate) fn pass_on(command: &mut Command) -> Result<ExitCode, Failure> {
    let status = command.status().or_fail(|| format!("start {}", command.get_program().to_string_lossy()))?;
    Ok(exit_code(status))
}

/// The exit code of a program; 1 where a signal ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What a program prints with these arguments, on either stream; `None` if it does not start or fails.
pub(crate) fn output_of(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    output.status.success().then(|| String::from_utf8_lossy(&text).trim().to_owned())
}
