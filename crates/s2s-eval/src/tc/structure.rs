//! Structures of the compositions of a table.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use s2s_crystal::{Composition, Crystal};
use s2s_data::Record;

use super::rounded;

/// One crystal per composition.
#[derive(Clone, Debug, Default)]
pub struct Structures {
    by_composition: BTreeMap<Vec<(u8, u32)>, Arc<Crystal>>,
    polymorphs: usize,
}

impl Structures {
    /// Of several crystals of one composition that with the fewest sites, of these the first.
    pub fn new(records: impl IntoIterator<Item = Record>) -> Self {
        let mut all = Self::default();
        for Record { crystal, .. } in records {
            match all.by_composition.entry(rounded(&crystal.composition())) {
                Entry::Vacant(entry) => {
                    entry.insert(Arc::new(crystal));
                }
                Entry::Occupied(mut entry) => {
                    all.polymorphs += 1;
                    if crystal.num_sites() < entry.get().num_sites() {
                        entry.insert(Arc::new(crystal));
                    }
                }
            }
        }
        all
    }

    /// The crystal that has the shares of the elements of a composition, to five digits.
    pub fn of(&self, composition: &Composition) -> Option<Arc<Crystal>> {
        self.by_composition.get(&rounded(composition)).cloned()
    }

    /// Crystals that are left out, as another one has their composition.
    pub fn polymorphs(&self) -> usize {
        self.polymorphs
    }
}
