//! Targets: what a model learns about each of a list of items, of any type, weighted, and missing where nothing is known.

use crate::{DataError, Record};

/// A value, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target<T> {
    /// What is to be predicted: a class, a number.
    pub value: T,
    /// How much an error counts: finite, and not negative.
    pub weight: f64,
}

impl<T> Target<T> {
    /// A value that counts once.
    pub fn new(value: T) -> Self {
        Self { value, weight: 1.0 }
    }
}

/// One target for each of a list of items, or none.
///
/// # Examples
///
/// Folds over the items whose band gap is known, with each chemical system in one fold:
///
/// ```
/// use s2s_data::{Folds, Groups, target::Targets};
///
/// let gaps = Targets::new([Some(1.1), None, Some(0.0), Some(5.5)]);
/// let systems = Groups::by_key(["Si", "Nb", "Al", "C"]);
/// let known = gaps.known();
/// let folds = Folds::grouped(&vec![(); known.len()], &systems.of_items(&known), 3, 1)?;
/// for split in folds.splits().map(|split| split.of_items(&known)) {
///     assert_eq!(gaps.values(&split.train)?.len(), 2);
/// }
/// # Ok::<(), s2s_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Targets<T>(Vec<Option<Target<T>>>);

impl<T> Targets<T> {
    /// Targets that count once each.
    pub fn new(values: impl IntoIterator<Item = Option<T>>) -> Self {
        Self(values.into_iter().map(|value| value.map(Target::new)).collect())
    }

    /// Targets with weights.
    ///
    /// # Errors
    ///
    /// [`DataError::Weight`] names the first item whose weight is negative, infinite or not a number.
    pub fn weighted(targets: impl IntoIterator<Item = Option<Target<T>>>) -> Result<Self, DataError> {
        let targets: Vec<Option<Target<T>>> = targets.into_iter().collect();
        let is_bad = |target: &Target<T>| !(target.weight.is_finite() && target.weight >= 0.0);
        for (item, target) in targets.iter().enumerate() {
            if let Some(target) = target.as_ref().filter(|target| is_bad(target)) {
                return Err(DataError::Weight { item, weight: target.weight });
            }
        }
        Ok(Self(targets))
    }

    /// Targets whose weights have been checked.
    pub(crate) fn unchecked(targets: Vec<Option<Target<T>>>) -> Self {
        Self(targets)
    }

    /// Number of items, those without a target included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The target of an item, if it has one.
    pub fn get(&self, item: usize) -> Option<&Target<T>> {
        self.0.get(item)?.as_ref()
    }

    /// Items that have a target, in increasing order.
    pub fn known(&self) -> Vec<usize> {
        (0..self.len()).filter(|&item| self.get(item).is_some()).collect()
    }

    /// Values of these items.
    ///
    /// # Errors
    ///
    /// [`DataError::NoTarget`] names the first that has none.
    pub fn values(&self, items: &[usize]) -> Result<Vec<T>, DataError>
    where
        T: Clone,
    {
        self.each(items, |target| target.value.clone())
    }

    /// Weights of these items.
    ///
    /// # Errors
    ///
    /// As [`values`](Self::values).
    pub fn weights(&self, items: &[usize]) -> Result<Vec<f64>, DataError> {
        self.each(items, |target| target.weight)
    }

    fn each<U>(&self, items: &[usize], part: impl Fn(&Target<T>) -> U) -> Result<Vec<U>, DataError> {
        items.iter().map(|&item| self.get(item).map(&part).ok_or(DataError::NoTarget { item })).collect()
    }
}

impl Targets<bool> {
    /// Whether each record is a superconductor, with the weight of its evidence; missing where no label decides.
    pub fn superconducting(records: &[Record]) -> Self {
        of_records(records, |record| record.label?.is_superconductor())
    }
}

impl Targets<f64> {
    /// Transition temperatures in K, with the weights of their evidence; missing where none is stated.
    pub fn transition_temperatures(records: &[Record]) -> Self {
        of_records(records, |record| Some(record.label?.tc()?.0))
    }

    /// The numbers of a field of the records ([`Record::number`]), counting once each; missing where the field is.
    ///
    /// # Errors
    ///
    /// [`DataError::NotANumber`] if a record has something else there.
    pub fn of_field(records: &[Record], field: &str) -> Result<Self, DataError> {
        let values: Result<Vec<Option<f64>>, DataError> = records.iter().map(|record| record.number(field)).collect();
        Ok(Self::new(values?))
    }
}

fn of_records<T>(records: &[Record], value: impl Fn(&Record) -> Option<T>) -> Targets<T> {
    let weight = |record: &Record| record.evidence.as_ref().map_or(1.0, |evidence| evidence.weight);
    let target = |record: &Record| Some(Target { value: value(record)?, weight: weight(record) });
    Targets(records.iter().map(target).collect())
}
