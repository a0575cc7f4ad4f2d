//! Tables that name files of structures, as records.

use std::{fs, path::Path};

use s2s_data::{
    Label, Record,
    table::{StructureTable, StructureTableColumns, TableError},
};

use crate::real_data::folder;

const NIOBIUM: &str = "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n";

#[test]
fn a_table_names_its_structures_and_every_row_is_accounted_for() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("table");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("nb.vasp"), NIOBIUM).unwrap();
    fs::write(folder.join("bad.cif"), "data_x\n_cell_length_a four\n").unwrap();
    let table = "# CC-BY\nicsd;file;Tc;sc;w;class\n\
        76416;some/folder/nb.vasp;9.25;;0.5;element\n\
        76417;nb.vasp;0;0;;element\n\
        76418;nb.vasp;;0;;element\n\
        76419;nb.vasp;;;;element\n\
        76420;missing.cif;1;;;element\n\
        76421;bad.cif;1;;;element\n\
        76422;nb.vasp;cold;;;element\n\
        76423;nb.vasp\n\
        76424;;3;;;element\n\
        76425;nb.vasp;;2;;element\n\
        76426;nb.vasp;0;1;;element\n\
        76427;nb.vasp;9.2;0;;element\n\
        76428;nb.vasp;1e9;;;element\n\
        76429;\"nb.vasp;1;;;element\n\
        76430;..;1;;;element\n";
    let columns = StructureTableColumns {
        id: Some("icsd".into()),
        tc: Some("Tc".into()),
        label: Some("sc".into()),
        weight: Some("w".into()),
        kept: vec!["class".into()],
        delimiter: b';',
        comment: Some(b'#'),
        ..StructureTableColumns::of_files("file")
    };
    let read = StructureTable::read(table.as_bytes(), &columns, &folder).unwrap();
    let labels: Vec<_> = read.records.iter().map(|r| (r.id.as_str(), r.label.map(|l| l.to_string()))).collect();
    let expected = [
        ("76416", Some("superconductor, Tc = 9.25 K")),
        ("76417", Some("no transition reported")),
        ("76418", Some("not listed")),
        ("76419", None),
    ];
    assert_eq!(labels, expected.map(|(id, label)| (id, label.map(str::to_owned))));
    let first = &read.records[0];
    assert_eq!((&*first.formula, &first.extra["class"]), ("Nb", &"element".into()));
    let evidence = first.evidence.as_ref().unwrap();
    assert_eq!((evidence.weight, &evidence.rows[..]), (0.5, &[1][..]));
    let faults: Vec<String> =
        read.faults.iter().map(|f| f.to_string().replace(&format!("{}/", folder.display()), "")).collect();
    assert!(faults[0].starts_with("row 5, \"missing.cif\": cannot read missing.cif: "), "{}", faults[0]);
    assert!(faults[1].starts_with("row 6, \"bad.cif\": line "), "{}", faults[1]);
    assert_eq!(faults[2], "row 7, \"nb.vasp\": \"cold\" is no temperature in K");
    assert!(faults[3].starts_with("row 8, \"\": "), "{}", faults[3]);
    assert_eq!(faults[4], "row 9, \"\": no file");
    assert_eq!(faults[5], "row 10, \"nb.vasp\": \"2\" is no label");
    assert_eq!(faults[6], "row 11, \"nb.vasp\": the label 1 contradicts the temperature \"0\"");
    assert_eq!(faults[7], "row 12, \"nb.vasp\": the label 0 contradicts the temperature \"9.2\"");
    assert_eq!(faults[8], "row 13, \"nb.vasp\": \"1e9\" is no temperature in K");
    assert_eq!(faults[9], "row 14, \"\": a quote is not closed on its line");
    assert!(faults[10].contains("cannot read .."), "{}", faults[10]);
    assert_eq!(read.records.len() + read.faults.len(), 15);

    let error = StructureTable::read("a,b\n".as_bytes(), &columns, &folder).unwrap_err();
    assert!(matches!(error, TableError::Column { .. }), "{error}");
}

/// What becomes of one row of a table with these columns: its formula and a number, or the fault.
fn row_of_niobium(name: &str, columns: &StructureTableColumns, header: &str, row: &str) -> Result<Record, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("nb.vasp"), NIOBIUM).unwrap();
    fs::write(folder.join("nbn.vasp"), "NbN\n3\n1 0 0\n0 1 0\n0 0 1\nNb N\n1 1\nDirect\n0 0 0\n.5 .5 .5\n").unwrap();
    let table = format!("{header}\n{row}\n");
    let mut read = StructureTable::read(table.as_bytes(), columns, &folder).unwrap();
    assert_eq!(read.records.len() + read.faults.len(), 1, "{row}");
    read.records.pop().ok_or_else(|| read.faults[0].reason.to_string())
}

