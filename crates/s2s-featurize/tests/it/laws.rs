//! What holds for every crystal.

use std::error::Error;

use proptest::prelude::*;
use s2s_crystal::{CellList, Crystal, Cutoff, Element, Frac, Lattice, NeighborSearch, Site, strategies};
use s2s_featurize::{
    AllElements, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, Collate, FeaturizeError, Featurizer,
    GaussianBasis, LatticeDescriptor, MagpieConfig, MagpieFeaturizer, MaskPolicy, PaddedCollate, Pairs, PositionKind,
    RadialBasis, RaggedCollate, RandomStream, Replacement, featurize_all, strategies::atom_features,
    strategies::masked_batch,
};

use crate::{
    description::{permuted, rebased, rotated, shifted, supercell},
    shared_data,
};

fn features(crystal: &Crystal, config: AtomFeaturizerConfig) -> Result<AtomFeatures, FeaturizeError> {
    AtomFeaturizer::new(config, AllElements)?.featurize(crystal)
}

/// What an atom sees: neighbors by element, then by distance.
fn view(features: &AtomFeatures, atom: usize) -> Vec<(u16, f32)> {
    let mut seen: Vec<(u16, f32)> = features.neighbors(atom).map(|(j, d)| (features.tokens[j].0, d)).collect();
    seen.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    seen
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 2e-4 * a.abs().max(1.0)
}

/// Whether atom `atoms(k)` of `other` is described as atom `k` of `one`, and the crystals alike as a whole.
fn describe_the_same(one: &AtomFeatures, other: &AtomFeatures, atoms: impl Fn(usize) -> usize) -> Result<(), String> {
    if one.lattice.len() != other.lattice.len() || !one.lattice.iter().zip(&other.lattice).all(|(a, b)| close(*a, *b)) {
        return Err(format!("lattice {:?} and {:?}", one.lattice, other.lattice));
    }
    for atom in 0..one.num_atoms() {
        let (here, there) = (view(one, atom), view(other, atoms(atom)));
        let same = here.len() == there.len() && here.iter().zip(&there).all(|(a, b)| a.0 == b.0 && close(a.1, b.1));
        if one.tokens[atom] != other.tokens[atoms(atom)] || !same {
            return Err(format!("atom {atom}: {here:?} and {there:?}"));
        }
    }
    Ok(())
}

/// Whether rounding cannot decide which neighbors belong to the last shell.
fn shells_are_clear(crystal: &Crystal) -> Result<bool, FeaturizeError> {
    let Pairs::NearestComplete { count, radius } = AtomFeaturizerConfig::invariant().pairs else { return Ok(false) };
    let list = CellList::default().search(crystal, Cutoff::angstrom(radius + 0.1)?)?;
    Ok((0..list.num_atoms()).all(|atom| {
        let mut distances: Vec<f64> = list.of(atom).map(|n| n.distance).collect();
        distances.sort_unstable_by(f64::total_cmp);
        let end = distances.get(count - 1).map_or(radius, |last| (last + 0.01).min(radius));
        distances.iter().all(|d| (d - end).abs() > 1e-6)
    }))
}

