//! Crystals with several targets, of which each has some.

use s2s_data::target::{Target, Targets};
use s2s_featurize::AtomFeatures;

use crate::TrainError;

/// What is known of some crystals: one value per target of the recipe, in its order, or none; labels are 1 or 0.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_data::{Record, target::Targets};
/// use s2s_featurize::AtomFeatures;
/// use s2s_train::{TrainError, recipe::JointData};
///
/// fn known<'f>(records: &[Record], features: &'f [AtomFeatures]) -> Result<JointData<'f>, TrainError> {
///     JointData::new(features)
///         .with_labels(&Targets::superconducting(records))?
///         .with_numbers(&Targets::transition_temperatures(records))
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct JointData<'f> {
    /// Their features.
    pub features: Vec<&'f AtomFeatures>,
    /// Their targets.
    pub rows: Vec<Vec<Option<Target<f64>>>>,
}

impl<'f> JointData<'f> {
    /// Crystals without a target.
    pub fn new(features: impl IntoIterator<Item = &'f AtomFeatures>) -> Self {
        let features: Vec<&AtomFeatures> = features.into_iter().collect();
        Self { rows: vec![Vec::new(); features.len()], features }
    }

    /// The same crystals with one more target, a label.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one item per crystal.
    pub fn with_labels(self, labels: &Targets<bool>) -> Result<Self, TrainError> {
        self.with(labels, |label| f64::from(u8::from(*label)))
    }

    /// The same crystals with one more target, a number.
    ///
    /// # Errors
    ///
    /// As [`with_labels`](Self::with_labels).
    pub fn with_numbers(self, numbers: &Targets<f64>) -> Result<Self, TrainError> {
        self.with(numbers, |number| *number)
    }

    fn with<T>(mut self, targets: &Targets<T>, number: impl Fn(&T) -> f64) -> Result<Self, TrainError> {
        if targets.len() != self.features.len() {
            let reason = format!("{} crystals have {} items of a target", self.features.len(), targets.len());
            return Err(TrainError::Data { reason });
        }
        for (item, row) in self.rows.iter_mut().enumerate() {
            row.push(targets.get(item).map(|found| Target { value: number(&found.value), weight: found.weight }));
        }
        Ok(self)
    }

    /// Some of these crystals.
    ///
    /// # Panics
    ///
    /// If an item is not below the number of crystals.
    #[must_use]
    pub fn of_items(&self, items: &[usize]) -> Self {
        Self {
            features: items.iter().map(|&item| self.features[item]).collect(),
            rows: items.iter().map(|&item| self.rows[item].clone()).collect(),
        }
    }
}

impl JointData<'_> {
    /// The known values of a target.
    pub(super) fn known(&self, column: usize) -> Vec<f32> {
        let value = |row: &Vec<Option<Target<f64>>>| row.get(column).copied().flatten().map(|found| found.value as f32);
        self.rows.iter().filter_map(value).collect()
    }

    /// Of one class alone, every classifier is right.
    pub(super) fn require_both_classes(&self, column: usize, name: &str) -> Result<(), TrainError> {
        let labels = self.known(column);
        let is_one_of = |class: f32| labels.contains(&class);
        if labels.iter().all(|label| [0.0, 1.0].contains(label)) && is_one_of(0.0) && is_one_of(1.0) {
            return Ok(());
        }
        let reason = format!("the label `{name}` is not 0 and 1, each of some training crystals");
        Err(TrainError::Data { reason })
    }
}
