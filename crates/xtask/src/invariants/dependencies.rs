//! The invariant that only the torch crates depend on the tensor library.

use crate::cargo::cargo;
use crate::failure::{Failure, OrFail};
use crate::workspace::{TORCH_FREE, Workspace};

/// The crate that has to have it, which shows that the check can fail.
const WITH_TORCH: &str = "s2s-model";

/// What Cargo says of a package that is nowhere in a tree.
const NOWHERE: &str = "did not match any packages";

/// Torch-free crates that depend on tch, with any of their features, or even only for their tests.
pub(super) fn torch_free(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for package in TORCH_FREE {
        broken.extend(finding(package, false, &tree(workspace, package)?));
    }
    broken.extend(finding(WITH_TORCH, true, &tree(workspace, WITH_TORCH)?));
    Ok(broken)
}

/// Build dependencies that compile C or look for what is already compiled.
const C_TOOLS: [&str; 5] = ["bindgen", "cc", "cmake", "pkg-config", "vcpkg"];

/// Torch-free crates that need a C compiler here, with all of their features.
pub(super) fn no_c_compiler(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for package in TORCH_FREE {
        let edges = ["--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
        let output = cargo(workspace)
            .args(["tree", "--locked", "--all-features", "--package", package])
            .args(edges)
            .output()
            .or_fail(|| "start cargo".into())?;
        let tree = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || !tree.starts_with(package) {
            broken.push(format!(
                "cargo could not tell for {package}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ));
        }
        broken.extend(c_tools(&tree).map(|tool| format!("{package} is built with {tool}")));
    }
    Ok(broken)
}

/// The C tools in a flat list of packages.
fn c_tools(tree: &str) -> impl Iterator<Item = &'static str> + '_ {
    C_TOOLS.into_iter().filter(|tool| tree.lines().any(|line| line.split(' ').next() == Some(tool)))
}

/// Cargo's answer to who in the tree of a package depends on tch: its output, or what it complained of.
fn tree(workspace: &Workspace, package: &str) -> Result<Result<String, String>, Failure> {
    let output = cargo(workspace)
        .args(["tree", "--locked", "--all-features", "--invert", "tch", "--package", package])
        .output()
        .or_fail(|| "start cargo".into())?;
    Ok(if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

fn finding(package: &str, has_torch: bool, answer: &Result<String, String>) -> Option<String> {
    match (answer, has_torch) {
        (Ok(_), true) => None,
        (Err(complaint), false) if complaint.contains(NOWHERE) => None,
        (Ok(tree), false) => Some(format!("{package} depends on tch:\n{}", tree.trim_end())),
        (Err(complaint), true) => Some(format!("{package} has no tch in its tree: {}", complaint.trim())),
        (Err(complaint), false) => Some(format!("cargo could not tell for {package}: {}", complaint.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_told_by_its_whole_name() {
        let tree = "s2s-data v0.1.0 (/somewhere)\nccc v1.0.0\ncc v1.2.3\ncmake v0.1.0 (*)\n";
        assert_eq!(c_tools(tree).collect::<Vec<_>>(), ["cc", "cmake"]);
        assert_eq!(c_tools("s2s-data v0.1.0\n").count(), 0);
    }

    #[test]
    fn only_the_right_complaint_counts_as_absence() {
        let absent = Err("error: package ID specification `tch` did not match any packages".to_owned());
        let broken = Err("error: failed to parse manifest".to_owned());
        let present = Ok("tch v0.24.0\n└── s2s-model\n".to_owned());
        assert_eq!(finding("s2s-crystal", false, &absent), None);
        assert_eq!(finding("s2s-model", true, &present), None);
        assert!(finding("s2s-crystal", false, &broken).is_some());
        assert!(finding("s2s-crystal", false, &present).is_some());
        assert!(finding("s2s-model", true, &absent).is_some());
    }
}
