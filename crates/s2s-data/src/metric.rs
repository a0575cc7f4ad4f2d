//! Areas under the receiver operating characteristic, over all pairs or within strata.

/// Area under the receiver operating characteristic: the chance that a random positive scores above a random negative.
///
/// Equal scores count one half, so constant scores give 0.5. `None` unless both classes are there, or if a score is not a
/// number. Pairs the two slices item by item.
///
/// # Panics
///
/// If the slices have different lengths.
///
/// # Examples
///
/// ```
/// assert_eq!(s2s_data::metric::roc_auc(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8]), Some(0.75));
/// assert_eq!(s2s_data::metric::roc_auc(&[true, true], &[1.0, 2.0]), None);
/// ```
pub fn roc_auc(labels: &[bool], scores: &[f64]) -> Option<f64> {
    let order: Vec<usize> = (0..scores.len()).collect();
    let (wins, pairs) = count_wins(labels, scores, order)?;
    (pairs > 0.0).then(|| wins / pairs)
}

/// Area under the curve over the pairs of equal stratum only.
///
/// With the number of elements as stratum this is what remains of a classifier's skill once it cannot win by counting
/// elements. `None` if no stratum has both classes, or if a score is not a number.
///
/// # Panics
///
/// If the slices have different lengths.
///
/// # Examples
///
/// ```
/// // Between the strata every pair is right; within them, none is.
/// let scores = [0.9, 0.8, 0.2, 0.1];
/// let labels = [false, true, false, true];
/// assert_eq!(s2s_data::metric::stratified_roc_auc(&labels, &scores, &[2, 2, 4, 4]), Some(0.0));
/// ```
pub fn stratified_roc_auc<K: Ord>(labels: &[bool], scores: &[f64], strata: &[K]) -> Option<f64> {
    assert_eq!(scores.len(), strata.len(), "one stratum per score");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&i, &j| strata[i].cmp(&strata[j]));
    let per_stratum = order.chunk_by(|&i, &j| strata[i] == strata[j]);
    let (mut wins, mut pairs) = (0.0, 0.0);
    for members in per_stratum {
        let (won, compared) = count_wins(labels, scores, members.to_vec())?;
        wins += won;
        pairs += compared;
    }
    (pairs > 0.0).then(|| wins / pairs)
}

/// Pairs of a positive and a negative in which the positive scores higher, ties as half, and the number of all pairs;
/// `None` if a score is not a number.
fn count_wins(labels: &[bool], scores: &[f64], mut order: Vec<usize>) -> Option<(f64, f64)> {
    assert_eq!(scores.len(), labels.len(), "one label per score");
    if order.iter().any(|&i| scores[i].is_nan()) {
        return None;
    }
    order.sort_by(|&i, &j| scores[i].total_cmp(&scores[j]));
    let (mut wins, mut positives, mut negatives) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|&i, &j| scores[i] == scores[j]) {
        let above = tied.iter().filter(|&&i| labels[i]).count() as f64;
        let below = tied.len() as f64 - above;
        wins += above * (negatives + below / 2.0);
        positives += above;
        negatives += below;
    }
    Some((wins, positives * negatives))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn auc_agrees_with_pair_counting(items in prop::collection::vec((0_u8..6, any::<bool>(), 0_usize..3), 1..60)) {
            let scores: Vec<f64> = items.iter().map(|x| f64::from(x.0)).collect();
            let labels: Vec<bool> = items.iter().map(|x| x.1).collect();
            let strata: Vec<usize> = items.iter().map(|x| x.2).collect();
            let count = |matched: bool| {
                let (mut wins, mut pairs) = (0.0, 0.0);
                for i in (0..items.len()).filter(|&i| labels[i]) {
                    for j in (0..items.len()).filter(|&j| !labels[j] && (!matched || strata[i] == strata[j])) {
                        pairs += 1.0;
                        wins += if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
                    }
                }
                (pairs > 0.0).then(|| wins / pairs)
            };
            prop_assert_eq!(roc_auc(&labels, &scores), count(false));
            prop_assert_eq!(stratified_roc_auc(&labels, &scores, &strata), count(true));
        }
    }
}
