//! Descriptors of the pairs of elements of a composition.

use s2s_crystal::{Composition, Element};

use super::shared::filled;
use crate::ElementProperty;

const PROPERTIES: [ElementProperty; 8] = [
    ElementProperty::MendeleevNumber,
    ElementProperty::Electronegativity,
    ElementProperty::CovalentRadius,
    ElementProperty::Column,
    ElementProperty::Row,
    ElementProperty::DValence,
    ElementProperty::PValence,
    ElementProperty::MeltingTemperature,
];

/// Mean and greatest difference of eight properties over pairs of atoms drawn at random from the composition, and the
/// covariance of each property with the electronegativity over the atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementPairStatistics;

impl ElementPairStatistics {
    /// How many numbers one composition becomes.
    pub const LEN: usize = 3 * PROPERTIES.len();

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        let of = |property: ElementProperty| {
            let name = property.name();
            [
                format!("mean difference of {name} over pairs of elements"),
                format!("greatest difference of {name} over pairs of elements"),
                format!("covariance of {name} and electronegativity"),
            ]
        };
        PROPERTIES.into_iter().flat_map(of).collect()
    }

    /// The numbers of one composition; all finite.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        let mut row = Vec::with_capacity(Self::LEN);
        let parts: Vec<(Element, f64)> = composition.fractions().collect();
        let chi = |e: Element| ElementProperty::Electronegativity.of_or_mean(e);
        for property in PROPERTIES {
            let (mut mean, mut greatest, mut product) = (0.0, 0.0_f64, 0.0);
            for (i, (a, x)) in parts.iter().enumerate() {
                for (b, y) in &parts[..i] {
                    let difference = property.of_or_mean(*a) - property.of_or_mean(*b);
                    mean += 2.0 * x * y * difference.abs();
                    greatest = greatest.max(x.min(*y) * difference.abs());
                    product += x * y * difference * (chi(*a) - chi(*b));
                }
            }
            row.extend([mean, greatest, product]);
        }
        filled(row)
    }
}
