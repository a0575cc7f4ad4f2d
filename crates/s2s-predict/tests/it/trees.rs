//! Models of trees: sealed folders, warnings outside the training range, and the bundled ones.

use std::fs;

use s2s_crystal::{Composition, Crystal};
use s2s_predict::{
    BoostedTrees, Calibration, Known, KnownCrystal, ModelKind, Predictor, TreeModel, TreeModelConfig, TreeNode,
    Warning, answer_together,
};

use crate::support::{bundled, crystals, cube, element};

/// Two members that disagree by two logits on whether there is more than one element.
fn small_model() -> TreeModel {
    let config = TreeModelConfig {
        positive: "simple".to_owned(),
        features: "element-count".to_owned(),
        calibration: Calibration { slope: 2.0, offset: -1.0 },
        dataset_sha256: String::new(),
        metrics: [("roc_auc".to_owned(), 0.5)].into(),
    };
    let stump = |low: f64, high: f64| {
        let root = TreeNode::Split { column: 0, threshold: 1.5, below: 1, above: 2, missing: 2 };
        BoostedTrees::new(0.0, [vec![root, TreeNode::Leaf(low), TreeNode::Leaf(high)]]).expect("they are trees")
    };
    let known = [("Nb", 3.3, true), ("Ta", 3.3, true), ("Cu", 2.6, false)];
    let known = known.map(|(name, edge, positive)| KnownCrystal::new(name, &cube(name, edge), positive));
    let known = Known::new(known.into()).expect("formulas");
    TreeModel::new(config, vec![stump(0.0, -1.0), stump(2.0, 1.0)], known).expect("a model")
}

/// The small model in a folder, opened.
fn small_predictor() -> (tempfile::TempDir, Predictor) {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path().join("model");
    small_model().save(&folder, "# Card\n").expect("the folder can be written");
    let predictor = Predictor::load(&folder).expect("as written");
    (scratch, predictor)
}

#[test]
fn members_are_averaged_and_calibrated() {
    let (_scratch, predictor) = small_predictor();
    let answer = predictor.answer(&cube("Nb", 3.3)).expect("it is read");
    assert_eq!(answer.value, 2.0 * 1.0 - 1.0);
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    assert!((answer.probability.expect("a classifier") - sigmoid(1.0)).abs() < 1e-12);
    assert!((answer.std.expect("an ensemble") - (sigmoid(3.0) - sigmoid(-1.0)) / 2.0).abs() < 1e-12);
    let nearest = answer.nearest.expect("niobium is known");
    assert_eq!((nearest.formula.as_str(), nearest.distance), ("Nb", 0.0));
    assert_eq!((answer.known, answer.warnings.len()), (Some(true), 0));
    let info = predictor.info();
    assert_eq!((info.kind, info.members, info.base_rate), (ModelKind::Trees, 2, Some(2.0 / 3.0)));
    assert_eq!(info.seal.len(), 64);
}

#[test]
fn what_was_never_seen_is_said() {
    let (_scratch, predictor) = small_predictor();
    let answer = predictor.answer(&cube("Xe", 12.0)).expect("it is read");
    let [Warning::Element(found), Warning::Composition { .. }, Warning::Packing { share }] = answer.warnings[..] else {
        panic!("{:?}", answer.warnings)
    };
    assert_eq!((found, answer.known), (element("Xe"), Some(false)));
    assert!(share < 0.05);
}

#[test]
fn a_composition_is_answered_for_without_a_structure() {
    let (_scratch, predictor) = small_predictor();
    let composition: Composition = "Nb2".parse().expect("a formula");
    let answer = predictor.answer_composition(&composition).expect("trees read compositions");
    assert_eq!(answer, predictor.answer(&cube("Nb", 3.3)).expect("it is read"));
}

#[test]
fn a_sealed_model_comes_back_and_a_changed_one_is_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path().join("model");
    let model = small_model();
    model.save(&folder, "# Card\n").expect("the folder can be written");
    assert_eq!(TreeModel::load(&folder).expect("as written").config(), model.config());
    for name in ["trees.bin", "known.json", "config.json", "README.md", "MANIFEST.json"] {
        let path = folder.join(name);
        let before = fs::read(&path).expect("as written");
        let mut bytes = before.clone();
        *bytes.last_mut().expect("it is not empty") ^= 1;
        fs::write(&path, bytes).expect("the folder can be written");
        assert!(Predictor::load(&folder).is_err(), "{name} was changed and not refused");
        fs::write(&path, before).expect("the folder can be written");
    }
    Predictor::load(&folder).expect("as before");
    Predictor::load(scratch.path()).expect("a run folder with a model in it");
}

#[test]
fn trees_that_ask_for_more_than_there_is_are_refused() {
    let root = TreeNode::Split { column: 1, threshold: 0.0, below: 1, above: 2, missing: 1 };
    let trees = BoostedTrees::new(0.0, [vec![root, TreeNode::Leaf(0.0), TreeNode::Leaf(1.0)]]).expect("they are trees");
    let model = small_model();
    let refused = TreeModel::new(model.config().clone(), vec![trees], model.known().clone()).expect_err("too wide");
    let sentence = "invalid model configuration: the trees ask about 2 numbers where element-count are 1";
    assert_eq!(refused.to_string(), sentence);
}

#[test]
fn leaves_that_add_up_to_more_than_any_logit_are_refused() {
    let refused = BoostedTrees::new(0.0, [vec![TreeNode::Leaf(1e308)], vec![TreeNode::Leaf(1e308)]]);
    assert!(refused.expect_err("their sum is infinite").to_string().starts_with("node 0 of tree 0 holds 1"));
}

/// Body-centered niobium and rock salt, in their conventional cells.
fn reference(symbols: &[&str]) -> Crystal {
    use s2s_crystal::{Frac, Lattice, Site};
    let (edge, positions): (f64, Vec<(&str, [f64; 3])>) = match symbols {
        ["Nb"] => (3.3, vec![("Nb", [0.0; 3]), ("Nb", [0.5; 3])]),
        _ => {
            let face = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
            let other = face.map(|x| [x[0] + 0.5, x[1], x[2]]);
            (5.64, face.map(|x| ("Na", x)).into_iter().chain(other.map(|x| ("Cl", x))).collect())
        }
    };
    let lattice = Lattice::from_parameters([edge; 3], [90.0; 3]).expect("a cube");
    let sites = positions.into_iter().map(|(symbol, x)| Site::pure(element(symbol), Frac(x)));
    Crystal::new(lattice, sites.collect()).expect("a crystal")
}

#[test]
fn the_bundled_trees_tell_niobium_from_rock_salt_and_answer_alike_alone_and_together() {
    let [measured, listed] = ["measured", "listed"].map(|name| Predictor::load(bundled(name)).expect("it is sealed"));
    let probability = |symbols: &[&str]| measured.answer(&reference(symbols)).expect("it is read").probability;
    assert!(probability(&["Nb"]) > Some(0.95) && probability(&["Na", "Cl"]) < Some(0.6));
    let asked = crystals();
    let s2snet = Predictor::s2snet();
    let together = answer_together(&[&measured, &listed, &s2snet], &asked.iter().collect::<Vec<_>>());
    for ((crystal, answer), together) in asked.iter().zip(measured.answer_all(&asked)).zip(together) {
        assert_eq!(measured.answer(crystal), answer);
        // The network is given the descriptors that the trees have read.
        assert_eq!(together, [answer, listed.answer(crystal), s2snet.answer(crystal)]);
    }
}
