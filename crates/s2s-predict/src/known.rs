//! The training materials of a model, against which new ones are compared.

use std::f64::consts::PI;

use s2s_crystal::{Composition, Crystal, Element, FormulaError};
use serde::{Deserialize, Serialize};

use crate::{Resemblance, Warning};

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
    /// Its transition temperature in K, where it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tc: Option<f64>,
}

impl KnownCrystal {
    /// What is remembered of a crystal.
    pub fn new(id: impl Into<String>, crystal: &Crystal, positive: bool) -> Self {
        let formula = crystal.composition().reduced().0.to_string();
        // Six digits say enough, and make small files.
        let packing = (packing(crystal) * 1e6).round() / 1e6;
        Self { id: id.into(), formula, positive, packing, tc: None }
    }

    /// A superconductor of which composition and Tc in K are known, and no structure.
    pub fn superconductor(formula: &str, kelvin: f64) -> Self {
        Self { id: formula.to_owned(), formula: formula.to_owned(), positive: true, packing: 0.0, tc: Some(kelvin) }
    }
}

/// The training data, as far as new crystals are compared with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Known {
    written: Written,
    compositions: Vec<Composition>,
    /// The compositions that have a mean number on Pettifor's scale, in increasing order of it.
    by_mean: Vec<Placed>,
    elements: Vec<Element>,
}

/// A composition on Pettifor's scale.
#[derive(Clone, Debug)]
struct Placed {
    /// Mean number of its atoms.
    mean: f64,
    sketch: Sketch,
    /// Which composition it is.
    number: usize,
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
        let placed = compositions.iter().enumerate().filter_map(|(number, composition)| {
            Some(Placed { mean: mean_number(composition)?, sketch: Sketch::of(composition), number })
        });
        let mut by_mean: Vec<Placed> = placed.collect();
        by_mean.sort_unstable_by(|a, b| a.mean.total_cmp(&b.mean).then(a.number.cmp(&b.number)));
        Ok(Self { written, compositions, by_mean, elements })
    }
}

impl From<Known> for Written {
    fn from(known: Known) -> Self {
        known.written
    }
}

/// What [`Known::compare`] finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The positive examples whose compositions are nearest, the nearest first.
    pub nearest: Vec<Resemblance>,
    /// Whether an example has this composition.
    pub known: bool,
    /// What no example has.
    pub warnings: Vec<Warning>,
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
        let gap = |k: usize| {
            let near = known.nearest(&known.compositions[k], 1, None, |other| other != k);
            near.first().map(|(_, distance)| *distance)
        };
        let mut gaps: Vec<f64> = (0..known.compositions.len()).filter_map(gap).collect();
        gaps.sort_unstable_by(f64::total_cmp);
        known.written.reach = quantile(&gaps, 0.99).unwrap_or(f64::MAX);
        Ok(known)
    }

    /// Superconductors of which composition and Tc in K are known, and no structure.
    pub(crate) fn of_superconductors(examples: &[(String, f64)], reach: f64) -> Result<Self, FormulaError> {
        let crystal = |(formula, kelvin): &(String, f64)| KnownCrystal::superconductor(formula, *kelvin);
        let crystals = examples.iter().map(crystal).collect();
        Self::try_from(Written { reach, packing: [0.0, f64::MAX], crystals })
    }

    /// The compositions of the examples.
    pub(crate) fn compositions(&self) -> &[Composition] {
        &self.compositions
    }

    /// Examples are nearer than this to another one, but for one in a hundred: element mover's distance.
    pub fn reach(&self) -> f64 {
        self.written.reach
    }

    /// The examples.
    pub fn crystals(&self) -> &[KnownCrystal] {
        &self.written.crystals
    }

    /// The share of positive examples; `None` without examples.
    pub fn base_rate(&self) -> Option<f64> {
        let examples = self.crystals();
        let positive = examples.iter().filter(|example| example.positive).count();
        (!examples.is_empty()).then(|| positive as f64 / examples.len() as f64)
    }

    /// What a composition, and a crystal of it if there is one, has in common with the examples, and what it has not; with
    /// at most `count` of the positive examples, but one if there is any.
    pub fn compare(&self, composition: &Composition, crystal: Option<&Crystal>, count: usize) -> Comparison {
        let positive = self.nearest(composition, count.max(1), None, |k| self.written.crystals[k].positive);
        // The nearest of all is no farther than the nearest positive one.
        let nearest = self.nearest(composition, 1, positive.first().copied(), |_| true).first().copied();
        let resemblance = |(k, distance): (usize, f64)| {
            let KnownCrystal { id, formula, tc, .. } = self.written.crystals[k].clone();
            Resemblance { id, formula, distance, tc }
        };
        let new = |element: &Element| self.elements.binary_search(element).is_err();
        let mut warnings: Vec<Warning> = composition.elements().filter(new).map(Warning::Element).collect();
        if let Some((_, distance)) = nearest
            && distance > self.written.reach
        {
            warnings.push(Warning::Composition { distance });
        }
        if let Some(crystal) = crystal {
            let share = packing(crystal);
            if !(self.written.packing[0]..=self.written.packing[1]).contains(&share) {
                warnings.push(Warning::Packing { share });
            }
        }
        let same = |known: &Composition| known.fraction_distance(composition) < SAME;
        let known = match nearest {
            // Two compositions at no distance on the scale are the same.
            Some((k, distance)) if distance < SAME => same(&self.compositions[k]),
            Some(_) => false,
            None => self.compositions.iter().any(same),
        };
        Comparison { nearest: positive.into_iter().map(resemblance).collect(), known, warnings }
    }

    /// The nearest of the examples that are wanted, at most `count`, by element mover's distance and, of equals, by number;
    /// one of them may be known already.
    ///
    /// No distance is less than that between mean numbers on Pettifor's scale, so that looking outward from that of the
    /// composition may end when that is farther than the worst of the best so far. On the way, most examples are passed over
    /// by their [`Sketch`].
    fn nearest(
        &self,
        composition: &Composition,
        count: usize,
        first: Option<(usize, f64)>,
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<(usize, f64)> {
        let Some(number) = mean_number(composition) else { return Vec::new() };
        let asked = Sketch::of(composition);
        let start = self.by_mean.partition_point(|other| other.mean < number);
        let (mut below, mut above) =
            (self.by_mean[..start].iter().rev().peekable(), self.by_mean[start..].iter().peekable());
        let mut best: Vec<(usize, f64)> = Vec::with_capacity(count + 1);
        best.extend(first);
        loop {
            let gap = |next: Option<&&Placed>| next.map_or(f64::INFINITY, |other| (other.mean - number).abs());
            let (down, up) = (gap(below.peek()), gap(above.peek()));
            // Rounding must not hide an equal.
            let limit = if best.len() < count { f64::MAX } else { best[count - 1].1 + ROUNDING };
            if down.min(up) > limit {
                return best;
            }
            let Some(other) = (if down <= up { below.next() } else { above.next() }) else { return best };
            let k = other.number;
            let is_first = first.is_some_and(|(first, _)| first == k);
            if is_first || asked.least_distance(&other.sketch) > limit || !wanted(k) {
                continue;
            }
            let Some(distance) = composition.element_mover_distance(&self.compositions[k]) else { continue };
            let rank = best.partition_point(|(other, known)| (*known, *other) < (distance, k));
            best.insert(rank, (k, distance));
            best.truncate(count);
        }
    }
}

