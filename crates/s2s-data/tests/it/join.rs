use std::{collections::BTreeMap, time::Instant};

use proptest::prelude::*;

use s2s_data::{
    Kelvin, Label, Record, RecordStream,
    join::{
        ConflictPolicy, ElectronVoltsPerAtom, Energies, JoinRules, MatchTier, Polymorphs, RowOutcome, StructureIndex,
        StructureOutcome,
    },
    table::{Measurement, RowSource, SuperCon, SuperConColumns, TableColumn},
};

use crate::real_data::folder;

/// A cube with these atoms in a row: only its composition matters here.
pub(crate) fn structure(id: &str, elements: &[u8]) -> Record {
    let positions: Vec<[f64; 3]> = (0..elements.len()).map(|i| [i as f64 / elements.len() as f64, 0.0, 0.0]).collect();
    let line = serde_json::json!({
        "id": id, "formula": "", "lattice": [[9, 0, 0], [0, 3, 0], [0, 0, 3]], "species": elements, "frac_coords": positions,
    });
    Record::from_json(line.to_string().as_bytes()).unwrap()
}

fn supercon(rows: &str) -> SuperCon {
    SuperCon::read(format!("name,Tc\n{rows}").as_bytes(), &SuperConColumns::stanev()).unwrap()
}

#[test]
fn every_malformed_row_is_reported_with_its_reason() {
    let table = supercon("Nb1,9.2\nSm1Ba-1Cu3O6.94,86.3\nY2C2Br0.5!1.5,11.6\nAu1,-1\nAu1,warm\nAu1\nAu1,\nHg0,4\n");
    let faults: Vec<String> = table.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "row 2, \"Sm1Ba-1Cu3O6.94\": character 6: '-' is neither an amount nor a charge here",
            "row 3, \"Y2C2Br0.5!1.5\": character 10: '!' is no part of a formula",
            "row 4, \"Au1\": \"-1\" is not a temperature in K",
            "row 5, \"Au1\": \"warm\" is not a temperature in K",
            "row 6, \"\": 1 field, the header has 2",
            "row 7, \"Au1\": no measurement",
            "row 8, \"Hg0\": character 4: the formula is empty",
        ]
    );
    assert_eq!((table.rows.len(), table.num_rows()), (1, 8));
    let message = SuperCon::read("formula,Tc\n".as_bytes(), &SuperConColumns::stanev()).unwrap_err().to_string();
    assert_eq!(message, "the header needs the column \"name\" exactly once, found [\"formula\", \"Tc\"]");
}

#[test]
fn other_tables_are_read_by_naming_their_columns() {
    let column = |title: &str| Some(title.to_owned());
    let columns = SuperConColumns {
        name: "element".into(),
        tc: "tc".into(),
        tested_to: column("tcn"),
        pressure: column("pressure"),
        year: column("year"),
        reference: column("journal"),
        structure: column("str3"),
        delimiter: b'\t',
    };
    let table = "num\telement\ttc\ttcn\tyear\tpressure\tjournal\tstr3\n1\tNb3Sn\t18\t\t1954\t\tPR 95, 1435\tA15\n\
                 2\tCu\t\t0.01\t\t2 GPa\t\t\n3\tAg\t\t\t\t\t\t\n4\tYBa2Cu3O7-y\t92\t\t1987\t\t\t\n5\tPb\t7.2\t\tlong ago\t\t\t\n";
    let table = SuperCon::read(table.as_bytes(), &columns).unwrap();
    let sources: Vec<&RowSource> = table.rows.iter().map(|row| &row.source).collect();
    assert_eq!((sources[0].year, sources[0].reference.as_deref()), (Some(1954), Some("PR 95, 1435")));
    assert_eq!((sources[0].structure.as_deref(), sources[0].pressure.as_deref()), (Some("A15"), None));
    assert_eq!((sources[1].year, sources[1].pressure.as_deref()), (None, Some("2 GPa")));
    // An open amount and an unreadable year are reported, not dropped in silence.
    assert_eq!((table.rows.len(), table.faults.len(), table.num_rows()), (2, 3, 5));
    assert!(table.faults[1].to_string().starts_with("row 4, \"YBa2Cu3O7-y\""), "{}", table.faults[1]);
    assert_eq!(table.faults[2].to_string(), "row 5, \"Pb\": \"long ago\" is not a year");
    assert!(table.rows[0].measurement.is_transition());
    assert_eq!(serde_json::to_string(&table.rows[1].measurement).unwrap(), r#"{"no_transition":{"tested_to":0.01}}"#);
    assert_eq!(table.faults[0].to_string(), "row 3, \"Ag\": no measurement");
}

#[test]
fn columns_are_found_by_usual_titles_and_fields_are_read_as_people_write_them() {
    let table =
        "\u{feff}Year;\"Formula\";TC_K;DOI\n1986;'Nb3Sn';18.05 K;10.1/x\n-;Au;<0.1;\nNA;Ag;n/a;\n;Pb;≤ 1;\n;Al;<0;\n";
    let columns = SuperConColumns::detect(table.as_bytes(), &BTreeMap::new()).unwrap();
    assert_eq!((columns.delimiter, &columns.tested_to, &columns.structure), (b';', &None, &None));
    let table = SuperCon::read(table.as_bytes(), &columns).unwrap();
    let limit = |kelvin| Measurement::NoTransition { tested_to: Some(Kelvin(kelvin)) };
    let found: Vec<Measurement> = table.rows.iter().map(|row| row.measurement).collect();
    assert_eq!(found, [Measurement::Transition(Kelvin(18.05)), limit(0.1), limit(1.0)]);
    assert_eq!((&*table.rows[0].name, table.rows[0].source.reference.as_deref()), ("Nb3Sn", Some("10.1/x")));
    assert_eq!((table.rows[0].source.year, table.rows[1].source.year), (Some(1986), None));
    let faults: Vec<String> = table.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["row 3, \"Ag\": no measurement", "row 5, \"Al\": \"<0\" is not a temperature in K"]);

    let twice = SuperConColumns::detect("formula,Tc,tc\nNb,9,9\n".as_bytes(), &BTreeMap::new()).unwrap_err();
    assert!(twice.to_string().contains("the column \"tc\" exactly once"), "{twice}");
    let given = BTreeMap::from([(TableColumn::Tc, "Tc".to_owned())]);
    assert_eq!(SuperConColumns::detect("formula,Tc,tc\nNb,9,8\n".as_bytes(), &given).unwrap().tc, "Tc");
}

