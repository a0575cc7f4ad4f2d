//! The bundled networks give one logit for every description of a crystal: all of S2S where `S2S_DATA_DIR` says where it is.

use s2s_crystal::{
    Crystal, Site,
    strategies::{Change, ChangeKind},
};
use s2s_data::{DataFolder, RecordStream};
use s2s_predict::Predictor;

use crate::support::{crystals, element, weighing};

/// What the logits of two descriptions may differ by.
const TOLERANCE: f64 = 1e-5;

/// The crystals of S2S, or three others where there is no shared data.
fn of_s2s() -> Vec<Crystal> {
    let Ok(folder) = DataFolder::from_env() else {
        eprintln!("skipped: S2S_DATA_DIR is not set, so S2S is not at hand");
        return crystals();
    };
    let records = RecordStream::open(folder.s2s()).expect("a readable file");
    records.map(|record| record.expect("a valid record").crystal).collect()
}

/// The same crystal with a quarter of its first site replaced by scandium or, where that stands there, yttrium.
fn disordered(crystal: &Crystal) -> Crystal {
    let host = crystal.sites()[0].species.majority_element();
    let guest = [element("Sc"), element("Y")].into_iter().find(|guest| *guest != host).expect("one of them");
    let mut first = true;
    let mixed = |site: &Site| {
        if !std::mem::take(&mut first) {
            return site.clone();
        }
        Site::mixed([(host, 0.75), (guest, 0.25)], site.position.0).expect("shares that sum to one")
    };
    crystal.map_sites(mixed).expect("the positions of a crystal")
}

/// Another description of the same crystal: sites in another order, from another origin, turned, with other lattice vectors and in a
/// larger cell.
fn described_anew(crystal: &Crystal, seed: u64) -> Crystal {
    ChangeKind::SAME_CRYSTAL.into_iter().fold(crystal.clone(), |crystal, kind| {
        let change = Change::draw(kind, &crystal, seed);
        change.apply(&crystal).unwrap_or_else(|error| panic!("{}, {change:?}: {error}", crystal.composition())).0
    })
}

fn assert_described_alike(network: &Predictor, crystals: &[Crystal]) {
    let others: Vec<Crystal> = crystals.iter().zip(0..).map(|(crystal, seed)| described_anew(crystal, seed)).collect();
    let answers = network.answer_all(crystals).into_iter().zip(network.answer_all(&others));
    let mut largest: f64 = 0.0;
    for (crystal, (here, there)) in crystals.iter().zip(answers) {
        let [here, there] = [here, there].map(|answer| answer.expect("it is read").value);
        let difference = (here - there).abs();
        assert!(difference <= TOLERANCE, "{}: {here} and {there}", crystal.composition());
        largest = largest.max(difference);
    }
    println!("largest difference over {} crystals: {largest:.1e}", crystals.len());
}

#[test]
fn the_bundled_networks_give_one_logit_for_every_description_of_a_crystal() {
    let crystals = of_s2s();
    assert_described_alike(&Predictor::network(), &crystals);
    assert_described_alike(&Predictor::s2snet(), &crystals);
}

#[test]
fn networks_of_weighted_atoms_give_one_logit_for_every_description_of_a_disordered_crystal() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let crystals: Vec<Crystal> = of_s2s().iter().map(disordered).collect();
    for name in ["network", "s2snet"] {
        assert_described_alike(&weighing(name, &scratch.path().join(name)), &crystals);
    }
}
