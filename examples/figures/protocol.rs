//! The spread of accuracy and ROC-AUC over many random splits of the paper's protocol, each with a small test set.
//!
//! A network that learned on one part of the crystals is looked at on the others every few epochs. These others are divided at
//! random into validation and test crystals, again and again, and each division gives three figures of the test crystals: after
//! the last epoch, at the look that was best on the validation crystals, and at the look that was best on the test crystals
//! themselves.

use std::{error::Error, fs, path::Path};

use s2s_data::split::shuffle;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    drawing::{
        Anchor, Svg,
        axes::{Axis, Panel},
        color::CURVES,
    },
    folds::Answers,
    roc::{area, roc},
};

/// Validation and test crystals of the released notebook: 14 batches of eight each, the last not full.
const VALIDATION: usize = 112;
const TEST: usize = 111;

/// What the paper publishes, in %: ACC, ROC-AUC, and where it stands.
const PUBLISHED: [(f64, f64, &str); 3] =
    [(91.28, 91.18, "pre-trained"), (89.53, 90.24, "not pre-trained"), (92.0, 92.0, "abstract")];

/// One training, as `examples/protocol` writes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Training {
    labels: Vec<u8>,
    looks: Vec<Look>,
}

#[derive(Clone, Debug, Deserialize)]
struct Look {
    logits: Vec<f64>,
}

/// ACC and ROC-AUC in %.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    accuracy: f64,
    auc: f64,
}

/// The figures of many splits under one way to report them.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    figures: Vec<Figures>,
}

/// Trainings of one network.
pub(crate) struct Trainings {
    /// Its layers and width, in words; nothing if it has none.
    network: String,
    /// Those that were looked at.
    pub(crate) each: Vec<Training>,
}

impl Trainings {
    /// The trainings of a file, below a line that says which network it is.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut lines = text.lines();
        let header: Value = serde_json::from_str(lines.next().unwrap_or("null"))?;
        let each = lines.map(serde_json::from_str).collect::<Result<Vec<Training>, _>>()?;
        let usable = |training: &Training| {
            let crystals = training.labels.len();
            training.looks.iter().all(|look| look.logits.len() == crystals) && crystals >= VALIDATION + TEST
        };
        if each.iter().any(|training| !usable(training)) {
            return Err(format!("{} holds a training with fewer than 223 others", path.display()).into());
        }
        let each = each.into_iter().filter(|training| !training.looks.is_empty()).collect();
        Ok(Self { network: network(&header["question"]["recipe"]["model"]["encoder"]), each })
    }
}

fn network(encoder: &Value) -> String {
    let size = encoder["layers"].as_u64().zip(encoder["width"].as_u64());
    size.map_or_else(String::new, |(layers, width)| {
        let layers = if layers == 1 { "one layer".to_owned() } else { format!("{layers} layers") };
        format!(" of {layers} of width {width}")
    })
}

/// The figures of some crystals; a logit above zero says superconductor.
fn figures(labels: &[bool], logits: &[f64], items: &[usize]) -> Figures {
    let own: Vec<bool> = items.iter().map(|&i| labels[i]).collect();
    let scores: Vec<f64> = items.iter().map(|&i| logits[i]).collect();
    let right = own.iter().zip(&scores).filter(|(label, z)| (**z > 0.0) == **label).count();
    Figures { accuracy: 100.0 * right as f64 / own.len() as f64, auc: 100.0 * area(&roc(&own, &scores)) }
}

/// The earliest of the largest.
fn first_best(values: impl Iterator<Item = f64>) -> usize {
    let best = |found: Option<(usize, f64)>, (k, value): (usize, f64)| match found {
        Some((_, best)) if best >= value => found,
        _ => Some((k, value)),
    };
    values.enumerate().fold(None, best).map_or(0, |(k, _)| k)
}

