//! Fig. 4: correlations between the element vectors of a network.

use std::{collections::BTreeMap, fmt::Write as _};

use s2s_crystal::{Element, ElementCategory};

use crate::drawing::{
    Anchor, Rgb, Svg,
    color::{cool_to_warm, of_category},
    number,
};

/// Steps of the color scale.
const STEPS: f64 = 64.0;
/// Side of a square in pixels; all of them are as wide as a page of text is shown, so that no label is shrunk.
const CELL: f64 = 8.0;
/// Every so many elements the Mendeleev number is given.
const EVERY: usize = 8;

/// A heat map of correlations between the vectors of elements, and below the title what they are the vectors of.
pub(crate) fn draw(elements: &[Element], correlations: &[Vec<f64>], vectors: &str, below: &str) -> String {
    let (left, top) = (66.0, 92.0);
    let side = CELL * elements.len() as f64;
    let title = format!("Pearson correlation of {vectors}");
    let description = "Elements in the order of their Mendeleev numbers; red pairs are alike, blue ones opposite";
    let mut svg = Svg::new(left + side + 68.0, top + side + 140.0, &title, description);
    svg.text([left, 26.0], 15.0, Anchor::Start, "ink", &title);
    svg.text([left, 44.0], 12.0, Anchor::Start, "soft", below);

    // One path per color keeps the file small: runs of equal color in a row are one rectangle.
    let mut paths: BTreeMap<Rgb, String> = BTreeMap::new();
    for (y, row) in correlations.iter().enumerate() {
        let colors: Vec<Rgb> = row.iter().map(|r| cool_to_warm(((r + 1.0) / 2.0 * STEPS).round() / STEPS)).collect();
        let mut x = 0;
        for run in colors.chunk_by(|a, b| a == b) {
            let path = paths.entry(run[0]).or_default();
            let _ = write!(path, "M{x} {y}h{}v1h-{}z", run.len(), run.len());
            x += run.len();
        }
    }
    svg.raw(format_args!(
        r#"<g transform="translate({left} {top}) scale({})" shape-rendering="crispEdges">"#,
        number(CELL)
    ));
    for (color, path) in &paths {
        svg.raw(format_args!(r#"<path fill="{color}" d="{path}"/>"#));
    }
    svg.raw("</g>");

    for (k, element) in elements.iter().enumerate() {
        let (at, color) = (CELL * k as f64, of_category(element.category()));
        // Every second symbol steps back, so that neighbors do not touch.
        let back = if k % 2 == 0 { 0.0 } else { 15.0 };
        svg.rect([left - 8.0, top + at], [6.0, CELL], color, 0.0);
        svg.rect([left + at, top - 8.0], [CELL, 6.0], color, 0.0);
        svg.text([left - 12.0 - 1.2 * back, top + at + 7.5], 9.5, Anchor::End, "ink", element.symbol());
        svg.text([left + at + CELL / 2.0, top - 12.0 - back * 0.75], 9.5, Anchor::Middle, "ink", element.symbol());
    }
    for (k, element) in elements.iter().enumerate().filter(|(k, _)| k % EVERY == 0) {
        let x = left + CELL * (k as f64 + 0.5);
        svg.line([x, top + side], [x, top + side + 6.0], "line", 1.0);
        if let Some(number) = element.mendeleev_number() {
            svg.text([x, top + side + 20.0], 12.0, Anchor::Middle, "soft", number);
        }
    }
    svg.text([left + side / 2.0, top + side + 42.0], 13.0, Anchor::Middle, "ink", "Mendeleev number");
    let families = ElementCategory::ALL.into_iter().filter(|family| elements.iter().any(|e| e.category() == *family));
    for (k, family) in families.enumerate() {
        let [x, y] = [left + 180.0 * (k % 4) as f64, top + side + 70.0 + 22.0 * (k / 4) as f64];
        svg.rect([x, y - 9.0], [12.0, 10.0], of_category(family), 0.0);
        svg.text([x + 18.0, y], 12.0, Anchor::Start, "ink", family.name());
    }
    let (x, height) = (left + side + 16.0, 300.0);
    svg.text([x + 7.0, top - 12.0], 13.0, Anchor::Middle, "ink", "r");
    for k in 0..60 {
        let t = k as f64 / 59.0;
        svg.rect(
            [x, top + height * (1.0 - (k as f64 + 1.0) / 60.0)],
            [14.0, height / 60.0 + 0.5],
            cool_to_warm(t),
            0.0,
        );
    }
    for mark in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let y = top + height * (1.0 - (mark + 1.0) / 2.0);
        svg.text([x + 20.0, y + 4.0], 11.0, Anchor::Start, "soft", number(mark).replace('-', "−"));
    }
    svg.finish()
}

/// How much more alike elements of one family are than others: the mean correlation within families and across.
pub(crate) fn within_and_across(elements: &[Element], correlations: &[Vec<f64>]) -> (f64, f64) {
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (i, a) in elements.iter().enumerate() {
        for (j, b) in elements.iter().enumerate().take(i) {
            let kind = usize::from(a.category() != b.category());
            sums[kind] += correlations[i][j];
            counts[kind] += 1.0;
        }
    }
    (sums[0] / f64::max(counts[0], 1.0), sums[1] / f64::max(counts[1], 1.0))
}
