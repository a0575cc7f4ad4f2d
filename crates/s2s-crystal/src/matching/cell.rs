//! The primitive Niggli cell in which crystals are compared.

use super::MatchTolerance;
use crate::{
    Crystal, CrystalError, Frac, Lattice,
    lattice::{angle, dot},
};

/// A primitive cell in Niggli's basis, with the sites of the crystal that each of its sites represents.
pub(super) struct Cell {
    lattice: Lattice,
    positions: Vec<Frac>,
    kinds: Vec<usize>,
    /// For every site, the sites of the crystal that it stands for.
    members: Vec<Vec<usize>>,
    /// Its vectors in units of the crystal's, as rows.
    steps: Matrix,
}

type Matrix = [[f64; 3]; 3];

/// A lattice vector: steps along the basis, the vector in Å, its length.
type Candidate = ([i32; 3], [f64; 3], f64);

impl Cell {
    /// As `Structure.get_reduced_structure` and `get_primitive_structure` of pymatgen leave it.
    ///
    /// # Source
    ///
    /// `pymatgen/core/structure.py`: Hermite forms in order of determinant, translations that miss by less than the tolerance along every
    /// vector, positions of coinciding sites averaged, until no smaller cell is found.
    pub(super) fn reduced(crystal: &Crystal, kinds: &[usize], tolerance: f64) -> Result<Self, CrystalError> {
        let start = Self {
            lattice: *crystal.lattice(),
            positions: crystal.sites().iter().map(|site| site.position).collect(),
            kinds: kinds.to_vec(),
            members: (0..kinds.len()).map(|site| vec![site]).collect(),
            steps: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        };
        let mut cell = start.in_niggli_basis()?;
        while let Some(smaller) = cell.smaller(tolerance)? {
            cell = smaller.in_niggli_basis()?;
        }
        Ok(cell)
    }

    pub(super) fn num_sites(&self) -> usize {
        self.positions.len()
    }

    /// Number of sites of the crystal.
    pub(super) fn num_members(&self) -> usize {
        self.members.iter().map(Vec::len).sum()
    }

    pub(super) fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    pub(super) fn positions(&self) -> &[Frac] {
        &self.positions
    }

    pub(super) fn kinds(&self) -> &[usize] {
        &self.kinds
    }

    pub(super) fn volume(&self) -> f64 {
        self.lattice.volume()
    }

    pub(super) fn scale(&mut self, factor: f64) -> Result<(), CrystalError> {
        self.lattice = Lattice::from_rows(self.lattice.vectors().map(|row| row.map(|x| x * factor)))?;
        Ok(())
    }

    pub(super) fn has_kinds_of(&self, other: &Self) -> bool {
        let sorted = |cell: &Self| {
            let mut kinds = cell.kinds.clone();
            kinds.sort_unstable();
            kinds
        };
        sorted(self) == sorted(other)
    }

    /// The first site of the kind that has fewest.
    pub(super) fn rarest_site(&self) -> usize {
        let count = |kind: usize| self.kinds.iter().filter(|k| **k == kind).count();
        (0..self.num_sites()).min_by_key(|site| count(self.kinds[*site])).unwrap_or_default()
    }

    /// The site that stands for this one of the crystal, and which of its copies that is.
    pub(super) fn locate(&self, site: usize) -> (usize, usize) {
        let found = self
            .members
            .iter()
            .enumerate()
            .find_map(|(group, all)| Some((group, all.iter().position(|m| *m == site)?)));
        found.expect("invariant: every site of the crystal stands for itself or belongs to another")
    }

    /// One of the crystal's sites that this one stands for.
    pub(super) fn copy(&self, group: usize, copy: usize) -> usize {
        self.members[group][copy % self.members[group].len()]
    }

    /// The lattice vectors of this cell's crystal in units of those of the other cell's, whose sums `vectors` stand for this cell's.
    pub(super) fn basis_in(&self, other: &Self, vectors: [[i32; 3]; 3]) -> Matrix {
        let own = inverse(self.steps);
        let matched = times(vectors.map(|row| row.map(f64::from)), other.steps);
        times(own, matched).map(|row| row.map(|x| if (x - x.round()).abs() < 1e-9 { x.round() } else { x }))
    }

