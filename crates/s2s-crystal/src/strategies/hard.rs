//! Hand-picked crystals, each of which has caught a mistake.

use super::{dice::Dice, generate::with_mixed_sites, point_sets::PointSet};
use crate::{Crystal, CrystalError, Element, Frac, Lattice, Site};

/// Hand-picked crystals that are difficult for algorithms, always the same, small ones first.
///
/// Prototypes in primitive and conventional cells; shells of equal distances with different elements, inside the nearest
/// 4 to 24 neighbors and at 2 to 8 Å; atoms on faces of the cell and outside it; flat, slanted, long, left-handed
/// and rotated cells; one atom, atoms far from all others, coinciding atoms; shared and partly filled sites;
/// cells of every element, and of hundreds of atoms; pairs of atoms at every twentieth of an Å up to 8 Å.
pub fn hard_crystals() -> Vec<Crystal> {
    let crystals = [small(), awkward(), layered(), pairs(), large()].into_iter().collect::<Result<Vec<_>, _>>();
    crystals.expect("invariant: every one of them is a crystal").concat()
}

type Crystals = Result<Vec<Crystal>, CrystalError>;

const FACES: [[i32; 3]; 3] = [[-1, 1, 1], [1, -1, 1], [1, 1, -1]];
const BODY: [[i32; 3]; 3] = [[0, 1, 1], [1, 0, 1], [1, 1, 0]];

/// Prototypes.
fn small() -> Crystals {
    let (na, cl, cs, ti, o, zn, s) =
        (Element::NA, Element::CL, Element::CS, Element::TI, Element::O, Element::ZN, Element::S);
    let salt = PointSet::rock_salt().with_elements(2.5, &[na, cl])?;
    let copper = PointSet::face_centered().with_elements(2.5, &[Element::CU])?;
    let iron = PointSet::body_centered().with_elements(3.0 * 3.0_f64.sqrt() / 2.0, &[Element::FE])?;
    let carbon = PointSet::diamond().with_elements(1.5, &[Element::C])?;
    let simple = |edge: f64| PointSet::simple_cubic().with_elements(edge, &[Element::PO]);
    let corner_center = |edge: f64, a, b| Crystal::ordered(Lattice::cubic(edge)?, [(a, [0.0; 3]), (b, [0.5; 3])]);
    let layers = [
        (Element::CU, [0.0; 3]),
        (Element::CU, [0.5, 0.5, 0.0]),
        (Element::AU, [0.5, 0.0, 0.5]),
        (Element::AU, [0.0, 0.5, 0.5]),
    ];
    Ok(vec![
        simple(4.0)?,
        simple(2.0)?,
        simple(2.5)?,
        corner_center(4.0, cs, cl)?,
        salt.clone(),
        salt.supercell(FACES)?,
        copper.clone(),
        copper.supercell(FACES)?,
        iron.clone(),
        iron.supercell(BODY)?,
        carbon.clone(),
        carbon.supercell(FACES)?,
        // Four like and eight unlike neighbors at one distance.
        Crystal::ordered(Lattice::cubic(4.0)?, layers)?,
        PointSet::perovskite().with_elements(2.0, &[Element::SR, ti, o, o, o])?,
        PointSet::heusler().with_elements(2.5, &[Element::MN, Element::CU, Element::AL, Element::CU])?,
        PointSet::heusler()
            .with_elements(2.0 * 3.0_f64.sqrt() / 2.0, &[Element::LI, Element::MG, Element::PD, Element::SN])?,
        PointSet::a15().with_elements(
            2.5,
            &[Element::SN, Element::SN, Element::NB, Element::NB, Element::NB, Element::NB, Element::NB, Element::NB],
        )?,
        PointSet::close_packed().with_elements(3.0, &[Element::MG])?,
        PointSet::close_packed().with_elements(2.5, &[Element::W, Element::C])?,
        PointSet::wurtzite().with_elements(2.0, &[zn, zn, s, s])?,
        PointSet::fluorite().with_elements(2.0, &[Element::CA, Element::F, Element::F])?,
        PointSet::kagome().with_elements(2.5, &[Element::CO, Element::SN, Element::CO])?,
        corner_center(5.0, cs, cs)?,
        simple(3.0)?.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?,
    ])
}

