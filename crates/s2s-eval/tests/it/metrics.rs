//! Metrics against scikit-learn; `make_metrics.py` wrote the golden values.

use s2s_eval::{
    Isotonic,
    metric::{Evaluation, mean_absolute_error, r_squared, root_mean_squared_error},
};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Case {
    labels: Vec<bool>,
    probabilities: Vec<f64>,
    accuracy: f64,
    roc_auc: Option<f64>,
    pr_auc: Option<f64>,
    f1: f64,
    mcc: f64,
    brier: f64,
    log_loss: f64,
    ece: f64,
    query: Vec<f64>,
    isotonic: Vec<f64>,
    targets: Vec<f64>,
    predictions: Vec<f64>,
    mae: f64,
    rmse: f64,
    r2: Option<f64>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../data/metrics.json")).expect("the golden file is well formed")
}

#[track_caller]
fn close(case: usize, metric: &str, ours: Option<f64>, theirs: Option<f64>) {
    let equal = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= TOLERANCE,
        (ours, theirs) => ours == theirs,
    };
    assert!(equal, "case {case}: {metric} is {ours:?}, scikit-learn says {theirs:?}");
}

#[test]
fn metrics_equal_scikit_learn_on_200_cases() {
    let cases = cases();
    assert_eq!(cases.len(), 200);
    for (k, case) in cases.iter().enumerate() {
        let ours = Evaluation::new(&case.labels, &case.probabilities);
        close(k, "accuracy", ours.accuracy, Some(case.accuracy));
        close(k, "ROC-AUC", ours.roc_auc, case.roc_auc);
        close(k, "PR-AUC", ours.pr_auc, case.pr_auc);
        close(k, "F1", Some(ours.f1), Some(case.f1));
        close(k, "MCC", Some(ours.mcc), Some(case.mcc));
        close(k, "Brier", ours.brier, Some(case.brier));
        close(k, "log-loss", ours.log_loss, Some(case.log_loss));
        close(k, "ECE", ours.ece, Some(case.ece));
        close(k, "MAE", mean_absolute_error(&case.targets, &case.predictions), Some(case.mae));
        close(k, "RMSE", root_mean_squared_error(&case.targets, &case.predictions), Some(case.rmse));
        close(k, "R²", r_squared(&case.targets, &case.predictions), case.r2);
    }
    assert!(cases.iter().any(|c| c.roc_auc.is_none()) && cases.iter().any(|c| c.roc_auc == Some(0.5)));
}

#[test]
fn isotonic_calibration_equals_scikit_learn_on_200_cases() {
    for (k, case) in cases().iter().enumerate() {
        let map = Isotonic::fit(&case.labels, &case.probabilities);
        for (query, theirs) in case.query.iter().zip(&case.isotonic) {
            close(k, "isotonic", Some(map.probability(*query)), Some(*theirs));
        }
    }
}
