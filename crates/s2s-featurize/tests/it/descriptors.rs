//! Descriptors: numbers of the physical crystal, with names, and of compositions without a crystal.

use std::{collections::HashSet, error::Error};

use proptest::prelude::*;
use s2s_crystal::{Composition, Crystal, Element, Frac, Lattice, Site, strategies};
use s2s_featurize::{
    CompositionStatistics, DopingStatistics, ElementCount, ElementFractions, ElementPairStatistics,
    EnvironmentStatistics, FeatureBlock, FeatureSet, FeaturizeError, Featurizer, MagpieConfig, MagpieFeaturizer,
    StructureStatistics, SymmetryStatistics, featurizer_laws,
};

fn set(text: &str) -> FeatureSet {
    text.parse().expect("these descriptors exist")
}

/// Whether two crystals have the same row, but for rounding.
fn described_the_same(set: &FeatureSet, one: &Crystal, other: &Crystal) -> Result<(), String> {
    let row = |crystal| set.featurize(crystal).map_err(|error| error.to_string());
    for ((label, a), b) in set.labels().iter().zip(row(one)?).zip(row(other)?) {
        // A comparison that NaN does not pass.
        let close = (a - b).abs() <= 1e-5 * (1.0 + a.abs());
        if !close {
            return Err(format!("{label}: {a} is not {b}"));
        }
    }
    Ok(())
}

featurizer_laws!(
    numbers_of_compositions,
    set("element-count+magpie+fractions+composition+pairs+doping"),
    1e-6,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell]
);
featurizer_laws!(
    numbers_of_structures,
    set("structure"),
    1e-5,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell]
);
featurizer_laws!(
    numbers_of_surroundings,
    set("surroundings"),
    1e-5,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell]
);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_number_is_finite(crystal in strategies::partly_periodic_crystal(1..=4)) {
        // A crystal may be refused for its thin cell, never answered with what is not a number.
        if let Ok(row) = set("all").featurize(&crystal) {
            prop_assert!(row.iter().all(|value| value.is_finite()), "{row:?}");
        }
    }

    #[test]
    fn a_composition_alone_has_the_numbers_of_its_crystals(crystal in strategies::spaced_disordered_crystal(1..=6)) {
        let composition = crystal.composition();
        for block in FeatureBlock::ALL {
            let set = FeatureSet::new([*block]);
            let (whole, alone) = (set.featurize(&crystal)?, set.row_of_composition(&composition));
            prop_assert_eq!(whole.len(), alone.len());
            if block.is_of_composition() {
                prop_assert_eq!(whole, alone, "{}", block);
            } else {
                prop_assert!(alone.iter().all(|value| value.is_nan()), "{}", block);
            }
        }
    }
}

/// The numbers of a featurizer of compositions, for a composition and for a crystal of it.
fn both_ways<const N: usize, F>(
    featurizer: &F,
    composition: &Composition,
    crystal: &Crystal,
) -> Result<(), FeaturizeError>
where
    F: Featurizer<Composition, Features = [f64; N]> + Featurizer<Crystal, Features = [f64; N]>,
{
    let of_crystal = Featurizer::<Crystal>::featurize(featurizer, crystal)?;
    assert_eq!(Featurizer::<Composition>::featurize(featurizer, composition)?, of_crystal, "{featurizer:?}");
    Ok(())
}

#[test]
fn descriptors_of_compositions_are_featurizers_of_both() -> Result<(), Box<dyn Error>> {
    let crystal = rock_salt()?;
    let (composition, _) = crystal.composition().reduced();
    both_ways(&ElementCount, &composition, &crystal)?;
    both_ways(&ElementFractions, &composition, &crystal)?;
    both_ways(&CompositionStatistics, &composition, &crystal)?;
    both_ways(&ElementPairStatistics, &composition, &crystal)?;
    both_ways(&MagpieFeaturizer::new(MagpieConfig::matminer()), &composition, &crystal)?;
    both_ways(&DopingStatistics, &composition, &crystal)?;
    Ok(())
}

