//! Disordered crystals and compositions as weighted atoms.

use proptest::prelude::*;
use s2s_crystal::{Composition, Crystal, CrystalError, Element, Lattice, Site, strategies};
use s2s_featurize::{
    AllElements, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, FeaturizeError, Featurizer, LatticeDescriptor,
    NeighborRule, PositionKind, Vocabulary,
    laws::{Cases, Law, check},
};

fn config() -> AtomFeaturizerConfig {
    let (pairs, lattice) = (NeighborRule::Within { cutoff: 4.0 }, LatticeDescriptor::Omitted);
    AtomFeaturizerConfig { pairs, lattice, ..AtomFeaturizerConfig::invariant() }
}

fn featurizer(config: AtomFeaturizerConfig) -> AtomFeaturizer<AllElements> {
    AtomFeaturizer::new(config, AllElements).expect("a valid configuration")
}

/// Caesium chloride of which the second site is mixed and partly empty.
fn mixed() -> Result<Crystal, CrystalError> {
    let sites =
        [Site::pure(Element::CS, [0.0; 3].into()), Site::mixed([(Element::I, 0.25), (Element::CL, 0.5)], [0.5; 3])?];
    Crystal::new(Lattice::cubic(4.0)?, sites.to_vec())
}

#[test]
fn a_mixed_site_is_seen_as_its_elements_by_their_occupancies() -> Result<(), FeaturizeError> {
    let features = featurizer(config()).featurize(&mixed()?)?;
    assert_eq!((features.weights.as_slice(), features.sites.as_slice()), (&[1.0, 0.5, 0.25][..], &[0, 1, 1][..]));
    // Six images of itself, and eight of both elements on the other site; an element of the mixed site sees six images of the
    // site, and caesium eight times.
    let around = |atom: usize| features.neighbors(atom).map(|(site, _)| features.weight(site)).sum::<f32>();
    assert_eq!([around(0), around(1), around(2)], [6.0 + 8.0 * 0.75, 6.0 * 0.75 + 8.0, 6.0 * 0.75 + 8.0]);
    let refused = featurizer(AtomFeaturizerConfig { weighted_atoms: false, ..config() }).featurize(&mixed()?);
    assert_eq!(refused, Err(FeaturizeError::Crystal(CrystalError::DisorderedSite { site: 1 })));
    Ok(())
}

#[test]
fn the_mean_position_is_that_of_what_is_there() -> Result<(), FeaturizeError> {
    let positions = Some(PositionKind::Cartesian);
    let distances = featurizer(AtomFeaturizerConfig { positions, ..config() }).featurize(&mixed()?)?.centroid_distances;
    // Three quarters of an atom at the corner of a cube whose center holds one: the mean divides the diagonal 3 to 4.
    let diagonal = 12_f32.sqrt();
    let expected = [diagonal * 3.0 / 7.0, diagonal * 4.0 / 7.0, diagonal * 4.0 / 7.0];
    assert!(distances.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5), "{distances:?}");
    Ok(())
}

