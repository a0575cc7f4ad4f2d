//! Laws that every featurizer should obey, checked on hundreds of awkward crystals.
//!
//! [`featurizer_laws!`](crate::featurizer_laws) makes one test per law. Crystals chosen by hand come first, the same ones every time
//! ([`hard_crystals`](s2s_crystal::strategies::hard_crystals)), then generated ones ([`crystal`](s2s_crystal::strategies::crystal)
//! and its relatives): 256 in all, each in several descriptions. A failing one is shrunk, and printed in at most ten lines.
//! For `rotation`, the structure of CsCl is first stretched from shortest distances of 0.8 to 12 Å, and wherever the features jump
//! on the way, the two crystals on both sides of the jump are tried: a hard cutoff or the edge of a bin is found wherever it lies.
//!
//! | law | what it says |
//! |---|---|
//! | `finite` | every number is finite, or the crystal is refused with an error; never a panic |
//! | `deterministic` | the same crystal gives the same bits: again, from another thread, from a fresh featurizer |
//! | `permutation` | the order of sites, and of elements that share one, does not matter |
//! | `translation` | the origin does not matter, nor which images of the atoms are listed |
//! | `rotation` | the orientation does not matter |
//! | `reflection` | left and right do not matter; leave it out where the mirror image is to be told apart |
//! | `basis` | the choice of lattice vectors does not matter: their order, their signs, slanted cells |
//! | `supercell` | how many primitive cells are written as one does not matter |
//!
//! # Tolerance
//!
//! Features are compared by [`Compare`]: numbers `a` and `b` are `|a − b| / max(1, |a|, |b|)` apart, an absolute error below one
//! and a relative one above. Sums over atoms or neighbors may therefore grow as they like, as long as their terms do not
//! cancel: of n terms of one sign, summed in double precision, rounding is below n · 10⁻¹⁶ of the sum, so 10⁻⁹ is ample; in
//! single precision it is n · 6·10⁻⁸, so 10⁻⁴. Coordinates of moved and rotated crystals are rounded to some 10⁻¹⁵ of their
//! size, and a featurizer whose slope is s carries s times that. What jumps fails whatever the tolerance.
//!
//! # Examples
//!
//! ```
//! use s2s_crystal::Crystal;
//! use s2s_featurize::{FeaturizeError, Featurizer, featurizer_laws, laws::{Cases, Law, check}};
//!
//! #[derive(Debug)]
//! struct Density;
//!
//! impl Featurizer for Density {
//!     type Features = Vec<f64>;
//!
//!     fn featurize(&self, crystal: &Crystal) -> Result<Vec<f64>, FeaturizeError> {
//!         Ok(vec![crystal.density()])
//!     }
//! }
//!
//! featurizer_laws!(density, Density, 1e-9, [finite, deterministic, permutation, translation, rotation, basis, supercell]);
//!
//! // Or without a test of its own:
//! assert!(check(Law::Supercell, || Density, 1e-9, &Cases::new().count(20)).is_ok());
//! ```

mod batches;
mod cases;
mod compare;
mod jumps;
mod law;
mod masks;
mod radial;
mod violation;

pub use batches::{CollateLaw, Separate, check_collate};
pub use cases::Cases;
pub use compare::{Compare, Difference, PerAtom};
pub use law::{Law, check};
pub use masks::{ChooseMask, MaskLaw, check_mask_policy};
pub use radial::{RadialLaw, check_radial_basis};
pub use violation::Violation;

/// One test for each of the [laws](crate::laws) that a featurizer is to obey, in a module of this name.
///
/// The featurizer is an expression, evaluated afresh for every law; a last argument, if given, says on which
/// [`Cases`](crate::laws::Cases): only some elements, without documented exceptions, with crystals of one's own.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Element;
/// use s2s_featurize::{MagpieConfig, MagpieFeaturizer, featurizer_laws, laws::Cases};
///
/// featurizer_laws!(
///     magpie,
///     MagpieFeaturizer::new(MagpieConfig::matminer()),
///     1e-6,
///     [finite, permutation, supercell],
///     Cases::new().of([Element::NB, Element::TI, Element::O])
/// );
/// ```
#[macro_export]
macro_rules! featurizer_laws {
    ($name:ident, $featurizer:expr, $tolerance:expr, [$($law:ident),+ $(,)?] $(,)?) => {
        $crate::featurizer_laws!($name, $featurizer, $tolerance, [$($law),+], $crate::laws::Cases::new());
    };
    ($name:ident, $featurizer:expr, $tolerance:expr, [$($law:ident),+ $(,)?], $cases:expr $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[test]
                fn $law() {
                    let result = $crate::laws::check($crate::law!($law), || $featurizer, $tolerance, &$cases);
                    if let Err(violation) = result {
                        panic!("{violation}");
                    }
                }
            )+
        }
    };
}

/// The [`Law`](crate::laws::Law) of this name.
#[doc(hidden)]
#[macro_export]
macro_rules! law {
    (finite) => {
        $crate::laws::Law::Finite
    };
    (deterministic) => {
        $crate::laws::Law::Deterministic
    };
    (permutation) => {
        $crate::laws::Law::Permutation
    };
    (translation) => {
        $crate::laws::Law::Translation
    };
    (rotation) => {
        $crate::laws::Law::Rotation
    };
    (reflection) => {
        $crate::laws::Law::Reflection
    };
    (basis) => {
        $crate::laws::Law::Basis
    };
    (supercell) => {
        $crate::laws::Law::Supercell
    };
}
