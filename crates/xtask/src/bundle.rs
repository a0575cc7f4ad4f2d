//! `cargo xtask bundle [FOLDER]`: programs and data for a machine with a GPU and without a toolchain, in one folder.
//!
//! `benches/gpu.sh` in that folder runs all of it with the libtorch of that machine, which has to be the version that this
//! workspace is pinned to. Programs are built against the libtorch in use here: NCCL is among them only if that is one for CUDA.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::cargo::cargo;
use crate::failure::{Failure, OrFail};
use crate::report::say;
use crate::workspace::Workspace;
use crate::{compiler, libtorch};

/// What may be copied at once.
const LIMIT: u64 = 64 << 20;

/// Data that the programs read, in the folder that `S2S_DATA_DIR` names.
const DATA: [&str; 2] = ["s2s.jsonl.zst", "mp2018.jsonl.zst"];

/// Texts that are copied as they are, and where to.
const TEXTS: [(&str, &str); 3] = [
    ("benches/gpu.sh", "gpu.sh"),
    ("benches/compare/model.py", "compare/model.py"),
    ("benches/compare/protocol.py", "compare/protocol.py"),
];

/// How the programs are built: Cargo's arguments, and the names of what is kept.
const BUILDS: [(&[&str], &[&str]); 3] = [
    (
        &["build", "--release", "--features", "torch,dist", "--example", "pretrain", "--example", "doctor"],
        &["pretrain", "doctor"],
    ),
    (
        &["bench", "--no-run", "--features", "torch", "--bench", "model", "--bench", "compare_model"],
        &["model", "compare_model"],
    ),
    (&["test", "--release", "--no-run", "--package", "s2s-dist", "--test", "processes"], &["processes"]),
];

/// Builds, copies and weighs.
pub(crate) fn bundle(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let folder = match arguments {
        [] => workspace.target.join("bundle"),
        [folder] => PathBuf::from(folder),
        _ => return Err(Failure::new("`cargo xtask bundle` takes one folder")),
    };
    let data = std::env::var_os("S2S_DATA_DIR").map(PathBuf::from);
    let data = data.ok_or_else(|| {
        Failure::new(format!("S2S_DATA_DIR is not set: it is the folder with {}", DATA.join(" and ")))
    })?;
    compiler::find()?;
    let libtorch = libtorch::ensure(workspace, None)?;
    for name in ["bin", "data", "compare"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).or_fail(|| format!("create {}", path.display()))?;
    }
    for (build, names) in BUILDS {
        let programs = executables(workspace, build)?;
        for name in names {
            let program = programs.iter().find(|program| is_named(program, name));
            let program = program.ok_or_else(|| Failure::new(format!("Cargo built no program `{name}`")))?;
            copy(program, &folder.join("bin").join(name))?;
        }
    }
    strip(&folder.join("bin"));
    for name in DATA {
        copy(&data.join(name), &folder.join("data").join(name))?;
    }
    for (from, to) in TEXTS {
        copy(&workspace.root.join(from), &folder.join(to))?;
    }
    let bytes = size(&folder)?;
    say(format_args!("{}: {:.1} MiB, built against {libtorch}", folder.display(), bytes as f64 / f64::from(1 << 20)));
    say("run it there with: sh gpu.sh data [SECONDS [OUT]]");
    if bytes > LIMIT {
        return Err(Failure::new(format!("the folder is larger than {} MiB", LIMIT >> 20)));
    }
    Ok(ExitCode::SUCCESS)
}

/// The programs that Cargo names for these arguments.
fn executables(workspace: &Workspace, arguments: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let mut command: Command = cargo(workspace);
    command.args(arguments).arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().or_fail(|| "start cargo".to_owned())?;
    if !output.status.success() {
        return Err(Failure::new(format!("this failed, see above: cargo {}", arguments.join(" "))));
    }
    Ok(paths(&String::from_utf8_lossy(&output.stdout)))
}

/// The paths that Cargo's messages give to programs.
fn paths(messages: &str) -> Vec<PathBuf> {
    const KEY: &str = "\"executable\":\"";
    let path = |line: &str| {
        let (_, rest) = line.split_once(KEY)?;
        Some(PathBuf::from(rest.split('"').next()?))
    };
    messages.lines().filter_map(path).collect()
}

/// Whether a program is this one, with or without the hash that Cargo adds to it.
fn is_named(program: &Path, name: &str) -> bool {
    let stem = program.file_name().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem == name || stem.rsplit_once('-').is_some_and(|(before, _)| before == name)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    // What is there may be running or may not be written to.
    let _ = fs::remove_file(to);
    fs::copy(from, to).or_fail(|| format!("copy {} to {}", from.display(), to.display())).map(|_| ())
}

/// Leaves out what only a debugger reads; without the tool the programs stay as large as they are.
fn strip(folder: &Path) {
    let programs = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let _ = Command::new("strip").args(programs).stderr(Stdio::null()).status();
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> Result<u64, Failure> {
    let read = || format!("read {}", folder.display());
    let mut bytes = 0;
    for entry in fs::read_dir(folder).or_fail(read)? {
        let entry = entry.or_fail(read)?;
        let metadata = entry.metadata().or_fail(read)?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_cargos_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/release/deps/compare_model-0a1b\",\"fresh\":true}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/release/examples/pretrain\",\"fresh\":true}\n";
        let found = paths(messages);
        assert_eq!(found.len(), 2);
        assert!(is_named(&found[0], "compare_model") && !is_named(&found[0], "model"));
        assert!(is_named(&found[1], "pretrain") && !is_named(&found[1], "pretrain_energy"));
    }
}