#[test]
fn a_composition_has_what_follows_from_it_and_nothing_else() -> Result<(), Box<dyn std::error::Error>> {
    let composition: Composition = "Ba0.6K0.4Fe2As2".parse()?;
    let globals = Some("element-count+structure".parse()?);
    let features = featurizer(AtomFeaturizerConfig { globals, ..config() }).featurize_composition(&composition)?;
    let amounts: Vec<f64> = composition.iter().map(|(_, amount)| amount).collect();
    for (weight, amount) in features.weights.iter().zip(&amounts) {
        assert!((f64::from(*weight) - amount / 5.0).abs() < 1e-6, "{weight}");
    }
    assert_eq!((features.num_atoms(), features.neighbor_offsets.as_slice()), (4, &[0; 5][..]));
    assert_eq!((features.globals[0], features.globals[1]), (Some(4.0), None));
    let needs = |config: AtomFeaturizerConfig| match featurizer(config).featurize_composition(&composition) {
        Err(FeaturizeError::NeedsStructure { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(needs(AtomFeaturizerConfig::invariant()), "lattice descriptors");
    assert_eq!(needs(AtomFeaturizerConfig { weighted_atoms: false, ..config() }), "atoms without weights");
    let positions = Some(PositionKind::Cartesian);
    assert_eq!(needs(AtomFeaturizerConfig { positions, ..config() }), "distances to the mean position");
    let element: Composition = "Nb3".parse()?;
    assert!(featurizer(config()).featurize_composition(&element)?.weights.is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn ordered_crystals_are_the_same_with_and_without_weights(crystal in strategies::crystal(1..=6)) {
        let of = |weighted_atoms| featurizer(AtomFeaturizerConfig { weighted_atoms, ..config() }).featurize(&crystal);
        prop_assert_eq!(of(true), of(false));
    }

    #[test]
    fn weights_add_up_to_the_atoms_of_the_composition(crystal in strategies::disordered_crystal(1..=6)) {
        if let Ok(features) = featurizer(config()).featurize(&crystal) {
            let sum: f32 = (0..features.num_atoms()).map(|atom| features.weight(atom)).sum();
            prop_assert!((f64::from(sum) - crystal.composition().num_atoms()).abs() < 2e-3 * crystal.num_sites() as f64);
        }
    }
}

/// Weighted atoms that are wrong in one way.
#[derive(Debug)]
struct Wrong(&'static str, AtomFeaturizer<AllElements>);

impl Featurizer for Wrong {
    type Features = AtomFeatures;

    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let mut features = self.1.featurize(crystal)?;
        let site = |features: &AtomFeatures, atom: usize| features.sites.get(atom).copied().unwrap_or(atom as u32);
        match self.0 {
            "weights in the order of the occupants" if !features.weights.is_empty() => {
                let occupants = crystal.sites().iter().flat_map(|site| site.species.occupants());
                let given: Vec<f32> = occupants.map(|occupant| occupant.occupancy as f32).collect();
                if given.len() == features.weights.len() {
                    features.weights = given;
                }
            }
            "shares of the cell" => {
                let atoms = features.num_atoms();
                features.weights = (0..atoms).map(|atom| features.weight(atom) / atoms as f32).collect();
            }
            "the first site is whole" => {
                let first: Vec<bool> = (0..features.num_atoms()).map(|atom| site(&features, atom) == 0).collect();
                features
                    .weights
                    .iter_mut()
                    .zip(first)
                    .filter(|(_, first)| *first)
                    .for_each(|(weight, _)| *weight = 1.0);
            }
            "neighbors on the occupant that is listed first" => {
                let listed_first = |atom: u32| {
                    let own = site(&features, atom as usize);
                    let element = crystal.sites()[own as usize].species.occupants()[0].element;
                    let token = self.1.vocabulary().token(element).expect("every element has a token");
                    let is_it = |other: &usize| site(&features, *other) == own && features.tokens[*other] == token;
                    (0..features.num_atoms()).find(is_it).expect("it is on the site") as u32
                };
                features.neighbor_sites = features.neighbor_sites.iter().map(|atom| listed_first(*atom)).collect();
            }
            _ => {}
        }
        Ok(features)
    }
}

#[test]
fn laws_catch_wrong_weights() {
    let broken = |name: &'static str| {
        // No distance of a chosen crystal is as long as this, so that rounding does not decide who is a neighbor.
        let pairs = NeighborRule::Within { cutoff: 4.123 };
        let make = || Wrong(name, featurizer(AtomFeaturizerConfig { pairs, ..config() }));
        let cases = Cases::new().sites_up_to(12);
        let of_law = |law: &Law| check(*law, make, 2e-4, &cases).err().map(|violation| violation.to_string());
        [Law::Permutation, Law::Supercell].iter().find_map(of_law)
    };
    assert_eq!(broken("right"), None);
    for name in [
        "weights in the order of the occupants",
        "shares of the cell",
        "the first site is whole",
        "neighbors on the occupant that is listed first",
    ] {
        assert!(broken(name).is_some(), "not caught: {name}");
    }
}
