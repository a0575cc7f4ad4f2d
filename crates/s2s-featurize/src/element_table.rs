//! Properties of the elements, from the table in this crate.

use std::sync::LazyLock;

use s2s_crystal::Element;
use serde::{Deserialize, Serialize};

/// One of the 22 elemental properties of the Magpie feature set.
///
/// Sources and licenses of all values are in `data/README.md` of this crate.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Element;
/// use s2s_featurize::ElementProperty;
///
/// let iron: Element = "Fe".parse()?;
/// assert_eq!(ElementProperty::MeltingTemperature.of(iron), Some(1811.0));
/// let helium: Element = "He".parse()?;
/// assert_eq!(ElementProperty::MeltingTemperature.of(helium), None);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ElementProperty {
    /// Number of protons.
    AtomicNumber,
    /// Mendeleev number of Villars et al. (2004).
    MendeleevNumber,
    /// Atomic weight in u.
    AtomicWeight,
    /// Melting temperature in K.
    MeltingTemperature,
    /// Column of the periodic table; 3 for every rare earth.
    Column,
    /// Row of the periodic table.
    Row,
    /// Covalent radius in pm.
    CovalentRadius,
    /// Pauling electronegativity.
    Electronegativity,
    /// Valence electrons in s orbitals.
    SValence,
    /// Valence electrons in p orbitals.
    PValence,
    /// Valence electrons in d orbitals.
    DValence,
    /// Valence electrons in f orbitals.
    FValence,
    /// Valence electrons.
    Valence,
    /// Vacancies in the valence s orbitals.
    SUnfilled,
    /// Vacancies in the valence p orbitals.
    PUnfilled,
    /// Vacancies in the valence d orbitals.
    DUnfilled,
    /// Vacancies in the valence f orbitals.
    FUnfilled,
    /// Vacancies in the valence orbitals.
    Unfilled,
    /// Volume per atom of the elemental ground state in Å³ (density functional theory).
    GroundStateVolume,
    /// Band gap of the elemental ground state in eV (density functional theory).
    GroundStateGap,
    /// Magnetic moment per atom of the elemental ground state in μB (density functional theory).
    GroundStateMoment,
    /// Space group number of the elemental ground state.
    SpaceGroup,
}

/// Number of properties.
const PROPERTIES: usize = ElementProperty::ALL.len();

impl ElementProperty {
    /// All properties, in the order of the Magpie feature set.
    pub const ALL: [Self; 22] = [
        Self::AtomicNumber,
        Self::MendeleevNumber,
        Self::AtomicWeight,
        Self::MeltingTemperature,
        Self::Column,
        Self::Row,
        Self::CovalentRadius,
        Self::Electronegativity,
        Self::SValence,
        Self::PValence,
        Self::DValence,
        Self::FValence,
        Self::Valence,
        Self::SUnfilled,
        Self::PUnfilled,
        Self::DUnfilled,
        Self::FUnfilled,
        Self::Unfilled,
        Self::GroundStateVolume,
        Self::GroundStateGap,
        Self::GroundStateMoment,
        Self::SpaceGroup,
    ];

    /// The name in the Magpie tables, such as `NdUnfilled`.
    pub fn name(self) -> &'static str {
        header().nth(self as usize).expect("invariant: the table has a column per property")
    }

    /// The value of an element, in the unit of the property; `None` where the table has none.
    pub fn of(self, element: Element) -> Option<f64> {
        let value = TABLE.known[index(element)][self as usize];
        (!value.is_nan()).then_some(value)
    }

    /// The value of an element, or the mean over all elements that have one.
    ///
    /// This is what matminer does with missing values (`impute_nan=True`).
    pub fn of_or_mean(self, element: Element) -> f64 {
        TABLE.imputed[index(element)][self as usize]
    }
}

/// The properties of an element in the order of [`ElementProperty::ALL`], means where the table has none.
pub(crate) fn imputed_properties(element: Element) -> &'static [f64; PROPERTIES] {
    &TABLE.imputed[index(element)]
}

/// Mean and standard deviation of each property over the elements that have it, in the order of
/// [`ElementProperty::ALL`].
pub(crate) fn property_scales() -> &'static [(f64, f64); PROPERTIES] {
    &TABLE.scales
}

/// Pauling electronegativity for ionic character, the mean over all elements where there is none (pymatgen's values).
pub(crate) fn electronegativity(element: Element) -> f64 {
    IONIC.electronegativity[index(element)]
}

/// Common oxidation states; none for most noble gases and the heaviest elements (pymatgen's values).
pub(crate) fn oxidation_states(element: Element) -> &'static [i8] {
    &IONIC.states[index(element)]
}

