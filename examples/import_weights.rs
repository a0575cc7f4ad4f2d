//! Turns published weights into a sealed model folder.
//!
//! ```text
//! cargo run --features torch --example import_weights -- {released|cgcnn|megnet} FILE.safetensors --config CONFIG.json OUT_DIR
//! ```

mod output;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use output::say;
use s2s_model::{
    Checkpoint,
    import::{Imported, Origin},
    read_weights,
};

/// Turns published weights into a sealed model folder
#[derive(Parser)]
struct Options {
    /// Whose weights they are
    origin: From,
    /// Tensors under their published names, as safetensors
    #[arg(value_name = "FILE.safetensors")]
    weights: PathBuf,
    /// Sizes as the published code names them, as one JSON object
    #[arg(long, value_name = "CONFIG.json")]
    config: PathBuf,
    /// Folder to write; it must not exist
    #[arg(value_name = "OUT_DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    /// The authors' released S2SNet code
    Released,
    /// The published CGCNN
    Cgcnn,
    /// The published MEGNet (MatGL)
    Megnet,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let named = |path: &PathBuf, error: &dyn Error| format!("{}: {error}", path.display());
    let origin = match options.origin {
        From::Released => Origin::Released,
        From::Cgcnn => Origin::Cgcnn,
        From::Megnet => Origin::Megnet,
    };
    let json = fs::read_to_string(&options.config).map_err(|e| named(&options.config, &e))?;
    let bytes = fs::read(&options.weights).map_err(|e| named(&options.weights, &e))?;
    let imported = Imported::read(origin, &json).map_err(|e| named(&options.config, &e))?;
    let tensors = read_weights(&bytes).map_err(|e| named(&options.weights, &e))?;
    let parameters = imported.parameters(&tensors).map_err(|e| named(&options.weights, &e))?;
    let name = options.weights.file_name().unwrap_or_default().to_string_lossy();
    let card =
        format!("# {name}\n\nPublished weights under the names of this workspace; see the origin for their license.\n");
    Checkpoint::save(&options.out, &imported.config, &parameters, &card)?;
    say!("{} tensors in {}", parameters.all().len(), options.out.display());
    Ok(())
}
