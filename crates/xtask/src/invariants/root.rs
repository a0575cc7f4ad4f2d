//! The invariant of the entries of the root.

use std::collections::BTreeSet;

use super::files::Files;

/// Everything that the root shows, dot-files aside.
const NAMES: [&str; 8] = ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "benches", "crates", "examples", "tests"];

/// Names that are missing from the root or do not belong there.
pub(super) fn names(files: &Files) -> Vec<String> {
    let agreed = BTreeSet::from(NAMES);
    let there: BTreeSet<&str> =
        files.iter().filter_map(|file| file.path.split('/').next()).filter(|name| !name.starts_with('.')).collect();
    let missing = agreed.difference(&there).map(|name| format!("{name} is missing from the root"));
    let foreign = there.difference(&agreed).map(|name| format!("{name} does not belong in the root"));
    missing.chain(foreign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 9] = [
        ("Cargo.toml", ""),
        ("Cargo.lock", ""),
        ("LICENSE", ""),
        ("README.md", ""),
        ("benches/a.rs", ""),
        ("crates/a/src/lib.rs", ""),
        ("examples/a.rs", ""),
        ("tests/a.rs", ""),
        (".ci/run", ""),
    ];

    #[test]
    fn agreed_names_and_dot_files_are_fine() {
        assert!(names(&Files::fake(&WHOLE)).is_empty());
    }

    #[test]
    fn missing_and_foreign_names_are_told() {
        let mut files = WHOLE.to_vec();
        files[7] = ("docs/a.md", "");
        assert_eq!(names(&Files::fake(&files)), ["tests is missing from the root", "docs does not belong in the root"]);
    }
}
