//! Properties that hold for every crystal.

use std::error::Error;

use proptest::prelude::*;
use s2s_crystal::{
    CellList, Crystal, Cutoff, Element, Frac, Lattice, NeighborSearch, Site,
    strategies::{self, Change, ChangeKind},
};
use s2s_data::reference;
use s2s_featurize::{
    AllElements, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, FeaturizeError, Featurizer, GaussianBasis,
    LatticeDescriptor, MagpieConfig, MagpieFeaturizer, MaskPolicy, NeighborRule, PaddedCollate, PositionKind,
    RadialBasis, Replacement, collate_laws, featurize_all, featurizer_laws,
    laws::{Cases, Compare},
    mask_policy_laws, radial_basis_laws,
    strategies::masked_batch,
};

use crate::shared_data;

/// What single precision is allowed.
const SINGLE: f64 = 2e-4;

fn features(crystal: &Crystal, config: AtomFeaturizerConfig) -> Result<AtomFeatures, FeaturizeError> {
    AtomFeaturizer::new(config, AllElements)?.featurize(crystal)
}

/// Whether rounding cannot decide which neighbors belong to the last shell.
fn shells_are_clear(crystal: &Crystal) -> Result<bool, FeaturizeError> {
    let NeighborRule::NearestComplete { count, radius } = AtomFeaturizerConfig::invariant().pairs else {
        return Ok(false);
    };
    let list = CellList::default().search(crystal, Cutoff::angstrom(radius + 0.1)?)?;
    Ok((0..list.num_atoms()).all(|atom| {
        let mut distances: Vec<f64> = list.of(atom).map(|n| n.distance).collect();
        distances.sort_unstable_by(f64::total_cmp);
        let end = distances.get(count - 1).map_or(radius, |last| (last + 0.01).min(radius));
        distances.iter().all(|d| (d - end).abs() > 1e-6)
    }))
}

/// The documented exception of the invariant features: a shell that ends at the radius, or a hundredth of an Å beyond the last.
fn shells_touch(crystal: &Crystal) -> bool {
    !shells_are_clear(crystal).unwrap_or(false)
}

/// Neighbors exactly at a cutoff are in or out as rounding says.
fn neighbor_at(crystal: &Crystal, cutoff: f64) -> bool {
    let list = Cutoff::angstrom(cutoff + 0.1).and_then(|cutoff| CellList::default().search(crystal, cutoff));
    list.map_or(true, |list| list.distances().iter().any(|d| (d - cutoff).abs() < 1e-6))
}

fn atoms(config: AtomFeaturizerConfig) -> AtomFeaturizer<AllElements> {
    AtomFeaturizer::new(config, AllElements).expect("a valid configuration")
}

fn invariant() -> AtomFeaturizer<AllElements> {
    let lattice = LatticeDescriptor::InvariantAndComposition;
    atoms(AtomFeaturizerConfig { lattice, ..AtomFeaturizerConfig::invariant() })
}

/// Tokens and the lengths of the cell, with distances to the centroid.
fn without_pairs() -> AtomFeaturizer<AllElements> {
    atoms(AtomFeaturizerConfig { pairs: NeighborRule::None, ..AtomFeaturizerConfig::paper() })
}

/// The 305 crystals of `s2s_data::reference`, then what is chosen by hand and generated.
fn with_reference() -> Cases {
    let crystals = reference::crystals().iter().map(|known| known.crystal.clone());
    Cases::new().and(crystals)
}

