//! What commands say of their inputs: records without a structure, files that are passed over, rows of tables, standard input.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

/// Polonium, one atom, as pymatgen writes it.
const POLONIUM: &str = r#"{"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [{"species": [{"element": "Po", "occu": 1}], "abc": [0, 0, 0]}]}"#;

/// Runs a command that reads this text from standard input.
#[track_caller]
fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = s2s(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be run");
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// A screening without the network, which is slower.
fn screen(path: &Path) -> Output {
    output(s2s(["screen", "--no-network", "--json", "-"]).arg(path))
}

fn unreadable(screened: &Output) -> Vec<String> {
    let written: serde_json::Value = serde_json::from_slice(&screened.stdout).expect("it is JSON");
    let all = written["unreadable"].as_array().cloned().unwrap_or_default();
    all.iter().map(|bad| format!("{}: {}", bad["id"], bad["reason"])).collect()
}

#[test]
fn records_without_a_structure_are_told_of_files_in_folders_as_of_files() {
    let folder = folder("inputs-records");
    let lines = ["mp-1", "mp-2", "mp-3"].map(|id| {
        let structure = if id == "mp-2" { "null" } else { POLONIUM };
        format!(r#"{{"material_id": "{id}", "structure": {structure}}}"#)
    });
    let file = write(&folder, "k/a.jsonl", lines.join("\n"));
    let folder = folder.join("k");
    let inspected = [&file, &folder].map(|path| output(s2s(["inspect"]).arg(path)));
    assert_eq!(inspected[0].status.code(), Some(1));
    assert!(
        text(&inspected[0].stdout).contains("[mp-2]: empty at line 2, column 1: "),
        "{}",
        text(&inspected[0].stdout)
    );
    assert_eq!(inspected[0], inspected[1]);
    let screened = [&file, &folder].map(|path| screen(path));
    assert_eq!(screened[0].status.code(), Some(1));
    assert_eq!(unreadable(&screened[0]).len(), 1);
    assert_eq!(unreadable(&screened[0]), unreadable(&screened[1]));
    assert_eq!(text(&screened[0].stderr), text(&screened[1].stderr));
}

#[test]
fn every_command_that_reads_folders_says_once_what_it_passed_over() {
    let folder = folder("inputs-passed-over");
    let k = folder.join("k");
    for name in ["a.vasp", "b.cif.txt", "XDATCAR", "c.pdb", "d.zip", ".hidden"] {
        write(&k, name, NIOBIUM);
    }
    for name in ["settings.json", "other/settings.json"] {
        write(&k, name, r#"{"epochs": 3}"#);
    }
    write(&k, "other/sites.json", r#"{"sites": null}"#);
    let shown = k.join("other/settings.json").display().to_string();
    let told = format!(
        "passed over: 4 files whose names are not of a structure format (.pdb 1, .txt 1, .zip 1, XDATCAR 1); \
         3 JSON files without a structure ({shown}, …)"
    );
    let said = |output: &Output| text(&output.stderr).lines().filter(|line| *line == told).count();
    let arguments: [&[&str]; 5] = [
        &["inspect"],
        &["inspect", "--json"],
        &["convert", "--to", "cif"],
        &["screen", "--no-network", "--json", "-"],
        &["screen", "--no-network", "--csv", "-"],
    ];
    for arguments in arguments {
        let made = output(s2s(arguments).arg(&k));
        assert!(made.status.success() && said(&made) == 1, "{arguments:?}: {}", text(&made.stderr));
    }
    let table = output(s2s(["screen", "--no-network"]).arg(&k));
    let joined = text(&table.stdout).split_whitespace().collect::<Vec<_>>().join("");
    assert_eq!(joined.matches(&told.replace(' ', "")).count(), 1, "{}", text(&table.stdout));
    assert_eq!(text(&table.stderr), "");
    // A run that goes on says it again; its answers are those of one run.
    let answers = folder.join("answers.jsonl");
    for _ in 0..2 {
        let made = output(s2s(["screen", "--no-network", "--json", "-", "--answers"]).args([&answers, &k]));
        assert!(made.status.success() && said(&made) == 1, "{}", text(&made.stderr));
    }
    // Nothing but such files is a failure that says so.
    let only = folder.join("only");
    write(&only, "c.pdb", "");
    for arguments in [&["inspect"][..], &["screen", "--no-network"], &["convert", "--to", "cif"]] {
        let refused = output(s2s(arguments).arg(&only));
        let told = "passed over: 1 file whose name is not of a structure format (.pdb 1)\n";
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).starts_with(told), "{}", text(&refused.stderr));
    }
}

#[test]
fn entries_of_dumps_that_are_no_structures_are_not_called_files() {
    let folder = folder("inputs-dump");
    let entry = r#"{"id": "o", "type": "structures", "attributes": {"lattice_vectors": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "cartesian_site_positions": [[0, 0, 0]], "species_at_sites": ["Po"], "species": [{"name": "Po", "chemical_symbols": ["Po"], "concentration": [1]}]}}"#;
    let dump = write(&folder, "dump.jsonl", format!("{{\"x-optimade\": {{}}}}\n{entry}\n"));
    for _ in 0..2 {
        let made = output(s2s(["screen", "--no-network", "--json", "-", "--answers"]).args([&folder.join("a"), &dump]));
        let told = format!("passed over: 1 entry of an OPTIMADE dump that is no structure ({})\n", dump.display());
        assert_eq!(text(&made.stderr), told);
    }
}

#[test]
fn rows_of_tables_are_told_by_file_line_and_name() {
    let folder = folder("inputs-rows");
    let formula = "\"XyZ\" is no formula: character 1: unknown element symbol \"Xy\"";
    for (name, table, expected) in [
        (
            "named.csv",
            "name,formula\nbar,XyZ\nfoo,Nb\nbaz,\n",
            vec![format!("bar: line 2: {formula}"), "baz: line 4: the formula is empty".to_owned()],
        ),
        ("tabs.tsv", "Formula\tmaterial_id\n\nXyZ\tmp-1\n", vec![format!("mp-1: line 3: {formula}")]),
    ] {
        let path = write(&folder, name, table);
        let told: Vec<String> = expected.iter().map(|told| format!("{}: {told}\n", path.display())).collect();
        assert_eq!(text(&screen(&path).stderr), told.concat());
    }
    // A row without an identifier is that of a line.
    let path = write(&folder, "unnamed.csv", "formula,Tc\nXyZ,1\n,2\nN\"b,1\n");
    let at = |line: u64, told: &str| format!("{}:{line}: {told}\n", path.display());
    let quote = "\"N\\\"b\" is no formula: character 2: '\"' is no part of a formula";
    assert_eq!(text(&screen(&path).stderr), [at(2, formula), at(3, "the formula is empty"), at(4, quote)].concat());
    let path = write(&folder, "commas.csv", "formula;Tc\nXy0,5;1\nNb0,5N0,5;2\n");
    let screened = screen(&path);
    assert!(text(&screened.stderr).starts_with(&format!("{}:2: ", path.display())), "{}", text(&screened.stderr));
    assert!(text(&screened.stdout).contains("\"id\": \"Nb0.5N0.5\""), "{}", text(&screened.stdout));
    let refused = output(&mut s2s(["screen", "--no-network", "--json", "-", "--formula", "XyZ"]));
    assert_eq!(text(&refused.stderr), "XyZ: character 1: unknown element symbol \"Xy\"\n");
}

#[test]
fn identifiers_of_tables_are_those_of_a_column_that_is_not_the_formula() {
    let folder = folder("inputs-identifiers");
    for (header, row, id) in [
        ("name,formula", "first,Nb", "first"),
        ("formula,id,name", "Nb,second,other", "second"),
        ("name,Tc", "Nb,9.2", "Nb"),
        ("composition,material_id", "Nb,mp-75", "mp-75"),
    ] {
        let path = write(&folder, "table.csv", format!("{header}\n{row}\n"));
        let written: serde_json::Value = serde_json::from_slice(&screen(&path).stdout).expect("it is JSON");
        assert_eq!(written["ranking"][0]["id"], id, "{header}");
    }
}

#[test]
fn standard_input_is_read_by_every_command_that_reads_structures() {
    let records =
        r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0,0]]}"#;
    let lines = format!("{POLONIUM}\n{{}}\n");
    for (input, structures, faults) in [(NIOBIUM, 1, 0), (records, 1, 0), (&lines, 1, 1), ("hello", 0, 1)] {
        let inspected = with_input(&["inspect", "--json", "-"], input.as_bytes());
        let shown = text(&inspected.stdout);
        assert_eq!(shown.matches("\"ok\":true").count(), structures, "{shown}");
        assert_eq!(shown.matches("\"ok\":false").count(), faults, "{shown}");
        assert!(shown.lines().all(|line| line.starts_with("{\"file\":\"-\"")), "{shown}");
        let screened = with_input(&["screen", "--no-network", "--json", "-", "-"], input.as_bytes());
        assert_eq!(unreadable(&screened).len(), faults, "{}", text(&screened.stderr));
        let converted = with_input(&["convert", "-", "--to", "cif"], input.as_bytes());
        assert_eq!(text(&converted.stdout).matches("data_").count(), structures, "{}", text(&converted.stderr));
        assert_eq!(
            text(&converted.stderr).lines().filter(|line| line.starts_with("-:")).count(),
            faults,
            "{}",
            text(&converted.stderr)
        );
    }
    // Packed too, and where the format is named.
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../s2s-data/tests/packed/NbN.vasp.gz");
    let bytes = fs::read(&packed).expect("the packed file is there");
    for input in ["-", packed.to_str().expect("its path is text")] {
        for arguments in
            [&["convert", input, "--from", "poscar", "--to", "cif"][..], &["convert", input, "--to", "cif"]]
        {
            let converted = with_input(arguments, &bytes);
            assert_eq!(
                text(&converted.stdout).matches("data_").count(),
                1,
                "{arguments:?}: {}",
                text(&converted.stderr)
            );
        }
    }
    let twice = with_input(&["screen", "--no-network", "--json", "-", "-", "-"], NIOBIUM.as_bytes());
    assert_eq!(text(&twice.stderr), "-: it has been read already\n");
}

