//! Real CIF files with one thing changed: a label, a type symbol, the formula, a statement of the symmetry. Whatever is read
//! without a diagnostic has the composition of the file as it was.
//!
//! The full number is read by hand; the last result is in `results/misreading.md`:
//!
//! ```text
//! S2S_DATA_DIR=…/data S2S_MUTATIONS=200000 cargo test -p s2s-crystal --test it misreading -- --nocapture
//! ```

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use s2s_crystal::{Composition, ReadOptions, Severity, cif};

use crate::real_files::real_files;

/// Words that change what they are put into: elements, groups, marks, numbers, parts of symmetry.
const WORDS: &[&str] = &[
    "O", "Nb", "H", "Fe", "Co", "C", "N", "W", "x", "X", "4", "2", "1", "0", "-", "+", "/", ".", ",", "Zr0.2", "0.5",
    "1/2", "1/4", "z", "y", "m", "P", "F", "I", "n", "NH4", "Wat", "Vac", "(2)", "2+", "'", "_", "?", "H2O", "3", "d",
    "a", "5", "6", ":2", "R", "D", "", " ", "\t",
];

/// A part of a file that a mutation may change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Label,
    Type,
    Formula,
    Units,
    Name,
    Number,
    Operation,
    Tag,
}

/// The positions of the words that may be changed, in a file of pymatgen.
fn targets(text: &str) -> Vec<(Target, usize, usize)> {
    let mut found = Vec::new();
    let mut columns: Vec<&str> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim();
        let at = |word: &str| start + (word.as_ptr() as usize - line.as_ptr() as usize);
        let mut add = |target, word: &str| found.push((target, at(word), at(word) + word.len()));
        if trimmed == "loop_" {
            columns.clear();
            continue;
        }
        if trimmed.starts_with('_') {
            let (tag, value) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
            let value = value.trim();
            if value.is_empty() {
                columns.push(tag);
                if tag.contains("equiv_pos") || tag.contains("type_symbol") || tag.contains("label") {
                    add(Target::Tag, tag);
                }
                continue;
            }
            columns.clear();
            let target = match tag {
                "_chemical_formula_sum" => Target::Formula,
                "_cell_formula_units_Z" => Target::Units,
                "_symmetry_space_group_name_H-M" => Target::Name,
                "_symmetry_Int_Tables_number" => Target::Number,
                _ => continue,
            };
            add(Target::Tag, tag);
            add(target, value.trim_matches('\''));
            continue;
        }
        if columns.contains(&"_symmetry_equiv_pos_as_xyz") {
            if let Some((_, operation)) = trimmed.split_once('\'') {
                add(Target::Operation, operation.trim_end_matches('\''));
            }
            continue;
        }
        for (word, column) in trimmed.split_whitespace().zip(&columns) {
            match *column {
                "_atom_site_label" => add(Target::Label, word),
                "_atom_site_type_symbol" => add(Target::Type, word),
                _ => {}
            }
        }
    }
    found
}

fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    (random.next_u64() % bound as u64) as usize
}

/// The word with a part of it deleted, doubled, exchanged, put in another case, or with another word in it.
fn mutate(word: &str, random: &mut ChaCha8Rng) -> String {
    let mut characters: Vec<char> = word.chars().collect();
    let other: Vec<char> = WORDS[below(random, WORDS.len())].chars().collect();
    let at = below(random, characters.len() + 1);
    match below(random, 7) {
        0 if at < characters.len() => {
            characters.remove(at);
        }
        1 if at < characters.len() => characters.insert(at, characters[at]),
        2 if at + 1 < characters.len() => characters.swap(at, at + 1),
        3 if at < characters.len() => {
            let c = characters[at];
            characters[at] = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        }
        4 => return other.iter().collect(),
        5 if at < characters.len() => {
            characters.splice(at..=at, other);
        }
        _ => {
            characters.splice(at..at, other);
        }
    }
    characters.into_iter().collect()
}

/// Whether two compositions are equal but for the rounding of printed occupancies.
fn same(a: &Composition, b: &Composition) -> bool {
    a.iter().count() == b.iter().count()
        && a.iter().zip(b.iter()).all(|(x, y)| x.0 == y.0 && (x.1 - y.1).abs() < 1e-6 * x.1.max(1.0))
}

/// Whether a diagnostic says more than that a position was made exact.
fn is_told(read: &s2s_crystal::ParsedStructure, plain: usize) -> bool {
    read.diagnostics.iter().any(|found| found.severity == Severity::Warning) || read.diagnostics.len() > plain
}

#[test]
fn a_changed_file_is_never_read_as_something_else_in_silence() {
    let Some(files) = real_files() else { return };
    let wanted: usize = std::env::var("S2S_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(6000);
    let options = ReadOptions::disordered();
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let originals: Vec<_> = files
        .iter()
        .map(|(name, text)| {
            let read = cif::read_one(text, &options).expect("every real file is read");
            (name, text, read.crystal.composition(), read.diagnostics.len(), targets(text))
        })
        .collect();
    assert!(originals.iter().all(|original| original.4.len() >= 7), "every file has words to change");
    let (mut refused, mut told, mut unchanged, mut cases) = (0, 0, 0, 0);
    let mut silent = Vec::new();
    while cases < wanted {
        let (name, text, composition, plain, targets) = &originals[below(&mut random, originals.len())];
        let (target, start, end) = targets[below(&mut random, targets.len())];
        // One in four files is changed twice.
        let mut changed = format!("{}{}{}", &text[..start], mutate(&text[start..end], &mut random), &text[end..]);
        if below(&mut random, 4) == 0
            && let Some(&(_, start, end)) = self::targets(&changed).get(below(&mut random, targets.len()))
        {
            changed = format!("{}{}{}", &changed[..start], mutate(&changed[start..end], &mut random), &changed[end..]);
        }
        if changed == **text {
            continue;
        }
        cases += 1;
        match cif::read_one(&changed, &options) {
            Err(_) => refused += 1,
            Ok(read) if same(&read.crystal.composition(), composition) => unchanged += 1,
            Ok(read) if is_told(&read, *plain) => told += 1,
            Ok(read) => {
                let difference: Vec<_> =
                    changed.lines().zip(text.lines()).filter(|(new, old)| new != old).take(2).collect();
                silent.push(format!("{name}: {target:?}: {difference:?}: {:?}", read.crystal.composition()));
            }
        }
    }
    println!(
        "{cases} changed files: {refused} refused, {unchanged} read as before, {told} read otherwise with a diagnostic, {} in silence",
        silent.len()
    );
    assert!(told > 0, "some changes give another composition, or the comparison sees nothing");
    assert!(silent.is_empty(), "{} of {cases}:\n{}", silent.len(), silent[..silent.len().min(40)].join("\n"));
}
