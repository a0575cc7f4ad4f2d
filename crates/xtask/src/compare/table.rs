//! The figures of one comparison, side by side.

use std::fmt;

use super::sample::Sample;
use crate::failure::Failure;

/// The name of our side.
const OURS: &str = "s2s";

/// How far results may lie apart, relative to their size: sums over many items in another order.
const TOLERANCE: f64 = 1e-6;

/// All rounds of one comparison, summed up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    name: String,
    threads: usize,
    /// In the order in which tasks first appeared; within a task ours first, then the fastest other.
    rows: Vec<Row>,
}

/// One library at one task.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    best: Sample,
    /// Items per second in the middle round.
    median_rate: f64,
    rounds: usize,
    /// How many times faster ours is, best against best; `None` for ours, or where ours did not do the task.
    ratio: Option<f64>,
    /// Why the result is not that of ours.
    differs: Option<String>,
}

impl Table {
    /// Sums up all measurements of a comparison.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn new(name: &str, threads: usize, samples: Vec<Sample>) -> Result<Self, Failure> {
        if samples.is_empty() {
            return Err(Failure::new(format!("the comparison `{name}` printed no measurement")));
        }
        let mut rows: Vec<Row> = Vec::new();
        for task in distinct(samples.iter().map(|sample| &sample.task)) {
            let of_task: Vec<&Sample> = samples.iter().filter(|sample| &sample.task == task).collect();
            let mut of_libraries: Vec<Row> = distinct(of_task.iter().map(|sample| &sample.library))
                .into_iter()
                .map(|library| Row::new(of_task.iter().copied().filter(|sample| &sample.library == library)))
                .collect();
            of_libraries.sort_by(|a, b| {
                let theirs = |row: &Row| row.best.library != OURS;
                theirs(a).cmp(&theirs(b)).then(b.best.rate().total_cmp(&a.best.rate()))
            });
            if let Some(ours) = of_libraries.first().map(|row| row.best.clone()).filter(|best| best.library == OURS) {
                for row in &mut of_libraries[1..] {
                    row.ratio = Some(ours.rate() / row.best.rate());
                    row.differs = difference(&ours, &row.best);
                }
            }
            rows.extend(of_libraries);
        }
        Ok(Self { name: name.to_owned(), threads, rows })
    }

    /// Whether every library worked on as many items as ours and came to the same results.
    pub(super) fn sides_agree(&self) -> bool {
        self.rows.iter().all(|row| row.differs.is_none())
    }

    /// One JSON object per row.
    pub(super) fn json_objects(&self) -> Vec<String> {
        let object = |row: &Row| {
            let Sample { task, library, items, seconds, unit, .. } = &row.best;
            let ratio = row.ratio.map_or("null".into(), |ratio| ratio.to_string());
            format!(
                "{{\"comparison\":{},\"task\":{},\"peer\":{},\"ours_over_peer\":{ratio},\"best_rate\":{},\"median_rate\":{},\
                 \"best_seconds\":{seconds},\"items\":{items},\"unit\":{},\"threads\":{},\"rounds\":{},\"agrees\":{}}}",
                quoted(&self.name),
                quoted(task),
                quoted(library),
                row.best.rate(),
                row.median_rate,
                quoted(unit),
                self.threads,
                row.rounds,
                row.differs.is_none(),
            )
        };
        self.rows.iter().map(object).collect()
    }
}

