//! Boosted trees as plain numbers: grown elsewhere (`s2s-eval`), evaluated here.

mod packed;

use thiserror::Error;

pub(crate) use self::packed::{decode, encode};

/// One node of a decision tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeNode {
    /// What the tree adds to the logit.
    Leaf(f64),
    /// A threshold on one column of the row. Children are indices in the same tree, behind this node.
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
    /// A child lies before its parent or outside the tree, so that evaluation might not end at a leaf.
    #[error("node {node} of tree {tree} leads to {child}, not to a later node of the tree")]
    Child {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
        /// Where it leads.
        child: u32,
    },
    /// A node to which no walk leads.
    #[error("node {node} of tree {tree} is never reached")]
    Unreachable {
        /// Which tree.
        tree: usize,
        /// Which node.
        node: usize,
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
    nodes: Vec<Node>,
    trees: Vec<Tree>,
    /// One more than the largest column that a node tests.
    width: usize,
}

/// Where a tree begins among the nodes, and its depth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tree {
    root: usize,
    depth: usize,
}

/// A [`TreeNode`] as it is walked: sixteen bytes, and no branch but the end of the walk. Children are counted from the node
/// itself, so that a leaf leads to itself and trees of unequal depth are walked together.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    /// The threshold of a split, or the value of a leaf.
    value: f64,
    column: u16,
    below: u16,
    above: u16,
    missing: u16,
}

impl Node {
    /// How far it is to the next node of a row, which is `COMPLETE` if none of its values is missing.
    fn step<const COMPLETE: bool>(&self, row: &[f64]) -> usize {
        let value = row[usize::from(self.column)];
        let known = if value < self.value { self.below } else { self.above };
        usize::from(if !COMPLETE && value.is_nan() { self.missing } else { known })
    }
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
        let mut sum = Self { base, nodes: Vec::new(), trees: Vec::new(), width: 0 };
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
                                return Err(TreesError::Child { tree, node, child: child.into() });
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
            sum.push(&nodes);
        }
        if sum.trees.is_empty() { Err(TreesError::Empty { tree: 0 }) } else { Ok(sum) }
    }

    fn push(&mut self, nodes: &[TreeNode]) {
        // Children lie behind their parents, so that depths are known from the end on.
        let mut depths = vec![0; nodes.len()];
        for (index, node) in nodes.iter().enumerate().rev() {
            if let TreeNode::Split { below, above, missing, .. } = *node {
                depths[index] =
                    1 + [below, above, missing].map(|child| depths[usize::from(child)]).into_iter().max().unwrap_or(0);
            }
        }
        self.trees.push(Tree { root: self.nodes.len(), depth: depths[0] });
        self.nodes.extend(nodes.iter().enumerate().map(|(index, node)| match *node {
            TreeNode::Leaf(value) => Node { value, column: 0, below: 0, above: 0, missing: 0 },
            TreeNode::Split { column, threshold, below, above, missing } => {
                // A split lies before its children, whose indices have sixteen bits.
                let [below, above, missing] = [below, above, missing].map(|child| child - index as u16);
                Node { value: threshold, column, below, above, missing }
            }
        }));
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
    pub fn trees(&self) -> impl ExactSizeIterator<Item = Vec<TreeNode>> {
        (0..self.trees.len()).map(|k| {
            let end = self.trees.get(k + 1).map_or(self.nodes.len(), |next| next.root);
            let nodes = self.nodes[self.trees[k].root..end].iter().enumerate();
            let node = |(index, &Node { value, column, below, above, missing }): (usize, &Node)| {
                if below == 0 {
                    return TreeNode::Leaf(value);
                }
                let [below, above, missing] = [below, above, missing].map(|step| index as u16 + step);
                TreeNode::Split { column, threshold: value, below, above, missing }
            };
            nodes.map(node).collect()
        })
    }

    /// The logit of a row of at least [`width`](Self::width) columns.
    ///
    /// # Panics
    ///
    /// If the row is shorter.
    pub fn logit(&self, row: &[f64]) -> f64 {
        self.logits(&[row])[0]
    }

    /// The logits of several rows of at least [`width`](Self::width) columns, each as [`logit`](Self::logit) gives it.
    ///
    /// A model is larger than the fast caches: some trees stay there while all rows walk down them.
    ///
    /// # Panics
    ///
    /// If a row is shorter.
    pub fn logits(&self, rows: &[&[f64]]) -> Vec<f64> {
        for row in rows {
            assert!(row.len() >= self.width, "{} columns where {} are asked about", row.len(), self.width);
        }
        let complete: Vec<bool> = rows.iter().map(|row| !row.iter().any(|value| value.is_nan())).collect();
        let mut sums = vec![self.base; rows.len()];
        for trees in self.trees.chunks(TOGETHER) {
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            for ((row, complete), sum) in rows.iter().zip(&complete).zip(&mut sums) {
                let mut indices = [0; TOGETHER];
                indices.iter_mut().zip(trees).for_each(|(index, tree)| *index = tree.root);
                let indices = &mut indices[..trees.len()];
                // The rows of crystals are complete, and most rows are those of crystals.
                if *complete {
                    self.walk::<true>(indices, depth, row);
                } else {
                    self.walk::<false>(indices, depth, row);
                }
                *sum = indices.iter().fold(*sum, |sum, index| sum + self.nodes[*index].value);
            }
        }
        sums
    }

    /// Goes so many steps from each of some nodes.
    fn walk<const COMPLETE: bool>(&self, indices: &mut [usize], depth: usize, row: &[f64]) {
        for _ in 0..depth {
            indices.iter_mut().for_each(|index| *index += self.nodes[*index].step::<COMPLETE>(row));
        }
    }
}

/// Trees that are walked together, so that they wait for memory together.
const TOGETHER: usize = 16;

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
    fn trees_of_any_depths_are_walked_to_their_ends() {
        // A chain of questions per tree, in each of which the last answer ends the walk.
        let chain = |depth: u16| -> Vec<TreeNode> {
            let split = |k: u16| {
                let threshold = f64::from(k / 2);
                TreeNode::Split { column: k / 2 % 7, threshold, below: k + 1, above: k + 2, missing: k + 1 }
            };
            let nodes = (0..2 * depth).map(|k| if k % 2 == 0 { split(k) } else { TreeNode::Leaf(f64::from(k)) });
            nodes.chain([TreeNode::Leaf(-0.5)]).collect()
        };
        let trees: Vec<Vec<TreeNode>> = (0..3 * TOGETHER as u16 + 5).map(|k| chain(k * 5 % 23)).collect();
        let sum = BoostedTrees::new(0.25, trees.clone()).expect("they are trees");
        assert!(sum.trees().eq(trees.iter().cloned()));
        let row =
            |shift| (0..7).map(move |k| if k == shift { f64::NAN } else { f64::from(shift + 3 * k % 5) }).collect();
        let rows: Vec<Vec<f64>> = (0..40).map(row).collect();
        let logits = sum.logits(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (row, logit) in rows.iter().zip(logits) {
            let walk = |nodes: &[TreeNode]| {
                let mut index = 0;
                while let TreeNode::Split { column, threshold, below, above, missing } = nodes[index] {
                    let value = row[usize::from(column)];
                    let known = if value < threshold { below } else { above };
                    index = usize::from(if value.is_nan() { missing } else { known });
                }
                if let TreeNode::Leaf(value) = nodes[index] { value } else { f64::NAN }
            };
            assert_eq!(logit, trees.iter().fold(0.25, |sum, tree| sum + walk(tree)));
            assert_eq!(logit, sum.logit(row));
        }
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
