//! Shortcut features: numbers that follow from how a record is written rather than from the material.

use std::fmt;

use s2s_crystal::Crystal;
use serde::{Deserialize, Serialize};

use crate::Record;

/// Features that a label should not follow from.
///
/// None of them says which elements a crystal is made of, or which atom is next to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShortcutFeature {
    /// Row number in the file.
    RowNumber,
    /// Number in the identifier: databases grow, and what was added late was chosen otherwise.
    IdNumber,
    /// Number of atoms in the cell.
    AtomCount,
    /// Number of distinct elements.
    ElementCount,
    /// Number of atoms and number of elements together.
    Counts,
    /// Which entries of the lattice matrix are zero, their signs, and the handedness: how the cell lies in space.
    Orientation,
    /// How many decimals are written, and whether coordinates leave the cell.
    Rounding,
    /// In which order elements and positions are listed.
    AtomOrder,
    /// Orientation, rounding and order together: how the cell was written.
    Writing,
    /// Distances of the atoms to their mean position, the input P′ of the paper; it depends on the choice of the cell.
    CentroidDistances,
    /// Everything above but row number and identifier.
    All,
}

impl ShortcutFeature {
    /// Every set of features, in the order of the report.
    pub const EVERY: [Self; 11] = [
        Self::RowNumber,
        Self::IdNumber,
        Self::AtomCount,
        Self::ElementCount,
        Self::Counts,
        Self::Orientation,
        Self::Rounding,
        Self::AtomOrder,
        Self::Writing,
        Self::CentroidDistances,
        Self::All,
    ];

    /// The features of a record in this row of its file; the same number for every record.
    pub fn features(self, row: usize, record: &Record) -> Vec<f64> {
        let crystal = &record.crystal;
        let counts = || [crystal.num_sites() as f64, crystal.composition().num_elements() as f64];
        match self {
            Self::RowNumber => vec![row as f64],
            Self::IdNumber => vec![id_number(record)],
            Self::AtomCount => vec![counts()[0]],
            Self::ElementCount => vec![counts()[1]],
            Self::Counts => counts().to_vec(),
            Self::Orientation => orientation(crystal),
            Self::Rounding => rounding(crystal),
            Self::AtomOrder => atom_order(crystal),
            Self::Writing => [orientation(crystal), rounding(crystal), atom_order(crystal)].concat(),
            Self::CentroidDistances => centroid_distances(crystal),
            Self::All => {
                let mut all = Self::Writing.features(row, record);
                all.extend(counts());
                all.extend(centroid_distances(crystal));
                all
            }
        }
    }
}

impl fmt::Display for ShortcutFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RowNumber => "row number",
            Self::IdNumber => "number in the identifier",
            Self::AtomCount => "number of atoms",
            Self::ElementCount => "number of elements",
            Self::Counts => "numbers of atoms and elements",
            Self::Orientation => "orientation of the cell",
            Self::Rounding => "rounding",
            Self::AtomOrder => "order of the atoms",
            Self::Writing => "how the cell was written",
            Self::CentroidDistances => "centroid distances",
            Self::All => "all shortcut features together",
        })
    }
}

/// The digits of the identifier of the database entry; −1 without any.
fn id_number(record: &Record) -> f64 {
    let id = record.mp_id.as_ref().unwrap_or(&record.id).as_str();
    let digits: String = id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(-1.0)
}

fn orientation(crystal: &Crystal) -> Vec<f64> {
    let rows = crystal.lattice().vectors();
    let mut features: Vec<f64> = rows.iter().flatten().map(|&x| if x == 0.0 { 0.0 } else { x.signum() }).collect();
    let [a, b, c] = rows;
    let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    features.push((cross[0] * c[0] + cross[1] * c[1] + cross[2] * c[2]).signum());
    let zero = |entries: [(usize, usize); 3]| f64::from(u8::from(entries.iter().all(|&(i, j)| rows[i][j] == 0.0)));
    features.push(zero([(0, 1), (0, 2), (1, 2)]));
    features.push(zero([(1, 0), (2, 0), (2, 1)]));
    // Entries that a program left as rounding noise of a rotation.
    features.push(rows.iter().flatten().filter(|x| **x != 0.0 && x.abs() < 1e-3).count() as f64);
    let lengths = crystal.lattice().lengths();
    features
        .push(lengths.iter().enumerate().fold(0, |longest, (i, l)| if *l > lengths[longest] { i } else { longest })
            as f64);
    features.push(f64::from(u8::from(lengths[0] <= lengths[1] && lengths[1] <= lengths[2])));
    features
}

