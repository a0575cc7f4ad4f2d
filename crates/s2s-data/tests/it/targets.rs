use s2s_crystal::Composition;
use s2s_data::{
    DataError, Folds, Groups, Kelvin, Label, Record,
    join::MatchTier,
    label::Evidence,
    table::{MatchError, StructureTable, StructureTableColumns, TargetColumns, TargetFaultReason, TargetTable},
    target::{Target, Targets},
};

const IRON: &str =
    r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0.25,0]]}"#;

fn numbers(csv: &str) -> TargetTable<f64> {
    TargetTable::read(csv.as_bytes(), &TargetColumns::new("id", "gap")).unwrap()
}

#[test]
fn every_row_of_a_table_is_a_target_a_missing_one_or_a_fault() {
    for separator in [",", ";", "\t"] {
        let csv =
            "id,gap,w\na,1.5,\nb,-2e-1,0.5\nc,,2\nd,n/a,\n,1,\ne,wide,\nf,inf,\ng,1,-1\nh,1,x\ni,1\n\"j\",\"3\",0\n";
        let csv = csv.replace(',', separator);
        let columns = TargetColumns { weight: Some("w".into()), ..TargetColumns::new("id", "gap") };
        let table = TargetTable::<f64>::read(csv.as_bytes(), &columns).unwrap();
        let rows: Vec<_> = table.rows.iter().map(|row| (row.row, row.key.as_str(), row.target)).collect();
        let target = |value, weight| Some(Target { value, weight });
        let expected = [
            (1, "a", target(1.5, 1.0)),
            (2, "b", target(-0.2, 0.5)),
            (3, "c", None),
            (4, "d", None),
            (11, "j", target(3.0, 0.0)),
        ];
        assert_eq!(rows, expected);
        let faults: Vec<String> = table.faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults[..2], ["row 5: no key", "row 6: \"wide\" is no number"]);
        assert_eq!(faults[2..4], ["row 7: \"inf\" is no number", "row 8: \"-1\" is no weight"]);
        assert_eq!(faults[4..], ["row 9: \"x\" is no weight", "row 10: 2 fields, the header has 3"]);
        assert_eq!(table.faults[0].reason, TargetFaultReason::NoKey);
    }
    let error = TargetTable::<f64>::read("id,gap,gap\n".as_bytes(), &TargetColumns::new("id", "gap")).unwrap_err();
    assert!(error.to_string().starts_with("the header needs the column \"gap\" exactly once"), "{error}");
}

#[test]
fn classes_are_read_as_they_are_named() {
    let csv = "id,class\na,metal\nb,1\nc,FALSE\n";
    let columns = TargetColumns::new("id", "class");
    let names = TargetTable::<String>::read(csv.as_bytes(), &columns).unwrap();
    assert_eq!(names.beside(["a"]).unwrap().targets.values(&[0]).unwrap(), ["metal"]);
    let classes = TargetTable::<bool>::read(csv.as_bytes(), &columns).unwrap();
    assert_eq!(classes.faults[0].to_string(), "row 1: \"metal\" is no class 0 or 1");
    assert_eq!(classes.beside(["c", "b"]).unwrap().targets.values(&[0, 1]).unwrap(), [false, true]);
}

#[test]
fn targets_are_put_beside_items_and_no_row_is_lost() {
    let table = numbers("id,gap\nx,1\ny,2\nz,\nx2,4\n");
    let matched = table.beside(["z", "y", "w", "x", "y"]).unwrap();
    let values: Vec<_> = (0..5).map(|item| matched.targets.get(item).map(|target| target.value)).collect();
    assert_eq!(values, [None, Some(2.0), None, Some(1.0), Some(2.0)]);
    assert_eq!(matched.unused, [4]);
    // Two rows of one key are an error where that key is looked up, and only there.
    let twice = numbers("id,gap\nx,1\ny,2\nx,1\n");
    assert!(twice.beside(["y"]).is_ok());
    assert_eq!(twice.beside(["y", "x"]), Err(MatchError::Ambiguous { key: "x".into(), rows: [1, 3] }));
}

