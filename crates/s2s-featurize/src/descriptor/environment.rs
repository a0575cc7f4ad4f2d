//! Statistics of the local environments of the atoms.

use s2s_crystal::{Crystal, CrystalError, Element, ElementCategory};

use super::shared::{Neighborhood, REACH, Shared, filled};
use crate::{ElementProperty, FeaturizeError, Featurizer};

/// Distance in Å below which two atoms count as this far apart: nothing is divided by zero where they coincide.
const COINCIDENT: f64 = 0.1;

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

/// One atom and its local environment.
struct Environment {
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
    /// Length of the weighted mean of the directions to the neighbors: how one-sided the environment is.
    asymmetry: f64,
    /// Eigenvalue-free measure of how flat they are: Σ w (n·n)² between 1/3 (isotropic) and 1 (along one line).
    anisotropy: f64,
}

/// Coordination, bond lengths, and differences of element properties between neighbors.
///
/// Six numbers describe the environment of an atom: its smooth coordination number, the shortest distance over the sum of
/// the covalent radii, the share of neighbors of its own element, the shortest distance to its own element, the length of
/// the mean direction to its neighbors, and how far from isotropic these directions are. Twelve more are the mean absolute
/// differences of [element properties](ElementProperty) between the atom and its neighbors.
///
/// | numbers | what |
/// |---|---|
/// | 72 | mean, mean absolute deviation, minimum and maximum of the eighteen over the atoms |
/// | 12 | means of the six over the atoms of the least and of the most electronegative element |
/// | 9 | means of the six and of three differences over the transition metals; zeros where there are none |
///
/// Neighbors count by `exp(−((d / d₀ − 1) / 0.18)²)`, where `d` is the distance over the sum of the covalent radii and
/// `d₀` its smallest value for the atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvironmentStatistics;

/// Indices in [`PROPERTIES`] of those that the transition metals are asked about.
const OF_METALS: [usize; 3] = [6, 3, 8];

impl EnvironmentStatistics {
    /// How many numbers one crystal becomes.
    pub const LEN: usize = 4 * (SCALARS.len() + PROPERTIES.len()) + 3 * SCALARS.len() + OF_METALS.len();

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        const WORDS: [&str; SCALARS.len()] = [
            "coordination number",
            "shortest distance over radii",
            "share of like neighbors",
            "shortest like distance",
            "length of mean direction",
            "anisotropy of directions",
        ];
        let difference = |k: usize| format!("difference of {} between neighbors", PROPERTIES[k].name());
        let of_atoms = WORDS.map(str::to_owned).into_iter().chain((0..PROPERTIES.len()).map(difference));
        let statistics = ["mean", "mean absolute deviation of", "minimum", "maximum"];
        let mut labels: Vec<String> =
            of_atoms.flat_map(|value| statistics.map(|statistic| format!("{statistic} {value}"))).collect();
        for atoms in ["least electronegative element", "most electronegative element", "transition metals"] {
            labels.extend(WORDS.map(|value| format!("mean {value} of {atoms}")));
        }
        labels.extend(OF_METALS.map(|k| format!("mean {} of transition metals", difference(k))));
        labels
    }

    /// The numbers of a crystal of which something may be known already.
    pub(super) fn append(self, shared: &Shared<'_>, row: &mut Vec<f64>) -> Result<(), CrystalError> {
        let atoms = environments(shared.neighborhood()?);
        let all: Vec<&Environment> = atoms.iter().collect();
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
            let of: Vec<&Environment> = atoms.iter().filter(|atom| Some(atom.element) == end).collect();
            row.extend(SCALARS.iter().map(|value| mean(&of, value)));
        }
        let metals: Vec<&Environment> =
            atoms.iter().filter(|atom| atom.element.category() == ElementCategory::TransitionMetal).collect();
        row.extend(SCALARS.iter().map(|value| mean(&metals, value)));
        row.extend(OF_METALS.map(|k| mean(&metals, &|atom| atom.differences[k])));
        Ok(())
    }
}

impl Featurizer for EnvironmentStatistics {
    type Features = [f64; Self::LEN];

    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] for a cell too flat to search for neighbors.
    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        let mut row = Vec::with_capacity(Self::LEN);
        self.append(&Shared::new(crystal), &mut row)?;
        Ok(filled(row))
    }
}