#[test]
fn doping_moves_the_charge_of_copper_and_a_multiple_of_a_formula_does_not() -> Result<(), Box<dyn Error>> {
    let labels = DopingStatistics.labels();
    let number = |formula: &str, label: &str| -> Result<f64, Box<dyn Error>> {
        let column = labels.iter().position(|other| other == label).ok_or("a label")?;
        Ok(DopingStatistics.describe(&formula.parse::<Composition>()?)[column])
    };
    // La2CuO4 leaves 4 * 2 - 2 * 3 = 2 to Cu; each Sr takes one electron less than La.
    for (formula, charge) in
        [("La2CuO4", 2.0), ("La1.85Sr0.15CuO4", 2.15), ("La3.7Sr0.3Cu2O8", 2.15), ("La2CuO4.1", 2.2)]
    {
        let found = number(formula, "charge left to Cu")?;
        assert!((found - charge).abs() < 1e-9, "{formula}: {found} is not {charge}");
    }
    for (formula, label, expected) in [
        ("Ba0.6K0.4Fe2As2", "K per reference metal", 0.2),
        ("MgB2", "charge left to Cu", 0.0),
        // B³⁺ gives electrons away, and there is more of it than of Mg.
        ("MgB2", "Mg per reference metal", 0.5),
    ] {
        let found = number(formula, label)?;
        assert!((found - expected).abs() < 1e-9, "{formula}, {label}: {found} is not {expected}");
    }
    Ok(())
}

#[test]
fn every_column_has_a_name_of_its_own() {
    for block in FeatureBlock::ALL {
        let labels = block.labels();
        let distinct: HashSet<&String> = labels.iter().collect();
        assert_eq!((labels.len(), distinct.len()), (block.width(), block.width()), "{block}");
    }
    let all = set("all");
    assert_eq!((all.width(), all.labels().len()), (540, 540));
}

#[test]
fn sets_are_written_as_they_are_read() {
    // Models of `all` are older than `doping`.
    let blocks = FeatureBlock::ALL.iter().filter(|block| **block != FeatureBlock::Doping);
    assert_eq!(set("all").to_string(), blocks.map(|b| b.name()).collect::<Vec<_>>().join("+"));
    assert_eq!(set("structure+magpie").to_string(), "structure+magpie");
    assert_eq!(set("structure+magpie").blocks(), [FeatureBlock::Structure, FeatureBlock::Magpie]);
    let refused = "magpie+magic".parse::<FeatureSet>().map_err(|error| error.to_string());
    let known = "element-count, magpie, fractions, composition, pairs, structure, surroundings, symmetry, doping";
    assert_eq!(refused, Err(format!("`magic` is no set of features; there are {known}")));
}

fn crystal(lengths: [f64; 3], angles: [f64; 3], sites: &[(&str, [f64; 3])]) -> Result<Crystal, Box<dyn Error>> {
    let site = |(symbol, x): &(&str, [f64; 3])| Ok(Site::pure(symbol.parse::<Element>()?, Frac(*x)));
    let sites = sites.iter().map(site).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    Ok(Crystal::new(Lattice::from_parameters(lengths, angles)?, sites)?)
}

fn rock_salt() -> Result<Crystal, Box<dyn Error>> {
    let sites = [
        ("Na", [0.0, 0.0, 0.0]),
        ("Na", [0.0, 0.5, 0.5]),
        ("Na", [0.5, 0.0, 0.5]),
        ("Na", [0.5, 0.5, 0.0]),
        ("Cl", [0.5, 0.0, 0.0]),
        ("Cl", [0.0, 0.5, 0.0]),
        ("Cl", [0.0, 0.0, 0.5]),
        ("Cl", [0.5, 0.5, 0.5]),
    ];
    crystal([5.64; 3], [90.0; 3], &sites)
}

