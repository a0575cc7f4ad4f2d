//! The table of elements agrees with pymatgen and ASE.

use approx::assert_relative_eq;
use s2s_crystal::{Element, ElementCategory};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    symbol: String,
    name: String,
    group: u8,
    period: u8,
    mendeleev_number: Option<f64>,
    electronegativity: Option<f64>,
    pymatgen_mass: f64,
    ase_mass: f64,
    covalent_radius: Option<f64>,
    is_transition_metal: bool,
    is_post_transition_metal: bool,
    is_lanthanoid: bool,
    is_actinoid: bool,
    is_alkali: bool,
    is_alkaline: bool,
    is_halogen: bool,
    is_noble_gas: bool,
    is_chalcogen: bool,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("../data/elements.json")).expect("invariant: the golden file is valid")
}

#[test]
fn element_properties_agree_with_pymatgen_and_ase() {
    assert_eq!(golden().len(), Element::all().count());
    for (element, golden) in Element::all().zip(golden()) {
        assert_eq!(element.symbol(), golden.symbol);
        assert_eq!(element.name(), golden.name);
        assert_eq!((element.group(), element.period()), (golden.group, golden.period), "{element}");
        assert_eq!(element.mendeleev_number().map(f64::from), golden.mendeleev_number, "{element}");
        assert_eq!(element.electronegativity(), golden.electronegativity, "{element}");
        assert_eq!(element.mass(), golden.ase_mass, "{element}");
        assert_eq!(element.covalent_radius(), golden.covalent_radius, "{element}");
        // pymatgen keeps older weights, and other isotopes of the elements that have none.
        assert_relative_eq!(element.mass(), golden.pymatgen_mass, max_relative = 0.012);
    }
}

#[test]
fn families_agree_with_pymatgen_where_it_has_them() {
    for (element, golden) in Element::all().zip(golden()) {
        // pymatgen stops at moscovium, and counts lanthanum, actinium and the f block among the transition metals.
        if element.atomic_number() > 112 {
            continue;
        }
        let category = element.category();
        let expect =
            |flag: bool, expected: ElementCategory| assert_eq!(flag, category == expected, "{element}: {expected:?}");
        expect(golden.is_lanthanoid, ElementCategory::Lanthanoid);
        expect(golden.is_actinoid, ElementCategory::Actinoid);
        expect(golden.is_alkali, ElementCategory::AlkaliMetal);
        expect(golden.is_alkaline, ElementCategory::AlkalineEarthMetal);
        expect(golden.is_halogen, ElementCategory::Halogen);
        expect(golden.is_noble_gas, ElementCategory::NobleGas);
        expect(golden.is_chalcogen, ElementCategory::Chalcogen);
        expect(golden.is_post_transition_metal, ElementCategory::PostTransitionMetal);
        let f_block = golden.is_lanthanoid || golden.is_actinoid;
        expect(golden.is_transition_metal && !f_block, ElementCategory::TransitionMetal);
    }
}

#[test]
fn every_family_has_members_and_a_name_of_its_own() {
    let mut names = ElementCategory::ALL.map(ElementCategory::name);
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    for category in ElementCategory::ALL {
        assert!(Element::all().any(|element| element.category() == category), "{category:?}");
    }
}
