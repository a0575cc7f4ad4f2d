//! Splits into a training and a test side, and k-fold cross-validation: random, stratified, grouped or by year.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    DataError, Groups,
    split::{permutation, shuffle},
};

/// Two disjoint lists of record numbers, each in increasing order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSplit")]
pub struct Split {
    /// Records to learn from.
    pub train: Vec<usize>,
    /// Records to be judged by.
    pub test: Vec<usize>,
}

impl Split {
    /// Sets aside a share of `len` records at random; a pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded.
    pub fn random(len: usize, test_share: f64, seed: u64) -> Result<Self, DataError> {
        Self::stratified(&vec![(); len], test_share, seed)
    }

    /// Sets aside a share of each class at random.
    ///
    /// A class is any key: a label, a family, a bin of a number. Each gives `round(share · size)` of its records to the test side, so the
    /// two sides have the same share of each up to rounding. A pure function of labels, share and seed.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded.
    ///
    /// # Examples
    ///
    /// ```
    /// let labels = [true, false, false, true, false, false, false, false, true, true];
    /// let split = s2s_data::Split::stratified(&labels, 0.5, 1)?;
    /// assert_eq!(split.test.len(), 5);
    /// assert_eq!(split.test.iter().filter(|&&i| labels[i]).count(), 2);
    /// # Ok::<(), s2s_data::DataError>(())
    /// ```
    pub fn stratified<K: Ord>(labels: &[K], test_share: f64, seed: u64) -> Result<Self, DataError> {
        let all: Vec<usize> = (0..labels.len()).collect();
        Self { train: all, test: Vec::new() }.hold_out(labels, test_share, seed)
    }

    /// Sets aside whole groups, about a share of all records and of each class.
    ///
    /// A class is any key; without classes, `&[(); n]` balances sizes alone. Groups come in random order, large ones first; each goes
    /// to the test side if that brings it nearer to its share of every class.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded.
    ///
    /// # Panics
    ///
    /// If there are not as many groups' members as labels.
    pub fn grouped<K: Ord>(labels: &[K], groups: &Groups, test_share: f64, seed: u64) -> Result<Self, DataError> {
        if !(test_share > 0.0 && test_share < 1.0) {
            return Err(DataError::InvalidShare { share: test_share });
        }
        let side_of = distribute_groups(labels, groups, &[1.0 - test_share, test_share], seed);
        let (test, train) = (0..labels.len()).partition(|&i| side_of[i] == 1);
        Ok(Self { train, test })
    }

    /// Sets aside the latest years: what is judged was published after all that is learned from.
    ///
    /// Whole years go to one side. The first year of the test side is the one that brings its share of the records with a
    /// year nearest to `test_share`, of two equally near the later one; records without a year are on neither side.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded; [`DataError::TooManyFolds`] if
    /// there are not two different years.
    ///
    /// # Examples
    ///
    /// ```
    /// let years = [Some(1987), Some(2008), None, Some(1986), Some(2001)];
    /// let split = s2s_data::Split::temporal(&years, 0.25)?;
    /// assert_eq!((split.train, split.test), (vec![0, 3, 4], vec![1]));
    /// # Ok::<(), s2s_data::DataError>(())
    /// ```
    pub fn temporal(years: &[Option<u16>], test_share: f64) -> Result<Self, DataError> {
        if !(test_share > 0.0 && test_share < 1.0) {
            return Err(DataError::InvalidShare { share: test_share });
        }
        let mut dated: Vec<u16> = years.iter().flatten().copied().collect();
        dated.sort_unstable();
        let wanted = test_share * dated.len() as f64;
        // Where a year begins among the sorted ones, but for the first, which has nothing before it.
        let starts = (1..dated.len()).rev().filter(|&k| dated[k - 1] < dated[k]);
        let excess = |k: usize| ((dated.len() - k) as f64 - wanted).abs();
        let first = starts.min_by(|a, b| excess(*a).total_cmp(&excess(*b))).map(|k| dated[k]);
        let first = first.ok_or(DataError::TooManyFolds { folds: 2, groups: dated.len().min(1) })?;
        let side = |test: bool| {
            let of_side = |i: &usize| years[*i].is_some_and(|year| (year >= first) == test);
            (0..years.len()).filter(of_side).collect()
        };
        Ok(Self { train: side(false), test: side(true) })
    }

