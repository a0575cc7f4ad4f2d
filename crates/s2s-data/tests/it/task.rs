use s2s_data::{
    Dataset, Folds, Label, Record,
    file::{FileEntry, Manifest},
    join::{JoinRules, MatchTier, StructureIndex},
    record::RecordWriter,
    split::FoldFile,
    table::{SuperCon, SuperConColumns},
    task::{Agreement, AgreementOutcome, Matching, NegativeSampling, measured, rebuild},
};

use crate::join::structure;

fn joined(rows: &str, records: &[Record]) -> (Dataset, s2s_data::join::JoinReport, SuperCon) {
    let table = SuperCon::read(format!("name,Tc\n{rows}").as_bytes(), &SuperConColumns::stanev()).unwrap();
    let index = StructureIndex::new(records, 0.1).unwrap();
    let (dataset, report) = index.join(&table, &JoinRules::doped()).unwrap();
    (dataset, report, table)
}

/// Forty structures of two elements, one of them listed as a superconductor and one measured without a transition.
fn collection() -> Vec<Record> {
    (0..40_u8).map(|i| structure(&format!("mp-{i}"), &[20 + i, 60 + i / 2])).collect()
}

fn bytes(dataset: &Dataset) -> Vec<u8> {
    let mut writer = RecordWriter::new(Vec::new());
    dataset.records().iter().for_each(|record| writer.write(record).unwrap());
    writer.finish().unwrap()
}

#[test]
fn a_rebuilt_set_depends_on_its_seed_alone() {
    let records = collection();
    let (dataset, report, _) = joined("Ca1Nd1,3\nSc1Nd1,0\n", &records);
    let sampling = |seed| NegativeSampling { per_positive: 10, matching: Matching::SizeAndElements, seed };
    let build = |seed| rebuild(&dataset, &report, &records, sampling(seed)).unwrap();
    let (set, summary) = build(1);
    assert_eq!((summary.positives, summary.negatives), (1, 10));
    assert_eq!(bytes(&set), bytes(&build(1).0));
    assert_ne!(bytes(&set), bytes(&build(2).0));
    // What was measured is no "not listed", whatever the measurement said.
    assert!(set.records().iter().all(|r| r.label != Some(Label::NoneReported) && r.id.as_str() != "mp-1"));
    let (_, short) =
        rebuild(&dataset, &report, &records, NegativeSampling { per_positive: 1000, ..sampling(1) }).unwrap();
    assert_eq!((short.shortages[0].wanted, short.shortages[0].found), (1000, short.negatives));
}

#[test]
fn the_measured_set_has_measurements_only() {
    let (dataset, _, _) = joined("Ca1Nd1,3\nSc1Nd1,0\n", &collection());
    let measured = measured(&dataset, MatchTier::Exact).unwrap();
    let labels: Vec<String> = measured.records().iter().map(|r| r.label.unwrap().to_string()).collect();
    assert_eq!(labels, ["superconductor, Tc = 3 K", "no transition reported"]);
}

#[test]
fn what_a_rebuilt_set_does_not_find_again_has_a_reason() {
    let records = collection();
    let (dataset, report, table) = joined("Ca1Nd1,3\nSc1Nd1,0\nXe1Kr3,1\nTi1Pm1,1\nTi1Pm1,0\n", &records);
    let sampling = NegativeSampling { per_positive: 1, matching: Matching::Random, seed: 1 };
    let (rebuilt, _) = rebuild(&dataset, &report, &records, sampling).unwrap();
    let published: Vec<Record> = [&[20, 60][..], &[21, 60], &[54, 36, 36, 36], &[22, 61], &[1, 16]]
        .iter()
        .enumerate()
        .map(|(i, elements)| structure(&i.to_string(), elements).with_label(Label::Superconductor { tc: None }))
        .collect();
    let agreement = Agreement::new(&Dataset::new(published).unwrap(), &rebuilt, &table).unwrap();
    let outcomes: Vec<&AgreementOutcome> = agreement.0.values().collect();
    assert!(matches!(outcomes[0], AgreementOutcome::SameStructure { id } if id.as_str() == "mp-0"));
    assert_eq!(
        outcomes[1..],
        [
            &AgreementOutcome::MeasuredWithout,
            &AgreementOutcome::NoStructure,
            &AgreementOutcome::Conflicting,
            &AgreementOutcome::NotInTable
        ]
    );
}

#[test]
fn a_changed_source_byte_is_refused() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("manifest");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("rows.csv");
    std::fs::write(&path, "name,Tc\nNb1,9\n").unwrap();
    let mut manifest = Manifest::new();
    manifest.sources.insert("rows.csv".into(), FileEntry::of(&path).unwrap());
    let manifest: Manifest = serde_json::from_str(&serde_json::to_string(&manifest).unwrap()).unwrap();
    manifest.verify_source("rows.csv", &path).unwrap();
    std::fs::write(&path, "name,Tc\nNb1,8\n").unwrap();
    let message = manifest.verify_source("rows.csv", &path).unwrap_err().to_string();
    assert!(message.starts_with("rows.csv is not the file of the manifest: SHA-256 "), "{message}");
    assert_eq!(
        manifest.verify_source("other.csv", &path).unwrap_err().to_string(),
        "the manifest does not list other.csv"
    );
    // `printf abc | sha256sum`
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(FileEntry::of_stream(&b"abc"[..]).unwrap().sha256, abc);
}

#[test]
fn published_folds_are_read_and_written_by_identifier() {
    let records = collection();
    let labels: Vec<bool> = (0..40).map(|i| i % 2 == 0).collect();
    let folds: Vec<_> = Folds::stratified(&labels, 5, 1).unwrap().splits().collect();
    let mut file = FoldFile::default();
    file.insert("task", &records, folds.clone());
    let file = FoldFile::from_json(file.to_json().as_bytes()).unwrap();
    assert_eq!(file.splits("task", &records).unwrap(), folds);
    let message =
        |text: &str| FoldFile::from_json(text.as_bytes()).unwrap().splits("t", &records).unwrap_err().to_string();
    let fold = |train: &str, test: &str| {
        format!(r#"{{"splits": {{"t": {{"fold_0": {{"train": [{train}], "test": [{test}]}}}}}}}}"#)
    };
    assert_eq!(message(&fold("\"mp-1\"", "\"mp-77\"")), "t, fold_0: the dataset has no mp-77");
    assert_eq!(message(&fold("\"mp-1\"", "\"mp-1\"")), "t, fold_0: mp-1 appears twice");
    assert_eq!(message(r#"{"splits": {"u": {}}}"#), "no task \"t\", only [\"u\"]");
    assert_eq!(
        message(r#"{"splits": {"t": {"first": {"train": [], "test": []}}}}"#),
        "t: \"first\" is not the name of a fold: they are fold_0, fold_1, … without a gap"
    );
    let empty = r#"{"train": [], "test": []}"#;
    for folds in ["fold_00", "fold_1", "fold_+0"] {
        let text = format!(r#"{{"splits": {{"t": {{"{folds}": {empty}}}}}}}"#);
        assert!(message(&text).starts_with(&format!("t: {folds:?} is not the name of a fold")), "{folds}");
    }
    for text in [
        format!(r#"{{"splits": {{"t": {{"fold_0": {empty}, "fold_0": {empty}}}}}}}"#),
        r#"{"splits": {"t": {}, "t": {}}}"#.to_owned(),
    ] {
        let error = FoldFile::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("duplicate key"), "{error}");
    }
}
