//! Extremely randomized trees: regression by many trees whose splits are drawn at random.

use rayon::prelude::*;
use s2s_featurize::RandomStream;
use s2s_predict::{ForestNode, RegressionForest};
use serde::{Deserialize, Serialize};

use crate::EvalError;

/// How the trees are grown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraTreesConfig {
    /// Number of trees.
    pub trees: usize,
    /// Share of the columns that are tried at each split, in (0, 1].
    pub columns: f64,
    /// Fewest examples in a leaf.
    pub leaf: usize,
}

/// Grows extremely randomized trees on rows of numbers.
///
/// Each tree sees all examples. At a node, columns that vary there are drawn until a share of all has been tried; each
/// gets one threshold, drawn uniformly between its least and greatest number; the split that leaves the least variance
/// is taken. A leaf holds the mean target of its examples. A missing value (NaN) goes where large numbers go.
///
/// A pure function of its arguments, however many threads there are.
///
/// # Source
///
/// Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63, 3 (2006).
///
/// # Errors
///
/// [`EvalError::Data`] if there are no examples, or rows of different widths; [`EvalError::Config`] if the configuration
/// asks for no tree.
pub fn extra_trees<R: AsRef<[f32]> + Sync>(
    rows: &[R],
    targets: &[f64],
    config: &ExtraTreesConfig,
    seed: u64,
) -> Result<RegressionForest, EvalError> {
    let data = |reason: &str| EvalError::Data { reason: reason.to_owned() };
    if rows.is_empty() || rows.len() != targets.len() {
        return Err(data("as many examples as targets are needed, and at least one"));
    }
    let width = rows[0].as_ref().len();
    if rows.iter().any(|row| row.as_ref().len() != width) || width > usize::from(u16::MAX - 1) {
        return Err(data("rows differ in width, or are too wide"));
    }
    if config.trees == 0 || config.columns.is_nan() || config.columns <= 0.0 {
        return Err(EvalError::Config { reason: "a forest needs trees, and splits need columns".to_owned() });
    }
    let columns: Vec<Vec<f32>> =
        (0..width).map(|column| rows.iter().map(|row| row.as_ref()[column]).collect()).collect();
    let missing: Vec<bool> = columns.iter().map(|column| column.iter().any(|x| x.is_nan())).collect();
    let varies = |k: &usize| bounds(columns[*k].iter().copied()).is_some();
    let varying: Vec<u16> = (0..width).filter(varies).map(|k| k as u16).collect();
    let tried = ((config.columns * varying.len() as f64).ceil() as usize).max(1);
    let grow = |tree: usize| {
        let stream = RandomStream::new(*b"exttrees", seed, 0, tree as u64);
        let (nodes, here, leaf) = (Vec::new(), Vec::new(), config.leaf.max(1));
        let mut grower = Grower { columns: &columns, targets, missing: &missing, tried, leaf, stream, nodes, here };
        let mut examples: Vec<u32> = (0..targets.len() as u32).collect();
        grower.grow(&mut examples, varying.clone());
        grower.nodes
    };
    let trees: Vec<Vec<ForestNode>> = (0..config.trees).into_par_iter().map(grow).collect();
    RegressionForest::new(trees).map_err(|error| EvalError::Data { reason: error.to_string() })
}

struct Grower<'d> {
    columns: &'d [Vec<f32>],
    targets: &'d [f64],
    /// Which columns have missing values.
    missing: &'d [bool],
    tried: usize,
    leaf: usize,
    stream: RandomStream,
    nodes: Vec<ForestNode>,
    /// Targets of the examples of a node, in their order.
    here: Vec<f64>,
}

struct Split {
    column: u16,
    threshold: f32,
    gain: f64,
}

