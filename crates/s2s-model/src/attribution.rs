//! Attribution: how much each atom contributes to a prediction.
//!
//! | | per atom | sums to |
//! |---|---|---|
//! | [`class_activation`] | contribution to the logit | logit − logit of a crystal whose states are all zero |
//! | [`gradient_times_state`] | gradient · state | the derivative of the logit when all states grow together |
//! | [`attention_rollout`] | share of the attention | 1 |
//!
//! # Source
//!
//! The paper's Fig. 7 shows class activations. Zhou et al. 2016 define them for a mean and a linear head; along the
//! straight path from zero (Sundararajan et al. 2017) they exist for every readout and head, and are the same there.
//! Attention rollout is Abnar and Zuidema 2020.

use tch::{Device, Kind, Tensor, no_grad};

use crate::{
    AtomEncoder, AtomStates, BinaryLogits, CrystalStates, DeviceBatch, GraphStates, Head, Mode, Network, Readout,
    Regression,
};

/// One number per atom, and what they sum to.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// One list per crystal, one number per atom, in the order of its sites; several per site where
    /// [atoms are weighted](s2s_featurize::AtomFeatures::sites).
    pub atoms: Vec<Vec<f64>>,
    /// What the numbers of each crystal sum to, computed apart from them.
    pub whole: Vec<f64>,
}

/// One number per crystal, whatever it means.
pub trait Scores {
    /// `f32 (B)`.
    fn scores(&self) -> &Tensor;
}

impl Scores for BinaryLogits {
    fn scores(&self) -> &Tensor {
        &self.0
    }
}

impl Scores for Regression {
    fn scores(&self) -> &Tensor {
        &self.0
    }
}

/// Points on the path from zero to the states.
const PATH: usize = 64;

/// How much each atom contributes to the logit, or to the number of a regression.
///
/// The gradient with respect to the atoms' last states is averaged along the straight path from zero to them, and
/// multiplied by them. For [`MeanReadout`](crate::MeanReadout) and a linear head this is the class activation map.
pub fn class_activation<E, R, H>(network: &Network<E, R, H>, batch: &DeviceBatch) -> Attribution
where
    E: AtomEncoder,
    R: Readout,
    H: Head<CrystalStates>,
    H::Output: Scores,
{
    let states = no_grad(|| network.encoder.encode(batch, Mode::Eval));
    let mut average = states.values().zeros_like();
    for k in 0..PATH {
        average += gradient(network, batch, &states, (k as f64 + 0.5) / PATH as f64) / PATH as f64;
    }
    let whole = no_grad(|| score(network, batch, &states, 1.0) - score(network, batch, &states, 0.0));
    attribution(batch, &(average * states.values()), &whole)
}

/// The gradient of the logit with respect to each atom's last state, times that state.
pub fn gradient_times_state<E, R, H>(network: &Network<E, R, H>, batch: &DeviceBatch) -> Attribution
where
    E: AtomEncoder,
    R: Readout,
    H: Head<CrystalStates>,
    H::Output: Scores,
{
    let states = no_grad(|| network.encoder.encode(batch, Mode::Eval));
    let gradients = gradient(network, batch, &states, 1.0);
    let step = 1e-2;
    let change = no_grad(|| score(network, batch, &states, 1.0 + step) - score(network, batch, &states, 1.0 - step));
    attribution(batch, &(gradients * states.values()), &(change / (2.0 * step)))
}

/// How much of the attention each atom gets, through all layers, when every atom counts by its share in the crystal at the end.
///
/// `None` for an encoder without attention.
pub fn attention_rollout(encoder: &dyn AtomEncoder, batch: &DeviceBatch) -> Option<Attribution> {
    let layers = no_grad(|| encoder.mixing(batch))?;
    let mut shares = batch.shares().unsqueeze(1); // (B, 1, N)
    for layer in layers.iter().rev() {
        shares = shares.bmm(layer);
    }
    let whole = Tensor::ones([batch.num_crystals()], (Kind::Float, Device::Cpu));
    Some(attribution(batch, &shares.squeeze_dim(1).unsqueeze(-1), &whole))
}

/// The score of a crystal whose atoms' states are multiplied by `scale`.
fn score<E, R, H>(network: &Network<E, R, H>, batch: &DeviceBatch, states: &AtomStates, scale: f64) -> Tensor
where
    R: Readout,
    H: Head<CrystalStates>,
    H::Output: Scores,
{
    score_of(network, batch, states, states.values() * scale)
}

fn score_of<E, R, H>(network: &Network<E, R, H>, batch: &DeviceBatch, states: &AtomStates, values: Tensor) -> Tensor
where
    R: Readout,
    H: Head<CrystalStates>,
    H::Output: Scores,
{
    let graph = states.graph.as_ref();
    let mut atoms = AtomStates::new(values, states.mask.shallow_clone());
    atoms.graph = graph.map(|g| GraphStates { pairs: g.pairs.shallow_clone(), crystals: g.crystals.shallow_clone() });
    let crystal = network.readout.read_out(&atoms, batch, Mode::Eval);
    network.head.predict(&crystal, Mode::Eval).scores().shallow_clone()
}

fn gradient<E, R, H>(network: &Network<E, R, H>, batch: &DeviceBatch, states: &AtomStates, scale: f64) -> Tensor
where
    R: Readout,
    H: Head<CrystalStates>,
    H::Output: Scores,
{
    let values = (states.values() * scale).detach().set_requires_grad(true);
    let total = score_of(network, batch, states, values.shallow_clone()).sum(None);
    Tensor::run_backward(&[total], &[values], false, false).remove(0)
}

fn attribution(batch: &DeviceBatch, per_number: &Tensor, whole: &Tensor) -> Attribution {
    let host = |tensor: &Tensor| {
        let flat = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double).reshape([-1]);
        Vec::<f64>::try_from(flat).expect("invariant: a flat tensor of doubles")
    };
    let slots = batch.num_slots() as usize;
    let numbers = host(&per_number.sum_dim_intlist([-1].as_slice(), false, None));
    let present = host(batch.present());
    let of_crystal = |(numbers, present): (&[f64], &[f64])| {
        numbers.iter().zip(present).filter(|(_, p)| **p > 0.0).map(|(x, _)| *x).collect()
    };
    Attribution {
        atoms: numbers.chunks(slots).zip(present.chunks(slots)).map(of_crystal).collect(),
        whole: host(whole),
    }
}
