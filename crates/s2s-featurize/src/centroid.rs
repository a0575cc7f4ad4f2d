//! Distances of atoms from the center of their cell.

/// Euclidean distance of each position to the mean of all positions, in the unit of the positions.
///
/// The value depends on how the cell is written down: its origin, the choice of cell, the supercell. The paper uses
/// positions in Å; the released code feeds fractional coordinates through the same formula, as if they were Å.
///
/// # Source
///
/// Liu et al., S2SNet, §3.1 item 1 (P′).
///
/// # Examples
///
/// ```
/// use s2s_featurize::centroid_distances;
///
/// assert_eq!(centroid_distances(&[[0.0; 3], [2.0, 0.0, 0.0]]), [1.0, 1.0]);
/// ```
pub fn centroid_distances(positions: &[[f64; 3]]) -> Vec<f64> {
    weighted_centroid_distances(positions, &[])
}

/// The same for a mean with these weights; none stand for equal ones.
pub(crate) fn weighted_centroid_distances(positions: &[[f64; 3]], weights: &[f32]) -> Vec<f64> {
    let weight = |atom: usize| weights.get(atom).map_or(1.0, |weight| f64::from(*weight));
    let total: f64 = (0..positions.len()).map(weight).sum();
    let mean =
        [0, 1, 2].map(|k| positions.iter().enumerate().map(|(atom, p)| weight(atom) * p[k]).sum::<f64>() / total);
    let distance = |p: &[f64; 3]| (0..3).map(|k| (p[k] - mean[k]).powi(2)).sum::<f64>().sqrt();
    positions.iter().map(distance).collect()
}