/// Face-centered, body-centered, primitive hexagonal, and a cell without symmetry.
fn prototypes() -> Result<[Crystal; 4], Box<dyn Error>> {
    let wurtzite = [
        ("Zn", [1.0 / 3.0, 2.0 / 3.0, 0.0]),
        ("Zn", [2.0 / 3.0, 1.0 / 3.0, 0.5]),
        ("S", [1.0 / 3.0, 2.0 / 3.0, 0.3748]),
        ("S", [2.0 / 3.0, 1.0 / 3.0, 0.8748]),
    ];
    let crooked = [("B", [0.0; 3]), ("C", [0.31, 0.12, 0.44]), ("N", [0.55, 0.61, 0.27])];
    Ok([
        rock_salt()?,
        crystal([3.3; 3], [90.0; 3], &[("Nb", [0.0; 3]), ("Nb", [0.5; 3])])?,
        crystal([3.82, 3.82, 6.26], [90.0, 90.0, 120.0], &wurtzite)?,
        crystal([4.1, 4.9, 5.7], [81.0, 97.0, 103.0], &crooked)?,
    ])
}

#[test]
fn symmetry_is_that_of_the_primitive_cell() -> Result<(), Box<dyn Error>> {
    let [rock_salt, niobium, wurtzite, crooked] = prototypes()?;
    let ln = |values: [f64; 8]| values.map(|value: f64| (value * 1e9).round() / 1e9);
    let symmetry = |crystal| Ok::<_, FeaturizeError>(ln(SymmetryStatistics.featurize(crystal)?));
    // Space group, system, ln atoms, orbits, orbits per atom, ln operations, ln centering, ln formula units.
    assert_eq!(symmetry(&rock_salt)?, ln([225.0, 6.0, 2.0_f64.ln(), 2.0, 1.0, 48.0_f64.ln(), 4.0_f64.ln(), 0.0]));
    assert_eq!(symmetry(&niobium)?, ln([229.0, 6.0, 0.0, 1.0, 1.0, 48.0_f64.ln(), 2.0_f64.ln(), 0.0]));
    assert_eq!(symmetry(&wurtzite)?, ln([186.0, 5.0, 4.0_f64.ln(), 2.0, 0.5, 12.0_f64.ln(), 0.0, 2.0_f64.ln()]));
    assert_eq!(symmetry(&crooked)?, ln([1.0, 0.0, 3.0_f64.ln(), 3.0, 1.0, 0.0, 0.0, 0.0]));
    Ok(())
}

#[test]
fn no_description_of_a_prototype_changes_its_row() -> Result<(), Box<dyn Error>> {
    let turn = [[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
    for prototype in prototypes()? {
        let mut order: Vec<usize> = (0..prototype.num_sites()).collect();
        order.reverse();
        let others = [
            prototype.translated([0.37, 0.11, 0.83])?.wrapped(),
            prototype.rotated(turn)?,
            prototype.with_basis([[1, 1, 0], [-1, 0, 1], [-1, -1, 1]])?,
            prototype.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?,
            prototype.supercell([[1, 0, 0], [0, 3, 0], [0, 0, 2]])?,
            prototype.permuted(&order)?,
        ];
        for other in others {
            described_the_same(&set("all"), &prototype, &other)?;
        }
    }
    Ok(())
}

#[test]
fn chlorine_in_rock_salt_has_an_octahedron_around_it() -> Result<(), Box<dyn Error>> {
    let row = EnvironmentStatistics.featurize(&rock_salt()?)?;
    let named = |label: &str| {
        let column = EnvironmentStatistics.labels().iter().position(|known| known == label);
        row[column.unwrap_or_else(|| panic!("no column {label}"))]
    };
    // Sodium's own second shell is within reach of its large radius: it counts for sodium, not for chlorine.
    let of_chlorine = |value: &str| named(&format!("mean {value} of most electronegative element"));
    assert!((of_chlorine("coordination number") - 6.0).abs() < 1e-3);
    assert!(of_chlorine("share of like neighbors") < 1e-3 && named("maximum length of mean direction") < 1e-6);
    assert!((named("mean anisotropy of directions") - 1.0 / 3.0).abs() < 1e-6);
    let row = StructureStatistics.featurize(&rock_salt()?)?;
    let volume: f64 = 5.64_f64.powi(3) / 8.0;
    assert!((row[0] - volume.ln()).abs() < 1e-12, "ln volume per atom");
    assert!((row[4] - 2.82 / volume.cbrt()).abs() < 1e-12, "mean distance to the nearest neighbor");
    Ok(())
}
