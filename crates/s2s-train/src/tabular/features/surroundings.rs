//! What surrounds the atoms of a crystal.

use s2s_crystal::{CrystalError, Element, Family};
use s2s_featurize::ElementProperty;

use super::seen::{Neighborhood, REACH, Seen};

/// How fast a neighbor loses weight with its relative distance; half an octahedral shell's gap.
const SOFTNESS: f64 = 0.18;

const PROPERTIES: [ElementProperty; 12] = [
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
    ElementProperty::GroundStateVolume,
];

/// One atom with what is around it.
struct Surroundings {
    element: Element,
    /// Sum of the weights of its neighbors: a smooth coordination number.
    coordination: f64,
    /// Least distance relative to the sum of the covalent radii.
    closest: f64,
    /// Weight of the neighbors of its own element.
    alike: f64,
    /// Least distance to its own element, in units of the cube root of the volume per atom.
    nearest_alike: f64,
    /// Weighted mean of `|pᵢ − pⱼ|` over the neighbors, per property.
    differences: [f64; PROPERTIES.len()],
    /// Length of the weighted mean of the directions to the neighbors: how one-sided the surroundings are.
    lopsidedness: f64,
    /// Eigenvalue-free measure of how flat they are: Σ w (n·n)² between 1/3 (isotropic) and 1 (along one line).
    anisotropy: f64,
}

/// Statistics over the atoms, over those of the most and least electronegative element, and over transition metals.
pub(super) fn append(seen: &Seen<'_>, row: &mut Vec<f64>) -> Result<(), CrystalError> {
    let atoms = look_around(seen)?;
    let all: Vec<&Surroundings> = atoms.iter().collect();
    for value in SCALARS {
        row.extend(statistics(&all, value));
    }
    for k in 0..PROPERTIES.len() {
        row.extend(statistics(&all, &|atom| atom.differences[k]));
    }
    let chi = |e: Element| ElementProperty::Electronegativity.of_or_mean(e);
    let mut elements: Vec<Element> = atoms.iter().map(|atom| atom.element).collect();
    elements.sort_by(|a, b| chi(*a).total_cmp(&chi(*b)).then(a.cmp(b)));
    let ends = [elements.first().copied(), elements.last().copied()];
    for end in ends {
        let of: Vec<&Surroundings> = atoms.iter().filter(|atom| Some(atom.element) == end).collect();
        row.extend(SCALARS.iter().map(|value| mean(&of, value)));
    }
    let metals: Vec<&Surroundings> =
        atoms.iter().filter(|atom| atom.element.family() == Family::TransitionMetal).collect();
    row.extend(SCALARS.iter().map(|value| mean(&metals, value)));
    row.extend([6, 3, 8].map(|k: usize| mean(&metals, &|atom| atom.differences[k])));
    Ok(())
}

type Value<'a> = &'a (dyn Fn(&Surroundings) -> f64 + Sync);

const SCALARS: [Value<'static>; 6] = [
    &|atom| atom.coordination,
    &|atom| atom.closest,
    &|atom| atom.alike,
    &|atom| atom.nearest_alike,
    &|atom| atom.lopsidedness,
    &|atom| atom.anisotropy,
];

fn mean(atoms: &[&Surroundings], value: Value<'_>) -> f64 {
    atoms.iter().map(|atom| value(atom)).sum::<f64>() / atoms.len().max(1) as f64
}

/// Mean, mean absolute deviation, least and greatest.
fn statistics(atoms: &[&Surroundings], value: Value<'_>) -> [f64; 4] {
    let center = mean(atoms, value);
    let values = || atoms.iter().map(|atom| value(atom));
    [
        center,
        mean(atoms, &|atom| (value(atom) - center).abs()),
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    ]
}

fn look_around(seen: &Seen<'_>) -> Result<Vec<Surroundings>, CrystalError> {
    let &Neighborhood { ref neighbors, unit } = seen.neighborhood()?;
    let elements: Vec<Element> = seen.crystal().sites().iter().map(|site| site.species.majority_element()).collect();
    let radius = |e: Element| e.covalent_radius().unwrap_or(1.5);
    let around = |(atom, &element): (usize, &Element)| {
        let relative =
            |neighbor: &s2s_crystal::Neighbor| neighbor.distance / (radius(element) + radius(elements[neighbor.site]));
        let closest = neighbors.of(atom).map(|n| relative(&n)).fold(f64::INFINITY, f64::min);
        let mut found = Surroundings {
            element,
            coordination: 0.0,
            closest: if closest.is_finite() { closest } else { REACH * unit / (2.0 * radius(element)) },
            alike: 0.0,
            nearest_alike: REACH,
            differences: [0.0; PROPERTIES.len()],
            lopsidedness: 0.0,
            anisotropy: 1.0 / 3.0,
        };
        let (mut direction, mut tensor) = ([0.0; 3], [[0.0; 3]; 3]);
        for neighbor in neighbors.of(atom) {
            let other = elements[neighbor.site];
            let weight = (-((relative(&neighbor) / found.closest - 1.0) / SOFTNESS).powi(2)).exp();
            found.coordination += weight;
            if other == element {
                found.alike += weight;
                found.nearest_alike = found.nearest_alike.min(neighbor.distance / unit);
            }
            for (difference, property) in found.differences.iter_mut().zip(PROPERTIES) {
                *difference += weight * (property.of_or_mean(element) - property.of_or_mean(other)).abs();
            }
            let normal = neighbor.vector.map(|x| x / neighbor.distance);
            for i in 0..3 {
                direction[i] += weight * normal[i];
                for j in 0..3 {
                    tensor[i][j] += weight * normal[i] * normal[j];
                }
            }
        }
        let total = found.coordination;
        if total > 0.0 {
            found.alike /= total;
            found.differences.iter_mut().for_each(|d| *d /= total);
            let squared = |x: f64| (x / total).powi(2);
            found.lopsidedness = direction.iter().map(|x| squared(*x)).sum::<f64>().sqrt();
            found.anisotropy = tensor.iter().flatten().map(|x| squared(*x)).sum();
        }
        found
    };
    Ok(elements.iter().enumerate().map(around).collect())
}
