//! Crystals, devices and golden files.

use std::{fs, path::PathBuf};

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_featurize::{AtomBatch, AtomFeaturizer, AtomFeaturizerConfig, Collate, Featurizer, PaddedCollate, Vocabulary};
use s2s_model::tch::{Device, Kind, Tensor};

/// Every device that this machine has, the CPU first.
pub(crate) fn devices() -> Vec<Device> {
    let devices = s2s_model::device::available();
    if devices.len() == 1 {
        eprintln!("CUDA not available: CPU only");
    }
    devices
}

/// A file of the shared data, or `None`, and a line that says so, where there is no shared data.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("S2S_DATA_DIR") else {
        eprintln!("skipped: S2S_DATA_DIR is not set, so {path} is not at hand");
        return None;
    };
    let path = PathBuf::from(folder).join(path);
    Some(fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// Lines of a shared JSON-lines file.
pub(crate) fn shared_lines(path: &str) -> Option<Vec<serde_json::Value>> {
    let text = String::from_utf8(shared(path)?).expect("JSON lines are UTF-8");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect())
}

pub(crate) fn crystal(rows: [[f64; 3]; 3], sites: &[(u8, [f64; 3])]) -> Crystal {
    let lattice = Lattice::from_rows(rows).expect("the lattice spans a volume");
    let site = |(z, position): &(u8, [f64; 3])| {
        Site::pure(Element::from_atomic_number(*z).expect("an element"), Frac(*position))
    };
    Crystal::new(lattice, sites.iter().map(site).collect()).expect("a crystal")
}

/// CsCl, MgB2, and a helium atom far from everything.
pub(crate) fn three_crystals() -> Vec<Crystal> {
    let (a, c) = (3.086, 3.524);
    let hexagonal = [[a, 0.0, 0.0], [-a / 2.0, a * 0.75_f64.sqrt(), 0.0], [0.0, 0.0, c]];
    let third = 1.0 / 3.0;
    vec![
        crystal([[4.12, 0.0, 0.0], [0.0, 4.12, 0.0], [0.0, 0.0, 4.12]], &[(55, [0.0; 3]), (17, [0.5; 3])]),
        crystal(hexagonal, &[(12, [0.0; 3]), (5, [third, 2.0 * third, 0.5]), (5, [2.0 * third, third, 0.5])]),
        crystal([[30.0, 0.0, 0.0], [0.0, 30.0, 0.0], [0.0, 0.0, 30.0]], &[(2, [0.1; 3])]),
    ]
}

/// Magnesium diboride with aluminium on some sites and some boron missing, and a mixed site far from everything.
pub(crate) fn disordered_crystals() -> Vec<Crystal> {
    let mixed = |shares: &[(Element, f64)], position: Frac| {
        Site::mixed(shares.iter().copied(), position).expect("shares of at most one")
    };
    let diboride = three_crystals().remove(1);
    let metals = [(Element::MG, 0.75), (Element::AL, 0.25)];
    let sites = diboride.sites().iter().enumerate().map(|(k, site)| match k {
        0 => mixed(&metals, site.position),
        1 => mixed(&[(Element::B, 0.9)], site.position),
        _ => site.clone(),
    });
    let far = mixed(&[(Element::HE, 0.5), (Element::LI, 0.25)], Frac([0.1; 3]));
    let lattice = Lattice::cubic(30.0).expect("the lattice spans a volume");
    [Crystal::new(*diboride.lattice(), sites.collect()), Crystal::new(lattice, vec![far])]
        .map(|crystal| crystal.expect("a crystal"))
        .to_vec()
}

pub(crate) fn batch(crystals: &[Crystal], config: &AtomFeaturizerConfig, vocabulary: impl Vocabulary) -> AtomBatch {
    let featurizer = AtomFeaturizer::new(config.clone(), vocabulary).expect("a valid featurizer");
    let features: Vec<_> = crystals.iter().map(|c| featurizer.featurize(c).expect("known elements")).collect();
    PaddedCollate.collate(&features).expect("a batch")
}

/// The numbers of a tensor, in order.
pub(crate) fn numbers(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double).reshape([-1]);
    Vec::try_from(flat).expect("a flat tensor of doubles")
}

#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "largest difference {worst:e} is above {tolerance:e}");
    assert!(found.iter().all(|f| f.is_finite()));
}
