//! ROC, precision–recall and reliability curves, as data and as SVG.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{probability::bin, ranking::ties_descending};

/// Points in the unit square, joined by straight lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What it shows.
    pub title: String,
    /// Name of the horizontal axis.
    pub x_label: String,
    /// Name of the vertical axis.
    pub y_label: String,
    /// `[x, y]`, both in [0, 1].
    pub points: Vec<[f64; 2]>,
}

/// False-positive rate against true-positive rate, from (0, 0) to (1, 1); `None` if a class is missing.
///
/// Every distinct score is a point, as in scikit-learn with `drop_intermediate=False`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn roc_curve(labels: &[bool], scores: &[f64]) -> Option<Curve> {
    let ties = ties_descending(labels, scores)?;
    let (positives, negatives) = ties.iter().fold((0, 0), |sum, tie| (sum.0 + tie.0, sum.1 + tie.1));
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut points = vec![[0.0, 0.0]];
    let (mut won, mut lost) = (0, 0);
    for tie in ties {
        (won, lost) = (won + tie.0, lost + tie.1);
        points.push([lost as f64 / negatives as f64, won as f64 / positives as f64]);
    }
    Some(curve("ROC", "false-positive rate", "true-positive rate", points))
}

/// Recall against precision, from the best score on; `None` if there is no positive.
///
/// # Panics
///
/// If the slices differ in length.
pub fn precision_recall_curve(labels: &[bool], scores: &[f64]) -> Option<Curve> {
    let ties = ties_descending(labels, scores)?;
    let positives: u64 = ties.iter().map(|tie| tie.0).sum();
    if positives == 0 {
        return None;
    }
    let mut points = vec![[0.0, 1.0]];
    let (mut found, mut seen) = (0, 0);
    for tie in ties {
        (found, seen) = (found + tie.0, seen + tie.0 + tie.1);
        points.push([found as f64 / positives as f64, found as f64 / seen as f64]);
    }
    Some(curve("Precision-recall", "recall", "precision", points))
}

/// Mean probability against share of positives, one point per filled bin of equal width.
///
/// # Panics
///
/// If the slices differ in length or there are no bins.
pub fn reliability_curve(labels: &[bool], probabilities: &[f64], bins: usize) -> Curve {
    let filled = bin(labels, probabilities, bins).into_iter().filter(|b| b.count > 0.0);
    let points = filled.map(|b| [b.probability / b.count, b.positives / b.count]).collect();
    curve("Reliability", "mean probability", "share of positives", points)
}

fn curve(title: &str, x_label: &str, y_label: &str, points: Vec<[f64; 2]>) -> Curve {
    Curve { title: title.into(), x_label: x_label.into(), y_label: y_label.into(), points }
}

/// Side of the plotting area and width of its margin, in pixels.
const SIDE: f64 = 400.0;
const MARGIN: f64 = 60.0;

impl Curve {
    /// The curve as a stand-alone SVG image, with axes, ticks and the diagonal.
    pub fn to_svg(&self) -> String {
        let whole = SIDE + 2.0 * MARGIN;
        let pixel = |[x, y]: [f64; 2]| (MARGIN + x * SIDE, MARGIN + (1.0 - y) * SIDE);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" font-family=\"sans-serif\" \
             font-size=\"13\">\n<rect width=\"{whole}\" height=\"{whole}\" fill=\"white\"/>\n\
             <rect x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"black\"/>\n"
        );
        let mut line = |text: String| svg.push_str(&(text + "\n"));
        let (left, bottom, right, top) = (MARGIN, MARGIN + SIDE, MARGIN + SIDE, MARGIN);
        line(format!("<path d=\"M{left} {bottom}L{right} {top}\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>"));
        for tick in 0..=5 {
            let value = f64::from(tick) / 5.0;
            let (x, y) = pixel([value, value]);
            let (below, beside) = (bottom + 18.0, left - 8.0);
            line(format!("<text x=\"{x:.1}\" y=\"{below}\" text-anchor=\"middle\">{value:.1}</text>"));
            line(format!("<text x=\"{beside}\" y=\"{:.1}\" text-anchor=\"end\">{value:.1}</text>", y + 4.0));
        }
        let (center, low, high) = (whole / 2.0, whole - 18.0, MARGIN - 20.0);
        let [title, x_label, y_label] = [&self.title, &self.x_label, &self.y_label].map(|text| escape(text));
        line(format!("<text x=\"{center}\" y=\"{high}\" text-anchor=\"middle\" font-size=\"16\">{title}</text>"));
        line(format!("<text x=\"{center}\" y=\"{low}\" text-anchor=\"middle\">{x_label}</text>"));
        line(format!("<text transform=\"translate(18 {center}) rotate(-90)\" text-anchor=\"middle\">{y_label}</text>"));
        let mut path = String::new();
        for (k, point) in self.points.iter().enumerate() {
            let (x, y) = pixel(*point);
            let _ = write!(path, "{}{x:.2} {y:.2}", if k == 0 { 'M' } else { 'L' });
        }
        line(format!("<path d=\"{path}\" fill=\"none\" stroke=\"#0b5cad\" stroke-width=\"2\"/>"));
        svg + "</svg>\n"
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roc_curve_encloses_the_auc() {
        let (labels, scores) = ([false, true, true, false, true], [0.1, 0.4, 0.4, 0.4, 0.9]);
        let points = roc_curve(&labels, &scores).expect("both classes are there").points;
        let area: f64 = points.windows(2).map(|w| (w[1][0] - w[0][0]) * (w[1][1] + w[0][1]) / 2.0).sum();
        assert_eq!(points, [[0.0, 0.0], [0.0, 1.0 / 3.0], [0.5, 1.0], [1.0, 1.0]]);
        assert!((area - crate::metric::roc_auc(&labels, &scores).expect("defined")).abs() < 1e-12);
    }

    #[test]
    fn markup_in_a_title_is_escaped() {
        let svg = Curve { title: "a<b & c".into(), ..reliability_curve(&[true], &[0.7], 10) }.to_svg();
        assert!(svg.contains("a&lt;b &amp; c") && svg.ends_with("</svg>\n"));
    }
}
