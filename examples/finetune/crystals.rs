//! Labelled crystals with their features.

use std::{collections::BTreeMap, error::Error};

use s2s_data::{Dataset, Record};
use s2s_train::recipe::{FinetuneRecipe, Labeled, Prepared};

/// Predictions for training crystals measure no generalization.
pub(crate) fn warn_of_known_crystals(data: &Dataset, test: &Dataset) {
    let mut by_formula: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    data.records().iter().for_each(|record| by_formula.entry(&record.formula).or_default().push(record));
    let known = |record: &&Record| {
        let alike = by_formula.get(&*record.formula).map_or(&[][..], Vec::as_slice);
        alike.iter().any(|other| other.id == record.id || other.crystal == record.crystal)
    };
    let known = test.records().iter().filter(known).count();
    if known > 0 {
        eprintln!("warning: {known} of {} test crystals are among the crystals to learn from", test.len());
    }
}

/// Crystals that have features, with what is known about them.
pub(crate) struct Known {
    prepared: Prepared,
    pub(crate) labels: Vec<bool>,
    pub(crate) elements: Vec<usize>,
}

impl Known {
    pub(crate) fn new(data: &Dataset, recipe: &FinetuneRecipe) -> Result<Self, Box<dyn Error>> {
        let prepared = Prepared::up_to(recipe.max_atoms, data.records(), &recipe.build_featurizer()?)?;
        prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));
        let labels = prepared.kept.iter().map(|&i| data.labels()[i]).collect();
        let distinct = |k: usize| {
            let mut tokens: Vec<_> = prepared.features[k].tokens.iter().map(|token| token.0).collect();
            tokens.sort_unstable();
            tokens.dedup();
            tokens.len()
        };
        let elements = (0..prepared.features.len()).map(distinct).collect();
        Ok(Self { labels, elements, prepared })
    }

    pub(crate) fn some(&self, items: &[usize]) -> Labeled<'_> {
        Labeled::some(&self.prepared.features, &self.labels, items)
    }
}
