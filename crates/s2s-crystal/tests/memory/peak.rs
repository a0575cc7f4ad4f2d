//! The most that is allocated at once, for test binaries of one test each: the count is that of the whole process.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The most bytes that were allocated at once, beyond what was held before, while something was done.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let outcome = work();
    (ALLOCATED.peak_usage().saturating_sub(before), outcome)
}
