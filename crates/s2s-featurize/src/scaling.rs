//! Scaling of descriptor columns: standardization and quantiles.

use serde::{Deserialize, Serialize};

/// How columns are brought to a common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Scaling {
    /// Distance from the mean in standard deviations, at most four either way.
    Standard,
    /// Ranks among the training rows as quantiles of a normal distribution, by straight lines between knots.
    Quantile {
        /// Most knots of a column.
        knots: usize,
    },
}

impl Scaling {
    /// Most knots of a column.
    pub const MAX_KNOTS: usize = 1 << 10;

    /// How many knots each column has.
    pub fn knots(self) -> usize {
        match self {
            Self::Standard => 2,
            Self::Quantile { knots } => knots,
        }
    }
}

/// A broken line for every column, constant before its first and after its last knot.
///
/// # Shapes
///
/// `G` columns, `K` knots.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingTable {
    knots: usize,
    positions: Vec<f32>,
    scores: Vec<f32>,
}

/// Values beyond this many standard deviations are taken for it.
const CLIP: f64 = 4.0;

/// Smallest distance of two knots in units of the column's spread: what differs by less differs by little on the common scale
/// too, so that rounding of a descriptor cannot change an answer.
const CLOSEST: f64 = 0.01;

impl ScalingTable {
    /// The scale of these rows; columns that do not vary, or are never known, become zero.
    ///
    /// # Panics
    ///
    /// If rows are of different lengths, or there are fewer than two knots.
    pub fn fit(scaling: Scaling, rows: &[&[Option<f32>]]) -> Self {
        let (columns, knots) = (rows.first().map_or(0, |row| row.len()), scaling.knots());
        assert!(knots >= 2, "a line has two ends");
        let mut table = Self { knots, positions: Vec::new(), scores: Vec::new() };
        for column in 0..columns {
            let mut values: Vec<f64> = rows.iter().filter_map(|row| row[column]).map(f64::from).collect();
            values.sort_unstable_by(f64::total_cmp);
            let mut line = match scaling {
                Scaling::Standard => standard(&values),
                Scaling::Quantile { .. } => quantiles(&values, knots),
            };
            // Single precision must not make two knots one.
            line.dedup_by(|later, earlier| later.0 as f32 <= earlier.0 as f32);
            if line.len() < 2 {
                line = vec![(0.0, 0.0), (1.0, 0.0)];
            }
            let (mut last, step) = (line[line.len() - 1], line[line.len() - 1].0 - line[0].0);
            while line.len() < knots {
                last.0 += step;
                line.push(last);
            }
            table.positions.extend(line.iter().map(|knot| knot.0 as f32));
            table.scores.extend(line.iter().map(|knot| knot.1 as f32));
        }
        table
    }

    /// A table from its numbers, `(G, K)` each; `None` unless both have as many, and positions increase along each row.
    pub fn from_parts(knots: usize, positions: Vec<f32>, scores: Vec<f32>) -> Option<Self> {
        let whole = knots >= 2 && positions.len() == scores.len() && positions.len().is_multiple_of(knots);
        let finite = || positions.iter().chain(&scores).all(|number| number.is_finite());
        let rises = || positions.chunks_exact(knots).all(|row| row.is_sorted_by(|a, b| a < b));
        (whole && finite() && rises()).then_some(Self { knots, positions, scores })
    }

    /// Number of columns, `G`.
    pub fn columns(&self) -> usize {
        self.positions.len() / self.knots
    }

    /// Number of knots of a column, `K`.
    pub fn knots(&self) -> usize {
        self.knots
    }

    /// `(G, K)`: where the knots lie, in the unit of the column.
    pub fn positions(&self) -> &[f32] {
        &self.positions
    }

    /// `(G, K)`: what becomes of a number there.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// The row on the common scale, 0 where a number is missing.
    ///
    /// # Panics
    ///
    /// If the row has another number of columns.
    pub fn apply(&self, row: &[Option<f32>]) -> Vec<f32> {
        assert_eq!(row.len(), self.columns(), "a row of another table");
        let lines = self.positions.chunks_exact(self.knots).zip(self.scores.chunks_exact(self.knots));
        lines
            .zip(row)
            .map(|((positions, scores), value)| value.map_or(0.0, |x| on_line(positions, scores, x)))
            .collect()
    }
}

/// The sum over all pieces of slope times the part of the piece that lies before `x`.
fn on_line(positions: &[f32], scores: &[f32], x: f32) -> f32 {
    let pieces = positions.windows(2).zip(scores.windows(2));
    pieces.fold(scores[0], |sum, (p, s)| {
        let width = p[1] - p[0];
        sum + (s[1] - s[0]) / width * (x - p[0]).clamp(0.0, width)
    })
}

/// Two knots, four deviations from the mean.
fn standard(values: &[f64]) -> Vec<(f64, f64)> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation <= 1e-9 * mean.abs() {
        return Vec::new();
    }
    vec![(mean - CLIP * deviation, -CLIP), (mean + CLIP * deviation, CLIP)]
}

