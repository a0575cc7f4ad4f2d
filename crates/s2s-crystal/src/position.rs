//! Fractional and Cartesian positions as distinct types.

use serde::{Deserialize, Serialize};

/// A position in units of the lattice vectors, not necessarily inside the cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Frac(pub [f64; 3]);

/// A position in Å.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cart(pub [f64; 3]);

impl Frac {
    /// The same position in the cell at the origin, every coordinate in [0, 1).
    pub fn wrapped(self) -> Self {
        Self(self.0.map(|x| {
            let inside = x - x.floor();
            // A tiny negative coordinate rounds up to exactly one, which is the next cell's zero.
            if inside < 1.0 { inside } else { 0.0 }
        }))
    }
}

impl From<[f64; 3]> for Frac {
    fn from(coordinates: [f64; 3]) -> Self {
        Self(coordinates)
    }
}

impl From<[f64; 3]> for Cart {
    fn from(angstrom: [f64; 3]) -> Self {
        Self(angstrom)
    }
}

impl From<Frac> for [f64; 3] {
    fn from(position: Frac) -> Self {
        position.0
    }
}

impl From<Cart> for [f64; 3] {
    fn from(position: Cart) -> Self {
        position.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_a_tiny_negative_coordinate_gives_zero() {
        assert_eq!(Frac([-1e-20, 1.25, -0.25]).wrapped(), Frac([0.0, 0.25, 0.75]));
    }
}
