//! Crystals at which features jump: some distance or volume crosses a threshold of the featurizer there.
//!
//! Such a crystal is a matter of rounding: in another orientation the same distance is on the other side of the threshold. Crystals
//! chosen by hand meet only thresholds at round numbers, so the threshold itself is searched for.

use s2s_crystal::{Crystal, Element, Lattice};

use super::{Compare, law::quietly};
use crate::Featurizer;

/// Shortest distances between which the structure of CsCl is stretched, in Å.
const SHORTEST: f64 = 0.8;
const LONGEST: f64 = 12.0;

/// Steps from the shortest to the longest distance, of equal ratio.
const STEPS: usize = 256;

/// Steps that are looked at more closely.
const MOST: usize = 12;

/// How much larger a change over one step is than over those beside it, if it may hold a jump.
const EXCESS: f64 = 1.5;

/// Caesium chloride with this distance between unlike atoms. No shell of neighbors comes close to another one at any distance.
fn caesium_chloride(distance: f64) -> Option<Crystal> {
    let lattice = Lattice::cubic(distance * 2.0 / 3.0_f64.sqrt()).ok()?;
    Crystal::ordered(lattice, [(Element::CS, [0.0; 3]), (Element::CL, [0.5; 3])]).ok()
}

/// Crystals on both sides of each jump that is larger than the tolerance, as close together as numbers are.
///
/// `prepared` puts allowed elements in place of others, or passes over a crystal.
pub(super) fn at_jumps<T: Compare + Send>(
    featurizer: &dyn Featurizer<Features = T>,
    tolerance: f64,
    prepared: impl Fn(Crystal) -> Option<Crystal>,
) -> Vec<Crystal> {
    let stretched = |distance: f64| prepared(caesium_chloride(distance)?);
    let features = |distance: f64| quietly(|| featurizer.featurize(&stretched(distance)?).ok()).ok().flatten();
    let change = |a: &T, b: &T| a.difference(b, &[0, 1]).distance;
    let distance = |step: usize| SHORTEST * (LONGEST / SHORTEST).powf(step as f64 / STEPS as f64);

    let at: Vec<_> = (0..=STEPS).map(|step| features(distance(step))).collect();
    let over = |pair: &[Option<T>]| match pair {
        [Some(a), Some(b)] => change(a, b),
        _ => 0.0,
    };
    let changes: Vec<f64> = at.windows(2).map(over).collect();
    let mut suspects: Vec<(f64, usize)> = Vec::new();
    for (step, here) in changes.iter().enumerate() {
        let before = step.checked_sub(1).map_or(0.0, |before| changes[before]);
        let after = changes.get(step + 1).copied().unwrap_or_default();
        let beside = before.min(after);
        if *here > tolerance && *here > EXCESS * beside {
            suspects.push((here - beside, step));
        }
    }
    suspects.sort_by(|a, b| b.0.total_cmp(&a.0));
    suspects.truncate(MOST);

    let mut found = Vec::new();
    for (_, step) in suspects {
        let (mut low, mut high) = (distance(step), distance(step + 1));
        let (Some(mut below), Some(mut above)) = (features(low), features(high)) else { continue };
        // The half with the larger change has the jump, until nothing lies between.
        while change(&below, &above) > tolerance {
            let middle = low.midpoint(high);
            if middle <= low || middle >= high {
                found.extend([low, high].into_iter().filter_map(&stretched));
                break;
            }
            let Some(between) = features(middle) else { break };
            if change(&below, &between) > change(&between, &above) {
                (high, above) = (middle, between);
            } else {
                (low, below) = (middle, between);
            }
        }
    }
    found
}
