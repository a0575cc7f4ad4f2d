//! Short names of files that are told apart: `a/POSCAR` and `b/POSCAR`.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Hit;

/// A name for each of these, in their order: the end of its path, as long as needed, and what within the file.
pub(super) fn labels(hits: &[Hit]) -> Vec<String> {
    let paths: BTreeSet<&str> = hits.iter().map(|hit| hit.path.as_str()).collect();
    let ends = ends(&paths);
    let label = |hit: &Hit| {
        let file = hit.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let end = ends.get(hit.path.as_str()).copied().unwrap_or_default();
        let text = match hit.id.strip_prefix(file) {
            Some(within) if !file.is_empty() => format!("{end}{within}"),
            _ if hit.path.is_empty() || paths.len() == 1 => hit.id.clone(),
            _ => format!("{end}: {}", hit.id),
        };
        printable(&text)
    };
    hits.iter().map(label).collect()
}

/// The shortest end of each path, in whole names, that no other path has.
fn ends<'p>(paths: &BTreeSet<&'p str>) -> BTreeMap<&'p str, &'p str> {
    let mut ends = BTreeMap::new();
    let mut open: Vec<&str> = paths.iter().copied().collect();
    for names in 1.. {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for path in paths {
            *count.entry(end(path, names)).or_default() += 1;
        }
        open.retain(|path| {
            let end = end(path, names);
            let told_apart = count[end] == 1 || end.len() == path.len();
            if told_apart {
                ends.insert(*path, end);
            }
            !told_apart
        });
        if open.is_empty() {
            break;
        }
    }
    ends
}

/// The last names of a path.
fn end(path: &str, names: usize) -> &str {
    path.rmatch_indices('/').nth(names - 1).map_or(path, |(at, _)| &path[at + 1..])
}

/// Without characters that would steer a terminal.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_as_long_as_needed() {
        let paths = BTreeSet::from(["x/a/POSCAR", "x/b/POSCAR", "y/b/POSCAR", "other.cif", "POSCAR"]);
        let ends = ends(&paths);
        assert_eq!(ends["x/a/POSCAR"], "a/POSCAR");
        assert_eq!(ends["x/b/POSCAR"], "x/b/POSCAR");
        assert_eq!(ends["y/b/POSCAR"], "y/b/POSCAR");
        assert_eq!(ends["other.cif"], "other.cif");
        assert_eq!(ends["POSCAR"], "POSCAR");
    }
}
