//! The join of SuperCon rows to structures by composition.
//!
//! A row finds a structure in one of three tiers: the same reduced formula, the same formula up to normalization and
//! rounding, or the nearest formula within a stated share of replaced atoms, as a doped sample takes the structure of its
//! host. A structure is labelled by the rows of the nearest composition alone: what doping does to a compound says
//! nothing against a measurement of the compound itself.

mod energies;
mod index;
mod report;
mod rules;

use std::collections::{BTreeMap, HashMap};

use self::index::{difference, fractions};
pub use self::{
    energies::{ElectronVoltsPerAtom, Energies},
    index::StructureIndex,
    report::{JoinReport, MatchTier, RowOutcome, StructureOutcome},
    rules::{ConflictPolicy, JoinRules, Polymorphs, TcPolicy},
};
use crate::{
    DataError, Dataset, Kelvin, Label, Record,
    label::Evidence,
    table::{Measurement, SuperCon, SuperConRow},
};

impl StructureIndex<'_> {
    /// Labels the structures with what was measured on their composition, and says what became of every row and structure.
    ///
    /// The dataset holds the labelled records in the order in which they were indexed, each with its [`Evidence`]; every row of the table
    /// and every record has exactly one outcome in the report. A pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`DataError::DuplicateId`] if two records that are labelled have the same identifier.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::{
    ///     Record,
    ///     join::{JoinRules, StructureIndex},
    ///     table::{SuperCon, SuperConColumns},
    /// };
    ///
    /// let table = "name,Tc\nV1,5.4\nV0.95Cr0.05,3.2\nZr2Rh1,11.3\n";
    /// let supercon = SuperCon::read(table.as_bytes(), &SuperConColumns::stanev())?;
    /// let line = r#"{"id": "mp-146", "formula": "V", "species": [23], "frac_coords": [[0, 0, 0]],
    ///     "lattice": [[-1.5, 1.5, 1.5], [1.5, -1.5, 1.5], [1.5, 1.5, -1.5]]}"#;
    /// let records = [Record::from_json(line.as_bytes())?];
    /// let index = StructureIndex::new(&records, 0.1)?;
    /// let (dataset, report) = index.join(&supercon, &JoinRules::doped())?;
    /// assert_eq!(dataset.records()[0].label.map(|l| l.to_string()).as_deref(), Some("superconductor, Tc = 5.4 K"));
    /// assert_eq!(report.row_counts()["superseded by a nearer formula"], 1);
    /// assert_eq!(report.row_counts()["no structure"], 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join(&self, supercon: &SuperCon, rules: &JoinRules) -> Result<(Dataset, JoinReport), DataError> {
        let (index, records) = (self, self.records);
        let samples = group_rows(&supercon.rows);
        let mut rows: BTreeMap<u32, RowOutcome> = BTreeMap::new();
        for fault in &supercon.faults {
            rows.insert(fault.row, RowOutcome::Malformed { reason: fault.reason.to_string() });
        }
        let mut structures = vec![StructureOutcome::NotListed; records.len()];

        // Which samples have which composition as their nearest; and which compositions are near any sample at all.
        let mut claims: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
        for sample in &samples {
            let nearest = claim(sample, index, rules, |reached| {
                for structure in &index.compositions[reached.entry as usize].structures {
                    let outcome = &mut structures[structure.record as usize];
                    let known =
                        if let StructureOutcome::NearMeasured { difference } = outcome { *difference } else { 1.0 };
                    *outcome = StructureOutcome::NearMeasured { difference: known.min(reached.difference) };
                }
            });
            match nearest {
                Some((entry, claim)) => claims.entry(entry).or_default().push(claim),
                None => rows.extend(sample.iter().map(|row| (row.row, RowOutcome::NoStructure))),
            }
        }

        let mut labelled: BTreeMap<u32, (Label, Evidence)> = BTreeMap::new();
        for (entry, claims) in claims {
            let polymorphs = &index.compositions[entry as usize].structures;
            let first = || records[polymorphs[0].record as usize].id.clone();
            let nearest = claims.iter().map(|c| c.difference).fold(f64::INFINITY, f64::min);
            // Roundings of one composition count as one; otherwise only the very nearest decides.
            let reach = if nearest <= rules.rounding { rules.rounding } else { nearest + 1e-9 };
            let (winners, losers): (Vec<_>, Vec<_>) = claims.iter().partition(|c| c.difference <= reach);
            let tier = winners.iter().map(|c| c.tier).min().expect("invariant: the nearest claim is among the winners");
            for lost in losers {
                let outcome =
                    RowOutcome::Superseded { difference: lost.difference, nearer: nearest, structure: first() };
                rows.extend(lost.rows.iter().map(|row| (row.row, outcome.clone())));
            }
            let winning: Vec<&SuperConRow> = winners.iter().flat_map(|c| c.rows.iter().copied()).collect();
            let label = decide(&winning, rules);
            for (claim, row) in winners.iter().flat_map(|c| c.rows.iter().map(move |row| (c, row))) {
                let (tier, difference, found) = (claim.tier, claim.difference, row.measurement.is_transition());
                let outcome = match label.is_superconductor() {
                    None => RowOutcome::Conflict { tier, structure: first() },
                    // A limit above Tc agrees with it.
                    Some(true) if row.measurement.tested_to() > label.tc() => {
                        RowOutcome::Labels { tier, difference, structure: first() }
                    }
                    Some(answer) if answer == found => RowOutcome::Labels { tier, difference, structure: first() },
                    Some(_) => RowOutcome::Outvoted { structure: first() },
                };
                rows.insert(row.row, outcome);
            }
            let carriers = match rules.polymorphs {
                Polymorphs::Best => 1,
                Polymorphs::All => polymorphs.len(),
            };
            let mut evidence = Evidence { tier, difference: nearest, weight: 1.0 / carriers as f64, rows: Vec::new() };
            evidence.rows.extend(winning.iter().map(|row| row.row));
            evidence.rows.sort_unstable();
            for (rank, polymorph) in polymorphs.iter().enumerate() {
                structures[polymorph.record as usize] = match label {
                    Label::Conflicting { .. } => StructureOutcome::Conflict,
                    _ if rank < carriers => StructureOutcome::Labelled { tier },
                    _ => StructureOutcome::RankedLower { chosen: first() },
                };
                if rank < carriers {
                    labelled.insert(polymorph.record, (label, evidence.clone()));
                }
            }
        }

        let decided = labelled.into_iter().filter(|(_, (label, _))| label.is_superconductor().is_some());
        let labelled = decided.map(|(index, (label, evidence))| {
            let record = records[index as usize].clone();
            Record { label: Some(label), evidence: Some(Box::new(evidence)), ..record }
        });
        let dataset = Dataset::new(labelled.collect())?;
        Ok((dataset, JoinReport { rules: *rules, rows, structures }))
    }
}

