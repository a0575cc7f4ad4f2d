//! Laws of mask policies.

use std::fmt;

use super::Violation;
use crate::MaskPolicy;

/// What a mask policy can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaskLaw {
    /// As many atoms are masked as the policy says, in increasing order, each once, and each an atom of the crystal.
    Valid,
    /// At least one atom is masked, and at least one of several is not.
    LeavesSomething,
    /// The same arguments give the same atoms, others give others.
    Pure,
    /// Every atom is masked as often as every other, within six standard deviations.
    Even,
}

impl MaskLaw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Valid, Self::LeavesSomething, Self::Pure, Self::Even];
}

impl fmt::Display for MaskLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "valid",
            Self::LeavesSomething => "leaves something",
            Self::Pure => "pure",
            Self::Even => "even",
        })
    }
}

/// Draws that the law `Even` counts.
const DRAWS: u64 = 4000;

/// Checks one law of a mask policy on crystals of 1 to 300 atoms.
///
/// # Errors
///
/// The [`Violation`] with the number of atoms.
pub fn check_mask_policy(law: MaskLaw, policy: &MaskPolicy) -> Result<(), Violation> {
    let broken = |what: String| Err(Violation { law: law.to_string(), case: None, what, crystal: None, change: None });
    for atoms in (1..=40).chain([100, 300]) {
        match law {
            MaskLaw::Valid | MaskLaw::LeavesSomething => {
                for index in 0..20 {
                    let masked = policy.choose(atoms, 7, index / 3, index).0;
                    let rising = masked.windows(2).all(|pair| pair[0] < pair[1]);
                    let inside = masked.iter().all(|atom| (*atom as usize) < atoms);
                    let valid = rising && inside && masked.len() == policy.count(atoms);
                    let leaves = !masked.is_empty() && (atoms == 1 || masked.len() < atoms);
                    if !(if law == MaskLaw::Valid { valid } else { leaves }) {
                        return broken(format!("of {atoms} atoms, {masked:?} are masked"));
                    }
                }
            }
            MaskLaw::Pure => {
                let draw = |seed, epoch, index| policy.choose(atoms, seed, epoch, index);
                let all = |shift: u64| (0..30).map(|k| draw(1, k + shift, k)).collect::<Vec<_>>();
                if all(0) != all(0) {
                    return broken(format!("of {atoms} atoms, the same arguments mask others"));
                }
                if policy.count(atoms) < atoms && all(0) == all(1) {
                    return broken(format!("of {atoms} atoms, every epoch masks the same"));
                }
            }
            MaskLaw::Even => {
                if atoms > 40 || policy.count(atoms) == atoms {
                    continue;
                }
                let mut counts = vec![0_u64; atoms];
                for index in 0..DRAWS {
                    for atom in policy.choose(atoms, 3, index % 10, index).0 {
                        counts[atom as usize] += 1;
                    }
                }
                let share = policy.count(atoms) as f64 / atoms as f64;
                let (mean, deviation) = (DRAWS as f64 * share, (DRAWS as f64 * share * (1.0 - share)).sqrt());
                if let Some(atom) = counts.iter().position(|count| (*count as f64 - mean).abs() > 6.0 * deviation) {
                    return broken(format!(
                        "of {atoms} atoms, number {atom} is masked {} times of {mean:.0}",
                        counts[atom]
                    ));
                }
            }
        }
    }
    Ok(())
}

/// One test for each of the [laws](crate::laws::MaskLaw) of mask policies, in a module of this name.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{MaskPolicy, mask_policy_laws};
///
/// mask_policy_laws!(paper, MaskPolicy::paper());
/// ```
#[macro_export]
macro_rules! mask_policy_laws {
    ($name:ident, $policy:expr $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::mask_policy_laws!(@each $policy, valid Valid, leaves_something LeavesSomething, pure Pure, even Even);
        }
    };
    (@each $policy:expr, $($test:ident $law:ident),+) => { $(
        #[test]
        fn $test() {
            if let Err(violation) = $crate::laws::check_mask_policy($crate::laws::MaskLaw::$law, &$policy) {
                panic!("{violation}");
            }
        }
    )+ };
}
