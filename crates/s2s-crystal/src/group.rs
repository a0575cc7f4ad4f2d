//! Closure of lists of symmetry operations to groups.
//!
//! The group that some operations generate is built up from the identity (Dimino's algorithm): whenever the list holds an
//! operation that is not yet there, it becomes a generator, and the group H so far is extended by the cosets H·r that its
//! products reach. A union of cosets is closed if the product of every representative r with every generator lies in it.
//! If no product on the way is missing from the list, and nothing of the list is left over, the list is that group; that
//! takes about |S| products instead of |S|².
//!
//! Translations are rounded, so a product is the *nearest* listed operation within a tolerance. That is no equivalence:
//! 0, 0.002 and 0.004 are each within 0.003 of the next. Two facts of every group, which exact arithmetic would imply,
//! are therefore checked: cosets are disjoint, and multiplication by a generator takes no two operations to the same one.
//! The first bounds the work (every coset adds |H| operations), the second refuses lists that are groups by rounding only.

use crate::SymOp;

/// How far the translation of a product may be from the listed one: products of translations written with three decimals.
const ROUNDING: f64 = 3e-3;

/// How far two listed translations may differ and still be one number, written with three decimals and with more.
const REPEATED: f64 = 5.1e-4;

/// The first two operations whose product, the first after the second, is not in the list; none if it is a group.
///
/// Operations that differ by lattice vectors are the same, and none of the list has to be there only once. The list holds
/// the identity.
pub(crate) fn missing_product(operations: &[SymOp]) -> Option<(usize, usize)> {
    let identity = operations.iter().position(|operation| *operation == SymOp::IDENTITY)?;
    if operations.len() == 1 {
        return None;
    }
    close(identity, &Index::new(operations)).err()
}

/// Builds up the group that the operations generate; the error is a product that the list does not hold.
fn close(identity: usize, index: &Index<'_>) -> Result<(), (usize, usize)> {
    let operations = index.operations;
    let multiply = |left: usize, right: usize| {
        let product = operations[left].after(&operations[right]);
        product.and_then(|product| index.find(&product)).ok_or((left, right))
    };
    let mut reached = vec![false; operations.len()];
    let identity = index.find(&operations[identity]).unwrap_or(identity);
    reached[identity] = true;
    let mut group = vec![identity];
    let mut generators = Vec::new();
    let mut representatives = Vec::new();
    for &candidate in &index.distinct {
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
                if std::mem::replace(&mut reached[product], true) {
                    return Err((group[k], representative));
                }
                group.push(product);
            }
            for generator in &generators {
                let product = multiply(representative, *generator)?;
                if !reached[product] {
                    representatives.push(product);
                }
            }
        }
    }
    if index.ambiguous {
        for generator in generators {
            reached.fill(false);
            for &operation in &index.distinct {
                let product = multiply(operation, generator)?;
                if std::mem::replace(&mut reached[product], true) {
                    return Err((operation, generator));
                }
            }
        }
    }
    Ok(())
}

/// The operations, filed by their rotation parts.
struct Index<'a> {
    operations: &'a [SymOp],
    /// The operations of the list that repeat none before them.
    distinct: Vec<usize>,
    /// Whether a product can lie within the tolerance of two operations.
    ambiguous: bool,
    /// Number of an operation plus one, zero where there is none; an operation stands in the first free slot behind its own.
    slots: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(operations: &'a [SymOp]) -> Self {
        let slots = vec![0; (2 * operations.len()).next_power_of_two()];
        let mut index = Self { operations, distinct: Vec::with_capacity(operations.len()), ambiguous: false, slots };
        for (number, operation) in operations.iter().enumerate() {
            let nearest = index.nearest(operation);
            if nearest.is_some_and(|(_, apart)| apart < REPEATED) {
                continue;
            }
            index.ambiguous |= nearest.is_some_and(|(_, apart)| apart < 2.0 * ROUNDING);
            let mut slot = index.slot(operation);
            while index.slots[slot] != 0 {
                slot = (slot + 1) % index.slots.len();
            }
            index.slots[slot] = number as u32 + 1;
            index.distinct.push(number);
        }
        index
    }

    /// The operation of the list that equals this one up to rounding.
    fn find(&self, operation: &SymOp) -> Option<usize> {
        self.nearest(operation).filter(|(_, apart)| *apart < ROUNDING).map(|(number, _)| number)
    }

    /// The nearest operation with the same rotation part, the first of equally near ones, and how far it is.
    fn nearest(&self, operation: &SymOp) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let mut slot = self.slot(operation);
        while let Some(number) = (self.slots[slot] as usize).checked_sub(1) {
            let listed = &self.operations[number];
            if listed.rotation() == operation.rotation() {
                let apart = apart(listed.translation(), operation.translation());
                if best.is_none_or(|(_, least)| apart < least) {
                    best = Some((number, apart));
                }
            }
            slot = (slot + 1) % self.slots.len();
        }
        best
    }

    fn slot(&self, operation: &SymOp) -> usize {
        let entries = operation.rotation().into_iter().flatten();
        let key = entries.fold(0_u64, |key, entry| key.wrapping_mul(33).wrapping_add(entry as u64));
        // Fibonacci hashing: the high bits of the product depend on every bit of the key.
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.slots.len() - 1)
    }
}

/// The largest difference of two translations in [0, 1), whole steps left out.
fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    let along = |k: usize| {
        let difference = (a[k] - b[k]).abs();
        difference.min(1.0 - difference)
    };
    along(0).max(along(1)).max(along(2))
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

    #[test]
    fn translations_within_the_tolerance_of_each_other_are_no_group() {
        let steps = |count: usize, step: f64| {
            let texts = (0..count).map(|k| format!("x,y,z+{}", k as f64 * step)).collect::<Vec<_>>();
            missing(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(steps(3, 0.002), Some((2, 1)));
        assert!(steps(2, 0.001).is_some());
        // A thousandth of the cell, a thousand times over, is a group; where ten are left out, it is none.
        assert_eq!(steps(1000, 0.001), None);
        assert!(steps(990, 0.001).is_some());
        // 1,024 steps of 0.002 go twice around and repeat themselves; 1,023 steps that end short of the cell do not close.
        assert_eq!(steps(1024, 0.002), None);
        assert!(steps(1023, 0.000_97).is_some());
    }

    #[test]
    fn operations_within_the_tolerance_around_a_screw_are_no_group() {
        assert!(missing(&["x,y,z", "-x,-y,z+0.501", "-x,-y,z+.503", "x,y,z+0.002"]).is_some());
        assert!(missing(&["x,y,z", "-x,-y,-z", "-x+.002,-y,-z"]).is_some());
    }
}
