//! What is deserialized is what a constructor would have made, or an error.

use proptest::prelude::*;
use s2s_crystal::{Composition, Crystal, Element, Frac, Lattice, Occupant, Site, Species};
use serde_json::{Value, json};

/// Numbers on both sides of what is allowed.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(-5.0), Just(1.0), Just(0.5), Just(1e300), -1.0..1.0_f64]
}

prop_compose! {
    fn occupant()(z in 1_u8..=118, occupancy in number(), oxidation in prop::option::of(number())) -> Occupant {
        let element = Element::from_atomic_number(z).expect("the number is one of an element");
        Occupant { element, occupancy, oxidation: oxidation.map(|charge| charge as f32) }
    }
}

/// An occupant as it would be written, valid or not.
fn written(occupant: &Occupant) -> Value {
    // Infinity, which JSON cannot write, stands for a number that no f32 holds.
    let charge = occupant.oxidation.map(|charge| if charge.is_finite() { f64::from(charge) } else { 1e300 });
    json!({ "element": occupant.element, "occupancy": occupant.occupancy, "oxidation": charge })
}

proptest! {
    #[test]
    fn species(occupants in prop::collection::vec(occupant(), 0..3)) {
        let many: Vec<Value> = occupants.iter().map(written).collect();
        let made = Species::new(occupants.clone()).map_err(|error| error.to_string());
        if let [only] = &many[..] {
            let read = serde_json::from_value::<Species>(json!({ "One": only }));
            prop_assert_eq!(read.ok(), made.clone().ok());
        }
        let read = serde_json::from_value::<Species>(json!({ "Many": many }));
        prop_assert_eq!(read.ok(), made.ok());
    }

    #[test]
    fn occupants(occupant in occupant()) {
        let read = serde_json::from_value::<Occupant>(written(&occupant));
        prop_assert_eq!(read.is_ok(), Species::new(vec![occupant]).is_ok());
    }

    #[test]
    fn sites_and_crystals(occupant in occupant(), x in number(), rows in prop::array::uniform3(prop::array::uniform3(number()))) {
        let site = json!({ "species": { "One": written(&occupant) }, "position": [x, 0.0, 0.0] });
        let species = Species::new(vec![occupant]).ok();
        let made = species.map(|species| Site { species, position: Frac([x, 0.0, 0.0]) });
        prop_assert_eq!(serde_json::from_value::<Site>(site.clone()).ok(), made.clone());
        let crystal = json!({ "lattice": rows, "periodic": [true, true, true], "sites": [site] });
        let lattice = Lattice::from_rows(rows).ok();
        let made = made.and_then(|site| Crystal::new(lattice?, vec![site]).ok());
        prop_assert_eq!(serde_json::from_value::<Crystal>(crystal).ok(), made);
    }

    #[test]
    fn lattices(rows in prop::array::uniform3(prop::array::uniform3(number()))) {
        let read = serde_json::from_value::<Lattice>(json!(rows)).ok();
        prop_assert_eq!(read, Lattice::from_rows(rows).ok());
    }

    #[test]
    fn compositions(amounts in prop::collection::vec((1_u8..=118, number()), 0..4)) {
        let amounts: Vec<(Element, f64)> = amounts
            .into_iter()
            .map(|(z, amount)| (Element::from_atomic_number(z).expect("the number is one of an element"), amount))
            .collect();
        let read = serde_json::from_value::<Composition>(json!(amounts)).ok();
        prop_assert_eq!(read, Composition::new(amounts).ok());
    }

    #[test]
    fn elements(number in -5_i64..300) {
        let read = serde_json::from_value::<Element>(json!(number)).ok();
        prop_assert_eq!(read, u8::try_from(number).ok().and_then(|z| Element::from_atomic_number(z).ok()));
    }
}

#[test]
fn a_crystal_without_sites_or_occupants_is_refused() {
    let refused = |text: &str| serde_json::from_str::<Crystal>(text).map(drop).map_err(|error| error.to_string());
    let cell = r#""lattice": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "periodic": [true, true, true]"#;
    assert_eq!(refused(&format!("{{{cell}, \"sites\": []}}")), Err("a crystal needs at least one site".to_owned()));
    let empty = format!("{{{cell}, \"sites\": [{{\"species\": {{\"Many\": []}}, \"position\": [0, 0, 0]}}]}}");
    let error = refused(&empty).expect_err("a site without occupants is refused");
    assert!(error.starts_with("invalid occupancy 0: a site's occupancies lie between 0 and 1"), "{error}");
}