fn rounding(crystal: &Crystal) -> Vec<f64> {
    let lattice: Vec<f64> = crystal.lattice().vectors().iter().flatten().map(|x| decimals(*x)).collect();
    let coordinates: Vec<f64> = crystal.sites().iter().flat_map(|site| site.position.0).collect();
    let written: Vec<f64> = coordinates.iter().map(|x| decimals(*x)).collect();
    let share =
        |test: &dyn Fn(f64) -> bool| coordinates.iter().filter(|x| test(**x)).count() as f64 / coordinates.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let max = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    vec![
        max(&lattice),
        mean(&lattice),
        max(&written),
        mean(&written),
        share(&|x| x == 0.0),
        share(&|x| x < 0.0),
        share(&|x| x >= 1.0),
        share(&|x| x == 0.5 || x == 0.25 || x == 0.75),
        // A third with more or fewer digits than its neighbors.
        share(&|x| ((x * 3.0).fract() - 0.5).abs() > 0.5 - 1e-5 && x * 3.0 != (x * 3.0).round()),
    ]
}

fn atom_order(crystal: &Crystal) -> Vec<f64> {
    let elements: Vec<_> = crystal.sites().iter().map(|site| site.species.majority_element()).collect();
    let blocks: Vec<_> = elements.chunk_by(|a, b| a == b).collect();
    let truth = |test: bool| f64::from(u8::from(test));
    let electronegativity = |i: usize| blocks[i][0].electronegativity().unwrap_or(0.0);
    let rising = |key: &dyn Fn(usize) -> f64| truth((1..blocks.len()).all(|i| key(i - 1) <= key(i)));
    let falling = |key: &dyn Fn(usize) -> f64| truth((1..blocks.len()).all(|i| key(i - 1) >= key(i)));
    let distinct = crystal.composition().num_elements();
    let positions: Vec<[f64; 3]> = crystal.sites().iter().map(|site| site.position.0).collect();
    let pairs = positions.windows(2).filter(|pair| pair[0] <= pair[1]).count() as f64;
    vec![
        blocks.len() as f64 / distinct as f64,
        rising(&electronegativity),
        falling(&electronegativity),
        rising(&|i| f64::from(blocks[i][0].atomic_number())),
        falling(&|i| f64::from(blocks[i][0].atomic_number())),
        rising(&|i| blocks[i].len() as f64),
        falling(&|i| blocks[i].len() as f64),
        rising(&|i| -f64::from(u32::from_be_bytes(symbol_key(blocks[i][0].symbol())))),
        truth(positions[0] == [0.0; 3]),
        truth(positions[positions.len() - 1] == [0.0; 3]),
        positions.iter().position(|x| *x == [0.0; 3]).map_or(-1.0, |i| i as f64 / positions.len() as f64),
        pairs / positions.len().saturating_sub(1).max(1) as f64,
    ]
}

/// A number that sorts as the symbol does.
fn symbol_key(symbol: &str) -> [u8; 4] {
    let mut key = [0; 4];
    symbol.bytes().take(4).enumerate().for_each(|(i, byte)| key[i] = byte);
    key
}

fn centroid_distances(crystal: &Crystal) -> Vec<f64> {
    let cartesian: Vec<[f64; 3]> = crystal.cart_positions().map(|x| x.0).collect();
    let fractional: Vec<[f64; 3]> = crystal.sites().iter().map(|site| site.position.0).collect();
    [cartesian, fractional].iter().flat_map(|positions| distance_statistics(positions)).collect()
}

/// Mean, standard deviation, extremes and quartiles of the distances to the mean position.
fn distance_statistics(positions: &[[f64; 3]]) -> [f64; 7] {
    let n = positions.len() as f64;
    let center = [0, 1, 2].map(|k| positions.iter().map(|x| x[k]).sum::<f64>() / n);
    let distance = |x: &[f64; 3]| (0..3).map(|k| (x[k] - center[k]).powi(2)).sum::<f64>().sqrt();
    let mut distances: Vec<f64> = positions.iter().map(distance).collect();
    distances.sort_by(f64::total_cmp);
    let mean = distances.iter().sum::<f64>() / n;
    let std = (distances.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n).sqrt();
    let quantile = |share: f64| distances[((distances.len() - 1) as f64 * share).round() as usize];
    [mean, std, quantile(0.0), quantile(0.25), quantile(0.5), quantile(0.75), quantile(1.0)]
}

/// Number of decimals with which a number is written in its shortest exact form.
fn decimals(x: f64) -> f64 {
    let text = format!("{x}");
    text.split_once('.').map_or(0, |(_, decimals)| decimals.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_the_shortest_form() {
        assert_eq!([0.25, 3.0, 5.5399, 1e-7].map(decimals), [2.0, 0.0, 4.0, 7.0]);
    }
}
