//! The Cartesian frame of a block's atoms: where its axes and its origin lie in the cell.
//!
//! Without a statement **a** lies along x and **b** in the xy plane. A block may state another frame as a matrix and a vector, in
//! either direction:
//!
//! ```text
//! Cartn = M · fract + v        fract = M′ · Cartn + v′
//! ```
//!
//! # Source
//!
//! Category `ATOM_SITES` of the core dictionary of CIF, versions 2 and 3, and of mmCIF.

use crate::{
    Cart, Frac, Lattice,
    cif::{block::Block, single_value, tag::same_tag, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    number::{Measured, measured},
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// How far lengths and angles of the cell that a matrix makes may be off: scalar products of its vectors relative to their
/// lengths.
const METRIC: f64 = 0.01;

/// How far a vector of the cell may be off, relative to its length, beside what the digits of a matrix allow.
const ROUNDING: f64 = 1e-3;

/// Most that is put down to few digits: a matrix that leaves more open says nothing about its cell.
const COARSEST: f64 = 0.05;

/// How far the origins of two statements of a frame may be apart, in Å.
const ORIGIN: f64 = 0.01;

/// A Cartesian frame of the cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CartesianFrame {
    /// The lattice vectors in the frame, in Å.
    lattice: Lattice,
    /// Where the corner of the cell lies in the frame, in Å.
    corner: [f64; 3],
    /// How far vectors may be off by the digits of the statement, relative to their lengths.
    rounding: f64,
}

impl CartesianFrame {
    /// The frame that a block states, or that of the lattice if it states none.
    ///
    /// # Errors
    ///
    /// A matrix or vector is incomplete, is no number, has two values or no inverse, or is that of another cell; two statements
    /// differ.
    pub(super) fn read(block: &Block<'_>, lattice: &Lattice, diagnostics: &mut Diagnostics) -> Result<Self, Fault> {
        let cartesian =
            Statement::read(block, "Cartn")?.map(|statement| statement.frame(lattice, false)).transpose()?;
        let fractional =
            Statement::read(block, "fract")?.map(|statement| statement.frame(lattice, true)).transpose()?;
        match (cartesian, fractional) {
            (Some((frame, _)), Some((other, offset))) if !frame.is_near(&other) => {
                let message =
                    "the matrices of _atom_sites_Cartn and _atom_sites_fract state different Cartesian frames";
                Err(Fault::new(offset, ParseErrorKind::InvalidCell, message))
            }
            // The one with more digits counts.
            (Some((frame, _)), Some((other, _))) if other.rounding < frame.rounding => Ok(other),
            (Some((frame, _)), _) | (None, Some((frame, _))) => Ok(frame),
            (None, None) => {
                check_words(block, lattice, diagnostics)?;
                Ok(Self { lattice: *lattice, corner: [0.0; 3], rounding: 0.0 })
            }
        }
    }

    /// From Å in the frame to units of the lattice vectors.
    pub(super) fn to_frac(self, position: Cart) -> Frac {
        let from_corner = [0, 1, 2].map(|k| position.0[k] - self.corner[k]);
        self.lattice.to_frac(Cart(from_corner))
    }

    fn is_near(&self, other: &Self) -> bool {
        let rounding = self.rounding + other.rounding;
        let corner = self.corner.iter().fold(0.0_f64, |longest, x| longest.max(x.abs()));
        let apart = |k: usize| (self.corner[k] - other.corner[k]).abs();
        are_alike(&self.lattice, &other.lattice, rounding) && (0..3).all(|k| apart(k) <= ORIGIN + rounding * corner)
    }
}

/// Whether a tag states the frame of Cartesian coordinates.
pub(super) fn states_a_frame(tag: &[u8]) -> bool {
    let begins = |prefix: &str| tag.get(..prefix.len()).is_some_and(|head| same_tag(head, prefix.as_bytes()));
    begins("_atom_sites_Cartn_tran") || begins("_atom_sites_fract_tran")
}

/// Whether vectors of two lattices differ by rounding only.
fn are_alike(one: &Lattice, other: &Lattice, rounding: f64) -> bool {
    let (lengths, other) = (one.lengths(), other.vectors());
    let most = ROUNDING + rounding;
    let near = |(row, k): (usize, usize)| (one.vectors()[row][k] - other[row][k]).abs() <= most * lengths[row];
    (0..9).map(|entry| (entry / 3, entry % 3)).all(near)
}

/// The lattice in the orientation of another one that differs from it by a rotation and rounding: its vectors by the rotation, or
/// the rotation and reflection, that is nearest to the map between the two. `None` if the map is singular.
///
/// # Source
///
/// The polar factor of a matrix by Newton's iteration: Higham, SIAM J. Sci. Stat. Comput. 7, 1160 (1986).
fn oriented_as(lattice: &Lattice, other: &Lattice) -> Option<Lattice> {
    let map = [0, 1, 2].map(|k| {
        let unit = [0, 1, 2].map(|i| if i == k { 1.0 } else { 0.0 });
        other.to_cart(lattice.to_frac(Cart(unit))).0
    });
    let mut rotation = Lattice::from_rows(map).ok()?;
    // Convergence is quadratic: maps that are off by a hundredth need three steps.
    for _ in 0..8 {
        let (rows, inverse) = (rotation.vectors(), inverse(&rotation));
        let mean = |i: usize, k: usize| 0.5 * (rows[i][k] + inverse[k][i]);
        rotation = Lattice::from_rows([0, 1, 2].map(|i| [0, 1, 2].map(|k| mean(i, k)))).ok()?;
    }
    Lattice::from_rows(lattice.vectors().map(|vector| rotation.to_cart(Frac(vector)).0)).ok()
}

/// A matrix and a vector as a block states them.
struct Statement {
    matrix: [[f64; 3]; 3],
    vector: [f64; 3],
    /// Half a unit of the last decimal of the matrix.
    rounding: f64,
    offset: usize,
    /// The matrix in messages: what its tags have in common.
    name: String,
}

impl Statement {
    /// The matrix and the vector to these coordinates, `Cartn` or `fract`; `None` if neither is stated.
    fn read(block: &Block<'_>, to: &str) -> Result<Option<Self>, Fault> {
        let matrix = numbers::<9>(block, &MATRICES.map(|name| format!("_atom_sites_{to}_{name}")), |n| {
            [format!("_{}{}", n / 3 + 1, n % 3 + 1), format!("[{}][{}]", n / 3 + 1, n % 3 + 1)]
        })?;
        let vector = numbers::<3>(block, &VECTORS.map(|name| format!("_atom_sites_{to}_{name}")), |n| {
            [format!("_{}", n + 1), format!("[{}]", n + 1)]
        })?;
        let Some(Numbers { values: m, rounding, offset, name }) = matrix else {
            // A vector of zeros is that of the frame that is assumed.
            return match vector.filter(|vector| vector.values != [0.0; 3]) {
                None => Ok(None),
                Some(Numbers { offset, name, .. }) => {
                    let message = format!("the Cartesian frame has a vector {name}, and no matrix");
                    Err(Fault::new(offset, ParseErrorKind::MissingTag, message))
                }
            };
        };
        let matrix = [0, 1, 2].map(|row| [m[3 * row], m[3 * row + 1], m[3 * row + 2]]);
        let vector = vector.map_or([0.0; 3], |vector| vector.values);
        Ok(Some(Self { matrix, vector, rounding, offset, name }))
    }

    /// The frame, which must be one of this lattice, and where it is stated.
    fn frame(self, lattice: &Lattice, to_fract: bool) -> Result<(CartesianFrame, usize), Fault> {
        let invalid = |message: String| Fault::new(self.offset, ParseErrorKind::InvalidCell, message);
        // The columns of M are the lattice vectors.
        let columns = [0, 1, 2].map(|column| self.matrix.map(|row| row[column]));
        let singular = |_| invalid(format!("the matrix {} has no inverse", self.name));
        let turned = Lattice::from_rows(columns).map_err(singular)?;
        let turned = match to_fract {
            true => Lattice::from_rows(inverse(&turned)).map_err(singular)?,
            false => turned,
        };
        // Half a unit in each component of a vector, or of a reciprocal one.
        let scale = lattice.lengths().map(|length| if to_fract { length } else { 1.0 / length });
        let rounding = (3_f64.sqrt() * self.rounding * scale.into_iter().fold(0.0, f64::max)).min(COARSEST);
        // The cell has more digits than the matrix, which then only says how the cell lies in the frame.
        let exact = match are_alike(&turned, lattice, rounding) {
            true => Some(*lattice),
            false => oriented_as(lattice, &turned).filter(|exact| are_alike(&turned, exact, rounding)),
        };
        if exact.is_none() && !has_metric(&turned, lattice) {
            let cell = |lattice: &Lattice| {
                let part = |values: [f64; 3]| values.map(|value| format!("{value:.2}")).join(" ");
                format!("{} {}", part(lattice.lengths()), part(lattice.angles()))
            };
            let (found, stated) = (cell(&turned), cell(lattice));
            return Err(invalid(format!("the matrix {} makes the cell {found}, not the stated {stated}", self.name)));
        }
        let turned = exact.unwrap_or(turned);
        let corner = match to_fract {
            true => turned.to_cart(Frac(self.vector.map(|x| -x))).0,
            false => self.vector,
        };
        Ok((CartesianFrame { lattice: turned, corner, rounding }, self.offset))
    }
}

/// The rows of the inverse of a lattice's matrix, transposed: the vectors of the cell that a matrix to fractions is of.
fn inverse(matrix: &Lattice) -> [[f64; 3]; 3] {
    let unit = |k: usize| [0, 1, 2].map(|i| if i == k { 1.0 } else { 0.0 });
    [0, 1, 2].map(|k| matrix.to_frac(Cart(unit(k))).0)
}

/// Whether two lattices have the same lengths and angles.
fn has_metric(one: &Lattice, other: &Lattice) -> bool {
    let products = |lattice: &Lattice| {
        let rows = lattice.vectors();
        rows.map(|u| rows.map(|v| u[0] * v[0] + u[1] * v[1] + u[2] * v[2]))
    };
    let (found, metric) = (products(one), products(other));
    let near =
        |(i, j): (usize, usize)| (found[i][j] - metric[i][j]).abs() <= METRIC * (metric[i][i] * metric[j][j]).sqrt();
    (0..9).map(|entry| (entry / 3, entry % 3)).all(near)
}

/// The numbers of a matrix or a vector.
struct Numbers<const N: usize> {
    values: [f64; N],
    /// Half a unit of the last decimal, the largest of all.
    rounding: f64,
    /// Where the first of them stands.
    offset: usize,
    /// What their tags have in common.
    name: String,
}

impl<const N: usize> Numbers<N> {
    fn new(numbers: [Measured; N], offset: usize, name: &str) -> Self {
        let rounding = numbers.iter().map(|number| number.rounding).fold(0.0, f64::max);
        Self { values: numbers.map(|number| number.value), rounding, offset, name: name.to_owned() }
    }
}

/// What tags of matrices begin with, by dictionary, and the tag of a whole matrix as a list.
const MATRICES: [&str; 4] = ["tran_matrix", "transf_matrix", "transform_mat", "transform_matrix"];

/// The same of vectors.
const VECTORS: [&str; 4] = ["tran_vector", "transf_vector", "transform_vec", "transform_vector"];

/// The numbers under one of these names, entry by entry with an index behind the name in one of two spellings, or as a list;
/// `None` if the block has none of them.
fn numbers<const N: usize>(
    block: &Block<'_>,
    names: &[String; 4],
    indices: impl Fn(usize) -> [String; 2],
) -> Result<Option<Numbers<N>>, Fault> {
    for name in names {
        for spelling in 0..2 {
            if let Some(found) = entries(block, name, |n| format!("{name}{}", indices(n)[spelling]))? {
                return Ok(Some(found));
            }
        }
        if let Some(found) = list(block, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The numbers of `N` tags; `None` if the block has none of them.
fn entries<const N: usize>(
    block: &Block<'_>,
    name: &str,
    tag: impl Fn(usize) -> String,
) -> Result<Option<Numbers<N>>, Fault> {
    let mut values: [Option<Value<'_>>; N] = [None; N];
    for (n, value) in values.iter_mut().enumerate() {
        *value = single_value::of(block, &tag(n))?.filter(|value| !value.is_absent());
    }
    let Some(first) = values.iter().flatten().next() else { return Ok(None) };
    let mut numbers = [Measured::default(); N];
    for (n, value) in values.iter().enumerate() {
        let Some(value) = value else {
            let message = format!("the Cartesian frame is stated without {}", tag(n));
            return Err(Fault::new(first.offset(), ParseErrorKind::MissingTag, message));
        };
        numbers[n] = measured(value.bytes()).ok_or_else(|| {
            let message = format!("{} is not a number: {}", tag(n), shorten(value.bytes()));
            Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
        })?;
    }
    Ok(Some(Numbers::new(numbers, first.offset(), name)))
}

/// The numbers of a list of CIF 2.0, row by row; `None` if the block does not have the tag.
fn list<const N: usize>(block: &Block<'_>, tag: &str) -> Result<Option<Numbers<N>>, Fault> {
    let Some(value) = single_value::of(block, tag)?.filter(|value| !value.is_absent()) else { return Ok(None) };
    let words = value.bytes().split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b','));
    let numbers: Option<Vec<Measured>> = words.filter(|word| !word.is_empty()).map(measured).collect();
    match numbers.and_then(|numbers| <[Measured; N]>::try_from(numbers).ok()) {
        Some(numbers) => Ok(Some(Numbers::new(numbers, value.offset(), tag))),
        None => {
            let message = format!("{tag} is not a list of {N} numbers: {}", shorten(value.bytes()));
            Err(Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message))
        }
    }
}

/// Warns where the axes are stated in words that do not say what is assumed.
fn check_words(block: &Block<'_>, lattice: &Lattice, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let stated = block.value("_atom_sites_Cartn_transform_axes").filter(|value| !value.is_absent());
    let Some(value) = stated else { return Ok(()) };
    let text = value.text();
    if text.trim().is_empty() || says_what_is_assumed(&text, lattice) {
        return Ok(());
    }
    diagnostics.warn(value.offset(), DiagnosticKind::Assumed, || {
        format!(
            "the Cartesian axes are stated as {}, without a matrix: a along x and b in the xy plane are assumed",
            shorten(text.as_bytes())
        )
    })
}

/// Words that say nothing about which axis is meant.
const FILLERS: [&str; 18] = [
    "along",
    "parallel",
    "is",
    "are",
    "in",
    "lies",
    "lie",
    "on",
    "the",
    "plane",
    "of",
    "and",
    "to",
    "with",
    "axis",
    "axes",
    "direction",
    "vector",
];

/// Whether a sentence says that **a** lies along x and **b** in the xy plane, as in `a parallel to x; b in the plane of x and y`.
fn says_what_is_assumed(text: &str, lattice: &Lattice) -> bool {
    let lower = text.to_lowercase().replace("c star", "c*").replace("cstar", "c*");
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '*');
    let named: String = words.filter(|word| !FILLERS.contains(word)).collect();
    // Axes across each other lie along x, y and z; a sentence that says so of other cells contradicts itself.
    let right = lattice.angles().iter().all(|angle| (angle - 90.0).abs() < 1e-3);
    match named.as_str() {
        "axbxy" | "axc*z" | "axbxyc*z" | "xazc*" | "xayab" | "xayabzc*" | "xac*z" => true,
        "axby" | "axbycz" | "xayb" | "xaybzc" | "axcz" | "xazc" => right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_say_what_is_assumed_are_known() {
        let lattice =
            |gamma| Lattice::from_parameters([5.0, 6.0, 7.0], [90.0, 90.0, gamma]).expect("a cell of the test");
        for text in [
            "a parallel to x; b in the plane of x and y",
            "a along x, b in the xy plane",
            "a // x; b in x-y plane; c* // z",
            "x along a, z along c*",
            "X || a, Y in the a-b plane",
            "The a axis is along x and the c star axis along z",
        ] {
            assert!(says_what_is_assumed(text, &lattice(110.0)), "{text}");
        }
        for text in [
            "c along z, astar along x, b follows",
            "a along y, b in the xy plane",
            "b along x",
            "a* along x",
            "orthogonal",
        ] {
            assert!(!says_what_is_assumed(text, &lattice(90.0)), "{text}");
        }
        let edges = "a along x, b along y, c along z";
        assert!(says_what_is_assumed(edges, &lattice(90.0)));
        assert!(!says_what_is_assumed(edges, &lattice(110.0)));
    }
}
