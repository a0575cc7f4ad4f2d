//! What a run says of all its seeds, and the ensemble of their models.

use std::{collections::BTreeMap, error::Error};

use s2s_eval::metric::Evaluation;
use s2s_model::Checkpoint;
use s2s_train::recipe::{RunFolder, command_line};
use serde_json::{Value, json};

use super::{Options, one_seed::Outcome, output::say};

/// Prints the means, and writes them and the ensemble if there are several seeds.
pub(crate) fn report(
    options: &Options,
    hashes: &BTreeMap<String, String>,
    outcomes: &[Outcome],
) -> Result<(), Box<dyn Error>> {
    let mean = |metric: fn(&Evaluation) -> Option<f64>, side: fn(&Outcome) -> &Evaluation| {
        let values: Option<Vec<f64>> = outcomes.iter().map(|outcome| metric(side(outcome))).collect();
        values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
    };
    let both = |side: fn(&Outcome) -> &Evaluation| {
        json!({
            "accuracy": mean(|e| e.accuracy, side), "roc_auc": mean(|e| e.roc_auc, side),
            "matched_roc_auc": mean(|e| e.stratified_roc_auc, side), "pr_auc": mean(|e| e.pr_auc, side),
        })
    };
    let result: Value = json!({
        "command": command_line(), "data_sha256": hashes, "seeds": outcomes,
        "mean": {"validation": both(|o| &o.validation), "test": both(|o| &o.test)},
    });
    if options.json {
        say!("{result}");
    } else {
        let [accuracy, auc] = [mean(|e| e.accuracy, |o| &o.test), mean(|e| e.roc_auc, |o| &o.test)].map(percent);
        say!("mean of {} seed(s): ACC {accuracy}, AUC {auc}\nreproduce: {}", outcomes.len(), command_line());
    }
    if let (Some(out), true) = (&options.out, options.seeds > 1) {
        // The models of all seeds together answer as an ensemble.
        let members: Vec<String> = outcomes.iter().map(|outcome| format!("seed-{}/model", outcome.seed)).collect();
        Checkpoint::seal_ensemble(out, &members.iter().map(String::as_str).collect::<Vec<_>>())?;
        // A run that found nothing left to learn has measured no speed, and says nothing else that is new.
        let is_new = outcomes.iter().any(|outcome| outcome.crystals_per_second.is_some());
        if is_new || !out.join("seeds.json").exists() {
            RunFolder::create(out)?.write("seeds.json", format!("{result:#}\n").as_bytes())?;
        }
        if !options.json {
            say!("ensemble of all seeds: {}", out.display());
        }
    }
    Ok(())
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{:.2} %", 100.0 * value))
}

/// The figures of one seed.
pub(crate) fn summary(outcome: &Outcome) -> String {
    let Evaluation { crystals, accuracy, roc_auc, stratified_roc_auc, ece, .. } = &outcome.test;
    let [accuracy, auc, stratified, ece] = [*accuracy, *roc_auc, *stratified_roc_auc, *ece].map(percent);
    let diverged = outcome.diverged.map_or_else(String::new, |diverged| format!("; {diverged}"));
    format!(
        "ACC {accuracy}, AUC {auc} (among equal numbers of elements {stratified}), calibration error {ece} on {crystals} \
         test crystals; epoch {} of {}, {} parameters{diverged}",
        outcome.epoch, outcome.epochs, outcome.parameters
    )
}
