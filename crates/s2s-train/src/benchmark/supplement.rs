//! Measured compositions without a structure, as further examples.

use std::collections::{BTreeMap, HashSet};

use s2s_crystal::{Composition, Crystal, CrystalError, Element, Frac, Lattice, Occupant, Site, Species};
use s2s_data::{Record, SuperCon};

/// Compositions with an answer; a model that takes missing values learns from them beside whole crystals.
#[derive(Debug)]
pub struct Supplement {
    examples: Vec<(Record, bool)>,
    /// What one of them counts, a crystal counting one.
    pub weight: f64,
}

impl Supplement {
    /// One example per composition of a table: a superconductor if most of its rows report a transition.
    ///
    /// # Errors
    ///
    /// [`CrystalError`] if a composition cannot be held by a site.
    pub fn of_supercon(table: &SuperCon, weight: f64) -> Result<Self, CrystalError> {
        let mut rows = BTreeMap::new();
        for row in &table.rows {
            // Fractions that agree to a twentieth of a percent are the same sample.
            let key: Vec<(Element, u32)> =
                row.composition.fractions().map(|(e, x)| (e, (x * 2000.0).round() as u32)).collect();
            let (_, transitions, all) = rows.entry(key).or_insert((&row.composition, 0_u32, 0_u32));
            *transitions += u32::from(row.measurement.is_transition());
            *all += 1;
        }
        let example = |(number, (composition, transitions, all)): (usize, (&Composition, u32, u32))| {
            Ok((stand_in(number, composition)?, 2 * transitions >= all))
        };
        let examples = rows.into_values().enumerate().map(example).collect::<Result<_, CrystalError>>()?;
        Ok(Self { examples, weight })
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// The examples that share no chemical system with the crystals that are asked about.
    pub(super) fn apart_from(&self, test: &[&Record]) -> Vec<&(Record, bool)> {
        let system = |record: &Record| record.crystal.composition().elements().collect::<Vec<Element>>();
        let asked: HashSet<Vec<Element>> = test.iter().map(|record| system(record)).collect();
        self.examples.iter().filter(|(record, _)| !asked.contains(&system(record))).collect()
    }
}

/// A record of which only the composition means anything: all elements share one site of a cube.
fn stand_in(number: usize, composition: &Composition) -> Result<Record, CrystalError> {
    let share = |(element, occupancy)| Occupant { element, occupancy, oxidation: None };
    let species = Species::new(composition.fractions().map(share).collect())?;
    let site = Site { species, position: Frac([0.0; 3]) };
    let crystal = Crystal::new(Lattice::from_parameters([3.0; 3], [90.0; 3])?, vec![site])?;
    Ok(Record::new(format!("composition-{number}"), composition.to_string(), crystal))
}
