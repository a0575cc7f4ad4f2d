//! The inputs of S2SNet, of CGCNN and of the Magpie baseline, against NumPy, CGCNN's own loader and matminer, on the S2S
//! crystals and the names of SuperCon where `S2S_DATA_DIR` has them.

mod protocol;

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use ndarray::Array2;
use s2s_crystal::{Composition, Crystal, Element, Frac, Lattice, Site};
use s2s_data::{DataFolder, RecordStream};
use s2s_featurize::{
    AtomFeaturizer, AtomFeaturizerConfig, CgcnnVocabulary, Featurizer, GaussianBasis, MagpieConfig, MagpieFeaturizer,
    NeighborRule, PaperVocabulary, RadialBasis,
};
use serde_json::json;

/// Every how many crystals one goes to CGCNN's loader, and every how many formulas one to matminer: both are slow.
const CGCNN_EVERY: usize = 32;
const MAGPIE_EVERY: usize = 56;

fn main() {
    protocol::run("featurize", prepare, measure);
}

fn prepare(folder: &Path) {
    let data = DataFolder::from_env().ok();
    let crystals: Vec<Crystal> = match &data {
        Some(data) => {
            let file = File::open(data.s2s()).expect("the data folder has the S2S crystals");
            RecordStream::new(file).map(|record| record.expect("the records are intact").crystal).collect()
        }
        None => (2..12).map(rock_salt).collect(),
    };
    let mut out = BufWriter::new(File::create(folder.join("crystals.jsonl")).expect("the folder can be written"));
    for crystal in &crystals {
        let elements = crystal.ordered_elements().expect("the crystals are ordered");
        let line = json!({
            "lattice": crystal.lattice().vectors(),
            "species": elements.iter().map(|e| e.atomic_number()).collect::<Vec<u8>>(),
            "frac_coords": crystal.sites().iter().map(|s| s.position.0).collect::<Vec<_>>(),
        });
        writeln!(out, "{line}").expect("the file can be written");
    }
    let vectors = CgcnnVocabulary::element_vectors();
    let bits = |token| vectors.row(token).iter().map(|x| char::from(b'0' + *x as u8)).collect::<String>();
    let table: Vec<String> = (1..=100).map(bits).collect();
    fs::write(folder.join("cgcnn.txt"), table.join("\n")).expect("the folder can be written");
    let text = data.and_then(|data| fs::read_to_string(data.supercon()).ok());
    let text = text.unwrap_or_else(|| "name,Tc\nBa0.4K0.6Fe2As2,38\nYBa2Cu3O6.94,92\nNb3Sn,18\n".to_owned());
    let names = text.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.0));
    let known: Vec<&str> = names.filter(|name| name.parse::<Composition>().is_ok()).collect();
    fs::write(folder.join("formulas.txt"), known.join("\n")).expect("the folder can be written");
}

/// Used where there are no S2S crystals.
fn rock_salt(edge: u8) -> Crystal {
    let lattice = Lattice::from_parameters([f64::from(edge); 3], [60.0; 3]).expect("a valid lattice");
    let site = |number, at| Site::pure(Element::from_atomic_number(number).expect("an element"), Frac([at; 3]));
    Crystal::new(lattice, vec![site(11, 0.0), site(17, 0.5)]).expect("a valid crystal")
}

fn read_crystals(folder: &Path) -> Vec<Crystal> {
    let file = BufReader::new(File::open(folder.join("crystals.jsonl")).expect("`prepare` wrote the crystals"));
    std::io::BufRead::lines(file)
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            let rows = serde_json::from_value(line["lattice"].clone()).expect("a lattice");
            let species: Vec<u8> = serde_json::from_value(line["species"].clone()).expect("species");
            let coordinates: Vec<[f64; 3]> = serde_json::from_value(line["frac_coords"].clone()).expect("coordinates");
            let site =
                |(z, x): (&u8, &[f64; 3])| Site::pure(Element::from_atomic_number(*z).expect("element"), Frac(*x));
            let sites = species.iter().zip(&coordinates).map(site).collect();
            Crystal::new(Lattice::from_rows(rows).expect("a lattice"), sites).expect("a crystal")
        })
        .collect()
}

fn measure(folder: &Path) {
    let crystals = read_crystals(folder);

    // Tokens, distances to the mean position in Å, and their expansion in 512 Gaussians, crystal by crystal.
    let config = AtomFeaturizerConfig { pairs: NeighborRule::None, ..AtomFeaturizerConfig::paper() };
    let featurizer = AtomFeaturizer::new(config, PaperVocabulary).expect("a valid configuration");
    let basis = GaussianBasis::paper();
    let mut expanded = Vec::new();
    protocol::report("S2S inputs", "crystals", crystals.len(), || {
        let mut one = |crystal: &Crystal| -> f64 {
            let features = featurizer.featurize(crystal).expect("the crystals are in the vocabulary");
            let distances: Vec<f64> = features.centroid_distances.iter().map(|d| f64::from(*d)).collect();
            basis.expand_to(&distances, &mut expanded);
            let tokens: f64 = features.tokens.iter().map(|t| f64::from(t.0)).sum();
            tokens + distances.iter().sum::<f64>() + sum(&expanded, basis.len(), [0, 100, 511])
        };
        crystals.iter().map(&mut one).sum()
    });

    // Element vectors, twelve neighbors and 41 Gaussians each.
    let some: Vec<&Crystal> = crystals.iter().step_by(CGCNN_EVERY).collect();
    let featurizer =
        AtomFeaturizer::new(AtomFeaturizerConfig::cgcnn(), CgcnnVocabulary).expect("a valid configuration");
    let (basis, vectors) = (GaussianBasis::cgcnn(), CgcnnVocabulary::element_vectors());
    let mut expanded = Vec::new();
    protocol::report("CGCNN inputs", "crystals", some.len(), || {
        let mut one = |crystal: &&Crystal| -> f64 {
            let features = featurizer.featurize(crystal).expect("the crystals are in the vocabulary");
            let mut atoms = Array2::zeros((features.num_atoms(), vectors.ncols()));
            for (mut row, token) in atoms.outer_iter_mut().zip(&features.tokens) {
                row.assign(&vectors.row(token.0.into()));
            }
            let distances: Vec<f64> = features.neighbor_distances.iter().map(|d| f64::from(*d)).collect();
            basis.expand_to(&distances, &mut expanded);
            let vectors = atoms.as_slice().map_or(f64::NAN, |atoms| sum(atoms, vectors.ncols(), [0, 18, 91]));
            vectors + distances.iter().sum::<f64>() + sum(&expanded, basis.len(), [10, 15, 20])
        };
        some.iter().map(&mut one).sum()
    });

    let text = fs::read_to_string(folder.join("formulas.txt")).expect("`prepare` wrote the formulas");
    let compositions: Vec<Composition> =
        text.lines().step_by(MAGPIE_EVERY).map(|name| name.parse().expect("`prepare` took formulas we read")).collect();
    let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
    protocol::report("Magpie features", "formulas", compositions.len(), || {
        compositions.iter().map(|composition| magpie.describe(composition).iter().sum::<f64>()).sum()
    });
}

/// Sum of three columns, which stand for all of them.
fn sum(table: &[f32], width: usize, columns: [usize; 3]) -> f64 {
    table.chunks_exact(width).flat_map(|row| columns.map(|column| f64::from(row[column]))).sum()
}
