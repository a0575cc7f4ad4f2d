//! The standard streams and special files: closed pipes, full devices, named pipes, open files, links.

use std::{
    fs,
    io::Read,
    process::{Command, Stdio},
    thread,
};

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

/// Runs a command whose standard output is closed before it writes.
#[track_caller]
fn with_closed_output(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command can be run");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    (ended.status.code(), text(&ended.stderr))
}

#[test]
fn closed_standard_output_ends_no_command() {
    let folder = folder("closed");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let file = file.to_str().expect("the path is text");
    let commands: [&[&str]; 5] = [
        &["inspect", file],
        &["inspect", "--json", file],
        &["convert", file, "--to", "cif"],
        &["completions", "bash"],
        &["--help"],
    ];
    for arguments in commands {
        assert_eq!(with_closed_output(s2s(arguments)), (Some(0), String::new()), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_device_is_an_error() {
    let folder = folder("full");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let full = || fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    for arguments in [vec!["inspect"], vec!["convert", "--to", "cif"]] {
        let ended = output(s2s(&arguments).arg(&file).stdout(full()));
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(text(&ended.stderr).contains("standard output: No space left"), "{}", text(&ended.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn named_pipe_is_written_to_and_stays_one() {
    use std::os::unix::fs::FileTypeExt;
    let folder = folder("pipe");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let pipe = folder.join("pipe.cif");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || {
            let mut read = String::new();
            fs::File::open(pipe).and_then(|mut pipe| pipe.read_to_string(&mut read)).map(|_| read)
        }
    });
    let made = output(s2s(["convert"]).args([&file, &pipe]));
    assert!(made.status.success(), "{}", text(&made.stderr));
    let read = reader.join().expect("the reader ends").expect("the pipe can be read");
    assert!(read.contains("data_"), "{read}");
    assert!(fs::metadata(&pipe).is_ok_and(|found| found.file_type().is_fifo()));
}

#[cfg(target_os = "linux")]
#[test]
fn open_file_by_its_device_name_is_written_to() {
    let folder = folder("device");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let target = folder.join("out.cif");
    let handle = fs::File::create(&target).expect("the temporary folder can be written");
    let made = output(s2s(["convert", "--to", "cif"]).arg(&file).arg("/dev/stdout").stdout(handle));
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(fs::read_to_string(&target).is_ok_and(|text| text.contains("data_")));
    assert!(fs::symlink_metadata("/dev/stdout").is_ok_and(|found| found.is_symlink()));
}

#[cfg(unix)]
#[test]
fn link_stays_a_link_to_the_new_file() {
    let folder = folder("link");
    let file = write(&folder, "POSCAR", NIOBIUM);
    let target = write(&folder, "elsewhere/target.cif", "old");
    let link = folder.join("link.cif");
    std::os::unix::fs::symlink(&target, &link).expect("the temporary folder can be written");
    let made = output(s2s(["convert", "--force"]).args([&file, &link]));
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(fs::symlink_metadata(&link).is_ok_and(|found| found.is_symlink()));
    assert!(fs::read_to_string(&target).is_ok_and(|text| text.contains("data_")));
}
