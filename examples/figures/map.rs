//! Figs. 5 and 6: elements on a plane, colored by family or by the share of predicted superconductors.

use s2s_crystal::{Element, ElementCategory};

use crate::drawing::{
    Anchor, Rgb, Svg,
    axes::Axis,
    color::{NO_SHARE, of_category, viridis},
    number,
};

/// Radius of an element in pixels.
const RADIUS: f64 = 13.0;
/// Side of the plane in pixels.
const SIDE: f64 = 640.0;

/// Positions in pixels: as large as fits, with circles that overlap pushed apart.
pub(crate) fn spread(positions: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let bound = |c: usize, f: fn(f64, f64) -> f64| positions.iter().map(|p| p[c]).reduce(f).unwrap_or(0.0);
    let (low, high) = ([0, 1].map(|c| bound(c, f64::min)), [0, 1].map(|c| bound(c, f64::max)));
    let scale = (SIDE - 2.0 * RADIUS) / (high[0] - low[0]).max(high[1] - low[1]).max(1e-9);
    let mut positions: Vec<[f64; 2]> =
        positions.iter().map(|p| [0, 1].map(|c| RADIUS + (p[c] - low[c]) * scale)).collect();
    let apart = 2.0 * RADIUS + 2.0;
    for _ in 0..400 {
        for i in 0..positions.len() {
            for j in 0..i {
                let [dx, dy] = [positions[i][0] - positions[j][0], positions[i][1] - positions[j][1]];
                let distance = dx.hypot(dy);
                if distance < apart {
                    // Two at one position part along the horizontal.
                    let [ux, uy] = if distance > 1e-9 { [dx / distance, dy / distance] } else { [1.0, 0.0] };
                    let push = 0.5 * (apart - distance);
                    positions[i] = [positions[i][0] + ux * push, positions[i][1] + uy * push];
                    positions[j] = [positions[j][0] - ux * push, positions[j][1] - uy * push];
                }
            }
        }
    }
    let low = [0, 1].map(|c| positions.iter().map(|p| p[c]).fold(f64::INFINITY, f64::min) - RADIUS);
    positions.iter().map(|p| [p[0] - low[0], p[1] - low[1]]).collect()
}

fn frame(positions: &[[f64; 2]], title: &str, below: &str, description: &str) -> (Svg, [f64; 2], [f64; 2]) {
    let (left, top) = (14.0, 64.0);
    let extent = [0, 1].map(|c| positions.iter().map(|p| p[c]).fold(0.0, f64::max) + RADIUS);
    let mut svg = Svg::new(left + extent[0] + 210.0, top + extent[1].max(320.0) + 14.0, title, description);
    svg.text([left, 26.0], 15.0, Anchor::Start, "ink", title);
    svg.text([left, 45.0], 12.0, Anchor::Start, "soft", below);
    (svg, [left, top], extent)
}

fn element(svg: &mut Svg, [x, y]: [f64; 2], element: Element, color: Rgb) {
    svg.circle([x, y], RADIUS, color, 0.8);
    svg.caption([x, y + 4.4], 12.5, color.ink(), element.symbol());
}

/// Fig. 5: by family.
pub(crate) fn by_family(elements: &[Element], positions: &[[f64; 2]], vectors: &str, below: &str) -> String {
    let description = format!("Each circle is an element; circles close to each other have similar {vectors}");
    let title = format!("t-SNE of {vectors}, by family");
    let (mut svg, [left, top], extent) = frame(positions, &title, below, &description);
    for (e, [x, y]) in elements.iter().zip(positions) {
        element(&mut svg, [left + x, top + y], *e, of_category(e.category()));
    }
    let present =
        ElementCategory::ALL.into_iter().filter(|category| elements.iter().any(|e| e.category() == *category));
    for (k, category) in present.enumerate() {
        let y = top + 14.0 + 24.0 * k as f64;
        svg.circle([left + extent[0] + 34.0, y], 8.0, of_category(category), 0.8);
        svg.text([left + extent[0] + 50.0, y + 4.5], 13.0, Anchor::Start, "ink", category.name());
    }
    svg.finish()
}

/// Fig. 6: by the share of predicted superconductors among the screened crystals that hold the element.
pub(crate) fn by_frequency(
    elements: &[Element],
    positions: &[[f64; 2]],
    shares: &[Option<f64>],
    vectors: &str,
    below: &str,
) -> String {
    let description = "Each circle is an element; the brighter, the larger is the share of predicted superconductors among \
                       the screened crystals that hold it";
    let title = format!("t-SNE of {vectors}, by share of predicted superconductors");
    let (mut svg, [left, top], extent) = frame(positions, &title, below, description);
    let most = shares.iter().flatten().copied().fold(0.01, f64::max);
    for ((e, [x, y]), share) in elements.iter().zip(positions).zip(shares) {
        let color = share.map_or(NO_SHARE, |share| viridis(share / most));
        element(&mut svg, [left + x, top + y], *e, color);
    }
    let [x, y, height] = [left + extent[0] + 34.0, top + 74.0, 260.0];
    for (line, text) in
        ["% of the screened", "crystals with the", "element: score > ½;", "gray: too few"].into_iter().enumerate()
    {
        svg.text([x, y - 60.0 + 16.0 * line as f64], 12.0, Anchor::Start, "ink", text);
    }
    for k in 0..60 {
        let color = viridis(k as f64 / 59.0);
        svg.rect([x, y + height * (1.0 - (k as f64 + 1.0) / 60.0)], [16.0, height / 60.0 + 0.5], color, 0.0);
    }
    for mark in Axis::linear("", 0.0, 100.0 * most, 5).marks {
        let at = y + height * (1.0 - mark / (100.0 * most));
        svg.text([x + 24.0, at + 4.0], 12.0, Anchor::Start, "soft", number(mark));
    }
    svg.finish()
}
