//! The pinned pair of tch and libtorch, wherever it is written down.
//!
//! tch binds exactly one release of PyTorch, so the version in the manifest, the one that is locked, the wheels that
//! are installed and the one that users are told about have to move together.

use super::files::Files;
use crate::libtorch::WANTED;

/// The release of tch that goes with [`WANTED`].
const TCH: &str = "0.24";

/// Where users of the model crate read which libtorch they need.
const README: &str = "crates/s2s-model/README.md";

/// Lines that disagree with the pinned pair.
pub(super) fn agree(files: &Files) -> Vec<String> {
    let libtorch = WANTED.to_string();
    let mut broken = Vec::new();
    let mut expect = |holds: bool, sentence: String| {
        if !holds {
            broken.push(sentence);
        }
    };

    let manifest = files.text("Cargo.toml").unwrap_or_default();
    let requirement = manifest.lines().find(|line| line.starts_with("tch = "));
    expect(
        requirement.is_some_and(|line| line.contains(&format!("\"{TCH}\""))),
        format!("Cargo.toml does not ask for tch {TCH}"),
    );

    let lock = files.text("Cargo.lock").unwrap_or_default();
    for package in ["tch", "torch-sys"] {
        let locked = locked_version(lock, package);
        expect(
            locked.is_some_and(|version| version.starts_with(&format!("{TCH}."))),
            format!("Cargo.lock has {package} {}, not {TCH}", locked.unwrap_or("nowhere")),
        );
    }

    let readme = files.text(README).unwrap_or_default();
    expect(readme.contains(&libtorch), format!("{README} does not name libtorch {libtorch}"));

    for (path, number, line) in files.lines(&["md", "toml", "yml", "yaml"]) {
        for version in versions_after(line, &["libtorch ", "PyTorch ", "torch=="]) {
            // `PyTorch 2.11` is a shorter way to say 2.11.0.
            let agrees = libtorch == version || libtorch.strip_suffix(".0") == Some(version);
            expect(agrees, format!("{path}:{number} names libtorch {version}, not {libtorch}"));
        }
    }
    broken
}

/// The version of a package in a lock file.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{package}\"\n")))?;
    entry.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// The version numbers that follow one of these words in a line.
fn versions_after<'a>(line: &'a str, words: &[&str]) -> Vec<&'a str> {
    let after = words.iter().flat_map(|word| line.match_indices(word).map(|(at, found)| &line[at + found.len()..]));
    after
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            rest[..end].trim_end_matches('.')
        })
        .filter(|version| version.contains('.'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"tch\"\nversion = \"0.24.0\"\n\n\
                        [[package]]\nname = \"torch-sys\"\nversion = \"0.24.0\"\n";
    const MANIFEST: &str = "tch = { version = \"0.24\", default-features = false }\n";

    #[test]
    fn pinned_pair_agrees_with_itself() {
        let readme = "Needs libtorch 2.11.0 (PyTorch 2.11).";
        let files = Files::fake(&[("Cargo.toml", MANIFEST), ("Cargo.lock", LOCK), (README, readme)]);
        assert_eq!(agree(&files), [""; 0]);
    }

    #[test]
    fn other_versions_are_told_with_their_line() {
        let files = Files::fake(&[
            ("Cargo.toml", "tch = { version = \"0.23\" }\n"),
            ("Cargo.lock", &LOCK.replace("0.24.0", "0.23.0")),
            (README, "Install it:\n`pip install torch==2.10.0`."),
        ]);
        assert_eq!(
            agree(&files),
            [
                "Cargo.toml does not ask for tch 0.24",
                "Cargo.lock has tch 0.23.0, not 0.24",
                "Cargo.lock has torch-sys 0.23.0, not 0.24",
                "crates/s2s-model/README.md does not name libtorch 2.11.0",
                "crates/s2s-model/README.md:2 names libtorch 2.10.0, not 2.11.0",
            ]
        );
    }

    #[test]
    fn words_after_libtorch_are_no_version() {
        assert!(versions_after("libtorch is found, libtorch 2 too", &["libtorch "]).is_empty());
    }
}
