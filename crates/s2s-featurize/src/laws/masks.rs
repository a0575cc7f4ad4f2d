//! Laws of mask policies.

use std::fmt;

use super::{Violation, law::quietly};
use crate::MaskPolicy;

/// Which atoms are masked: what the laws ask of a mask policy. Implement it for a policy of your own.
pub trait ChooseMask {
    /// How many of `atoms` are masked; zero only for zero atoms.
    fn count(&self, atoms: usize) -> usize;

    /// The masked atoms of crystal `index` in `epoch`, in increasing order: the same for the same arguments.
    fn choose(&self, atoms: usize, seed: u64, epoch: u64, index: u64) -> Vec<u32>;
}

impl ChooseMask for MaskPolicy {
    fn count(&self, atoms: usize) -> usize {
        Self::count(self, atoms)
    }

    fn choose(&self, atoms: usize, seed: u64, epoch: u64, index: u64) -> Vec<u32> {
        Self::choose(self, atoms, seed, epoch, index).0
    }
}

/// What a mask policy can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaskLaw {
    /// As many atoms are masked as the policy says, in increasing order, each once, and each an atom of the crystal.
    Valid,
    /// At least one atom is masked, and at least one of several is not.
    LeavesSomething,
    /// The same arguments give the same atoms; another seed, epoch or index gives others.
    Pure,
    /// Every atom is masked as often as every other, and every pair of atoms as every other pair, within six standard deviations.
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

/// Checks one law of a mask policy on crystals of 1 to 300 atoms; one of 444, as the largest of S2S, too.
///
/// # Errors
///
/// The [`Violation`] with the number of atoms.
pub fn check_mask_policy<P: ChooseMask + ?Sized>(law: MaskLaw, policy: &P) -> Result<(), Violation> {
    for atoms in (1..=70).chain([100, 128, 257, 300, 444]) {
        let found = quietly(|| on_crystals_of(atoms, law, policy)).unwrap_or_else(Some);
        if let Some(what) = found {
            let what = format!("of {atoms} atoms, {what}");
            return Err(Violation { law: law.to_string(), case: None, what, crystal: None, change: None });
        }
    }
    Ok(())
}

/// What is wrong with the masks of crystals of that many atoms.
fn on_crystals_of<P: ChooseMask + ?Sized>(atoms: usize, law: MaskLaw, policy: &P) -> Option<String> {
    match law {
        MaskLaw::Valid | MaskLaw::LeavesSomething => (0..20).find_map(|index| {
            let masked = policy.choose(atoms, 7, index / 3, index);
            let rising = masked.windows(2).all(|pair| pair[0] < pair[1]);
            let inside = masked.iter().all(|atom| (*atom as usize) < atoms);
            let valid = rising && inside && masked.len() == policy.count(atoms);
            let leaves = !masked.is_empty() && (atoms == 1 || masked.len() < atoms);
            let holds = if law == MaskLaw::Valid { valid } else { leaves };
            (!holds).then(|| format!("{masked:?} are masked"))
        }),
        MaskLaw::Pure => {
            let all = |seed: u64, epoch: u64, index: u64| {
                (0..30).map(|k| policy.choose(atoms, seed, epoch + k, index + k)).collect::<Vec<_>>()
            };
            let first = all(1, 0, 0);
            if first != all(1, 0, 0) {
                return Some("the same arguments mask others".to_owned());
            }
            let others = [("seed", all(2, 0, 0)), ("epoch", all(1, 1, 0)), ("crystal", all(1, 0, 1))];
            let same = others.iter().find(|(_, other)| policy.count(atoms) < atoms && first == *other);
            same.map(|(which, _)| format!("every {which} masks the same"))
        }
        MaskLaw::Even => uneven(atoms, policy),
    }
}

fn uneven<P: ChooseMask + ?Sized>(atoms: usize, policy: &P) -> Option<String> {
    let masked = policy.count(atoms);
    if atoms > 70 || masked == atoms {
        return None;
    }
    let mut singles = vec![0_u64; atoms];
    let mut pairs = vec![0_u64; atoms * atoms];
    for index in 0..DRAWS {
        let chosen = policy.choose(atoms, 3, index % 10, index);
        for (k, atom) in chosen.iter().enumerate() {
            singles[*atom as usize] += 1;
            chosen[..k].iter().for_each(|other| pairs[*other as usize * atoms + *atom as usize] += 1);
        }
    }
    let share = masked as f64 / atoms as f64;
    if let Some(atom) = singles.iter().position(|count| is_far(*count, share)) {
        return Some(format!("number {atom} is masked {} times of {:.0}", singles[atom], DRAWS as f64 * share));
    }
    let share = share * masked.saturating_sub(1) as f64 / (atoms as f64 - 1.0);
    let all = (1..atoms).flat_map(|b| (0..b).map(move |a| (a, b)));
    let pair = all.into_iter().find(|(a, b)| is_far(pairs[a * atoms + b], share));
    pair.map(|(a, b)| {
        let times = pairs[a * atoms + b];
        format!("numbers {a} and {b} are masked together {times} times of {:.0}", DRAWS as f64 * share)
    })
}

/// Whether so many of all draws are more than six standard deviations from this share of them, and from it by more than a few.
fn is_far(count: u64, share: f64) -> bool {
    let (mean, deviation) = (DRAWS as f64 * share, (DRAWS as f64 * share * (1.0 - share)).sqrt());
    (count as f64 - mean).abs() > 6.0 * deviation + 12.0
}

/// One test for each of the [laws](crate::laws::MaskLaw) of a mask policy, ours or another
/// [`ChooseMask`](crate::laws::ChooseMask), in a module of this name.
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
