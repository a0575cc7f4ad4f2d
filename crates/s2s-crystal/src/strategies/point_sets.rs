//! Arrangements of points that crystals decorate, with nearest neighbors one unit apart.

use super::dice::Dice;
use crate::{Crystal, CrystalError, Element, Frac, Lattice, Site};

/// A primitive cell, its points in units of it, and the supercell in which people write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointSet {
    rows: [[f64; 3]; 3],
    points: &'static [[f64; 3]],
    conventional: [[i32; 3]; 3],
}

const UNIT: [[i32; 3]; 3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
const T: f64 = 1.0 / 3.0;

impl PointSet {
    pub(super) fn simple_cubic() -> Self {
        Self { rows: diagonal(1.0, 1.0, 1.0), points: &[[0.0; 3]], conventional: UNIT }
    }

    pub(super) fn body_centered() -> Self {
        let h = 1.0 / 3.0_f64.sqrt();
        let rows = [[-h, h, h], [h, -h, h], [h, h, -h]];
        Self { rows, points: &[[0.0; 3]], conventional: [[0, 1, 1], [1, 0, 1], [1, 1, 0]] }
    }

    pub(super) fn face_centered() -> Self {
        Self { rows: face_centered(0.5_f64.sqrt()), points: &[[0.0; 3]], conventional: FACES }
    }

    pub(super) fn diamond() -> Self {
        let points: &[[f64; 3]] = &[[0.0; 3], [0.25; 3]];
        Self { rows: face_centered(2.0 / 3.0_f64.sqrt()), points, conventional: FACES }
    }

    pub(super) fn rock_salt() -> Self {
        Self { rows: face_centered(1.0), points: &[[0.0; 3], [0.5; 3]], conventional: FACES }
    }

    pub(super) fn fluorite() -> Self {
        let points: &[[f64; 3]] = &[[0.0; 3], [0.25; 3], [0.75; 3]];
        Self { rows: face_centered(2.0 / 3.0_f64.sqrt()), points, conventional: FACES }
    }

    pub(super) fn heusler() -> Self {
        let points: &[[f64; 3]] = &[[0.0; 3], [0.25; 3], [0.5; 3], [0.75; 3]];
        Self { rows: face_centered(2.0 / 3.0_f64.sqrt()), points, conventional: FACES }
    }

    pub(super) fn perovskite() -> Self {
        let points: &[[f64; 3]] = &[[0.0; 3], [0.5; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
        Self { rows: diagonal(2.0, 2.0, 2.0), points, conventional: UNIT }
    }

    pub(super) fn a15() -> Self {
        let points: &[[f64; 3]] = &[
            [0.0; 3],
            [0.5; 3],
            [0.25, 0.0, 0.5],
            [0.75, 0.0, 0.5],
            [0.5, 0.25, 0.0],
            [0.5, 0.75, 0.0],
            [0.0, 0.5, 0.25],
            [0.0, 0.5, 0.75],
        ];
        Self { rows: diagonal(2.0, 2.0, 2.0), points, conventional: UNIT }
    }

    pub(super) fn hexagonal(ratio: f64) -> Self {
        Self { rows: hexagonal(1.0, ratio), points: &[[0.0; 3]], conventional: UNIT }
    }

    pub(super) fn close_packed() -> Self {
        let points: &[[f64; 3]] = &[[T, 2.0 * T, 0.25], [2.0 * T, T, 0.75]];
        Self { rows: hexagonal(1.0, (8.0_f64 / 3.0).sqrt()), points, conventional: UNIT }
    }

    pub(super) fn honeycomb(ratio: f64) -> Self {
        let points: &[[f64; 3]] = &[[T, 2.0 * T, 0.0], [2.0 * T, T, 0.0]];
        Self { rows: hexagonal(3.0_f64.sqrt(), ratio), points, conventional: UNIT }
    }

    pub(super) fn kagome() -> Self {
        let points: &[[f64; 3]] = &[[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.5, 0.5, 0.0]];
        Self { rows: hexagonal(2.0, 1.5), points, conventional: UNIT }
    }

    pub(super) fn wurtzite() -> Self {
        let points: &[[f64; 3]] = &[[T, 2.0 * T, 0.0], [2.0 * T, T, 0.5], [T, 2.0 * T, 0.375], [2.0 * T, T, 0.875]];
        let a = (8.0_f64 / 3.0).sqrt();
        Self { rows: hexagonal(a, a * a), points, conventional: UNIT }
    }

    pub(super) fn tetragonal(ratio: f64) -> Self {
        Self { rows: diagonal(1.0, 1.0, ratio), points: &[[0.0; 3]], conventional: UNIT }
    }

    pub(super) fn centered_tetragonal(ratio: f64) -> Self {
        let h = ratio / 2.0;
        let rows = [[-0.5, 0.5, h], [0.5, -0.5, h], [0.5, 0.5, -h]];
        Self { rows, points: &[[0.0; 3]], conventional: [[0, 1, 1], [1, 0, 1], [1, 1, 0]] }
    }

    pub(super) fn centered_orthorhombic(b: f64, c: f64) -> Self {
        let rows = [[0.5, -b / 2.0, 0.0], [0.5, b / 2.0, 0.0], [0.0, 0.0, c]];
        Self { rows, points: &[[0.0; 3]], conventional: [[1, 1, 0], [-1, 1, 0], [0, 0, 1]] }
    }

    pub(super) fn rhombohedral(alpha: f64) -> Self {
        let cosine = alpha.to_radians().cos();
        let sine = (1.0 - cosine * cosine).sqrt();
        let y = (cosine - cosine * cosine) / sine;
        let z = (1.0 - cosine * cosine - y * y).sqrt();
        let rows = [[1.0, 0.0, 0.0], [cosine, sine, 0.0], [cosine, y, z]];
        Self { rows, points: &[[0.0; 3]], conventional: [[1, -1, 0], [0, 1, -1], [1, 1, 1]] }
    }

    /// Any of them.
    pub(super) fn any(dice: &mut Dice) -> Self {
        let ratio = dice.pick(&[1.25, 1.5, 1.6, 2.0, 3.0]);
        match dice.below(22) {
            0..=2 => Self::simple_cubic(),
            3..=4 => Self::body_centered(),
            5..=6 => Self::face_centered(),
            7 => Self::diamond(),
            8..=9 => Self::rock_salt(),
            10 => Self::fluorite(),
            11 => Self::heusler(),
            12 => Self::perovskite(),
            13 => Self::a15(),
            14 => Self::close_packed(),
            15 => Self::hexagonal(ratio),
            16 => Self::honeycomb(ratio),
            17 => Self::kagome(),
            18 => Self::wurtzite(),
            19 => Self::tetragonal(ratio),
            20 => [Self::centered_tetragonal(ratio), Self::centered_orthorhombic(ratio, 1.3)][dice.below(2)],
            _ => Self::rhombohedral(dice.pick(&[55.0, 70.0, 85.0, 100.0])),
        }
    }

    pub(super) fn num_points(&self) -> usize {
        self.points.len()
    }

    pub(super) fn conventional(&self) -> [[i32; 3]; 3] {
        self.conventional
    }

    /// The points with this distance in Å between nearest neighbors, element `k` on point `k`, one after another.
    pub(super) fn with_elements(&self, distance: f64, elements: &[Element]) -> Result<Crystal, CrystalError> {
        let lattice = Lattice::from_rows(self.rows.map(|row| row.map(|x| x * distance)))?;
        let elements = elements.iter().cycle();
        Crystal::ordered(lattice, elements.zip(self.points).map(|(element, point)| (*element, *point)))
    }

    /// A cell of many primitive ones, in which every point gets an element by itself or all of a kind by a rule.
    pub(super) fn decorated(
        &self,
        dice: &mut Dice,
        cell: [[i32; 3]; 3],
        palette: &[Element],
    ) -> Result<Crystal, CrystalError> {
        let distance = super::length(dice, 1.5, 4.5);
        let by_point: Vec<Element> = (0..self.num_points()).map(|k| palette[k % palette.len()]).collect();
        let plain = self.with_elements(distance, &by_point)?.supercell(cell)?;
        let rule = dice.below(8);
        let wave = [(); 3].map(|()| dice.within(0, 2));
        let sites = plain.num_sites();
        let copies = sites / self.num_points();
        let mut next = 0;
        plain.map_sites(|site| {
            let (number, copy, kind) = (next, next % copies, next / copies);
            next += 1;
            let of = |k: usize| palette[k % palette.len()];
            let element = match rule {
                // One element for every point of the primitive cell: the compounds that the sets are named after.
                0..=1 if self.num_points() > 1 => of(kind),
                0..=5 if number == 0 => palette[0],
                0..=5 if number + 1 == sites => palette[1 % palette.len()],
                0..=5 => dice.pick(palette),
                // Layers.
                6 => {
                    let x = site.position.0;
                    let phase: f64 = (0..3).map(|k| f64::from(wave[k]) * x[k]).sum();
                    of((2.0 * phase + 1e-6).floor() as usize + kind)
                }
                _ => of(copy),
            };
            Site::pure(element, site.position)
        })
    }
}

const FACES: [[i32; 3]; 3] = [[-1, 1, 1], [1, -1, 1], [1, 1, -1]];

fn diagonal(a: f64, b: f64, c: f64) -> [[f64; 3]; 3] {
    [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]]
}

fn face_centered(half: f64) -> [[f64; 3]; 3] {
    [[0.0, half, half], [half, 0.0, half], [half, half, 0.0]]
}

fn hexagonal(a: f64, c: f64) -> [[f64; 3]; 3] {
    [[a, 0.0, 0.0], [-a / 2.0, a * 3.0_f64.sqrt() / 2.0, 0.0], [0.0, 0.0, c]]
}

/// A matrix of integers with this determinant: a Hermite form, in any basis near its own.
pub(super) fn cell_of(dice: &mut Dice, determinant: usize) -> [[i32; 3]; 3] {
    let divisors = |n: usize| (1..=n).filter(|d| n.is_multiple_of(*d)).collect::<Vec<_>>();
    let a = dice.pick(&divisors(determinant));
    let b = dice.pick(&divisors(determinant / a));
    let c = determinant / a / b;
    let off = |dice: &mut Dice, n: usize| dice.below(n) as i32;
    let (p, q, r) = (off(dice, b), off(dice, c), off(dice, c));
    let mut rows = [[a as i32, p, q], [0, b as i32, r], [0, 0, c as i32]];
    rows.rotate_left(dice.below(3));
    rows
}

/// The point as it is, or in another cell, on a face, or a hair beside it.
pub(super) fn elsewhere(dice: &mut Dice, position: Frac) -> Frac {
    Frac(position.0.map(|x| match dice.below(6) {
        0 => x + f64::from(dice.within(-2, 2)),
        1 if x == 0.0 => dice.pick(&[1.0, -1e-17, -1.0, 1.0 - f64::EPSILON / 2.0]),
        _ => x,
    }))
}
