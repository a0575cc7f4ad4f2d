//! From what each picture was made, in `sources.json` beside it.

use std::{env, error::Error, fs, path::Path};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Writes a file of a folder, and notes the command and the SHA-256 of the files that it was made from.
pub(crate) fn write(out: &Path, name: &str, text: &str, inputs: &[&Path]) -> Result<(), Box<dyn Error>> {
    let said = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(out).map_err(|error| said(out, error))?;
    let path = out.join(name);
    fs::write(&path, text).map_err(|error| said(&path, error))?;
    let list = out.join("sources.json");
    let mut all: Map<String, Value> = match fs::read_to_string(&list) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => Map::new(),
    };
    let mut hashes = Map::new();
    for input in inputs {
        let bytes = fs::read(input).map_err(|error| said(input, error))?;
        hashes
            .insert(known_as(&input.display().to_string()).to_owned(), format!("{:x}", Sha256::digest(&bytes)).into());
    }
    all.insert(name.to_owned(), json!({"command": command(), "sha256": hashes}));
    fs::write(&list, format!("{:#}\n", Value::Object(all))).map_err(|error| said(&list, error))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// How this was started, without where things lie on this machine.
fn command() -> String {
    let mut words = env::args();
    let program = words.next().unwrap_or_default();
    let example = Path::new(&program).file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let features = if example == "contributions" { "--features torch " } else { "" };
    let mut text = format!("cargo run {features}--example {example} --");
    for word in words {
        let word = match word.split_once("=/") {
            Some((key, path)) => format!("{key}={}", last_part(path)),
            None if word.starts_with('/') => last_part(&word).to_owned(),
            None => word,
        };
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_=./,:+".contains(c));
        text.push(' ');
        text.push_str(&if plain { word } else { format!("'{}'", word.replace('\'', r"'\''")) });
    }
    text
}

/// A committed result by its path among the results, any other file by its name.
fn known_as(path: &str) -> &str {
    path.split_once("/results/").map_or_else(|| last_part(path), |(_, inside)| inside)
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
