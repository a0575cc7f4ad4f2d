//! Sites of a reduced cell, found by where they are.

use crate::{Cart, Crystal, CrystalError, Frac, Lattice, Site, Species};

/// A cell whose sites have kinds: sites of one kind have the same occupants.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) lattice: Lattice,
    pub(super) positions: Vec<[f64; 3]>,
    pub(super) kinds: Vec<usize>,
}

/// The image of every site under an isometry, which is moved by what the images are off on average.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    /// The site onto which every site falls.
    pub(super) images: Vec<usize>,
    /// The translation of the isometry.
    pub(super) translation: [f64; 3],
    /// How far in Å the worst site is from its image.
    pub(super) deviation: f64,
}

/// The kind of every site, and what occupies the sites of each kind.
pub(super) fn site_kinds(crystal: &Crystal) -> (Vec<usize>, Vec<&Species>) {
    let mut species: Vec<&Species> = Vec::new();
    let kinds = crystal.sites().iter().map(|site| {
        species.iter().position(|kind| **kind == site.species).unwrap_or_else(|| {
            species.push(&site.species);
            species.len() - 1
        })
    });
    (kinds.collect(), species)
}

impl Cell {
    /// The sites of a crystal in another basis of its lattice, and what occupies the sites of each kind.
    pub(super) fn new(crystal: &Crystal, lattice: Lattice) -> (Self, Vec<&Species>) {
        let (kinds, species) = site_kinds(crystal);
        let positions = crystal.cart_positions().map(|position| lattice.to_frac(position).0).collect();
        (Self { lattice, positions, kinds }, species)
    }

    /// The crystal of these sites.
    pub(super) fn to_crystal(&self, species: &[&Species]) -> Result<Crystal, CrystalError> {
        let site = |(kind, position): (&usize, &[f64; 3])| Site {
            species: species[*kind].clone(),
            position: Frac(*position).wrapped(),
        };
        Crystal::new(self.lattice, self.kinds.iter().zip(&self.positions).map(site).collect())
    }

    pub(super) fn num_sites(&self) -> usize {
        self.positions.len()
    }

    /// How many sites there are of each kind.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        for &kind in &self.kinds {
            if counts.len() <= kind {
                counts.resize(kind + 1, 0);
            }
            counts[kind] += 1;
        }
        counts
    }

    /// The sites of the rarest kind.
    pub(super) fn rarest(&self) -> Vec<usize> {
        let counts = self.counts();
        let rarest = (0..counts.len()).filter(|&kind| counts[kind] > 0).min_by_key(|&kind| counts[kind]);
        (0..self.num_sites()).filter(|&site| Some(self.kinds[site]) == rarest).collect()
    }

    /// A vector in units of the lattice vectors, in Å.
    pub(super) fn length(&self, vector: [f64; 3]) -> f64 {
        let Cart([x, y, z]) = self.lattice.to_cart(Frac(vector));
        (x * x + y * y + z * z).sqrt()
    }
}

/// Adding it to a number below 2⁵¹ leaves no digit behind the point.
const ROUNDING: f64 = 1.5 * (1_u64 << 52) as f64;

/// Looks up the sites of a cell by their positions.
#[derive(Debug)]
pub(super) struct SiteIndex<'c> {
    cell: &'c Cell,
    /// The direction along which lattice planes are farthest apart; sites of a kind are sorted along it.
    axis: usize,
    /// Å between these planes.
    spacing: f64,
    /// For every kind: positions along the axis within [0, 1), and their sites.
    sorted: Vec<Vec<(f64, usize)>>,
}

impl<'c> SiteIndex<'c> {
    pub(super) fn new(cell: &'c Cell) -> Self {
        let spacings = cell.lattice.plane_spacings();
        let axis = (0..3).max_by(|&a, &b| spacings[a].total_cmp(&spacings[b])).unwrap_or(0);
        let mut sorted = vec![Vec::new(); cell.counts().len()];
        for (site, (position, &kind)) in cell.positions.iter().zip(&cell.kinds).enumerate() {
            sorted[kind].push((position[axis].rem_euclid(1.0), site));
        }
        for sites in &mut sorted {
            sites.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Self { cell, axis, spacing: spacings[axis], sorted }
    }

    /// The site of a kind that is closer than `reach` Å to a position, and the way from the position to it.
    fn find(&self, kind: usize, position: [f64; 3], reach: f64) -> Option<(usize, [f64; 3])> {
        let sites = &self.sorted[kind];
        let (width, middle) = (reach / self.spacing, position[self.axis].rem_euclid(1.0));
        let near = |&(_, site): &(f64, usize)| {
            let other = self.cell.positions[site];
            let way = [0, 1, 2].map(|k| {
                let way = other[k] - position[k];
                // The nearest whole number, without the function call that `round` is on a baseline x86-64 CPU.
                way - ((way + ROUNDING) - ROUNDING)
            });
            (self.cell.length(way) < reach).then_some((site, way))
        };
        let window = |low: f64, high: f64| {
            let begin = sites.partition_point(|(at, _)| *at < low);
            sites[begin..].iter().take_while(move |(at, _)| *at <= high).find_map(near)
        };
        // The window may go on at the other end of the cell.
        window(middle - width, middle + width)
            .or_else(|| if middle < width { window(middle - width + 1.0, 1.0) } else { None })
            .or_else(|| if middle + width > 1.0 { window(0.0, middle + width - 1.0) } else { None })
    }

    /// Where an isometry takes every site, if every site comes within the tolerance, in Å, of one of its own kind.
    pub(super) fn map(&self, rotation: [[i32; 3]; 3], translation: [f64; 3], tolerance: f64) -> Option<Mapping> {
        let rotation = rotation.map(|row| row.map(f64::from));
        let image = |x: &[f64; 3]| {
            [0, 1, 2].map(|k| rotation[k][0] * x[0] + rotation[k][1] * x[1] + rotation[k][2] * x[2] + translation[k])
        };
        let sites = self.cell.positions.iter().zip(&self.cell.kinds);
        // The translation takes one site exactly to another, both of which may be off.
        let found: Vec<_> =
            sites.map(|(position, &kind)| self.find(kind, image(position), 2.0 * tolerance)).collect::<Option<_>>()?;
        let count = found.len() as f64;
        let mean = [0, 1, 2].map(|k| found.iter().map(|(_, way)| way[k]).sum::<f64>() / count);
        let off = |way: &[f64; 3]| self.cell.length([0, 1, 2].map(|k| way[k] - mean[k]));
        let deviation = found.iter().map(|(_, way)| off(way)).fold(0.0, f64::max);
        let translation = [0, 1, 2].map(|k| translation[k] + mean[k]);
        let images = found.into_iter().map(|(site, _)| site).collect::<Vec<_>>();
        (deviation <= tolerance).then_some(Mapping { images, translation, deviation })
    }
}