impl Grower<'_> {
    /// Grows the tree of these examples, each node before what lies below it and that before what lies above.
    fn grow(&mut self, examples: &mut [u32], columns: Vec<u16>) {
        // Where a subtree begins and ends among the examples, the columns that may vary there, and the split it lies above.
        let mut waiting = vec![(0, examples.len(), columns, None)];
        while let Some((start, end, mut columns, split_of)) = waiting.pop() {
            let node = self.nodes.len();
            if let Some(parent) = split_of
                && let ForestNode::Split { above, .. } = &mut self.nodes[parent]
            {
                *above = node as u32;
            }
            let here = &mut examples[start..end];
            let Some(split) = self.best_split(here, &mut columns) else {
                let mean = here.iter().map(|&i| self.targets[i as usize]).sum::<f64>() / here.len() as f64;
                self.nodes.push(ForestNode::Leaf(mean as f32));
                continue;
            };
            let values = &self.columns[usize::from(split.column)];
            let middle = start + partition(here, |i| values[i as usize] < split.threshold);
            self.nodes.push(ForestNode::Split { column: split.column, threshold: split.threshold, above: 0 });
            waiting.push((middle, end, columns.clone(), Some(node)));
            waiting.push((start, middle, columns, None));
        }
    }

    /// The best of the drawn splits; columns that turn out not to vary are taken out of the list.
    fn best_split(&mut self, examples: &[u32], columns: &mut Vec<u16>) -> Option<Split> {
        let first = self.targets[examples[0] as usize];
        if examples.len() < 2 * self.leaf || examples.iter().all(|&i| self.targets[i as usize] == first) {
            return None;
        }
        self.here.clear();
        self.here.extend(examples.iter().map(|&i| self.targets[i as usize]));
        let total: f64 = self.here.iter().sum();
        let mut best: Option<Split> = None;
        let (mut drawn, mut tried) = (0, 0);
        while tried < self.tried && drawn < columns.len() {
            let index = drawn + self.stream.below(columns.len() - drawn);
            columns.swap(drawn, index);
            let column = columns[drawn];
            let values = &self.columns[usize::from(column)];
            let bounds = if self.missing[usize::from(column)] {
                bounds(examples.iter().map(|&i| values[i as usize]))
            } else {
                whole_bounds(examples, values)
            };
            let Some((low, high)) = bounds else {
                columns.swap_remove(drawn);
                continue;
            };
            drawn += 1;
            tried += 1;
            let threshold = (f64::from(low) + self.stream.unit() * (f64::from(high) - f64::from(low))) as f32;
            // Of the smallest number nothing lies below.
            let threshold = if threshold <= low { high } else { threshold };
            let (count, sum) = below(examples, values, threshold, &self.here);
            let others = examples.len() - count;
            if count.min(others) < self.leaf {
                continue;
            }
            let gain = sum * sum / count as f64 + (total - sum) * (total - sum) / others as f64;
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Split { column, threshold, gain });
            }
        }
        best
    }
}

/// Least and greatest number of a column, if they differ; a missing value is greater than all.
fn bounds(values: impl Iterator<Item = f32>) -> Option<(f32, f32)> {
    let (mut low, mut high, mut missing) = (f32::INFINITY, f32::NEG_INFINITY, false);
    for value in values {
        low = low.min(value);
        high = high.max(value);
        missing |= value.is_nan();
    }
    if missing && low <= high {
        // Everything that is not missing lies below this.
        return Some((low, if high > low { high } else { f32::MAX }));
    }
    (low < high).then_some((low, high))
}

/// Sums that are taken side by side, so that none waits for the one before.
const LANES: usize = 4;

/// As [`bounds`], of a column without missing values.
fn whole_bounds(examples: &[u32], values: &[f32]) -> Option<(f32, f32)> {
    let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let mut chunks = examples.chunks_exact(LANES);
    let mut look = |k: usize, i: u32| {
        let value = values[i as usize];
        low[k] = if value < low[k] { value } else { low[k] };
        high[k] = if value > high[k] { value } else { high[k] };
    };
    for chunk in &mut chunks {
        (0..LANES).for_each(|k| look(k, chunk[k]));
    }
    chunks.remainder().iter().for_each(|&i| look(0, i));
    let (low, high) =
        (low.into_iter().fold(f32::INFINITY, f32::min), high.into_iter().fold(f32::NEG_INFINITY, f32::max));
    (low < high).then_some((low, high))
}

