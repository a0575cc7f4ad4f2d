//! Evenly spaced Gaussians by multiplication.
//!
//! With z = (d − μ₀)/σ and the spacing h of the centers in units of σ, the values are `exp(−(z − k·h)²)`. The quotient of
//! two of them, `m` apart, is `exp(2·m·h·(z − k·h) − (m·h)²)`, and changes by the constant factor `exp(−2·(m·h)²)` each
//! time k grows by `m`: a value costs two products and no exponential. Products are in double precision; after n of them
//! the relative error is below n²·10⁻¹⁶, that is 10⁻¹² for the 512 centers of the paper and 10⁻¹⁰ for the longest block.
//!
//! Where centers are close (h ≤ ¼), eight values are carried side by side from the first center of a block on. Where they
//! are far apart, one value is carried from the nearest center outward, until it is too small to count.
//!
//! For many distances, `exp(−z²) · exp(2·z·h)^k · exp(−(k·h)²)` is cheaper still: the last factor is a table that all
//! distances share, the middle one a power that grows by a constant factor from sixteen centers to the next. These products
//! are in single precision, but no more than four roundings lead to a value.

use pulp::{Arch, NullaryFnOnce};

use super::GaussianBasis;

/// Values carried side by side.
const LANES: usize = 8;

/// Values computed side by side with a table.
const WIDE: usize = 16;

/// How many σ a block may span.
///
/// Where any value of the block counts (|z| < 9.4) its first value is then above e^(−(9.4 + 16)²) ≈ 10⁻²⁸⁰, which is
/// still a normal number, and no product overflows.
const MAX_SPAN: f64 = 16.0;

/// Centers per block, so that the error of the products stays bounded.
const MAX_BLOCK: f64 = 4096.0;

/// How many σ a block with a table may span: far enough for 512 centers of the paper, near enough that no factor is
/// small where its product is not.
const TABLE_SPAN: f64 = 2.6;

/// What is the same for all distances.
pub(super) struct Products {
    basis: GaussianBasis,
    /// Spacing of the centers in σ.
    h: f64,
    /// Centers per block; zero where they are too far apart for blocks.
    block: usize,
    /// exp(−2 h²): how the quotient of neighbors changes from each to the next.
    next: f64,
    /// exp(−2 · 8 h · h): how the quotient over eight centers changes from each to the next.
    across: f64,
    /// exp(−2 · (8 h)²): how it changes over eight centers.
    stride: f64,
}

/// The products of many distances with one table, compiled for several CPUs.
struct WithTable<'a> {
    products: &'a Products,
    table: &'a [f32],
    distances: &'a [f64],
    out: &'a mut [f32],
}

impl NullaryFnOnce for WithTable<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { products, table, distances, out } = self;
        let basis = &products.basis;
        for (row, distance) in out.chunks_exact_mut(basis.count).zip(distances) {
            for (number, values) in row.chunks_mut(table.len()).enumerate() {
                let z = (distance - basis.center(number * table.len())) / basis.width;
                expand_with(table, z, products.h, values);
            }
        }
    }
}

#[inline(always)]
fn expand_with(table: &[f32], z: f64, h: f64, out: &mut [f32]) {
    let each = (2.0 * z * h).exp();
    // Powers of `each` from 0 to 15, from 4 products in a row instead of 15.
    let mut powers = [1.0_f64; WIDE];
    let mut square = each;
    for length in [1, 2, 4, 8] {
        for lane in 0..length {
            powers[length + lane] = powers[lane] * square;
        }
        square *= square;
    }
    let over_lanes = square;
    // The greatest lane is one, so that the scale is not denormal where a value is not.
    let greatest = powers[WIDE - 1].max(1.0);
    let lanes = powers.map(|power| (power / greatest) as f32);
    let mut scale = (-z * z).exp() * greatest;
    let (rows, rest) = out.as_chunks_mut::<WIDE>();
    for (row, factors) in rows.iter_mut().zip(table.as_chunks::<WIDE>().0) {
        // Complete before it is stored, so that no store can be taken to change a factor.
        let single = scale as f32;
        let factors = *factors;
        *row = std::array::from_fn(|lane| bounded(single * lanes[lane] * factors[lane]));
        scale *= over_lanes;
    }
    for ((output, lane), factor) in rest.iter_mut().zip(lanes).zip(&table[WIDE * rows.len()..]) {
        *output = bounded(scale as f32 * lane * factor);
    }
}