    /// All triples of lattice vectors with the volume of the cell, and the lengths and angles of the other lattice within the
    /// tolerances, the ones that are most like it first.
    pub(super) fn vectors_like(&self, other: &Lattice, tolerance: &MatchTolerance) -> Vec<[[i32; 3]; 3]> {
        let (lengths, angles) = (other.lengths(), other.angles());
        let longest = lengths.into_iter().fold(0.0, f64::max) * (1.0 + tolerance.length);
        let mut shells: [Vec<Candidate>; 3] = [Vec::new(), Vec::new(), Vec::new()];
        let reach = self.lattice.plane_spacings().map(|spacing| (longest / spacing + 1e-8).floor() as i32);
        for i in -reach[0]..=reach[0] {
            for j in -reach[1]..=reach[1] {
                for k in -reach[2]..=reach[2] {
                    let cart = self.lattice.to_cart(Frac([i, j, k].map(f64::from))).0;
                    let length = dot(cart, cart).sqrt();
                    for (shell, wanted) in shells.iter_mut().zip(lengths) {
                        let ratio = length / wanted;
                        if ratio < 1.0 + tolerance.length && ratio > 1.0 / (1.0 + tolerance.length) {
                            shell.push(([i, j, k], cart, length));
                        }
                    }
                }
            }
        }
        let fits = |u: &Candidate, v: &Candidate, wanted: f64| {
            (angle(dot(u.1, v.1), u.2, v.2) - wanted).abs() <= tolerance.angle
        };
        let mut found = Vec::new();
        for a in &shells[0] {
            let third: Vec<_> = shells[2].iter().filter(|c| fits(a, c, angles[1])).collect();
            for b in shells[1].iter().filter(|b| fits(a, b, angles[2])) {
                for c in third.iter().filter(|c| fits(b, c, angles[0])) {
                    let [u, v, w] = [a.0, b.0, c.0];
                    let minor = |p: usize, q: usize| v[p] * w[q] - v[q] * w[p];
                    let determinant = u[0] * minor(1, 2) - u[1] * minor(0, 2) + u[2] * minor(0, 1);
                    if determinant.abs() == 1 {
                        let of_lengths = [a.2, b.2, c.2].into_iter().zip(lengths).map(|(x, y)| (x / y).ln().powi(2));
                        let cosines = [(b, *c), (a, *c), (a, b)].map(|(x, y)| dot(x.1, y.1) / (x.2 * y.2));
                        let of_angles =
                            cosines.into_iter().zip(angles).map(|(x, y)| (x - y.to_radians().cos()).powi(2));
                        found.push((of_lengths.chain(of_angles).sum::<f64>(), [u, v, w]));
                    }
                }
            }
        }
        // Pairings of few sites are all alike: then the least strained lattice is the answer.
        found.sort_by(|x, y| x.0.total_cmp(&y.0));
        found.into_iter().map(|(_, vectors)| vectors).collect()
    }

    fn in_niggli_basis(self) -> Result<Self, CrystalError> {
        let reduced = self.lattice.niggli_reduced()?;
        let to_new = |x: &Frac| reduced.lattice.to_frac(self.lattice.to_cart(*x)).wrapped();
        let transform = reduced.transform.map(|row| row.map(f64::from));
        Ok(Self {
            positions: self.positions.iter().map(to_new).collect(),
            lattice: reduced.lattice,
            steps: times(transform, self.steps),
            ..self
        })
    }

    /// A smaller cell of the same crystal; `None` if there is none within the tolerance.
    fn smaller(&self, tolerance: f64) -> Result<Option<Self>, CrystalError> {
        let groups = self.groups();
        let units = groups.iter().fold(0, |common, group| greatest_common_divisor(common, group.len()));
        if units < 2 {
            return Ok(None);
        }
        let close = self.lattice.lengths().map(|length| tolerance / length);
        let translations = self.translations(&groups, close);
        // Without a translation but zero there is nothing to be found.
        if translations.len() < 2 {
            return Ok(None);
        }
        for size in (2..=units).filter(|size| units.is_multiple_of(*size)) {
            for matrix in hermite_forms(size) {
                let rows = inverse(matrix.map(|row| row.map(f64::from)));
                let known =
                    |row: &[f64; 3]| translations.iter().any(|t| (0..3).all(|k| apart(row[k], t[k]) < close[k]));
                if rows.iter().all(known)
                    && let Some(smaller) = self.folded(&groups, matrix, rows, size, close, tolerance)?
                {
                    return Ok(Some(smaller));
                }
            }
        }
        Ok(None)
    }

