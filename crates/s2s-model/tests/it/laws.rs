//! Encoders and readouts obey the laws of featurizers.

use std::sync::atomic::{AtomicU32, Ordering};

use s2s_crystal::{CellList, Crystal, Cutoff, NeighborSearch};
use s2s_featurize::{
    AllElements, AtomFeaturizer, Featurizer,
    laws::{Cases, Law, Violation, check},
};
use s2s_model::{
    AtomEncoder, AtomStates, BuildNetwork, Classifier, CrystalStates, DeviceBatch, EncoderConfig, Frozen, MeanReadout,
    Mode, PaperEncoderConfig, Parameters, PeriodicEncoderConfig, Readout, S2sNetConfig, Set2Set, encoder_laws,
    laws::{EncodedAtoms, EncodedCrystal, InBatches, check_company},
    readout_laws,
    tch::{Device, Kind, Tensor},
};

/// Single precision, through a few layers.
const TOLERANCE: f64 = 2e-4;

fn periodic() -> S2sNetConfig {
    let encoder = PeriodicEncoderConfig { width: 16, layers: 2, feed_forward: 32, ..PeriodicEncoderConfig::standard() };
    S2sNetConfig { encoder: EncoderConfig::Periodic(encoder), ..S2sNetConfig::periodic() }
}

fn paper() -> S2sNetConfig {
    let encoder = PaperEncoderConfig { width: 8, layers: 2, ..PaperEncoderConfig::paper() };
    S2sNetConfig { encoder: EncoderConfig::Paper(encoder), ..S2sNetConfig::paper() }
}

fn released() -> S2sNetConfig {
    s2s_model::import::released_config(r#"{"d_model": 16, "d_ff": 32, "h": 4, "num_layer": 2}"#).expect("valid sizes")
}

fn featurizer(config: &S2sNetConfig) -> AtomFeaturizer<AllElements> {
    AtomFeaturizer::new(config.featurizer(), AllElements).expect("a valid configuration")
}

fn network(config: &S2sNetConfig) -> Classifier {
    config.classifier(&Parameters::new(3, Device::Cpu), &AllElements).expect("a valid configuration")
}

/// Few and small, for a network takes its time; `S2S_LAW_ROUNDS` times as many.
fn few() -> Cases {
    let rounds: Option<usize> = std::env::var("S2S_LAW_ROUNDS").ok().and_then(|text| text.parse().ok());
    Cases::new().count(96 * rounds.unwrap_or(1)).sites_up_to(16)
}

/// What the paper's features leave to rounding: neighbors at 2 Å.
fn neighbor_at_the_cutoff(crystal: &Crystal) -> bool {
    let list = Cutoff::angstrom(2.1).and_then(|cutoff| CellList::default().search(crystal, cutoff));
    list.map_or(true, |list| list.distances().iter().any(|d| (d - 2.0).abs() < 1e-6))
}

encoder_laws!(
    the_periodic_encoder,
    featurizer(&periodic()),
    network(&periodic()).encoder,
    TOLERANCE,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell],
    few()
);
encoder_laws!(
    the_papers_encoder,
    featurizer(&paper()),
    Frozen(network(&paper()).encoder),
    TOLERANCE,
    [finite, deterministic, permutation, rotation, reflection],
    few().except(neighbor_at_the_cutoff)
);
// What depends on the cell depends on it in the released features too.
encoder_laws!(
    the_released_encoder,
    featurizer(&released()),
    network(&released()).encoder,
    TOLERANCE,
    [finite, deterministic, permutation],
    few()
);
readout_laws!(
    the_readout_of_the_periodic_network,
    featurizer(&periodic()),
    network(&periodic()).encoder,
    network(&periodic()).readout,
    TOLERANCE,
    [finite, deterministic, permutation, translation, rotation, reflection, basis, supercell],
    few()
);
readout_laws!(
    the_papers_readout,
    featurizer(&paper()),
    network(&paper()).encoder,
    network(&paper()).readout,
    TOLERANCE,
    [finite, deterministic, permutation, rotation, reflection],
    few().except(neighbor_at_the_cutoff)
);
readout_laws!(
    the_mean,
    featurizer(&periodic()),
    network(&periodic()).encoder,
    MeanReadout,
    TOLERANCE,
    [finite, permutation, supercell],
    few()
);
readout_laws!(
    set_to_set,
    featurizer(&periodic()),
    network(&periodic()).encoder,
    Set2Set::new(&Parameters::new(4, Device::Cpu).root(), 16, 2),
    TOLERANCE,
    [finite, permutation, supercell],
    few()
);

/// The right encoder, and what is then done to its states, `(T, D)` of the atoms of the batch.
#[derive(Debug)]
struct WrongEncoder {
    name: &'static str,
    inner: Box<dyn AtomEncoder>,
    calls: AtomicU32,
}

