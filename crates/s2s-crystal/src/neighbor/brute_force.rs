//! The brute-force search over every pair and image, the reference of the fast one.

use super::{Cutoff, Neighbor, NeighborList, NeighborSearch, list::squared};
use crate::{Crystal, CrystalError, Frac};

/// Compares every atom with every image within reach; the oracle for faster searches.
#[derive(Clone, Copy, Debug, Default)]
pub struct BruteForce;

/// Images of one cell that a search may visit.
const MAX_IMAGES: usize = 10_000_000;

impl NeighborSearch for BruteForce {
    fn search_into(&self, crystal: &Crystal, cutoff: Cutoff, list: &mut NeighborList) -> Result<(), CrystalError> {
        let reach = image_reach(crystal, cutoff)?;
        let cutoff_squared = cutoff.to_angstrom().powi(2);
        let positions = crystal.cart_positions().map(|position| position.0).collect::<Vec<_>>();
        let (list, _) = list.parts();
        list.start(positions.len(), 0);
        for (i, center) in positions.iter().enumerate() {
            for (j, other) in positions.iter().enumerate() {
                for image in images(reach) {
                    if i == j && image == [0; 3] {
                        continue;
                    }
                    let shift = crystal.lattice().to_cart(Frac(image.map(f64::from))).0;
                    let vector = [0, 1, 2].map(|k| (other[k] - center[k]) + shift[k]);
                    if squared(&vector) <= cutoff_squared {
                        list.push(Neighbor { site: j, image, distance: squared(&vector).sqrt(), vector });
                    }
                }
            }
            list.end_row();
        }
        Ok(())
    }
}

/// How many cells a sphere around any atom reaches in each direction, unwrapped coordinates included.
fn image_reach(crystal: &Crystal, cutoff: Cutoff) -> Result<[i32; 3], CrystalError> {
    let spacings = crystal.lattice().plane_spacings();
    let mut reach = [0; 3];
    let mut cells = 1.0;
    for axis in 0..3 {
        if !crystal.periodic()[axis] {
            continue;
        }
        let along = crystal.sites().iter().map(|site| site.position.0[axis]);
        let (low, high) = along.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
        let cells_each_way = (cutoff.to_angstrom() / spacings[axis] + (high - low)).floor() + 1.0;
        cells *= 2.0 * cells_each_way + 1.0;
        if cells > MAX_IMAGES as f64 {
            return Err(CrystalError::LimitExceeded { what: "the number of cell images", limit: MAX_IMAGES });
        }
        reach[axis] = cells_each_way as i32;
    }
    Ok(reach)
}

fn images(reach: [i32; 3]) -> impl Iterator<Item = [i32; 3]> {
    let axis = move |k: usize| -reach[k]..=reach[k];
    axis(0).flat_map(move |a| axis(1).flat_map(move |b| axis(2).map(move |c| [a, b, c])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Lattice, Site};

    #[test]
    fn simple_cubic_has_six_twelve_and_eight_neighbors() -> Result<(), CrystalError> {
        let polonium = Element::from_atomic_number(84)?;
        let lattice = Lattice::from_parameters([1.0; 3], [90.0; 3])?;
        let crystal = Crystal::new(lattice, vec![Site::pure(polonium, Frac([0.3, 0.2, 0.9]))])?;
        for (cutoff, expected) in [(1.01, 6), (1.42, 18), (1.74, 26)] {
            let list = BruteForce.search(&crystal, Cutoff::angstrom(cutoff)?)?;
            assert_eq!(list.of(0).len(), expected);
        }
        Ok(())
    }
}
