//! Fig. 3: receiver operating characteristics of out-of-fold probabilities, with a band over folds.

use crate::drawing::{
    Anchor, Rgb, Svg,
    axes::{Axis, Panel},
    color::CURVES,
};

/// `[false-positive rate, true-positive rate]` from (0, 0) to (1, 1); every distinct score is a point.
///
/// # Panics
///
/// If the slices differ in length.
pub(crate) fn roc(labels: &[bool], scores: &[f64]) -> Vec<[f64; 2]> {
    assert_eq!(labels.len(), scores.len(), "one score per label");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let positives = labels.iter().filter(|label| **label).count();
    let (mut won, mut lost, mut points) = (0, 0, vec![[0.0, 0.0]]);
    for (k, &i) in order.iter().enumerate() {
        if labels[i] {
            won += 1
        } else {
            lost += 1
        }
        if order.get(k + 1).is_none_or(|&next| scores[next] < scores[i]) {
            let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
            points.push([share(lost, labels.len() - positives), share(won, positives)]);
        }
    }
    points
}

/// The area under such a curve.
pub(crate) fn area(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0).sum()
}

/// The mean of several curves and where 95 % of them are expected, on a grid of false-positive rates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    /// False-positive rates.
    pub(crate) rates: Vec<f64>,
    /// Mean true-positive rates.
    pub(crate) mean: Vec<f64>,
    /// 1.96 standard deviations below, not below 0.
    pub(crate) lower: Vec<f64>,
    /// 1.96 standard deviations above, not above 1.
    pub(crate) upper: Vec<f64>,
}

const GRID: usize = 200;

impl Band {
    /// Averages the curves at equal false-positive rates.
    pub(crate) fn of(curves: &[Vec<[f64; 2]>]) -> Self {
        let rates: Vec<f64> = (0..=GRID).map(|k| k as f64 / GRID as f64).collect();
        let (mut mean, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        for &rate in &rates {
            let heights: Vec<f64> = curves.iter().map(|curve| height(curve, rate)).collect();
            let count = heights.len() as f64;
            let center = heights.iter().sum::<f64>() / count;
            let deviation = (heights.iter().map(|h| (h - center).powi(2)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
            mean.push(center);
            lower.push((center - 1.96 * deviation).max(0.0));
            upper.push((center + 1.96 * deviation).min(1.0));
        }
        Self { rates, mean, lower, upper }
    }
}

/// The highest point of a curve at a false-positive rate.
fn height(curve: &[[f64; 2]], rate: f64) -> f64 {
    let after = curve.partition_point(|point| point[0] <= rate);
    match (curve.get(after.wrapping_sub(1)), curve.get(after)) {
        (Some([x, y]), Some([next_x, next_y])) => y + (next_y - y) * (rate - x) / (next_x - x),
        (Some([_, y]), None) => *y,
        (None, _) => 0.0,
    }
}

/// What one model gave under one split.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    /// Its name in the legend.
    pub(crate) name: String,
    /// One curve per fold.
    pub(crate) curves: Vec<Vec<[f64; 2]>>,
}

impl Entrant {
    fn auc(&self) -> (f64, f64) {
        let areas: Vec<f64> = self.curves.iter().map(|curve| 100.0 * area(curve)).collect();
        let mean = areas.iter().sum::<f64>() / areas.len() as f64;
        let variance = areas.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (areas.len() as f64 - 1.0).max(1.0);
        (mean, variance.sqrt())
    }
}

/// One panel per split.
pub(crate) fn draw(panels: &[(String, Vec<Entrant>)]) -> String {
    let (side, step, line) = (380.0, 470.0, 19.0);
    let rows =
        panels.iter().map(|(_, entrants)| entrants.iter().filter(|e| !e.curves.is_empty()).count()).max().unwrap_or(0);
    // Below the axis: over the curves, a legend of many models would cover the line of chance.
    let legend = side + 110.0;
    let mut svg = Svg::new(
        step * panels.len() as f64 + 10.0,
        legend + line * rows as f64 + 32.0,
        "Receiver operating characteristics",
        "Mean over folds of the true-positive rate at each false-positive rate, with a band of 1.96 standard deviations",
    );
    for (k, (title, entrants)) in panels.iter().enumerate() {
        let panel = Panel {
            corner: [70.0 + step * k as f64, 40.0],
            size: [side, side],
            x: Axis::linear("false-positive rate", 0.0, 1.0, 5),
            y: Axis::linear("true-positive rate", 0.0, 1.0, 5),
        };
        panel.draw(&mut svg, title);
        svg.curve(&[panel.pixel([0.0, 0.0]), panel.pixel([1.0, 1.0])], "#8a8f98", 1.0, "4 4");
        // Who took no part in this split keeps its color in the others.
        let present: Vec<(&Entrant, Rgb, Band)> = entrants
            .iter()
            .zip(CURVES.into_iter().cycle())
            .filter(|(entrant, _)| !entrant.curves.is_empty())
            .map(|(entrant, color)| (entrant, color, Band::of(&entrant.curves)))
            .collect();
        for (_, color, band) in &present {
            let along = |heights: &[f64]| -> Vec<[f64; 2]> {
                band.rates.iter().zip(heights).map(|(x, y)| panel.pixel([*x, *y])).collect()
            };
            let mut outline = along(&band.upper);
            outline.extend(along(&band.lower).into_iter().rev());
            svg.area(&outline, color, 0.14);
        }
        for (_, color, band) in present.iter().rev() {
            let mut points = vec![panel.pixel([0.0, 0.0])];
            points.extend(band.rates.iter().zip(&band.mean).map(|(x, y)| panel.pixel([*x, *y])));
            svg.curve(&points, color, 2.0, "");
        }
        let [left, right] = [panel.corner[0], panel.corner[0] + side];
        svg.text([right, legend], 12.0, Anchor::End, "soft", "ROC-AUC, %");
        let mut sorted: Vec<&(&Entrant, Rgb, Band)> = present.iter().collect();
        sorted.sort_by(|a, b| b.0.auc().0.total_cmp(&a.0.auc().0));
        for (row, (entrant, color, _)) in sorted.into_iter().enumerate() {
            let y = legend + line * (row as f64 + 1.0);
            svg.curve(&[[left, y - 4.0], [left + 20.0, y - 4.0]], color, 3.0, "");
            svg.text([left + 28.0, y], 12.5, Anchor::Start, "ink", &entrant.name);
            let (mean, deviation) = entrant.auc();
            svg.text([right, y], 12.5, Anchor::End, "ink", format!("{mean:.1} ± {deviation:.1}"));
        }
    }
    let note = "Lines: means over folds; bands: 1.96 standard deviations over folds; dashed: chance";
    svg.text([70.0, legend + line * rows as f64 + 24.0], 12.0, Anchor::Start, "soft", note);
    svg.finish()
}
