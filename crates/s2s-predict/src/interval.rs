//! Intervals that hold a stated share of the answers (split-conformal prediction).

use s2s_crystal::{Composition, Element};
use serde::{Deserialize, Serialize};

use crate::ConfigError;

/// Compositions whose intervals are set together: those that have all of some elements, and any of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntervalGroup {
    /// What it is called.
    pub name: String,
    /// Elements that all are there.
    pub all_of: Vec<Element>,
    /// Elements of which one is there; none asks for none.
    pub any_of: Vec<Element>,
}

impl IntervalGroup {
    /// Copper oxides; iron with a pnictogen or chalcogen; everything else. The first that fits counts.
    pub fn families() -> Vec<Self> {
        let elements = |symbols: &[&str]| symbols.iter().filter_map(|symbol| Element::from_symbol(symbol)).collect();
        let group = |name: &str, all_of: &[&str], any_of: &[&str]| Self {
            name: name.to_owned(),
            all_of: elements(all_of),
            any_of: elements(any_of),
        };
        vec![
            group("cuprate", &["Cu", "O"], &[]),
            group("iron-based", &["Fe"], &["P", "As", "S", "Se", "Te"]),
            group("other", &[], &[]),
        ]
    }

    fn has(&self, composition: &Composition) -> bool {
        let there = |element: &Element| composition.amount(*element) > 0.0;
        self.all_of.iter().all(there) && (self.any_of.is_empty() || self.any_of.iter().any(there))
    }
}

/// How many times the standard deviation of a prediction its error is, for a stated share of predictions; group by group.
///
/// The errors are those of predictions for examples that the model had not seen, in the way in which the asked ones are
/// unseen. A group with fewer than [`FEWEST`](Self::FEWEST) of them takes the multiple of all.
///
/// # Source
///
/// Lei et al., Distribution-Free Predictive Inference for Regression, J. Am. Stat. Assoc. 113, 1094 (2018), §5.2; one
/// multiple per group as Vovk, Conditional validity of inductive conformal predictors, Machine Learning 92, 349 (2013).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Share of the answers inside.
    level: f64,
    /// What is added to every standard deviation.
    floor: f64,
    all: f64,
    groups: Vec<(IntervalGroup, f64)>,
}

impl Conformal {
    /// Errors that a group needs for a multiple of its own.
    pub const FEWEST: usize = 60;

    /// The multiples for which a share `level` of these errors lies inside; each with the composition and the spread of its
    /// prediction.
    pub fn fit(errors: &[(&Composition, f64, f64)], groups: Vec<IntervalGroup>, level: f64) -> Self {
        let mut stds: Vec<f64> = errors.iter().map(|(_, std, _)| *std).collect();
        stds.sort_unstable_by(f64::total_cmp);
        let floor = stds.get(stds.len() / 2).map_or(1.0, |middle| 0.25 * middle).max(1e-3);
        let multiple = |mut scores: Vec<f64>| {
            scores.sort_unstable_by(f64::total_cmp);
            // The finite-sample quantile; beyond the last score nothing is known, and the last has to do.
            let rank = (level * (scores.len() + 1) as f64).ceil() as usize;
            scores.get(rank.saturating_sub(1)).or(scores.last()).copied().unwrap_or(2.0)
        };
        let score = |(_, std, error): &(&Composition, f64, f64)| error.abs() / (std + floor);
        let all = multiple(errors.iter().map(score).collect());
        let mut by_group = vec![Vec::new(); groups.len()];
        for error in errors {
            if let Some(rank) = groups.iter().position(|group| group.has(error.0)) {
                by_group[rank].push(score(error));
            }
        }
        let of_group = |scores: Vec<f64>| if scores.len() < Self::FEWEST { all } else { multiple(scores) };
        let groups = groups.into_iter().zip(by_group).map(|(group, scores)| (group, of_group(scores))).collect();
        Self { level, floor, all, groups }
    }

    /// Whether its numbers can be those of intervals.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let mut widths = self.groups.iter().map(|(_, width)| width).chain([&self.all, &self.floor]);
        if self.level > 0.0 && self.level < 1.0 && widths.all(|width| width.is_finite() && *width >= 0.0) {
            return Ok(());
        }
        Err(ConfigError { reason: "intervals need a level between 0 and 1, and widths".to_owned() })
    }

    /// Half the width of the interval around a prediction of this standard deviation.
    pub fn half_width(&self, composition: &Composition, std: f64) -> f64 {
        let multiple = self.groups.iter().find(|(group, _)| group.has(composition)).map_or(self.all, |(_, own)| *own);
        multiple * (std + self.floor)
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::RandomStream;

    use super::*;

    #[test]
    fn intervals_hold_the_stated_share_in_every_group_whatever_the_spreads_are() {
        let [cuprate, other] = ["La2CuO4", "Nb3Sn"].map(|f| f.parse::<Composition>().expect("a formula"));
        let mut stream = RandomStream::new(*b"conforml", 1, 0, 0);
        // Errors of one group are five times what their spreads say.
        let mut drawn = |count: usize| -> Vec<(bool, f64, f64)> {
            let mut draw = |k: usize| {
                let (is_cuprate, std) = (k.is_multiple_of(4), 0.5 + stream.unit());
                let scale = if is_cuprate { 5.0 } else { 1.0 };
                (is_cuprate, std, scale * std * (stream.unit() + stream.unit() - 1.0))
            };
            (0..count).map(&mut draw).collect()
        };
        let composition = |is_cuprate: bool| if is_cuprate { &cuprate } else { &other };
        let known = drawn(4000);
        let known: Vec<_> = known.iter().map(|(c, std, error)| (composition(*c), *std, *error)).collect();
        let fresh = drawn(8000);
        let share = |fitted: &Conformal, cuprates: bool| {
            let own: Vec<_> = fresh.iter().filter(|(c, _, _)| *c == cuprates).collect();
            let inside = own.iter().filter(|(c, s, error)| error.abs() <= fitted.half_width(composition(*c), *s));
            inside.count() as f64 / own.len() as f64
        };
        let fitted = Conformal::fit(&known, IntervalGroup::families(), 0.8);
        for cuprates in [true, false] {
            assert!((share(&fitted, cuprates) - 0.8).abs() < 0.03, "{cuprates}: {}", share(&fitted, cuprates));
        }
        // One multiple for all holds for neither: what groups are for.
        assert!(share(&Conformal::fit(&known, Vec::new(), 0.8), true) < 0.7);
    }

    #[test]
    fn the_first_group_that_fits_counts() {
        let groups = IntervalGroup::families();
        for (formula, name) in [
            ("YBa2Cu3O7", "cuprate"),
            ("YBa2Cu2.9Fe0.1O7", "cuprate"),
            ("Ba0.6K0.4Fe2As2", "iron-based"),
            ("Fe2O3", "other"),
            ("CuS", "other"),
            ("H3S", "other"),
        ] {
            let composition = formula.parse().expect("a formula");
            let found = groups.iter().find(|group| group.has(&composition)).map(|group| group.name.as_str());
            assert_eq!(found, Some(name), "{formula}");
        }
    }
}
