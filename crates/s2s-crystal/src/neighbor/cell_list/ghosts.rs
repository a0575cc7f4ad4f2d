//! What a bin can see, and who of it is near.

use std::ops::Range;

use super::{atoms::Atoms, frame::Frame};
use crate::CrystalError;

/// Candidates that are looked at together; few enough that the index of one fits in a byte.
const BLOCK: usize = 255;

/// Images of the cell that a search may visit.
const MAX_IMAGES: usize = 4_000_000;

/// Atoms and images within the coarse radius of the box around a bin's atoms.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// Positions in Å.
    cart: [Vec<f32>; 3],
    sites: Vec<u32>,
    images: Vec<u32>,
    picker: Picker,
}

impl Ghosts {
    /// Step 2: the bin's own atoms come first and in order, so that every atom knows itself among the ghosts.
    pub(super) fn gather(
        &mut self,
        atoms: &Atoms,
        images: &mut Images,
        frame: &Frame,
        home: [usize; 3],
        centers: Range<usize>,
    ) {
        self.cart.iter_mut().for_each(Vec::clear);
        self.sites.clear();
        self.images.clear();
        let zero = images.id(frame, [0; 3]);
        let bounds = Bounds::around(atoms, &centers, frame);
        for axis in 0..3 {
            self.cart[axis].extend_from_slice(&atoms.cart[axis][centers.clone()]);
        }
        self.sites.extend_from_slice(&atoms.sites[centers.clone()]);
        self.images.resize(self.sites.len(), zero);

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
                            self.visit(atoms, atoms.in_bins(frame, bin_a, bin_b, part), zero, [0.0; 3], &bounds);
                        }
                        continue;
                    }
                    let run = atoms.in_bins(frame, bin_a, bin_b, from..to);
                    if !run.is_empty() {
                        let shift = frame.cart(steps.map(|step| step as f64)).map(|x| x as f32);
                        let image = images.id(frame, steps);
                        self.visit(atoms, run, image, shift, &bounds);
                    }
                }
            }
        }
    }

    /// Adds the atoms of a run, shifted, that lie close enough to the box.
    fn visit(&mut self, atoms: &Atoms, run: Range<usize>, image: u32, shift: [f32; 3], bounds: &Bounds) {
        let (low, high) = (bounds.low, bounds.high);
        let mut start = run.start;
        while start < run.end {
            let block = start..run.end.min(start + BLOCK);
            start = block.end;
            let [x, y, z] = [0, 1, 2].map(|axis| &atoms.cart[axis][block.clone()]);
            let beyond = |x: f32, axis: usize| {
                let x = x + shift[axis];
                (low[axis] - x).max(x - high[axis]).max(0.0)
            };
            let picked = self.picker.pick(x, y, z, None, |x, y, z| {
                let (x, y, z) = (beyond(x, 0), beyond(y, 1), beyond(z, 2));
                x * x + y * y + z * z <= bounds.radius_squared
            });
            let sites = &atoms.sites[block];
            self.sites.extend(picked.iter().map(|k| sites[usize::from(*k)]));
            self.cart[0].extend(picked.iter().map(|k| x[usize::from(*k)] + shift[0]));
            self.cart[1].extend(picked.iter().map(|k| y[usize::from(*k)] + shift[1]));
            self.cart[2].extend(picked.iter().map(|k| z[usize::from(*k)] + shift[2]));
            self.images.resize(self.sites.len(), image);
        }
    }

    /// Step 3: the ghosts near one atom of the bin, which is itself the ghost number `own`.
    pub(super) fn scan(&mut self, atoms: &Atoms, frame: &Frame, center: usize, own: usize, rows: &mut Rows) {
        let at = [0, 1, 2].map(|axis| atoms.cart[axis][center]);
        let radius_squared = (frame.coarse_radius() as f32).powi(2) * (1.0 + 1e-6);
        let first = rows.sites.len();
        let mut start = 0;
        while start < self.sites.len() {
            let block = start..self.sites.len().min(start + BLOCK);
            let [x, y, z] = [0, 1, 2].map(|axis| &self.cart[axis][block.clone()]);
            let own = own.checked_sub(start);
            let picked = self.picker.pick(x, y, z, own, |x, y, z| {
                let (x, y, z) = (x - at[0], y - at[1], z - at[2]);
                x * x + y * y + z * z <= radius_squared
            });
            let (sites, images) = (&self.sites[block.clone()], &self.images[block.clone()]);
            rows.sites.extend(picked.iter().map(|k| sites[usize::from(*k)]));
            rows.images.extend(picked.iter().map(|k| images[usize::from(*k)]));
            start = block.end;
        }
        rows.ranges[atoms.sites[center] as usize] = (first, rows.sites.len());
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
            radius_squared: (frame.coarse_radius() as f32).powi(2) * (1.0 + 1e-6),
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

/// Finds out which candidates of a block pass a test, without a branch that could be mispredicted.
#[derive(Debug)]
struct Picker {
    flags: [u8; BLOCK],
    picked: [u8; 256],
}

impl Default for Picker {
    fn default() -> Self {
        Self { flags: [0; BLOCK], picked: [0; 256] }
    }
}

impl Picker {
    /// Indices of the candidates that pass, but for the one to leave out.
    #[inline(always)]
    fn pick(
        &mut self,
        x: &[f32],
        y: &[f32],
        z: &[f32],
        leave_out: Option<usize>,
        passes: impl Fn(f32, f32, f32) -> bool,
    ) -> &[u8] {
        let flags = &mut self.flags[..x.len()];
        for (((flag, x), y), z) in flags.iter_mut().zip(x).zip(y).zip(z) {
            *flag = u8::from(passes(*x, *y, *z));
        }
        if let Some(flag) = leave_out.and_then(|k| flags.get_mut(k)) {
            *flag = 0;
        }
        let mut count = 0;
        for (k, flag) in flags.iter().enumerate() {
            self.picked[count & 255] = k as u8;
            count += usize::from(*flag);
        }
        &self.picked[..count]
    }
}

/// The images that the search has met, by a number of their own.
#[derive(Debug, Default)]
pub(super) struct Images {
    /// Number of every image within reach, plus one; zero while it was not met.
    ids: Vec<u32>,
    reach: [i64; 3],
    steps: Vec<[i32; 3]>,
    shifts: Vec<[f64; 3]>,
}

impl Images {
    pub(super) fn start(&mut self, frame: &Frame) -> Result<(), CrystalError> {
        self.reach = frame.image_reach();
        let count = self.reach.iter().map(|reach| 2.0 * *reach as f64 + 1.0).product::<f64>();
        if count > MAX_IMAGES as f64 {
            return Err(CrystalError::LimitExceeded { what: "the number of cell images", limit: MAX_IMAGES });
        }
        self.ids.clear();
        self.ids.resize(count as usize, 0);
        self.steps.clear();
        self.shifts.clear();
        Ok(())
    }

    fn id(&mut self, frame: &Frame, steps: [i64; 3]) -> u32 {
        let [a, b, c] = [0, 1, 2].map(|axis| (steps[axis] + self.reach[axis]) as usize);
        let [_, wide, deep] = self.reach.map(|reach| 2 * reach as usize + 1);
        let id = &mut self.ids[(a * wide + b) * deep + c];
        if *id == 0 {
            let steps = frame.to_crystal(steps.map(|step| step as i32));
            self.shifts.push(frame.crystal_cart(steps));
            self.steps.push(steps);
            *id = self.steps.len() as u32;
        }
        *id - 1
    }

    /// Steps along the crystal's lattice vectors.
    pub(super) fn steps(&self, id: u32) -> [i32; 3] {
        self.steps[id as usize]
    }

    /// The same in Å.
    pub(super) fn shift(&self, id: u32) -> [f64; 3] {
        self.shifts[id as usize]
    }
}

/// What the coarse test let through, in the order in which atoms were looked at.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Start and end of every atom's row, in site order.
    ranges: Vec<(usize, usize)>,
    sites: Vec<u32>,
    images: Vec<u32>,
}

impl Rows {
    pub(super) fn start(&mut self, atoms: usize) {
        self.ranges.clear();
        self.ranges.resize(atoms, (0, 0));
        self.sites.clear();
        self.images.clear();
    }

    pub(super) fn num_pairs(&self) -> usize {
        self.sites.len()
    }

    /// Sites and images near one atom.
    pub(super) fn of(&self, atom: usize) -> (&[u32], &[u32]) {
        let (first, last) = self.ranges[atom];
        (&self.sites[first..last], &self.images[first..last])
    }
}