/// Rows of one composition that have this composition's structures as their nearest.
struct Claim<'a> {
    tier: MatchTier,
    difference: f64,
    rows: Vec<&'a SuperConRow>,
}

/// Rows by composition as written, in the order in which the compositions first appear.
fn group_rows(rows: &[SuperConRow]) -> Vec<Vec<&SuperConRow>> {
    let mut group_of: HashMap<(bool, Vec<(u8, u64)>), usize> = HashMap::new();
    let mut groups: Vec<Vec<&SuperConRow>> = Vec::new();
    for row in rows {
        let shares = fractions(&row.composition).iter().map(|&(z, x)| (z, (x * 1e6).round() as u64)).collect();
        // Whole numbers are kept apart from fractions, because only they can match exactly.
        let group = *group_of.entry((row.composition.is_stoichiometric(), shares)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(row);
    }
    groups
}

/// The composition whose structures the sample takes; `near` is called for every composition within reach first.
fn claim<'a>(
    sample: &[&'a SuperConRow],
    index: &StructureIndex<'_>,
    rules: &JoinRules,
    near: impl FnMut(&index::Reached),
) -> Option<(u32, Claim<'a>)> {
    let composition = &sample[0].composition;
    let query = fractions(composition);
    let reached = index.within_reach(&query);
    reached.iter().for_each(near);
    let exact = index.exact(composition).filter(|&entry| {
        let found = &index.compositions[entry as usize];
        found.whole && composition.reduced().0.is_stoichiometric() && difference(&query, &found.fractions) < 1e-9
    });
    let (entry, tier, difference) = match (exact, reached.first()) {
        (Some(entry), _) => (entry, MatchTier::Exact, 0.0),
        (None, Some(best)) if best.difference <= rules.rounding => (best.entry, MatchTier::Normalized, best.difference),
        (None, Some(best)) if best.difference <= rules.doping + 1e-9 => {
            (best.entry, MatchTier::Nearest, best.difference)
        }
        _ => return None,
    };
    Some((entry, Claim { tier, difference, rows: sample.to_vec() }))
}

/// The label that measurements of one composition add up to.
fn decide(rows: &[&SuperConRow], rules: &JoinRules) -> Label {
    let transition = |row: &&SuperConRow| match row.measurement {
        Measurement::Transition(Kelvin(tc)) => Some(tc),
        Measurement::NoTransition { .. } => None,
    };
    let mut temperatures: Vec<f64> = rows.iter().filter_map(transition).collect();
    let found = temperatures.len();
    let lowest = temperatures.iter().copied().fold(f64::INFINITY, f64::min);
    // "None above 4 K" does not contradict a transition at 1 K.
    let contradicts = |row: &&&SuperConRow| match row.measurement {
        Measurement::Transition(_) => false,
        Measurement::NoTransition { tested_to } => tested_to.is_none_or(|Kelvin(limit)| limit < lowest),
    };
    let without = rows.iter().filter(contradicts).count();
    let limits = rows.iter().filter_map(|row| match row.measurement {
        Measurement::NoTransition { tested_to } => tested_to,
        Measurement::Transition(_) => None,
    });
    let none = match limits.min_by(|a, b| a.0.total_cmp(&b.0)) {
        Some(tested_to) => Label::NoTransition { tested_to },
        None => Label::NoneReported,
    };
    let Some(tc) = rules.temperatures.choose(&mut temperatures) else { return none };
    let superconductor = Label::Superconductor { tc: Some(Kelvin(tc)) };
    let conflicting = Label::Conflicting { highest: Kelvin(temperatures[found - 1]) };
    match rules.conflicts {
        _ if without == 0 => superconductor,
        ConflictPolicy::TransitionWins => superconductor,
        ConflictPolicy::KeepApart => conflicting,
        ConflictPolicy::Majority => match found.cmp(&without) {
            std::cmp::Ordering::Greater => superconductor,
            std::cmp::Ordering::Less => none,
            std::cmp::Ordering::Equal => conflicting,
        },
    }
}