featurizer_laws!(
    the_invariant_features,
    invariant(),
    SINGLE,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell],
    with_reference().except(shells_touch)
);
featurizer_laws!(
    the_invariant_features_with_vectors,
    atoms(AtomFeaturizerConfig { pair_vectors: true, ..AtomFeaturizerConfig::invariant() }),
    SINGLE,
    [finite, deterministic, permutation, rotation, reflection],
    with_reference().except(shells_touch)
);
featurizer_laws!(
    magpie_numbers,
    MagpieFeaturizer::new(MagpieConfig::matminer()),
    1e-9,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell],
    with_reference()
);
featurizer_laws!(
    the_papers_features,
    atoms(AtomFeaturizerConfig::paper()),
    SINGLE,
    [finite, deterministic, permutation, rotation, reflection],
    with_reference().except(|crystal| neighbor_at(crystal, 2.0))
);
featurizer_laws!(
    features_without_pairs,
    without_pairs(),
    SINGLE,
    [finite, deterministic, permutation, rotation, reflection],
    with_reference()
);
featurizer_laws!(
    the_released_features,
    atoms(AtomFeaturizerConfig::released()),
    SINGLE,
    [finite, deterministic, permutation],
    with_reference()
);
featurizer_laws!(
    cgcnn_features,
    atoms(AtomFeaturizerConfig::cgcnn()),
    SINGLE,
    [finite, deterministic],
    with_reference()
);
featurizer_laws!(
    megnet_features,
    atoms(AtomFeaturizerConfig::megnet()),
    SINGLE,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell],
    with_reference().except(|crystal| neighbor_at(crystal, 4.0))
);
featurizer_laws!(
    the_reduced_cell,
    ReducedCell,
    SINGLE,
    [finite, deterministic, permutation, translation, rotation, reflection, basis],
    with_reference()
);

/// Lengths and angles of the Niggli cell.
#[derive(Debug)]
struct ReducedCell;

impl Featurizer for ReducedCell {
    type Features = Vec<f32>;

    fn featurize(&self, crystal: &Crystal) -> Result<Vec<f32>, FeaturizeError> {
        LatticeDescriptor::Reduced.describe(crystal)
    }
}

fn items() -> Vec<AtomFeatures> {
    let config = AtomFeaturizerConfig { positions: Some(PositionKind::Cartesian), ..AtomFeaturizerConfig::invariant() };
    let crystals = (0..40).map(|seed| strategies::crystal(1..=9).generate(seed));
    crystals.filter_map(|crystal| atoms(config.clone()).featurize(&crystal).ok()).collect()
}

/// The same with vectors of pairs, and two more numbers about each atom.
fn items_with_vectors_and_columns() -> Vec<AtomFeatures> {
    let config = AtomFeaturizerConfig { pair_vectors: true, ..AtomFeaturizerConfig::invariant() };
    let crystals = (0..40).map(|seed| strategies::crystal(1..=9).generate(seed));
    let features = crystals.filter_map(|crystal| atoms(config.clone()).featurize(&crystal).ok());
    let with_columns = |features: AtomFeatures| {
        let columns = features.tokens.iter().flat_map(|token| [f32::from(token.0), 0.5]).collect();
        AtomFeatures { columns, ..features }
    };
    features.map(with_columns).collect()
}

/// The same of disordered crystals and compositions, among ordered crystals.
fn weighted_items() -> Vec<AtomFeatures> {
    let lattice = LatticeDescriptor::Omitted;
    let featurizer = atoms(AtomFeaturizerConfig { lattice, ..AtomFeaturizerConfig::invariant() });
    let crystals: Vec<Crystal> = (0..30).map(|seed| strategies::disordered_crystal(1..=6).generate(seed)).collect();
    let compositions = crystals.iter().filter_map(|c| featurizer.featurize_composition(&c.composition()).ok());
    let of_crystals = crystals.iter().filter_map(|crystal| featurizer.featurize(crystal).ok());
    let ordered = (0..10).map(|seed| strategies::crystal(1..=9).generate(seed));
    let ordered = ordered.filter_map(|crystal| featurizer.featurize(&crystal).ok());
    compositions.chain(of_crystals).chain(ordered).collect()
}

collate_laws!(padded_batches, PaddedCollate, items());
collate_laws!(batches_with_weighted_atoms, PaddedCollate, weighted_items());

