//! Symmetry operations of a primitive cell.

use super::cell::{Cell, Mapping, SiteIndex};
use crate::{
    Lattice, SymOp,
    lattice::dot,
    space_group::{determinant, type_number},
};

type Matrix = [[i32; 3]; 3];

/// The space group of a primitive cell: one operation for each rotation part.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Number of the type in the International Tables.
    pub(super) number: u16,
    operations: Vec<(Matrix, Mapping)>,
}

impl Group {
    /// The operations of a primitive cell in a reduced, right-handed basis; `None` if those within the tolerance, in Å, are
    /// no space group.
    pub(super) fn new(cell: &Cell, tolerance: f64) -> Option<Self> {
        let index = SiteIndex::new(cell);
        let rarest = cell.rarest();
        let first = cell.positions[*rarest.first()?];
        let mut operations = Vec::new();
        for rotation in lattice_rotations(&cell.lattice, tolerance) {
            let turned = rotation.map(|row| (0..3).map(|k| f64::from(row[k]) * first[k]).sum::<f64>());
            let to = |&site: &usize| {
                let translation = [0, 1, 2].map(|k| cell.positions[site][k] - turned[k]);
                index.map(rotation, translation, tolerance)
            };
            // In a primitive cell there is one translation for a rotation part at most.
            operations.extend(rarest.iter().find_map(to).map(|mapping| (rotation, mapping)));
        }
        let symops: Vec<SymOp> = operations
            .iter()
            .map(|(rotation, mapping)| {
                SymOp::of_any_cell(rotation.map(|row| row.map(|x| x as i8)), mapping.translation)
            })
            .collect();
        let number = if is_closed(&operations) { type_number(&symops)? } else { return None };
        Some(Self { number, operations })
    }

    pub(super) fn order(&self) -> usize {
        self.operations.len()
    }

    /// How many sites of the cell symmetry does not map to each other.
    pub(super) fn num_orbits(&self) -> usize {
        let sites = self.operations.first().map_or(0, |(_, mapping)| mapping.images.len());
        let leads = |site: &usize| self.operations.iter().all(|(_, mapping)| mapping.images[*site] >= *site);
        (0..sites).filter(leads).count()
    }

    /// How far in Å a site, or the end of a lattice vector, is from where symmetry puts it.
    pub(super) fn deviation(&self, cell: &Cell) -> f64 {
        let lengths = cell.lattice.lengths();
        let longest = lengths.into_iter().fold(0.0, f64::max);
        let metric = metric(&cell.lattice);
        let strain = |rotation: &Matrix| {
            let turned = transformed(metric, *rotation);
            let entries = (0..9).map(|k| (turned[k / 3][k % 3] - metric[k / 3][k % 3]).abs());
            entries.fold(0.0, f64::max) / longest
        };
        let worst = self.operations.iter().map(|(rotation, mapping)| mapping.deviation.max(strain(rotation)));
        worst.fold(0.0, f64::max)
    }

    /// The cell freed from deviations: metric and positions averaged over the group.
    pub(super) fn averaged(&self, cell: &Cell) -> Option<Cell> {
        let count = self.order() as f64;
        let here = metric(&cell.lattice);
        let mut sum = [[0.0; 3]; 3];
        for (rotation, _) in &self.operations {
            let turned = transformed(here, *rotation);
            (0..9).for_each(|k| sum[k / 3][k % 3] += turned[k / 3][k % 3] / count);
        }
        let lattice = from_metric(sum)?;
        let mut offsets = vec![[0.0; 3]; cell.num_sites()];
        for (rotation, mapping) in &self.operations {
            for (position, &image) in cell.positions.iter().zip(&mapping.images) {
                for k in 0..3 {
                    let turned: f64 = (0..3).map(|l| f64::from(rotation[k][l]) * position[l]).sum();
                    let way = turned + mapping.translation[k] - cell.positions[image][k];
                    offsets[image][k] += (way - way.round()) / count;
                }
            }
        }
        let moved = |(position, offset): (&[f64; 3], &[f64; 3])| [0, 1, 2].map(|k| position[k] + offset[k]);
        let positions = cell.positions.iter().zip(&offsets).map(moved).collect();
        Some(Cell { lattice, positions, kinds: cell.kinds.clone() })
    }
}

