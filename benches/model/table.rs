//! The table of `benches/gpu.sh`, from the lines that its steps wrote.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::Failure;

/// Prints Markdown of what a folder holds; a step that left no line is said to have left none.
pub(crate) fn table(folder: &Path) -> Result<(), Failure> {
    let lines = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    println!("# What ran on this device\n\n```text");
    print!("{}", fs::read_to_string(folder.join("device.txt")).unwrap_or_default());
    println!("```");

    println!("\n## The same logits as on the CPU\n");
    rows(
        &lines("agree.jsonl"),
        &["network", "precision", "device", "largest_logit", "largest_difference", "tolerance", "agrees"],
    );
    println!("\n## Speed of our networks (the arithmetic counted is that of the linear maps)\n");
    let columns = [
        "preset",
        "what",
        "precision",
        "batch",
        "device",
        "crystals_per_second",
        "gigaflop_per_second",
        "matrix_gigaflop_per_second",
        "share_of_matrix_rate",
    ];
    rows(&lines("speed.jsonl"), &columns);

    println!("\n## Beside PyTorch: `released`, 512 wide, five layers; best round of each\n");
    let ratios: Vec<Value> = ["single", "tf32", "bf16"]
        .iter()
        .flat_map(|precision| ratios(precision, &lines(&format!("compare-{precision}.jsonl"))))
        .collect();
    rows(&ratios, &["precision", "task", "ours", "PyTorch", "ratio"]);

    println!("\n## Several processes\n");
    rows(&lines("processes.jsonl"), &["processes", "what", "status", "seconds"]);
    println!("\n## Pre-training\n");
    rows(&lines("pretrain.jsonl"), &["preset", "status", "seconds", "epochs", "step", "loss", "accuracy"]);
    let failed = fs::read_to_string(folder.join("failed.txt")).unwrap_or_default();
    if !failed.is_empty() {
        println!("\n## Steps that failed\n\n```text\n{}```", failed);
    }
    Ok(())
}

fn rows(lines: &[Value], columns: &[&str]) {
    if lines.is_empty() {
        println!("No line was written.");
        return;
    }
    println!("| {} |\n|{}", columns.join(" | ").replace('_', " "), "---|".repeat(columns.len()));
    for line in lines {
        let cells: Vec<String> = columns.iter().map(|column| cell(&line[*column])).collect();
        println!("| {} |", cells.join(" | "));
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => format!("{float:.0}"),
            Some(float) if float.abs() >= 100.0 => format!("{float:.0}"),
            Some(float) if float.abs() >= 0.01 => format!("{float:.3}"),
            Some(float) => format!("{float:.1e}"),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// Items per second of our side and of the best of the others, for every task.
fn ratios(precision: &str, lines: &[Value]) -> Vec<Value> {
    let mut best: BTreeMap<(String, bool), f64> = BTreeMap::new();
    for line in lines {
        let (Some(task), Some(items), Some(seconds)) =
            (line["task"].as_str(), line["items"].as_f64(), line["seconds"].as_f64())
        else {
            continue;
        };
        let rate = best.entry((task.to_owned(), line["peer"] == "s2s")).or_default();
        *rate = rate.max(items / seconds);
    }
    let tasks: Vec<&String> = best.keys().filter(|(_, ours)| *ours).map(|(task, _)| task).collect();
    let row = |task: &String| {
        let (ours, theirs) = (best.get(&(task.clone(), true))?, best.get(&(task.clone(), false)));
        let ratio = theirs.map(|theirs| ours / theirs);
        Some(serde_json::json!({
            "precision": precision, "task": task, "ours": ours, "PyTorch": theirs, "ratio": ratio,
        }))
    };
    tasks.into_iter().filter_map(row).collect()
}
