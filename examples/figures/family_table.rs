//! ROC-AUC and accuracy within each family of compounds, by probabilities of models that had not seen the crystal.

use std::{error::Error, fmt::Write as _};

use s2s_data::Dataset;

use crate::{
    families::{Compounds, percent},
    folds::{Answers, FoldFile},
    roc::{area, roc},
};

/// Crystals of either label that a family needs for a ROC-AUC.
const ENOUGH: usize = 10;

/// A table: families by model, with chemical systems held apart; pooled over the folds of a seed, mean ± standard deviation
/// over seeds.
pub(crate) fn table(file: &FoldFile, data: &Dataset, models: &[&str]) -> Result<String, Box<dyn Error>> {
    let pairs: Vec<(&str, &str)> = models.iter().map(|name| name.split_once('=').unwrap_or((name, name))).collect();
    let titles: Vec<&str> = pairs.iter().map(|pair| pair.1).collect();
    let mut text = format!(
        "# Families of compounds, out of fold\n\nROC-AUC in %, and in brackets the accuracy at ½, of the crystals of each family, \
         by models that had seen none of their chemical system. All folds of a seed together; where a model has several seeds, \
         mean ± standard deviation over them. No ROC-AUC is given where a family has fewer than {ENOUGH} crystals of either \
         label. \"More frequent label\" is the accuracy of giving every crystal of the family the label that most of it has. Data: \
         SHA-256 `{}`.\n\n| family | definition | crystals | superconductors | more frequent label | {} |\n|---|---|---|---|---|{}\n",
        file.data_sha256,
        titles.join(" | "),
        "---|".repeat(titles.len())
    );
    let answers =
        pairs.iter().map(|(model, _)| file.seeds(data, "chemical-system", model)).collect::<Result<Vec<_>, _>>()?;
    for kind in Compounds::EVERY {
        let member: Vec<bool> = data.records().iter().map(|record| kind.holds(&record.crystal.composition())).collect();
        let crystals = member.iter().filter(|member| **member).count();
        let positives = member.iter().zip(data.labels()).filter(|(member, label)| **member && **label).count();
        let _ = write!(
            text,
            "| {} | {} | {crystals} | {positives} | {} |",
            kind.name(),
            kind.definition(),
            percent(positives.max(crystals - positives), crystals)
        );
        let is_enough = positives.min(crystals - positives) >= ENOUGH;
        for seeds in &answers {
            let within: Vec<Within> = seeds.iter().map(|seed| Within::of(seed, &member)).collect();
            let areas: Vec<f64> = within.iter().map(|w| 100.0 * w.roc_auc).collect();
            let accuracies: Vec<f64> = within.iter().map(|w| 100.0 * w.accuracy).collect();
            let roc_auc = if is_enough { with_deviation(&areas) } else { "–".to_owned() };
            let _ = write!(text, " {roc_auc} ({}) |", with_deviation(&accuracies));
        }
        text.push('\n');
    }
    Ok(text)
}

/// How good the probabilities of a family's crystals are.
struct Within {
    roc_auc: f64,
    accuracy: f64,
}

impl Within {
    fn of(answers: &Answers, member: &[bool]) -> Self {
        let given = answers.labels.iter().zip(&answers.probabilities);
        let own: Vec<(bool, f64)> = answers
            .crystals
            .iter()
            .zip(given)
            .filter(|(i, _)| member[**i])
            .map(|(_, (&label, &p))| (label, p))
            .collect();
        let (labels, probabilities): (Vec<bool>, Vec<f64>) = own.iter().copied().unzip();
        let correct = own.iter().filter(|(label, p)| (*p > 0.5) == *label).count();
        Self { roc_auc: area(&roc(&labels, &probabilities)), accuracy: correct as f64 / own.len().max(1) as f64 }
    }
}

/// Mean, and the standard deviation where there is more than one number.
fn with_deviation(numbers: &[f64]) -> String {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    if numbers.len() < 2 {
        return format!("{mean:.1}");
    }
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    format!("{mean:.1} ± {:.1}", variance.sqrt())
}
