//! The atoms of the cell, wrapped into it and sorted into bins.

use std::ops::Range;

use super::frame::Frame;
use crate::{Crystal, CrystalError};

/// Cells away from the origin that an atom may be.
const MAX_CELLS: f64 = 1e9;

/// Atoms twice: in site order as they are, and in bin order for the search.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    /// In Å, where the crystal has them; in site order.
    pub(super) positions: Vec<[f64; 3]>,
    /// How many of the crystal's lattice vectors wrapping took away; in site order.
    pub(super) offsets: Vec<[i64; 3]>,
    /// Whether nothing had to be wrapped.
    pub(super) all_inside: bool,
    /// Coordinates in the frame, and the bin; in site order.
    wrapped: Vec<([f64; 3], usize)>,
    /// First atom of every bin, in bin order; one more entry than there are bins.
    starts: Vec<usize>,
    /// Sites in bin order.
    pub(super) sites: Vec<u32>,
    /// Coordinates in the frame, in bin order.
    pub(super) coordinates: [Vec<f64>; 3],
    /// Positions in Å in the frame, in bin order.
    pub(super) cart: [Vec<f32>; 3],
}

impl Atoms {
    pub(super) fn fill(&mut self, crystal: &Crystal, frame: &mut Frame) -> Result<(), CrystalError> {
        self.positions.clear();
        self.positions.extend(crystal.cart_positions().map(|position| position.0));
        self.wrap(crystal, frame)?;
        self.sort(frame);
        Ok(())
    }

    /// Moves every atom into the cell; along directions without periods, counts from the lowest atom.
    fn wrap(&mut self, crystal: &Crystal, frame: &mut Frame) -> Result<(), CrystalError> {
        self.wrapped.clear();
        self.offsets.clear();
        self.all_inside = frame.to_frame.is_none();
        let (mut low, mut high) = ([f64::MAX; 3], [f64::MIN; 3]);
        for site in crystal.sites() {
            if site.position.0.iter().any(|x| x.abs() > MAX_CELLS) {
                let what = "the distance of an atom from the origin, in cells,";
                return Err(CrystalError::LimitExceeded { what, limit: MAX_CELLS as usize });
            }
            let (mut at, taken) = frame.coordinates(site.position.0);
            let mut offset = [0; 3];
            for axis in 0..3 {
                if frame.periodic[axis] {
                    let cells = at[axis].floor();
                    at[axis] -= cells;
                    offset[axis] = cells as i64;
                    self.all_inside &= cells == 0.0;
                }
                low[axis] = low[axis].min(at[axis]);
                high[axis] = high[axis].max(at[axis]);
            }
            self.wrapped.push((at, 0));
            let offset = frame.to_crystal(offset);
            self.offsets.push([0, 1, 2].map(|axis| offset[axis] + taken[axis] as i64));
        }
        let mut extent = [1.0; 3];
        for axis in 0..3 {
            if !frame.periodic[axis] {
                extent[axis] = high[axis] - low[axis];
                self.wrapped.iter_mut().for_each(|(at, _)| at[axis] -= low[axis]);
            }
        }
        let farthest = self.positions.iter().flatten().fold(0.0_f64, |farthest, x| farthest.max(x.abs()));
        frame.cut(self.wrapped.len(), extent, farthest)
    }

    /// Counting sort: linear, and stable so that results do not depend on anything but the input.
    fn sort(&mut self, frame: &Frame) {
        let [_, bins_b, bins_c] = frame.bins;
        self.starts.clear();
        self.starts.resize(frame.bins.iter().product::<usize>() + 1, 0);
        for (at, bin) in &mut self.wrapped {
            let along = |axis: usize| ((at[axis] * frame.bin_density[axis]) as usize).min(frame.bins[axis] - 1);
            *bin = (along(0) * bins_b + along(1)) * bins_c + along(2);
            self.starts[*bin + 1] += 1;
        }
        for bin in 1..self.starts.len() {
            self.starts[bin] += self.starts[bin - 1];
        }
        let atoms = self.wrapped.len();
        self.sites.resize(atoms, 0);
        for column in &mut self.coordinates {
            column.resize(atoms, 0.0);
        }
        for column in &mut self.cart {
            column.resize(atoms, 0.0);
        }
        // While filling, an entry is where the next atom of the bin goes; afterwards it is where the next bin starts.
        for (site, (at, bin)) in self.wrapped.iter().enumerate() {
            let index = self.starts[*bin];
            self.starts[*bin] += 1;
            self.sites[index] = site as u32;
            let cart = frame.cart(*at);
            for axis in 0..3 {
                self.coordinates[axis][index] = at[axis];
                self.cart[axis][index] = cart[axis] as f32;
            }
        }
        self.starts.rotate_right(1);
        self.starts[0] = 0;
    }

    /// Atoms of neighboring bins along c, as indices in bin order.
    pub(super) fn in_bins(&self, frame: &Frame, a: usize, b: usize, c: Range<usize>) -> Range<usize> {
        let row = (a * frame.bins[1] + b) * frame.bins[2];
        self.starts[row + c.start]..self.starts[row + c.end]
    }

    /// First and last image along each vector that can have an atom near an atom of the cell.
    pub(super) fn image_range(&self, frame: &Frame) -> ([i64; 3], [i64; 3]) {
        let (mut first, mut last) = ([0; 3], [0; 3]);
        for axis in (0..3).filter(|axis| frame.periodic[*axis]) {
            let (low, high) = bounds(&self.coordinates[axis]);
            // The neighbor's coordinate differs by less than the reach, and both lie between the bounds.
            first[axis] = (low - high - frame.reach[axis]).ceil() as i64;
            last[axis] = (high - low + frame.reach[axis]).floor() as i64;
        }
        (first, last)
    }

    /// Cells between the atoms that are farthest from each other, along the vector where they are most.
    pub(super) fn spread(&self) -> i64 {
        let along = |axis: usize| self.offsets.iter().map(move |offset| offset[axis]);
        let spread = |axis| along(axis).max().unwrap_or(0) - along(axis).min().unwrap_or(0);
        spread(0).max(spread(1)).max(spread(2))
    }

    /// A length in Å that no two atoms of the cell exceed.
    pub(super) fn diameter(&self) -> f32 {
        let widths = [0, 1, 2].map(|axis| {
            let (low, high) = self.cart[axis].iter().fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
            high - low
        });
        let diagonal = widths.iter().map(|width| width * width).sum::<f32>().sqrt();
        diagonal * (1.0 + 1e-6)
    }
}

fn bounds(along: &[f64]) -> (f64, f64) {
    along.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)))
}
