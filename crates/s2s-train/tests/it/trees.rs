//! Models of trees: sealed, honest about what they have not seen, and the bundled ones.

use std::{fs, path::PathBuf};

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_data::reference;
use s2s_eval::{BoostedTrees, Platt, TreeNode};
use s2s_train::tabular::{Known, KnownCrystal, TreeModel, TreeModelConfig, Unfamiliar};

use crate::support::scratch;

fn cube(element: Element, edge: f64) -> Crystal {
    let lattice = Lattice::from_parameters([edge; 3], [90.0; 3]).expect("a cube");
    Crystal::new(lattice, vec![Site::pure(element, Frac([0.0; 3]))]).expect("a crystal")
}

fn element(symbol: &str) -> Element {
    symbol.parse().expect("an element")
}

/// Two members that disagree by two logits on whether there is more than one element.
fn small_model() -> TreeModel {
    let config = TreeModelConfig {
        positive: "simple".to_owned(),
        features: "element-count".to_owned(),
        calibration: Platt { slope: 2.0, offset: -1.0 },
        dataset_sha256: String::new(),
        metrics: [("roc_auc".to_owned(), 0.5)].into(),
    };
    let stump = |low: f64, high: f64| {
        let root = TreeNode::Split { column: 0, threshold: 1.5, below: 1, above: 2, missing: 2 };
        BoostedTrees::new(0.0, [vec![root, TreeNode::Leaf(low), TreeNode::Leaf(high)]]).expect("they are trees")
    };
    let known = [("Nb", 3.3, true), ("Ta", 3.3, true), ("Cu", 2.6, false)];
    let known = known.map(|(name, edge, positive)| KnownCrystal::new(name, &cube(element(name), edge), positive));
    let known = Known::new(known.into()).expect("formulas");
    TreeModel::new(config, vec![stump(0.0, -1.0), stump(2.0, 1.0)], known).expect("a model")
}

#[test]
fn members_are_averaged_and_calibrated() {
    let model = small_model();
    let answer = model.assess(&[cube(element("Nb"), 3.3)]).remove(0).expect("it is read");
    assert_eq!(answer.value, 2.0 * 1.0 - 1.0);
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    assert!((answer.probability - sigmoid(1.0)).abs() < 1e-12);
    assert!((answer.spread - (sigmoid(3.0) - sigmoid(-1.0)) / 2.0).abs() < 1e-12);
    let nearest = answer.nearest.expect("niobium is known");
    assert_eq!((nearest.formula.as_str(), nearest.distance), ("Nb", 0.0));
    assert_eq!(answer.unfamiliar, []);
}

#[test]
fn what_was_never_seen_is_said() {
    let model = small_model();
    let answer = model.assess(&[cube(element("Xe"), 12.0)]).remove(0).expect("it is read");
    let [Unfamiliar::Element(found), Unfamiliar::Composition { .. }, Unfamiliar::Packing { share }] =
        answer.unfamiliar[..]
    else {
        panic!("{:?}", answer.unfamiliar)
    };
    assert_eq!(found, element("Xe"));
    assert!(share < 0.05);
}

#[test]
fn a_sealed_model_comes_back_and_a_changed_one_is_refused() {
    let folder = scratch("trees").join("model");
    let model = small_model();
    model.save(&folder, "# Card\n").expect("the folder can be written");
    let crystals = [cube(element("Nb"), 3.3), cube(element("Xe"), 12.0)];
    let read = TreeModel::load(&folder).expect("as written");
    assert_eq!(read.config(), model.config());
    for (now, before) in read.assess(&crystals).into_iter().zip(model.assess(&crystals)) {
        assert_eq!(now.expect("it is read"), before.expect("it is read"));
    }
    for name in ["trees.bin", "known.json", "config.json", "README.md", "MANIFEST.json"] {
        let path = folder.join(name);
        let before = fs::read(&path).expect("as written");
        let mut bytes = before.clone();
        *bytes.last_mut().expect("it is not empty") ^= 1;
        fs::write(&path, bytes).expect("the folder can be written");
        assert!(TreeModel::load(&folder).is_err(), "{name} was changed and not refused");
        fs::write(&path, before).expect("the folder can be written");
    }
    TreeModel::load(&folder).expect("as before");
}

#[test]
fn trees_that_ask_for_more_than_there_is_are_refused() {
    let root = TreeNode::Split { column: 1, threshold: 0.0, below: 1, above: 2, missing: 1 };
    let trees = BoostedTrees::new(0.0, [vec![root, TreeNode::Leaf(0.0), TreeNode::Leaf(1.0)]]).expect("they are trees");
    let model = small_model();
    let refused = TreeModel::new(model.config().clone(), vec![trees], model.known().clone()).expect_err("too wide");
    let sentence = "invalid configuration: the trees ask about 2 numbers where element-count are 1";
    assert_eq!(refused.to_string(), sentence);
}

fn bundled(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

#[test]
fn the_bundled_trees_give_their_golden_answers() {
    let golden = [("listed", GOLDEN_LISTED), ("measured", GOLDEN_MEASURED)];
    let references = reference::crystals();
    for (name, golden) in golden {
        let model = TreeModel::load(bundled(name)).expect("the bundled model is sealed");
        for (crystal, probability) in golden {
            let known = references.iter().find(|known| known.name == crystal).expect("a reference crystal");
            let answer = model.assess(std::slice::from_ref(&known.crystal)).remove(0);
            let found = answer.expect("the model reads it").probability;
            assert!((found - probability).abs() < 1e-4, "{name}, {crystal}: {found} is not {probability}");
        }
    }
}

/// Thallium's cuprate shows that these are two questions: it looks like nothing that S2S lists, and superconducts.
const GOLDEN_LISTED: [(&str, f64); 5] =
    [("Nb", 0.99524), ("MgB2", 0.97026), ("NaCl", 0.43460), ("Tl2Ba2CuO6", 0.02234), ("Cu", 0.98701)];
const GOLDEN_MEASURED: [(&str, f64); 5] =
    [("Nb", 0.98380), ("MgB2", 0.91885), ("NaCl", 0.47469), ("Tl2Ba2CuO6", 0.86132), ("Cu", 0.13267)];
