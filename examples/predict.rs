//! Predicts structure files with a libtorch model: one JSON object per structure, in the order of the input.
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

use s2s_crystal::ReadOptions;
use s2s_data::source::{SourceOptions, read_structures};
use s2s_model::Predictor;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let model = arguments.next().ok_or("usage: predict MODEL PATH…")?;
    let predictor = Predictor::load(model)?;
    let mut out = io::stdout().lock();
    let options = SourceOptions::new(ReadOptions::ordered());
    for structure in read_structures(arguments.collect::<Vec<_>>(), options) {
        let crystal = structure.structure.map(|found| found.crystal).map_err(|error| error.to_string());
        let answer =
            crystal.and_then(|crystal| predictor.predict(&[crystal]).remove(0).map_err(|reason| reason.to_string()));
        let line = match answer {
            Ok(answer) => json!({ "id": structure.id, "value": answer.value, "probability": answer.probability }),
            Err(reason) => json!({ "id": structure.id, "error": reason }),
        };
        match writeln!(out, "{line}") {
            // Whoever reads may go, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}
