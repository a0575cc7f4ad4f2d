//! Small CIF files, one per trouble of real files, with the right outcome of each in `tests/cif/expected.tsv`.

use std::{fs, path::PathBuf};

use s2s_crystal::{Composition, ReadOptions, Strictness, cif};

/// Amounts of a composition such as `La0.85 Sr0.153`, by symbol.
fn amounts(text: &str) -> Vec<(String, f64)> {
    let part = |word: &str| {
        let letters = word.find(|c: char| !c.is_alphabetic()).unwrap_or(word.len());
        (word[..letters].to_owned(), word[letters..].parse().unwrap_or(1.0))
    };
    text.split_whitespace().map(part).collect()
}

fn agrees(composition: &Composition, expected: &str) -> bool {
    let expected = amounts(expected);
    composition.iter().count() == expected.len()
        && composition.iter().all(|(element, amount)| {
            expected.iter().any(|(symbol, stated)| symbol == element.symbol() && (stated - amount).abs() < 0.01)
        })
}

#[test]
fn every_case_has_its_expected_outcome() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cif");
    let table = fs::read_to_string(folder.join("expected.tsv")).expect("the table can be read");
    let mut rows = 0;
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, outcome, composition, trouble] = columns[..] else { panic!("four columns: {line}") };
        let text = fs::read(folder.join(file)).expect("a file of the table can be read");
        for strictness in [Strictness::Standard, Strictness::Lenient] {
            let options = ReadOptions { strictness, ..ReadOptions::disordered() };
            let read = cif::read_one(&text, &options);
            match (outcome, read) {
                ("refuse", Err(_)) => {}
                // What is doubtful may pass if lenient, but never without a warning.
                ("refuse", Ok(read)) => {
                    assert!(strictness == Strictness::Lenient && read.warnings().count() > 0, "{file}: {trouble}");
                }
                ("read" | "mixed", Ok(read)) => {
                    assert!(
                        agrees(&read.crystal.composition(), composition),
                        "{file}: {:?}",
                        read.crystal.composition()
                    );
                    assert_eq!(read.crystal.is_ordered(), outcome == "read", "{file}");
                }
                (_, Err(error)) => panic!("{file}: {trouble}: {error}"),
                (other, _) => panic!("{file}: no outcome is called {other}"),
            }
        }
        rows += 1;
    }
    assert_eq!(rows, fs::read_dir(folder).expect("the folder can be read").count() - 1);
}