/// A number of steps that change the basis, two shifts and a rotation, all from one index.
fn another_description(crystal: &Crystal, index: u64) -> Result<Crystal, Box<dyn Error>> {
    let mut stream = RandomStream::new(*b"describe", 1, 0, index);
    let steps: Vec<_> = (0..2).map(|_| (stream.below(3), stream.below(3), stream.below(2) == 0)).collect();
    let by = [stream.unit(), stream.unit(), stream.unit()];
    let angle = stream.unit() * std::f64::consts::TAU;
    let turn = [[angle.cos(), -angle.sin(), 0.0], [angle.sin(), angle.cos(), 0.0], [0.0, 0.0, 1.0]];
    Ok(rotated(&rebased(&shifted(crystal, by)?, &steps)?, turn)?)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_invariant_featurizer_does_not_see_how_a_crystal_is_written(
        crystal in strategies::spaced_crystal(1..=8),
        shift in [0.0..1.0, 0.0..1.0, 0.0..1.0],
        rotation in strategies::rotation(),
        steps in prop::collection::vec((0_usize..3, 0_usize..3, any::<bool>()), 0..4),
        times in [1_usize..3, 1_usize..3, 1_usize..3],
    ) {
        prop_assume!(shells_are_clear(&crystal)?);
        let config = || AtomFeaturizerConfig { lattice: LatticeDescriptor::InvariantAndComposition, ..AtomFeaturizerConfig::invariant() };
        let plain = features(&crystal, config())?;
        for other in [shifted(&crystal, shift)?, rotated(&crystal, rotation)?, rebased(&crystal, &steps)?] {
            describe_the_same(&plain, &features(&other, config())?, |k| k).map_err(TestCaseError::fail)?;
        }
        let repeated = features(&supercell(&crystal, times)?, config())?;
        let atoms = plain.num_atoms();
        for copy in 0..times.iter().product() {
            describe_the_same(&plain, &repeated, |k| k + copy * atoms).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn the_reduced_cell_does_not_depend_on_the_basis(
        crystal in strategies::spaced_crystal(1..=2),
        rotation in strategies::rotation(),
        steps in prop::collection::vec((0_usize..3, 0_usize..3, any::<bool>()), 0..5),
    ) {
        let other = rotated(&rebased(&crystal, &steps)?, rotation)?;
        let [one, two] = [LatticeDescriptor::Reduced.describe(&crystal)?, LatticeDescriptor::Reduced.describe(&other)?];
        prop_assert!(one.iter().zip(&two).all(|(a, b)| close(*a, *b)), "{one:?} and {two:?}");
    }

    #[test]
    fn permuting_atoms_permutes_their_features(
        crystal in strategies::spaced_crystal(1..=10),
        seed in any::<u64>(),
    ) {
        prop_assume!(shells_are_clear(&crystal)?);
        let mut order: Vec<usize> = (0..crystal.num_sites()).collect();
        RandomStream::new(*b"permute ", seed, 0, 0).shuffle(&mut order);
        let other = permuted(&crystal, &order)?;
        for config in [AtomFeaturizerConfig::paper, AtomFeaturizerConfig::released, AtomFeaturizerConfig::invariant, AtomFeaturizerConfig::megnet] {
            let (plain, permuted) = (features(&crystal, config())?, features(&other, config())?);
            let place = |atom: usize| order.iter().position(|k| *k == atom).expect("every atom is somewhere");
            describe_the_same(&plain, &permuted, place).map_err(TestCaseError::fail)?;
            for (atom, distance) in plain.centroid_distances.iter().enumerate() {
                prop_assert!(close(*distance, permuted.centroid_distances[place(atom)]));
            }
        }
    }

    #[test]
    fn rotation_changes_nothing_that_claims_invariance(
        crystal in strategies::spaced_crystal(1..=8),
        rotation in strategies::rotation(),
    ) {
        let other = rotated(&crystal, rotation)?;
        let [plain, turned] = [&crystal, &other].map(|c| features(c, AtomFeaturizerConfig { pairs: Pairs::None, ..AtomFeaturizerConfig::paper() }));
        let (plain, turned) = (plain?, turned?);
        describe_the_same(&plain, &turned, |k| k).map_err(TestCaseError::fail)?;
        prop_assert!(plain.centroid_distances.iter().zip(&turned.centroid_distances).all(|(a, b)| close(*a, *b)));
    }

    #[test]
    fn features_are_finite_for_every_crystal(crystal in strategies::partly_periodic_crystal(1..=4)) {
        for config in [AtomFeaturizerConfig::paper(), AtomFeaturizerConfig::released(), AtomFeaturizerConfig { pairs: Pairs::Within { cutoff: 3.0 }, ..AtomFeaturizerConfig::invariant() }] {
            // A crystal may be refused for its thin cell, never answered with what is not a number.
            if let Ok(found) = features(&crystal, config) {
                prop_assert!(found.centroid_distances.iter().chain(&found.lattice).chain(&found.neighbor_distances).all(|x| x.is_finite()));
            }
        }
        for descriptor in [LatticeDescriptor::Lengths, LatticeDescriptor::Rows, LatticeDescriptor::Reduced] {
            prop_assert!(descriptor.describe(&crystal)?.iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn neither_padding_nor_company_changes_a_crystal(
        items in prop::collection::vec(atom_features(1..=9, AtomFeaturizerConfig { positions: Some(PositionKind::Cartesian), ..AtomFeaturizerConfig::invariant() }), 1..5),
    ) {
        let batch = PaddedCollate.collate(&items.iter().collect::<Vec<_>>())?;
        let ragged = RaggedCollate.collate(&items.iter().collect::<Vec<_>>())?;
        let mut first = 0;
        for (b, item) in items.iter().enumerate() {
            let atoms = item.num_atoms();
            for n in 0..batch.padded_atoms() {
                let (token, distance) = match item.tokens.get(n) {
                    Some(token) => (i64::from(token.0), item.centroid_distances[n]),
                    None => (0, 0.0),
                };
                prop_assert_eq!((batch.tokens[(b, n)], batch.present[(b, n)]), (token, n < atoms));
                prop_assert_eq!(batch.centroid_distances[(b, n)], distance);
            }
            prop_assert_eq!(batch.lattice.row(b).to_vec(), item.lattice.clone());
            prop_assert_eq!(ragged.lattice.row(b).to_vec(), item.lattice.clone());
            let expected: Vec<(i64, i64, f32)> = (0..atoms).flat_map(|i| item.neighbors(i).map(move |(j, d)| (i as i64, j as i64, d))).collect();
            let base = (b * batch.padded_atoms()) as i64;
            let end = base + batch.padded_atoms() as i64;
            let padded: Vec<(i64, i64, f32)> = (0..batch.pair_centers.len())
                .filter(|k| (base..end).contains(&batch.pair_centers[*k]))
                .map(|k| (batch.pair_centers[k] - base, batch.pair_neighbors[k] - base, batch.pair_distances[k]))
                .collect();
            prop_assert_eq!(&padded, &expected);
            let flat: Vec<(i64, i64, f32)> = (0..ragged.pair_centers.len())
                .filter(|k| ragged.crystals[ragged.pair_centers[*k] as usize] == b as i64)
                .map(|k| (ragged.pair_centers[k] - first, ragged.pair_neighbors[k] - first, ragged.pair_distances[k]))
                .collect();
            prop_assert_eq!(&flat, &expected);
            first += atoms as i64;
        }
        prop_assert_eq!(first as usize, ragged.num_atoms());
    }

    #[test]
    fn gaussians_lie_in_0_to_1_and_peak_at_their_center(distance in 0.0..60.0) {
        for basis in [GaussianBasis::paper(), GaussianBasis::released(), GaussianBasis::cgcnn(), GaussianBasis::megnet()] {
            let mut row = vec![0.0; basis.len()];
            basis.expand_into(distance, &mut row);
            prop_assert!(row.iter().all(|x| *x > 0.0 && *x <= 1.0));
            for k in [0, basis.len() / 3, basis.len() - 1] {
                basis.expand_into(basis.center(k), &mut row);
                prop_assert!((row[k] - 1.0).abs() < 1e-6);
                prop_assert!(row.iter().all(|x| *x <= row[k]));
            }
        }
    }

    #[test]
    fn masks_hide_enough_and_never_padding(
        hidden in masked_batch(1..=4, 1..=12, AtomFeaturizerConfig { pairs: Pairs::None, ..AtomFeaturizerConfig::paper() }, Replacement::Mask),
    ) {
        let padded = hidden.batch.padded_atoms() as i64;
        for b in 0..hidden.batch.num_crystals() {
            let atoms = hidden.batch.present.row(b).iter().filter(|p| **p).count();
            let places: Vec<i64> = hidden.places.iter().filter(|p| **p / padded == b as i64).copied().collect();
            prop_assert_eq!(places.len(), MaskPolicy::paper().count(atoms));
            prop_assert!(places.len() >= 2.min(atoms.saturating_sub(1).max(1)));
            prop_assert!(atoms < 3 || places.len() * 100 + 50 >= 15 * atoms);
            prop_assert!(places.iter().all(|p| ((p % padded) as usize) < atoms));
        }
        for (p, target) in hidden.places.iter().zip(&hidden.targets) {
            prop_assert_eq!(hidden.batch.tokens[((p / padded) as usize, (p % padded) as usize)], 119);
            prop_assert!((0..118).contains(target));
        }
    }
}

/// The paper's P′ is a number about the description, not about the crystal.
#[test]
fn the_centroid_distance_of_the_paper_depends_on_the_cell() -> Result<(), Box<dyn Error>> {
    let lattice = Lattice::from_parameters([4.0; 3], [90.0; 3])?;
    let [cesium, chlorine] = [55, 17].map(Element::from_atomic_number);
    let sites = vec![Site::pure(cesium?, Frac([0.0; 3])), Site::pure(chlorine?, Frac([0.5; 3]))];
    let crystal = Crystal::new(lattice, sites)?;
    let distances = |crystal: &Crystal| {
        Ok::<_, FeaturizeError>(features(crystal, AtomFeaturizerConfig::paper())?.centroid_distances)
    };
    let alike = |found: Vec<f32>, expected: &[f32]| {
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-5),
            "{found:?}"
        );
    };
    // As written: both ions half a half-diagonal from the middle.
    alike(distances(&crystal)?, &[3.0_f32.sqrt(); 2]);
    // Another origin: chlorine wraps around to the neighborhood of cesium.
    alike(distances(&shifted(&crystal, [0.25, 0.25, 0.75])?)?, &[3.0_f32.sqrt(); 2]);
    alike(distances(&shifted(&crystal, [0.5, 0.0, 0.0])?)?, &[3.0_f32.sqrt(); 2]);
    // Two cells side by side: the outer ions are farther away than the inner ones.
    alike(
        distances(&supercell(&crystal, [2, 1, 1])?)?,
        &[11.0_f32.sqrt(), 3.0_f32.sqrt(), 3.0_f32.sqrt(), 11.0_f32.sqrt()],
    );
    // Another basis of the same lattice keeps these two ions where they are; in fractional coordinates it does not.
    let slanted = rebased(&crystal, &[(0, 1, false)])?;
    let released = |crystal: &Crystal| {
        Ok::<_, FeaturizeError>(features(crystal, AtomFeaturizerConfig::released())?.centroid_distances)
    };
    alike(released(&crystal)?, &[0.1875_f32.sqrt(); 2]);
    alike(released(&slanted)?, &[0.125_f32.sqrt(); 2]);
    Ok(())
}

#[test]
fn every_real_crystal_of_s2s_obeys_the_laws() -> Result<(), Box<dyn Error>> {
    let Some(folder) = shared_data::folder() else { return Ok(()) };
    let (names, crystals): (Vec<String>, Vec<Crystal>) =
        shared_data::crystals(folder.join("s2s.jsonl.zst"))?.into_iter().unzip();
    assert_eq!(crystals.len(), 1685);
    let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
    for result in featurize_all(&magpie, &crystals) {
        assert!(result?.iter().all(|x| x.is_finite()));
    }
    for config in [AtomFeaturizerConfig::paper(), AtomFeaturizerConfig::released(), AtomFeaturizerConfig::cgcnn()] {
        for result in featurize_all(&AtomFeaturizer::new(config, AllElements)?, &crystals) {
            let found = result?;
            assert!(
                found
                    .centroid_distances
                    .iter()
                    .chain(&found.lattice)
                    .chain(&found.neighbor_distances)
                    .all(|x| x.is_finite())
            );
        }
    }
    let invariant = AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements)?;
    let others: Vec<Crystal> =
        (0..).zip(&crystals).map(|(index, c)| another_description(c, index)).collect::<Result<_, _>>()?;
    let doubled: Vec<Crystal> = crystals.iter().map(|c| supercell(c, [1, 2, 1])).collect::<Result<_, _>>()?;
    let plain = featurize_all(&invariant, &crystals);
    let mut differ = Vec::new();
    for described in [others, doubled] {
        for ((name, one), other) in names.iter().zip(&plain).zip(featurize_all(&invariant, &described)) {
            if let Err(what) = describe_the_same(one.as_ref().map_err(Clone::clone)?, &other?, |k| k) {
                differ.push(format!("{name}: {what}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} crystals: {}", differ.len(), differ[0]);
    Ok(())
}
