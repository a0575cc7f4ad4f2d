use s2s_data::{
    Dataset, Kelvin, Label, Record, RecordStream,
    audit::{Audit, AuditPlan, ShortcutFeature, SplitKind, SuspicionReason},
};

use crate::{join::structure, real_data::folder};

fn labelled(mut record: Record, superconductor: bool) -> Record {
    record.formula = record.crystal.composition().reduced_formula().into();
    record.with_label(if superconductor {
        Label::Superconductor { tc: Some(Kelvin(1.0)) }
    } else {
        Label::NoneReported
    })
}

fn plan(features: &[ShortcutFeature], splits: &[SplitKind]) -> AuditPlan {
    AuditPlan { features: features.to_vec(), splits: splits.to_vec(), trees: 30, ..AuditPlan::quick(1) }
}

#[test]
fn labels_that_depend_on_nothing_are_not_predicted() {
    let labels = s2s_data::split::permutation(400, 5, 0).into_iter().map(|i| i % 2 == 0);
    let records = labels.enumerate().map(|(i, label)| {
        let cell = structure(&i.to_string(), &[20 + (i % 7) as u8, 30 + (i % 11) as u8]);
        labelled(cell, label)
    });
    let dataset = Dataset::new(records.collect()).unwrap();
    let plan = plan(
        &[ShortcutFeature::RowNumber, ShortcutFeature::AtomOrder, ShortcutFeature::All],
        &[SplitKind::Random, SplitKind::Formula],
    );
    for p in Audit::new(&dataset, &plan).unwrap().predictability {
        assert!((p.roc_auc - 0.5).abs() < 0.12, "{p:?}");
    }
}

#[test]
fn the_order_of_a_file_that_lists_superconductors_first_gives_them_away() {
    let records = (0..200).map(|i| labelled(structure(&format!("x{i}"), &[3 + (i % 50) as u8]), i < 100));
    let dataset = Dataset::new(records.collect()).unwrap();
    let audit = Audit::new(&dataset, &plan(&[ShortcutFeature::RowNumber], &[SplitKind::Random])).unwrap();
    assert!(audit.of(ShortcutFeature::RowNumber, SplitKind::Random).unwrap().roc_auc > 0.98);
    let warnings = audit.warnings();
    assert!(warnings[0].ends_with("never split without shuffling"), "{warnings:?}");
}

#[test]
fn twins_contradictions_and_impossible_solids_are_listed() {
    let sparse = Record::from_json(
        br#"{"id": "gas", "formula": "La", "species": [57], "frac_coords": [[0, 0, 0]], "lattice": [[9,0,0],[0,9,0],[0,0,9]]}"#,
    )
    .unwrap();
    let mut renamed = labelled(structure("renamed", &[40, 41]), false);
    renamed.formula = "ZrMo".into();
    let records = vec![
        labelled(structure("a", &[23, 41]), true),
        labelled(structure("b", &[41, 23]), false),
        labelled(sparse, true),
        renamed,
        labelled(structure("c", &[23, 41, 23, 41, 23, 41, 23, 41]), true),
    ];
    let dataset = Dataset::new(records).unwrap();
    let audit = Audit::new(&dataset, &AuditPlan { folds: 2, ..plan(&[], &[]) }).unwrap();
    let pairs: Vec<(&str, &str, bool)> =
        audit.duplicates.iter().map(|d| (d.first.as_str(), d.second.as_str(), d.same_label)).collect();
    assert_eq!(pairs, [("a", "b", false)]);
    let conflict = &audit.label_conflicts[0];
    assert_eq!((conflict.superconductors.len(), conflict.others.len(), conflict.formula.as_str()), (2, 1, "NbV"));
    let suspicions: Vec<String> = audit.suspicions.iter().map(|s| format!("{}: {}", s.id, s.reason)).collect();
    assert_eq!(
        suspicions,
        [
            "gas: 729 Å³ per atom is no solid",
            "renamed: the formula that is written is not that of the atoms",
            "c: two atoms are 1.12 Å apart"
        ]
    );
}

/// Boosted trees gave 0.901, 0.853 and 0.895; another learner and other folds may change that a little.
#[test]
fn the_s2s_set_gives_its_labels_away() {
    let Some(folder) = folder("the_s2s_set_gives_its_labels_away") else { return };
    let records: Vec<Record> = RecordStream::open(folder.s2s()).unwrap().map(Result::unwrap).collect();
    let dataset = Dataset::new(records).unwrap();
    let features =
        [ShortcutFeature::RowNumber, ShortcutFeature::Counts, ShortcutFeature::ElementCount, ShortcutFeature::Writing];
    let audit = Audit::new(&dataset, &plan(&features, &[SplitKind::Random])).unwrap();
    let auc = |feature| audit.of(feature, SplitKind::Random).unwrap().roc_auc;
    assert!(auc(ShortcutFeature::RowNumber) > 0.97);
    assert!((auc(ShortcutFeature::Counts) - 0.901).abs() < 0.02, "{}", auc(ShortcutFeature::Counts));
    assert!((auc(ShortcutFeature::ElementCount) - 0.853).abs() < 0.02);
    assert!((auc(ShortcutFeature::Writing) - 0.895).abs() < 0.04, "{}", auc(ShortcutFeature::Writing));
    let sparse: Vec<&str> = audit
        .suspicions
        .iter()
        .filter(|s| s.superconductor && matches!(s.reason, SuspicionReason::TooSparse(_)))
        .map(|s| s.formula.as_str())
        .collect();
    assert_eq!(sparse, ["Bi", "LaS"]);
}
