//! Where a pre-training stands, from its log.

use std::{fs, path::Path};

use serde_json::{Value, json};

/// Prints one line: whole epochs, steps, the newest loss and the newest accuracy on masked atoms that were held out.
pub(crate) fn progress(run: &Path, preset: &str, status: &str, seconds: &str) {
    let log = fs::read_to_string(run.join("log.jsonl")).unwrap_or_default();
    let events: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_kind = |kind: &'static str| events.iter().filter(move |event| event["event"] == kind);
    let number = |text: &str| text.parse::<i64>().ok();
    let newest = of_kind("step").next_back();
    println!(
        "{}",
        json!({
            "preset": preset, "status": number(status), "seconds": number(seconds), "epochs": of_kind("epoch").count(),
            "step": newest.map(|event| &event["step"]), "loss": newest.map(|event| &event["loss"]),
            "accuracy": of_kind("epoch").next_back().map(|event| &event["validation"]["accuracy"]),
        })
    );
}