#[test]
fn negatives_with_a_limit_are_told_from_zeros_and_no_limit_is_averaged_with_a_temperature() {
    let columns = SuperConColumns { tested_to: Some("limit".into()), ..SuperConColumns::stanev() };
    // Niobium twice with a Tc and once "none above 20 K"; gold tested to 0.1 and to 0.01 K; silver a zero; lead contradicts.
    let table = "name,Tc,limit\nNb1,9.2,\nNb1,9.4,\nNb1,,20\nAu1,,0.1\nAu1,0,0.01\nAg1,0,\nPb1,7.2,\nPb1,,1\n";
    let table = SuperCon::read(table.as_bytes(), &columns).unwrap();
    let records = [("nb", 41), ("au", 79), ("ag", 47), ("pb", 82)].map(|(id, z)| structure(id, &[z]));
    let rules = JoinRules { conflicts: ConflictPolicy::KeepApart, ..JoinRules::doped() };
    let index = StructureIndex::new(&records, rules.doping).unwrap();
    let (joined, report) = index.join(&table, &rules).unwrap();
    let label =
        |id: &str| joined.records().iter().find(|record| record.id.as_str() == id).and_then(|record| record.label);
    let tc = label("nb").and_then(Label::tc).expect("niobium superconducts");
    assert!((9.2..=9.4).contains(&tc.0), "{tc}");
    assert_eq!(label("au"), Some(Label::NoTransition { tested_to: Kelvin(0.01) }));
    assert_eq!(label("ag"), Some(Label::NoneReported));
    // None above 1 K and a transition at 7.2 K contradict each other; none above 20 K and one at 9.2 K do not.
    assert_eq!(label("pb"), None);
    assert!(
        matches!(report.rows[&3], RowOutcome::Labels { .. }) && matches!(report.rows[&8], RowOutcome::Conflict { .. })
    );
    assert_eq!(Label::NoneReported.to_string(), "no transition reported");
    assert_eq!(Label::NoTransition { tested_to: Kelvin(0.01) }.to_string(), "measured, no transition down to 0.01 K");
}

