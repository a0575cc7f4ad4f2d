//! The table of results in README, against the table that the benchmark wrote.

use super::files::Files;

/// What the benchmark wrote: one heading per way of splitting, one row per model.
const TABLE: &str = "crates/s2s-train/results/benchmark/s2s/table.md";

/// Rows of README by their first words, and the names that the benchmark gives these models.
const ROWS: [(&str, &str); 15] = [
    ("number of elements", "element-count"),
    ("the same, numbers of atoms", "artefacts"),
    ("CGCNN (", "cgcnn"),
    ("CGCNN, pre-trained", "cgcnn-pretrained"),
    ("MEGNet (", "megnet"),
    ("MEGNet, pre-trained", "megnet-pretrained"),
    ("S2SNet `released`", "released-128"),
    ("S2SNet `paper-regularized`, width", "paper-regularized"),
    ("S2SNet `paper-regularized`, pre-trained", "paper-regularized-pretrained"),
    ("S2SNet `periodic`, width", "periodic"),
    ("S2SNet `periodic`, pre-trained", "periodic-pretrained"),
    ("Magpie features in a forest", "statistic"),
    ("boosted Magpie", "boosted:magpie"),
    ("boosted invariant", "boosted:all"),
    ("stacked model of these", "blend:boosted:all@energy@gap@listed@measured,kernel:all@energy@gap@listed@measured"),
];

/// What the audit wrote: a line per group of features, with a column per way of splitting.
const AUDIT: &str = "crates/s2s-data/results/audit.md";

/// Rows of README by their first words, and the lines of the audit.
const AUDITED: [(&str, &str); 1] = [("how the cell is written", "how the cell was written")];

/// The first cells of the header of README's table.
const HEADER: &str = "| model | at random | no chemical system shared |";

/// Rows of README's table that say something else than the benchmark's, or that nothing stands behind.
pub(super) fn of_the_results(files: &Files) -> Vec<String> {
    let table = files.text(TABLE).unwrap_or_default();
    let (Some(random), Some(system)) = (part(table, "random"), part(table, "chemical-system")) else {
        return vec![format!("{TABLE} has no splits `random` and `chemical-system`")];
    };
    let readme = files.text("README.md").unwrap_or_default();
    let rows: Vec<Vec<&str>> =
        readme.lines().skip_while(|line| !line.starts_with(HEADER)).skip(2).map_while(cells).collect();
    if rows.is_empty() {
        return vec![format!("README.md has no table that begins with `{HEADER}`")];
    }
    let audit = files.text(AUDIT).unwrap_or_default();
    rows.iter()
        .filter_map(|row| match AUDITED.iter().find(|(words, _)| row[0].starts_with(words)) {
            Some((_, group)) => disagreement_with_audit(row, audit, group),
            None => disagreement(row, random, system),
        })
        .collect()
}

/// What is wrong with a row of README: model, ACC / ROC-AUC twice, ROC-AUC among equal numbers of elements twice.
fn disagreement(row: &[&str], random: &str, system: &str) -> Option<String> {
    let label = row[0];
    let Some((_, model)) = ROWS.iter().find(|(words, _)| label.starts_with(words)) else {
        return Some(format!("README.md has a row `{label}` of which it is not known where it was measured"));
    };
    let (Some(random), Some(system)) = (measured(random, model), measured(system, model)) else {
        return Some(format!("{TABLE} has no `{model}` for the row `{label}` of README.md"));
    };
    let both = |[accuracy, auc, _]: [&str; 3]| format!("{accuracy} / {auc}");
    let expected = [both(random), both(system), random[2].to_owned(), system[2].to_owned()];
    (row[1..] != expected).then(|| format!("README.md says {:?} of `{label}`, {TABLE} {expected:?}", &row[1..]))
}