    /// Sets aside a share of each class of this split's training side, as validation records.
    ///
    /// The result's `train` and `test` partition `self.train`; `self.test` is in neither. `labels` covers all records.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded.
    ///
    /// # Panics
    ///
    /// If a record number of this split is not below `labels.len()`.
    pub fn hold_out<K: Ord>(&self, labels: &[K], share: f64, seed: u64) -> Result<Self, DataError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(DataError::InvalidShare { share });
        }
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for (class, stream) in distinct(labels).into_iter().zip(0..) {
            let members = shuffled_class(&self.train, labels, class, (seed, stream));
            let held = (share * members.len() as f64).round() as usize;
            test.extend_from_slice(&members[..held]);
            train.extend_from_slice(&members[held..]);
        }
        train.sort_unstable();
        test.sort_unstable();
        Ok(Self { train, test })
    }

    /// Sets aside whole groups of this split's training side, about a share of it, as validation records.
    ///
    /// What is chosen on them is chosen for records of other groups, as the test side has them. `labels` and `groups` cover
    /// all records.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the share lies between zero and one, both excluded.
    ///
    /// # Panics
    ///
    /// If a record number of this split is not below `labels.len()`, or there are not as many groups' members as labels.
    pub fn hold_out_groups<K: Ord>(
        &self,
        labels: &[K],
        groups: &Groups,
        share: f64,
        seed: u64,
    ) -> Result<Self, DataError> {
        assert_eq!(labels.len(), groups.of().len(), "one group per record");
        let own_labels: Vec<&K> = self.train.iter().map(|&i| &labels[i]).collect();
        let inner = Self::grouped(&own_labels, &groups.of_items(&self.train), share, seed)?;
        Ok(inner.of_items(&self.train))
    }

    /// The same split of these items of a longer list, where this one counts their positions in that list: record number `items[i]` for `i`.
    ///
    /// `items` come in increasing order, as those of [`Targets::known`](crate::target::Targets::known) do.
    ///
    /// # Panics
    ///
    /// If a record number of this split is not below `items.len()`.
    pub fn of_items(&self, items: &[usize]) -> Self {
        let records = |positions: &[usize]| positions.iter().map(|&position| items[position]).collect();
        Self { train: records(&self.train), test: records(&self.test) }
    }
}

/// Every record in exactly one of several folds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawFolds")]
pub struct Folds {
    fold_of: Vec<u32>,
    num_folds: usize,
}

impl Folds {
    /// Distributes `len` records over the folds in random order; the sizes of the folds differ by one at most.
    ///
    /// A pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`DataError::TooManyFolds`] with fewer than two folds, or fewer records than folds.
    pub fn random(len: usize, num_folds: usize, seed: u64) -> Result<Self, DataError> {
        Self::stratified(&vec![(); len], num_folds, seed)
    }

    /// Distributes the records of each class over the folds in random order, so that all folds have the same share of each.
    ///
    /// A class is any key: a label, a family, a bin of a number. A pure function of labels, number of folds and seed.
    ///
    /// # Errors
    ///
    /// [`DataError::TooManyFolds`] with fewer than two folds, or fewer records than folds.
    ///
    /// # Examples
    ///
    /// ```
    /// let labels = [true, false, false, true, false, false];
    /// let folds = s2s_data::Folds::stratified(&labels, 2, 1)?;
    /// for split in folds.splits() {
    ///     assert_eq!(split.test.iter().filter(|&&i| labels[i]).count(), 1);
    /// }
    /// # Ok::<(), s2s_data::DataError>(())
    /// ```
    pub fn stratified<K: Ord>(labels: &[K], num_folds: usize, seed: u64) -> Result<Self, DataError> {
        if num_folds < 2 || num_folds > labels.len() {
            return Err(DataError::TooManyFolds { folds: num_folds, groups: labels.len() });
        }
        let all: Vec<usize> = (0..labels.len()).collect();
        let mut fold_of = vec![0; labels.len()];
        // Each class goes on where the one before it stopped, so the sizes of the folds differ by one at most.
        let classes = distinct(labels).into_iter().zip(0..);
        let order = classes.flat_map(|(class, stream)| shuffled_class(&all, labels, class, (seed, stream)));
        for (turn, record) in order.enumerate() {
            fold_of[record] = (turn % num_folds) as u32;
        }
        Ok(Self { fold_of, num_folds })
    }

    /// Distributes whole groups over the folds, so that all folds have about the same size and share of each class.
    ///
    /// A class is any key; without classes, `&[(); n]` balances sizes alone. Groups come in random order, large ones first; each
    /// goes to the fold that lacks most of what it brings. A pure function of labels, groups, number of folds and seed.
    ///
    /// # Errors
    ///
    /// [`DataError::TooManyFolds`] with fewer than two folds, or fewer groups than folds.
    ///
    /// # Panics
    ///
    /// If there are not as many groups' members as labels.
    pub fn grouped<K: Ord>(labels: &[K], groups: &Groups, num_folds: usize, seed: u64) -> Result<Self, DataError> {
        if num_folds < 2 || num_folds > groups.num_groups() {
            return Err(DataError::TooManyFolds { folds: num_folds, groups: groups.num_groups() });
        }
        let fold_of = distribute_groups(labels, groups, &vec![1.0 / num_folds as f64; num_folds], seed);
        Ok(Self { fold_of, num_folds })
    }

