//! Periodic images of the cell that a search has met.

use super::{
    atoms::Atoms,
    frame::Frame,
    picker::{BLOCK, Picker},
};
use crate::{CrystalError, neighbor::list::squared};

/// Images of the cell that are tested together, where there are so many.
const PART: usize = 1 << 14;

/// Images of the cell that a search may visit.
const MAX_IMAGES: usize = 4_000_000;

/// Cells along one vector that a search may look across: a cell so flat is no crystal, and its pairs fill any memory.
const MAX_REACH: usize = 1_000;

/// The images that the search has met, by a number of their own; in [`all_near`](Self::all_near), zero comes first.
#[derive(Debug, Default)]
pub(super) struct Images {
    /// Number of every image within reach, plus one; zero while it was not met.
    ids: Vec<u32>,
    reach: [i64; 3],
    steps: Vec<[i64; 3]>,
    shifts: Vec<[f64; 3]>,
    /// Shifts in single precision, in the frame; of those that [`all_near`](Self::all_near) found.
    pub(super) cart: [Vec<f32>; 3],
    candidates: [Vec<f32>; 3],
    picker: Picker,
}

impl Images {
    /// Clears all images; they are numbered again in the order in which they are found.
    pub(super) fn start(&mut self, frame: &Frame) -> Result<(), CrystalError> {
        let count = self.forget(frame)?;
        self.ids.clear();
        self.ids.resize(count, 0);
        Ok(())
    }

    /// Numbers all images that can have an atom near an atom of the cell, the cell itself first.
    pub(super) fn all_near(&mut self, frame: &Frame, atoms: &Atoms, max_pairs: usize) -> Result<(), CrystalError> {
        self.forget(frame)?;
        let (first, last) = atoms.image_range(frame);
        // An image whose shift is longer than the cutoff and the widest distance within the cell is out of reach.
        let reach = frame.coarse_radius() as f32 + atoms.diameter();
        let reach_squared = reach * reach * (1.0 + 1e-6);
        self.push(frame, [0; 3], [0.0; 3]);
        let [wide, deep] = [1, 2].map(|axis| (last[axis] - first[axis] + 1) as usize);
        let zero = ((-first[0]) as usize * wide + (-first[1]) as usize) * deep + (-first[2]) as usize;
        let [along_a, along_b, along_c] = frame.rows;
        self.candidates.iter_mut().for_each(Vec::clear);
        // Number of the first candidate of the current part: there may be millions.
        let mut number = 0;
        // Every atom is a neighbor of its own images, which are counted before room is made for the others.
        let mut pairs = 0_usize;
        for a in first[0]..=last[0] {
            for b in first[1]..=last[1] {
                let row = [0, 1, 2].map(|k| a as f64 * along_a[k] + b as f64 * along_b[k]);
                for k in 0..3 {
                    let coordinate = |c: i64| (row[k] + c as f64 * along_c[k]) as f32;
                    self.candidates[k].extend((first[2]..=last[2]).map(coordinate));
                }
                let is_last = a == last[0] && b == last[1];
                if !is_last && self.candidates[0].len() < PART {
                    continue;
                }
                let own = self.keep_near(frame, reach_squared, number, zero, |at| {
                    let steps = [at / deep / wide, at / deep % wide, at % deep];
                    frame.to_crystal([0, 1, 2].map(|axis| steps[axis] as i64 + first[axis]))
                });
                pairs = pairs.saturating_add(own.saturating_mul(atoms.sites.len()));
                if pairs > max_pairs {
                    return Err(CrystalError::LimitExceeded { what: "the number of neighbor pairs", limit: max_pairs });
                }
                number += self.candidates[0].len();
                self.candidates.iter_mut().for_each(Vec::clear);
            }
        }
        Ok(())
    }

    /// Keeps those of the current candidates, the first of which has this number, that are within reach; not number `zero`.
    /// How many of them are within the cutoff of the cell itself.
    fn keep_near(
        &mut self,
        frame: &Frame,
        reach_squared: f32,
        number: usize,
        zero: usize,
        steps: impl Fn(usize) -> [i64; 3],
    ) -> usize {
        let mut own = 0;
        let mut start = 0;
        while start < self.candidates[0].len() {
            let block = start..self.candidates[0].len().min(start + BLOCK);
            let [x, y, z] = [0, 1, 2].map(|axis| &self.candidates[axis][block.clone()]);
            let leave_out = zero.checked_sub(number + start);
            let picked = self.picker.pick(x, y, z, leave_out, |x, y, z| x * x + y * y + z * z <= reach_squared);
            for k in picked {
                let k = usize::from(*k);
                let steps = steps(number + start + k);
                let shift = frame.crystal_cart(steps);
                own += usize::from(squared(&shift) <= frame.cutoff_squared());
                self.steps.push(steps);
                self.shifts.push(shift);
                self.cart[0].push(x[k]);
                self.cart[1].push(y[k]);
                self.cart[2].push(z[k]);
            }
            start = block.end;
        }
        own
    }

    /// Number of an image, by its steps along the frame's vectors.
    pub(super) fn id(&mut self, frame: &Frame, steps: [i64; 3]) -> u32 {
        let [a, b, c] = [0, 1, 2].map(|axis| (steps[axis] + self.reach[axis]) as usize);
        let [_, wide, deep] = self.reach.map(|reach| 2 * reach as usize + 1);
        let index = (a * wide + b) * deep + c;
        if self.ids[index] == 0 {
            let steps = frame.to_crystal(steps);
            self.steps.push(steps);
            self.shifts.push(frame.crystal_cart(steps));
            self.ids[index] = self.steps.len() as u32;
        }
        self.ids[index] - 1
    }

    /// Steps along the crystal's lattice vectors.
    pub(super) fn steps(&self, id: u32) -> [i64; 3] {
        self.steps[id as usize]
    }

    /// Most steps along one of the crystal's lattice vectors that an image is away.
    pub(super) fn farthest(&self) -> i64 {
        self.steps.iter().flatten().map(|step| step.abs()).max().unwrap_or(0)
    }

    /// The same in Å.
    pub(super) fn shift(&self, id: u32) -> [f64; 3] {
        self.shifts[id as usize]
    }

    fn push(&mut self, frame: &Frame, steps: [i64; 3], cart: [f32; 3]) {
        self.steps.push(steps);
        self.shifts.push(frame.crystal_cart(steps));
        self.cart.iter_mut().zip(cart).for_each(|(column, x)| column.push(x));
    }

    /// Number of images that a search of this frame can meet.
    fn forget(&mut self, frame: &Frame) -> Result<usize, CrystalError> {
        self.reach = frame.image_reach();
        let count = self.reach.iter().map(|reach| 2.0 * *reach as f64 + 1.0).product::<f64>();
        if count > MAX_IMAGES as f64 {
            return Err(CrystalError::LimitExceeded { what: "the number of cell images", limit: MAX_IMAGES });
        }
        if self.reach.iter().any(|reach| *reach > MAX_REACH as i64) {
            let what = "the number of cells that the cutoff spans along one vector";
            return Err(CrystalError::LimitExceeded { what, limit: MAX_REACH });
        }
        self.steps.clear();
        self.shifts.clear();
        self.cart.iter_mut().for_each(Vec::clear);
        Ok(count as usize)
    }
}
