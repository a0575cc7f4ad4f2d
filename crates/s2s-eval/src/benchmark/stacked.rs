//! Stacking: several models as one, weighted and calibrated inside the training side.

use s2s_data::{Folds, Groups, Record};

use super::{BenchmarkModel, Example};
use crate::{EvalError, sigmoid};

/// A logistic regression on the logits of other models, with weights that are not negative.
///
/// The logits that it learns from are out-of-fold: every training crystal is scored by members that saw no crystal of its
/// chemical system. With one member it is a calibration of that member.
#[derive(Debug)]
pub struct StackedModel {
    /// Name of the row.
    pub name: String,
    /// The models that are combined.
    pub members: Vec<Box<dyn BenchmarkModel>>,
    /// Folds of the training side.
    pub folds: usize,
}

/// Logits beyond this are taken for it: a member that is sure of everything must not drown the others.
const CLIP: f64 = 8.0;

impl BenchmarkModel for StackedModel {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let members: Vec<String> = self.members.iter().map(|m| format!("{}: {}", m.name(), m.settings())).collect();
        format!("{} folds of [{}]", self.folds, members.join("; "))
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        let labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        let system = |example: &Example<'_>| example.record.crystal.composition().elements().collect::<Vec<_>>();
        let groups = Groups::by_key(train.iter().map(system));
        let folds = Folds::grouped(&labels, &groups, self.folds, seed)?;
        let mut known = vec![vec![0.0; self.members.len()]; train.len()];
        let mut asked = vec![vec![0.0; self.members.len()]; test.len()];
        for (index, member) in self.members.iter().enumerate() {
            for split in folds.splits() {
                let inner: Vec<Example<'_>> = split.train.iter().map(|&i| train[i]).collect();
                let left_out: Vec<&Record> = split.test.iter().map(|&i| train[i].record).collect();
                let scores = member.fit_score(&inner, &left_out, seed)?;
                split.test.iter().zip(scores).for_each(|(&i, p)| known[i][index] = logit(p));
            }
            let scores = member.fit_score(train, test, seed)?;
            asked.iter_mut().zip(scores).for_each(|(row, p)| row[index] = logit(p));
        }
        let line = Line::fit(&known, &labels);
        Ok(asked.iter().map(|row| sigmoid(line.logit(row))).collect())
    }
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln().clamp(-CLIP, CLIP)
}

/// `offset + Σ weight · logit`.
#[derive(Debug)]
struct Line {
    weights: Vec<f64>,
    offset: f64,
}

impl Line {
    /// Pull of each weight to an equal share of one: a vote of equals is hard to beat with a thousand crystals.
    const RIDGE: f64 = 2.0;

    /// Coordinate-wise Newton steps on the log-loss.
    fn fit(rows: &[Vec<f64>], labels: &[bool]) -> Self {
        let width = rows.first().map_or(1, Vec::len);
        let share = 1.0 / width as f64;
        let mut line = Self { weights: vec![share; width], offset: 0.0 };
        for _ in 0..200 {
            let mut moved = 0.0_f64;
            for index in 0..=width {
                let input = |row: &[f64]| if index < width { row[index] } else { 1.0 };
                let (mut slope, mut curve) = (0.0, 1e-9);
                for (row, label) in rows.iter().zip(labels) {
                    let p = sigmoid(line.logit(row));
                    slope += (p - f64::from(u8::from(*label))) * input(row);
                    curve += p * (1.0 - p) * input(row).powi(2);
                }
                if index < width {
                    slope += Self::RIDGE * (line.weights[index] - share);
                    curve += Self::RIDGE;
                    let next = (line.weights[index] - slope / curve).max(0.0);
                    moved = moved.max((next - line.weights[index]).abs());
                    line.weights[index] = next;
                } else {
                    moved = moved.max((slope / curve).abs());
                    line.offset -= slope / curve;
                }
            }
            if moved < 1e-7 {
                break;
            }
        }
        line
    }

    fn logit(&self, row: &[f64]) -> f64 {
        self.offset + row.iter().zip(&self.weights).map(|(z, w)| z * w).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_gets_no_weight_and_overconfidence_is_tamed() {
        let mut rows = Vec::new();
        let mut labels = Vec::new();
        for k in 0..400_u32 {
            // Right three times out of four, yet certain as if it were always; the second member flips a coin.
            let label = k % 2 == 0;
            let right = k % 8 < 6;
            rows.push(vec![if label == right { 5.0 } else { -5.0 }, if k % 3 == 0 { 3.0 } else { -3.0 }]);
            labels.push(label);
        }
        let line = Line::fit(&rows, &labels);
        assert!(line.weights[1] < 0.1, "{line:?}");
        let p = sigmoid(line.logit(&[5.0, 0.0]));
        assert!((p - 0.75).abs() < 0.03, "{p} from {line:?}");
    }
}
