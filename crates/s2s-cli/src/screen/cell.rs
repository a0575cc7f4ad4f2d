//! The drawing of a structure on the HTML page: its cell, its atoms and their contributions.

use s2s_crystal::{Crystal, Site};
use serde::Serialize;

/// A cell without what a drawing does not show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Cell {
    /// Lattice vectors in Å, one per row.
    lattice: [[f64; 3]; 3],
    kinds: Vec<Kind>,
    /// Number of the kind, and position in units of the lattice vectors.
    atoms: Vec<(usize, f64, f64, f64)>,
    /// In units of the logit, in the order of the atoms.
    #[serde(skip_serializing_if = "Option::is_none")]
    contributions: Option<Vec<f64>>,
}

/// The occupants of a site.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Kind {
    /// Such as `Fe`, or `Ba0.6K0.4` on a shared site.
    name: String,
    /// Covalent radius of the majority element in Å.
    radius: Option<f64>,
}

impl Cell {
    /// The most atoms that are drawn.
    pub(super) const MOST_ATOMS: usize = 2000;

    /// What is drawn of a crystal; `None` if it has too many atoms.
    pub(super) fn of(crystal: &Crystal, contributions: impl FnOnce() -> Option<Vec<f64>>) -> Option<Self> {
        if crystal.num_sites() > Self::MOST_ATOMS {
            return None;
        }
        let mut kinds: Vec<Kind> = Vec::new();
        let atoms = crystal.sites().iter().map(|site| {
            let kind = Kind::of(site);
            let number = kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            let [x, y, z] = site.position.wrapped().0.map(|x| rounded(x, 1e4));
            (number, x, y, z)
        });
        let atoms = atoms.collect();
        let contributions = contributions().map(|parts| parts.into_iter().map(|x| rounded(x, 1e4)).collect());
        Some(Self {
            lattice: crystal.lattice().vectors().map(|row| row.map(|x| rounded(x, 1e4))),
            kinds,
            atoms,
            contributions,
        })
    }
}

impl Kind {
    fn of(site: &Site) -> Self {
        let name = match site.species.ordered_element() {
            Some(element) => element.to_string(),
            None => {
                let shares = site.species.occupants().iter();
                shares.map(|who| format!("{}{}", who.element, rounded(who.occupancy, 1e3))).collect()
            }
        };
        Self { name, radius: site.species.majority_element().covalent_radius() }
    }
}

/// As many decimals as a drawing shows.
fn rounded(x: f64, scale: f64) -> f64 {
    (x * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Frac, Lattice};

    use super::*;

    fn crystal(count: usize) -> Crystal {
        let lattice = Lattice::from_parameters([4.0; 3], [90.0; 3]).expect("it is a lattice");
        let site = |k: usize| Site::pure("Fe".parse().expect("it is one"), Frac([k as f64 / 1e4, 0.0, -0.25]));
        Crystal::new(lattice, (0..count).map(site).collect()).expect("the sites are apart")
    }

    #[test]
    fn shared_sites_are_named_after_all_their_occupants() {
        let [barium, potassium] = ["Ba", "K"].map(|symbol| symbol.parse().expect("it is an element"));
        let site = Site::mixed([(barium, 0.6), (potassium, 0.4)], [0.0; 3]).expect("it is filled");
        assert_eq!(Kind::of(&site).name, "Ba0.6K0.4");
    }

    #[test]
    fn atoms_are_wrapped_into_the_cell_and_too_many_are_not_drawn() {
        let cell = Cell::of(&crystal(1), || None).expect("it is small");
        assert_eq!((cell.atoms, cell.kinds.len()), (vec![(0, 0.0, 0.0, 0.75)], 1));
        assert!(Cell::of(&crystal(Cell::MOST_ATOMS), || None).is_some());
        assert!(Cell::of(&crystal(Cell::MOST_ATOMS + 1), || panic!("nothing is asked of what is not drawn")).is_none());
    }
}
