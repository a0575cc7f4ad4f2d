//! The thread pool of a command.

use crate::failure::Failure;

/// Sets how many there are; without a number as many as the machine has.
pub(crate) fn set_threads(threads: Option<u16>) -> Result<(), Failure> {
    let Some(threads) = threads else { return Ok(()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into());
    pool.build_global().map_err(Failure::library)
}
