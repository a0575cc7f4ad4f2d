//! Crates outside the workspace, written the way that the README tells their authors to.
//!
//! Each is made in the system's temporary folder, so that neither this workspace's manifest nor its Cargo configuration
//! has a say; both are built with the versions that this workspace has locked, and without a network.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, process};

/// What the crates that are built ask for. It is the same for all of them: their dependencies are compiled once.
const BUILT: &[(&str, &str)] =
    &[("s2s-crystal", "\"moyo\", \"proptest\""), ("s2s-data", ""), ("s2s-featurize", "\"proptest\"")];

/// What the crates that are type-checked ask for: with `doc-only`, since building them takes the C++ shim again.
#[cfg(feature = "torch")]
const CHECKED: &[(&str, &str)] = &[
    ("s2s-crystal", ""),
    ("s2s-data", ""),
    ("s2s-featurize", ""),
    ("s2s-model", "\"doc-only\""),
    ("s2s-train", "\"doc-only\""),
    ("serde", "\"derive\""),
];

/// A crate of its own, which goes away with the value.
struct Downstream {
    folder: PathBuf,
}

impl Downstream {
    /// Writes a binary crate that depends on crates of this workspace by path, and on others by version 1.
    fn new(name: &str, dependencies: &[(&str, &str)], main: &str) -> Self {
        let folder = env::temp_dir().join(format!("s2s-{name}-{}", process::id()));
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n");
        for (package, features) in dependencies {
            let path = root.join("crates").join(package);
            let source = if path.is_dir() { format!("path = {path:?}") } else { "version = \"1\"".to_owned() };
            manifest += &format!("{package} = {{ {source}, features = [{features}] }}\n");
        }
        fs::create_dir_all(folder.join("src")).expect("the temporary folder can be written");
        fs::write(folder.join("Cargo.toml"), manifest).expect("the manifest can be written");
        fs::write(folder.join("src/main.rs"), main).expect("the source can be written");
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace is locked");
        Self { folder }
    }