/// Atoms on faces, outside the cell, on top of each other, or alone; cells that are flat, slanted or long.
fn awkward() -> Crystals {
    let edge = 1.0 - f64::EPSILON / 2.0;
    let (h, fe, o) = (Element::H, Element::FE, Element::O);
    let cube = Lattice::cubic(4.0)?;
    let slanted = Lattice::from_rows([[3.0, 0.0, 0.0], [6.0, 3.0, 0.0], [-5.0, 4.0, 3.5]])?;
    let left = Lattice::from_rows([[0.0, 4.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 5.0]])?;
    let triclinic = Lattice::from_parameters([3.2, 4.7, 5.9], [74.0, 98.0, 111.0])?;
    let general = [(fe, [0.11, 0.23, 0.37]), (o, [0.62, 0.71, 0.84]), (o, [0.29, 0.88, 0.05])];
    let mut dice = Dice::new(5);
    let crystals = vec![
        // Coinciding atoms: alike, unlike, and at an equivalent position of the next cell.
        Crystal::ordered(cube, [(fe, [0.2; 3]), (fe, [0.2; 3])])?,
        Crystal::ordered(cube, [(fe, [0.2, 0.3, 0.4]), (o, [0.2, 0.3, 0.4]), (o, [0.7, 0.3, 0.1])])?,
        Crystal::ordered(triclinic, [(fe, [0.0, 0.3, 0.4]), (o, [1.0, 0.3, 0.4]), (h, [0.5, 0.0, 0.0])])?,
        // Isolated: no neighbor within any usual cutoff.
        Crystal::ordered(Lattice::cubic(20.0)?, [(Element::AR, [0.0; 3])])?,
        Crystal::ordered(Lattice::cubic(60.0)?, [(Element::HE, [0.5; 3])])?,
        Crystal::ordered(Lattice::cubic(30.0)?, [(h, [0.0; 3]), (h, [0.025, 0.0, 0.0])])?,
        Crystal::ordered(Lattice::orthorhombic(3.0, 4.0, 120.0)?, [(fe, [0.0; 3]), (o, [0.0, 0.5, 0.015])])?,
        // On faces and outside.
        Crystal::ordered(cube, [(fe, [0.0, 1.0, 0.5]), (o, [edge, 0.5, -1e-17]), (o, [0.5, 1.5, 1.0])])?,
        Crystal::ordered(triclinic, [(fe, [-2.75, 3.25, 0.5]), (o, [10.5, -7.25, 100.125])])?,
        Crystal::ordered(triclinic, general)?,
        Crystal::ordered(slanted, general)?,
        Crystal::ordered(left, general)?,
        Crystal::ordered(left, general)?.rotated(dice.rotation())?,
        // Thinner than a bond, thinner than an atom.
        Crystal::ordered(Lattice::orthorhombic(6.0, 6.0, 1.0)?, [(h, [0.0; 3]), (h, [0.5, 0.5, 0.0])])?,
        Crystal::ordered(Lattice::orthorhombic(5.0, 0.7, 5.0)?, [(h, [0.0; 3])])?,
        Crystal::ordered(Lattice::rhombohedral(4.0, 20.0)?, [(fe, [0.0; 3]), (o, [0.5; 3])])?,
        Crystal::ordered(Lattice::rhombohedral(3.0, 115.0)?, [(fe, [0.0; 3])])?,
        // Shared and partly filled sites, halves first.
        Crystal::new(
            cube,
            vec![Site::mixed([(fe, 0.5), (Element::CO, 0.5)], [0.0; 3])?, Site::pure(o, Frac([0.5; 3]))],
        )?,
        Crystal::new(
            cube,
            vec![Site::mixed([(Element::CO, 0.3), (fe, 0.2)], [0.0; 3])?, Site::mixed([(o, 0.5)], [0.5; 3])?],
        )?,
        Crystal::new(
            triclinic,
            vec![Site::mixed([(Element::CU, 1.0 / 3.0), (Element::NI, 1.0 / 3.0), (fe, 1.0 / 3.0)], [0.1, 0.2, 0.3])?],
        )?,
        with_mixed_sites(&mut dice, &Crystal::ordered(triclinic, general)?, &[h, fe, Element::U]),
    ];
    Ok(crystals)
}

