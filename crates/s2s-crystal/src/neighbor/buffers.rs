//! Neighbor lists of many crystals at once.

use std::sync::{Mutex, TryLockError};

use rayon::prelude::*;

use super::NeighborList;

/// One neighbor list per thread, kept from call to call: a loop over many crystals on all cores that does not allocate.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{CellList, Crystal, CrystalError, Cutoff, Frac, Lattice, NeighborBuffers, NeighborSearch, Site};
///
/// let polonium = |edge: f64| -> Result<Crystal, CrystalError> {
///     Crystal::new(Lattice::from_parameters([edge; 3], [90.0; 3])?, vec![Site::pure("Po".parse()?, Frac([0.0; 3]))])
/// };
/// let crystals = [polonium(3.0)?, polonium(3.35)?, polonium(4.0)?];
/// let cutoff = Cutoff::angstrom(3.5)?;
///
/// let mut buffers = NeighborBuffers::default();
/// let counts = buffers.map(&crystals, |crystal, list| {
///     CellList::default().search_into(crystal, cutoff, list)?;
///     Ok::<_, CrystalError>(list.num_pairs())
/// });
/// assert_eq!(counts, [Ok(6), Ok(6), Ok(0)]);
/// # Ok::<(), CrystalError>(())
/// ```
#[derive(Debug, Default)]
pub struct NeighborBuffers(Vec<Mutex<NeighborList>>);

impl NeighborBuffers {
    /// What `work` makes of every item with a list of its own, in the order of the items.
    ///
    /// It runs on the threads of the rayon pool that the caller is in, the global one as a rule. A list holds what was
    /// searched before; every search starts it over.
    pub fn map<T, R>(&mut self, items: &[T], work: impl Fn(&T, &mut NeighborList) -> R + Sync) -> Vec<R>
    where
        T: Sync,
        R: Send,
    {
        let threads = rayon::current_num_threads();
        if self.0.len() < threads {
            self.0.resize_with(threads, Mutex::default);
        }
        let lists = &self.0;
        let one = |item: &T| {
            let list = rayon::current_thread_index().and_then(|thread| lists.get(thread));
            match list.map(Mutex::try_lock) {
                Some(Ok(mut list)) => work(item, &mut list),
                // Whatever a panic left in it, the next search overwrites.
                Some(Err(TryLockError::Poisoned(list))) => work(item, &mut list.into_inner()),
                // `work` waits for rayon itself, and this thread meanwhile began another item.
                Some(Err(TryLockError::WouldBlock)) | None => work(item, &mut NeighborList::default()),
            }
        };
        items.par_iter().map(one).collect()
    }
}