type Value<'a> = &'a (dyn Fn(&Environment) -> f64 + Sync);

const SCALARS: [Value<'static>; 6] = [
    &|atom| atom.coordination,
    &|atom| atom.closest,
    &|atom| atom.alike,
    &|atom| atom.nearest_alike,
    &|atom| atom.asymmetry,
    &|atom| atom.anisotropy,
];

fn mean(atoms: &[&Environment], value: Value<'_>) -> f64 {
    atoms.iter().map(|atom| value(atom)).sum::<f64>() / atoms.len().max(1) as f64
}

/// Mean, mean absolute deviation, least and greatest.
fn statistics(atoms: &[&Environment], value: Value<'_>) -> [f64; 4] {
    let center = mean(atoms, value);
    let values = || atoms.iter().map(|atom| value(atom));
    [
        center,
        mean(atoms, &|atom| (value(atom) - center).abs()),
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    ]
}

fn environments(neighborhood: &Neighborhood) -> Vec<Environment> {
    let &Neighborhood { ref neighbors, unit, ref elements } = neighborhood;
    let pairs = SpeciesPairs::of(elements);
    let mut relative = Vec::new();
    let mut around = |(atom, &element): (usize, &Element)| {
        relative.clear();
        relative.extend(neighbors.of(atom).map(|n| n.distance.max(COINCIDENT) / pairs.of_sites(atom, n.site).radii));
        let closest = relative.iter().copied().fold(f64::INFINITY, f64::min);
        let mut found = Environment {
            element,
            coordination: 0.0,
            closest: if closest.is_finite() { closest } else { REACH * unit / (2.0 * radius(element)) },
            alike: 0.0,
            nearest_alike: REACH,
            differences: [0.0; PROPERTIES.len()],
            asymmetry: 0.0,
            anisotropy: 1.0 / 3.0,
        };
        let (mut direction, mut tensor) = ([0.0; 3], [[0.0; 3]; 3]);
        for (neighbor, relative) in neighbors.of(atom).zip(&relative) {
            let weight = (-((relative / found.closest - 1.0) / SOFTNESS).powi(2)).exp();
            found.coordination += weight;
            if elements[neighbor.site] == element {
                found.alike += weight;
                found.nearest_alike = found.nearest_alike.min(neighbor.distance / unit);
            }
            let differences = &pairs.of_sites(atom, neighbor.site).differences;
            for (sum, difference) in found.differences.iter_mut().zip(differences) {
                *sum += weight * difference;
            }
            // Two atoms at one position have no direction.
            let normal = neighbor.vector.map(|x| x / neighbor.distance.max(COINCIDENT));
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
            found.asymmetry = direction.iter().map(|x| squared(*x)).sum::<f64>().sqrt();
            found.anisotropy = tensor.iter().flatten().map(|x| squared(*x)).sum();
        }
        found
    };
    elements.iter().enumerate().map(&mut around).collect()
}

fn radius(element: Element) -> f64 {
    element.covalent_radius().unwrap_or(1.5)
}

/// What depends on the elements of two neighbors alone, for every pair of elements of the crystal.
struct SpeciesPairs {
    /// For every site, the index of its element among the distinct ones.
    kinds: Vec<usize>,
    num_kinds: usize,
    pairs: Vec<Pair>,
}

struct Pair {
    /// Sum of the covalent radii, in Å.
    radii: f64,
    differences: [f64; PROPERTIES.len()],
}

impl SpeciesPairs {
    fn of(elements: &[Element]) -> Self {
        let mut distinct: Vec<Element> = Vec::new();
        let kind = |element: &Element| {
            distinct.iter().position(|known| known == element).unwrap_or_else(|| {
                distinct.push(*element);
                distinct.len() - 1
            })
        };
        let kinds = elements.iter().map(kind).collect();
        let pair = |a: Element, b: Element| Pair {
            radii: radius(a) + radius(b),
            differences: PROPERTIES.map(|property| (property.of_or_mean(a) - property.of_or_mean(b)).abs()),
        };
        let pairs = distinct.iter().flat_map(|a| distinct.iter().map(move |b| pair(*a, *b))).collect();
        Self { kinds, num_kinds: distinct.len(), pairs }
    }

    fn of_sites(&self, one: usize, other: usize) -> &Pair {
        &self.pairs[self.kinds[one] * self.num_kinds + self.kinds[other]]
    }
}
