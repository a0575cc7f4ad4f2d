//! The user's Python, which downloads wheels (through `pip`, so that the user's index settings count) and unpacks them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::wheels::{PLATFORMS, PYTHON_TAG, Wheel};
use crate::failure::{Failure, OrFail};

/// Hashes, lists and extracts; small enough to be passed on the command line.
const ARCHIVE: &str = include_str!("archive.py");

/// Commands that start Python, in order of preference.
const INTERPRETERS: [&[&str]; 3] = [&["python3"], &["python"], &["uv", "run", "--no-project", "python"]];

/// Commands that start `pip` where the interpreter has none of its own.
const PIPS: [&[&str]; 3] = [&["pip3"], &["pip"], &["uv", "tool", "run", "pip"]];

/// Where the wheels of the table come from.
pub(crate) trait Source {
    /// Puts the wheel's file into an empty folder and returns its path; nothing about its contents is promised.
    fn fetch(&self, wheel: &Wheel, folder: &Path) -> Result<PathBuf, Failure>;
}

/// A way to start Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Python {
    start: Vec<String>,
}

impl Python {
    /// The first interpreter that starts.
    pub(crate) fn find() -> Result<Self, Failure> {
        Self::choose(starts)
    }

    fn choose(starts: impl Fn(&[String]) -> bool) -> Result<Self, Failure> {
        INTERPRETERS.into_iter().map(words).find(|start| starts(start)).map(|start| Self { start }).ok_or_else(|| {
            Failure::new(
                "no Python was found (python3, python or uv), and libtorch is installed with its pip: \
                     install Python 3 with pip, or set LIBTORCH to a libtorch 2.11.0",
            )
        })
    }

    /// The interpreter, without arguments yet.
    pub(crate) fn command(&self) -> Command {
        command(&self.start)
    }

    /// The hexadecimal SHA-256 of a file.
    pub(crate) fn sha256(&self, file: &Path) -> Result<String, Failure> {
        self.archive("sha256", &[file], "").map(|digest| digest.trim().to_owned())
    }

    /// The members of a wheel that are files.
    pub(crate) fn members(&self, wheel: &Path) -> Result<Vec<String>, Failure> {
        let listing = self.archive("list", &[wheel], "")?;
        Ok(listing.lines().map(str::to_owned).collect())
    }

    /// Extracts members of a wheel to paths inside a folder.
    pub(crate) fn extract(&self, wheel: &Path, folder: &Path, targets: &[(&str, PathBuf)]) -> Result<(), Failure> {
        let lines: String =
            targets.iter().map(|(member, target)| format!("{member}\t{}\n", target.display())).collect();
        self.archive("extract", &[wheel, folder], &lines).map(|_| ())
    }

    /// Makes a wheel with these members, the same bytes every time.
    #[cfg(test)]
    pub(crate) fn make_wheel(&self, wheel: &Path, members: &[&str]) -> Result<(), Failure> {
        const MAKE: &str = "import sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1], 'w') as archive:\n\
            \x20   for member in sys.argv[2:]:\n\
            \x20       archive.writestr(zipfile.ZipInfo(member), member)\n";
        let made = command(&self.start)
            .args(["-c", MAKE])
            .arg(wheel)
            .args(members)
            .status()
            .or_fail(|| format!("make {}", wheel.display()))?;
        match made.success() {
            true => Ok(()),
            false => Err(Failure::new(format!("could not make {}", wheel.display()))),
        }
    }

    /// Runs one verb of the script and returns what it printed.
    fn archive(&self, verb: &str, paths: &[&Path], input: &str) -> Result<String, Failure> {
        let doing = || format!("{verb} {}", paths[0].display());
        let mut child = command(&self.start)
            .args(["-c", ARCHIVE, verb])
            .args(paths)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .or_fail(doing)?;
        // The script reads all of its input before it prints, so neither side waits for the other.
        if let Some(mut stdin) = child.stdin.take() {
            // A script that failed early has closed its end; its exit status says why.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().or_fail(doing)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(Failure::new(format!(
                "could not {}: {}",
                doing(),
                last_line(&output).unwrap_or("Python stopped without a word")
            )))
        }
    }
}

/// Downloads from the index that the user's `pip` is set up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pip {
    start: Vec<String>,
}

impl Pip {
    /// The interpreter's own `pip`, else the first other one that starts.
    pub(crate) fn find(python: &Python) -> Result<Self, Failure> {
        Self::choose(python, starts)
    }

