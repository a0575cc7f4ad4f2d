//! Type of a space group from its operations, in any primitive basis and with any origin.
//!
//! Every operation and every pair of operations is described by integers that a change of basis or origin leaves as they
//! are: kinds of rotations, screws and glides, and the relative orientation of axes, mirror planes and lattice. The sum of the
//! digests of these integers tells 226 of the 230 types apart; I222 and I2₁2₁2₁, and I23 and I2₁3, have the same sum, and
//! differ in whether their twofold axes meet. No transformation to a tabulated setting is searched for.
//!
//! `space_group/invariants.txt` has the number and the sum of every type; a test computes them from the Hall symbols of all
//! tabulated settings.

use std::{collections::HashMap, sync::LazyLock};

use crate::{SymOp, gcd::gcd};

type Vector = [i32; 3];
type Matrix = [Vector; 3];

const IDENTITY: Matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

/// How far from a lattice vector the repeated screw or glide of an operation may end, in units of the basis.
const CLOSING: f64 = 0.2;

/// Sum of the digests to the number of the type, the lower one of two.
static TYPES: LazyLock<HashMap<u64, u16>> = LazyLock::new(|| {
    let row = |line: &str| {
        let (number, sum) = line.split_once(' ')?;
        Some((u64::from_str_radix(sum, 16).ok()?, number.parse().ok()?))
    };
    include_str!("invariants.txt").lines().filter_map(row).collect()
});

/// The number in the International Tables of a group of operations, one for each rotation part, in a right-handed
/// primitive basis; `None` if they are no space group.
pub(crate) fn type_number(operations: &[SymOp]) -> Option<u16> {
    let elements = operations.iter().map(Element::new).collect::<Option<Vec<_>>>()?;
    match *TYPES.get(&sum_of_digests(&elements))? {
        23 => Some(if twofold_axes_meet(&elements) { 23 } else { 24 }),
        197 => Some(if twofold_axes_meet(&elements) { 197 } else { 199 }),
        number => Some(number),
    }
}

fn sum_of_digests(elements: &[Element]) -> u64 {
    let pairs = |one: &Element| {
        let others = elements.iter().filter(|other| !std::ptr::eq(*other, one));
        others.fold(one.digest, |sum, other| sum.wrapping_add(one.digest_with(other)))
    };
    elements.iter().fold(0, |sum, one| sum.wrapping_add(pairs(one)))
}

/// An operation x ↦ Wx + w, and what follows from it alone.
struct Element {
    rotation: Matrix,
    translation: [f64; 3],
    /// N = 1 + W + … + Wⁿ⁻¹ for a rotation part of order n.
    sum: Matrix,
    /// Nw, a lattice vector: n times the screw or glide.
    advance: Vector,
    /// The shortest lattice vector along the axis of the rotation, or normal to the mirror plane; zero without either.
    axis: Vector,
    /// The same in the reciprocal lattice.
    normal: Vector,
    digest: u64,
}

impl Element {
    fn new(operation: &SymOp) -> Option<Self> {
        let (rotation, translation) = (operation.rotation().map(|row| row.map(i32::from)), operation.translation());
        let (sum, order) = sum_of_powers(rotation)?;
        let mut advance = [0; 3];
        for (whole, row) in advance.iter_mut().zip(sum) {
            let exact: f64 = (0..3).map(|k| f64::from(row[k]) * translation[k]).sum();
            *whole = exact.round() as i32;
            if (exact - exact.round()).abs() > CLOSING {
                return None;
            }
        }
        let determinant = determinant(rotation);
        let turned = minus_identity(rotation.map(|row| row.map(|x| x * determinant)));
        let (axis, normal) = (kernel(turned), kernel(transposed(turned)));
        let mut element = Self { rotation, translation, sum, advance, axis, normal, digest: 0 };
        let screw = match (determinant, order) {
            (1, 2..) => element.screw(order)?,
            (-1, 2) if axis != [0; 3] => [i32::from(element.passes(advance)), 0],
            _ => [0; 2],
        };
        let [one, two, three] = determinantal_divisors(minus_identity(rotation));
        element.digest = digest(&[determinant, trace(rotation), one, two, three, screw[0], screw[1]]);
        Some(element)
    }

    /// The screw of a proper rotation along its axis, counterclockwise, modulo the lattice, and that modulus; both in units
    /// of the shortest lattice vector along the axis, times the order.
    fn screw(&self, order: i32) -> Option<[i32; 2]> {
        let mut axis = self.axis;
        if order > 2 {
            let turns = |x: &Vector| determinant([*x, product(self.rotation, *x), axis]);
            if IDENTITY.iter().map(turns).find(|&turn| turn != 0)? < 0 {
                axis = axis.map(|x| -x);
            }
        }
        let longest = (0..3).find(|&k| axis[k] != 0)?;
        let modulus = self.sum[longest].into_iter().fold(0, |sum, entry| gcd(sum, entry / axis[longest])).abs();
        Some([(self.advance[longest] / axis[longest]).rem_euclid(modulus.max(1)), modulus])
    }

