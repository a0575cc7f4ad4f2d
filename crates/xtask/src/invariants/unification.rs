//! The invariant that the second step of `cargo xtask test` compiles nothing of the first again.

use std::collections::BTreeMap;

use crate::cargo::cargo;
use crate::failure::{Failure, OrFail};
use crate::torch_run::{torch_free_packages, torch_packages};
use crate::workspace::Workspace;

/// Packages that both steps compile, each with other features.
pub(super) fn of_both_steps(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let first = tree(workspace, torch_free_packages())?;
    let second = tree(workspace, torch_packages())?;
    Ok(differences(&features(&first), &features(&second)))
}

/// Every package of a selection in a line of its own, with its features. Macros and build scripts are left out: their
/// features are chosen apart, and they compile without optimization.
fn tree(workspace: &Workspace, packages: impl Iterator<Item = &'static str>) -> Result<String, Failure> {
    let output = cargo(workspace)
        .args(["tree", "--locked", "--edges", "no-build,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"])
        .args(packages)
        .output()
        .or_fail(|| "start cargo".into())?;
    if !output.status.success() {
        return Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The features of each package of a tree. Cargo marks what it has listed before.
fn features(tree: &str) -> BTreeMap<&str, &str> {
    tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')).collect()
}

fn differences(first: &BTreeMap<&str, &str>, second: &BTreeMap<&str, &str>) -> Vec<String> {
    let both = first.iter().filter_map(|(package, one)| Some((package, one, second.get(package)?)));
    both.filter(|(_, one, other)| one != other)
        .map(|(package, one, other)| {
            format!(
                "{package} is compiled with {one:?}, then with {other:?}: crates/feature-unification does not ask for both"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shared_packages_with_other_features_are_told() {
        let first = features("a v1.0.0|x,y\nb v1.0.0|\nonly v1.0.0|z\na v1.0.0|x,y (*)");
        let second = features("a v1.0.0|x\nb v1.0.0| (*)\nother v1.0.0|");
        let told = differences(&first, &second);
        assert!(
            told.len() == 1 && told[0].starts_with("a v1.0.0 is compiled with \"x,y\", then with \"x\""),
            "{told:?}"
        );
        assert_eq!(differences(&second, &second), [""; 0]);
    }
}
