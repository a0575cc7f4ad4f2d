//! Charge balance of the ions of a composition.

use s2s_crystal::{Composition, Element};
use serde::{Deserialize, Serialize};

use crate::element_table::oxidation_states;

/// How the atoms of one element choose among its common oxidation states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ChargeBalance {
    /// All atoms of an element take the same state: Fe2O3 is possible, Fe3O4 is not.
    ///
    /// Ward et al., npj Comput. Mater. 2, 16028 (2016); matminer's `IonProperty(fast=True)`.
    OneStatePerElement,
    /// Every atom chooses its own state: Fe3O4 is possible as well.
    ///
    /// matminer's `IonProperty(fast=False)`, which refuses fractional amounts. Here, amounts that are not whole (or more
    /// than 1,000 atoms) may be divided among states in any ratio.
    AnyMixture,
}

/// A sum of charges below this is zero (as NumPy's `isclose`), in e per formula unit.
const ZERO_CHARGE: f64 = 1e-8;

/// Atoms up to which mixtures are counted one by one.
const MAX_COUNTED_ATOMS: f64 = 1000.0;

impl ChargeBalance {
    /// Whether charges can add up to zero; always true for a single element, never for an element without ions.
    pub fn is_possible(self, composition: &Composition) -> bool {
        if composition.num_elements() < 2 {
            return true;
        }
        if composition.elements().any(|e| oxidation_states(e).is_empty()) {
            return false;
        }
        match self {
            Self::OneStatePerElement => {
                let amounts: Vec<(Element, f64)> = composition.iter().collect();
                balances(&amounts, 0.0)
            }
            Self::AnyMixture if composition.is_stoichiometric() && composition.num_atoms() <= MAX_COUNTED_ATOMS => {
                whole_mixture_balances(composition)
            }
            Self::AnyMixture => {
                let (lowest, highest) = charge_range(composition.iter());
                lowest <= ZERO_CHARGE && highest >= -ZERO_CHARGE
            }
        }
    }
}

/// Least and greatest charge of these amounts.
fn charge_range(amounts: impl Iterator<Item = (Element, f64)>) -> (f64, f64) {
    amounts.fold((0.0, 0.0), |(lowest, highest), (element, amount)| {
        let states = oxidation_states(element).iter().map(|s| f64::from(*s));
        let (low, high) = states.fold((f64::MAX, f64::MIN), |(l, h), s| (l.min(s), h.max(s)));
        (lowest + amount * low, highest + amount * high)
    })
}

/// Whether one state per element can bring `charge` to zero; gives up early where the rest cannot reach far enough.
fn balances(amounts: &[(Element, f64)], charge: f64) -> bool {
    let Some((&(element, amount), rest)) = amounts.split_first() else {
        return charge.abs() <= ZERO_CHARGE;
    };
    let (lowest, highest) = charge_range(amounts.iter().copied());
    if charge + lowest > ZERO_CHARGE || charge + highest < -ZERO_CHARGE {
        return false;
    }
    oxidation_states(element).iter().any(|state| balances(rest, charge + amount * f64::from(*state)))
}

/// Whether whole numbers of atoms in each state can add up to zero: all reachable sums, atom by atom.
fn whole_mixture_balances(composition: &Composition) -> bool {
    // No partial sum is farther from zero than all atoms in their most extreme states.
    let farthest = |(element, amount): (Element, f64)| {
        let extreme = oxidation_states(element).iter().map(|s| usize::from(s.unsigned_abs())).max();
        extreme.unwrap_or(0) * amount.round() as usize
    };
    let zero: usize = composition.iter().map(farthest).sum();
    let mut reachable = vec![false; 2 * zero + 1];
    reachable[zero] = true;
    for (element, amount) in composition.iter() {
        for _ in 0..amount.round() as usize {
            let mut next = vec![false; reachable.len()];
            for state in oxidation_states(element) {
                for charge in (0..reachable.len()).filter(|charge| reachable[*charge]) {
                    next[charge.strict_add_signed((*state).into())] = true;
                }
            }
            reachable = next;
        }
    }
    reachable[zero]
}

#[cfg(test)]
mod tests {
    use s2s_crystal::FormulaError;

    use super::*;

    #[test]
    fn magnetite_needs_two_kinds_of_iron() -> Result<(), FormulaError> {
        let possible = |formula: &str| {
            let composition: Composition = formula.parse()?;
            Ok::<_, FormulaError>(
                [ChargeBalance::OneStatePerElement, ChargeBalance::AnyMixture].map(|n| n.is_possible(&composition)),
            )
        };
        assert_eq!(possible("Fe2O3")?, [true, true]);
        assert_eq!(possible("Fe3O4")?, [false, true]);
        // One charge of sodium, two odd ones of chlorine: an odd sum.
        assert_eq!(possible("NaCl2")?, [false, false]);
        assert_eq!(possible("Na2O3")?, [false, false]);
        assert_eq!(possible("Fe")?, [true, true]);
        assert_eq!(possible("XeAr")?, [false, false]);
        assert_eq!(possible("Fe2.9O4")?, [false, true]);
        Ok(())
    }
}
