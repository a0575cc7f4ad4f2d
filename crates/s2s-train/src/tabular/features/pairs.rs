//! Pairs of the elements of a composition.

use s2s_crystal::{Composition, Element};
use s2s_featurize::ElementProperty;

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

/// Mean and greatest difference of each property over pairs of atoms drawn at random, and its correlation with the
/// electronegativity over the atoms.
pub(super) fn append(composition: &Composition, row: &mut Vec<f64>) {
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
}
