//! `s2s convert`: every format into every other, standard streams, cells, refusals.

use std::{fs, io::Write, process::Stdio};

use s2s_crystal::{Crystal, ReadOptions, StructureFingerprint, read};

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

fn crystals(name: &str, bytes: &[u8]) -> Vec<Crystal> {
    let structures: Result<Vec<_>, _> = read(name, bytes, &ReadOptions::ordered()).collect();
    structures.unwrap_or_else(|error| panic!("{name}: {error}")).into_iter().map(|found| found.crystal).collect()
}

fn fingerprint(crystal: &Crystal) -> StructureFingerprint {
    StructureFingerprint::new(crystal).expect("a small crystal has one")
}

#[test]
fn every_format_becomes_every_other() {
    let folder = folder("convert-all");
    let original = &crystals("POSCAR", NIOBIUM.as_bytes())[0];
    let first = write(&folder, "POSCAR", NIOBIUM);
    let names = ["a.cif", "a.vasp", "a.extxyz", "a.json", "a.optimade"];
    for name in names {
        let from = folder.join(name);
        let made = output(s2s(["convert"]).args([&first, &from]));
        assert!(made.status.success(), "{name}: {}", text(&made.stderr));
        for other in names {
            let to = folder.join(format!("to-{other}"));
            let made = output(s2s(["convert", "--force"]).args([&from, &to]));
            assert!(made.status.success(), "{name} to {other}: {}", text(&made.stderr));
            let bytes = fs::read(&to).expect("it is there");
            let back = crystals(other, &bytes);
            assert_eq!(back.iter().map(fingerprint).collect::<Vec<_>>(), [fingerprint(original)], "{name} to {other}");
        }
    }
}

#[test]
fn dashes_are_the_standard_streams() {
    let mut command = s2s(["convert", "-", "-", "--to", "cif", "--from", "poscar"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command can be run");
    child.stdin.take().expect("it is piped").write_all(NIOBIUM.as_bytes()).expect("it is read");
    let made = child.wait_with_output().expect("it ends");
    assert!(made.status.success());
    assert_eq!(crystals("a.cif", &made.stdout)[0].num_sites(), 2);
}

#[test]
fn several_structures_become_one_file_where_the_format_has_room() {
    let folder = folder("convert-several");
    let many = folder.join("structures");
    for name in ["a/POSCAR", "b/POSCAR", "c/POSCAR"] {
        write(&many, name, NIOBIUM);
    }
    for format in ["cif", "extxyz", "pymatgen", "optimade"] {
        let made = output(s2s(["convert", "--to", format]).arg(&many));
        let name = match format {
            "pymatgen" | "optimade" => "a.json".to_owned(),
            format => format!("a.{format}"),
        };
        assert_eq!(crystals(&name, &made.stdout).len(), 3, "{format}");
    }
    let refused = output(s2s(["convert", "--to", "poscar"]).arg(&many));
    let sentence = "error: a POSCAR holds one structure, and here are 3: choose one with --only\n";
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence.to_owned()));
    let one = output(s2s(["convert", "--to", "poscar", "--only", "3"]).arg(&many));
    assert_eq!(crystals("POSCAR", &one.stdout).len(), 1);
}

#[test]
fn cells_are_reduced_and_repeated() {
    let folder = folder("convert-cells");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let atoms = |arguments: &[&str]| {
        let made = output(s2s(["convert", "--to", "poscar"]).args(arguments).arg(&file));
        crystals("POSCAR", &made.stdout)[0].num_sites()
    };
    assert_eq!(atoms(&["--primitive"]), 1);
    assert_eq!(atoms(&["--supercell", "2x2x1"]), 8);
    assert_eq!(atoms(&["--primitive", "--supercell", "3x1x1"]), 3);
}

#[test]
fn what_is_there_is_not_replaced_unasked() {
    let folder = folder("convert-there");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let there = write(&folder, "there.cif", "mine");
    let refused = output(s2s(["convert"]).args([&file, &there]));
    let sentence = format!("error: {} is there already: remove it or choose another name\n", there.display());
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));
    assert_eq!(fs::read_to_string(&there).ok().as_deref(), Some("mine"));

    let itself = output(s2s(["convert", "--force"]).args([&file, &file]));
    assert_eq!(itself.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&file).ok().as_deref(), Some(NIOBIUM));
}

#[test]
fn broken_structure_is_named_and_the_others_are_written() {
    let folder = folder("convert-broken");
    write(&folder, "in/a.vasp", NIOBIUM);
    write(&folder, "in/b.cif", "data_x\n_cell_length_a 1");
    let made = output(s2s(["convert", "--to", "extxyz"]).arg(folder.join("in")));
    assert_eq!(made.status.code(), Some(1));
    assert!(text(&made.stderr).contains("b.cif (x): "), "{}", text(&made.stderr));
    assert_eq!(crystals("a.extxyz", &made.stdout).len(), 1);
}
