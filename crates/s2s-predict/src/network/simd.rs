//! SIMD arithmetic on slices, for whatever registers the CPU has.
//!
//! A function that [`vectorized!`] defines is compiled for several kinds of registers, and called for the widest that the
//! CPU has; in its body `S` says which, and a first argument without a type is a value of it. What it calls is
//! inlined into it, which holds for loops, and for closures of iterators only where they are small.

use pulp::Simd;

/// Defines a function of borrowed arguments that is compiled for several CPUs.
macro_rules! vectorized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<'a>($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $crate::network::simd::vectorized! { $(#[$meta])* $vis fn $name<'a>(_simd, $($arg: $ty),*) $body }
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident<'a>($simd:ident, $($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $vis fn $name<'a>($($arg: $ty),*) {
            struct Kernel<'a> {
                $($arg: $ty),*
            }
            impl<'a> pulp::WithSimd for Kernel<'a> {
                type Output = ();

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, $simd: S) {
                    let Self { $($arg),* } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Kernel { $($arg),* });
        }
    };
}

pub(super) use vectorized;

/// `a · b + c`, with one rounding where that is one instruction.
#[inline(always)]
pub(super) fn multiply_add<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    // Without vector registers a fused product would be a call of a library.
    if const { S::F32_LANES > 1 } { a.mul_add(b, c) } else { a * b + c }
}

/// `eˣ` to 10⁻⁷ relative, zero from e⁻⁸⁷ on.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by the polynomial of Cephes' `expf`; a value that is not a number stays one.
#[inline(always)]
pub(super) fn exp<S: Simd>(x: f32) -> f32 {
    const LOWEST: f32 = -87.0;
    const HIGHEST: f32 = 88.0;
    /// Adding it rounds to a whole number, which then stands in the last bits.
    const ROUND: f32 = 12_582_912.0;
    let bounded = if x > HIGHEST { HIGHEST } else { x };
    let bounded = if bounded < LOWEST { LOWEST } else { bounded };
    let shifted = multiply_add::<S>(bounded, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add::<S>(n, -0.693_359_4, bounded);
    let r = multiply_add::<S>(n, 2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = multiply_add::<S>(p, r, coefficient);
    }
    let value = multiply_add::<S>(p, r * r, r) + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_shl(23).wrapping_add(0x3f80_0000));
    if x < LOWEST { 0.0 } else { value * power }
}

#[inline(always)]
pub(super) fn sigmoid<S: Simd>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<S>(-x))
}

/// Sums of eight lanes, then their sum: independent of how wide registers are.
#[inline(always)]
pub(super) fn dot<S: Simd>(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<8>();
    let (b_blocks, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..8 {
            sums[lane] = multiply_add::<S>(x[lane], y[lane], sums[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

/// `onto += scale · x`.
#[inline(always)]
pub(super) fn add_scaled<S: Simd>(onto: &mut [f32], scale: f32, x: &[f32]) {
    for (sum, value) in onto.iter_mut().zip(x) {
        *sum = multiply_add::<S>(scale, *value, *sum);
    }
}

/// The largest of some numbers.
#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
    values.iter().fold(f32::NEG_INFINITY, |most, value| if *value > most { *value } else { most })
}
