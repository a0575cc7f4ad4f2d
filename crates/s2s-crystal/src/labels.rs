//! Names for sites: an element and a number, such as `Fe1`.

use crate::{Element, Species};

/// Counts the sites of each element.
#[derive(Debug)]
pub(crate) struct Labels([u32; Element::MAX_ATOMIC_NUMBER as usize + 1]);

impl Default for Labels {
    fn default() -> Self {
        Self([0; Element::MAX_ATOMIC_NUMBER as usize + 1])
    }
}

impl Labels {
    /// The next label for a site of this species, which is named after its largest share.
    pub(crate) fn next(&mut self, species: &Species) -> String {
        self.of(species.majority_element())
    }

    pub(crate) fn of(&mut self, element: Element) -> String {
        let count = &mut self.0[usize::from(element.atomic_number())];
        *count += 1;
        format!("{element}{count}")
    }
}
