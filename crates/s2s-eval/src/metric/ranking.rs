//! Metrics of rankings: ROC-AUC, average precision and precision among the first.

pub use s2s_data::metric::{roc_auc, stratified_roc_auc};

/// Area under the precision-recall curve as a step function (average precision).
///
/// `None` if there is no positive or a score is not a number.
///
/// # Panics
///
/// If the slices differ in length.
pub fn average_precision(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let positives = labels.iter().filter(|l| **l).count();
    if positives == 0 {
        return None;
    }
    let (mut seen, mut found, mut area) = (0, 0, 0.0);
    for (won, lost) in ties_descending(labels, scores)? {
        seen += won + lost;
        found += won;
        area += won as f64 / positives as f64 * (found as f64 / seen as f64);
    }
    Some(area)
}

/// Share of positives among the examples with the highest scores, as many as `count`.
///
/// Of examples with the score of the last one as many count as there is room for, with the share of positives among them:
/// the mean over all orders of equal scores. `None` if `count` is 0 or more than there are, or a score is not a number.
///
/// # Panics
///
/// If the slices differ in length.
///
/// # Examples
///
/// ```
/// use s2s_eval::metric::precision_at;
///
/// // The second rank is shared by a positive and a negative example.
/// assert_eq!(precision_at(&[true, true, false], &[0.9, 0.5, 0.5], 2), Some(0.75));
/// ```
pub fn precision_at(labels: &[bool], scores: &[f64], count: usize) -> Option<f64> {
    let groups = ties_descending(labels, scores)?;
    let (mut room, mut found) = (count as f64, 0.0);
    for (won, lost) in groups {
        let taken = room.min((won + lost) as f64);
        found += won as f64 * taken / (won + lost) as f64;
        room -= taken;
    }
    (count > 0 && room == 0.0).then(|| found / count as f64)
}

/// Positives and negatives of each distinct score, best score first.
pub(super) fn ties_descending(labels: &[bool], scores: &[f64]) -> Option<Vec<(u64, u64)>> {
    let mut groups: Vec<(u64, u64)> = Vec::new();
    let mut previous = None;
    for (score, label) in descending(labels, scores)? {
        if previous != Some(score) {
            groups.push((0, 0));
        }
        previous = Some(score);
        if let Some(group) = groups.last_mut() {
            if label { group.0 += 1 } else { group.1 += 1 }
        }
    }
    Some(groups)
}

/// Scores with their labels, best first; `None` if a score is not a number.
pub(super) fn descending(labels: &[bool], scores: &[f64]) -> Option<Vec<(f64, bool)>> {
    assert_eq!(labels.len(), scores.len(), "one score per label");
    if scores.iter().any(|s| s.is_nan()) {
        return None;
    }
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use s2s_featurize::RandomStream;

    fn case(index: u64) -> (Vec<bool>, Vec<f64>) {
        let mut stream = RandomStream::new(*b"auc case", 5, 0, index);
        let labels = (0..30).map(|_| stream.below(3) == 0).collect();
        (labels, (0..30).map(|_| stream.below(12) as f64 / 11.0).collect())
    }

    #[test]
    fn precision_at_all_is_the_base_rate_and_at_more_is_undefined() {
        for index in 0..20 {
            let (labels, scores) = case(index);
            let rate = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
            assert!(precision_at(&labels, &scores, labels.len()).is_some_and(|p| (p - rate).abs() < 1e-12));
            assert_eq!(precision_at(&labels, &scores, labels.len() + 1), None);
            assert_eq!(precision_at(&labels, &scores, 0), None);
        }
        assert_eq!(precision_at(&[true, false, true], &[0.1, 0.9, 0.5], 1), Some(0.0));
    }

    #[test]
    fn auc_agrees_with_pair_counting() {
        for index in 0..50 {
            let (labels, scores) = case(index);
            let (mut won, mut pairs) = (0.0, 0.0);
            for (i, a) in scores.iter().enumerate().filter(|(i, _)| labels[*i]) {
                for (_, b) in scores.iter().enumerate().filter(|(j, _)| !labels[*j] && i != *j) {
                    pairs += 1.0;
                    won += if a > b {
                        1.0
                    } else if a == b {
                        0.5
                    } else {
                        0.0
                    };
                }
            }
            assert_eq!(roc_auc(&labels, &scores), Some(won / pairs));
        }
    }

    #[test]
    fn auc_is_invariant_under_monotone_maps() {
        let (labels, scores) = case(1);
        let mapped: Vec<f64> = scores.iter().map(|s| (3.0 * s).exp() - 7.0).collect();
        assert_eq!(roc_auc(&labels, &scores), roc_auc(&labels, &mapped));
        assert_eq!(average_precision(&labels, &scores), average_precision(&labels, &mapped));
    }

    #[test]
    fn auc_of_constant_scores_is_one_half() {
        let (labels, _) = case(2);
        assert_eq!(roc_auc(&labels, &[0.3; 30]), Some(0.5));
    }

    #[test]
    fn a_score_that_only_knows_the_key_is_chance_within_it() {
        let (labels, keys) = case(3);
        let keys: Vec<i64> = keys.iter().map(|k| (k * 4.0) as i64).collect();
        let scores: Vec<f64> = keys.iter().map(|k| -(*k as f64)).collect();
        assert_eq!(stratified_roc_auc(&labels, &scores, &keys), Some(0.5));
    }
}