    /// Runs Cargo there; what it prints.
    #[track_caller]
    fn cargo(&self, verb: &str) -> String {
        let output = self.output(&[verb.as_ref()]);
        assert!(output.status.success(), "cargo {verb} failed:\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs the crate's program with these arguments; what it prints.
    #[track_caller]
    fn run(&self, arguments: &[&Path]) -> String {
        let verbs = ["run", "--"].map(OsStr::new);
        let output = self.output(&verbs.into_iter().chain(arguments.iter().map(|a| a.as_os_str())).collect::<Vec<_>>());
        assert!(output.status.success(), "cargo run failed:\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs Cargo there, which has to fail; what it prints.
    #[track_caller]
    fn failing(&self, verb: &str) -> String {
        let output = self.output(&[verb.as_ref()]);
        assert!(!output.status.success(), "cargo {verb} did not fail");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Cargo, without what this test's own Cargo put into the environment.
    fn output(&self, arguments: &[&OsStr]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
        let (verb, rest) = arguments.split_first().expect("invariant: there is a verb");
        Command::new(env!("CARGO"))
            .arg(verb)
            .args(["--offline", "--quiet"])
            .args(rest)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target)
            // Nobody debugs these.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("LIBTORCH")
            .env_remove("RUSTFLAGS")
            .output()
            .expect("Cargo started this test")
    }
}

impl Drop for Downstream {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn crystal_crate_serves_a_crate_outside_the_workspace() {
    let main = r#"
        use s2s_crystal::{ReadOptions, read};

        fn main() -> Result<(), s2s_crystal::ParseError> {
            let text = "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n";
            for parsed in read("POSCAR", text.as_bytes(), &ReadOptions::ordered()) {
                println!("{} sites", parsed?.crystal.num_sites());
            }
            Ok(())
        }
    "#;
    let downstream = Downstream::new("downstream-crystal", BUILT, main);
    assert_eq!(downstream.cargo("run"), "2 sites\n");
}

/// The file is a crate of its own: it reads a folder, substitutes, finds operations, makes supercells and writes CIF.
#[test]
fn everyday_work_takes_sixty_lines_outside_the_workspace() {
    let main = include_str!("downstream/everyday.rs");
    assert!(main.lines().count() <= 60);
    let downstream = Downstream::new("downstream-everyday", BUILT, main);
    let (folder, out) = (downstream.folder.join("structures"), downstream.folder.join("out"));
    fs::create_dir_all(&folder).and_then(|()| fs::create_dir_all(&out)).expect("the temporary folder can be written");
    let bcc = "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n";
    fs::write(folder.join("Nb.vasp"), bcc).expect("the temporary folder can be written");
    let answer = downstream.run(&[&folder, &out]);
    assert_eq!(answer, "Nb.vasp: Ta Im-3m, 96 operations, 1 sites in the primitive cell, 16.72 g/cm3\n");
    let cif = fs::read_to_string(out.join("Nb.vasp.cif")).expect("it was written");
    let structures: Vec<_> =
        s2s_crystal::read("Nb.cif", cif.as_bytes(), &s2s_crystal::ReadOptions::ordered()).collect();
    let crystal = &structures[0].as_ref().expect("our own CIF is read").crystal;
    assert_eq!((crystal.num_sites(), crystal.composition().to_string()), (8, "Ta".to_owned()));
}

/// The featurizer and its seven laws from the README of `s2s-featurize`, in a crate of its own.
#[test]
fn the_laws_of_the_readme_hold_outside_the_workspace() {
    let readme = include_str!("../crates/s2s-featurize/README.md");
    let tutorial = readme.split("```").find(|part| part.contains("featurizer_laws!(")).expect("the README has it");
    let source = tutorial.strip_prefix("rust\n").expect("it is Rust");
    assert!(source.lines().count() <= 25, "{} lines", source.lines().count());
    let downstream = Downstream::new("downstream-laws", BUILT, &format!("{source}\nfn main() {{}}\n"));
    let answer = downstream.cargo("test");
    assert!(answer.contains("7 passed"), "{answer}");
    // The same without the smoothing has to fail.
    let hard = source.replace("(1.0 - (distance / 5.0).powi(2)).powi(2)", "f64::from(u8::from(distance <= 5.0))");
    assert_ne!(hard, source);
    fs::write(downstream.folder.join("src/main.rs"), format!("{hard}\nfn main() {{}}\n")).expect("it can be written");
    let answer = downstream.failing("test");
    assert!(answer.contains("law `rotation` is broken"), "{answer}");
}

#[cfg(feature = "torch")]
#[test]
fn model_crate_serves_a_crate_outside_the_workspace() {
    let main = r#"
        use s2s_model::device::{DeviceChoice, DeviceError};
        use s2s_model::tch::{Kind, Tensor};

        fn main() -> Result<(), DeviceError> {
            let device = DeviceChoice::Auto.resolve()?;
            println!("{:?}", Tensor::ones([3], (Kind::Float, device)).size());
            Ok(())
        }
    "#;
    let downstream = Downstream::new("downstream-model", CHECKED, main);
    downstream.cargo("check");
}

#[cfg(feature = "torch")]
#[path = "downstream/own_features.rs"]
#[allow(clippy::wildcard_imports, reason = "as short as a first program is")]
mod own_features;

#[cfg(feature = "torch")]
#[path = "downstream/own_network.rs"]
#[allow(clippy::wildcard_imports, reason = "as short as a first program is")]
mod own_network;

/// Both files are modules of a crate elsewhere, where they are type-checked, and run here.
#[cfg(feature = "torch")]
#[test]
fn networks_and_features_of_another_crate_are_type_checked_there() {
    let files = [
        ("own_network", include_str!("downstream/own_network.rs")),
        ("own_features", include_str!("downstream/own_features.rs")),
    ];
    // Encoder, readout, objective, training, sealing, loading and prediction.
    assert!(files[0].1.lines().count() <= 60);
    let modules = files.map(|(name, source)| format!("#[allow(dead_code)]\nmod {name} {{\n{}}}\n", inner(source)));
    let main = format!("{}{}fn main() {{}}\n", modules[0], modules[1]);
    Downstream::new("downstream-own", CHECKED, &main).cargo("check");
}

/// The documentation of a file is none of a module in another.
#[cfg(feature = "torch")]
fn inner(source: &str) -> String {
    source.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect()
}

/// Small crystals whose elements all have a token of the paper's vocabulary.
#[cfg(feature = "torch")]
fn crystals() -> Vec<s2s_crystal::Crystal> {
    let all = s2s_data::reference::crystals().iter().map(|known| known.crystal.clone());
    all.filter(|crystal| crystal.num_sites() <= 8).take(90).collect()
}

#[cfg(feature = "torch")]
fn mean_atomic_number(crystal: &s2s_crystal::Crystal) -> f64 {
    crystal.composition().fractions().map(|(e, share)| share * f64::from(e.atomic_number())).sum()
}

#[cfg(feature = "torch")]
#[test]
fn a_network_of_another_crate_is_trained_sealed_loaded_and_asked() -> Result<(), Box<dyn std::error::Error>> {
    s2s_model::tch::set_num_threads(1);
    let folder = env::temp_dir().join(format!("s2s-own-network-{}", process::id()));
    let crystals = crystals();
    let targets: Vec<f32> = crystals.iter().map(|crystal| mean_atomic_number(crystal) as f32).collect();
    let predictor = own_network::trained(&crystals, targets.clone(), &folder)?;
    let mean = targets.iter().sum::<f32>() / targets.len() as f32;
    let (mut error, mut of_mean) = (0.0, 0.0);
    for (answer, target) in predictor.predict(&crystals.iter().collect::<Vec<_>>()).into_iter().zip(&targets) {
        error += (answer?.value - f64::from(*target)).abs();
        of_mean += f64::from((mean - target).abs());
    }
    assert!(error < 0.5 * of_mean, "{error} against {of_mean}");
    // Weights of a network of another kind are refused.
    assert!(s2s_model::Predictor::load(&folder).is_err());
    fs::remove_dir_all(folder)?;
    Ok(())
}

#[cfg(feature = "torch")]
#[test]
fn features_of_another_crate_are_learned_from_in_grouped_folds() -> Result<(), Box<dyn std::error::Error>> {
    s2s_model::tch::set_num_threads(1);
    let crystals = crystals();
    let numbers: std::collections::BTreeMap<String, f64> =
        crystals.iter().map(|c| (c.composition().reduced_formula(), mean_atomic_number(c))).collect();
    let rows = numbers.iter().map(|(formula, number)| format!("{formula},{number}\n"));
    let csv = format!("formula,number\n{}", rows.collect::<String>());
    let [error, of_mean] = own_features::errors(&crystals, &csv)?;
    assert!(error < 0.5 * of_mean, "{error} against {of_mean}");
    Ok(())
}