/// Three rows: each training's other crystals divided at random, `splits` divisions in all.
pub(crate) fn reported(trainings: &[Training], splits: usize) -> [Row; 3] {
    let names =
        ["after the last epoch", "epoch chosen on 112 validation crystals", "best of all looks at the test crystals"];
    let mut rows = names.map(|name| Row { name: name.to_owned(), figures: Vec::with_capacity(splits) });
    for split in 0..splits {
        let training = &trainings[split % trainings.len()];
        let labels: Vec<bool> = training.labels.iter().map(|label| *label == 1).collect();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        shuffle(&mut order, split as u64, 1);
        let (validation, test) = (&order[..VALIDATION], &order[VALIDATION..VALIDATION + TEST]);
        let seen: Vec<Figures> = training.looks.iter().map(|look| figures(&labels, &look.logits, test)).collect();
        let validated = training.looks.iter().map(|look| figures(&labels, &look.logits, validation).accuracy);
        let chosen = first_best(validated);
        let (accurate, ranked) = (first_best(seen.iter().map(|f| f.accuracy)), first_best(seen.iter().map(|f| f.auc)));
        rows[0].figures.extend(seen.last());
        rows[1].figures.push(seen[chosen]);
        // Who looks at both figures of the test crystals takes the best of each.
        rows[2].figures.push(Figures { accuracy: seen[accurate].accuracy, auc: seen[ranked].auc });
    }
    rows
}

/// 111 test crystals of one fold at random, again and again: the noise of the test set alone. The draws take the folds in
/// turn and never mix them, as scores of networks that learned apart cannot be ranked together.
pub(crate) fn drawn(name: &str, folds: &[Answers], splits: usize) -> Result<Row, Box<dyn Error>> {
    if folds.is_empty() || folds.iter().any(|answers| answers.crystals.len() < TEST) {
        return Err(format!("the results of `{name}` have no folds of at least {TEST} crystals").into());
    }
    let figures = (0..splits)
        .map(|split| {
            let answers = &folds[split % folds.len()];
            let logits: Vec<f64> = answers.probabilities.iter().map(|p| p - 0.5).collect();
            let mut order: Vec<usize> = (0..logits.len()).collect();
            shuffle(&mut order, split as u64, 2);
            figures(&answers.labels, &logits, &order[..TEST])
        })
        .collect();
    Ok(Row { name: name.to_owned(), figures })
}

impl Row {
    fn sorted(&self, value: fn(&Figures) -> f64) -> Vec<f64> {
        let mut values: Vec<f64> = self.figures.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// Quantiles of accuracy and ROC-AUC, and the share of splits that reach what is published.
    fn to_json(&self) -> Value {
        let summary = |value: fn(&Figures) -> f64, published: fn(&(f64, f64, &str)) -> f64| {
            let sorted = self.sorted(value);
            let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
            let variance =
                sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (sorted.len() as f64 - 1.0).max(1.0);
            let reached = |bar: f64| sorted.iter().filter(|v| **v >= bar).count() as f64 / sorted.len() as f64;
            let round = |v: f64| (v * 100.0).round() / 100.0;
            let quantiles: Vec<f64> = QUANTILES.iter().map(|share| round(quantile(&sorted, *share))).collect();
            let reaching: Value =
                PUBLISHED.iter().map(|p| (published(p).to_string(), json!(round(reached(published(p)))))).collect();
            json!({"mean": round(mean), "deviation": round(variance.sqrt()), "quantiles": quantiles, "share_at_least": reaching})
        };
        json!({
            "row": self.name,
            "splits": self.figures.len(),
            "accuracy": summary(|f| f.accuracy, |p| p.0),
            "roc_auc": summary(|f| f.auc, |p| p.1),
        })
    }
}

const QUANTILES: [f64; 5] = [0.025, 0.25, 0.5, 0.75, 0.975];

/// Of sorted values, linear between neighbors.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    low + (high - low) * rank.fract()
}

/// All rows as JSON.
pub(crate) fn to_json(rows: &[Row], trainings: usize) -> Value {
    json!({
        "trainings": trainings, "validation": VALIDATION, "test": TEST, "quantiles": QUANTILES,
        "rows": rows.iter().map(Row::to_json).collect::<Vec<_>>(),
    })
}

