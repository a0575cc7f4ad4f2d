//! `examples/crossval --shard` as its users see it: shares of the folds, one of them killed, and the report of one process.

mod example;

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use example::{binary, folder, records};

fn command(binary: &Path, data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.arg("--data").arg(data).args(["--folds", "5", "--width", "8", "--layers", "1", "--set", "fit.epochs=2"]);
    command.args(["--threads", "1", "--device", "cpu", "--json"]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[track_caller]
fn succeeded(mut command: Command) -> (Vec<u8>, String) {
    let Output { status, stdout, stderr } = command.output().expect("the example can be run");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(status.success(), "{said}");
    (stdout, said)
}

/// Folds whose results are there.
fn done(results: &Path) -> Vec<String> {
    let entries = fs::read_dir(results).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|e| e.expect("it is there").file_name().to_string_lossy().into()).collect();
    names.retain(|name| name.starts_with("fold-"));
    names.sort();
    names
}

#[test]
fn shards_give_the_report_of_one_process_and_kills_cost_one_fold() {
    let (binary, folder) = (binary("crossval", "torch"), folder("crossval"));
    let (data, results) = (records(&folder), folder.join("results"));
    let results_path = results.to_str().expect("the folder has a plain name");
    let (whole, _) = succeeded(command(&binary, &data, &[]));

    let first = ["--shard", "0/2", "--results", results_path];
    let mut interrupted = 0;
    let said = loop {
        let mut child = command(&binary, &data, &first).spawn().expect("the example can be run");
        // Waits until another fold has its result, then a little more, so that a later fold is cut off in its middle.
        let before = done(&results);
        while child.try_wait().expect("the child can be asked").is_none() && done(&results) == before {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(5));
        child.kill().expect("the child can be killed");
        let output = child.wait_with_output().expect("the child has ended");
        let after = done(&results);
        assert!(before.iter().all(|fold| after.contains(fold)), "{before:?} became {after:?}");
        if output.status.code().is_some() {
            break String::from_utf8_lossy(&output.stderr).into_owned();
        }
        interrupted += 1;
    };
    assert!(interrupted >= 2, "killed only {interrupted} times");
    assert!(said.ends_with("shard 0/2 is done; folds of other shards are missing\n"), "{said}");
    assert_eq!(done(&results), ["fold-0000.json", "fold-0002.json", "fold-0004.json"]);

    let (last, _) = succeeded(command(&binary, &data, &["--results", results_path, "--shard=1/2"]));
    assert!(last == whole, "the last shard reports for all");
    let begun = fs::metadata(results.join("fold-0003.json")).and_then(|file| file.modified()).expect("it is there");
    let (merged, _) = succeeded(command(&binary, &data, &["--results", results_path]));
    assert!(merged == whole, "the merged report differs");
    let now = fs::metadata(results.join("fold-0003.json")).and_then(|file| file.modified()).expect("it is there");
    assert_eq!(begun, now, "nothing is run twice");

    let other = command(&binary, &data, &["--results", results_path, "--seed", "2"]).output().expect("it can be run");
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    let reason = "belongs to a run with other data or other options; choose another folder or remove it\n";
    assert!(!other.status.success() && said.ends_with(reason), "{said}");
}

#[test]
fn runs_of_other_seeds_are_not_compared() {
    let (binary, folder) = (binary("crossval", "torch"), folder("crossval-compare"));
    let data = records(&folder);
    let result = |seed: &str| {
        let path = folder.join(format!("seed-{seed}.json"));
        fs::write(&path, succeeded(command(&binary, &data, &["--seed", seed])).0)
            .expect("the temporary folder can be written");
        path.to_str().expect("the folder has a plain name").to_owned()
    };
    succeeded(command(&binary, &data, &["--compare", &result("1")]));
    let refused = command(&binary, &data, &["--compare", &result("2")]).output().expect("it can be run");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.ends_with("is not of the same folds\n"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let (binary, folder) = (binary("crossval", "torch"), folder("crossval-full"));
    let mut run = command(&binary, &records(&folder), &[]);
    run.stdout(File::options().write(true).open("/dev/full").expect("Linux has a device that is full"));
    let Output { status, stderr, .. } = run.output().expect("the example can be run");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write the output: "), "{said}");
}

#[test]
fn numbers_that_nobody_can_mean_are_refused_where_they_are_read() {
    let (binary, folder) = (binary("crossval", "torch"), folder("crossval-numbers"));
    let data = records(&folder);
    let flags = [
        ("folds", "0"),
        ("validation-share", "0"),
        ("epochs", "0"),
        ("parallel", "0"),
        ("width", "0"),
        ("layers", "0"),
        ("threads", "0"),
        ("max-errors", "-2"),
        ("seed", "-2"),
        ("shard", "2/1"),
    ];
    for (flag, own) in flags {
        for value in [own, "-1", "100000000000000000000000", "1e300", "nan", "inf", "", "many"] {
            let ended = Command::new(&binary).arg("--data").arg(&data).arg(format!("--{flag}={value}")).output();
            let ended = ended.expect("the example can be run");
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(2), "--{flag}={value}: {said}");
            assert!(said.contains("invalid value") || said.contains("a value is required"), "--{flag}={value}: {said}");
        }
    }
    for setting in
        ["model.head.dropout=1.0", "model.encoder.layers=0", "model.encoder.width=100000", "fit.optimizer.rate=nan"]
    {
        let mut command = command(&binary, &data, &["--set", setting]);
        let ended = command.output().expect("the example can be run");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{setting}: {said}");
        assert!(said.starts_with("crossval: invalid "), "{setting}: {said}");
    }
    // Whoever reads the report may have gone.
    let mut child = command(&binary, &data, &[]).spawn().expect("the example can be run");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}
