//! Does a list of symmetry operations close to a group?
//!
//! The group that some operations generate is built up from the identity (Dimino's algorithm): whenever the list holds an
//! operation that is not yet there, it becomes a generator, and the group H so far is extended by the cosets H·r that its
//! products reach. A union of cosets is closed if the product of every representative r with every generator lies in it.
//! If no product on the way is missing from the list, and nothing of the list is left over, the list is that group; that
//! takes about |S| products instead of |S|².

use crate::SymOp;

/// How far two translations may differ and still be one: products of translations written with three decimals.
const ROUNDING: f64 = 3e-3;

/// The first two operations whose product, the first after the second, is not in the list; none if it is a group.
///
/// Operations that differ by lattice vectors are the same, and none of the list has to be there only once. The list holds
/// the identity.
pub(crate) fn missing_product(operations: &[SymOp]) -> Option<(usize, usize)> {
    let identity = operations.iter().position(|operation| *operation == SymOp::IDENTITY)?;
    if operations.len() == 1 {
        return None;
    }
    close(operations, identity, &Index::new(operations)).err()
}

/// Builds up the group that the operations generate; the error is a product that the list does not hold.
fn close(operations: &[SymOp], identity: usize, index: &Index<'_>) -> Result<(), (usize, usize)> {
    let multiply = |left: usize, right: usize| {
        let product = operations[left].after(&operations[right]);
        product.and_then(|product| index.find(&product)).ok_or((left, right))
    };
    let mut reached = vec![false; operations.len()];
    reached[identity] = true;
    let mut group = vec![identity];
    let mut generators = Vec::new();
    let mut representatives = Vec::new();
    // A repeated operation is known by its first appearance.
    for candidate in operations.iter().filter_map(|operation| index.find(operation)) {
        if reached[candidate] {
            continue;
        }
        let order = group.len();
        generators.push(candidate);
        representatives.push(candidate);
        while let Some(representative) = representatives.pop() {
            if reached[representative] {
                continue;
            }
            for k in 0..order {
                let product = multiply(group[k], representative)?;
                if !std::mem::replace(&mut reached[product], true) {
                    group.push(product);
                }
            }
            for generator in &generators {
                let product = multiply(representative, *generator)?;
                if !reached[product] {
                    representatives.push(product);
                }
            }
        }
    }
    Ok(())
}

/// The operations, filed by their rotation parts.
struct Index<'a> {
    operations: &'a [SymOp],
    /// Number of an operation plus one, zero where there is none; an operation stands in the first free slot behind its own.
    slots: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(operations: &'a [SymOp]) -> Self {
        let mut index = Self { operations, slots: vec![0; (2 * operations.len()).next_power_of_two()] };
        for (number, operation) in operations.iter().enumerate() {
            let mut slot = index.slot(operation);
            while index.slots[slot] != 0 {
                slot = (slot + 1) % index.slots.len();
            }
            index.slots[slot] = number as u32 + 1;
        }
        index
    }

    /// The first operation of the list that is this one.
    fn find(&self, operation: &SymOp) -> Option<usize> {
        let mut slot = self.slot(operation);
        while let Some(number) = (self.slots[slot] as usize).checked_sub(1) {
            let listed = &self.operations[number];
            if listed.rotation() == operation.rotation() && same(listed.translation(), operation.translation()) {
                return Some(number);
            }
            slot = (slot + 1) % self.slots.len();
        }
        None
    }

    fn slot(&self, operation: &SymOp) -> usize {
        let entries = operation.rotation().into_iter().flatten();
        let key = entries.fold(0_u64, |key, entry| key.wrapping_mul(33).wrapping_add(entry as u64));
        // Fibonacci hashing: the high bits of the product depend on every bit of the key.
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.slots.len() - 1)
    }
}

fn same(a: [f64; 3], b: [f64; 3]) -> bool {
    let apart = |k: usize| {
        let difference = (a[k] - b[k]).abs();
        difference.min(1.0 - difference)
    };
    (0..3).all(|k| apart(k) < ROUNDING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space_group;

    fn missing(operations: &[&str]) -> Option<(usize, usize)> {
        let parsed = operations.iter().map(|text| text.parse().expect("an operation of the test"));
        missing_product(&parsed.collect::<Vec<_>>())
    }

    #[test]
    fn every_setting_of_every_space_group_is_a_group() {
        for number in 1..=230 {
            for setting in space_group::by_number(number) {
                let mut operations = space_group::operations(setting.hall).expect("a tabulated symbol has operations");
                assert_eq!(missing_product(&operations), None, "{}", setting.hall);
                // Any operation but the identity is needed, unless it was all there was beside it.
                if operations.len() > 2 {
                    operations.pop();
                    assert!(missing_product(&operations).is_some(), "{}", setting.hall);
                }
            }
        }
    }

    #[test]
    fn rounded_shifts_and_repeated_operations_are_no_fault() {
        assert_eq!(
            missing(&["x,y,z", "x,y,z+0.143", "x,y,z+.286", "x,y,z+.429", "x,y,z+.571", "x,y,z+.714", "x,y,z+.857"]),
            None
        );
        assert_eq!(missing(&["x,y,z", "-x,-y,-z", "-x,-y,-z", "x,y,z"]), None);
    }

    #[test]
    fn the_first_missing_product_is_named() {
        assert_eq!(missing(&["x,y,z", "-y,x,z"]), Some((1, 1)));
        assert_eq!(missing(&["x,y,z", "-x,y,z", "x,-y,z"]), Some((1, 2)));
        assert_eq!(missing(&["x,y,z", "x,y,z+1/5"]), Some((1, 1)));
        // A shear never comes back.
        assert_eq!(missing(&["x,y,z", "x+y,y,z"]), Some((1, 1)));
    }
}
