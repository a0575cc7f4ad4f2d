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
    cif::{block::Block, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    number::number_with_uncertainty,
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// How far lengths and angles of the cell that a matrix makes may be off: scalar products of its vectors relative to their
/// lengths. Matrices are printed with few digits.
const METRIC: f64 = 0.01;

/// Vectors that differ by less, relative to their length, differ by the rounding of a matrix.
const ROUNDING: f64 = 1e-3;

/// How far the origins of two statements of a frame may be apart, in Å.
const ORIGIN: f64 = 0.01;

/// A Cartesian frame of the cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CartesianFrame {
    /// The lattice vectors in the frame, in Å.
    lattice: Lattice,
    /// Where the corner of the cell lies in the frame, in Å.
    corner: [f64; 3],
}

impl CartesianFrame {
    /// The frame that a block states, or that of the lattice if it states none.
    ///
    /// # Errors
    ///
    /// A matrix or vector is incomplete, is no number, has no inverse or is that of another cell; two statements differ.
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
            (Some((frame, _)), _) | (None, Some((frame, _))) => Ok(frame),
            (None, None) => {
                check_words(block, lattice, diagnostics)?;
                Ok(Self { lattice: *lattice, corner: [0.0; 3] })
            }
        }
    }

    /// From Å in the frame to units of the lattice vectors.
    pub(super) fn to_frac(self, position: Cart) -> Frac {
        let from_corner = [0, 1, 2].map(|k| position.0[k] - self.corner[k]);
        self.lattice.to_frac(Cart(from_corner))
    }

    fn is_near(&self, other: &Self) -> bool {
        let apart = |k: usize| (self.corner[k] - other.corner[k]).abs();
        are_alike(&self.lattice, &other.lattice) && (0..3).all(|k| apart(k) <= ORIGIN)
    }
}

/// Whether vectors of two lattices differ by rounding only.
fn are_alike(one: &Lattice, other: &Lattice) -> bool {
    let (lengths, other) = (one.lengths(), other.vectors());
    let near = |(row, k): (usize, usize)| (one.vectors()[row][k] - other[row][k]).abs() <= ROUNDING * lengths[row];
    (0..9).map(|entry| (entry / 3, entry % 3)).all(near)
}

/// A matrix and a vector as a block states them.
struct Statement {
    matrix: [[f64; 3]; 3],
    vector: [f64; 3],
    offset: usize,
    /// How the tags of the matrix begin.
    name: String,
}

impl Statement {
    /// The matrix and the vector to these coordinates, `Cartn` or `fract`; `None` if neither is stated.
    fn read(block: &Block<'_>, to: &str) -> Result<Option<Self>, Fault> {
        let name = format!("_atom_sites_{to}_tran_matrix");
        let matrix = entries::<9>(
            block,
            [
                &|n| format!("_atom_sites_{to}_tran_matrix_{}{}", n / 3 + 1, n % 3 + 1),
                &|n| format!("_atom_sites_{to}_transf_matrix[{}][{}]", n / 3 + 1, n % 3 + 1),
                &|n| format!("_atom_sites_{to}_transform_mat_{}{}", n / 3 + 1, n % 3 + 1),
            ],
        )?;
        let matrix = match matrix {
            Some(found) => Some(found),
            None => list(block, &format!("_atom_sites_{to}_transform_matrix"))?,
        };
        let vector = entries::<3>(
            block,
            [
                &|n| format!("_atom_sites_{to}_tran_vector_{}", n + 1),
                &|n| format!("_atom_sites_{to}_transf_vector[{}]", n + 1),
                &|n| format!("_atom_sites_{to}_transform_vec_{}", n + 1),
            ],
        )?;
        let vector = match vector {
            Some(found) => Some(found),
            None => list(block, &format!("_atom_sites_{to}_transform_vector"))?,
        };
        let Some((m, offset)) = matrix else {
            // A vector of zeros is that of the frame that is assumed.
            return match vector.filter(|(vector, _)| *vector != [0.0; 3]) {
                None => Ok(None),
                Some((_, offset)) => {
                    let message = format!("the Cartesian frame has a vector, and no matrix {name}");
                    Err(Fault::new(offset, ParseErrorKind::MissingTag, message))
                }
            };
        };
        let matrix = [0, 1, 2].map(|row| [m[3 * row], m[3 * row + 1], m[3 * row + 2]]);
        Ok(Some(Self { matrix, vector: vector.map_or([0.0; 3], |(vector, _)| vector), offset, name }))
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
        if !has_metric(&turned, lattice) {
            let cell = |lattice: &Lattice| {
                let part = |values: [f64; 3]| values.map(|value| format!("{value:.2}")).join(" ");
                format!("{} {}", part(lattice.lengths()), part(lattice.angles()))
            };
            let (found, stated) = (cell(&turned), cell(lattice));
            return Err(invalid(format!("the matrix {} makes the cell {found}, not the stated {stated}", self.name)));
        }
        // The cell has more digits than the matrix.
        let turned = if are_alike(&turned, lattice) { *lattice } else { turned };
        let corner = match to_fract {
            true => turned.to_cart(Frac(self.vector.map(|x| -x))).0,
            false => self.vector,
        };
        Ok((CartesianFrame { lattice: turned, corner }, self.offset))
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

/// The numbers of `N` tags in one of three spellings, and where the first stands; `None` if the block has none of them.
fn entries<const N: usize>(
    block: &Block<'_>,
    spellings: [&dyn Fn(usize) -> String; 3],
) -> Result<Option<([f64; N], usize)>, Fault> {
    for tag in spellings {
        let values: [Option<Value<'_>>; N] =
            std::array::from_fn(|n| block.value(&tag(n)).filter(|value| !value.is_absent()));
        let Some(first) = values.iter().flatten().next() else { continue };
        let mut numbers = [0.0; N];
        for (n, value) in values.iter().enumerate() {
            let Some(value) = value else {
                let message = format!("the Cartesian frame is stated without {}", tag(n));
                return Err(Fault::new(first.offset(), ParseErrorKind::MissingTag, message));
            };
            numbers[n] = number_with_uncertainty(value.bytes()).ok_or_else(|| {
                let message = format!("{} is not a number: {}", tag(n), shorten(value.bytes()));
                Fault::new(value.offset(), ParseErrorKind::InvalidNumber, message)
            })?;
        }
        return Ok(Some((numbers, first.offset())));
    }
    Ok(None)
}

/// The numbers of a list of CIF 2.0, row by row, and where it stands; `None` if the block does not have the tag.
fn list<const N: usize>(block: &Block<'_>, tag: &str) -> Result<Option<([f64; N], usize)>, Fault> {
    let Some(value) = block.value(tag).filter(|value| !value.is_absent()) else { return Ok(None) };
    let words = value.bytes().split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b','));
    let numbers: Option<Vec<f64>> = words.filter(|word| !word.is_empty()).map(number_with_uncertainty).collect();
    match numbers.and_then(|numbers| <[f64; N]>::try_from(numbers).ok()) {
        Some(numbers) => Ok(Some((numbers, value.offset()))),
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
