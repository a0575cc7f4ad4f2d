//! Calibration of the logits of learners to probabilities of a transition.

use crate::{Calibration, fit_platt, learner::Inverse, sigmoid};

/// A rising map from logits to calibrated ones: a line, and a bend where there are answers enough to see one.
///
/// ```text
/// z ↦ a + b z + c z²
/// ```
///
/// Beyond the vertex of the parabola, where it would fall, it is constant.
///
/// # Source
///
/// Platt (1999) for the line, to which this adds the term in z²; chosen on out-of-fold answers for chemical systems that were held out
/// (`results/tc.md`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ProbabilityMap {
    offset: f64,
    slope: f64,
    bend: f64,
}

/// With fewer answers than this there is no bend.
const FEWEST_FOR_A_BEND: usize = 1000;

impl ProbabilityMap {
    /// The map with the least log-loss on out-of-fold answers.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub(super) fn fit(labels: &[bool], logits: &[f64]) -> Self {
        let Calibration { slope, offset } = fit_platt(labels, logits);
        let line = Self { offset, slope, bend: 0.0 };
        let both = labels.contains(&true) && labels.contains(&false);
        if labels.len() < FEWEST_FOR_A_BEND || !both {
            return line;
        }
        line.with_bend(labels, logits).unwrap_or(line)
    }

    /// Newton's method on the log-loss, from this line; `None` where it does not arrive at a map that rises at logit 0.
    fn with_bend(self, labels: &[bool], logits: &[f64]) -> Option<Self> {
        let mut at = self;
        for _ in 0..100 {
            // Gradient and Hessian; a little ridge keeps the step finite.
            let (mut g, mut h) = ([0.0; 3], [1e-9, 0.0, 0.0, 0.0, 1e-9, 0.0, 0.0, 0.0, 1e-9]);
            for (label, z) in labels.iter().zip(logits) {
                let terms = [1.0, *z, z * z];
                let p = sigmoid(at.offset + at.slope * z + at.bend * z * z);
                for (i, term) in terms.iter().enumerate() {
                    g[i] += (p - f64::from(*label)) * term;
                    terms.iter().enumerate().for_each(|(j, other)| h[3 * i + j] += p * (1.0 - p) * term * other);
                }
            }
            let step = Inverse::of(h.to_vec(), 3)?.times(&g);
            let length = step.iter().map(|x| x * x).sum::<f64>().sqrt();
            let shortened = 1.0 / length.max(1.0);
            at.offset -= shortened * step[0];
            at.slope -= shortened * step[1];
            at.bend -= shortened * step[2];
            if length < 1e-10 {
                return (at.slope > 0.0 && at.bend.is_finite()).then_some(at);
            }
        }
        None
    }

    /// The probability of a logit.
    pub(super) fn probability(&self, logit: f64) -> f64 {
        let vertex = -self.slope / (2.0 * self.bend);
        let z = if self.bend > 0.0 {
            logit.max(vertex)
        } else if self.bend < 0.0 {
            logit.min(vertex)
        } else {
            logit
        };
        sigmoid(self.offset + self.slope * z + self.bend * z * z)
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::RandomStream;

    use super::*;
    use crate::metric::expected_calibration_error;

    /// Answers with a bend that no line has: confidence in "some" is worth less than confidence in "none".
    fn bent(count: usize, draw: u64) -> (Vec<bool>, Vec<f64>) {
        let mut stream = RandomStream::new(*b"bent    ", 7, 0, draw);
        let logits: Vec<f64> = (0..count).map(|_| 8.0 * (stream.unit() - 0.4)).collect();
        let labels = logits.iter().map(|z| stream.unit() < sigmoid(0.5 + z - 0.15 * z * z)).collect();
        (labels, logits)
    }

    fn error(map: &ProbabilityMap, labels: &[bool], logits: &[f64]) -> f64 {
        let said: Vec<f64> = logits.iter().map(|z| map.probability(*z)).collect();
        expected_calibration_error(labels, &said, 10).expect("there are labels")
    }

    #[test]
    fn a_bend_that_a_line_cannot_follow_is_found_and_holds_for_answers_that_were_not_seen() {
        let ((labels, logits), (asked_labels, asked)) = (bent(20_000, 0), bent(20_000, 1));
        let map = ProbabilityMap::fit(&labels, &logits);
        assert!((map.bend + 0.15).abs() < 0.02 && (map.slope - 1.0).abs() < 0.06, "{map:?}");
        let line = ProbabilityMap { bend: 0.0, ..ProbabilityMap::fit(&labels[..999], &logits[..999]) };
        let (bent, straight) = (error(&map, &asked_labels, &asked), error(&line, &asked_labels, &asked));
        assert!(bent < 0.015 && straight > 0.03, "{bent} and {straight}");
    }

    #[test]
    fn probabilities_never_fall_with_the_logit() {
        for bend in [-0.15, 0.15, 0.0] {
            let map = ProbabilityMap { offset: 0.5, slope: 1.0, bend };
            let said: Vec<f64> = (-100..=100).map(|k| map.probability(f64::from(k) / 10.0)).collect();
            assert!(said.is_sorted(), "{said:?}");
        }
    }

    #[test]
    fn few_answers_and_answers_of_one_kind_get_a_line() {
        let (labels, logits) = bent(2000, 2);
        assert_ne!(ProbabilityMap::fit(&labels, &logits).bend, 0.0);
        assert_eq!(ProbabilityMap::fit(&labels[..999], &logits[..999]).bend, 0.0);
        assert_eq!(ProbabilityMap::fit(&[true; 2000], &logits).bend, 0.0);
    }
}
