//! Learning curves of runs, from the `log.jsonl` that they leave.

use std::{error::Error, fs, path::Path};

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
}

/// Reads the validation values of a metric from the lines of a log.
pub(crate) fn read(name: &str, path: &Path, metric: &str) -> Result<Run, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut values = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        if let Some(value) = line["validation"][metric].as_f64() {
            values.push(value);
        }
    }
    if values.is_empty() {
        return Err(format!("{} holds no validation value of {metric}", path.display()).into());
    }
    Ok(Run { name: name.to_owned(), values })
}

/// What stands at the axis of a metric, with its unit.
fn label(metric: &str) -> &str {
    match metric {
        "mae" => "mean absolute error, eV/atom",
        "accuracy" => "accuracy of masked elements",
        other => other,
    }
}

/// All runs in one panel.
pub(crate) fn draw(metric: &str, runs: &[Run]) -> String {
    let values = || runs.iter().flat_map(|run| run.values.iter().copied());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = 0.08 * (high - low).max(1e-3);
    let epochs = runs.iter().map(|run| run.values.len()).max().unwrap_or(1);
    let description = "Validation metric after each epoch";
    let mut svg = Svg::new(760.0, 420.0, &format!("Learning curves: {metric}"), description);
    let every = epochs.div_ceil(10).max(1);
    let marks = (1..=epochs.max(2)).filter(|epoch| epoch % every == 0).map(|epoch| epoch as f64).collect();
    let panel = Panel {
        corner: [76.0, 40.0],
        size: [440.0, 320.0],
        x: Axis { marks, ..Axis::linear("epoch", 1.0, epochs.max(2) as f64, 8) },
        y: Axis::linear(label(metric), low - room, high + room, 6),
    };
    panel.draw(&mut svg, "Learning curves on held-out crystals");
    for (k, (run, color)) in runs.iter().zip(CURVES.iter().cycle()).enumerate() {
        let points: Vec<[f64; 2]> =
            run.values.iter().enumerate().map(|(epoch, value)| panel.place([epoch as f64 + 1.0, *value])).collect();
        svg.curve(&points, color, 2.0, "");
        for point in &points {
            svg.circle(*point, 2.4, color, 0.0);
        }
        let y = 56.0 + 22.0 * k as f64;
        svg.curve(&[[540.0, y - 4.0], [560.0, y - 4.0]], color, 3.0, "");
        svg.text([568.0, y], 13.0, Anchor::Start, "ink", &run.name);
    }
    svg.finish()
}