    /// Whether a lattice vector `twice` in the plane of a mirror is the advance of a pure mirror at some lattice translation:
    /// whether `twice` = (1 + W)z for a lattice vector z.
    fn passes(&self, twice: Vector) -> bool {
        // Even vectors of the plane are such; the others are tried modulo two.
        (0..8).any(|bits| {
            let image = product(self.sum, [bits & 1, bits >> 1 & 1, bits >> 2]);
            (0..3).all(|k| (twice[k] - image[k]) % 2 == 0)
        })
    }

    /// The relative orientation of this operation and another.
    fn digest_with(&self, other: &Self) -> u64 {
        let is_mirror = determinant(self.rotation) == -1 && trace(self.rotation) == 1;
        let in_plane = is_mirror && other.axis != [0; 3] && product(self.rotation, other.axis) == other.axis;
        // Whether the glide goes along the axis of the other operation.
        let along = [0, 1, 2].map(|k| self.advance[k] - other.axis[k]);
        let glide = if in_plane { 1 + i32::from(self.passes(along)) } else { 0 };
        let between = [
            content(cross(self.axis, other.axis)),
            content(cross(self.normal, other.normal)),
            dot(self.normal, other.axis).abs(),
            glide,
        ];
        mixed(self.digest ^ mixed(other.digest ^ digest(&between)))
    }

    /// Whether this is a twofold rotation or screw.
    fn is_twofold(&self) -> bool {
        determinant(self.rotation) == 1 && trace(self.rotation) == -1
    }

    /// Points on the axes of a twofold rotation and its neighboring translates.
    fn axis_points(&self) -> impl Iterator<Item = [f64; 3]> {
        let steps = (0..125).map(|k| [k % 5 - 2, k / 5 % 5 - 2, k / 25 - 2]);
        let pure = steps.filter(|&step| product(self.sum, step) == self.advance.map(|x| -x));
        pure.map(|step| [0, 1, 2].map(|k| (self.translation[k] + f64::from(step[k])) / 2.0))
    }
}

/// Whether two of the twofold axes that are not parallel have a point in common.
fn twofold_axes_meet(elements: &[Element]) -> bool {
    let mut twofold = elements.iter().filter(|element| element.is_twofold());
    let (Some(one), Some(other)) = (twofold.next(), twofold.next()) else { return false };
    let normal = cross(one.axis, other.axis).map(f64::from);
    let height = |point: [f64; 3]| (0..3).map(|k| normal[k] * point[k]).sum::<f64>();
    one.axis_points().any(|here| other.axis_points().any(|there| (height(here) - height(there)).abs() < CLOSING / 2.0))
}

/// 1 + W + … + Wⁿ⁻¹ and the order n; `None` if W is no rotation part of a lattice.
fn sum_of_powers(rotation: Matrix) -> Option<(Matrix, i32)> {
    let (mut sum, mut power) = (IDENTITY, rotation);
    for order in 1..=6 {
        if power == IDENTITY {
            return Some((sum, order));
        }
        for (total, row) in sum.iter_mut().zip(power) {
            (0..3).for_each(|k| total[k] += row[k]);
        }
        power = transposed(transposed(power).map(|column| product(rotation, column)));
    }
    None
}

/// The shortest integer vector that a matrix of rank two maps to zero; zero for other ranks.
fn kernel(matrix: Matrix) -> Vector {
    let crosses = [(0, 1), (0, 2), (1, 2)].map(|(a, b)| cross(matrix[a], matrix[b]));
    let found = crosses.into_iter().find(|vector| *vector != [0; 3]).unwrap_or([0; 3]);
    let common = content(found).max(1);
    found.map(|x| x / common)
}

/// Greatest common divisors of the entries, of the minors of order two, and of the determinant.
fn determinantal_divisors(matrix: Matrix) -> Vector {
    let minors = [(0, 1), (0, 2), (1, 2)].map(|(a, b)| content(cross(matrix[a], matrix[b])));
    [content(matrix.map(content)), content(minors), determinant(matrix).abs()]
}

fn minus_identity(mut matrix: Matrix) -> Matrix {
    (0..3).for_each(|k| matrix[k][k] -= 1);
    matrix
}

fn transposed(matrix: Matrix) -> Matrix {
    [0, 1, 2].map(|k| matrix.map(|row| row[k]))
}

fn product(matrix: Matrix, vector: Vector) -> Vector {
    matrix.map(|row| dot(row, vector))
}

fn dot(a: Vector, b: Vector) -> i32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) fn determinant(rows: Matrix) -> i32 {
    dot(rows[0], cross(rows[1], rows[2]))
}

fn trace(matrix: Matrix) -> i32 {
    matrix[0][0] + matrix[1][1] + matrix[2][2]
}

/// The greatest common divisor of the entries.
fn content(vector: Vector) -> i32 {
    vector.into_iter().fold(0, gcd).abs()
}

fn digest(values: &[i32]) -> u64 {
    values.iter().fold(0, |state, &value| mixed(state ^ u64::from(value.cast_unsigned())))
}

