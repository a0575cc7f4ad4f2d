//! The binary format of trees: text would be ten times as large.

use super::{BoostedTrees, TreeNode};

/// Marks a leaf where the column of a split would be.
const LEAF: u16 = u16::MAX;

/// Little-endian: number of members; per member its base, number of trees, and per tree the number of nodes and the nodes,
/// each as column, below, above, missing (`u16`) and threshold or leaf (`f64`).
pub(crate) fn encode(members: &[BoostedTrees]) -> Vec<u8> {
    let count = |n: usize| u32::try_from(n).expect("invariant: trees are small").to_le_bytes();
    let mut bytes = count(members.len()).to_vec();
    for member in members {
        bytes.extend(member.base().to_le_bytes());
        bytes.extend(count(member.trees().len()));
        for tree in member.trees() {
            bytes.extend(count(tree.len()));
            for node in tree {
                let (indices, value) = match node {
                    TreeNode::Leaf(value) => ([LEAF, 0, 0, 0], value),
                    TreeNode::Split { column, threshold, below, above, missing } => {
                        ([column, below, above, missing], threshold)
                    }
                };
                indices.iter().for_each(|index| bytes.extend(index.to_le_bytes()));
                bytes.extend(value.to_le_bytes());
            }
        }
    }
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<BoostedTrees>, String> {
    let mut reader = Reader(bytes);
    let count = reader.count()?;
    let mut members = Vec::new();
    for _ in 0..count {
        let base = reader.number()?;
        let mut trees = Vec::new();
        for _ in 0..reader.count()? {
            let mut nodes = Vec::new();
            for _ in 0..reader.count()? {
                let [column, below, above, missing] =
                    [reader.index()?, reader.index()?, reader.index()?, reader.index()?];
                let value = reader.number()?;
                nodes.push(match column {
                    LEAF => TreeNode::Leaf(value),
                    column => TreeNode::Split { column, threshold: value, below, above, missing },
                });
            }
            trees.push(nodes);
        }
        members.push(BoostedTrees::new(base, trees).map_err(|error| error.to_string())?);
    }
    if reader.0.is_empty() { Ok(members) } else { Err(format!("{} bytes too many", reader.0.len())) }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (first, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*first)
    }

    fn count(&mut self) -> Result<u32, String> {
        self.take().map(u32::from_le_bytes)
    }

    fn index(&mut self) -> Result<u16, String> {
        self.take().map(u16::from_le_bytes)
    }

    fn number(&mut self) -> Result<f64, String> {
        self.take().map(f64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_come_back_bit_for_bit() {
        let root = TreeNode::Split { column: 3, threshold: 0.1, below: 1, above: 2, missing: 1 };
        let tree = || vec![root, TreeNode::Leaf(-0.25), TreeNode::Leaf(1.0 / 3.0)];
        let members: Vec<BoostedTrees> =
            (0..2).map(|k| BoostedTrees::new(f64::from(k), [tree(), tree()]).expect("they are trees")).collect();
        let bytes = encode(&members);
        assert_eq!(decode(&bytes), Ok(members));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), Err("it ends too early".to_owned()));
        assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err("1 bytes too many".to_owned()));
    }
}
