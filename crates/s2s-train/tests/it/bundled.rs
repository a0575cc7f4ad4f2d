//! The bundled model opens and says what it said when it was made.

use std::path::Path;

use s2s_data::reference;
use s2s_eval::metric::roc_auc;
use s2s_model::{Precision, Predictor};

const TOLERANCE: f64 = 1e-4;

/// Probabilities of superconductivity of some reference crystals.
#[rustfmt::skip]
const GOLDEN: [(&str, f64); 6] = [("Nb", 0.96679), ("MgB2", 0.49231), ("NaCl", 0.08534), ("W", 0.97333), ("Tl2Ba2CuO6", 0.02993), ("Sr2RuO4", 0.44565)];

#[test]
fn the_bundled_model_gives_its_golden_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../s2s-predict/models/network");
    let predictor = Predictor::load(folder).expect("the bundled model is sealed");
    let references = reference::crystals();
    let crystals: Vec<_> = references.iter().map(|r| r.crystal.clone()).collect();
    let answers = predictor.predict(&crystals);
    let probability = |name: &str| {
        let index = references.iter().position(|r| r.name == name).expect("a reference crystal");
        let answer = answers[index].as_ref().expect("the model reads it");
        answer.probability.expect("a classifier")
    };
    for (name, golden) in GOLDEN {
        assert!((probability(name) - golden).abs() < TOLERANCE, "{name}: {} is not {golden}", probability(name));
    }
    let (labels, scores): (Vec<bool>, Vec<f64>) = references
        .iter()
        .zip(&answers)
        .filter_map(|(r, answer)| {
            let label = r.superconductivity.label().is_superconductor()?;
            Some((label, answer.as_ref().ok()?.probability?))
        })
        .unzip();
    // S2S does not teach to tell measured superconductors from other well-studied solids: better than chance, no more.
    let auc = roc_auc(&labels, &scores).expect("both kinds are there");
    println!("ROC-AUC on {} reference crystals: {auc:.3}", labels.len());
    assert!(auc > 0.5, "{auc}");
}

#[test]
fn the_bundled_model_says_nearly_the_same_in_bfloat16() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../s2s-predict/models/network");
    let crystals: Vec<_> = reference::crystals().iter().map(|r| r.crystal.clone()).collect();
    let answers = [Precision::Single, Precision::Bfloat16].map(|precision| {
        let predictor = Predictor::load(&folder).expect("the bundled model is sealed").with_precision(precision);
        let answers = predictor.predict(&crystals);
        let each = answers.into_iter().map(|answer| answer.expect("the model reads it").probability);
        each.map(|probability| probability.expect("a classifier")).collect::<Vec<f64>>()
    });
    let worst = answers[0].iter().zip(&answers[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("largest difference of a probability in bfloat16: {worst:.5}");
    assert!(worst > 0.0 && worst < 1e-2, "{worst}");
}