impl Products {
    pub(super) fn new(basis: &GaussianBasis) -> Self {
        let h = basis.step / basis.width;
        let block = (MAX_SPAN / h.abs()).min(MAX_BLOCK) as usize / LANES * LANES;
        let lanes = LANES as f64;
        Self {
            basis: *basis,
            h,
            block: if block >= 8 * LANES && basis.count >= LANES { block } else { 0 },
            next: (-2.0 * h * h).exp(),
            across: (-2.0 * lanes * h * h).exp(),
            stride: (-2.0 * lanes * lanes * h * h).exp(),
        }
    }

    /// One value per center for each distance; none is zero or denormal.
    pub(super) fn expand_all(&self, distances: &[f64], out: &mut [f32]) {
        let count = self.basis.count;
        let most = ((TABLE_SPAN / self.h.abs()).min(count as f64) as usize).next_multiple_of(WIDE).min(count);
        if most < 4 * WIDE || distances.len() < 4 {
            let rows = out.chunks_exact_mut(count).zip(distances);
            rows.for_each(|(row, distance)| self.expand_into(*distance, row));
            return;
        }
        let mut table = vec![0.0; most];
        self.expand_block(0.0, &mut table);
        // The widest registers of the CPU; every width rounds each product alike.
        Arch::new().dispatch(WithTable { products: self, table: &table, distances, out });
    }

    /// One value per center; none is zero or denormal.
    pub(super) fn expand_into(&self, distance: f64, out: &mut [f32]) {
        if self.block == 0 {
            return self.expand_outward(distance, out);
        }
        for (number, values) in out.chunks_mut(self.block).enumerate() {
            let z = (distance - self.basis.center(number * self.block)) / self.basis.width;
            self.expand_block(z, values);
        }
    }

    fn expand_block(&self, z: f64, out: &mut [f32]) {
        let stride = LANES as f64 * self.h;
        let mut value = (-z * z).exp();
        let mut quotient = (self.h * (2.0 * z - self.h)).exp();
        let mut far_quotient = (stride * (2.0 * z - stride)).exp();
        let mut values = [0.0; LANES];
        let mut quotients = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = value;
            quotients[lane] = far_quotient;
            value *= quotient;
            quotient *= self.next;
            far_quotient *= self.across;
        }
        let mut rows = out.chunks_exact_mut(LANES);
        for row in &mut rows {
            for lane in 0..LANES {
                row[lane] = normal(values[lane]);
                values[lane] *= quotients[lane];
                quotients[lane] *= self.stride;
            }
        }
        for (output, value) in rows.into_remainder().iter_mut().zip(values) {
            *output = normal(value);
        }
    }

    fn expand_outward(&self, distance: f64, out: &mut [f32]) {
        let offset = (distance - self.basis.first) / self.basis.width;
        // Also right where all centers coincide: a quotient that is not a number becomes center 0.
        let nearest = ((offset / self.h).round().max(0.0) as usize).min(out.len() - 1);
        let z = (distance - self.basis.center(nearest)) / self.basis.width;
        let peak = (-z * z).exp();
        let (below, above) = out.split_at_mut(nearest);
        self.carry(peak, (self.h * (2.0 * z - self.h)).exp(), above.iter_mut());
        let first_below = (-self.h * (2.0 * z + self.h)).exp();
        self.carry(peak * first_below, first_below * self.next, below.iter_mut().rev());
    }

    fn carry<'a>(&self, mut value: f64, mut quotient: f64, outputs: impl Iterator<Item = &'a mut f32>) {
        for output in outputs {
            *output = normal(value);
            value *= quotient;
            quotient *= self.next;
        }
    }
}

/// In single precision and in (0, 1].
fn normal(value: f64) -> f32 {
    bounded(value as f32)
}

/// Between the smallest number that is not denormal and one; small where zero times infinity was meant to be.
#[inline(always)]
fn bounded(value: f32) -> f32 {
    let value = if value > f32::MIN_POSITIVE { value } else { f32::MIN_POSITIVE };
    if value < 1.0 { value } else { 1.0 }
}
