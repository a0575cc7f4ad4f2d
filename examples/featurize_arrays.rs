//! Structure files to arrays that NumPy opens, with `s2s-crystal` and `s2s-featurize` alone.
//!
//! ```sh
//! cargo run --example featurize_arrays -- --out arrays data/*.cif
//! python -c "import numpy; print(numpy.load('arrays/gaussians.npy').shape)"
//! ```
//!
//! Without files, three crystals of superconductors stand in. The folder gets one `.npy` file per array and all of them
//! once more in `features.safetensors`; `B` crystals, `N` atoms of the largest, `E` pairs of neighbors:
//!
//! | array | shape | |
//! |---|---|---|
//! | `tokens` | `(B, N)` | atomic number, 0 where no atom is |
//! | `centroid_distances` | `(B, N)` | Å |
//! | `gaussians` | `(B, N, 512)` | Eq. 1 of S2SNet |
//! | `lattice` | `(B, 3)` | Å |
//! | `pair_centers`, `pair_neighbors`, `pair_distances` | `(E)` | neighbors within 2 Å |
//! | `magpie` | `(B, 145)` | composition statistics |

mod output;

use std::{collections::BTreeMap, error::Error, fs, io, path::PathBuf};

use clap::Parser;
use ndarray::{Array, ArrayD, Dimension};
use output::say;
use s2s_crystal::{Crystal, Frac, Lattice, ReadOptions, Site, read};
use s2s_featurize::{
    AllElements, AtomFeaturizer, AtomFeaturizerConfig, Collate, Featurizer, GaussianBasis, MagpieConfig,
    MagpieFeaturizer, PaddedCollate, RadialBasis, featurize_all,
};
use safetensors::{Dtype, tensor::TensorView};

#[derive(Parser)]
#[command(about = "Structure files to arrays that NumPy opens")]
struct Arguments {
    /// Where the arrays go; made if it does not exist.
    #[arg(long, default_value = "arrays")]
    out: PathBuf,
    /// Structure files of any format that the workspace reads.
    files: Vec<PathBuf>,
}

