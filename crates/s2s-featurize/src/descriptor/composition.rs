//! Statistics of a composition beyond the Magpie set.

use s2s_crystal::{Composition, Element, ElementCategory};

use super::shared::filled;
use crate::ElementProperty;

/// Properties worth more than the six statistics of Magpie.
const PROPERTIES: [ElementProperty; 14] = [
    ElementProperty::AtomicNumber,
    ElementProperty::MendeleevNumber,
    ElementProperty::MeltingTemperature,
    ElementProperty::Column,
    ElementProperty::Row,
    ElementProperty::CovalentRadius,
    ElementProperty::Electronegativity,
    ElementProperty::PValence,
    ElementProperty::DValence,
    ElementProperty::Valence,
    ElementProperty::DUnfilled,
    ElementProperty::Unfilled,
    ElementProperty::GroundStateVolume,
    ElementProperty::GroundStateMoment,
];

/// Statistics of a composition beyond the Magpie set.
///
/// | numbers | what |
/// |---|---|
/// | 11 | atomic fraction of every [`ElementCategory`] of elements |
/// | 8 | atomic fraction and number of the elements of the s, p, d and f block |
/// | 2 | valence electrons per atom as Matthias counted them, entropy of the fractions |
/// | 3 | atomic fraction of the least electronegative, the most electronegative and the rarest element |
/// | 70 | for 14 properties: standard deviation, values of these three elements, mean over the transition metals |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompositionStatistics;

const BLOCKS: [(Block, &str); 4] = [(Block::S, "s"), (Block::P, "p"), (Block::D, "d"), (Block::F, "f")];

impl CompositionStatistics {
    /// How many numbers one composition becomes.
    pub const LEN: usize = ElementCategory::ALL.len() + 2 * BLOCKS.len() + 2 + 3 + 5 * PROPERTIES.len();

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        const ELEMENTS: [&str; 3] = ["least electronegative element", "most electronegative element", "rarest element"];
        let mut labels: Vec<String> =
            ElementCategory::ALL.iter().map(|category| format!("fraction of {}", category.name())).collect();
        for (_, block) in BLOCKS {
            labels.extend([format!("fraction of {block} block"), format!("number of {block}-block elements")]);
        }
        labels.extend(["valence electrons per atom", "entropy of fractions"].map(str::to_owned));
        labels.extend(ELEMENTS.map(|element| format!("fraction of {element}")));
        for name in PROPERTIES.map(ElementProperty::name) {
            labels.push(format!("standard deviation of {name}"));
            labels.extend(ELEMENTS.map(|element| format!("{name} of {element}")));
            labels.push(format!("mean {name} of transition metals"));
        }
        labels
    }

    /// The numbers of one composition; all finite.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        let mut row = Vec::with_capacity(Self::LEN);
        let mut parts: Vec<(Element, f64)> = composition.fractions().collect();
        let chi = |element: Element| ElementProperty::Electronegativity.of_or_mean(element);
        // Ties are broken by the element, so that the order of the parts does not matter.
        parts.sort_by(|a, b| chi(a.0).total_cmp(&chi(b.0)).then(a.0.cmp(&b.0)));
        for category in ElementCategory::ALL {
            row.push(parts.iter().filter(|(e, _)| e.category() == category).map(|(_, x)| x).sum());
        }
        for (block, _) in BLOCKS {
            row.push(parts.iter().filter(|(e, _)| Block::of(*e) == block).map(|(_, x)| x).sum());
            row.push(parts.iter().filter(|(e, _)| Block::of(*e) == block).count() as f64);
        }
        row.push(parts.iter().map(|(e, x)| x * valence_electrons(*e)).sum());
        row.push(entropy(&parts));
        let first = parts.first().copied();
        let last = parts.last().copied();
        let rarest = parts.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        row.extend([first, last, rarest].map(|part| part.map_or(0.0, |(_, x)| x)));
        for property in PROPERTIES {
            let value = |part: Option<(Element, f64)>| part.map_or(0.0, |(e, _)| property.of_or_mean(e));
            let mean: f64 = parts.iter().map(|(e, x)| x * property.of_or_mean(*e)).sum();
            let square: f64 = parts.iter().map(|(e, x)| x * (property.of_or_mean(*e) - mean).powi(2)).sum();
            row.extend([square.sqrt(), value(first), value(last), value(rarest)]);
            // The transition metals alone, where superconductivity of intermetallics is decided.
            let metals = parts.iter().filter(|(e, _)| e.category() == ElementCategory::TransitionMetal);
            let (amount, sum) = metals.fold((0.0, 0.0), |(n, s), (e, x)| (n + x, s + x * property.of_or_mean(*e)));
            row.push(if amount > 0.0 { sum / amount } else { 0.0 });
        }
        filled(row)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    S,
    P,
    D,
    F,
}

impl Block {
    fn of(element: Element) -> Self {
        match (element.category(), element.group()) {
            (ElementCategory::Lanthanoid | ElementCategory::Actinoid, _) => Self::F,
            (_, 1 | 2) => Self::S,
            (_, 3..=12) => Self::D,
            _ if element.atomic_number() == 2 => Self::S,
            _ => Self::P,
        }
    }
}

/// Electrons outside the noble-gas core and filled d and f shells, as Matthias counted them.
fn valence_electrons(element: Element) -> f64 {
    match (Block::of(element), element.group()) {
        (Block::F, _) => 3.0,
        (Block::P, group) => f64::from(group) - 10.0,
        (_, group) => f64::from(group),
    }
}

fn entropy(parts: &[(Element, f64)]) -> f64 {
    -parts.iter().map(|(_, x)| x * x.ln()).sum::<f64>()
}
