//! Crystals made, changed, measured and printed.

use proptest::prelude::*;
use s2s_crystal::{
    BruteForce, Crystal, CrystalError, Cutoff, Element, Frac, Lattice, NeighborSearch, Site, strategies,
};

proptest! {
    #[test]
    fn the_distance_of_two_sites_is_that_of_their_nearest_images(crystal in strategies::partly_periodic_crystal(2..=4)) {
        let distance = crystal.distance(0, 1)?;
        let list = BruteForce.search(&crystal, Cutoff::angstrom(distance.max(0.01) * (1.0 + 1e-9))?)?;
        let nearest = list.of(0).filter(|n| n.site == 1).map(|n| n.distance).fold(f64::INFINITY, f64::min);
        prop_assert!((nearest - distance).abs() < 1e-9, "{} {}", nearest, distance);
        prop_assert!((crystal.distance(1, 0)? - distance).abs() < 1e-9);
    }

    #[test]
    fn a_crystal_prints_in_at_most_ten_lines(crystal in strategies::disordered_crystal(1..=40), plain in strategies::partly_periodic_crystal(1..=40)) {
        for text in [format!("{crystal:?}"), format!("{crystal:#?}"), format!("{crystal}"), format!("{plain:#?}"), format!("{plain}")] {
            prop_assert!(text.lines().count() <= 10, "{}", text);
        }
    }

    #[test]
    fn substituting_keeps_the_number_of_atoms(crystal in strategies::disordered_crystal(1..=5).of([Element::FE, Element::CO, Element::NI])) {
        let other = crystal.substituted(Element::FE, Element::CO);
        prop_assert!((other.composition().num_atoms() - crystal.composition().num_atoms()).abs() < 1e-6);
        prop_assert_eq!(other.composition().amount(Element::FE), 0.0);
        prop_assert_eq!(crystal.substituted(Element::U, Element::TH), crystal);
    }
}

#[test]
fn a_crystal_prints_as_the_code_that_makes_it() -> Result<(), CrystalError> {
    let salt = Crystal::ordered(
        Lattice::from_rows([[0.0, 2.8, 2.8], [2.8, 0.0, 2.8], [2.8, 2.8, 0.0]])?,
        [(Element::NA, [0.0, 0.0, 0.0]), (Element::CL, [0.5, 0.5, 0.5])],
    )?;
    let expected = "Crystal::ordered(Lattice::from_rows([[0.0, 2.8, 2.8], [2.8, 0.0, 2.8], [2.8, 2.8, 0.0]])?, [\n    \
                    (Element::NA, [0.0, 0.0, 0.0]),\n    (Element::CL, [0.5, 0.5, 0.5]),\n])?";
    assert_eq!(format!("{salt:?}"), expected);
    assert_eq!(format!("{salt:#?}"), expected);
    // The same text, read by the compiler.
    #[rustfmt::skip]
    let again = Crystal::ordered(Lattice::from_rows([[0.0, 2.8, 2.8], [2.8, 0.0, 2.8], [2.8, 2.8, 0.0]])?, [
        (Element::NA, [0.0, 0.0, 0.0]),
        (Element::CL, [0.5, 0.5, 0.5]),
    ])?;
    assert_eq!(again, salt);
    let mixed = Crystal::new(
        *salt.lattice(),
        vec![
            Site::mixed([(Element::FE, 0.25), (Element::CO, 0.75)], [0.0; 3])?,
            Site::pure(Element::O, Frac([0.5; 3])),
        ],
    )?;
    let text = format!("{:?}", mixed.with_periodicity([true, true, false]));
    assert!(
        text.contains("    Site::mixed([(Element::FE, 0.25), (Element::CO, 0.75)], [0.0, 0.0, 0.0])?,\n"),
        "{text}"
    );
    assert!(text.ends_with("].to_vec())?.with_periodicity([true, true, false])"), "{text}");
    assert_eq!(
        salt.to_string(),
        "NaCl, 2 sites, a 3.9598, b 3.9598, c 3.9598 Å, α 60.00, β 60.00, γ 60.00°\n  \
         Na     0.00000   0.00000   0.00000\n  Cl     0.50000   0.50000   0.50000"
    );
    Ok(())
}

#[test]
fn lattices_of_the_systems_have_their_lengths_and_angles() -> Result<(), CrystalError> {
    let cells = [
        (Lattice::cubic(4.0)?, [4.0; 3], [90.0; 3]),
        (Lattice::tetragonal(4.0, 6.0)?, [4.0, 4.0, 6.0], [90.0; 3]),
        (Lattice::orthorhombic(4.0, 5.0, 6.0)?, [4.0, 5.0, 6.0], [90.0; 3]),
        (Lattice::hexagonal(3.0, 5.0)?, [3.0, 3.0, 5.0], [90.0, 90.0, 120.0]),
        (Lattice::rhombohedral(4.0, 60.0)?, [4.0; 3], [60.0; 3]),
        (Lattice::monoclinic(4.0, 5.0, 6.0, 100.0)?, [4.0, 5.0, 6.0], [90.0, 100.0, 90.0]),
    ];
    for (lattice, lengths, angles) in cells {
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9);
        assert!(close(lattice.lengths(), lengths) && close(lattice.angles(), angles), "{lattice:?}");
    }
    assert!(Lattice::cubic(-1.0).is_err() && Lattice::rhombohedral(4.0, 120.0).is_err());
    Ok(())
}

#[test]
fn what_is_no_other_description_is_refused() -> Result<(), CrystalError> {
    let crystal = Crystal::ordered(Lattice::cubic(4.0)?, [(Element::FE, [0.0; 3]), (Element::O, [0.5; 3])])?;
    let why = |result: Result<Crystal, CrystalError>| result.map_err(|error| error.to_string()).err();
    let stretched = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.1]];
    assert_eq!(why(crystal.rotated(stretched)).as_deref(), Some("the matrix is not orthogonal"));
    assert_eq!(why(crystal.rotated([[f64::NAN; 3]; 3])).as_deref(), Some("the matrix is not orthogonal"));
    let order = Some("the order does not name each of the 2 sites exactly once");
    assert_eq!(why(crystal.permuted(&[0, 0])).as_deref(), order);
    assert_eq!(why(crystal.permuted(&[0, 2])).as_deref(), order);
    assert_eq!(why(crystal.permuted(&[0])).as_deref(), order);
    let doubled = [[2, 0, 0], [0, 1, 0], [0, 0, 1]];
    assert_eq!(
        why(crystal.with_basis(doubled)).as_deref(),
        Some("the vectors do not span the same lattice: their determinant is 2, not 1 or -1")
    );
    let layer = crystal.with_periodicity([true, true, false]);
    assert_eq!(
        why(layer.supercell([[1, 0, 0], [0, 1, 0], [0, 0, 2]])).as_deref(),
        Some("the crystal does not repeat in all three directions")
    );
    // Along the vectors that it repeats along, a layer has supercells; heights stay what they are.
    let high = layer.translated([0.0, 0.0, 3.25])?.supercell([[1, 1, 0], [0, 2, 0], [0, 0, 1]])?;
    assert_eq!((high.num_sites(), high.sites()[0].position.0[2]), (4, 3.25));
    Ok(())
}
