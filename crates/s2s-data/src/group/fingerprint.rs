//! What a structure looks like, whatever it is made of and however it is written down.

use rayon::prelude::*;
use s2s_crystal::{CellList, Crystal, CrystalError, Cutoff, NeighborSearch};
use thiserror::Error;

use crate::{MaterialId, Record};

/// Mean and spread over the atoms of the distances to the nearest, second nearest, … neighbor.
///
/// In units of the cube root of the volume per atom, so that neither size nor elements matter. Distances are a continuous
/// function of the positions, and their mean is the same for every choice of cell and origin and every order of the atoms.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint([f64; 2 * SHELLS]);

/// Neighbors that are looked at; 24 reach the fourth shell of most structures.
const SHELLS: usize = 24;
/// In units of the cube root of the volume per atom; a uniform gas has 57 atoms within it.
const REACH: f64 = 2.4;

/// A record without a fingerprint.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{id}: {source}")]
pub struct FingerprintError {
    /// The record.
    pub id: MaterialId,
    /// Why its neighbors cannot be found.
    pub source: CrystalError,
}

impl Fingerprint {
    /// The fingerprint of a crystal.
    ///
    /// # Errors
    ///
    /// As [`NeighborSearch::search`], for cells too flat to search.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
    /// use s2s_data::Fingerprint;
    ///
    /// let cubic = |element: &str, edge: f64, sites: &[[f64; 3]]| {
    ///     let element: Element = element.parse()?;
    ///     let sites = sites.iter().map(|&x| Site::pure(element, Frac(x))).collect();
    ///     Fingerprint::new(&Crystal::new(Lattice::from_parameters([edge; 3], [90.0; 3])?, sites)?)
    /// };
    /// let niobium = cubic("Nb", 3.3, &[[0.0; 3], [0.5; 3]])?;
    /// let shifted_tungsten = cubic("W", 3.16, &[[0.2; 3], [0.7; 3]])?;
    /// let polonium = cubic("Po", 3.35, &[[0.0; 3]])?;
    /// assert!(niobium.distance(&shifted_tungsten) < 1e-9);
    /// assert!(niobium.distance(&polonium) > 0.05);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn new(crystal: &Crystal) -> Result<Self, CrystalError> {
        let atoms = crystal.num_sites();
        let unit = (crystal.lattice().volume() / atoms as f64).cbrt();
        let neighbors = CellList::default().search(crystal, Cutoff::angstrom(REACH * unit)?)?;
        let (mut sum, mut sum_of_squares) = ([0.0; SHELLS], [0.0; SHELLS]);
        let mut distances = Vec::new();
        for atom in 0..atoms {
            distances.clear();
            distances.extend(neighbors.of(atom).map(|neighbor| neighbor.distance / unit));
            distances.sort_unstable_by(f64::total_cmp);
            // Layers far apart have fewer neighbors than shells; what is out of reach counts as just so.
            distances.resize(SHELLS.max(distances.len()), REACH);
            for (shell, distance) in distances[..SHELLS].iter().enumerate() {
                sum[shell] += distance;
                sum_of_squares[shell] += distance * distance;
            }
        }
        let mut values = [0.0; 2 * SHELLS];
        for shell in 0..SHELLS {
            let mean = sum[shell] / atoms as f64;
            let variance = sum_of_squares[shell] / atoms as f64 - mean * mean;
            values[shell] = mean;
            // The root of a difference of equals amplifies rounding noise.
            values[SHELLS + shell] = if variance > 1e-12 { variance.sqrt() } else { 0.0 };
        }
        Ok(Self(values))
    }

    /// The fingerprints of all records, in order, on the current rayon pool.
    ///
    /// # Errors
    ///
    /// [`FingerprintError`] for the first record that has none.
    pub fn of_all(records: &[Record]) -> Result<Vec<Self>, FingerprintError> {
        let of = |record: &Record| {
            Self::new(&record.crystal).map_err(|source| FingerprintError { id: record.id.clone(), source })
        };
        records.par_iter().map(of).collect()
    }

    /// Largest difference of any number of the two fingerprints.
    pub fn distance(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}
