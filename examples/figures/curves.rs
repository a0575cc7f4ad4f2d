//! Learning curves of runs, from the `log.jsonl` that they leave.

use std::{cmp::Ordering, error::Error, fmt::Display, fs, path::Path};

use serde_json::Value;

use crate::drawing::{
    Anchor, Svg,
    axes::{Axis, Panel},
    color::CURVES,
};

/// One number after each epoch.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Its name in the legend.
    pub(crate) name: String,
    /// Metric by epoch, from the first.
    pub(crate) values: Vec<f64>,
    /// What a guess without a network gives on the same crystals, and what it guesses.
    baseline: Option<(&'static str, f64)>,
}

/// What the baselines of `run.json` guess.
const GUESSES: [(&str, &str); 2] =
    [("frequency_baseline", "always the most frequent element"), ("mean_predictor", "always the mean energy")];

/// Reads the validation values of a metric from the lines of a log, and the baseline from `run.json` beside it, if there
/// is one.
pub(crate) fn read(name: &str, path: &Path, metric: &str) -> Result<Run, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut values = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        if let Some(value) = line["validation"][metric].as_f64() {
            values.push(value * scale(metric));
        }
    }
    if values.is_empty() {
        return Err(format!("{} holds no validation value of {metric}", path.display()).into());
    }
    let run = path.with_file_name("run.json");
    let run: Value = if run.is_file() { serde_json::from_str(&fs::read_to_string(run)?)? } else { Value::Null };
    let guessed =
        |(key, guess): (&str, &'static str)| Some((guess, run["metrics"][key][metric].as_f64()? * scale(metric)));
    Ok(Run { name: name.to_owned(), values, baseline: GUESSES.into_iter().find_map(guessed) })
}

/// What a metric of a log is multiplied by to have the unit of its axis.
fn scale(metric: &str) -> f64 {
    if metric == "accuracy" { 100.0 } else { 1.0 }
}

/// What stands at the axis of a metric, with its unit.
fn label(metric: &str) -> &str {
    match metric {
        "mae" => "mean absolute error, eV/atom",
        "accuracy" => "accuracy of masked elements, %",
        other => other,
    }
}

/// All runs in one panel, named from the highest last value to the lowest.
pub(crate) fn draw(metric: &str, runs: &[Run]) -> String {
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_by(|a, b| b.values.last().partial_cmp(&a.values.last()).unwrap_or(Ordering::Equal));
    let colors = || CURVES.iter().cycle();
    let mut baselines: Vec<((&str, f64), &dyn Display)> =
        runs.iter().zip(colors()).filter_map(|(run, color)| Some((run.baseline?, color as &dyn Display))).collect();
    baselines.dedup_by_key(|(guess, _)| *guess);
    if let [(_, color)] = &mut baselines[..] {
        *color = &SHARED;
    }
    let values =
        || runs.iter().flat_map(|run| run.values.iter().copied()).chain(baselines.iter().map(|((_, value), _)| *value));
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = 0.08 * (high - low).max(1e-3);
    let epochs = runs.iter().map(|run| run.values.len()).max().unwrap_or(1);
    let description = "Validation metric after each epoch; dashed: without a network";
    let mut svg = Svg::new(810.0, 420.0, &format!("Learning curves: {metric}"), description);
    let every = epochs.div_ceil(10).max(1);
    let marks = (1..=epochs.max(2)).filter(|epoch| epoch % every == 0).map(|epoch| epoch as f64).collect();
    let panel = Panel {
        corner: [76.0, 40.0],
        size: [440.0, 320.0],
        x: Axis { marks, ..Axis::linear("epoch", 1.0, epochs.max(2) as f64, 8) },
        y: Axis::linear(label(metric), (low - room).max(0.0), high + room, 6),
    };
    panel.draw(&mut svg, "Learning curves on held-out crystals");
    let mut names = (56..).step_by(22).map(f64::from);
    let mut name = |svg: &mut Svg, text: &str, color: &dyn Display, dashes: &str| {
        let y = names.next().expect("invariant: there is no last line");
        svg.curve(&[[536.0, y - 4.0], [564.0, y - 4.0]], color, 3.0, dashes);
        svg.text([572.0, y], 13.0, Anchor::Start, "ink", text);
    };
    for (run, color) in runs.iter().zip(colors()) {
        let points: Vec<[f64; 2]> =
            run.values.iter().enumerate().map(|(epoch, value)| panel.pixel([epoch as f64 + 1.0, *value])).collect();
        svg.curve(&points, color, 2.0, "");
        for point in &points {
            svg.circle(*point, 2.4, color, 0.0);
        }
        name(&mut svg, &run.name, color, "");
    }
    for ((_, value), color) in &baselines {
        let [from, to] = [panel.x.from, panel.x.to].map(|epoch| panel.pixel([epoch, *value]));
        svg.curve(&[from, to], color, 1.6, "6 4");
    }
    let mut guesses: Vec<&str> = baselines.iter().map(|((guess, _), _)| *guess).collect();
    guesses.dedup();
    for guess in guesses {
        name(&mut svg, guess, &SHARED, "6 4");
    }
    svg.finish()
}

/// The color of a baseline of all runs, and of the legend of all; one of a single run has the color of its curve.
const SHARED: &str = "#8a8f98";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_named_from_the_highest_last_value_down_and_every_baseline_is_drawn() {
        let run = |name: &str, last: f64, guess: f64| Run {
            name: name.to_owned(),
            values: vec![40.0, last],
            baseline: Some(("always the most frequent element", guess)),
        };
        let picture = draw("accuracy", &[run("low", 50.0, 26.0), run("high", 90.0, 28.0)]);
        let offset = |text: &str| picture.find(&format!(">{text}<")).expect("it is there");
        assert!(offset("high") < offset("low") && offset("low") < offset("always the most frequent element"));
        assert_eq!(
            picture.matches("stroke-dasharray=\"6 4\"").count(),
            3,
            "two lines, which share an entry in the legend"
        );
        let picture = draw("accuracy", &[run("low", 50.0, 26.0), run("high", 90.0, 26.0)]);
        assert_eq!(picture.matches("stroke-dasharray=\"6 4\"").count(), 2, "one line of both runs, and its entry");
        assert!(picture.contains(SHARED));
        assert!(picture.contains("accuracy of masked elements, %"));
    }
}
