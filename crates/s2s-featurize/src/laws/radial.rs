//! Laws of radial bases.

use std::fmt;

use super::{Violation, cases::mixed};
use crate::RadialBasis;

/// What a radial basis can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    let broken = |what: String| Err(Violation { law: law.to_string(), case: None, what, crystal: None, change: None });
    let mut row = vec![f32::NAN; basis.len()];
    let mut near = row.clone();
    let all = distances();
    for distance in all.iter().copied() {
        row.fill(f32::NAN);
        basis.expand_into(distance, &mut row);
        match law {
            RadialLaw::Finite => {
                if let Some(k) = row.iter().position(|x| !x.is_finite()) {
                    return broken(format!("number {k} of {distance:?} Å is {}", row[k]));
                }
            }
            RadialLaw::Complete => {
                near.fill(0.0);
                basis.expand_into(distance, &mut near);
                // What was there before must not show.
                if let Some(k) = row.iter().zip(&near).position(|(a, b)| a.to_bits() != b.to_bits()) {
                    return broken(format!("number {k} of {distance:?} Å is not written: {} and {}", row[k], near[k]));
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
                    let jumps = |a: f64, b: f64| (a - b).is_nan() || (a - b).abs() > 1e-4 * a.abs().max(1.0);
                    if let Some(k) = row.iter().zip(&near).position(|(a, b)| jumps((*a).into(), (*b).into())) {
                        return broken(format!("number {k} jumps at {distance:?} Å: {} and {}", row[k], near[k]));
                    }
                }
            }
        }
    }
    if law == RadialLaw::Together {
        let together = basis.expand(&all);
        if together.dim() != (all.len(), basis.len()) {
            return broken(format!("{} distances become an array of {:?}", all.len(), together.dim()));
        }
        for (distance, expanded) in all.iter().zip(together.outer_iter()) {
            basis.expand_into(*distance, &mut row);
            let apart = |(a, b): (&f32, &f32)| !(a == b || (a - b).abs() <= 1e-5 * a.abs().max(1.0));
            if let Some(k) = row.iter().zip(expanded.iter()).position(apart) {
                return broken(format!("number {k} of {distance:?} Å: {} alone and {} together", row[k], expanded[k]));
            }
        }
    }
    Ok(())
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
