//! Structure fingerprints that do not depend on cell, origin, orientation or order of atoms.

use crate::{CellList, Crystal, CrystalError, Cutoff, Element, NeighborList, NeighborSearch};

/// How far around an atom we look, in units of the cube root of the volume per atom: about 70 neighbors.
const REACH: f64 = 2.6;

/// Points at which neighbors are counted.
const POINTS: usize = 26;

/// How many neighbors of each element are how far from the atoms of each element.
///
/// The same for every description of a crystal: any origin, orientation (mirror images included), choice of cell,
/// supercell and order of atoms. Lengths are in units of the cube root of the volume per atom, so that crystals that are
/// stretched alike in all directions are equal; [`volume_per_atom`](Self::volume_per_atom) tells them apart.
///
/// ```text
/// Nₐᵦ(r) = neighbors of element β within r of an atom of element α, summed over the α of the cell, per atom of the cell
/// d(A, B) = Σₐᵦ ∫ |Nᴬ − Nᴮ| dr  /  Σₐᵦ ∫ ½ (Nᴬ + Nᴮ) dr
/// ```
///
/// Neighbors are spread over two points of the curve in proportion to how near they are to each, and those at the end of
/// the reach count for nothing, so that every number is a continuous function of the positions: no bin has an edge that
/// rounding could push an atom across.
///
/// # What it cannot tell apart
///
/// A crystal and its mirror image; structures with the same distances between elements and another arrangement of them
/// (homometric ones, which are rare); and what differs beyond the reach only, such as stacking orders of thick layers.
///
/// # What it tells apart although it is the same
///
/// Strains: a distance of `d` is what a relative change of all lengths along one direction by about `d / 2` makes.
/// [`SAME`](Self::SAME) allows for the differences between relaxations of one structure.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site, StructureFingerprint};
///
/// let chloride = |edge: f64, sodium: &str, chlorine: &str| {
///     let lattice = Lattice::from_rows([[0.0, edge, edge], [edge, 0.0, edge], [edge, edge, 0.0]])?;
///     let [sodium, chlorine]: [Element; 2] = [sodium.parse()?, chlorine.parse()?];
///     let sites = vec![Site::pure(sodium, Frac([0.0; 3])), Site::pure(chlorine, Frac([0.5; 3]))];
///     Crystal::new(lattice, sites)
/// };
/// let (salt, written_otherwise) = (chloride(2.8, "Na", "Cl")?, chloride(2.8, "Cl", "Na")?);
/// let supercell = written_otherwise.supercell([[2, 0, 0], [0, 1, 0], [1, 0, 1]])?;
/// let [a, b] = [StructureFingerprint::new(&salt)?, StructureFingerprint::new(&supercell)?];
/// assert!(a.distance(&b) < 1e-5);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StructureFingerprint {
    /// Elements with their atomic fractions; a single nameless one where species are ignored.
    fractions: Vec<(Option<Element>, f32)>,
    volume_per_atom: f64,
    /// A curve for every pair of elements, the later of which is not before the earlier.
    curves: Vec<[f32; POINTS]>,
}

impl StructureFingerprint {
    /// Distance below which two crystals are most likely the same structure.
    pub const SAME: f64 = 0.04;

    /// The fingerprint of a crystal; partial occupancies count in proportion.
    ///
    /// # Errors
    ///
    /// As [`CellList::search_into`](NeighborSearch::search_into). A cell of few atoms may have 4096 neighbors per atom, and
    /// 262,144 in all.
    pub fn new(crystal: &Crystal) -> Result<Self, CrystalError> {
        Self::with_memory(crystal, &mut NeighborList::default())
    }