/// Whether every product of two rotation parts is one of them.
fn is_closed(operations: &[(Matrix, Mapping)]) -> bool {
    let mut known: Vec<u32> = operations.iter().filter_map(|(rotation, _)| code(rotation)).collect();
    known.sort_unstable();
    let holds = |product: Matrix| code(&product).is_some_and(|code| known.binary_search(&code).is_ok());
    operations.iter().all(|(left, _)| operations.iter().all(|(right, _)| holds(product(left, right))))
}

/// The entries of a rotation part of a reduced basis, −1, 0 or 1, as the digits of a number; `None` for other entries.
fn code(rotation: &Matrix) -> Option<u32> {
    let digit = |code, &entry: &i32| Some(3 * code + u32::try_from(entry + 1).ok().filter(|digit| *digit < 3)?);
    rotation.as_flattened().iter().try_fold(0, digit)
}

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    left.map(|row| [0, 1, 2].map(|k| row[0] * right[0][k] + row[1] * right[1][k] + row[2] * right[2][k]))
}

/// The rotation parts that take a lattice in a reduced basis to itself, within a tolerance in Å: the columns of each are
/// the images of the basis vectors.
fn lattice_rotations(lattice: &Lattice, tolerance: f64) -> Vec<Matrix> {
    let vectors = lattice.vectors();
    let lengths = lattice.lengths();
    // The images of the vectors of a reduced basis are sums of these vectors and their opposites, each at most once.
    let steps = (0..27).map(|k| [k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1]);
    let candidates: Vec<([i32; 3], [f64; 3], f64)> = steps
        .map(|step| {
            let vector = [0, 1, 2].map(|k| (0..3).map(|l| f64::from(step[l]) * vectors[l][k]).sum());
            (step, vector, dot(vector, vector).sqrt())
        })
        .filter(|(step, ..)| *step != [0; 3])
        .collect();
    let alike = |which: usize| {
        let near = move |(_, _, length): &&([i32; 3], [f64; 3], f64)| (length - lengths[which]).abs() < tolerance;
        candidates.iter().filter(near)
    };
    // An angle may differ by what moves the end of a vector of average length by the tolerance.
    let same_angle = |(one, other): (usize, usize), u: &([i32; 3], [f64; 3], f64), v: &([i32; 3], [f64; 3], f64)| {
        let angle = |cosine: f64| cosine.clamp(-1.0, 1.0).acos();
        let before = angle(dot(vectors[one], vectors[other]) / (lengths[one] * lengths[other]));
        let after = angle(dot(u.1, v.1) / (u.2 * v.2));
        let average = ((lengths[one] + u.2) * (lengths[other] + v.2)).sqrt() / 2.0;
        (before - after).sin().abs() * average < tolerance
    };
    let mut found = Vec::new();
    for a in alike(0) {
        for b in alike(1).filter(|b| same_angle((0, 1), a, b)) {
            for c in alike(2).filter(|c| same_angle((0, 2), a, c) && same_angle((1, 2), b, c)) {
                let rotation = [0, 1, 2].map(|k| [a.0[k], b.0[k], c.0[k]]);
                if determinant(rotation).abs() == 1 {
                    found.push(rotation);
                }
            }
        }
    }
    found
}

/// The scalar products of the lattice vectors.
fn metric(lattice: &Lattice) -> [[f64; 3]; 3] {
    let vectors = lattice.vectors();
    vectors.map(|one| vectors.map(|other| dot(one, other)))
}

/// WᵀGW, the scalar products of the images of the lattice vectors.
fn transformed(metric: [[f64; 3]; 3], rotation: Matrix) -> [[f64; 3]; 3] {
    let columns = [0, 1, 2].map(|k| rotation.map(|row| f64::from(row[k])));
    columns.map(|one| columns.map(|other| dot(one, metric.map(|row| dot(row, other)))))
}

/// The right-handed lattice with these scalar products, by Cholesky's factorization.
fn from_metric(g: [[f64; 3]; 3]) -> Option<Lattice> {
    let ax = g[0][0].sqrt();
    let (bx, cx) = (g[0][1] / ax, g[0][2] / ax);
    let by = (g[1][1] - bx * bx).sqrt();
    let cy = (g[1][2] - bx * cx) / by;
    let cz = (g[2][2] - cx * cx - cy * cy).sqrt();
    Lattice::from_rows([[ax, 0.0, 0.0], [bx, by, 0.0], [cx, cy, cz]]).ok()
}
