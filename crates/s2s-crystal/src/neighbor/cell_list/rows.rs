//! Rows of pairs that passed the coarse test.

/// A neighbor: which site, and which of the [`Images`](super::images::Images).
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) site: u32,
    pub(super) image: u32,
}

/// The pairs of every atom, in the order in which atoms were visited.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Start and end of every atom's row, in site order.
    ranges: Vec<(usize, usize)>,
    pairs: Vec<Pair>,
}

impl Rows {
    pub(super) fn start(&mut self, atoms: usize) {
        self.ranges.clear();
        self.ranges.resize(atoms, (0, 0));
        self.pairs.clear();
    }

    pub(super) fn num_pairs(&self) -> usize {
        self.pairs.len()
    }

    /// Adds to the row that is being written.
    pub(super) fn extend(&mut self, pairs: impl Iterator<Item = Pair>) {
        self.pairs.extend(pairs);
    }

    /// Ends the row that was started when there were `first` pairs.
    pub(super) fn end_row(&mut self, site: usize, first: usize) {
        self.ranges[site] = (first, self.pairs.len());
    }

    /// What is near one atom.
    pub(super) fn of(&self, site: usize) -> &[Pair] {
        let (first, last) = self.ranges[site];
        &self.pairs[first..last]
    }
}
