//! Files of records that a command holds all at once: bad lines, damage, memory, and where results go.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use s2s_data::{MaterialId, Record, record::RecordWriter, reference};

use crate::support::{folder, output, s2s, text, write};

/// Labelled reference crystals as JSON lines.
fn records(folder: &Path) -> PathBuf {
    let mut writer = RecordWriter::new(Vec::new());
    for (k, known) in reference::crystals().iter().step_by(2).take(90).enumerate() {
        let formula = known.crystal.composition().reduced_formula();
        let record = Record::new(MaterialId::from(format!("r-{k}")), formula, known.crystal.clone());
        writer.write(&record.with_label(known.superconductivity.label())).expect("memory can be written");
    }
    write(folder, "records.jsonl", writer.finish().expect("memory can be written"))
}

fn audit(data: &Path, more: &[&str]) -> Command {
    let mut command = s2s(["audit", "--quick"]);
    command.arg(data).args(more);
    command
}

#[track_caller]
fn refused(ended: &Output, reason: &str) {
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains(reason), "{said}");
}

#[test]
fn bad_lines_are_named_and_limited_and_damage_ends_the_command() {
    let folder = folder("held-bad");
    let good = records(&folder);
    let bytes = fs::read(&good).expect("it was written");
    let spoiled = write(&folder, "spoiled.jsonl", [&bytes[..], b"{\"id\": 3\nnonsense\n"].concat());
    refused(&output(&mut audit(&spoiled, &[])), "(more than 0 bad lines)");
    refused(&output(&mut audit(&spoiled, &["--max-errors", "1"])), "(more than 1 bad lines)");
    let borne = output(&mut audit(&spoiled, &["--max-errors", "2"]));
    assert_eq!(borne.status.code(), Some(1), "{}", text(&borne.stderr));
    assert!(text(&borne.stderr).contains("2 bad lines skipped"));
    assert!(text(&borne.stdout).contains("2 bad lines"));
    // A line that is cut off is a bad line; a compressed file that is, is damaged, whatever is borne.
    let cut = write(&folder, "cut.jsonl", &bytes[..bytes.len() - 40]);
    refused(&output(&mut audit(&cut, &[])), "bad lines");
    // A Zstandard frame of one stored block of 200 bytes, of which 100 are there.
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 200, 0x41, 0x06, 0x00];
    let packed = write(&folder, "cut.jsonl.zst", [&head, &bytes[..100]].concat());
    refused(&output(&mut audit(&packed, &["--max-errors", "1000"])), "cut.jsonl.zst");
}

#[test]
fn memory_is_limited_by_the_command_line() {
    let folder = folder("held-memory");
    let bytes = fs::read(records(&folder)).expect("it was written");
    // Some 2,000 records of 2 kB.
    let many = write(&folder, "many.jsonl", bytes.repeat(24));
    let message = "records take more than 1 MB; --max-memory sets another limit";
    refused(&output(&mut audit(&many, &["--max-memory", "1"])), message);
    // Not for their memory.
    refused(&output(&mut audit(&many, &["--max-memory", "100"])), "twice");
}

#[test]
fn results_replace_files_whole_special_files_never_and_inputs_not_at_all() {
    let folder = folder("held-output");
    let data = records(&folder);
    let before = fs::read(&data).expect("it was written");
    let json = write(&folder, "audit.json", "old");
    let run = |output_path: &Path| output(audit(&data, &["--json"]).arg(output_path));
    assert_eq!(run(&json).status.code(), Some(0));
    let found: serde_json::Value =
        serde_json::from_slice(&fs::read(&json).expect("it is there")).expect("one JSON value");
    assert!(found.is_object());
    let only = run(Path::new("-"));
    assert!(serde_json::from_slice::<serde_json::Value>(&only.stdout).is_ok(), "only JSON on standard output");

    refused(&run(&data), "is an input");
    assert_eq!(fs::read(&data).expect("it is there"), before);
    refused(&run(&folder), "directory");
    refused(&run(&folder.join("nowhere/audit.json")), "there is no such folder");
    #[cfg(target_os = "linux")]
    {
        refused(&run(Path::new("/dev/full")), "No space left");
        use std::os::unix::fs::FileTypeExt;
        assert_eq!(run(Path::new("/dev/null")).status.code(), Some(0));
        assert!(fs::metadata("/dev/null").is_ok_and(|found| found.file_type().is_char_device()));
    }
    let left = fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(left, 2, "nothing is left beside the results");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_in_the_place_of_files_are_refused_at_once() {
    let folder = folder("held-pipe");
    let pipe = folder.join("records.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    for path in [pipe.as_path(), Path::new("/dev/zero")] {
        let kind = if path == pipe { "a named pipe" } else { "a device" };
        refused(&output(&mut audit(path, &[])), &format!("it is {kind}, not a file: save what it gives to a file"));
        let mut merge = s2s(["screen", "--merge"]);
        refused(&output(merge.arg(path).arg("--answers").arg(folder.join("out.jsonl"))), kind);
        let mut verify = s2s(["join", "--out"]);
        let verify = verify.arg(folder.join("out")).arg("--verify").arg(path).env("S2S_DATA_DIR", &folder);
        refused(&output(verify), kind);
        let mut benchmark = s2s(["benchmark", "tc", "--split", "random", "--train"]);
        refused(&output(benchmark.arg(path).arg("--out").arg(folder.join("tc"))), kind);
    }
}

#[test]
fn closed_output_ends_no_audit_and_two_at_once_write_one_whole_result() {
    let folder = folder("held-closed");
    let data = records(&folder);
    let json = folder.join("audit.json");
    let mut running = Vec::new();
    for _ in 0..2 {
        let mut command = audit(&data, &["--json"]);
        let mut child = command.arg(&json).stdout(Stdio::piped()).spawn().expect("the command can be run");
        drop(child.stdout.take());
        running.push(child);
    }
    for mut child in running {
        assert!(child.wait().is_ok_and(|status| status.success()));
    }
    assert!(serde_json::from_slice::<serde_json::Value>(&fs::read(&json).expect("it is there")).is_ok());
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 2);
}
