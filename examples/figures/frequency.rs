//! Fig. A1: how often each element occurs in materials that are predicted to superconduct.

use s2s_crystal::{Composition, Element};
use serde_json::{Value, json};

use crate::{
    answers::Answer,
    drawing::{Anchor, Svg, axes::round_up, color::viridis},
};

/// How often an element occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Predicted superconductors that hold it.
    pub(crate) materials: u64,
    /// Its atoms in their cells.
    pub(crate) atoms: u64,
    /// All screened materials that hold it.
    pub(crate) screened: u64,
}

/// Counts by atomic number.
pub(crate) fn count(answers: &[Answer]) -> Vec<Count> {
    let mut counts = vec![Count::default(); 119];
    for answer in answers {
        for (element, share) in fractions(&answer.composition) {
            let count = &mut counts[usize::from(element.atomic_number())];
            count.screened += 1;
            if answer.is_positive() {
                count.materials += 1;
                count.atoms += (share * answer.atoms as f64).round() as u64;
            }
        }
    }
    counts
}

fn fractions(composition: &Composition) -> Vec<(Element, f64)> {
    composition.fractions().collect()
}

/// The counts as JSON, most frequent first.
pub(crate) fn to_json(counts: &[Count]) -> Value {
    let mut present: Vec<(Element, Count)> = Element::all()
        .map(|e| (e, counts[usize::from(e.atomic_number())]))
        .filter(|(_, count)| count.screened > 0)
        .collect();
    present.sort_by_key(|(e, count)| (std::cmp::Reverse(count.materials), e.atomic_number()));
    let line = |(e, c): &(Element, Count)| json!({"element": e.symbol(), "materials": c.materials, "atoms": c.atoms, "screened": c.screened});
    present.iter().map(line).collect()
}

const CELL: [f64; 2] = [54.0, 56.0];

/// Column and row in the periodic table with the lanthanoids and actinoids below.
fn place(element: Element) -> [f64; 2] {
    let number = element.atomic_number();
    match number {
        57..=71 => [f64::from(number - 57) + 3.0, 7.35],
        89..=103 => [f64::from(number - 89) + 3.0, 8.35],
        _ => [f64::from(element.group()), f64::from(element.period())],
    }
}

/// A periodic table, colored by the number of materials.
pub(crate) fn draw(counts: &[Count], below: &str) -> String {
    let (left, top) = (14.0, 66.0);
    let title = "Elements in materials that are predicted to superconduct";
    let description = "Periodic table; each cell names the element, how many predicted superconductors hold it, and how \
                       many of its atoms their cells hold";
    let mut svg = Svg::new(left * 2.0 + 18.0 * CELL[0], top + 8.35 * CELL[1] + 8.0, title, description);
    svg.text([left, 26.0], 15.0, Anchor::Start, "ink", title);
    svg.text([left, 45.0], 12.0, Anchor::Start, "soft", below);
    let most = round_up(counts.iter().map(|c| c.materials).max().unwrap_or(1).max(2) as f64);
    for element in Element::all() {
        let count = counts[usize::from(element.atomic_number())];
        if count.screened == 0 {
            continue;
        }
        let [column, row] = place(element);
        let corner = [left + (column - 1.0) * CELL[0], top + (row - 1.0) * CELL[1]];
        let color = viridis((count.materials.max(1) as f64).ln() / most.ln());
        svg.rect(corner, [CELL[0] - 3.0, CELL[1] - 3.0], color, 4.0);
        let [x, y] = [corner[0] + (CELL[0] - 3.0) / 2.0, corner[1]];
        svg.label([x, y + 21.0], 17.0, color.ink(), element.symbol());
        svg.label([x, y + 35.5], 11.0, color.ink(), grouped(count.materials));
        svg.label([x, y + 47.5], 9.5, color.ink(), grouped(count.atoms));
    }
    let [x, y] = [left + 2.5 * CELL[0], top + 0.35 * CELL[1]];
    svg.text([x, y], 12.0, Anchor::Start, "ink", "symbol");
    svg.text([x, y + 18.0], 12.0, Anchor::Start, "ink", "predicted superconductors that hold it (color)");
    svg.text([x, y + 36.0], 12.0, Anchor::Start, "ink", "its atoms in their cells");
    horizontal_bar(&mut svg, [x + 5.4 * CELL[0], y + 4.0], 260.0, most);
    svg.finish()
}

fn horizontal_bar(svg: &mut Svg, [x, y]: [f64; 2], width: f64, most: f64) {
    for k in 0..60 {
        svg.rect([x + width * k as f64 / 60.0, y], [width / 60.0 + 0.5, 14.0], viridis(k as f64 / 59.0), 0.0);
    }
    let mut mark = 1.0;
    while mark <= most {
        svg.text([x + width * mark.ln() / most.ln(), y + 30.0], 12.0, Anchor::Middle, "soft", mark);
        mark *= 10.0;
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
