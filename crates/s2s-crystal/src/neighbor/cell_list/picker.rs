//! A branch-free filter of candidates.

/// Candidates that are tested together: eight lanes of indices that fit in a byte.
pub(super) const BLOCK: usize = 248;

/// Finds out which candidates of a block pass a test.
///
/// Whether an atom is near is a coin toss to the CPU, and a mispredicted branch costs as much as testing a dozen
/// atoms. So the test is done for all, in vector registers; then eight flags at a time are turned into the list of those
/// that are set by looking it up.
#[derive(Debug)]
pub(super) struct Picker {
    flags: [u8; BLOCK],
    picked: [u8; BLOCK + 8],
}

impl Default for Picker {
    fn default() -> Self {
        Self { flags: [0; BLOCK], picked: [0; BLOCK + 8] }
    }
}

impl Picker {
    /// Indices of the candidates that pass, but for the one to leave out; at most [`BLOCK`] candidates.
    #[inline(always)]
    pub(super) fn pick(
        &mut self,
        x: &[f32],
        y: &[f32],
        z: &[f32],
        leave_out: Option<usize>,
        passes: impl Fn(f32, f32, f32) -> bool,
    ) -> &[u8] {
        let len = x.len();
        for (((flag, x), y), z) in self.flags[..len].iter_mut().zip(x).zip(y).zip(z) {
            *flag = u8::from(passes(*x, *y, *z));
        }
        let whole = len.next_multiple_of(8);
        self.flags[len..whole].fill(0);
        if let Some(flag) = leave_out.and_then(|k| self.flags[..len].get_mut(k)) {
            *flag = 0;
        }
        let mut count = 0;
        let mut base = 0;
        for eight in self.flags[..whole].chunks_exact(8) {
            let flags = u64::from_le_bytes(eight.try_into().expect("invariant: chunks are of eight"));
            // Moves the lowest bit of byte k to bit k of the highest byte; no two of them meet on the way.
            let mask = flags.wrapping_mul(0x0102_0408_1020_4080) >> 56;
            let indices = INDICES[mask as usize] + base;
            self.picked[count..count + 8].copy_from_slice(&indices.to_le_bytes());
            // The sum of all bytes.
            count += (flags.wrapping_mul(0x0101_0101_0101_0101) >> 56) as usize;
            base = base.wrapping_add(0x0808_0808_0808_0808);
        }
        &self.picked[..count]
    }
}

/// For every set of flags, the indices of those that are set, one per byte, lowest first.
static INDICES: [u64; 256] = {
    let mut table = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut bit, mut byte) = (0, 0);
        while bit < 8 {
            if mask >> bit & 1 == 1 {
                table[mask] |= bit << (8 * byte);
                byte += 1;
            }
            bit += 1;
        }
        mask += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picked_are_those_that_pass() {
        let mut picker = Picker::default();
        for len in [0, 1, 7, 8, 9, 100, 247, 248] {
            let x = (0..len).map(|k| (k * 7919 % 101) as f32).collect::<Vec<_>>();
            for limit in [0.0, 13.0, 50.0, 101.0] {
                let expected = (0..len).filter(|k| x[*k] < limit && *k != 9).map(|k| k as u8).collect::<Vec<_>>();
                assert_eq!(picker.pick(&x, &x, &x, Some(9), |x, _, _| x < limit), expected, "{len} {limit}");
            }
        }
    }
}