#[cfg(feature = "learners")]
#[test]
fn every_other_path_refuses_a_standard_stream_by_name() {
    let commands: [&[&str]; 15] = [
        &["audit", "-"],
        &["join", "--supercon", "-"],
        &["join", "--verify", "-"],
        &["join", "--out", "-"],
        &["screen", "--model", "-"],
        &["screen", "--answers", "a", "--merge", "-"],
        &["benchmark", "tc", "--out", "o", "--train", "-", "--test", "t"],
        &["benchmark", "tc", "--out", "o", "--train", "t", "--test", "-"],
        &["benchmark", "tc", "--out", "-", "--train", "t", "--test", "t"],
        &["benchmark", "tc", "--out", "o", "--train", "t", "--test", "t", "--structures", "-"],
        &["benchmark", "classification", "--out", "o", "--data", "-"],
        &["benchmark", "classification", "--out", "-"],
        &["benchmark", "classification", "--out", "o", "--test", "-"],
        &["benchmark", "classification", "--out", "o", "--supplement", "-"],
        &["benchmark", "classification", "--out", "o", "--auxiliary", "gap=-"],
    ];
    for arguments in commands {
        let refused = with_input(arguments, b"");
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let told = text(&refused.stderr);
        assert!(
            told.contains("`-`, a standard stream, cannot stand here: name a file or folder"),
            "{arguments:?}: {told}"
        );
    }
}

#[test]
fn a_poscar_without_elements_says_which_option_supplies_them() {
    let folder = folder("inputs-vasp-4");
    let poscar = NIOBIUM.replace("0 0 1\nNb\n", "0 0 1\n");
    let named = write(&folder, "named.vasp", &poscar);
    let unnamed = write(&folder, "unnamed.vasp", poscar.replacen("Nb", "bcc metal", 1));
    let warning = "warning: the file names no elements (VASP 4); they were taken from its comment: Nb";
    let inspected = output(s2s(["inspect"]).arg(&named));
    assert!(inspected.status.success() && text(&inspected.stdout).contains(warning), "{}", text(&inspected.stdout));
    let option = "supply them, on the command line with --elements";
    for arguments in [&["inspect"][..], &["convert", "--to", "cif"], &["screen", "--no-network"]] {
        let refused = output(s2s(arguments).arg(&unnamed));
        let said = text(&refused.stdout) + &text(&refused.stderr);
        assert!(!refused.status.success() && said.contains(option), "{arguments:?}: {said}");
        let read = output(s2s(arguments).args(["--elements", "Nb"]).arg(&unnamed));
        assert!(read.status.success(), "{arguments:?}: {}", text(&read.stderr));
    }
}