/// An array as bytes, for both formats.
struct Bytes {
    /// NumPy's name of the type of a number.
    numpy: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let crystals = if arguments.files.is_empty() { superconductors()? } else { read_files(&arguments.files)? };

    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), AllElements)?;
    let features = featurize_all(&featurizer, &crystals).into_iter().collect::<Result<Vec<_>, _>>()?;
    let batch = PaddedCollate.collate(&features.iter().collect::<Vec<_>>())?;
    let basis = GaussianBasis::paper();
    let distances: Vec<f64> = batch.centroid_distances.iter().map(|d| f64::from(*d)).collect();
    let (rows, atoms) = batch.tokens.dim();
    let mut gaussians = basis.expand(&distances).into_shape_with_order((rows, atoms, basis.len()))?;
    for ((row, atom), present) in batch.present.indexed_iter() {
        if !present {
            gaussians.slice_mut(ndarray::s![row, atom, ..]).fill(0.0);
        }
    }
    let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
    let statistics = crystals.iter().map(|crystal| magpie.featurize(crystal)).collect::<Result<Vec<_>, _>>()?;
    let statistics = Array::from_shape_vec((rows, MagpieFeaturizer::LEN), statistics.concat())?;

    let arrays = BTreeMap::from([
        ("tokens", integers(&batch.tokens)),
        ("centroid_distances", floats(&batch.centroid_distances)),
        ("gaussians", floats(&gaussians)),
        ("lattice", floats(&batch.lattice)),
        ("pair_centers", integers(&batch.pair_centers)),
        ("pair_neighbors", integers(&batch.pair_neighbors)),
        ("pair_distances", floats(&batch.pair_distances)),
        ("magpie", floats(&statistics.mapv(|x| x as f32))),
    ]);
    fs::create_dir_all(&arguments.out)?;
    for (name, array) in &arrays {
        fs::write(arguments.out.join(name).with_extension("npy"), npy(array))?;
        say!("{name:>18}  {:?}", array.shape);
    }
    let views = arrays
        .iter()
        .map(|(name, array)| Ok((*name, TensorView::new(array.dtype, array.shape.clone(), &array.data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    fs::write(arguments.out.join("features.safetensors"), safetensors::serialize(views, None)?)?;
    say!("{} crystals, {:.0} % padding, in {}", rows, 100.0 * batch.padding_waste(), arguments.out.display());
    Ok(())
}

/// Every structure of every file; one that cannot be read is named and left out.
fn read_files(files: &[PathBuf]) -> Result<Vec<Crystal>, Box<dyn Error>> {
    let options = ReadOptions::ordered();
    let mut crystals = Vec::new();
    for path in files {
        let text = fs::read(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
        for reading in read(&path.to_string_lossy(), &text, &options) {
            match reading {
                Ok(reading) => crystals.push(reading.crystal),
                Err(error) => eprintln!("{}: {error}", path.display()),
            }
        }
    }
    if crystals.is_empty() { Err("no file has a structure".into()) } else { Ok(crystals) }
}

/// H3S, MgB2 and Nb3Sn, from their published lattice parameters.
fn superconductors() -> Result<Vec<Crystal>, Box<dyn Error>> {
    let crystal = |lengths, angles, sites: &[(&str, [f64; 3])]| -> Result<Crystal, Box<dyn Error>> {
        let site = |(symbol, at): &(&str, [f64; 3])| Ok(Site::pure(symbol.parse()?, Frac(*at)));
        let sites = sites.iter().map(site).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        Ok(Crystal::new(Lattice::from_parameters(lengths, angles)?, sites)?)
    };
    let (third, half, quarter): (f64, f64, f64) = (1.0 / 3.0, 0.5, 0.25);
    let hydride = [("S", [0.0; 3]), ("H", [0.0, half, half]), ("H", [half, 0.0, half]), ("H", [half, half, 0.0])];
    let boride = [("Mg", [0.0; 3]), ("B", [third, 2.0 * third, half]), ("B", [2.0 * third, third, half])];
    let stannide = [
        ("Sn", [0.0; 3]),
        ("Sn", [half; 3]),
        ("Nb", [quarter, 0.0, half]),
        ("Nb", [1.0 - quarter, 0.0, half]),
        ("Nb", [half, quarter, 0.0]),
        ("Nb", [half, 1.0 - quarter, 0.0]),
        ("Nb", [0.0, half, quarter]),
        ("Nb", [0.0, half, 1.0 - quarter]),
    ];
    // The rhombohedral cell of body-centered H3S (Im-3m, 200 GPa): half the body diagonals of the cube.
    let edge = 2.984 * 0.75_f64.sqrt();
    let obtuse = (-third).acos().to_degrees();
    Ok(vec![
        crystal([edge; 3], [obtuse; 3], &hydride)?,
        crystal([3.086, 3.086, 3.524], [90.0, 90.0, 120.0], &boride)?,
        crystal([5.289; 3], [90.0; 3], &stannide)?,
    ])
}

fn floats<D: Dimension>(array: &Array<f32, D>) -> Bytes {
    let array: ArrayD<f32> = array.as_standard_layout().into_owned().into_dyn();
    let data = array.iter().flat_map(|x| x.to_le_bytes()).collect();
    Bytes { numpy: "<f4", dtype: Dtype::F32, shape: array.shape().to_vec(), data }
}

fn integers<D: Dimension>(array: &Array<i64, D>) -> Bytes {
    let array: ArrayD<i64> = array.as_standard_layout().into_owned().into_dyn();
    let data = array.iter().flat_map(|x| x.to_le_bytes()).collect();
    Bytes { numpy: "<i8", dtype: Dtype::I64, shape: array.shape().to_vec(), data }
}

/// NumPy's format, version 1.0: magic, length of the header, a Python dictionary padded to 64 bytes, the numbers.
fn npy(array: &Bytes) -> Vec<u8> {
    let sizes: String = array.shape.iter().map(|n| format!("{n}, ")).collect();
    let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({sizes}), }}", array.numpy);
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 11;
    header = format!("{header:padded$}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&array.data);
    bytes
}
