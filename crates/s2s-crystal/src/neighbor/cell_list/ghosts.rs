//! Candidates around a bin, and the test of their distances.

use std::ops::Range;

use super::{
    atoms::Atoms,
    frame::Frame,
    images::Images,
    picker::{BLOCK, Picker},
    rows::{Pair, Rows},
};
use crate::CrystalError;

/// Atoms and images around one bin that a search holds at most: 42 MB of them.
const MAX_GHOSTS: usize = 1 << 21;

/// Atoms and images within the coarse radius of the box around a bin's atoms.
///
/// The bin's own atoms come first and in order, so that the index of an atom is its index among the ghosts.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// Positions in Å.
    cart: [Vec<f32>; 3],
    pairs: Vec<Pair>,
    picker: Picker,
}

impl Ghosts {
    /// Step 2 where the whole cell is one bin: atom by atom, because there are more images than atoms.
    pub(super) fn gather_images(&mut self, atoms: &Atoms, images: &Images, frame: &Frame) -> Result<(), CrystalError> {
        self.start(atoms, 0..atoms.sites.len(), 0);
        let bounds = Bounds::around(atoms, &(0..atoms.sites.len()), frame);
        let mut start = 1; // behind the cell itself
        while start < images.cart[0].len() {
            let block = start..images.cart[0].len().min(start + BLOCK);
            let shifts = [0, 1, 2].map(|axis| &images.cart[axis][block.clone()]);
            for (index, site) in atoms.sites.iter().enumerate() {
                let by = [atoms.cart[0][index], atoms.cart[1][index], atoms.cart[2][index]];
                let pair = |k: usize| Pair { site: *site, image: (start + k) as u32 };
                self.visit(shifts, by, &bounds, pair);
                self.check_number()?;
            }
            start = block.end;
        }
        Ok(())
    }

