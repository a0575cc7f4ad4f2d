//! Regression forests as plain numbers: grown elsewhere (`s2s-eval`), evaluated here.

use crate::TreesError;

/// One node of a regression tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ForestNode {
    /// What the tree answers.
    Leaf(f32),
    /// A question about one column of the row; smaller numbers go to the next node.
    Split {
        /// Which column.
        column: u16,
        /// Numbers below it go to the next node, all others, missing ones (NaN) among them, to `above`.
        threshold: f32,
        /// Index in the same tree: the first node behind all that smaller numbers can come to.
        above: u32,
    },
}

/// Trees of which each gives an answer of its own, so that their median and their standard deviation can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RegressionForest {
    nodes: Vec<ForestNode>,
    /// Where each tree begins.
    roots: Vec<usize>,
    width: usize,
}

impl RegressionForest {
    /// Trees whose every walk ends.
    ///
    /// # Errors
    ///
    /// [`TreesError`] names the node that is wrong.
    pub fn new(trees: impl IntoIterator<Item = Vec<ForestNode>>) -> Result<Self, TreesError> {
        let mut forest = Self { nodes: Vec::new(), roots: Vec::new(), width: 0 };
        for (tree, nodes) in trees.into_iter().enumerate() {
            if nodes.is_empty() {
                return Err(TreesError::Empty { tree });
            }
            // How many nodes there are from a node on to the end of what lies below it.
            let mut sizes = vec![1; nodes.len()];
            for (node, found) in nodes.iter().enumerate().rev() {
                let value = match *found {
                    ForestNode::Leaf(value) => value,
                    ForestNode::Split { column, threshold, above } => {
                        let behind = sizes.get(node + 1).map(|size| node + 1 + size);
                        if behind != Some(above as usize) || above as usize >= nodes.len() {
                            return Err(TreesError::Child { tree, node, child: above });
                        }
                        sizes[node] = above as usize - node + sizes[above as usize];
                        forest.width = forest.width.max(usize::from(column) + 1);
                        threshold
                    }
                };
                if !value.is_finite() {
                    return Err(TreesError::Value { tree, node, value: f64::from(value) });
                }
            }
            if sizes[0] < nodes.len() {
                return Err(TreesError::Unreachable { tree, node: sizes[0] });
            }
            forest.roots.push(forest.nodes.len());
            forest.nodes.extend(nodes);
        }
        if forest.roots.is_empty() { Err(TreesError::Empty { tree: 0 }) } else { Ok(forest) }
    }

