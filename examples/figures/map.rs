//! Figs. 5 and 6: elements on a plane, colored by family or by how often they occur.

use s2s_crystal::{Element, Family};

use crate::drawing::{
    Anchor, Rgb, Svg,
    axes::round_up,
    color::{of_family, viridis},
};

/// Radius of an element in pixels.
const RADIUS: f64 = 13.0;
/// Side of the plane in pixels.
const SIDE: f64 = 640.0;

/// Places in pixels: as large as fits, with circles that overlap pushed apart.
pub(crate) fn spread(places: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let bound = |c: usize, f: fn(f64, f64) -> f64| places.iter().map(|p| p[c]).reduce(f).unwrap_or(0.0);
    let (low, high) = ([0, 1].map(|c| bound(c, f64::min)), [0, 1].map(|c| bound(c, f64::max)));
    let scale = (SIDE - 2.0 * RADIUS) / (high[0] - low[0]).max(high[1] - low[1]).max(1e-9);
    let mut places: Vec<[f64; 2]> = places.iter().map(|p| [0, 1].map(|c| RADIUS + (p[c] - low[c]) * scale)).collect();
    let apart = 2.0 * RADIUS + 2.0;
    for _ in 0..400 {
        for i in 0..places.len() {
            for j in 0..i {
                let [dx, dy] = [places[i][0] - places[j][0], places[i][1] - places[j][1]];
                let distance = dx.hypot(dy);
                if distance < apart {
                    // Two at one place part along the horizontal.
                    let [ux, uy] = if distance > 1e-9 { [dx / distance, dy / distance] } else { [1.0, 0.0] };
                    let push = 0.5 * (apart - distance);
                    places[i] = [places[i][0] + ux * push, places[i][1] + uy * push];
                    places[j] = [places[j][0] - ux * push, places[j][1] - uy * push];
                }
            }
        }
    }
    let low = [0, 1].map(|c| places.iter().map(|p| p[c]).fold(f64::INFINITY, f64::min) - RADIUS);
    places.iter().map(|p| [p[0] - low[0], p[1] - low[1]]).collect()
}

fn frame(places: &[[f64; 2]], title: &str, below: &str, description: &str) -> (Svg, [f64; 2], [f64; 2]) {
    let (left, top) = (14.0, 64.0);
    let extent = [0, 1].map(|c| places.iter().map(|p| p[c]).fold(0.0, f64::max) + RADIUS);
    let mut svg = Svg::new(left + extent[0] + 210.0, top + extent[1].max(320.0) + 14.0, title, description);
    svg.text([left, 26.0], 15.0, Anchor::Start, "ink", title);
    svg.text([left, 45.0], 12.0, Anchor::Start, "soft", below);
    (svg, [left, top], extent)
}

fn element(svg: &mut Svg, [x, y]: [f64; 2], element: Element, color: Rgb) {
    svg.circle([x, y], RADIUS, color, 0.8);
    svg.label([x, y + 4.2], 11.5, color.ink(), element.symbol());
}

/// Fig. 5: by family.
pub(crate) fn by_family(elements: &[Element], places: &[[f64; 2]], below: &str) -> String {
    let description = "Each circle is an element; circles close to each other have similar embeddings";
    let (mut svg, [left, top], extent) = frame(places, "Element embeddings by family (t-SNE)", below, description);
    for (e, [x, y]) in elements.iter().zip(places) {
        element(&mut svg, [left + x, top + y], *e, of_family(e.family()));
    }
    let present = Family::ALL.into_iter().filter(|family| elements.iter().any(|e| e.family() == *family));
    for (k, family) in present.enumerate() {
        let y = top + 14.0 + 24.0 * k as f64;
        svg.circle([left + extent[0] + 34.0, y], 8.0, of_family(family), 0.8);
        svg.text([left + extent[0] + 50.0, y + 4.5], 13.0, Anchor::Start, "ink", family.name());
    }
    svg.finish()
}

/// Fig. 6: by how many materials among those that are predicted to superconduct hold the element, as a logarithm.
pub(crate) fn by_frequency(elements: &[Element], places: &[[f64; 2]], materials: &[u64], below: &str) -> String {
    let description = "Each circle is an element; the brighter, the more predicted superconductors hold it";
    let title = "Element embeddings by frequency in predicted superconductors (t-SNE)";
    let (mut svg, [left, top], extent) = frame(places, title, below, description);
    let most = round_up(materials.iter().copied().max().unwrap_or(1).max(2) as f64);
    let share = |count: f64| count.max(1.0).ln() / most.ln();
    for ((e, [x, y]), count) in elements.iter().zip(places).zip(materials) {
        element(&mut svg, [left + x, top + y], *e, viridis(share(*count as f64)));
    }
    logarithmic_bar(&mut svg, [left + extent[0] + 34.0, top + 30.0], 260.0, most, "materials");
    svg.finish()
}

/// A scale from 1 to `most` at equal ratios.
pub(crate) fn logarithmic_bar(svg: &mut Svg, [x, y]: [f64; 2], height: f64, most: f64, unit: &str) {
    svg.text([x, y - 14.0], 12.0, Anchor::Start, "ink", unit);
    for k in 0..60 {
        let color = viridis(k as f64 / 59.0);
        svg.rect([x, y + height * (1.0 - (k as f64 + 1.0) / 60.0)], [16.0, height / 60.0 + 0.5], color, 0.0);
    }
    let mut mark = 1.0;
    while mark <= most {
        let at = y + height * (1.0 - mark.ln() / most.ln());
        svg.text([x + 24.0, at + 4.0], 12.0, Anchor::Start, "soft", mark);
        mark *= 10.0;
    }
}