    /// Sites by kind.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for site in 0..self.num_sites() {
            match groups.iter_mut().find(|group| self.kinds[group[0]] == self.kinds[site]) {
                Some(group) => group.push(site),
                None => groups.push(vec![site]),
            }
        }
        groups
    }

    /// Vectors that bring every site near one of its kind, within twice the tolerance.
    fn translations(&self, groups: &[Vec<usize>], close: [f64; 3]) -> Vec<[f64; 3]> {
        let Some(rarest) = groups.iter().min_by_key(|group| group.len()) else { return Vec::new() };
        let from = self.positions[rarest[0]].0;
        let between = |x: [f64; 3], y: [f64; 3]| [0, 1, 2].map(|k| x[k] - y[k]);
        let mut found: Vec<[f64; 3]> = rarest.iter().map(|site| between(self.positions[*site].0, from)).collect();
        for group in groups {
            for site in group {
                let x = self.positions[*site].0;
                found.retain(|t| {
                    group.iter().any(|other| {
                        let step = between(self.positions[*other].0, x);
                        (0..3).all(|k| apart(t[k], step[k]) <= 2.0 * close[k])
                    })
                });
            }
        }
        found
    }

    /// The cell that the rows span, if all sites fold onto each other in equal numbers.
    fn folded(
        &self,
        groups: &[Vec<usize>],
        matrix: [[i32; 3]; 3],
        rows: Matrix,
        size: usize,
        close: [f64; 3],
        tolerance: f64,
    ) -> Result<Option<Self>, CrystalError> {
        let vectors = times(rows, self.lattice.vectors());
        let lattice = Lattice::from_rows(vectors)?;
        let near = lattice.lengths().map(|length| tolerance / length);
        let matrix = matrix.map(|row| row.map(f64::from));
        let (mut positions, mut kinds, mut members) = (Vec::new(), Vec::new(), Vec::new());
        for group in groups {
            let inside: Vec<[f64; 3]> = group.iter().map(|site| row_times(self.positions[*site].0, matrix)).collect();
            // Neighbors in the large cell are not copies of each other.
            let belongs = |a: usize, b: usize| {
                let (x, y) = (self.positions[group[a]].0, self.positions[group[b]].0);
                let neighbors = a != b && (0..3).all(|k| apart(x[k], y[k]) <= 2.0 * close[k]);
                !neighbors && (0..3).all(|k| apart(inside[a][k], inside[b][k]) < near[k])
            };
            let all: Vec<Vec<usize>> =
                (0..group.len()).map(|a| (0..group.len()).filter(|b| belongs(a, *b)).collect()).collect();
            let cliques = all.iter().all(|own| own.len() == size && own.iter().all(|b| all[*b] == *own));
            if !cliques {
                return Ok(None);
            }
            for own in all.iter().enumerate().filter(|(a, own)| own[0] == *a).map(|(_, own)| own) {
                let mut mean = inside[own[0]].map(|x| x - x.floor());
                for (count, copy) in own.iter().enumerate().skip(1) {
                    for k in 0..3 {
                        let offset = inside[*copy][k] - mean[k];
                        mean[k] += (offset - offset.round()) / (count + 1) as f64;
                    }
                }
                positions.push(Frac(mean));
                kinds.push(self.kinds[group[0]]);
                members.push(own.iter().flat_map(|copy| self.members[group[*copy]].iter().copied()).collect());
            }
        }
        Ok(Some(Self { lattice, positions, kinds, members, steps: times(rows, self.steps) }))
    }
}

/// All upper triangular matrices that span distinct superlattices of this size.
fn hermite_forms(size: usize) -> Vec<[[i32; 3]; 3]> {
    let factors = |n: usize| (1..=n).filter(move |d| n.is_multiple_of(*d));
    let mut forms = Vec::new();
    for a in factors(size) {
        for e in factors(size / a) {
            let g = size / a / e;
            for b in 0..a {
                for c in 0..a {
                    for f in 0..e {
                        forms.push([[a, b, c], [0, e, f], [0, 0, g]].map(|row| row.map(|x| x as i32)));
                    }
                }
            }
        }
    }
    forms
}

/// Difference of two coordinates, whole cells aside.
fn apart(x: f64, y: f64) -> f64 {
    let difference = x - y;
    (difference - difference.round()).abs()
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn row_times(row: [f64; 3], m: Matrix) -> [f64; 3] {
    [0, 1, 2].map(|k| row[0] * m[0][k] + row[1] * m[1][k] + row[2] * m[2][k])
}

fn times(a: Matrix, b: Matrix) -> Matrix {
    a.map(|row| row_times(row, b))
}

pub(super) fn inverse(m: Matrix) -> Matrix {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    [0, 1, 2].map(|r| [0, 1, 2].map(|c| minor(c, r) / determinant))
}