#[test]
fn a_formula_that_contradicts_its_structure_is_a_fault() {
    let columns = StructureTableColumns {
        formula: Some("formula".into()),
        difference: Some("difference".into()),
        ..StructureTableColumns::of_files("file")
    };
    let read = |row: &str| row_of_niobium("formulas", &columns, "file,formula,difference", row);
    for (row, formula) in [
        ("nb.vasp,,", "Nb"),
        ("nb.vasp,Nb2,", "Nb2"),
        ("nbn.vasp,N1Nb1,", "N1Nb1"),
        ("nbn.vasp,Nb0.5N0.5,", "Nb0.5N0.5"),
        ("nbn.vasp,Nb0.501N0.499,", "Nb0.501N0.499"),
        // The sample is said to differ from the structure, or its formula leaves an amount open.
        ("nbn.vasp,NbN0.9,0.03", "NbN0.9"),
        ("nbn.vasp,NbN1-x,", "NbN1-x"),
    ] {
        assert_eq!(read(row).map(|record| record.formula.to_string()), Ok(formula.to_owned()), "{row}");
    }
    for (row, atoms) in [
        ("nb.vasp,Ta,", "Nb"),
        ("nb.vasp,NbN,", "Nb"),
        ("nbn.vasp,Nb,", "NbN"),
        ("nbn.vasp,NbN0.9,", "NbN"),
        ("nbn.vasp,NbN0.9,0.01", "NbN"),
        ("nbn.vasp,NbC1-x,", "NbN"),
    ] {
        let written = row.split(',').nth(1).unwrap();
        let expected = format!("the formula {written:?} contradicts the structure, which is {atoms}");
        assert_eq!(read(row).map(|record| record.formula), Err(expected), "{row}");
    }
    assert_eq!(read("nb.vasp,no formula,").unwrap_err(), "\"no formula\" is no formula");
}

#[test]
fn temperatures_of_structures_are_read_as_those_of_tables_without_structures() {
    let columns = StructureTableColumns {
        tc: Some("Tc".into()),
        label: Some("sc".into()),
        ..StructureTableColumns::of_files("file")
    };
    let read = |tc: &str, label: &str| {
        let record = row_of_niobium("temperatures", &columns, "file,Tc,sc", &format!("nb.vasp,{tc},{label}"))?;
        Ok::<_, String>(record.label)
    };
    let limit = Some(Label::NoTransition { tested_to: s2s_data::Kelvin(4.2) });
    let transition = Some(Label::Superconductor { tc: Some(s2s_data::Kelvin(4.2)) });
    for (tc, label, expected) in [
        ("<4.2", "", limit),
        ("≤ 4.2 K", "0", limit),
        ("=4.2", "1", transition),
        ("4.2 K", "", transition),
        ("0", "0", Some(Label::NoneReported)),
        ("-", "", None),
        ("nan", "0", Some(Label::NotListed)),
    ] {
        assert_eq!(read(tc, label), Ok(expected), "{tc:?}, {label:?}");
    }
    assert_eq!(read("<4.2", "1").unwrap_err(), "the label 1 contradicts the temperature \"<4.2\"");
    for tc in [">4.2", "~4", "-4", "inf", "<0"] {
        assert_eq!(read(tc, "").unwrap_err(), format!("{tc:?} is no temperature in K"));
    }
}

#[test]
fn numbers_that_cannot_be_read_and_identifiers_that_appear_twice_are_faults() {
    let columns = StructureTableColumns {
        id: Some("id".into()),
        numbers: vec!["gap".into()],
        ..StructureTableColumns::of_files("file")
    };
    let read = |gap: &str| {
        let record = row_of_niobium("numbers", &columns, "file,id,gap", &format!("nb.vasp,a,{gap}"))?;
        Ok::<_, String>(record.extra.get("gap").and_then(serde_json::Value::as_f64))
    };
    for (gap, number) in [("1.5", Some(1.5)), ("-2e-1", Some(-0.2)), ("0", Some(0.0)), ("", None), ("n/a", None)] {
        assert_eq!(read(gap), Ok(number), "{gap}");
    }
    for gap in ["wide", "1.5 eV", "inf", "1e999", "1;5", "0x1"] {
        assert_eq!(read(gap), Err(format!("{gap:?} is no number")));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("numbers");
    let table = "file,id,gap\nnb.vasp,a,x\nnb.vasp,a,1\nnb.vasp,b,2\nnb.vasp,a,3\nnb.vasp,b,x\n";
    let read = StructureTable::read(table.as_bytes(), &columns, &folder).unwrap();
    // A row that is no record leaves its identifier to others.
    let ids: Vec<&str> = read.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    let faults: Vec<String> = read.faults.iter().map(|fault| fault.reason.to_string()).collect();
    assert_eq!(faults, ["\"x\" is no number", "the identifier \"a\" is that of row 2", "\"x\" is no number"]);
}

#[test]
fn three_dsc_files_are_read_with_their_table() {
    let Some(folder) = folder("three_dsc_files_are_read_with_their_table") else { return };
    let mut names: Vec<String> =
        fs::read_dir(folder.cif()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let rows: String = names.iter().map(|n| format!("Nb,Other,4.2,data/final/MP/cifs/{n},0.5,0.01\n")).collect();
    let table = format!("# CC BY 4.0\nformula_sc,sc_class,tc,cif,weight,totreldiff\n{rows}");
    let read = StructureTable::read(table.as_bytes(), &StructureTableColumns::three_dsc(), &folder.cif()).unwrap();
    assert_eq!((read.records.len(), read.faults.len()), (360, 0), "{:?}", read.faults);
    assert_eq!(read.records.iter().filter(|record| !record.crystal.is_ordered()).count(), 60);
    assert!(read.records.iter().all(|record| matches!(record.label, Some(Label::Superconductor { .. }))));
}
