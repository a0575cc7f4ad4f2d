//! Invariants of source files: texts that none may contain.

use super::files::Files;

/// Calls that open Python's pickle format, which can run any code that its author put there.
///
/// Written in two halves, so that this table does not find itself.
const PICKLE: [(&str, &str); 8] = [
    ("pick", "le.load"),
    ("serde_pick", "le"),
    ("read_pick", "le("),
    ("allow_pick", "le=True"),
    ("torch.lo", "ad("),
    ("CModule::lo", "ad"),
    ("Tensor::lo", "ad"),
    ("lo", "ad_multi"),
];

/// The attribute that leaves a test out.
const IGNORED: (&str, &str) = ("#[ign", "ore");

/// What lets a module have unsafe code.
const UNSAFE: (&str, &str) = ("allow(uns", "afe_code)");

/// The one module that may.
const UNSAFE_MODULE: &str = "crates/s2s-model/src/device/library.rs";

/// Lines that read pickle, or tch's own files, which are pickle inside.
pub(super) fn no_pickle(files: &Files) -> Vec<String> {
    let mut broken = found(files, &["rs", "py"], &PICKLE);
    if files.text("Cargo.lock").is_some_and(|lock| lock.contains("name = \"serde-pickle\"")) {
        broken.push("Cargo.lock has serde-pickle".into());
    }
    broken
}

/// Lines that leave a test out: one that cannot run here says so and passes, so that its name is the same everywhere.
pub(super) fn no_ignored_test(files: &Files) -> Vec<String> {
    found(files, &["rs"], &[IGNORED])
}

/// Modules of the libraries that allow themselves unsafe code; a test may, for an allocator that counts.
pub(super) fn no_unsafe_elsewhere(files: &Files) -> Vec<String> {
    let mut broken = found(files, &["rs"], &[UNSAFE]);
    broken.retain(|sentence| sentence.contains("/src/") && !sentence.starts_with(UNSAFE_MODULE));
    broken
}

/// `path:line has WORD`, for every line with one of the words.
fn found(files: &Files, extensions: &[&str], words: &[(&str, &str)]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|(head, tail)| format!("{head}{tail}")).collect();
    files
        .lines(extensions)
        .flat_map(|(path, number, line)| {
            let there = words.iter().filter(move |word| line.contains(word.as_str()));
            there.map(move |word| format!("{path}:{number} has `{word}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pickle_is_told_with_its_line() {
        let call = format!("a = 1\nb = torch.lo{}(path)\n", "ad");
        let files = Files::fake(&[("benches/compare/peer.py", &call), ("notes.md", &call)]);
        assert_eq!(no_pickle(&files), [format!("benches/compare/peer.py:2 has `torch.lo{}(`", "ad")]);
    }

    #[test]
    fn ignored_test_is_told_with_its_line() {
        let text = format!("{}{}]\nfn slow() {{}}\n", IGNORED.0, IGNORED.1);
        let files = Files::fake(&[("crates/a/src/lib.rs", &text)]);
        assert_eq!(no_ignored_test(&files).len(), 1);
    }

    #[test]
    fn unsafe_code_has_one_home() {
        let text = format!("#![{}{}]\n", UNSAFE.0, UNSAFE.1);
        assert!(no_unsafe_elsewhere(&Files::fake(&[(UNSAFE_MODULE, &text)])).is_empty());
        assert_eq!(no_unsafe_elsewhere(&Files::fake(&[("crates/a/src/lib.rs", &text)])).len(), 1);
    }

    #[test]
    fn these_sources_pass_their_own_checks() {
        let files = Files::fake(&[("crates/xtask/src/invariants/sources.rs", include_str!("sources.rs"))]);
        assert!(no_pickle(&files).is_empty());
        assert!(no_ignored_test(&files).is_empty());
        assert!(no_unsafe_elsewhere(&files).is_empty());
    }
}
