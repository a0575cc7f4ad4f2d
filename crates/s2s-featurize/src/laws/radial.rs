//! Laws of radial bases.

use std::fmt;

use super::{Violation, cases::mixed, law::quietly};
use crate::RadialBasis;

/// What a radial basis can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RadialLaw {
    /// Every number is finite, for every distance from zero to 10¹² Å.
    Finite,
    /// All of the row is written, and nothing else; as many numbers as [`RadialBasis::len`] says.
    Complete,
    /// Many distances at once give what they give one by one, to 10⁻⁵.
    Together,
    /// No number jumps: distances that differ by 10⁻⁹ Å give numbers that differ by at most 10⁻⁴.
    Smooth,
}

impl RadialLaw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Finite, Self::Complete, Self::Together, Self::Smooth];
}

impl fmt::Display for RadialLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finite => "finite",
            Self::Complete => "complete",
            Self::Together => "together",
            Self::Smooth => "smooth",
        })
    }
}

/// Checks one law of a radial basis on round, random, tiny and huge distances.
///
/// # Errors
///
/// The [`Violation`] with the distance.
pub fn check_radial_basis(law: RadialLaw, basis: &dyn RadialBasis) -> Result<(), Violation> {
    let wrong = quietly(|| what_is_wrong(law, basis)).unwrap_or_else(Some);
    wrong.map_or(Ok(()), |what| Err(Violation { law: law.to_string(), case: None, what, crystal: None, change: None }))
}

fn what_is_wrong(law: RadialLaw, basis: &dyn RadialBasis) -> Option<String> {
    let mut row = vec![f32::NAN; basis.len()];
    let mut near = row.clone();
    let all = distances();
    for distance in all.iter().copied() {
        row.fill(f32::NAN);
        basis.expand_into(distance, &mut row);
        match law {
            RadialLaw::Finite => {
                if let Some(k) = row.iter().position(|x| !x.is_finite()) {
                    return Some(format!("number {k} of {distance:?} Å is {}", row[k]));
                }
            }
            RadialLaw::Complete => {
                near.fill(0.0);
                basis.expand_into(distance, &mut near);
                // What was there before must not show.
                if let Some(k) = row.iter().zip(&near).position(|(a, b)| a.to_bits() != b.to_bits()) {
                    return Some(format!("number {k} of {distance:?} Å is not written: {} and {}", row[k], near[k]));
                }
            }
            RadialLaw::Together => {}
            RadialLaw::Smooth => {
                for side in [-1e-9, 1e-9] {
                    // Below zero there is no distance; far out the step is lost in rounding.
                    if distance + side < 0.0 {
                        continue;
                    }
                    basis.expand_into(distance + side, &mut near);
                    if let Some(k) = row.iter().zip(&near).position(|(a, b)| jumps(*a, *b)) {
                        return Some(format!("number {k} jumps at {distance:?} Å: {} and {}", row[k], near[k]));
                    }
                }
            }
        }
    }
    if law == RadialLaw::Smooth {
        return (0..400).find_map(|step| jump_between(basis, f64::from(step) * 0.05, f64::from(step + 1) * 0.05));
    }
    if law == RadialLaw::Together {
        let together = basis.expand(&all);
        if together.dim() != (all.len(), basis.len()) {
            return Some(format!("{} distances become an array of {:?}", all.len(), together.dim()));
        }
        for (distance, expanded) in all.iter().zip(together.outer_iter()) {
            basis.expand_into(*distance, &mut row);
            let apart = |(a, b): (&f32, &f32)| !(a == b || (a - b).abs() <= 1e-5 * a.abs().max(1.0));
            if let Some(k) = row.iter().zip(expanded.iter()).position(apart) {
                return Some(format!("number {k} of {distance:?} Å: {} alone and {} together", row[k], expanded[k]));
            }
        }
    }
    if law == RadialLaw::Together {
        // Memory that an earlier, longer call has left behind.
        for count in [0, 1, 3] {
            let mut rows = vec![f32::NAN; 7 * basis.len() + 5];
            basis.expand_to(&all[..count], &mut rows);
            if rows.len() != count * basis.len() || rows.iter().any(|x| x.is_nan()) {
                return Some(format!("{count} distances, written over others, become {} numbers", rows.len()));
            }
        }
    }
    None
}

fn jumps(a: f32, b: f32) -> bool {
    let (a, b) = (f64::from(a), f64::from(b));
    (a - b).is_nan() || (a - b).abs() > 1e-4 * a.abs().max(1.0)
}

/// A jump between two distances, found by halving again and again where more of the change is.
fn jump_between(basis: &dyn RadialBasis, from: f64, to: f64) -> Option<String> {
    let at = |distance: f64| {
        let mut row = vec![f32::NAN; basis.len()];
        basis.expand_into(distance, &mut row);
        row
    };
    let (first, last) = (at(from), at(to));
    (0..basis.len()).filter(|k| jumps(first[*k], last[*k])).find_map(|k| {
        let (mut low, mut high) = ((from, first[k]), (to, last[k]));
        while high.0 - low.0 > 1e-9 {
            let middle = low.0.midpoint(high.0);
            let middle = (middle, at(middle)[k]);
            let change = |a: (f64, f32), b: (f64, f32)| (a.1 - b.1).abs();
            *(if change(low, middle) < change(middle, high) { &mut low } else { &mut high }) = middle;
        }
        jumps(low.1, high.1).then(|| format!("number {k} jumps at {:?} Å: {} and {}", high.0, low.1, high.1))
    })
}

fn distances() -> Vec<f64> {
    let round = (0..400).map(|step| f64::from(step) * 0.05);
    let random = (0..400).map(|k| (mixed(k) >> 11) as f64 / (1_u64 << 53) as f64 * 30.0);
    let extreme = [0.0, 5e-324, 1e-300, 1e-12, 1e-6, 50.0, 1e3, 1e6, 1e12];
    extreme.into_iter().chain(round).chain(random).collect()
}

/// One test for each of the [laws](crate::laws::RadialLaw) of radial bases, in a module of this name.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{GaussianBasis, radial_basis_laws};
///
/// radial_basis_laws!(gaussians, GaussianBasis::paper());
/// ```
#[macro_export]
macro_rules! radial_basis_laws {
    ($name:ident, $basis:expr $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::radial_basis_laws!(@each $basis, finite Finite, complete Complete, together Together, smooth Smooth);
        }
    };
    (@each $basis:expr, $($test:ident $law:ident),+) => { $(
        #[test]
        fn $test() {
            if let Err(violation) = $crate::laws::check_radial_basis($crate::laws::RadialLaw::$law, &$basis) {
                panic!("{violation}");
            }
        }
    )+ };
}