/// The integral of the cumulative distribution of a composition's atoms over each of sixteen parts of Pettifor's scale.
///
/// The element mover's distance is the integral of the absolute difference of two such distributions: at least the sum of the
/// absolute differences of these sixteen numbers.
#[derive(Clone, Copy, Debug)]
struct Sketch([f32; Sketch::PARTS]);

impl Sketch {
    const PARTS: usize = 16;
    /// Mendeleev numbers go up to 103.
    const PART: f64 = 103.0 / Self::PARTS as f64;

    /// Elements beyond the scale are left out: compositions with one have no mean number and are never looked for.
    fn of(composition: &Composition) -> Self {
        let mut parts = [0.0; Self::PARTS];
        for (element, share) in composition.fractions() {
            let Some(number) = element.mendeleev_number() else { continue };
            for (part, integral) in parts.iter_mut().enumerate() {
                let beyond = (part + 1) as f64 * Self::PART - f64::from(number);
                *integral += share * beyond.clamp(0.0, Self::PART);
            }
        }
        Self(parts.map(|integral| integral as f32))
    }

    /// No more than the element mover's distance.
    fn least_distance(&self, other: &Self) -> f64 {
        /// More than numbers of 32 bits lose here: integrals are below 6.5.
        const ROUNDING: f32 = 1e-4;
        let difference = self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs());
        f64::from(difference.sum::<f32>() - ROUNDING)
    }
}

/// Amounts that differ by less are those of one composition.
const SAME: f64 = 1e-6;

/// More than means and distances on Pettifor's scale differ by rounding.
const ROUNDING: f64 = 1e-9;

/// Mean number of the atoms on Pettifor's scale.
fn mean_number(composition: &Composition) -> Option<f64> {
    composition.fractions().map(|(element, share)| Some(share * f64::from(element.mendeleev_number()?))).sum()
}

fn packing(crystal: &Crystal) -> f64 {
    let ball = |e: Element| 4.0 / 3.0 * PI * e.covalent_radius().unwrap_or(1.5).powi(3);
    let filled: f64 = crystal.composition().iter().map(|(element, amount)| amount * ball(element)).sum();
    filled / crystal.lattice().volume()
}

/// The value below which this share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let number = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(number).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_outward_finds_what_looking_at_all_finds() {
        let elements = ["Nb", "Sn", "O", "Cu", "La", "Ba", "Fe", "As", "C", "H", "Xe", "Rf"];
        let formulas = |step: usize| {
            (0..150).map(move |k: usize| {
                let pick = |n: usize| elements[(k * n + step * 5 + n) % elements.len()];
                format!("{}{}{}{}", pick(7), k % 4 + 1, pick(5 + step), k % 3 + 1)
            })
        };
        let crystals = formulas(0).enumerate().map(|(k, formula)| KnownCrystal {
            id: k.to_string(),
            formula,
            positive: k % 3 == 0,
            packing: 0.5,
            tc: None,
        });
        let known = Known::new(crystals.collect()).expect("formulas");
        for formula in formulas(0).chain(formulas(1)) {
            let composition: Composition = formula.parse().expect("a formula");
            for only_positive in [false, true] {
                let wanted = |k: usize| !only_positive || known.written.crystals[k].positive;
                let mut all: Vec<(usize, f64)> = (0..known.compositions.len())
                    .filter(|k| wanted(*k))
                    .filter_map(|k| Some((k, composition.element_mover_distance(&known.compositions[k])?)))
                    .collect();
                all.sort_by(|a, b| a.1.total_cmp(&b.1));
                for count in [1, 4] {
                    let some = &all[..count.min(all.len())];
                    assert_eq!(known.nearest(&composition, count, None, wanted), some, "{formula}");
                }
                let positive = known.nearest(&composition, 1, None, |k| known.written.crystals[k].positive);
                let nearest = known.nearest(&composition, 1, positive.first().copied(), wanted);
                assert_eq!(nearest, all[..1.min(all.len())], "{formula}");
            }
        }
    }
}
