//! Measured compositions without a structure, as further examples.

use std::collections::{BTreeMap, HashSet};

use s2s_crystal::{Composition, Element};
use s2s_data::{Record, table::SuperCon};

/// Compositions with an answer; a model that takes missing values learns from them beside whole crystals.
#[derive(Debug)]
pub struct Supplement {
    examples: Vec<(Composition, bool)>,
    /// What one of them counts, a crystal counting one.
    pub weight: f64,
}

impl Supplement {
    /// One example per composition of a table: a superconductor if most of its rows report a transition.
    pub fn of_supercon(table: &SuperCon, weight: f64) -> Self {
        let mut rows = BTreeMap::new();
        for row in &table.rows {
            // Fractions that agree to a twentieth of a percent are the same sample.
            let key: Vec<(Element, u32)> =
                row.composition.fractions().map(|(e, x)| (e, (x * 2000.0).round() as u32)).collect();
            let (_, transitions, all) = rows.entry(key).or_insert((&row.composition, 0_u32, 0_u32));
            *transitions += u32::from(row.measurement.is_transition());
            *all += 1;
        }
        let example =
            |(composition, transitions, all): (&Composition, u32, u32)| (composition.clone(), 2 * transitions >= all);
        Self { examples: rows.into_values().map(example).collect(), weight }
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// The examples that share no chemical system with the crystals that are asked about: compositions, and whether each is a
    /// superconductor.
    pub fn apart_from(&self, test: &[&Record]) -> Vec<&(Composition, bool)> {
        let system = |composition: &Composition| composition.elements().collect::<Vec<Element>>();
        let asked: HashSet<Vec<Element>> = test.iter().map(|record| system(&record.crystal.composition())).collect();
        self.examples.iter().filter(|(composition, _)| !asked.contains(&system(composition))).collect()
    }
}
