use s2s_data::{
    Dataset, Label, Record, RecordStream,
    repair::{Finding, RepairRules, repair},
};

use crate::real_data::folder;

/// Fluorite with this edge in Å: the first site has the eight neighbors.
fn fluorite(id: &str, edge: f64, elements: [u8; 3]) -> Record {
    let h = edge / 2.0;
    let line = serde_json::json!({
        "id": id, "formula": "CaF2", "label": 1, "species": elements,
        "lattice": [[0.0, h, h], [h, 0.0, h], [h, h, 0.0]],
        "frac_coords": [[0.0, 0.0, 0.0], [0.25, 0.25, 0.25], [0.75, 0.75, 0.75]],
    });
    Record::from_json(line.to_string().as_bytes()).unwrap()
}

fn repaired(records: Vec<Record>, references: &[Record]) -> (Dataset, Vec<Finding>) {
    let (dataset, report) = repair(&Dataset::new(records).unwrap(), references, RepairRules::careful()).unwrap();
    (dataset, report.findings.into_iter().map(|(_, _, finding)| finding).collect())
}

#[test]
fn species_in_another_order_than_their_positions_are_put_back() {
    let reference = fluorite("reference", 5.46, [20, 9, 9]);
    // The cell of the record is a little larger, as another functional would have it.
    let (dataset, findings) = repaired(vec![fluorite("a", 5.52, [9, 9, 20])], std::slice::from_ref(&reference));
    match &findings[0] {
        Finding::SpeciesOnWrongSites { reference, before, after, order } => {
            assert_eq!((reference.as_str(), order.as_str()), ("reference", "Ca1 F2"));
            assert!(*before > 0.3 && *after < 1e-5, "{before} {after}");
        }
        other => panic!("{other:?}"),
    }
    let mended = &dataset.records()[0];
    assert_eq!(mended.crystal, fluorite("b", 5.52, [20, 9, 9]).crystal);
    assert_eq!((mended.id.as_str(), mended.label), ("a", Some(Label::Superconductor { tc: None })));
    // What is mended needs no mending.
    let (again, findings) = repaired(dataset.records().to_vec(), &[reference]);
    assert!(matches!(findings[0], Finding::Same { .. }));
    assert_eq!(again, dataset);
}

#[test]
fn what_no_order_explains_is_left_alone_and_named() {
    let reference = fluorite("reference", 5.46, [20, 9, 9]);
    let polymorph = Record::from_json(
        br#"{"id": "p", "formula": "CaF2", "label": 0, "species": [20, 9, 9], "lattice": [[3,0,0],[0,3,0],[0,0,4.5]],
            "frac_coords": [[0,0,0],[0.5,0.5,0.5],[0,0,0.5]]}"#,
    )
    .unwrap();
    let unknown = Record::from_json(
        br#"{"id": "u", "formula": "K", "label": 0, "species": [19], "lattice": [[4,0,0],[0,4,0],[0,0,4]], "frac_coords": [[0,0,0]]}"#,
    )
    .unwrap();
    let (dataset, findings) = repaired(vec![polymorph.clone(), unknown.clone()], &[reference]);
    assert!(matches!(&findings[0], Finding::OtherStructure { reference, .. } if reference.as_str() == "reference"));
    assert_eq!(findings[1], Finding::NoReference);
    assert_eq!(dataset.records(), [polymorph, unknown]);
}

#[test]
fn a_volume_that_no_solid_has_takes_the_reference() {
    let reference = fluorite("reference", 5.46, [20, 9, 9]);
    let (dataset, findings) = repaired(vec![fluorite("gas", 20.0, [20, 9, 9])], std::slice::from_ref(&reference));
    assert!(matches!(&findings[0], Finding::ImpossibleVolume { ratio, .. } if (*ratio - 49.15).abs() < 0.01));
    assert_eq!(dataset.records()[0].crystal, reference.crystal);
}

/// Another matcher found 66 of 401 superconductors and 17 of 1,077 others with their species on the wrong sites.
#[test]
fn the_faults_of_the_s2s_set_are_found() {
    let Some(folder) = folder("the_faults_of_the_s2s_set_are_found") else { return };
    let read = |path| RecordStream::open(path).unwrap().map(Result::unwrap).collect::<Vec<Record>>();
    let dataset = Dataset::new(read(folder.s2s())).unwrap();
    let formulas: std::collections::HashSet<String> =
        dataset.records().iter().map(|r| r.crystal.composition().reduced_formula()).collect();
    let references: Vec<Record> = RecordStream::open(folder.mp139k())
        .unwrap()
        .map(Result::unwrap)
        .filter(|r| formulas.contains(&r.crystal.composition().reduced_formula()))
        .collect();
    let (mended, report) = repair(&dataset, &references, RepairRules::careful()).unwrap();
    println!("{report}");
    let [others, superconductors] = report.counts()["species on wrong sites"];
    assert!((66..=72).contains(&superconductors), "{superconductors}");
    assert!((17..=25).contains(&others), "{others}");
    assert_eq!((mended.len(), mended.labels()), (dataset.len(), dataset.labels()));
    let changed = mended.records().iter().zip(dataset.records()).filter(|(a, b)| a != b).count();
    assert_eq!(changed, report.changes().count());
}
