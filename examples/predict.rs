//! Prints a model's answer for every structure: one JSON object per line, in the order of the input.
//!
//! ```text
//! cargo run --features torch --example predict -- --model DIR PATH…
//! ```
//!
//! Keys: `id`, `ok`, `value`, `probability` (classifiers), `spread` (ensembles), `error` (instead, where `ok` is false).

mod structures;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use s2s_crystal::{Crystal, OccupancyPolicy};
use s2s_model::{Precision, Prediction, Predictor, device::DeviceChoice};
use serde_json::{Map, Value, json};

use structures::{Answered, Answerer, Reading};

/// One JSON object per structure: what a model says about it
#[derive(Parser)]
struct Options {
    /// Folder of a model or an ensemble
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Files and folders of structures: CIF, POSCAR, extended XYZ, pymatgen or OPTIMADE JSON, JSON lines
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Put the majority element on disordered sites instead of refusing them
    #[arg(long)]
    majority: bool,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
    /// Numbers of the matrix products: single or bf16, which is quicker on a GPU and changes the third digit
    #[arg(long, default_value_t)]
    precision: Precision,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

impl Answerer for Predictor {
    type Answer = Prediction;

    fn answer(&self, crystals: &[Crystal]) -> Vec<Result<Prediction, String>> {
        self.predict(crystals).into_iter().map(|answer| answer.map_err(|reason| reason.to_string())).collect()
    }
}

/// Whether every structure got an answer.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let device = options.device.parse::<DeviceChoice>()?.resolve()?;
    let predictor = Predictor::load_on(&options.model, device)?.with_precision(options.precision);
    let disordered = if options.majority { OccupancyPolicy::Majority } else { OccupancyPolicy::Reject };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut complete = true;
    let mut print = |(structure, answer): Answered<Prediction>| {
        let mut line =
            Map::from_iter([("id".to_owned(), json!(structure.id)), ("ok".to_owned(), json!(answer.is_ok()))]);
        let mut put = |key: &str, value: Value| line.insert(key.to_owned(), value);
        match answer {
            Ok(prediction) => {
                put("value", json!(prediction.value));
                if let Some(probability) = prediction.probability {
                    put("probability", json!(probability));
                }
                if let Some(spread) = prediction.spread {
                    put("spread", json!(spread));
                }
            }
            Err(reason) => {
                complete = false;
                put("error", json!(reason));
            }
        }
        writeln!(out, "{}", Value::Object(line))
    };
    let reading = Reading::new(&options.paths, disordered);
    structures::answer_windows(&predictor, &reading, |window| window.answers.into_iter().try_for_each(&mut print))?;
    out.flush()?;
    Ok(complete)
}