const WRONG_ENCODERS: [&str; 8] = [
    "sees padding",
    "normalizes over the batch",
    "attends to the whole batch",
    "counts atoms in listed order",
    "divides by the number of neighbors",
    "drops out in evaluation",
    "deviates from the only atom",
    "sums over the cell",
];

impl AtomEncoder for WrongEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let states = self.inner.encode(batch, mode).packed(batch);
        let atoms = batch.num_atoms();
        let neighbors = batch.pack(&batch.adjacency().sum_dim_intlist([-1].as_slice(), true, Kind::Float));
        let own_cell = |states: &Tensor| {
            let padded = batch.unpack(states);
            let sums = padded.sum_dim_intlist([1].as_slice(), true, Kind::Float).expand_as(&padded);
            batch.pack(&sums.contiguous())
        };
        let states = match self.name {
            "sees padding" => states * batch.num_slots() as f64,
            "normalizes over the batch" => &states - states.mean_dim([0].as_slice(), true, Kind::Float),
            "attends to the whole batch" => states.matmul(&states.tr()).softmax(-1, Kind::Float).matmul(&states),
            "counts atoms in listed order" => {
                states + Tensor::arange(atoms, (Kind::Float, batch.device())).unsqueeze(-1) * 0.01
            }
            // An atom sees itself: alone, it has one neighbor less than one.
            "divides by the number of neighbors" => states / (neighbors - 1.0),
            "drops out in evaluation" => {
                states * if self.calls.fetch_add(1, Ordering::Relaxed) % 3 == 2 { 1.001 } else { 1.0 }
            }
            "deviates from the only atom" => {
                let many = own_cell(&states.ones_like());
                &states + (&many - 1.0).reciprocal() * 0.1
            }
            _ => own_cell(&states),
        };
        AtomStates::of_atoms(states, batch)
    }
}

/// Readouts that are wrong in different ways.
#[derive(Debug)]
struct WrongReadout(&'static str);

const WRONG_READOUTS: [&str; 7] = [
    "sum",
    "first atom",
    "mean over all slots",
    "largest, padding included",
    "logarithm of the number of atoms",
    "deviation over one atom less",
    "mean of the batch",
];

impl Readout for WrongReadout {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        let mask = atoms.mask.unsqueeze(-1);
        let values = atoms.values().where_self(&mask, &atoms.values().zeros_like());
        let sum = values.sum_dim_intlist([1].as_slice(), false, Kind::Float);
        let count = mask.sum_dim_intlist([1].as_slice(), false, Kind::Float);
        let mean = MeanReadout.read_out(atoms, batch, mode).0;
        CrystalStates(match self.0 {
            "sum" => sum,
            "first atom" => values.select(1, 0),
            "mean over all slots" => sum / batch.num_slots() as f64,
            "largest, padding included" => values.amax([1].as_slice(), false),
            "logarithm of the number of atoms" => mean + count.log() * 0.01,
            "deviation over one atom less" => {
                let squares = (&values - mean.unsqueeze(1)).square().where_self(&mask, &values.zeros_like());
                (squares.sum_dim_intlist([1].as_slice(), false, Kind::Float) / (count - 1.0)).sqrt()
            }
            _ => &mean - mean.mean_dim([0].as_slice(), true, Kind::Float),
        })
    }
}

/// A law that a network breaks. Most break one within a few cases: all laws are checked on these before any is checked on more.
fn broken<N>(make: impl Fn() -> N) -> Option<Violation>
where
    N: InBatches + Featurizer<Features = <N as InBatches>::Answer>,
{
    let law = |cases: Cases| Law::SEVEN.into_iter().find_map(|law| check(law, &make, TOLERANCE, &cases).err());
    law(few().count(8)).or_else(|| check_company(&make(), TOLERANCE).err()).or_else(|| law(few()))
}

#[test]
fn every_wrong_encoder_is_caught() {
    let config = periodic();
    for name in WRONG_ENCODERS {
        let wrong = || WrongEncoder { name, inner: network(&config).encoder, calls: AtomicU32::new(0) };
        let violation = broken(|| EncodedAtoms::new(featurizer(&config), wrong()));
        let violation = violation.unwrap_or_else(|| panic!("an encoder that {name} is not caught"));
        println!("{name}: {violation}\n");
        assert!(violation.to_string().lines().count() <= 10, "{violation}");
    }
}

#[test]
fn every_wrong_readout_is_caught() {
    let config = periodic();
    for name in WRONG_READOUTS {
        let wrong = || EncodedCrystal::new(featurizer(&config), network(&config).encoder, WrongReadout(name));
        let violation = broken(wrong).unwrap_or_else(|| panic!("{name} is not caught"));
        println!("{name}: {violation}\n");
        assert!(violation.to_string().lines().count() <= 10, "{violation}");
    }
}
