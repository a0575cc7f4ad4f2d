//! Intervals that hold a stated share of the answers (split-conformal prediction).

use std::collections::BTreeMap;

use s2s_data::Family;
use serde::{Deserialize, Serialize};

/// How many times the spread of a prediction its error is, for a stated share of predictions; family by family.
///
/// The errors are those of predictions for examples that the model had not seen, in the way in which the asked ones are
/// unseen. A family with fewer than [`FEWEST`](Self::FEWEST) of them takes the multiple of all.
///
/// # Source
///
/// Lei et al., Distribution-Free Predictive Inference for Regression, J. Am. Stat. Assoc. 113, 1094 (2018), §5.2; one
/// multiple per family as Vovk, Conditional validity of inductive conformal predictors, Machine Learning 92, 349 (2013).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conformal {
    /// Share of the answers inside.
    level: f64,
    /// What is added to every spread.
    floor: f64,
    all: f64,
    families: BTreeMap<Family, f64>,
}

impl Conformal {
    /// Errors that a family needs for a multiple of its own.
    pub const FEWEST: usize = 60;

    /// The multiples for which a share `level` of these errors lies inside; each with the family and spread of its
    /// prediction.
    pub fn fit(errors: &[(Family, f64, f64)], level: f64) -> Self {
        let mut spreads: Vec<f64> = errors.iter().map(|(_, spread, _)| *spread).collect();
        spreads.sort_unstable_by(f64::total_cmp);
        let floor = spreads.get(spreads.len() / 2).map_or(1.0, |middle| 0.25 * middle).max(1e-3);
        let multiple = |family: Option<Family>| {
            let of_family = errors.iter().filter(|(own, _, _)| family.is_none_or(|family| family == *own));
            let mut scores: Vec<f64> = of_family.map(|(_, spread, error)| error.abs() / (spread + floor)).collect();
            scores.sort_unstable_by(f64::total_cmp);
            // The finite-sample quantile; beyond the last score nothing is known, and the last has to do.
            let place = (level * (scores.len() + 1) as f64).ceil() as usize;
            let score = scores.get(place.saturating_sub(1)).or(scores.last()).copied().unwrap_or(2.0);
            (scores.len(), score)
        };
        let (_, all) = multiple(None);
        let families = Family::ALL.into_iter().map(|family| (family, multiple(Some(family))));
        let families = families.filter(|(_, (count, _))| *count >= Self::FEWEST);
        Self { level, floor, all, families: families.map(|(family, (_, score))| (family, score)).collect() }
    }

    /// Half the width of the interval around a prediction of this spread.
    pub fn half_width(&self, family: Family, spread: f64) -> f64 {
        self.families.get(&family).unwrap_or(&self.all) * (spread + self.floor)
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::RandomStream;

    use super::*;

    #[test]
    fn intervals_hold_the_stated_share_in_every_family_whatever_the_spreads_are() {
        let mut stream = RandomStream::new(*b"conforml", 1, 0, 0);
        // Errors of one family are five times what their spreads say.
        let mut draw = |family: Family| {
            let spread = 0.5 + stream.unit();
            let scale = if family == Family::Cuprate { 5.0 } else { 1.0 };
            (family, spread, scale * spread * (stream.unit() + stream.unit() - 1.0))
        };
        let mut drawn = |count: usize| -> Vec<(Family, f64, f64)> {
            (0..count).map(|k| draw([Family::Cuprate, Family::Other][usize::from(k % 4 > 0)])).collect()
        };
        let fitted = Conformal::fit(&drawn(4000), 0.8);
        let fresh = drawn(8000);
        for family in [Family::Cuprate, Family::Other] {
            let own: Vec<_> = fresh.iter().filter(|(f, _, _)| *f == family).collect();
            let inside = own.iter().filter(|(f, spread, error)| error.abs() <= fitted.half_width(*f, *spread)).count();
            let share = inside as f64 / own.len() as f64;
            assert!((share - 0.8).abs() < 0.03, "{family}: {share}");
        }
        // One multiple for all holds for neither: what families are for.
        let pooled = Conformal { families: BTreeMap::new(), ..fitted };
        let cuprates: Vec<_> = fresh.iter().filter(|(f, _, _)| *f == Family::Cuprate).collect();
        let inside = cuprates.iter().filter(|(f, s, e)| e.abs() <= pooled.half_width(*f, *s)).count();
        assert!((inside as f64 / cuprates.len() as f64) < 0.7);
    }
}