/// Elements put on simple lattices so that shells of equal distances hold several of them.
fn layered() -> Crystals {
    let palette = [Element::NI, Element::O, Element::LA];
    let mut crystals = Vec::new();
    let sets = [
        (
            PointSet::simple_cubic(),
            vec![
                [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
                [[3, 0, 0], [0, 2, 0], [0, 0, 1]],
                [[1, 1, 0], [0, 2, 1], [1, 0, 3]],
            ],
        ),
        (PointSet::face_centered(), vec![FACES, [[2, 0, 0], [0, 2, 0], [0, 0, 2]], [[1, 0, 0], [0, 3, 0], [1, 0, 2]]]),
        (PointSet::body_centered(), vec![[[2, 0, 0], [0, 2, 0], [0, 0, 2]], BODY, [[1, 0, 1], [0, 2, 0], [0, 0, 3]]]),
        (PointSet::close_packed(), vec![[[2, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 3]]]),
        (PointSet::diamond(), vec![[[2, 0, 0], [0, 1, 0], [0, 0, 2]], FACES]),
        (PointSet::hexagonal(1.6), vec![[[3, 0, 0], [1, 2, 0], [0, 0, 1]]]),
    ];
    for (number, (set, cells)) in sets.into_iter().enumerate() {
        for (k, cell) in cells.into_iter().enumerate() {
            let mut dice = Dice::new((10 * number + k) as u64);
            crystals.push(set.decorated(&mut dice, cell, &palette)?);
        }
    }
    Ok(crystals)
}

/// Distances per crystal of [`pairs`].
const PAIRS: usize = 16;

/// Pairs of atoms far from all others, one at each twentieth of an Å: the ends of cutoffs and bins that nothing else meets.
fn pairs() -> Crystals {
    let twentieths: Vec<u32> = (20..=160).collect();
    let crystals = twentieths.chunks(PAIRS).map(|twentieths| {
        let cell = [19.0, 41.0, 43.0];
        let mut sites = Vec::new();
        for (k, twentieth) in twentieths.iter().enumerate() {
            // Unlike distances between the pairs.
            let (y, z) = (k % 4, k / 4);
            let position = [y as f64 * 0.37 + z as f64 * 0.21, y as f64 * 10.1 + 0.13, z as f64 * 10.6 + 0.29];
            let [x, y, z] = [0, 1, 2].map(|axis| position[axis] / cell[axis]);
            sites.push((Element::NB, [x, y, z]));
            sites.push((Element::SE, [x + f64::from(*twentieth) / 20.0 / cell[0], y, z]));
        }
        Crystal::ordered(Lattice::orthorhombic(cell[0], cell[1], cell[2])?, sites)
    });
    crystals.collect()
}

/// Every element, and hundreds of atoms.
fn large() -> Crystals {
    let grid = |n: usize, spacing: f64, jitter: f64, elements: &dyn Fn(usize) -> Option<Element>| {
        let mut dice = Dice::new(n as u64);
        let mut sites = Vec::new();
        for k in 0..n * n * n {
            if let Some(element) = elements(k) {
                let position = [k % n, k / n % n, k / (n * n)];
                sites.push((element, position.map(|x| (x as f64 + 0.5 + dice.between(-jitter, jitter)) / n as f64)));
            }
        }
        Crystal::ordered(Lattice::cubic(spacing * n as f64)?, sites)
    };
    let every = |k: usize| Element::all().nth(k);
    let two = |k: usize| Some(if k.is_multiple_of(3) { Element::SI } else { Element::O });
    Ok(vec![grid(5, 2.75, 0.1, &every)?, grid(7, 2.6, 0.15, &two)?])
}
