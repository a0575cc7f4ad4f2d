//! The confusion matrix at a threshold, and accuracy, precision and recall from it.

/// Counts of right and wrong decisions.
///
/// # Examples
///
/// ```
/// use s2s_eval::metric::Confusion;
///
/// let confusion = Confusion::at(0.5, &[true, true, false, false], &[0.9, 0.4, 0.6, 0.1]);
/// assert_eq!(confusion.accuracy(), Some(0.5));
/// assert_eq!(confusion.f1(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Positives found.
    pub true_positives: u64,
    /// Negatives taken for positives.
    pub false_positives: u64,
    /// Negatives found.
    pub true_negatives: u64,
    /// Positives taken for negatives.
    pub false_negatives: u64,
}

impl Confusion {
    /// Decides "positive" for every probability of at least `threshold`.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn at(threshold: f64, labels: &[bool], probabilities: &[f64]) -> Self {
        assert_eq!(labels.len(), probabilities.len(), "one probability per label");
        let mut counts = Self::default();
        for (label, probability) in labels.iter().zip(probabilities) {
            match (label, *probability >= threshold) {
                (true, true) => counts.true_positives += 1,
                (false, true) => counts.false_positives += 1,
                (false, false) => counts.true_negatives += 1,
                (true, false) => counts.false_negatives += 1,
            }
        }
        counts
    }

    /// How many decisions were counted.
    pub fn total(&self) -> u64 {
        self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
    }

    /// Share of right decisions; `None` of nothing.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positives + self.true_negatives, self.total())
    }

    /// Share of the predicted positives that are positive; `None` if none was predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the positives that were found; `None` if there are none.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of precision and recall; 0 without any positive, as in scikit-learn.
    pub fn f1(&self) -> f64 {
        let wrong = self.false_positives + self.false_negatives;
        ratio(2 * self.true_positives, 2 * self.true_positives + wrong).unwrap_or(0.0)
    }

    /// Matthews' correlation of labels and decisions, in [−1, 1]; 0 if either is constant, as in scikit-learn.
    pub fn matthews_correlation(&self) -> f64 {
        let [tp, fp, tn, fn_] =
            [self.true_positives, self.false_positives, self.true_negatives, self.false_negatives].map(|n| n as f64);
        let scale = ((tp + fp) * (tp + fn_)).sqrt() * ((tn + fp) * (tn + fn_)).sqrt();
        if scale == 0.0 { 0.0 } else { (tp * tn - fp * fn_) / scale }
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