    /// Step 2 for one of several bins.
    pub(super) fn gather_bins(
        &mut self,
        atoms: &Atoms,
        images: &mut Images,
        frame: &Frame,
        home: [usize; 3],
        centers: Range<usize>,
    ) -> Result<(), CrystalError> {
        let zero = images.id(frame, [0; 3]);
        self.start(atoms, centers.clone(), zero);
        let bounds = Bounds::around(atoms, &centers, frame);
        let (first, last) = bounds.bins(frame);
        let bins = frame.bins.map(|n| n as i64);
        for a in first[0]..=last[0] {
            let (image_a, bin_a) = (a.div_euclid(bins[0]), a.rem_euclid(bins[0]) as usize);
            for b in first[1]..=last[1] {
                let (image_b, bin_b) = (b.div_euclid(bins[1]), b.rem_euclid(bins[1]) as usize);
                for image_c in first[2].div_euclid(bins[2])..=last[2].div_euclid(bins[2]) {
                    let from = (first[2] - image_c * bins[2]).max(0) as usize;
                    let to = (last[2] - image_c * bins[2] + 1).min(bins[2]) as usize;
                    let steps = [image_a, image_b, image_c];
                    if steps == [0; 3] && [bin_a, bin_b] == [home[0], home[1]] && (from..to).contains(&home[2]) {
                        for part in [from..home[2], home[2] + 1..to] {
                            let run = atoms.in_bins(frame, bin_a, bin_b, part);
                            self.visit_run(atoms, run, zero, [0.0; 3], &bounds);
                        }
                        continue;
                    }
                    let run = atoms.in_bins(frame, bin_a, bin_b, from..to);
                    if !run.is_empty() {
                        let shift = frame.cart([image_a as f64, image_b as f64, image_c as f64]);
                        let shift = [shift[0] as f32, shift[1] as f32, shift[2] as f32];
                        self.visit_run(atoms, run, images.id(frame, steps), shift, &bounds);
                        self.check_number()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check_number(&self) -> Result<(), CrystalError> {
        if self.pairs.len() > MAX_GHOSTS {
            let what = "the number of atoms within the cutoff";
            return Err(CrystalError::LimitExceeded { what, limit: MAX_GHOSTS });
        }
        Ok(())
    }

    /// Step 3: the ghosts near one atom of the bin, which is itself the ghost number `own`.
    pub(super) fn scan(&mut self, atoms: &Atoms, frame: &Frame, center: usize, own: usize, rows: &mut Rows) {
        let at = [atoms.cart[0][center], atoms.cart[1][center], atoms.cart[2][center]];
        let radius_squared = frame.coarse_radius_squared();
        let first = rows.num_pairs();
        let mut start = 0;
        while start < self.pairs.len() {
            let block = start..self.pairs.len().min(start + BLOCK);
            let [x, y, z] = [0, 1, 2].map(|axis| &self.cart[axis][block.clone()]);
            let picked = self.picker.pick(x, y, z, own.checked_sub(start), |x, y, z| {
                let (x, y, z) = (x - at[0], y - at[1], z - at[2]);
                x * x + y * y + z * z <= radius_squared
            });
            start = block.end;
            let pairs = &self.pairs[block];
            rows.extend(picked.iter().map(|k| pairs[usize::from(*k)]));
        }
        rows.end_row(atoms.sites[center] as usize, first);
    }

    /// The atoms of the bin itself.
    fn start(&mut self, atoms: &Atoms, centers: Range<usize>, zero: u32) {
        for axis in 0..3 {
            self.cart[axis].clear();
            self.cart[axis].extend_from_slice(&atoms.cart[axis][centers.clone()]);
        }
        self.pairs.clear();
        self.pairs.extend(atoms.sites[centers].iter().map(|site| Pair { site: *site, image: zero }));
    }

    /// Adds the atoms of a run of bins, shifted, that lie close enough to the box.
    fn visit_run(&mut self, atoms: &Atoms, run: Range<usize>, image: u32, shift: [f32; 3], bounds: &Bounds) {
        let mut start = run.start;
        while start < run.end {
            let block = start..run.end.min(start + BLOCK);
            start = block.end;
            let at = [0, 1, 2].map(|axis| &atoms.cart[axis][block.clone()]);
            let sites = &atoms.sites[block];
            self.visit(at, shift, bounds, |k| Pair { site: sites[k], image });
        }
    }

    /// Adds what lies close enough to the box of a block of points, all moved alike.
    #[inline]
    fn visit(&mut self, [x, y, z]: [&[f32]; 3], by: [f32; 3], bounds: &Bounds, pair: impl Fn(usize) -> Pair) {
        // The box and the points move together: it is cheaper to move the box.
        let low = [bounds.low[0] - by[0], bounds.low[1] - by[1], bounds.low[2] - by[2]];
        let high = [bounds.high[0] - by[0], bounds.high[1] - by[1], bounds.high[2] - by[2]];
        let beyond = |x: f32, axis: usize| {
            // Not `f32::max`, whose care for NaN costs vectors.
            let (below, above) = (low[axis] - x, x - high[axis]);
            let most = if below > above { below } else { above };
            if most > 0.0 { most } else { 0.0 }
        };
        let picked = self.picker.pick(x, y, z, None, |x, y, z| {
            let (x, y, z) = (beyond(x, 0), beyond(y, 1), beyond(z, 2));
            x * x + y * y + z * z <= bounds.radius_squared
        });
        self.pairs.extend(picked.iter().map(|k| pair(usize::from(*k))));
        for (column, (at, by)) in self.cart.iter_mut().zip([(x, by[0]), (y, by[1]), (z, by[2])]) {
            column.extend(picked.iter().map(|k| at[usize::from(*k)] + by));
        }
    }
}

/// Where the atoms of a bin are, and how far from there the search must look.
struct Bounds {
    /// Corners of the box around the atoms in Å.
    low: [f32; 3],
    high: [f32; 3],
    radius_squared: f32,
    /// The same in coordinates of the frame.
    first: [f64; 3],
    last: [f64; 3],
}

impl Bounds {
    fn around(atoms: &Atoms, centers: &Range<usize>, frame: &Frame) -> Self {
        let mut bounds = Self {
            low: [f32::MAX; 3],
            high: [f32::MIN; 3],
            radius_squared: frame.coarse_radius_squared(),
            first: [f64::MAX; 3],
            last: [f64::MIN; 3],
        };
        for axis in 0..3 {
            for x in &atoms.cart[axis][centers.clone()] {
                bounds.low[axis] = bounds.low[axis].min(*x);
                bounds.high[axis] = bounds.high[axis].max(*x);
            }
            for x in &atoms.coordinates[axis][centers.clone()] {
                bounds.first[axis] = bounds.first[axis].min(*x);
                bounds.last[axis] = bounds.last[axis].max(*x);
            }
        }
        bounds
    }

    /// First and last bin within reach along each vector, counted on through the images.
    fn bins(&self, frame: &Frame) -> ([i64; 3], [i64; 3]) {
        let (mut first, mut last) = ([0; 3], [0; 3]);
        for axis in 0..3 {
            let bins = frame.bins[axis] as i64;
            let bin = |x: f64| (x * frame.bin_density[axis]).floor() as i64;
            first[axis] = bin(self.first[axis] - frame.reach[axis]);
            last[axis] = bin(self.last[axis] + frame.reach[axis]);
            if !frame.periodic[axis] {
                first[axis] = first[axis].clamp(0, bins - 1);
                last[axis] = last[axis].clamp(0, bins - 1);
            }
        }
        (first, last)
    }
}