#[test]
fn compositions_are_the_same_in_any_spelling() {
    let compositions: Vec<Composition> = ["NbN", "Fe2As2Ba", "Si"].map(|text| text.parse().unwrap()).to_vec();
    let matched = numbers("id,gap\nBaFe2As2,0.5\nN2Nb2,7\n").beside_compositions(&compositions).unwrap();
    assert_eq!((matched.targets.known(), matched.targets.values(&[0, 1]).unwrap()), (vec![0, 1], vec![7.0, 0.5]));
    let error = numbers("id,gap\nSi,1\nSi2,2\n").beside_compositions(&compositions).unwrap_err();
    assert_eq!(error.to_string(), "rows 1 and 2 both are of \"Si2\"");
    let error = numbers("id,gap\nQq,1\n").beside_compositions(&compositions).unwrap_err();
    assert!(matches!(&error, MatchError::Formula { row: 1, .. }), "{error}");
}

#[test]
fn labels_of_records_become_classes_and_temperatures_with_their_weights() {
    let record = |label, weight: f64| {
        let evidence = Evidence { tier: MatchTier::Exact, difference: 0.0, weight, rows: vec![1] };
        Record { label, evidence: Some(Box::new(evidence)), ..Record::from_json(IRON.as_bytes()).unwrap() }
    };
    let records = [
        record(Some(Label::Superconductor { tc: Some(Kelvin(9.0)) }), 0.5),
        record(Some(Label::Superconductor { tc: None }), 1.0),
        record(Some(Label::Conflicting { highest: Kelvin(3.0) }), 1.0),
        record(Some(Label::NotListed), 0.25),
        Record { evidence: None, ..record(None, 1.0) },
    ];
    let classes = Targets::superconducting(&records);
    assert_eq!((classes.known(), classes.values(&[0, 1, 3]).unwrap()), (vec![0, 1, 3], vec![true, true, false]));
    assert_eq!(classes.weights(&[0, 3]).unwrap(), [0.5, 0.25]);
    let temperatures = Targets::transition_temperatures(&records);
    assert_eq!((temperatures.len(), temperatures.known()), (5, vec![0]));
    assert_eq!(temperatures.get(0), Some(&Target { value: 9.0, weight: 0.5 }));
}

/// A table of structures whose column of numbers becomes the target.
#[test]
fn numbers_of_a_table_of_structures_become_targets() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("targets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("nb.vasp"), "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n").unwrap();
    let columns = StructureTableColumns {
        id: Some("id".into()),
        numbers: vec!["gap".into()],
        kept: vec!["class".into()],
        ..StructureTableColumns::of_files("file")
    };
    let csv = "file,id,gap,class\nnb.vasp,a,0.5,metal\nnb.vasp,b,,metal\nnb.vasp,c,-2,metal\n";
    let table = StructureTable::read(csv.as_bytes(), &columns, &folder).unwrap();
    let targets = Targets::of_field(&table.records, "gap").unwrap();
    assert_eq!((targets.known(), targets.values(&[0, 2]).unwrap()), (vec![0, 2], vec![0.5, -2.0]));
    assert_eq!(Targets::of_field(&table.records, "volume").unwrap().known(), [0_usize; 0]);
    let error = Targets::of_field(&table.records, "class").unwrap_err();
    assert_eq!(error.to_string(), "a: class is \"metal\", not a number");
}

#[test]
fn weights_and_missing_targets_are_checked() {
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        let targets = Targets::weighted([None, Some(Target { value: 1, weight })]);
        assert!(matches!(targets, Err(DataError::Weight { item: 1, .. })), "{weight}");
    }
    let targets = Targets::new([Some("a"), None]);
    assert_eq!(targets.values(&[0, 1]).unwrap_err().to_string(), "item 1 has no target");
}

/// Of a list in which every third item has no target, no group is on both sides and every known item is tested once.
#[test]
fn folds_of_known_items_keep_groups_together() {
    let targets = Targets::new((0..90).map(|item| (item % 3 > 0).then_some(f64::from(item))));
    let groups = Groups::by_key((0..90).map(|item| item / 5));
    let known = targets.known();
    let folds = Folds::grouped(&vec![(); known.len()], &groups.of_items(&known), 4, 2).unwrap();
    let mut tested = Vec::new();
    for split in folds.splits().map(|split| split.of_items(&known)) {
        assert_eq!(groups.shared_by(&split.train, &split.test), 0);
        assert_eq!(targets.values(&split.train).unwrap().len() + split.test.len(), known.len());
        tested.extend(split.test);
    }
    tested.sort_unstable();
    assert_eq!(tested, known);
}