/// Knots at the means of groups of neighboring values, and at the ends.
fn quantiles(values: &[f64], knots: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return Vec::new() };
    let count = values.len() as f64;
    let at = |share: f64| values[((count - 1.0) * share).round() as usize];
    let middle = at(0.9) - at(0.1);
    let closest = CLOSEST * if middle > 0.0 { middle } else { last - first };
    if closest <= 1e-9 * first.abs().max(last.abs()) {
        return Vec::new();
    }
    // A group holds at least its share of the values; a value that many rows have stands alone.
    let share = count / (knots.saturating_sub(2).max(1)) as f64;
    let mut groups: Vec<(f64, f64, f64)> = vec![(*first, 0.0, 0.0)]; // mean, members, rows before it
    for same in values.chunk_by(|a, b| a == b) {
        let (value, members) = (same[0], same.len() as f64);
        let (mean, size, before) = groups[groups.len() - 1];
        let full = size >= share || members >= share;
        if size > 0.0 && full && value - mean >= closest {
            groups.push((value, members, before + size));
        } else if let Some(group) = groups.last_mut() {
            *group = ((mean * size + value * members) / (size + members), size + members, before);
        }
    }
    let score = |rank: f64| normal_quantile(rank / count).clamp(-CLIP, CLIP);
    let mut line: Vec<(f64, f64)> = Vec::with_capacity(knots);
    if groups[0].0 - first >= closest {
        line.push((*first, score(0.5)));
    }
    line.extend(groups.iter().map(|(mean, size, before)| (*mean, score(before + size / 2.0))));
    if last - line[line.len() - 1].0 >= closest {
        line.push((*last, score(count - 0.5)));
    }
    // Groups that stand alone can be one or two too many.
    while line.len() > knots {
        let (index, _) = (1..line.len() - 1)
            .map(|k| (k, line[k + 1].1 - line[k - 1].1))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((line.len() - 1, 0.0));
        line.remove(index);
    }
    line
}

/// Tukey's lambda distribution with λ = 0.14, which is within 0.01 of the normal one over the range that is used.
///
/// # Source
///
/// Joiner and Rosenblatt, J. Am. Stat. Assoc. 66, 394 (1971).
fn normal_quantile(share: f64) -> f64 {
    4.91 * (share.powf(0.14) - (1.0 - share).powf(0.14))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: impl IntoIterator<Item = f32>) -> Vec<[Option<f32>; 1]> {
        values.into_iter().map(|value| [Some(value)]).collect()
    }

    fn fit(scaling: Scaling, rows: &[[Option<f32>; 1]]) -> ScalingTable {
        ScalingTable::fit(scaling, &rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>())
    }

    fn score(table: &ScalingTable, value: f32) -> f32 {
        table.apply(&[Some(value)])[0]
    }

    #[test]
    fn ranks_become_normal_whatever_the_unit() {
        // Heavy tails: e^(k / 50), 0 ≤ k < 1000.
        let rows = column((0..1000).map(|k| (k as f32 / 50.0).exp()));
        let table = fit(Scaling::Quantile { knots: 32 }, &rows);
        let scores: Vec<f64> = rows.iter().map(|row| table.apply(row)[0].into()).collect();
        assert!(scores.is_sorted());
        let mean = scores.iter().sum::<f64>() / 1000.0;
        let deviation = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 1000.0).sqrt();
        // Lines between knots are not the curve itself.
        assert!(mean.abs() < 0.3 && (0.7..1.1).contains(&deviation), "{mean} ± {deviation}");
        assert_eq!(score(&table, 1e20), score(&table, 1e9), "what is beyond every training row is taken for its end");
    }

    #[test]
    fn standard_scores_are_deviations_from_the_mean_up_to_four() {
        let table = fit(Scaling::Standard, &column([1.0, 3.0, 1.0, 3.0]));
        for (value, expected) in [(2.0, 0.0), (3.0, 1.0), (1.0, -1.0), (100.0, 4.0)] {
            assert!((score(&table, value) - expected).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn missing_constant_and_never_known_columns_are_zero() {
        for scaling in [Scaling::Standard, Scaling::Quantile { knots: 16 }] {
            let rows = [[Some(7.0), None, Some(1.0)], [Some(7.0), None, None], [Some(7.0), None, Some(2.0)]];
            let table = ScalingTable::fit(scaling, &rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>());
            let scores = table.apply(&[Some(9.0), Some(5.0), None]);
            assert_eq!(scores, [0.0; 3], "{scaling:?}");
            let scores = table.apply(&[None, None, Some(2.0)]);
            assert!(scores[2] > 0.4 && scores[..2] == [0.0; 2], "{scores:?}");
        }
    }

    #[test]
    fn rounding_of_a_value_that_many_rows_have_changes_little() {
        // Two thirds are exactly zero: without a smallest distance of knots the line would jump there.
        let rows = column((0..900).map(|k| if k % 3 == 0 { k as f32 / 900.0 } else { 0.0 }));
        let table = fit(Scaling::Quantile { knots: 32 }, &rows);
        assert!((score(&table, 1e-7) - score(&table, 0.0)).abs() < 1e-4);
        assert!(score(&table, 0.5) - score(&table, 0.0) > 0.8);
    }

    #[test]
    fn a_table_comes_back_from_its_numbers_and_no_other_table_does() {
        let table = fit(Scaling::Quantile { knots: 8 }, &column((0..50).map(|k| k as f32)));
        let parts = || (table.positions().to_vec(), table.scores().to_vec());
        let (positions, scores) = parts();
        assert_eq!(ScalingTable::from_parts(8, positions, scores), Some(table.clone()));
        let (mut positions, scores) = parts();
        positions[3] = positions[2];
        assert_eq!(ScalingTable::from_parts(8, positions, scores), None);
        let (positions, scores) = parts();
        assert_eq!(ScalingTable::from_parts(7, positions, scores), None);
    }
}