fn index(element: Element) -> usize {
    usize::from(element.atomic_number()) - 1
}

const MAGPIE: &str = include_str!("../data/magpie.csv");
static TABLE: LazyLock<Table> = LazyLock::new(Table::read);
static IONIC: LazyLock<Ionic> = LazyLock::new(Ionic::read);

struct Table {
    /// One row per element, not-a-number where the source has no value.
    known: Vec<[f64; PROPERTIES]>,
    imputed: Vec<[f64; PROPERTIES]>,
    scales: [(f64, f64); PROPERTIES],
}

struct Ionic {
    electronegativity: Vec<f64>,
    states: Vec<Vec<i8>>,
}

fn header() -> impl Iterator<Item = &'static str> {
    MAGPIE.lines().next().into_iter().flat_map(|line| line.split(',').skip(1))
}

fn number(field: &str) -> f64 {
    if field.is_empty() { f64::NAN } else { field.parse().expect("invariant: the tables hold numbers") }
}

/// Mean of the values that are there.
fn known_mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.filter(|v| !v.is_nan()).fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    sum / count
}

impl Table {
    fn read() -> Self {
        let row = |line: &str| {
            let mut values = [f64::NAN; PROPERTIES];
            for (value, field) in values.iter_mut().zip(line.split(',').skip(1)) {
                *value = number(field);
            }
            values
        };
        let known: Vec<[f64; PROPERTIES]> = MAGPIE.lines().skip(1).map(row).collect();
        let mut imputed = known.clone();
        let mut scales = [(0.0, 0.0); PROPERTIES];
        for (property, scale) in scales.iter_mut().enumerate() {
            let mean = known_mean(known.iter().map(|row| row[property]));
            let variance = known_mean(known.iter().map(|row| (row[property] - mean).powi(2)));
            *scale = (mean, variance.sqrt());
            for row in imputed.iter_mut().filter(|row| row[property].is_nan()) {
                row[property] = mean;
            }
        }
        Self { known, imputed, scales }
    }
}

impl Ionic {
    fn read() -> Self {
        let lines = || include_str!("../data/ionic.csv").lines().skip(1).map(|line| line.split(','));
        let mut electronegativity: Vec<f64> = lines().map(|mut f| number(f.nth(1).unwrap_or_default())).collect();
        let mean = known_mean(electronegativity.iter().copied());
        electronegativity.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = mean);
        let state = |text: &str| text.parse().expect("invariant: oxidation states are whole numbers");
        let states =
            lines().map(|mut f| f.nth(2).unwrap_or_default().split(' ').filter(|s| !s.is_empty()).map(state).collect());
        Self { electronegativity, states: states.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_a_row_per_element_and_a_column_per_property() {
        assert_eq!(header().count(), PROPERTIES);
        assert_eq!((TABLE.known.len(), IONIC.electronegativity.len(), IONIC.states.len()), (118, 118, 118));
        let symbols = |text: &'static str| text.lines().skip(1).filter_map(|line| line.split(',').next());
        let expected: Vec<&str> = Element::all().map(Element::symbol).collect();
        assert_eq!(symbols(MAGPIE).collect::<Vec<_>>(), expected);
        assert_eq!(symbols(include_str!("../data/ionic.csv")).collect::<Vec<_>>(), expected);
        for element in Element::all().take(112) {
            assert_eq!(ElementProperty::AtomicNumber.of(element), Some(element.atomic_number().into()));
        }
    }

    #[test]
    fn valence_electrons_add_up_where_known() {
        use ElementProperty::{DUnfilled, DValence, FUnfilled, FValence, PUnfilled, PValence, SUnfilled, SValence};
        for element in Element::all().filter(|e| e.atomic_number() <= 112) {
            let sum = |parts: [ElementProperty; 4]| parts.iter().filter_map(|p| p.of(element)).sum::<f64>();
            assert_eq!(Some(sum([SValence, PValence, DValence, FValence])), ElementProperty::Valence.of(element));
            assert_eq!(Some(sum([SUnfilled, PUnfilled, DUnfilled, FUnfilled])), ElementProperty::Unfilled.of(element));
        }
    }

    #[test]
    fn what_is_missing_is_missing_and_its_stand_in_is_finite() {
        let oganesson = Element::from_atomic_number(118).expect("118 is an element");
        assert!(ElementProperty::ALL.iter().all(|p| p.of(oganesson).is_none()));
        for element in Element::all() {
            assert!(imputed_properties(element).iter().all(|x| x.is_finite()));
            assert!(electronegativity(element).is_finite());
        }
        assert_eq!(oxidation_states(Element::from_symbol("Fe").expect("iron")), [2, 3]);
    }
}
