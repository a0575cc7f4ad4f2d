//! Asks a model of libtorch about structure files: one JSON object per structure, in the order of the input.
//!
//! ```text
//! cargo run --features torch --example predict -- MODEL PATH…
//! ```
//!
//! `s2s screen --model MODEL` ranks with the same model and needs no libtorch.

use std::{
    error::Error,
    io::{self, Write},
};

use s2s_crystal::{ReadOptions, read};
use s2s_data::{StructureContent, StructureFiles};
use s2s_model::Predictor;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let model = arguments.next().ok_or("usage: predict MODEL PATH…")?;
    let predictor = Predictor::load(model)?;
    let options = ReadOptions::ordered();
    let mut out = io::stdout().lock();
    for entry in StructureFiles::new(arguments.collect::<Vec<_>>()) {
        let crystals: Vec<Result<_, String>> = match entry.content {
            StructureContent::File(bytes) => read(&entry.name, &bytes, &options)
                .map(|found| found.map(|found| found.crystal).map_err(|error| error.to_string()))
                .collect(),
            StructureContent::Record(record) => {
                vec![record.map(|record| record.crystal).map_err(|error| error.to_string())]
            }
            StructureContent::Unreadable(error) => vec![Err(error.to_string())],
        };
        for crystal in crystals {
            let answer = crystal
                .and_then(|crystal| predictor.predict(&[crystal]).remove(0).map_err(|reason| reason.to_string()));
            let line = match answer {
                Ok(answer) => json!({ "id": entry.name, "value": answer.value, "probability": answer.probability }),
                Err(reason) => json!({ "id": entry.name, "error": reason }),
            };
            match writeln!(out, "{line}") {
                // Whoever reads may go, as `head` does.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => written?,
            }
        }
    }
    Ok(())
}
