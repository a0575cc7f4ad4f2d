//! Weighted atoms: the elements on the sites of a disordered crystal, or in a composition, each with its amount.

use s2s_crystal::{Composition, Crystal, CrystalError, Element};

use crate::neighbor_rule::PairRows;

/// The atoms that stand for the sites of a crystal: one per element and site.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WeightedAtoms {
    /// Element of each atom.
    pub(crate) elements: Vec<Element>,
    /// Share of its site that each atom fills, in (0, 1]; empty where all are 1.
    pub(crate) weights: Vec<f32>,
    /// Site of each atom, in increasing order; empty where atom `k` is site `k`.
    pub(crate) sites: Vec<u32>,
}

/// Above this a site is full: rounded thirds do not add up to one.
const FULL: f64 = 1.0 - 1e-3;

impl WeightedAtoms {
    /// The atoms of a crystal of which every site is full and has one element.
    pub(crate) fn of_ordered(crystal: &Crystal) -> Result<Self, CrystalError> {
        Ok(Self { elements: crystal.ordered_elements()?, ..Self::default() })
    }

    /// The atoms of any crystal, lighter elements of a site first; charges do not matter.
    pub(crate) fn of(crystal: &Crystal) -> Self {
        let mut atoms = Self::default();
        for (site, number) in crystal.sites().iter().zip(0..) {
            let first = atoms.elements.len();
            for occupant in site.species.occupants() {
                let weight = occupant.occupancy as f32;
                match atoms.elements[first..].binary_search(&occupant.element) {
                    Ok(known) => atoms.weights[first + known] += weight,
                    Err(index) => {
                        atoms.elements.insert(first + index, occupant.element);
                        atoms.weights.insert(first + index, weight);
                        atoms.sites.push(number);
                    }
                }
            }
        }
        atoms.weights.iter_mut().filter(|weight| f64::from(**weight) > FULL).for_each(|weight| *weight = 1.0);
        if atoms.weights.iter().all(|weight| *weight == 1.0) {
            atoms.weights.clear();
            atoms.sites.clear();
        }
        atoms
    }

    /// One atom per element of a composition, weighted by its fraction; the only element of a composition has weight 1.
    pub(crate) fn of_composition(composition: &Composition) -> Self {
        let mut atoms = Self::default();
        for (element, fraction) in composition.fractions() {
            atoms.elements.push(element);
            atoms.weights.push(fraction as f32);
        }
        if atoms.elements.len() == 1 {
            atoms.weights.clear();
        }
        atoms
    }

    /// The value that each atom's site has.
    pub(crate) fn of_sites<T: Clone>(&self, values: Vec<T>) -> Vec<T> {
        if self.sites.is_empty() {
            return values;
        }
        self.sites.iter().map(|site| values[*site as usize].clone()).collect()
    }

    /// Rows of neighboring atoms, from rows of neighboring sites: an atom sees every atom of every site that its own site sees,
    /// and not those that share its place.
    pub(crate) fn rows(&self, of_sites: PairRows) -> PairRows {
        if self.sites.is_empty() {
            return of_sites;
        }
        let sites = of_sites.offsets.len() - 1;
        let first: Vec<usize> = (0..=sites).map(|site| self.sites.partition_point(|s| (*s as usize) < site)).collect();
        let mut rows = PairRows { offsets: vec![0], ..PairRows::default() };
        for site in &self.sites {
            let row = of_sites.offsets[*site as usize] as usize..of_sites.offsets[*site as usize + 1] as usize;
            for pair in row {
                let neighbor = of_sites.sites[pair] as usize;
                let atoms = first[neighbor]..first[neighbor + 1];
                rows.distances.extend(atoms.clone().map(|_| of_sites.distances[pair]));
                if let Some(vector) = of_sites.vectors.get(pair) {
                    rows.vectors.extend(atoms.clone().map(|_| *vector));
                }
                rows.sites.extend(atoms.map(|atom| atom as u32));
            }
            rows.offsets.push(rows.sites.len() as u32);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Lattice, Occupant, Site, Species};

    use super::*;

    #[test]
    fn occupants_of_one_element_are_one_atom() -> Result<(), CrystalError> {
        let lattice = Lattice::cubic(4.0)?;
        let charged = |occupancy, charge| Occupant { element: Element::FE, occupancy, oxidation: Some(charge) };
        let iron =
            Site { species: Species::new(vec![charged(0.25, 2.0), charged(0.75, 3.0)])?, position: [0.0; 3].into() };
        let full = WeightedAtoms::of(&Crystal::new(lattice, vec![iron.clone()])?);
        assert_eq!(full, WeightedAtoms { elements: vec![Element::FE], ..WeightedAtoms::default() });
        let mixed = Site::mixed([(Element::NI, 0.5), (Element::CO, 0.25)], [0.5; 3])?;
        let atoms = WeightedAtoms::of(&Crystal::new(lattice, vec![iron, mixed])?);
        assert_eq!(atoms.elements, [Element::FE, Element::CO, Element::NI]);
        assert_eq!((atoms.weights, atoms.sites), (vec![1.0, 0.25, 0.5], vec![0, 1, 1]));
        Ok(())
    }

    #[test]
    fn atoms_of_one_site_do_not_see_each_other() {
        let (iron, cobalt) = (Element::FE, Element::CO);
        let atoms =
            WeightedAtoms { elements: vec![iron, cobalt, iron], weights: vec![0.5, 0.5, 1.0], sites: vec![0, 0, 1] };
        // Site 0 sees site 1 and an image of itself; site 1 sees site 0.
        let of_sites = PairRows {
            offsets: vec![0, 2, 3],
            sites: vec![1, 0, 0],
            distances: vec![2.0, 3.0, 2.0],
            vectors: vec![[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [-2.0, 0.0, 0.0]],
        };
        let rows = atoms.rows(of_sites);
        assert_eq!(rows.offsets, [0, 3, 6, 8]);
        assert_eq!(rows.sites, [2, 0, 1, 2, 0, 1, 0, 1]);
        assert_eq!(rows.distances, [2.0, 3.0, 3.0, 2.0, 3.0, 3.0, 2.0, 2.0]);
        assert_eq!(rows.vectors[6..], [[-2.0, 0.0, 0.0]; 2]);
    }
}
