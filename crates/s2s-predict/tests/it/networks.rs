//! Networks in plain Rust. That they answer as on libtorch is tested in `s2s-model`, which has both.

use std::{collections::BTreeMap, fs};

use s2s_crystal::{Composition, Crystal, Frac, Lattice, Site};
use s2s_predict::{PredictError, Predictor, Weights, read_metadata, write_weights};

use crate::support::{bundled, crystals, cube, element, weighing};

fn network() -> Predictor {
    Predictor::load(bundled("network")).expect("it is sealed")
}

#[test]
fn a_supercell_has_the_answer_of_its_cell() {
    let network = network();
    let cell = &crystals()[0];
    let [a, b, c] = cell.lattice().vectors();
    let lattice = Lattice::from_rows([a.map(|x| 2.0 * x), b, c]).expect("twice the cell");
    let sites = cell.sites().iter().flat_map(|site| {
        let Frac([x, y, z]) = site.position;
        [0.0, 0.5].map(|shift| Site { position: Frac([x / 2.0 + shift, y, z]), ..site.clone() })
    });
    let twice = Crystal::new(lattice, sites.collect()).expect("a crystal");
    let [once, twice] = [cell, &twice].map(|crystal| network.answer(crystal).expect("it is read").value);
    assert!((once - twice).abs() < 1e-5, "{once} and {twice}");
}

#[test]
fn a_crystal_has_the_same_answer_alone_and_among_others() {
    let network = network();
    let asked: Vec<_> = crystals().into_iter().cycle().take(50).collect();
    let mut streamed = Vec::new();
    let sink = |_: &Crystal, answer| {
        streamed.push(answer);
        Ok::<(), ()>(())
    };
    network.answer_stream(&asked, |crystal| crystal, sink).expect("the sink takes everything");
    for (crystal, answer) in asked.iter().zip(&streamed) {
        assert_eq!(network.answer(crystal), *answer);
    }
}

#[test]
fn what_a_network_cannot_read_is_a_typed_error() {
    let network = network();
    let message = |symbol| network.answer(&cube(symbol, 4.0)).expect_err("an unknown element").to_string();
    assert_eq!(message("Og"), "element Og is outside the vocabulary \"paper-95\"");
    let composition: Composition = "NbN".parse().expect("a formula");
    assert_eq!(network.answer_composition(&composition), Err(PredictError::NeedsStructure));
    let lattice = Lattice::from_parameters([90.0; 3], [90.0; 3]).expect("a cube");
    let position = |k: usize| Frac([k % 13, k / 13 % 13, k / 169].map(|n| n as f64 / 13.0));
    let sites = (0..2001).map(|k| Site::pure(element("Cu"), position(k))).collect();
    let large = Crystal::new(lattice, sites).expect("a crystal");
    assert_eq!(network.answer(&large), Err(PredictError::TooLarge { atoms: 2001, limit: 2000 }));
}

#[test]
fn a_network_of_weighted_atoms_reads_disorder_and_compositions() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let network = weighing("network", &scratch.path().join("model"));
    assert!(network.reads_disorder() && !self::network().reads_disorder());
    let chloride = crystals().remove(0);
    let with = |shares: [(&str, f64); 2]| {
        let mixed = Site::mixed(shares.map(|(symbol, share)| (element(symbol), share)), [0.0; 3]).expect("shares");
        Crystal::new(*chloride.lattice(), vec![mixed, chloride.sites()[1].clone()]).expect("a crystal")
    };
    let [pure, half, swapped] = [chloride.clone(), with([("Cs", 0.5), ("Li", 0.5)]), with([("Li", 0.5), ("Cs", 0.5)])];
    assert!(matches!(self::network().answer(&half), Err(PredictError::Featurize(_))));
    let values = [&pure, &half, &swapped].map(|crystal| network.answer(crystal).expect("it is read").value);
    assert!((values[0] - values[1]).abs() > 1e-3 && (values[1] - values[2]).abs() < 1e-5, "{values:?}");
    let parts = network.contributions(&half).expect("it is read");
    assert!(parts.len() == 2 && parts.iter().all(|part| part.is_finite() && *part != 0.0), "{parts:?}");
    let of =
        |formula: &str| network.answer_composition(&formula.parse().expect("a formula")).map(|answer| answer.value);
    let [whole, doubled, other] =
        ["YBa2Cu3O6.9", "Y2Ba4Cu6O13.8", "YBa2Cu3O6"].map(|formula| of(formula).expect("an answer"));
    assert!((whole - doubled).abs() < 1e-5 && (whole - other).abs() > 1e-4, "{whole} {doubled} {other}");
    assert!(matches!(of("Og2O"), Err(PredictError::Featurize(_))));
}

#[test]
fn contributions_are_equal_for_equal_atoms_and_tell_elements_apart() {
    let network = network();
    let chloride = &crystals()[0];
    let found = network.contributions(chloride).expect("it is read");
    assert!(found.len() == 2 && (found[0] - found[1]).abs() > 1e-4, "{found:?}");
    // Set2Set divides by the number of atoms, so that leaving out one of two equal atoms changes nothing.
    let lattice = Lattice::from_parameters([3.3; 3], [90.0; 3]).expect("a cube");
    let niobium = [0.0, 0.5].map(|x| Site::pure(element("Nb"), Frac([x; 3])));
    let niobium = Crystal::new(lattice, niobium.to_vec()).expect("a crystal");
    let found = network.contributions(&niobium).expect("it is read");
    assert!(found.iter().all(|part| part.abs() < 1e-4) && found[0] == found[1], "{found:?}");
}

#[test]
fn equal_weights_and_metadata_are_equal_bytes_and_come_back() {
    let bytes = fs::read(bundled("network").join("model.safetensors")).expect("a file of the model");
    let tensors = Weights::read(&bytes).expect("as written").into_tensors();
    let metadata: BTreeMap<String, String> = (0..20).map(|k| (format!("key {k}"), format!("value {k}"))).collect();
    let write = |reverse: bool| {
        let mut entries: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        if reverse {
            entries.reverse();
        }
        write_weights(entries, &metadata)
    };
    assert_eq!(write(false), write(true));
    assert_eq!(Weights::read(&write(false)).expect("as written").into_tensors(), tensors);
    assert_eq!(read_metadata(&write(false)).expect("as written"), metadata);
}