    /// Each group as a fold of its own.
    ///
    /// # Errors
    ///
    /// [`DataError::TooManyFolds`] with fewer than two groups.
    pub fn leave_one_group_out(groups: &Groups) -> Result<Self, DataError> {
        let num_folds = groups.num_groups();
        if num_folds < 2 {
            return Err(DataError::TooManyFolds { folds: num_folds.max(2), groups: num_folds });
        }
        Ok(Self { fold_of: groups.of().to_vec(), num_folds })
    }

    /// Number of folds.
    pub fn num_folds(&self) -> usize {
        self.num_folds
    }

    /// The fold of every record, in record order.
    pub fn fold_of(&self) -> &[u32] {
        &self.fold_of
    }

    /// Each fold in turn as the test side, the others together as the training side.
    pub fn splits(&self) -> impl ExactSizeIterator<Item = Split> + '_ {
        (0..self.num_folds).map(|fold| {
            let (test, train) = (0..self.fold_of.len()).partition(|&i| self.fold_of[i] as usize == fold);
            Split { train, test }
        })
    }
}

/// A side for every record, whole groups together, each side near its share of every class.
fn distribute_groups<K: Ord>(labels: &[K], groups: &Groups, shares: &[f64], seed: u64) -> Vec<u32> {
    assert_eq!(labels.len(), groups.of().len(), "one group per record");
    let classes = distinct(labels);
    let none = vec![0.0_f64; classes.len()];
    let mut counts = vec![none.clone(); groups.num_groups()];
    for (label, &group) in labels.iter().zip(groups.of()) {
        let class = classes.binary_search(&label).expect("invariant: every label is among the distinct ones");
        counts[group as usize][class] += 1.0;
    }
    let totals: Vec<f64> =
        (0..classes.len()).map(|class| counts.iter().map(|c| c[class]).sum::<f64>().max(1.0)).collect();
    let mut order = permutation(counts.len(), seed, 0);
    let size = |group: usize| counts[group].iter().sum::<f64>();
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
    let mut filled = vec![none.clone(); shares.len()];
    let mut side_of_group = vec![0_u32; counts.len()];
    for group in order {
        // Each class counts as one whole, however rare it is; negative numbers mean that something is still missing.
        let excess = |side: usize| {
            let class = |c: usize| counts[group][c] * (filled[side][c] / shares[side] / totals[c]) / totals[c];
            let empty = filled[side] == none;
            let first = filled[side].first().map_or(0.0, |first| first / shares[side]);
            (!empty, (0..classes.len()).map(class).sum::<f64>(), first)
        };
        let best = (0..shares.len()).min_by(|&a, &b| excess(a).partial_cmp(&excess(b)).unwrap_or(Ordering::Equal));
        let best = best.expect("invariant: there is at least one side");
        side_of_group[group] = best as u32;
        filled[best].iter_mut().zip(&counts[group]).for_each(|(sum, count)| *sum += count);
    }
    groups.of().iter().map(|&group| side_of_group[group as usize]).collect()
}

/// The keys that there are, in increasing order.
fn distinct<K: Ord>(labels: &[K]) -> Vec<&K> {
    let mut keys: Vec<&K> = labels.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The members of a class in random order; every stream of a seed has an order of its own.
fn shuffled_class<K: Eq>(members: &[usize], labels: &[K], class: &K, (seed, stream): (u64, u64)) -> Vec<usize> {
    let mut of_class: Vec<usize> = members.iter().copied().filter(|&i| labels[i] == *class).collect();
    shuffle(&mut of_class, seed, stream);
    of_class
}

/// A split as it is written down.
#[derive(Deserialize)]
struct RawSplit {
    train: Vec<usize>,
    test: Vec<usize>,
}

impl TryFrom<RawSplit> for Split {
    type Error = DataError;

    fn try_from(raw: RawSplit) -> Result<Self, Self::Error> {
        let increasing = |side: &[usize]| side.windows(2).all(|pair| pair[0] < pair[1]);
        if !increasing(&raw.train) || !increasing(&raw.test) {
            return Err(DataError::Malformed { reason: "a side of the split is not in increasing order" });
        }
        if raw.train.iter().any(|record| raw.test.binary_search(record).is_ok()) {
            return Err(DataError::Malformed { reason: "a record is on both sides of the split" });
        }
        Ok(Self { train: raw.train, test: raw.test })
    }
}

/// Folds as they are written down.
#[derive(Deserialize)]
struct RawFolds {
    fold_of: Vec<u32>,
    num_folds: usize,
}

impl TryFrom<RawFolds> for Folds {
    type Error = DataError;

    fn try_from(raw: RawFolds) -> Result<Self, Self::Error> {
        let records = raw.fold_of.len();
        if raw.num_folds < 2 || raw.num_folds > records {
            return Err(DataError::TooManyFolds { folds: raw.num_folds, groups: records });
        }
        if raw.fold_of.iter().any(|fold| *fold as usize >= raw.num_folds) {
            return Err(DataError::Malformed { reason: "a record is in a fold that there is not" });
        }
        Ok(Self { fold_of: raw.fold_of, num_folds: raw.num_folds })
    }
}