#[test]
fn each_tier_is_told_apart_and_nearer_rows_win() {
    // Nb3Sn; Ba Fe2 As2; La2 Cu O4; Au.
    let records = [
        structure("nb3sn", &[41, 41, 41, 50]),
        structure("bafe2as2", &[56, 26, 26, 33, 33]),
        structure("la2cuo4", &[57, 57, 29, 8, 8, 8, 8]),
        structure("au", &[79]),
    ];
    let table = supercon(
        "Nb3Sn1,18\nNb0.75Sn0.25,17\nBa0.6K0.4Fe2As2,38\nBa0.8K0.2Fe2As2,25\nLa2Cu1O4,0\nLa1.85Sr0.15Cu1O4,38\nXe1,0\nO1=z,3\n",
    );
    let index = StructureIndex::new(&records, 0.1).unwrap();
    let (dataset, report) = index.join(&table, &JoinRules::doped()).unwrap();
    let labels: Vec<String> = dataset.records().iter().map(|r| format!("{}: {}", r.id, r.label.unwrap())).collect();
    assert_eq!(
        labels,
        [
            "nb3sn: superconductor, Tc = 17.5 K",
            "bafe2as2: superconductor, Tc = 25 K",
            "la2cuo4: no transition reported"
        ]
    );
    let evidence = dataset.records()[1].evidence.as_ref().unwrap();
    assert_eq!((evidence.tier, &evidence.rows[..]), (MatchTier::Nearest, &[4][..]));
    assert!((evidence.difference - 0.04).abs() < 1e-12);
    assert!(matches!(report.rows[&2], RowOutcome::Labels { tier: MatchTier::Normalized, .. }));
    assert!(matches!(&report.rows[&3], RowOutcome::Superseded { structure, .. } if structure.as_str() == "bafe2as2"));
    assert!(matches!(&report.rows[&6], RowOutcome::Superseded { structure, .. } if structure.as_str() == "la2cuo4"));
    assert_eq!(report.rows[&7], RowOutcome::NoStructure);
    assert!(matches!(report.rows[&8], RowOutcome::Malformed { .. }));
    assert_eq!(report.structures[3], StructureOutcome::NotListed);
}

#[test]
fn policies_decide_contradictions_and_never_average_them() {
    let records = [structure("v", &[23])];
    let index = StructureIndex::new(&records, 0.1).unwrap();
    let label = |rows: &str, conflicts| {
        let (dataset, report) =
            index.join(&supercon(rows), &JoinRules { conflicts, ..JoinRules::same_composition() }).unwrap();
        let label = dataset.records().first().map(|r| r.label.unwrap().to_string());
        (label, report.row_counts().into_iter().collect::<Vec<_>>())
    };
    let rows = "V1,5\nV1,0\nV1,5.4\n";
    assert_eq!(label(rows, ConflictPolicy::KeepApart), (None, vec![("conflict", 3)]));
    let wins = Some("superconductor, Tc = 5.2 K".to_owned());
    let outcomes = vec![("labels, exact formula", 2), ("outvoted", 1)];
    assert_eq!(label(rows, ConflictPolicy::TransitionWins), (wins.clone(), outcomes.clone()));
    assert_eq!(label(rows, ConflictPolicy::Majority), (wins, outcomes));
    assert_eq!(label("V1,0\nV1,5\n", ConflictPolicy::Majority), (None, vec![("conflict", 2)]));
}

#[test]
fn polymorphs_are_ranked_or_share_the_weight() {
    let energy = |id: &str, e: Option<f64>| {
        let mut record = structure(id, &[23]);
        record.extra.extend(e.map(|e| ("e_above_hull".to_owned(), e.into())));
        record
    };
    let records = [energy("mp-100", None), energy("mp-2", Some(0.3)), energy("mp-3", Some(0.0)), energy("mp-9", None)];
    let index = StructureIndex::new(&records, 0.1).unwrap();
    let joined = |polymorphs| {
        let rules = JoinRules { polymorphs, ..JoinRules::same_composition() };
        index.join(&supercon("V1,5.4\n"), &rules).unwrap()
    };
    let (best, report) = joined(Polymorphs::Best);
    assert_eq!(best.records()[0].id.as_str(), "mp-3");
    assert_eq!(report.structure_counts()["ranked lower"], 3);
    let (all, _) = joined(Polymorphs::All);
    let weights: Vec<f64> = all.records().iter().map(|r| r.evidence.as_ref().unwrap().weight).collect();
    assert_eq!(weights, [0.25; 4]);
}

#[test]
fn an_energy_is_a_number_or_absent_and_anything_else_is_an_error() {
    let with = |field: &str, value: serde_json::Value| {
        let mut record = structure("mp-1", &[23]);
        record.extra.insert(field.to_owned(), value);
        record
    };
    let energy = |field, value| Energies::of(&with(field, value)).unwrap();
    assert_eq!(energy("e_above_hull", 0.25.into()).above_hull, Some(ElectronVoltsPerAtom(0.25)));
    assert_eq!(energy("formation_energy_per_atom", (-1).into()).formation, Some(ElectronVoltsPerAtom(-1.0)));
    assert_eq!(energy("e_above_hull", serde_json::Value::Null), Energies::default());
    for (field, value) in [("e_above_hull", "0.25"), ("formation_energy_per_atom", "low")] {
        let records = [structure("mp-2", &[41]), with(field, value.into())];
        let error = StructureIndex::new(&records, 0.1).unwrap_err();
        assert_eq!(error.to_string(), format!("mp-1: {field} is \"{value}\", not a number"));
    }
}

