//! Boosted trees as plain numbers: grown elsewhere (`s2s-eval`), evaluated here.

mod packed;

use thiserror::Error;

pub(crate) use self::packed::{decode, encode};

/// One node of a decision tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeNode {
    /// What the tree adds to the logit.
    Leaf(f64),
    /// A question about one column of the row. Children are places in the same tree, behind this node.
    Split {
        /// Which column.
        column: u16,
        /// Values below it go to `below`, all others to `above`.
        threshold: f64,
        /// Where smaller values go.
        below: u16,
        /// Where other values go.
        above: u16,
        /// Where a missing value (NaN) goes.
        missing: u16,
    },
}

/// Why numbers are no trees.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TreesError {
    /// There is no tree, or one without a node.
    #[error("tree {tree} is empty")]
    Empty {
        /// Which tree.
        tree: usize,
    },
    /// A child lies before its parent or outside the tree, so that a row might never arrive.
    #[error("node {node} of tree {tree} leads to {child}, not to a later node of the tree")]
    Child {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
        /// Where it leads.
        child: u16,
    },
    /// A leaf, a base or a threshold that is no finite number, or leaves that add up to more than any logit.
    #[error("node {node} of tree {tree} holds {value}")]
    Value {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
        /// What it holds.
        value: f64,
    },
}

/// The sum of many decision trees: the logit of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct BoostedTrees {
    base: f64,
    nodes: Vec<TreeNode>,
    /// Where each tree begins.
    roots: Vec<usize>,
    /// One more than the largest column that is asked about.
    width: usize,
}

impl BoostedTrees {
    /// No sum of leaves is larger; probabilities are 0 or 1 from 40 on.
    const LARGEST_LOGIT: f64 = 1e6;

    /// Trees whose every walk ends.
    ///
    /// # Errors
    ///
    /// [`TreesError`] names the node that is wrong.
    pub fn new(base: f64, trees: impl IntoIterator<Item = Vec<TreeNode>>) -> Result<Self, TreesError> {
        let mut sum = Self { base, nodes: Vec::new(), roots: Vec::new(), width: 0 };
        let finite = |tree, node, value: f64| {
            if value.is_finite() { Ok(()) } else { Err(TreesError::Value { tree, node, value }) }
        };
        finite(0, 0, base)?;
        let mut largest_sum = base.abs();
        for (tree, nodes) in trees.into_iter().enumerate() {
            if nodes.is_empty() {
                return Err(TreesError::Empty { tree });
            }
            for (node, found) in nodes.iter().enumerate() {
                match *found {
                    TreeNode::Leaf(value) => finite(tree, node, value)?,
                    TreeNode::Split { column, threshold, below, above, missing } => {
                        finite(tree, node, threshold)?;
                        for child in [below, above, missing] {
                            if usize::from(child) <= node || usize::from(child) >= nodes.len() {
                                return Err(TreesError::Child { tree, node, child });
                            }
                        }
                        sum.width = sum.width.max(usize::from(column) + 1);
                    }
                }
            }
            let leaf = |node: &TreeNode| if let TreeNode::Leaf(value) = node { value.abs() } else { 0.0 };
            largest_sum += nodes.iter().map(leaf).fold(0.0, f64::max);
            if largest_sum > Self::LARGEST_LOGIT {
                return Err(TreesError::Value { tree, node: 0, value: largest_sum });
            }
            sum.roots.push(sum.nodes.len());
            sum.nodes.extend(nodes);
        }
        if sum.roots.is_empty() { Err(TreesError::Empty { tree: 0 }) } else { Ok(sum) }
    }

    /// The logit before any tree has spoken.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// How many columns a row needs.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The trees, each as its nodes.
    pub fn trees(&self) -> impl ExactSizeIterator<Item = &[TreeNode]> {
        (0..self.roots.len()).map(|k| {
            let end = self.roots.get(k + 1).copied().unwrap_or(self.nodes.len());
            &self.nodes[self.roots[k]..end]
        })
    }

    /// The logit of a row of at least [`width`](Self::width) columns.
    ///
    /// # Panics
    ///
    /// If the row is shorter.
    pub fn logit(&self, row: &[f64]) -> f64 {
        assert!(row.len() >= self.width, "{} columns where {} are asked about", row.len(), self.width);
        let walk = |nodes: &[TreeNode]| {
            let mut place = 0;
            loop {
                match nodes[place] {
                    TreeNode::Leaf(value) => return value,
                    TreeNode::Split { column, threshold, below, above, missing } => {
                        let value = row[usize::from(column)];
                        let next = if value.is_nan() {
                            missing
                        } else if value < threshold {
                            below
                        } else {
                            above
                        };
                        place = usize::from(next);
                    }
                }
            }
        };
        self.trees().fold(self.base, |sum, tree| sum + walk(tree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump(column: u16, threshold: f64) -> Vec<TreeNode> {
        let root = TreeNode::Split { column, threshold, below: 1, above: 2, missing: 2 };
        vec![root, TreeNode::Leaf(-1.0), TreeNode::Leaf(2.0)]
    }

    #[test]
    fn a_row_walks_down_every_tree() {
        let trees = BoostedTrees::new(0.5, [stump(0, 1.0), stump(2, 0.0)]).expect("they are trees");
        assert_eq!(trees.width(), 3);
        assert_eq!(trees.logit(&[0.0, 9.0, -1.0]), 0.5 - 1.0 - 1.0);
        assert_eq!(trees.logit(&[1.0, 9.0, 0.0]), 0.5 + 2.0 + 2.0);
        assert_eq!(trees.logit(&[f64::NAN, 9.0, -1.0]), 0.5 + 2.0 - 1.0);
    }

    #[test]
    fn walks_that_might_not_end_are_refused() {
        let root = |below| TreeNode::Split { column: 0, threshold: 0.0, below, above: 1, missing: 1 };
        let error = |nodes| BoostedTrees::new(0.0, [nodes]).expect_err("it is no tree").to_string();
        let leaf = TreeNode::Leaf(0.0);
        assert_eq!(error(vec![root(0), leaf]), "node 0 of tree 0 leads to 0, not to a later node of the tree");
        assert_eq!(error(vec![root(2), leaf]), "node 0 of tree 0 leads to 2, not to a later node of the tree");
        assert_eq!(error(vec![]), "tree 0 is empty");
        assert_eq!(error(vec![TreeNode::Leaf(f64::NAN)]), "node 0 of tree 0 holds NaN");
        assert!(BoostedTrees::new(0.0, []).is_err());
    }
}
