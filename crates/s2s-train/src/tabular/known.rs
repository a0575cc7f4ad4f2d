//! What a model has learned from, so that it can say what it has never seen.

use std::f64::consts::PI;

use s2s_crystal::{Composition, Crystal, Element, FormulaError};
use serde::{Deserialize, Serialize};

use super::{Resemblance, Unfamiliar};

/// An example of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownCrystal {
    /// Its identifier.
    pub id: String,
    /// Its formula.
    pub formula: String,
    /// Whether it belongs to the positive class.
    pub positive: bool,
    /// Volume of the covalent spheres in one of the cell.
    pub packing: f64,
}

impl KnownCrystal {
    /// What is remembered of a crystal.
    pub fn new(id: impl Into<String>, crystal: &Crystal, positive: bool) -> Self {
        let formula = crystal.composition().reduced().0.to_string();
        // Six digits say enough, and make small files.
        let packing = (packing(crystal) * 1e6).round() / 1e6;
        Self { id: id.into(), formula, positive, packing }
    }
}

/// The training data, as far as new crystals are compared with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Known {
    written: Written,
    compositions: Vec<Composition>,
    elements: Vec<Element>,
}

/// What is written of it: finding the limits again would take as many comparisons as there are pairs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Examples are nearer than this to another one, but for one in a hundred.
    reach: f64,
    /// Where the packing of examples lies, but for one in two hundred on either side.
    packing: [f64; 2],
    crystals: Vec<KnownCrystal>,
}

impl TryFrom<Written> for Known {
    type Error = FormulaError;

    fn try_from(written: Written) -> Result<Self, FormulaError> {
        let compositions: Vec<Composition> =
            written.crystals.iter().map(|known| known.formula.parse()).collect::<Result<_, _>>()?;
        let mut elements: Vec<Element> = compositions.iter().flat_map(Composition::elements).collect();
        elements.sort_unstable();
        elements.dedup();
        Ok(Self { written, compositions, elements })
    }
}

impl From<Known> for Written {
    fn from(known: Known) -> Self {
        known.written
    }
}

impl Known {
    /// Takes in the examples and finds out how far apart they are.
    ///
    /// # Errors
    ///
    /// [`FormulaError`] for the first formula that is none.
    pub fn new(crystals: Vec<KnownCrystal>) -> Result<Self, FormulaError> {
        let mut packings: Vec<f64> = crystals.iter().map(|k| k.packing).collect();
        packings.sort_unstable_by(f64::total_cmp);
        // A limit that is no number could not be written.
        let packing = [quantile(&packings, 0.005).unwrap_or(0.0), quantile(&packings, 0.995).unwrap_or(f64::MAX)];
        let mut known = Self::try_from(Written { reach: f64::MAX, packing, crystals })?;
        let compositions = &known.compositions;
        let gap = |k: usize| {
            let others = distances(&compositions[k], compositions).filter(|(other, _)| *other != k);
            others.map(|(_, distance)| distance).min_by(f64::total_cmp)
        };
        let mut gaps: Vec<f64> = (0..compositions.len()).filter_map(gap).collect();
        gaps.sort_unstable_by(f64::total_cmp);
        known.written.reach = quantile(&gaps, 0.99).unwrap_or(f64::MAX);
        Ok(known)
    }

    /// The examples.
    pub fn crystals(&self) -> &[KnownCrystal] {
        &self.written.crystals
    }

    /// The positive example whose composition is nearest, and what a crystal has that no example has.
    pub fn compare(&self, crystal: &Crystal) -> (Option<Resemblance>, Vec<Unfamiliar>) {
        let composition = crystal.composition();
        let (mut nearest, mut nearest_positive) = (None, None);
        for (place, distance) in distances(&composition, &self.compositions) {
            keep_nearer(&mut nearest, place, distance);
            if self.written.crystals[place].positive {
                keep_nearer(&mut nearest_positive, place, distance);
            }
        }
        let resemblance = |(place, distance): (usize, f64)| {
            let KnownCrystal { id, formula, .. } = self.written.crystals[place].clone();
            Resemblance { id, formula, distance }
        };
        let new = |element: &Element| self.elements.binary_search(element).is_err();
        let mut found: Vec<Unfamiliar> = composition.elements().filter(new).map(Unfamiliar::Element).collect();
        if let Some((_, distance)) = nearest
            && distance > self.written.reach
        {
            found.push(Unfamiliar::Composition { distance });
        }
        let share = packing(crystal);
        if !(self.written.packing[0]..=self.written.packing[1]).contains(&share) {
            found.push(Unfamiliar::Packing { share });
        }
        (nearest_positive.map(resemblance), found)
    }
}

/// Element mover's distances to the compositions that have a place on Pettifor's scale.
fn distances(from: &Composition, others: &[Composition]) -> impl Iterator<Item = (usize, f64)> {
    others.iter().enumerate().filter_map(|(k, other)| Some((k, from.element_mover_distance(other)?)))
}

/// The first of equals stays.
fn keep_nearer(best: &mut Option<(usize, f64)>, place: usize, distance: f64) {
    if best.is_none_or(|(_, least)| distance < least) {
        *best = Some((place, distance));
    }
}

fn packing(crystal: &Crystal) -> f64 {
    let ball = |e: Element| 4.0 / 3.0 * PI * e.covalent_radius().unwrap_or(1.5).powi(3);
    let filled: f64 = crystal.composition().iter().map(|(element, amount)| amount * ball(element)).sum();
    filled / crystal.lattice().volume()
}

/// The value below which this share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(place).copied()
}
