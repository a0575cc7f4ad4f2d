//! Featurizers that are wrong on purpose, each in another way, and the laws that catch every one of them.

mod batches;
mod cells;
mod neighborhoods;
mod numbers;
mod orders;
mod outsiders;
mod right;
mod siblings;
mod states;
mod thresholds;

use std::fmt;

use s2s_crystal::{CellList, Crystal, Cutoff, NeighborList, NeighborSearch};
use s2s_featurize::{
    FeaturizeError, Featurizer,
    laws::{Cases, Law, PerAtom, Violation, check},
};

/// Numbers for the crystal, and a row for each atom.
type Features = (Vec<f64>, Option<PerAtom<f64>>);

type Answer = Result<Features, FeaturizeError>;

/// What rounding is allowed.
const TOLERANCE: f64 = 1e-6;

/// A featurizer as a function.
#[derive(Clone, Copy)]
struct Wrong {
    name: &'static str,
    features: fn(&Crystal) -> Answer,
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Featurizer for Wrong {
    type Features = Features;

    fn featurize(&self, crystal: &Crystal) -> Answer {
        (self.features)(crystal)
    }
}

/// One number for the crystal.
fn number(x: f64) -> Answer {
    Ok((vec![x], None))
}

/// A number for each atom.
fn rows(numbers: impl IntoIterator<Item = f64>) -> Answer {
    Ok((Vec::new(), Some(PerAtom(numbers.into_iter().collect()))))
}

fn within(crystal: &Crystal, cutoff: f64) -> Result<NeighborList, FeaturizeError> {
    Ok(CellList::default().search(crystal, Cutoff::angstrom(cutoff)?)?)
}

/// Mean atomic number of what is on a site.
fn atomic_number(crystal: &Crystal, site: usize) -> f64 {
    let occupants = crystal.sites()[site].species.occupants();
    occupants.iter().map(|o| o.occupancy * f64::from(o.element.atomic_number())).sum()
}

/// The first law that a featurizer breaks.
fn broken<F>(make: impl Fn() -> F, cases: &Cases) -> Option<Violation>
where
    F: Featurizer<Features = Features>,
{
    Law::SEVEN.into_iter().find_map(|law| check(law, &make, TOLERANCE, cases).err())
}

/// A law that a wrong featurizer breaks, within 256 cases. Most break one within a few: all laws are checked on these before
/// any is checked on more.
fn caught<F>(make: impl Fn() -> F, cases: &Cases) -> Option<Violation>
where
    F: Featurizer<Features = Features>,
{
    [16, 256].into_iter().find_map(|count| broken(&make, &cases.clone().count(count)))
}

#[test]
fn the_laws_catch_every_wrong_featurizer_within_256_cases() {
    let all =
        [neighborhoods::ALL, cells::ALL, numbers::ALL, orders::ALL, outsiders::ALL, siblings::ALL, thresholds::ALL]
            .concat();
    assert!(all.len() + states::NAMES.len() >= 123, "{}", all.len());
    let mut missed = Vec::new();
    let mut report = |name: &str, violation: Option<Violation>| {
        let Some(violation) = violation else { return missed.push(name.to_owned()) };
        println!("{name}: {violation}\n");
        let lines = violation.to_string().lines().count();
        assert!(lines <= 10, "{name}: {lines} lines\n{violation}");
        assert!(violation.case.is_some_and(|case| case <= 256), "{name}: {violation}");
    };
    let cases = Cases::new();
    for wrong in all {
        // What looks at every pair of atoms in many cells would take minutes for hundreds of them.
        let slow = neighborhoods::ALL.iter().any(|other| other.name == wrong.name);
        report(wrong.name, caught(|| wrong, &if slow { cases.clone().sites_up_to(40) } else { cases.clone() }));
    }
    for name in states::NAMES {
        report(name, caught(|| states::make(name), &cases));
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

#[test]
fn the_laws_find_no_fault_with_right_featurizers() {
    for right in right::ALL {
        for seed in 0..right::rounds() {
            let violation = broken(|| *right, &Cases::new().count(256).sites_up_to(40).seed(seed));
            assert!(violation.is_none(), "{right:?}: {}", violation.expect("just seen"));
        }
    }
}
