//! The greatest common divisor.

use std::ops::Rem;

/// The greatest common divisor by Euclid's algorithm; of negative numbers its sign is unspecified.
pub(crate) fn gcd<T: Copy + Default + PartialEq + Rem<Output = T>>(mut a: T, mut b: T) -> T {
    while b != T::default() {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::gcd;

    #[test]
    fn of_both_signs_and_of_zero() {
        assert_eq!([gcd(12, 18), gcd(18, 12), gcd(0, 5), gcd(5, 0), gcd(0, 0)], [6, 6, 5, 5, 0]);
        assert_eq!([gcd(-12, 18), gcd(12, -18), gcd(-12, -18)].map(i32::abs), [6; 3]);
    }
}
