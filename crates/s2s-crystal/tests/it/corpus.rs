//! Files written for this crate: each valid one is read, each malformed one gives the expected error at its position.

use std::{collections::BTreeSet, fs, path::PathBuf};

use s2s_crystal::{ParseError, ParseErrorKind, ReadOptions, Strictness, read};

/// The folder of the corpus.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The rows of a table of the corpus: a file's name, its bytes, and the other columns.
pub(crate) fn table(name: &str) -> Vec<(String, Vec<u8>, Vec<String>)> {
    let table = fs::read_to_string(folder().join(name).with_extension("txt")).expect("the table can be read");
    let row = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let file = words.next().expect("a row begins with a file");
        let bytes = fs::read(folder().join(name).join(&file)).expect("a file of the table can be read");
        (file, bytes, words.collect())
    };
    table.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

/// Every file of the corpus is in its table.
fn assert_complete(name: &str, rows: &[(String, Vec<u8>, Vec<String>)]) {
    let listed: BTreeSet<_> = rows.iter().map(|row| row.0.clone()).collect();
    let entries = fs::read_dir(folder().join(name)).expect("the folder can be read");
    let found = entries.map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn every_valid_file_is_read() {
    let rows = table("valid");
    assert_complete("valid", &rows);
    assert!(rows.len() >= 30);
    for (file, bytes, columns) in rows {
        let options = ReadOptions::disordered();
        let structures: Result<Vec<_>, _> = read(&file, &bytes, &options).collect();
        let structures = structures.unwrap_or_else(|error| panic!("{file}: {error}"));
        let atoms: usize = structures.iter().map(|parsed| parsed.crystal.num_sites()).sum();
        assert_eq!([atoms.to_string()], columns[..], "{file}");
    }
}

/// What reading ends with: the kind and position of the first error; those of the first warning, marked as such, where only a
/// strict reading ends with it.
fn outcome(file: &str, bytes: &[u8]) -> Vec<String> {
    let first = |strictness| {
        let options = ReadOptions { strictness, ..ReadOptions::ordered() };
        read(file, bytes, &options).find_map(Result::err)
    };
    let describe =
        |error: &ParseError| vec![error.kind().name().to_owned(), error.line().to_string(), error.column().to_string()];
    match (first(Strictness::Standard), first(Strictness::Strict)) {
        (Some(error), Some(_)) => describe(&error),
        (None, Some(warning)) => [describe(&warning), vec!["warning".to_owned()]].concat(),
        (_, None) => vec!["read".to_owned()],
    }
}

#[test]
fn every_malformed_file_gives_its_error_at_its_position() {
    let rows = table("malformed");
    assert_complete("malformed", &rows);
    assert!(rows.len() >= 150);
    let mut wrong = Vec::new();
    for (file, bytes, expected) in &rows {
        let found = outcome(file, bytes);
        if found != *expected {
            wrong.push(format!("{file}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn the_malformed_files_cover_every_kind_of_error() {
    let covered: BTreeSet<_> = table("malformed").into_iter().map(|(_, _, columns)| columns[0].clone()).collect();
    let all: BTreeSet<_> = ParseErrorKind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(covered, all);
}

#[test]
fn messages_are_single_sentences_without_debug_output() {
    for (file, bytes, _) in table("malformed") {
        let options = ReadOptions { strictness: Strictness::Strict, ..ReadOptions::ordered() };
        let error = read(&file, &bytes, &options).find_map(Result::err).expect("a malformed file gives an error");
        let message = error.message();
        let first = message.chars().next().expect("a message is not empty");
        assert!(!message.ends_with('.') && !message.contains('\n'), "{file}: {message}");
        assert!(!["unwrap", "Some(", "None", "Err("].iter().any(|debug| message.contains(debug)), "{file}: {message}");
        assert!(!first.is_ascii_uppercase() || message.starts_with(char::is_alphanumeric), "{file}: {message}");
        assert!(error.to_string().starts_with(&format!("line {}, column {}", error.line(), error.column())));
    }
}

#[test]
fn one_bad_block_does_not_hide_the_others() {
    let good = |name: &str| {
        format!(
            "data_{name}\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
             _cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n\
             Na 0 0 0\n"
        )
    };
    let options = ReadOptions::ordered();
    for fault in [
        "_cell_length_a\n;never closed\n",
        "loop_\n_atom_site_fract_x\n'never closed\n",
        "loop_ 1\n",
        "\u{0}\n",
        "_atom_site_fract_x x\n",
    ] {
        let text = format!("{}data_bad\n{fault}{}{}", good("1"), good("2"), good("3"));
        let structures: Vec<_> = read("a.cif", text.as_bytes(), &options).collect();
        let names: Vec<_> = structures.iter().flatten().map(|parsed| parsed.name.as_str()).collect();
        assert_eq!(names, ["1", "2", "3"], "{fault}");
        let errors: Vec<_> = structures.iter().filter_map(|parsed| parsed.as_ref().err()).collect();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].block(), Some("bad"));
    }
}
