//! `examples/finetune` as its users see it: what a finished run holds and says, and that its folder is a model.

mod example;

use std::{fs, path::Path, process::Command};

use example::{binary, folder, records};
use s2s_predict::Predictor;

/// Trains for two epochs into a folder, and gives what was said.
#[track_caller]
fn finetune(data: &Path, out: &Path) -> String {
    let mut command = Command::new(binary("finetune", "torch"));
    command.args(["--preset", "periodic", "--width", "8", "--layers", "1", "--epochs", "2", "--threads", "1"]);
    let ended = command.args(["--device", "cpu", "--data"]).arg(data).arg("--out").arg(out).output();
    let ended = ended.expect("the example can be run");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// The records, each other label as the table of S2S has it.
fn with_unlisted(data: &Path) -> std::path::PathBuf {
    let text = fs::read_to_string(data).expect("it was written");
    let line = |line: &str| {
        let mut record: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        if record["answer"] != "superconductor" {
            record["answer"] = "not_listed".into();
            record.as_object_mut().expect("a record").remove("tested_to");
        }
        format!("{record}\n")
    };
    let path = data.with_file_name("unlisted.jsonl");
    fs::write(&path, text.lines().map(line).collect::<String>()).expect("the folder can be written");
    path
}

#[test]
fn a_finished_run_says_where_its_model_lies_and_what_it_learned_from() {
    let folder = folder("finetune");
    let measured = records(&folder);
    let unlisted = with_unlisted(&measured);
    let cards = [(&measured, "measured"), (&unlisted, "unlisted")].map(|(data, name)| {
        let out = folder.join(name);
        let said = finetune(data, &out);
        assert!(said.contains(&format!("model: {}", out.join("model").display())), "{said}");
        assert!(said.contains("of 2, "), "two epochs were asked for: {said}");
        let card = fs::read_to_string(out.join("model/README.md")).expect("there is a model card");
        assert!(!card.contains("NaN") && !card.contains("S2S"), "{card}");
        let [of_run, of_model] = [&out, &out.join("model")].map(|path| Predictor::load(path).expect("it is a model"));
        assert_eq!(of_run.info().seal, of_model.info().seal, "the folder of a run stands for its model");
        (card, of_run.info().question.clone())
    });
    let [(measured_card, measured_question), (unlisted_card, unlisted_question)] = cards;
    assert!(measured_card.contains("of the table without a transition, 0 not listed"), "{measured_card}");
    assert!(measured_card.contains("reported when a crystal is measured"), "{measured_card}");
    assert!(unlisted_card.contains("0 of the table without a transition"), "{unlisted_card}");
    assert!(unlisted_card.contains("against others, most of which nobody has measured"), "{unlisted_card}");
    assert_eq!(
        (&*measured_question, &*unlisted_question),
        ("found to superconduct when it is measured", "superconductor")
    );

    let out = folder.join("measured");
    let events = || {
        let files = fs::read_dir(out.join("tensorboard")).expect("there are event files");
        files.map(|file| file.and_then(|file| file.metadata()).expect("it can be read").len()).collect::<Vec<u64>>()
    };
    let (before, first) = (events(), fs::read_to_string(out.join("run.json")).expect("there is a report"));
    assert!(before.len() == 1 && before[0] > 0, "{before:?}");
    let said = finetune(&measured, &out);
    assert!(!said.contains("NaN"), "{said}");
    assert_eq!(events(), before, "a second run of a finished training has nothing to write");
    assert_eq!(fs::read_to_string(out.join("run.json")).expect("it is still there"), first);
}