#[test]
fn supercon_joins_the_large_file_with_every_row_accounted_for() {
    let Some(folder) = folder("supercon_joins_the_large_file_with_every_row_accounted_for") else { return };
    let table = std::fs::File::open(folder.supercon()).unwrap();
    let table = SuperCon::read(table, &SuperConColumns::stanev()).unwrap();
    assert_eq!((table.num_rows(), table.faults.len()), (14_240, 8));
    assert_eq!(table.rows.iter().filter(|r| !r.measurement.is_transition()).count(), 3_456);
    let records: Vec<Record> = RecordStream::open(folder.mp139k()).unwrap().map(Result::unwrap).collect();
    let started = Instant::now();
    let index = StructureIndex::new(&records, 0.1).unwrap();
    println!("index of {} compositions in {:.2?}", index.num_compositions(), started.elapsed());
    let started = Instant::now();
    let (dataset, report) = index.join(&table, &JoinRules::doped()).unwrap();
    println!("join in {:.2?}\n{report}", started.elapsed());
    assert_eq!(report.rows.len(), 14_240);
    assert_eq!(report.row_counts().values().sum::<usize>(), 14_240);
    assert_eq!(report.structures.len(), 139_229);
    let labelled = report.structures.iter().filter(|s| matches!(s, StructureOutcome::Labelled { .. })).count();
    assert_eq!(labelled, dataset.len());
    assert!(
        dataset
            .records()
            .iter()
            .all(|r| matches!(r.label, Some(Label::Superconductor { tc: Some(_) } | Label::NoneReported)))
    );
}

fn policy() -> impl Strategy<Value = JoinRules> {
    let conflicts = [ConflictPolicy::KeepApart, ConflictPolicy::TransitionWins, ConflictPolicy::Majority];
    let polymorphs = [Polymorphs::Best, Polymorphs::All];
    (prop::sample::select(conflicts.to_vec()), prop::sample::select(polymorphs.to_vec()), any::<bool>()).prop_map(
        |(conflicts, polymorphs, doped)| {
            let rules = if doped { JoinRules::doped() } else { JoinRules::same_composition() };
            JoinRules { conflicts, polymorphs, ..rules }
        },
    )
}

proptest! {
    #[test]
    fn join_partitions_its_input(
        rows in prop::collection::vec(("(V|Nb|Nb0\\.5V0\\.5|Nb1V1|Nb0\\.95V0\\.05|V!|Ti9V1)", "(0|5|9\\.2|x)"), 0..30),
        structures in prop::collection::vec(prop::collection::vec(22_u8..24, 1..12), 0..12),
        rules in policy(),
    ) {
        let rows: String = rows.iter().map(|(name, tc)| format!("{name},{tc}\n")).collect();
        let table = supercon(&rows);
        let records: Vec<Record> = structures.iter().enumerate().map(|(i, e)| structure(&i.to_string(), e)).collect();
        let index = StructureIndex::new(&records, 0.1).unwrap();
        let (dataset, report) = index.join(&table, &rules).unwrap();
        let all: Vec<u32> = (1..=table.num_rows() as u32).collect();
        prop_assert_eq!(report.rows.keys().copied().collect::<Vec<_>>(), all);
        prop_assert_eq!(report.structures.len(), records.len());
        let labelled: Vec<usize> = (0..records.len())
            .filter(|&i| matches!(report.structures[i], StructureOutcome::Labelled { .. }))
            .collect();
        let in_dataset: Vec<usize> = dataset.records().iter().map(|r| r.id.as_str().parse().unwrap()).collect();
        prop_assert_eq!(labelled, in_dataset);
        // The rows behind the labels are exactly those that report so, or were outvoted.
        let behind: std::collections::BTreeSet<u32> =
            dataset.records().iter().flat_map(|r| r.evidence.as_ref().unwrap().rows.clone()).collect();
        let stated = report.rows.iter().filter(|(_, f)| matches!(f, RowOutcome::Labels { .. } | RowOutcome::Outvoted { .. }));
        prop_assert_eq!(behind, stated.map(|(row, _)| *row).collect());
    }
}