/// Accuracies above, areas below; a row is a band from the 2.5th to the 97.5th percentile, its middle half and its
/// median. The first three rows are those of the trainings.
pub(crate) fn draw(rows: &[Row], trainings: &Trainings) -> String {
    let (side, pitch, head) = (520.0, 40.0, 56.0);
    let tall = pitch * rows.len() as f64 + 14.0;
    let step = head + tall + 56.0;
    let left = 276.0;
    let mut svg = Svg::new(
        left + side + 24.0,
        2.0 * step + 44.0,
        "What 111 test crystals can tell",
        "Test accuracy and ROC-AUC over random splits: 95 % of the splits, the middle half and the median, beside the published \
         figures",
    );
    type Part = (&'static str, fn(&Figures) -> f64, fn(&(f64, f64, &str)) -> f64);
    let parts: [Part; 2] = [("accuracy, %", |f| f.accuracy, |p| p.0), ("ROC-AUC, %", |f| f.auc, |p| p.1)];
    for (k, (label, value, published)) in parts.into_iter().enumerate() {
        let ends = |share: f64| rows.iter().map(move |row| quantile(&row.sorted(value), share));
        let low = ends(0.025).fold(88.0, f64::min).floor() - 1.0;
        let high = ends(0.975).fold(93.0, f64::max).ceil() + 1.0;
        let panel = Panel {
            corner: [left, head + step * k as f64],
            size: [side, tall],
            x: Axis::linear(label, low, high.min(101.0), 8),
            y: Axis { label: String::new(), from: 0.0, to: rows.len() as f64, marks: Vec::new() },
        };
        panel.draw(&mut svg, "");
        // The lowest and the highest figure are named beside their lines, the one between above them.
        for (mark, (height, anchor, aside)) in
            PUBLISHED.iter().zip([(24.0, Anchor::Middle, 0.0), (8.0, Anchor::End, -6.0), (8.0, Anchor::Start, 6.0)])
        {
            let [x, bottom] = panel.pixel([published(mark), 0.0]);
            let top = panel.corner[1] - height;
            svg.curve(&[[x, top], [x, bottom]], "#8a8f98", 1.4, "5 4");
            let beside = if aside == 0.0 { top - 5.0 } else { top + 4.0 };
            svg.text([x + aside, beside], 11.5, anchor, "soft", format!("{} {}", published(mark), mark.2));
        }
        for (n, (row, color)) in rows.iter().zip(CURVES.into_iter().cycle()).enumerate() {
            let sorted = row.sorted(value);
            let at = |share: f64| panel.pixel([quantile(&sorted, share), rows.len() as f64 - 0.5 - n as f64]);
            let ([from, y], [to, _]) = (at(0.025), at(0.975));
            svg.curve(&[[from, y], [to, y]], color, 2.0, "");
            let ([from, _], [to, _]) = (at(0.25), at(0.75));
            svg.rect([from, y - 8.0], [(to - from).max(1.0), 16.0], color, 3.0);
            svg.circle(at(0.5), 4.2, "#ffffff", 1.0);
            svg.text([left - 14.0, y + 4.5], 12.5, Anchor::End, "ink", &row.name);
        }
    }
    let splits = rows.first().map_or(0, |row| row.figures.len());
    let Trainings { network, each } = trainings;
    let number = if each.len() == 1 { "one training".to_owned() } else { format!("{} trainings", each.len()) };
    let below = [
        format!(
            "Each row: {splits} random splits; line: 95 % of them, box: the middle half, circle: the median. Dashed: the paper."
        ),
        format!("The first three rows divide the 223 other crystals of {number}{network}."),
    ];
    for (text, y) in below.into_iter().zip([16.0, 32.0]) {
        svg.text([10.0, 2.0 * step + y], 11.0, Anchor::Start, "soft", text);
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every second crystal a superconductor; each above all others of its fold.
    fn fold(lowest: f64, crystals: usize) -> Answers {
        Answers {
            crystals: (0..crystals).collect(),
            labels: (0..crystals).map(|i| i % 2 == 1).collect(),
            probabilities: (0..crystals).map(|i| lowest + 0.1 * (i % 2) as f64).collect(),
        }
    }

    #[test]
    fn networks_of_different_folds_are_not_ranked_together() -> Result<(), Box<dyn Error>> {
        let row = drawn("two scales", &[fold(0.1, 300), fold(0.7, 300)], 20)?;
        assert!(row.figures.iter().all(|f| f.auc == 100.0), "{:?}", row.figures);
        Ok(())
    }

    #[test]
    fn a_fold_smaller_than_the_test_set_is_refused() {
        assert!(drawn("small", &[fold(0.1, 110)], 1).is_err());
        assert!(drawn("unknown", &[], 1).is_err());
    }
}
