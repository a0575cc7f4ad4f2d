//! Number and atomic fractions of the elements.

use s2s_crystal::{Composition, Element};

/// The number of distinct elements, as one number.
///
/// Much of what a classifier of superconductors scores on S2S follows from this number alone: it is the first baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementCount;

impl ElementCount {
    /// How many numbers one composition becomes.
    pub const LEN: usize = 1;

    /// What the number is.
    pub fn labels(&self) -> Vec<String> {
        vec!["number of elements".to_owned()]
    }

    /// The number of elements.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        [composition.num_elements() as f64]
    }
}

/// The atomic fraction of every element up to lawrencium, by atomic number; they add up to one.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Composition;
/// use s2s_featurize::ElementFractions;
///
/// let hydride: Composition = "H3S".parse()?;
/// let fractions = ElementFractions.describe(&hydride);
/// assert_eq!((fractions[0], fractions[15]), (0.75, 0.25));
/// assert_eq!(ElementFractions.labels()[15], "fraction of S");
/// # Ok::<(), s2s_crystal::FormulaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementFractions;

impl ElementFractions {
    /// How many numbers one composition becomes: elements 1 to 103.
    pub const LEN: usize = 103;

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        Element::all().take(Self::LEN).map(|element| format!("fraction of {}", element.symbol())).collect()
    }

    /// The fractions of one composition.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        let mut fractions = [0.0; Self::LEN];
        for (element, fraction) in composition.fractions() {
            let index = usize::from(element.atomic_number()) - 1;
            // No crystal of an element beyond lawrencium is known; the last column takes them all the same.
            fractions[index.min(Self::LEN - 1)] += fraction;
        }
        fractions
    }
}