    /// As [`new`](Self::new), in the memory of a list that is reused; what it held is overwritten.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_memory(crystal: &Crystal, list: &mut NeighborList) -> Result<Self, CrystalError> {
        let composition = crystal.composition();
        let elements = composition.elements().collect::<Vec<_>>();
        let index = |element: Element| elements.binary_search(&element).unwrap_or_default();
        let occupants = crystal.sites().iter().map(|site| {
            site.species.occupants().iter().map(|o| (index(o.element), o.occupancy as f32)).collect::<Vec<_>>()
        });
        let fractions = composition.fractions().map(|(element, share)| (Some(element), share as f32)).collect();
        Self::from_occupants(crystal, &occupants.collect::<Vec<_>>(), fractions, list)
    }

    /// The fingerprint of the positions alone: all atoms count as the same element.
    ///
    /// Two crystals whose positions agree while their fingerprints do not have their elements on different sites.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn ignoring_species(crystal: &Crystal) -> Result<Self, CrystalError> {
        let occupants = crystal.sites().iter().map(|site| vec![(0, site.species.total_occupancy() as f32)]);
        let occupants = occupants.collect::<Vec<_>>();
        Self::from_occupants(crystal, &occupants, vec![(None, 1.0)], &mut NeighborList::default())
    }

    fn from_occupants(
        crystal: &Crystal,
        occupants: &[Vec<(usize, f32)>],
        fractions: Vec<(Option<Element>, f32)>,
        list: &mut NeighborList,
    ) -> Result<Self, CrystalError> {
        let atoms = occupants.iter().flatten().map(|(_, share)| f64::from(*share)).sum::<f64>();
        let volume_per_atom = crystal.lattice().volume() / atoms;
        let unit = volume_per_atom.cbrt();
        search(crystal.num_sites()).search_into(crystal, Cutoff::angstrom(REACH * unit)?, list)?;
        let kinds = fractions.len();
        let mut curves = vec![[0.0_f64; POINTS]; kinds * (kinds + 1) / 2];
        let per_unit = POINTS as f64 / (REACH * unit);
        for (i, row) in list.offsets().windows(2).enumerate() {
            let row = row[0]..row[1];
            for (j, distance) in list.sites()[row.clone()].iter().zip(&list.distances()[row]) {
                let position = distance * per_unit;
                let point = (position as usize).min(POINTS - 1);
                let beyond = position - point as f64;
                for (a, share) in &occupants[i] {
                    for (b, other) in &occupants[*j as usize] {
                        let curve = &mut curves[pair(*a, *b)];
                        let weight = f64::from(share * other);
                        curve[point] += weight * (1.0 - beyond);
                        if let Some(next) = curve.get_mut(point + 1) {
                            *next += weight * beyond;
                        }
                    }
                }
            }
        }
        let counted = |curve: [f64; POINTS]| {
            let mut sum = 0.0;
            curve.map(|weight| {
                sum += weight / atoms;
                sum as f32
            })
        };
        Ok(Self { fractions, volume_per_atom, curves: curves.into_iter().map(counted).collect() })
    }

    /// Volume per atom in Å³.
    pub fn volume_per_atom(&self) -> f64 {
        self.volume_per_atom
    }

    /// How different two structures are, from 0 (the same) to 2; infinite where the compositions differ.
    pub fn distance(&self, other: &Self) -> f64 {
        if self.fractions.len() != other.fractions.len() {
            return f64::INFINITY;
        }
        for ((element, share), (other_element, other_share)) in self.fractions.iter().zip(&other.fractions) {
            if element != other_element || (share - other_share).abs() > 1e-3 {
                return f64::INFINITY;
            }
        }
        let (mut difference, mut mean) = (0.0, 0.0);
        for (x, y) in self.curves.iter().flatten().zip(other.curves.iter().flatten()) {
            difference += f64::from((x - y).abs());
            mean += f64::from(x + y) / 2.0;
        }
        if mean > 0.0 { difference / mean } else { 0.0 }
    }
}

/// A search that lists no more pairs than thin layers far apart have: in a needle or a plate whose volume per atom is that
/// of nothing, the reach holds millions of an atom's own images.
fn search(atoms: usize) -> CellList {
    const FEW: usize = 1 << 18;
    const PER_ATOM: usize = 4096;
    CellList::with_max_pairs(
        atoms.saturating_mul(PER_ATOM).clamp(FEW, CellList::DEFAULT_MAX_PAIRS).max(atoms.saturating_mul(32)),
    )
}

/// Index of an unordered pair among all pairs.
fn pair(a: usize, b: usize) -> usize {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    high * (high + 1) / 2 + low
}