/// What is wrong with a row that the audit measured.
fn disagreement_with_audit(row: &[&str], audit: &str, group: &str) -> Option<String> {
    let of_s2s = audit.split_once("## S2S: ").map_or("", |(_, below)| below);
    let Some(line) = of_s2s.lines().find_map(|line| line.strip_prefix(group)) else {
        return Some(format!("{AUDIT} has no line `{group}` for the row `{}` of README.md", row[0]));
    };
    // Columns of the audit: random, formula, chemical system, family, structure; three numbers in each.
    let numbers: Vec<&str> = line.split(['/', ' ']).filter(|word| !word.is_empty()).collect();
    let expected = match numbers[..] {
        [accuracy, auc, stratified, _, _, _, system_accuracy, system_auc, system_stratified, ..] => [
            format!("{accuracy} / {auc}"),
            format!("{system_accuracy} / {system_auc}"),
            stratified.to_owned(),
            system_stratified.to_owned(),
        ],
        _ => return Some(format!("{AUDIT} has fewer numbers in the line `{group}` than it should")),
    };
    (row[1..] != expected).then(|| format!("README.md says {:?} of `{}`, {AUDIT} {expected:?}", &row[1..], row[0]))
}

/// The rows below a heading.
fn part<'a>(table: &'a str, split: &str) -> Option<&'a str> {
    let (_, below) = table.split_once(&format!("### {split}\n"))?;
    below.split("\n### ").next()
}

/// Accuracy, ROC-AUC and ROC-AUC among equal numbers of elements of a model, without their standard deviations.
fn measured<'a>(rows: &'a str, model: &str) -> Option<[&'a str; 3]> {
    let row = rows.lines().filter_map(cells).find(|row| row[0] == model)?;
    let mean = |k: usize| row.get(k)?.split(" ±").next();
    Some([mean(1)?, mean(2)?, mean(3)?])
}

/// The cells of a row of a Markdown table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(inner.split(" | ").map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: &str = "### random\n\n| model | ACC | ROC-AUC | matched | PR-AUC |\n|---|---|---|---|---|\n\
        | cgcnn-pretrained | 1.0 ± 0.1 | 1.0 ± 0.1 | 1.0 ± 0.1 | 1.0 |\n| cgcnn | 83.4 ± 1.7 | 86.9 ± 1.8 | 80.6 ± 1.0 | 72.0 |\n\n\
        ### chemical-system\n\n| cgcnn | 83.0 ± 1.7 | 85.7 ± 1.8 | 79.7 ± 1.0 | 72.0 |\n";

    fn found(row: &str) -> Vec<String> {
        let readme = format!(
            "{HEADER} matched, at random | matched, no system shared |\n|---|---|---|---|---|\n{row}\n\nText.\n"
        );
        let audit =
            "# Audit\n\n## S2S: 1,685\n\nhow the cell was written  87.3 / 91.8 / 80.0  1 / 2 / 3  87.2 / 91.4 / 79.4\n";
        of_the_results(&Files::fake(&[("README.md", &readme), (TABLE, MEASURED), (AUDIT, audit)]))
    }

    #[test]
    fn rows_of_the_readme_say_what_was_measured() {
        assert_eq!(
            found("| CGCNN (the paper: 79.7) | 83.4 / 86.9 | 83.0 / 85.7 | 80.6 | 79.7 |"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn rows_of_the_audit_say_what_it_measured() {
        let row = "| how the cell is written, nothing else | 87.3 / 91.8 | 87.2 / 91.4 | 80.0 | 79.4 |";
        assert_eq!(found(row), Vec::<String>::new());
        let changed = found(&row.replace("79.4", "79.5"));
        assert!(changed.len() == 1 && changed[0].contains("79.5"), "{changed:?}");
    }

    #[test]
    fn changed_unknown_and_missing_rows_are_named() {
        for (row, words) in [
            ("| CGCNN (the paper: 79.7) | 83.4 / 87.0 | 83.0 / 85.7 | 80.6 | 79.7 |", "87.0"),
            ("| CGCNN (the paper: 79.7) | 83.4 / 86.9 | 83.0 / 85.7 | 80.6 |", "80.6"),
            ("| an oracle | 100.0 / 100.0 | 100.0 / 100.0 | 100.0 | 100.0 |", "not known"),
            ("| MEGNet (78.4) | 83.4 / 86.9 | 83.0 / 85.7 | 80.6 | 79.7 |", "has no `megnet`"),
        ] {
            let found = found(row);
            assert!(found.len() == 1 && found[0].contains(words), "{row}: {found:?}");
        }
        assert_eq!(of_the_results(&Files::fake(&[("README.md", "Text."), (TABLE, MEASURED)])).len(), 1);
        assert_eq!(of_the_results(&Files::fake(&[("README.md", "Text.")])).len(), 1);
    }
}
