//! Fig. A1: which share of the screened crystals with each element is predicted to superconduct.

use std::{error::Error, fs, path::Path};

use s2s_crystal::{Composition, Element};
use serde_json::{Value, json};

use crate::{
    answers::Answer,
    drawing::{
        Anchor, Svg,
        axes::Axis,
        color::{NO_SHARE, viridis},
        number,
    },
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

/// Screened materials without which a share says nothing.
pub(crate) const ENOUGH: u64 = 100;

impl Count {
    /// Share of predicted superconductors among the screened materials that hold it, if these are [`ENOUGH`].
    pub(crate) fn share(&self) -> Option<f64> {
        (self.screened >= ENOUGH).then(|| self.materials as f64 / self.screened as f64)
    }
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

/// The counts of a file that [`to_json`] made, by atomic number.
pub(crate) fn read(path: &Path) -> Result<Vec<Count>, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let lines: Vec<Value> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut counts = vec![Count::default(); 119];
    for line in lines {
        let element = line["element"].as_str().and_then(Element::from_symbol);
        let number = |key: &str| line[key].as_u64();
        let (Some(element), Some(materials), Some(atoms), Some(screened)) =
            (element, number("materials"), number("atoms"), number("screened"))
        else {
            return Err(format!("{}: unreadable count `{line}`", path.display()).into());
        };
        counts[usize::from(element.atomic_number())] = Count { materials, atoms, screened };
    }
    Ok(counts)
}

/// As wide as a page of text is shown, so that no label is shrunk.
const CELL: [f64; 2] = [45.0, 54.0];

/// Column and row in the periodic table with the lanthanoids and actinoids below.
fn table_cell(element: Element) -> [f64; 2] {
    let number = element.atomic_number();
    match number {
        57..=71 => [f64::from(number - 57) + 3.0, 7.35],
        89..=103 => [f64::from(number - 89) + 3.0, 8.35],
        _ => [f64::from(element.group()), f64::from(element.period())],
    }
}

/// A periodic table, colored by the share of predicted superconductors.
pub(crate) fn draw(counts: &[Count], below: &str) -> String {
    let (left, top) = (14.0, 66.0);
    let title = "Share of predicted superconductors among the screened crystals with each element";
    let description = "Periodic table; each cell names the element, which share of the screened crystals that hold it is \
                       predicted to superconduct, and how many that are";
    let mut svg = Svg::new(left * 2.0 + 18.0 * CELL[0], top + 8.35 * CELL[1] + 8.0, title, description);
    svg.text([left, 26.0], 15.0, Anchor::Start, "ink", title);
    svg.text([left, 45.0], 12.0, Anchor::Start, "soft", below);
    let most = counts.iter().filter_map(Count::share).fold(0.01, f64::max);
    for element in Element::all() {
        let count = counts[usize::from(element.atomic_number())];
        if count.screened == 0 {
            continue;
        }
        let [column, row] = table_cell(element);
        let corner = [left + (column - 1.0) * CELL[0], top + (row - 1.0) * CELL[1]];
        let color = count.share().map_or(NO_SHARE, |share| viridis(share / most));
        svg.rect(corner, [CELL[0] - 3.0, CELL[1] - 3.0], color, 4.0);
        let share = count.share().map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let [x, y] = [corner[0] + (CELL[0] - 3.0) / 2.0, corner[1]];
        svg.label([x, y + 19.0], 16.0, color.ink(), element.symbol());
        svg.caption([x, y + 33.5], 10.5, color.ink(), share);
        svg.caption([x, y + 46.0], 10.0, color.ink(), grouped(count.materials));
    }
    let [x, y] = [left + 2.5 * CELL[0], top + 0.35 * CELL[1]];
    svg.text([x, y], 12.0, Anchor::Start, "ink", "symbol");
    svg.text(
        [x, y + 18.0],
        12.0,
        Anchor::Start,
        "ink",
        "% of the screened crystals with it whose score is above ½ (color)",
    );
    svg.text([x, y + 36.0], 12.0, Anchor::Start, "ink", "number of crystals with it whose score is above ½");
    let few = format!("gray: fewer than {ENOUGH} screened");
    svg.text([x, y + 54.0], 12.0, Anchor::Start, "soft", few);
    horizontal_bar(&mut svg, [x + 8.0, y + 72.0], 220.0, most);
    svg.finish()
}

fn horizontal_bar(svg: &mut Svg, [x, y]: [f64; 2], width: f64, most: f64) {
    for k in 0..60 {
        svg.rect([x + width * k as f64 / 60.0, y], [width / 60.0 + 0.5, 14.0], viridis(k as f64 / 59.0), 0.0);
    }
    for mark in Axis::linear("", 0.0, 100.0 * most, 4).marks {
        let text = format!("{} %", number(mark));
        svg.text([x + width * mark / (100.0 * most), y + 30.0], 12.0, Anchor::Middle, "soft", text);
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
