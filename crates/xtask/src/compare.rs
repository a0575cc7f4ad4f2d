//! `cargo xtask compare [NAME…]`: our code and other libraries' on the same inputs, in the same run, as ratios.
//!
//! # Convention
//!
//! A comparison `NAME` is two files side by side, described in full in `benches/compare/README.md`:
//!
//! * `benches/compare/NAME.rs`, a bench target `compare_NAME` with `harness = false`; called with `prepare FOLDER` it
//!   writes the inputs, with `measure FOLDER` it reads them and measures our code;
//! * `benches/compare/NAME.py`, called with `measure FOLDER`, reads the same inputs and measures the other libraries.
//!
//! Both print one flat JSON object per line ([`Sample`]); `protocol.rs` and `protocol.py` beside them do the timing and
//! the printing, with the same rule on both sides. The other libraries run in a virtual environment in `target/peers` that holds
//! what `requirements.txt` pins, or in the interpreter that `S2S_PEERS_PYTHON` names.
//!
//! # Fairness
//!
//! The sides take turns for several rounds, so that a machine that slows down slows both; the best round of each
//! counts. Thread pools of both sides have the same size, one unless said otherwise. A number computed from the results
//! (`check`) has to agree between the sides, or the comparison fails, however fast it was.

mod environment;
mod options;
mod sample;
mod side;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failure::{Failure, OrFail};
use crate::report::say;
use crate::workspace::Workspace;
use options::Options;
use sample::Sample;
use side::{Ours, Side, Theirs};
use table::Table;

/// Runs the named comparisons, or all, and prints a table for each.
pub(crate) fn compare(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    let options = Options::parse(arguments)?;
    let folder = workspace.root.join("benches/compare");
    let there = comparisons(&folder)?;
    let chosen = chosen(&options.names, there)?;
    let python = environment::python(workspace, &folder)?;
    let mut tables = Vec::new();
    for name in &chosen {
        let table = run(workspace, &folder, name, &python, &options)?;
        say(&table);
        tables.push(table);
    }
    if let Some(path) = &options.json {
        let objects: Vec<String> = tables.iter().flat_map(Table::json_objects).collect();
        fs::write(path, format!("[\n{}\n]\n", objects.join(",\n"))).or_fail(|| format!("write {}", path.display()))?;
    }
    let agree = tables.iter().all(Table::sides_agree);
    Ok(if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures one comparison.
fn run(workspace: &Workspace, folder: &Path, name: &str, python: &Path, options: &Options) -> Result<Table, Failure> {
    let inputs = workspace.target.join("compare").join(name);
    fs::create_dir_all(&inputs).or_fail(|| format!("create {}", inputs.display()))?;
    let ours = Ours::build(workspace, name, options.threads)?;
    let theirs = Theirs::new(python, &folder.join(format!("{name}.py")), options.threads);
    ours.prepare(&inputs)?;
    let mut samples: Vec<Sample> = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("{name}: round {round} of {}", options.rounds);
        // Who goes first alternates, so that neither always finds the other's heat.
        let mut sides: [&dyn Side; 2] = [&ours, &theirs];
        sides.rotate_left((round - 1) % 2);
        for side in sides {
            samples.extend(side.measure(&inputs)?);
        }
    }
    Table::new(name, options.threads, samples)
}

/// The names that have both files.
fn comparisons(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).or_fail(|| format!("read {}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .filter(|path| path.with_extension("rs").exists())
        .filter_map(|path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "protocol")
        .collect();
    names.sort();
    Ok(names)
}

/// The names asked for, or all of them.
fn chosen(asked: &[String], there: Vec<String>) -> Result<Vec<String>, Failure> {
    match asked.iter().find(|name| !there.contains(name)) {
        Some(unknown) => {
            Err(Failure::new(format!("there is no comparison `{unknown}`, only these: {}", there.join(", "))))
        }
        None if asked.is_empty() => Ok(there),
        None => Ok(asked.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn comparison_has_both_files() {
        let scratch = Scratch::new("comparisons");
        for file in ["b.py", "b.rs", "a.py", "a.rs", "lonely.py", "protocol.py", "protocol.rs"] {
            fs::write(scratch.path().join(file), "").expect("the folder can be written");
        }
        assert_eq!(comparisons(scratch.path()), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn unknown_name_lists_the_known_ones() {
        let there = || vec!["cif".to_owned(), "neighbors".to_owned()];
        let failure = chosen(&["neighbours".into()], there()).expect_err("it is spelled otherwise");
        assert_eq!(failure.to_string(), "there is no comparison `neighbours`, only these: cif, neighbors");
        assert_eq!(chosen(&[], there()), Ok(there()));
    }
}