    /// What [`encode`](Self::encode) has written.
    ///
    /// # Errors
    ///
    /// One sentence that says what is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut rest = bytes;
        let mut trees = Vec::new();
        for _ in 0..count(&mut rest)? {
            let mut nodes = Vec::new();
            for _ in 0..count(&mut rest)? {
                let [a, b, value @ ..] = take::<6>(&mut rest)?;
                nodes.push((u16::from_le_bytes([a, b]), f32::from_le_bytes(value)));
            }
            trees.push(placed(&nodes)?);
        }
        match rest.len() {
            0 => Self::new(trees).map_err(|error| error.to_string()),
            more => Err(format!("{more} bytes too many")),
        }
    }

    /// Little-endian: number of trees; per tree the number of nodes and the nodes, each as column (`u16`) and threshold or
    /// leaf (`f32`). Where larger numbers go follows from the order of the nodes.
    pub fn encode(&self) -> Vec<u8> {
        let count = |n: usize| u32::try_from(n).expect("invariant: trees are small").to_le_bytes();
        let mut bytes = count(self.roots.len()).to_vec();
        for tree in self.trees() {
            bytes.extend(count(tree.len()));
            for node in tree {
                let (column, value) = match *node {
                    ForestNode::Leaf(value) => (LEAF, value),
                    ForestNode::Split { column, threshold, .. } => (column, threshold),
                };
                bytes.extend(column.to_le_bytes());
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes
    }

    /// How many columns a row needs.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The trees, each as its nodes.
    pub fn trees(&self) -> impl ExactSizeIterator<Item = &[ForestNode]> {
        (0..self.roots.len()).map(|k| {
            let end = self.roots.get(k + 1).copied().unwrap_or(self.nodes.len());
            &self.nodes[self.roots[k]..end]
        })
    }

    /// Median and standard deviation of the answers of the trees.
    ///
    /// # Panics
    ///
    /// If the row is shorter than [`width`](Self::width).
    pub fn median_and_std(&self, row: &[f32]) -> (f64, f64) {
        let mut answers: Vec<f64> = self.answers(row).map(f64::from).collect();
        answers.sort_unstable_by(f64::total_cmp);
        let n = answers.len();
        let mean = answers.iter().sum::<f64>() / n as f64;
        let variance = answers.iter().map(|answer| (answer - mean).powi(2)).sum::<f64>() / n as f64;
        (0.5 * (answers[(n - 1) / 2] + answers[n / 2]), variance.sqrt())
    }

    /// The answer of every tree.
    ///
    /// # Panics
    ///
    /// If the row is shorter than [`width`](Self::width).
    pub fn answers(&self, row: &[f32]) -> impl ExactSizeIterator<Item = f32> {
        self.trees().map(|nodes| {
            let mut node = 0;
            loop {
                match nodes[node] {
                    ForestNode::Leaf(value) => return value,
                    ForestNode::Split { column, threshold, above } => {
                        node = if row[usize::from(column)] < threshold { node + 1 } else { above as usize };
                    }
                }
            }
        })
    }
}

/// Marks a leaf where the column of a split would be.
const LEAF: u16 = u16::MAX;

/// Nodes with their indices in that order.
fn placed(nodes: &[(u16, f32)]) -> Result<Vec<ForestNode>, String> {
    let mut sizes = vec![1; nodes.len()];
    let mut placed = Vec::with_capacity(nodes.len());
    for (node, &(column, value)) in nodes.iter().enumerate().rev() {
        if column == LEAF {
            placed.push(ForestNode::Leaf(value));
            continue;
        }
        let above = sizes.get(node + 1).map(|size| node + 1 + size).filter(|above| *above < nodes.len());
        let above = above.ok_or("a tree ends too early")?;
        sizes[node] = above - node + sizes[above];
        placed.push(ForestNode::Split { column, threshold: value, above: above as u32 });
    }
    placed.reverse();
    Ok(placed)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (first, rest) = bytes.split_first_chunk().ok_or("it ends too early")?;
    *bytes = rest;
    Ok(*first)
}

fn count(bytes: &mut &[u8]) -> Result<u32, String> {
    take(bytes).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ForestNode = ForestNode::Leaf(1.0);

    fn split(column: u16, threshold: f32, above: u32) -> ForestNode {
        ForestNode::Split { column, threshold, above }
    }

    #[test]
    fn every_tree_answers_by_itself_and_a_missing_value_goes_up() {
        let deep = vec![split(0, 0.5, 4), split(2, 7.0, 3), ForestNode::Leaf(1.0), ForestNode::Leaf(2.0), ONE];
        let stump = vec![split(1, 0.0, 2), ForestNode::Leaf(-1.0), ForestNode::Leaf(5.0)];
        let forest = RegressionForest::new([deep.clone(), stump]).expect("they are trees");
        assert_eq!((forest.width(), forest.trees().len()), (3, 2));
        assert!(forest.trees().next() == Some(deep.as_slice()));
        let answers = |row: [f32; 3]| forest.answers(&row).collect::<Vec<_>>();
        assert_eq!(answers([0.0, -1.0, 6.0]), [1.0, -1.0]);
        assert_eq!(answers([0.0, 0.0, 7.0]), [2.0, 5.0]);
        assert_eq!(answers([f32::NAN, f32::NAN, 0.0]), [1.0, 5.0]);

        let bytes = forest.encode();
        assert_eq!(RegressionForest::decode(&bytes), Ok(forest));
        assert_eq!(RegressionForest::decode(&bytes[..bytes.len() - 1]), Err("it ends too early".to_owned()));
        assert_eq!(RegressionForest::decode(&[&bytes[..], &[0]].concat()), Err("1 bytes too many".to_owned()));
        // The last leaf becomes a split.
        let mut bytes = bytes;
        let last = bytes.len() - 6;
        bytes[last..last + 2].fill(0);
        assert_eq!(RegressionForest::decode(&bytes), Err("a tree ends too early".to_owned()));
    }

    #[test]
    fn walks_that_might_not_end_are_refused() {
        let error = |nodes: Vec<ForestNode>| RegressionForest::new([nodes]).expect_err("it is no tree").to_string();
        let to = |child| format!("node 0 of tree 0 leads to {child}, not to a later node of the tree");
        assert_eq!(error(vec![split(0, 0.0, 0), ONE, ONE]), to(0));
        assert_eq!(error(vec![split(0, 0.0, 1), ONE, ONE]), to(1));
        assert_eq!(error(vec![split(0, 0.0, 3), ONE, ONE]), to(3));
        assert_eq!(error(vec![split(0, f32::NAN, 2), ONE, ONE]), "node 0 of tree 0 holds NaN");
        assert_eq!(error(vec![]), "tree 0 is empty");
        assert_eq!(error(vec![ONE, ONE]), "node 1 of tree 0 is never reached");
        assert!(RegressionForest::new([]).is_err());
    }
}