/// Number of examples below a threshold, and the sum of their targets, which come in the order of the examples.
fn below(examples: &[u32], values: &[f32], threshold: f32, targets: &[f64]) -> (usize, f64) {
    let (mut counts, mut sums) = ([0_usize; LANES], [0.0; LANES]);
    let mut look = |k: usize, i: u32, target: f64| {
        let below = values[i as usize] < threshold;
        counts[k] += usize::from(below);
        sums[k] += if below { target } else { 0.0 };
    };
    let (mut chunks, mut targets) = (examples.chunks_exact(LANES), targets.chunks_exact(LANES));
    for (chunk, target) in (&mut chunks).zip(&mut targets) {
        (0..LANES).for_each(|k| look(k, chunk[k], target[k]));
    }
    let rest = chunks.remainder().iter().zip(targets.remainder());
    rest.for_each(|(&i, &target)| look(0, i, target));
    (counts.iter().sum(), sums.iter().sum())
}

/// Brings the examples that satisfy a condition to the front, and counts them.
fn partition(examples: &mut [u32], below: impl Fn(u32) -> bool) -> usize {
    let mut count = 0;
    for k in 0..examples.len() {
        if below(examples[k]) {
            examples.swap(count, k);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(k: u32) -> (Vec<f32>, f64) {
        let number = |m: u32| (k.wrapping_mul(m) % 997) as f32 / 997.0;
        let row = vec![number(31), 7.0, number(57)];
        let target = if row[0] > 0.5 { 10.0 } else { 2.0 } + f64::from(row[2]);
        (row, target)
    }

    #[test]
    fn a_step_is_learned_and_the_same_seed_grows_the_same_forest() -> Result<(), EvalError> {
        let (rows, targets): (Vec<Vec<f32>>, Vec<f64>) = (0..400).map(step).unzip();
        let config = ExtraTreesConfig { trees: 40, columns: 1.0, leaf: 1 };
        let forest = extra_trees(&rows, &targets, &config, 3)?;
        assert_eq!(forest, extra_trees(&rows, &targets, &config, 3)?);
        assert_ne!(forest, extra_trees(&rows, &targets, &config, 4)?);
        // What a tree has seen it gives back: leaves of one.
        for (row, target) in rows.iter().zip(&targets) {
            assert!(forest.answers(row).all(|answer| (f64::from(answer) - target).abs() < 1e-5));
        }
        let asked = (1000..1200).map(step).filter(|(row, _)| (row[0] - 0.5).abs() > 0.02);
        for (row, target) in asked {
            let mean = forest.answers(&row).map(f64::from).sum::<f64>() / 40.0;
            assert!((mean - target).abs() < 0.8, "{row:?}: {mean} is far from {target}");
        }
        Ok(())
    }

    #[test]
    fn a_missing_value_can_be_told_from_every_number() -> Result<(), EvalError> {
        let rows: Vec<Vec<f32>> = (0..60).map(|k| vec![if k % 3 == 0 { f32::NAN } else { 5.0 }]).collect();
        let targets: Vec<f64> = (0..60).map(|k| if k % 3 == 0 { 1.0 } else { -1.0 }).collect();
        let config = ExtraTreesConfig { trees: 5, columns: 1.0, leaf: 1 };
        let forest = extra_trees(&rows, &targets, &config, 1)?;
        assert!(forest.answers(&[f32::NAN]).all(|answer| answer == 1.0));
        assert!(forest.answers(&[5.0]).all(|answer| answer == -1.0));
        Ok(())
    }

    #[test]
    fn what_cannot_be_grown_is_an_error() {
        let config = ExtraTreesConfig { trees: 1, columns: 1.0, leaf: 1 };
        let rows: [Vec<f32>; 2] = [vec![1.0], vec![1.0, 2.0]];
        assert!(extra_trees(&rows[..0], &[], &config, 1).is_err());
        assert!(extra_trees(&rows, &[1.0, 2.0], &config, 1).is_err());
        assert!(extra_trees(&rows[..1], &[1.0], &ExtraTreesConfig { trees: 0, ..config }, 1).is_err());
        // Nothing to split on: one leaf.
        let forest = extra_trees(&[vec![1.0], vec![1.0]], &[1.0, 3.0], &config, 1).expect("examples");
        assert_eq!(forest.answers(&[9.0]).collect::<Vec<_>>(), [2.0]);
    }
}