#[test]
fn a_vector_or_a_column_that_changes_is_a_difference() {
    let items = items_with_vectors_and_columns();
    let features = items.iter().find(|f| f.num_atoms() > 2).expect("some are larger");
    let origin: Vec<usize> = (0..features.num_atoms()).collect();
    let change = |change: fn(&mut AtomFeatures)| {
        let mut other = features.clone();
        change(&mut other);
        features.difference(&other, &origin).distance
    };
    assert_eq!(change(|_| {}), 0.0);
    // A rotation of all vectors is none; stretching them along one axis is one.
    assert!(change(|f| f.neighbor_vectors.iter_mut().for_each(|v| v.rotate_left(1))) < 1e-5);
    assert!(change(|f| f.neighbor_vectors.iter_mut().for_each(|v| v[0] *= 2.0)) > 1e-3);
    assert!(change(|f| f.columns[0] += 0.5) > 1e-3);
    assert!(change(|f| f.columns.clear()).is_infinite());
}
collate_laws!(batches_with_vectors_and_columns, PaddedCollate, items_with_vectors_and_columns());

radial_basis_laws!(gaussians_of_the_paper, GaussianBasis::paper());
radial_basis_laws!(released_gaussians, GaussianBasis::released());
radial_basis_laws!(cgcnn_gaussians, GaussianBasis::cgcnn());
radial_basis_laws!(megnet_gaussians, GaussianBasis::megnet());

mask_policy_laws!(masks_of_the_paper, MaskPolicy::paper());
mask_policy_laws!(masks_of_half_the_atoms, MaskPolicy::new(0.5, 1).expect("a valid policy"));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn features_are_finite_for_every_crystal(crystal in strategies::partly_periodic_crystal(1..=4)) {
        for config in [AtomFeaturizerConfig::paper(), AtomFeaturizerConfig::released(), AtomFeaturizerConfig { pairs: NeighborRule::Within { cutoff: 3.0 }, ..AtomFeaturizerConfig::invariant() }] {
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
        masked in masked_batch(1..=4, 1..=12, AtomFeaturizerConfig { pairs: NeighborRule::None, ..AtomFeaturizerConfig::paper() }, Replacement::Mask),
    ) {
        let padded = masked.batch.padded_atoms() as i64;
        for b in 0..masked.batch.num_crystals() {
            let atoms = masked.batch.present.row(b).iter().filter(|p| **p).count();
            let slots: Vec<i64> = masked.slots.iter().filter(|p| **p / padded == b as i64).copied().collect();
            prop_assert_eq!(slots.len(), MaskPolicy::paper().count(atoms));
            prop_assert!(slots.len() >= 2.min(atoms.saturating_sub(1).max(1)));
            prop_assert!(atoms < 3 || slots.len() * 100 + 50 >= 15 * atoms);
            prop_assert!(slots.iter().all(|p| ((p % padded) as usize) < atoms));
        }
        for (p, target) in masked.slots.iter().zip(&masked.targets) {
            prop_assert_eq!(masked.batch.tokens[((p / padded) as usize, (p % padded) as usize)], 119);
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
    alike(distances(&crystal.translated([0.25, 0.25, 0.75])?.wrapped())?, &[3.0_f32.sqrt(); 2]);
    alike(distances(&crystal.translated([0.5, 0.0, 0.0])?.wrapped())?, &[3.0_f32.sqrt(); 2]);
    // Two cells side by side: the outer ions are farther away than the inner ones.
    alike(
        distances(&crystal.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?)?,
        &[11.0_f32.sqrt(), 3.0_f32.sqrt(), 3.0_f32.sqrt(), 11.0_f32.sqrt()],
    );
    // Another basis of the same lattice keeps these two ions where they are; in fractional coordinates it does not.
    let slanted = crystal.with_basis([[1, 1, 0], [0, 1, 0], [0, 0, 1]])?;
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
    let plain = featurize_all(&invariant, &crystals);
    let mut differ = Vec::new();
    for kind in ChangeKind::SAME_CRYSTAL {
        for (number, ((name, crystal), one)) in names.iter().zip(&crystals).zip(&plain).enumerate() {
            let change = Change::draw(kind, crystal, number as u64);
            let (other, origin) = change.apply(crystal)?;
            let there = invariant.featurize(&other)?;
            let difference = one.as_ref().map_err(Clone::clone)?.difference(&there, &origin);
            if difference.distance > SINGLE {
                differ.push(format!("{name}, {change}: {}", difference.location));
            }
        }
    }
    assert!(differ.is_empty(), "{} crystals: {}", differ.len(), differ[0]);
    Ok(())
}