    /// The command line that starts it.
    pub(crate) fn command_line(&self) -> String {
        self.start.join(" ")
    }

    fn choose(python: &Python, starts: impl Fn(&[String]) -> bool) -> Result<Self, Failure> {
        let mut own = python.start.clone();
        own.extend(words(&["-m", "pip"]));
        std::iter::once(own)
            .chain(PIPS.into_iter().map(words))
            .find(|start| starts(start))
            .map(|start| Self { start })
            .ok_or_else(|| {
                Failure::new(
                    "Python is there but has no pip, which downloads libtorch: install it (on Debian `apt-get install \
                     python3-pip`, elsewhere `python3 -m ensurepip`), or set LIBTORCH to a libtorch 2.11.0",
                )
            })
    }
}

impl Source for Pip {
    fn fetch(&self, wheel: &Wheel, folder: &Path) -> Result<PathBuf, Failure> {
        let (python, abi) = PYTHON_TAG;
        let mut pip = command(&self.start);
        pip.args(["download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"])
            .args(["--implementation", "cp", "--python-version", python, "--abi", abi])
            // Tells apart, in the table's favour, the wheels of projects that are published for every Python.
            .args(["--abi", "none"])
            .args(PLATFORMS.iter().flat_map(|platform| ["--platform", platform]))
            .args(["--retries", "2", "--dest"])
            .arg(folder)
            .arg(wheel.requirement())
            .stdin(Stdio::null())
            // pip's progress goes where everything goes that is not a result.
            .stdout(std::io::stderr())
            .stderr(Stdio::piped());
        let output = pip.output().or_fail(|| format!("start pip for {}", wheel.requirement()))?;
        if !output.status.success() {
            return Err(Failure::new(format!(
                "could not download {}: is the package index reachable? pip says: {}",
                wheel.requirement(),
                last_line(&output).unwrap_or("nothing")
            )));
        }
        only_file(folder)
    }
}

/// The one file that pip left in a folder.
fn only_file(folder: &Path) -> Result<PathBuf, Failure> {
    let entry = std::fs::read_dir(folder).or_fail(|| format!("read {}", folder.display()))?.next();
    match entry {
        Some(Ok(entry)) => Ok(entry.path()),
        _ => Err(Failure::new(format!("pip left no file in {}", folder.display()))),
    }
}

/// Whether a command can be started and prints its version.
fn starts(start: &[String]) -> bool {
    command(start).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn command(start: &[String]) -> Command {
    let mut command = Command::new(&start[0]);
    command.args(&start[1..]);
    command
}

fn words(start: &[&str]) -> Vec<String> {
    start.iter().map(|&word| word.to_owned()).collect()
}

/// The last line that a program wrote to its standard error, where Python and pip put the reason.
fn last_line(output: &Output) -> Option<&str> {
    std::str::from_utf8(&output.stderr).ok()?.lines().rev().map(str::trim).find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only<'a>(there: &'a [&'a str]) -> impl Fn(&[String]) -> bool + 'a {
        move |start| there.contains(&start.join(" ").as_str())
    }

    #[test]
    fn interpreters_own_pip_comes_first() {
        let python = Python::choose(only(&["python3"])).expect("python3 is there");
        let pip = Pip::choose(&python, only(&["python3 -m pip", "pip3"])).expect("pip is there");
        assert_eq!(pip.command_line(), "python3 -m pip");
    }

    #[test]
    fn uv_alone_is_enough() {
        let there = only(&["uv run --no-project python", "uv tool run pip"]);
        let python = Python::choose(&there).expect("uv brings Python");
        let pip = Pip::choose(&python, &there).expect("uv runs pip");
        assert_eq!(pip.command_line(), "uv tool run pip");
    }

    #[test]
    fn missing_python_says_what_to_install() {
        let failure = Python::choose(only(&[])).expect_err("there is no Python");
        assert_eq!(
            failure.to_string(),
            "no Python was found (python3, python or uv), and libtorch is installed with its pip: \
             install Python 3 with pip, or set LIBTORCH to a libtorch 2.11.0"
        );
    }

    #[test]
    fn missing_pip_says_what_to_install() {
        let python = Python::choose(only(&["python3"])).expect("python3 is there");
        let failure = Pip::choose(&python, only(&["python3"])).expect_err("there is no pip");
        assert!(failure.to_string().starts_with("Python is there but has no pip"));
    }
}
