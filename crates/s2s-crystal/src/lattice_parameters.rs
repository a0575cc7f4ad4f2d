//! Lengths and angles for writing, without the rounding of an arc cosine near 0° and 180°.

use crate::Lattice;

/// Lengths in Å and angles in degrees.
pub(crate) fn parameters(lattice: &Lattice) -> ([f64; 3], [f64; 3]) {
    let [a, b, c] = lattice.vectors();
    (lattice.lengths(), [angle(b, c), angle(a, c), angle(a, b)])
}

fn angle(u: [f64; 3], v: [f64; 3]) -> f64 {
    let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let dot = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    let length = (cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]).sqrt();
    let degrees = length.atan2(dot).to_degrees();
    // Right and hexagonal angles come out exactly: readers compare with them.
    let round = [60.0, 90.0, 120.0].into_iter().find(|angle| (degrees - angle).abs() < 1e-12);
    round.unwrap_or(degrees)
}