impl Row {
    /// Sums up the rounds of one library at one task, of which there is at least one.
    fn new<'a>(rounds: impl Iterator<Item = &'a Sample>) -> Self {
        let mut rounds: Vec<&Sample> = rounds.collect();
        rounds.sort_by(|a, b| b.rate().total_cmp(&a.rate()));
        Self {
            best: rounds[0].clone(),
            median_rate: rounds[rounds.len() / 2].rate(),
            rounds: rounds.len(),
            ratio: None,
            differs: None,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = if self.threads == 1 { "one thread".into() } else { format!("{} threads", self.threads) };
        writeln!(f, "{}: {threads}, best of {} rounds", self.name, self.rows.first().map_or(0, |row| row.rounds))?;
        let heading = ["task", "library", "items", "per second", "median", "s2s is"];
        let mut cells: Vec<[String; 6]> = vec![heading.map(str::to_owned)];
        let mut last_task = "";
        for row in &self.rows {
            let Sample { task, library, items, unit, .. } = &row.best;
            let repeated = std::mem::replace(&mut last_task, task) == task;
            cells.push([
                if repeated { String::new() } else { task.clone() },
                library.clone(),
                format!("{items} {unit}"),
                significant(row.best.rate()),
                significant(row.median_rate),
                row.ratio.map_or(String::new(), |ratio| format!("{} x", significant(ratio))),
            ]);
        }
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for row in &cells {
            let [task, library, numbers @ ..] = row;
            let mut line = format!("  {task:<w0$}  {library:<w1$}", w0 = widths[0], w1 = widths[1]);
            for (number, width) in numbers.iter().zip(&widths[2..]) {
                line += &format!("  {number:>width$}");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for row in &self.rows {
            if let Some(difference) = &row.differs {
                writeln!(f, "  DIFFERS: {}, {}: {difference}", row.best.task, row.best.library)?;
            }
        }
        Ok(())
    }
}

/// The distinct values, in the order of their first appearance.
fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// Why another library's result is not ours; `None` if it is.
fn difference(ours: &Sample, library: &Sample) -> Option<String> {
    if library.items != ours.items {
        return Some(format!("{} {}, ours {}", library.items, library.unit, ours.items));
    }
    match (ours.check, library.check) {
        // Written so that NaN differs from everything.
        (Some(a), Some(b)) if (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) => None,
        (Some(a), Some(b)) => Some(format!("its results come to {b}, ours to {a}")),
        _ => None,
    }
}

/// A number with three significant digits, and no fraction from 100 on.
fn significant(number: f64) -> String {
    match number {
        number if number >= 100.0 => format!("{number:.0}"),
        number if number >= 10.0 => format!("{number:.1}"),
        number if number >= 0.1 => format!("{number:.2}"),
        number => format!("{number:.2e}"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(task: &str, library: &str, seconds: f64) -> Sample {
        Sample {
            task: task.into(),
            library: library.into(),
            items: 100.0,
            seconds,
            unit: "files".into(),
            check: Some(7.0),
        }
    }

    fn table(samples: Vec<Sample>) -> Table {
        Table::new("cif", 1, samples).expect("there are samples")
    }

    #[test]
    fn best_round_of_each_counts() {
        let table = table(vec![
            sample("read", "gemmi", 2.0),
            sample("read", "s2s", 1.0),
            sample("read", "gemmi", 1.0),
            sample("read", "s2s", 0.5),
        ]);
        assert_eq!(
            table.to_string(),
            "cif: one thread, best of 2 rounds\n\
             \x20 task  library      items  per second  median  s2s is\n\
             \x20 read  s2s      100 files         200     100\n\
             \x20       gemmi    100 files         100    50.0  2.00 x\n"
        );
    }

    #[test]
    fn other_results_are_told_and_fail_the_comparison() {
        let wrong = Sample { check: Some(8.0), ..sample("read", "ase", 1.0) };
        let fewer = Sample { items: 99.0, ..sample("read", "pymatgen", 1.0) };
        let table = table(vec![sample("read", "s2s", 1.0), wrong, fewer]);
        assert!(!table.sides_agree());
        let printed = table.to_string();
        assert!(printed.contains("DIFFERS: read, ase: its results come to 8, ours to 7"), "{printed}");
        assert!(printed.contains("DIFFERS: read, pymatgen: 99 files, ours 100"), "{printed}");
    }

    #[test]
    fn task_that_only_others_do_has_no_ratio() {
        let table = table(vec![sample("write", "ase", 1.0)]);
        assert!(table.sides_agree());
        assert!(table.json_objects()[0].contains("\"ours_over_peer\":null"));
    }

    #[test]
    fn no_measurement_is_a_failure() {
        let failure = Table::new("cif", 1, vec![]).expect_err("there is nothing to sum up");
        assert_eq!(failure.to_string(), "the comparison `cif` printed no measurement");
    }
}
