//! The two programs of a comparison.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::sample::Sample;
use crate::cargo::{cargo, pass_on};
use crate::failure::{Failure, OrFail};
use crate::libtorch;
use crate::workspace::Workspace;

/// Variables that set the size of a thread pool, on either side.
const POOLS: [&str; 4] = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

/// A program that measures.
pub(super) trait Side {
    /// Measures once, on the inputs in this folder.
    fn measure(&self, inputs: &Path) -> Result<Vec<Sample>, Failure>;
}

/// Our bench target.
#[derive(Debug)]
pub(super) struct Ours<'a> {
    workspace: &'a Workspace,
    bench: String,
    features: Option<String>,
    threads: usize,
}

impl<'a> Ours<'a> {
    /// Builds the bench target, with libtorch if it asks for it.
    pub(super) fn build(workspace: &'a Workspace, name: &str, threads: usize) -> Result<Self, Failure> {
        let bench = format!("compare_{name}");
        let manifest = workspace.root.join("Cargo.toml");
        let manifest = fs::read_to_string(&manifest).or_fail(|| format!("read {}", manifest.display()))?;
        let features = required_features(&manifest, &bench);
        if features.as_deref().is_some_and(|features| features.contains("torch")) {
            libtorch::ensure(workspace, None)?;
        }
        let ours = Self { workspace, bench, features, threads };
        pass_on(ours.command(&["--no-run"]).stdout(std::io::stderr()))?;
        Ok(ours)
    }

    /// Writes the inputs.
    pub(super) fn prepare(&self, inputs: &Path) -> Result<(), Failure> {
        output(self.command(&["--quiet", "--", "prepare"]).arg(inputs)).map(|_| ())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(self.workspace);
        command.args(["bench", "--package", "s2s", "--bench", &self.bench]);
        if let Some(features) = &self.features {
            command.args(["--features", features]);
        }
        with_threads(command.args(arguments), self.threads);
        command
    }
}

impl Side for Ours<'_> {
    fn measure(&self, inputs: &Path) -> Result<Vec<Sample>, Failure> {
        samples(&output(self.command(&["--quiet", "--", "measure"]).arg(inputs))?)
    }
}

/// The script of the other libraries.
#[derive(Debug)]
pub(super) struct Theirs {
    python: PathBuf,
    script: PathBuf,
    threads: usize,
}

impl Theirs {
    pub(super) fn new(python: &Path, script: &Path, threads: usize) -> Self {
        Self { python: python.to_path_buf(), script: script.to_path_buf(), threads }
    }
}

impl Side for Theirs {
    fn measure(&self, inputs: &Path) -> Result<Vec<Sample>, Failure> {
        let mut command = Command::new(&self.python);
        with_threads(&mut command, self.threads);
        samples(&output(command.arg(&self.script).arg("measure").arg(inputs))?)
    }
}

fn with_threads(command: &mut Command, threads: usize) {
    for pool in POOLS {
        command.env(pool, threads.to_string());
    }
}

/// What a program prints; what it complains of goes to the user.
fn output(command: &mut Command) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output().or_fail(|| format!("start {name}"))?;
    if !output.status.success() {
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        return Err(Failure::new(format!("this failed, see above: {name} {}", arguments.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The measurements among the printed lines; anything else is passed on to the user.
fn samples(printed: &str) -> Result<Vec<Sample>, Failure> {
    let (objects, remarks): (Vec<&str>, Vec<&str>) = printed.lines().partition(|line| line.starts_with('{'));
    for remark in remarks.iter().filter(|line| !line.trim().is_empty()) {
        eprintln!("  {remark}");
    }
    objects.into_iter().map(Sample::parse).collect()
}

/// The features that a bench target of the host package needs, as the manifest lists them.
fn required_features(manifest: &str, bench: &str) -> Option<String> {
    let name = format!("name = \"{bench}\"");
    let section = manifest.split("[[").find(|section| section.lines().any(|line| line.trim() == name))?;
    let line = section.lines().find(|line| line.starts_with("required-features"))?;
    let (_, list) = line.split_once('=')?;
    let features: String = list.chars().filter(|c| !matches!(c, '[' | ']' | '"' | ' ')).collect();
    (!features.is_empty()).then_some(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_a_bench_are_read_from_the_manifest() {
        let manifest = "[[bench]]\nname = \"compare_cif\"\nharness = false\n\n\
                        [[bench]]\nname = \"compare_step\"\nrequired-features = [\"torch\", \"x\"]\n";
        assert_eq!(required_features(manifest, "compare_cif"), None);
        assert_eq!(required_features(manifest, "compare_step").as_deref(), Some("torch,x"));
        assert_eq!(required_features(manifest, "compare_other"), None);
    }

    #[test]
    fn remarks_between_measurements_are_no_error() {
        let printed = "warming up\n{\"task\":\"t\",\"peer\":\"p\",\"items\":1,\"seconds\":1,\"unit\":\"u\"}\n\n";
        assert_eq!(samples(printed).expect("one line counts").len(), 1);
        assert!(samples("{broken\n").is_err());
    }

    #[test]
    fn program_that_fails_is_named() {
        let failure = output(Command::new("false").arg("of course"));
        let said = failure.expect_err("it always fails").to_string();
        assert_eq!(said, "this failed, see above: false of course");
    }
}