/// A step of splitmix64.
fn mixed(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::space_group::{self, primitive::spanned};
    use crate::{Cart, Lattice};

    /// The operations of every tabulated setting, in a primitive basis, with the number of the group.
    fn tabulated() -> Vec<(u16, Vec<SymOp>)> {
        let group = |setting: space_group::Setting| {
            let operations = space_group::operations(setting.hall).expect("a tabulated symbol has operations");
            (setting.number.into(), primitive_operations(&operations).expect("a group has a primitive basis"))
        };
        space_group::settings().map(group).collect()
    }

    /// One operation for each rotation part of a conventional cell, in a primitive basis.
    fn primitive_operations(operations: &[SymOp]) -> Option<Vec<SymOp>> {
        let pure = operations.iter().filter(|op| op.rotation() == SymOp::IDENTITY.rotation());
        let translations: Vec<_> = pure.map(|op| op.translation().map(|x| (x * 24.0).round() as i64)).collect();
        let rows = spanned(&translations, 24).map(|row| row.map(|x| x as f64 / 24.0));
        let lattice = Lattice::from_rows(rows).ok()?;
        let sign = if rows[0][0] * rows[1][1] * rows[2][2] < 0.0 { -1.0 } else { 1.0 };
        let within = |vector: [f64; 3]| lattice.to_frac(Cart(vector)).0.map(|x| x * sign);
        let mut found: Vec<SymOp> = Vec::new();
        let mut seen = Vec::new();
        for op in operations.iter().filter(|op| {
            !seen.contains(&op.rotation()) && {
                seen.push(op.rotation());
                true
            }
        }) {
            let columns =
                rows.map(|row| within(op.rotation().map(|r| (0..3).map(|k| f64::from(r[k]) * row[k] * sign).sum())));
            let rotation = [0, 1, 2].map(|k| columns.map(|column| column[k].round() as i8));
            found.push(SymOp::of_any_cell(rotation, within(op.translation())));
        }
        Some(found)
    }

    #[test]
    fn every_tabulated_setting_is_of_its_own_type() {
        for (number, operations) in tabulated() {
            assert_eq!(type_number(&operations), Some(number));
        }
    }

    #[test]
    fn the_table_is_that_of_the_hall_symbols() {
        let mut table = String::new();
        let mut seen = Vec::new();
        for (number, operations) in tabulated() {
            let elements = operations.iter().map(Element::new).collect::<Option<Vec<_>>>().expect("a space group");
            let sum = sum_of_digests(&elements);
            if !seen.contains(&sum) {
                seen.push(sum);
                writeln!(table, "{number} {sum:016x}").expect("a string takes text");
            }
        }
        assert_eq!(seen.len(), 228, "two pairs of types share their sums");
        if let Ok(path) = std::env::var("S2S_WRITE_INVARIANTS") {
            std::fs::write(path, &table).expect("written");
        }
        assert!(
            table == include_str!("invariants.txt"),
            "set S2S_WRITE_INVARIANTS to the path of the table to write it"
        );
    }

    #[test]
    fn what_is_no_space_group_has_no_number() {
        let parse = |texts: &[&str]| -> Vec<SymOp> {
            texts.iter().map(|text| text.parse().expect("an operation of the test")).collect()
        };
        assert_eq!(type_number(&parse(&["x,y,z", "-x,-y,z+1/2"])), Some(4));
        assert_eq!(type_number(&parse(&["x,y,z", "-x,-y,z+1/3"])), None, "twice a third is no lattice vector");
        assert_eq!(type_number(&parse(&["x,y,z", "-x,-y,z", "-x,y,-z"])), None, "a product is missing");
        assert_eq!(type_number(&[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn neither_basis_nor_origin_matters(
            which in 0..1000_usize,
            shears in prop::collection::vec((0..3_usize, 1..3_usize, -1..=1_i32), 0..5),
            origin in [0.0..1.0, 0.0..1.0, 0.0..1.0],
        ) {
            let groups = tabulated();
            let (number, operations) = &groups[which % groups.len()];
            // Columns: the new basis in units of the old one, of determinant one.
            let (mut basis, mut inverse) = (IDENTITY, IDENTITY);
            for (row, step, times) in shears {
                let other = (row + step) % 3;
                for k in 0..3 {
                    basis[k][row] += times * basis[k][other];
                    inverse[other][k] -= times * inverse[row][k];
                }
            }
            let moved = operations.iter().map(|operation| {
                let rotation = operation.rotation().map(|row| row.map(i32::from));
                let columns = transposed(basis).map(|column| product(inverse, product(rotation, column)));
                let there = operation.apply(crate::Frac(origin)).0;
                let shift = [0, 1, 2].map(|k| there[k] - origin[k]);
                let shift = inverse.map(|row| (0..3).map(|k| f64::from(row[k]) * shift[k]).sum());
                SymOp::of_any_cell(transposed(columns).map(|row| row.map(|x| x as i8)), shift)
            });
            prop_assert_eq!(type_number(&moved.collect::<Vec<_>>()), Some(*number));
        }
    }
}
