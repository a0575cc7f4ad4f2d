//! The materials graph network of Chen et al.: atoms, bonds and the whole crystal update each other.
//!
//! ```text
//! eᵢⱼ′ = MLP[vᵢ ; vⱼ ; eᵢⱼ ; u]      vⱼ′ = MLP[vⱼ ; mean of e′ that end at j ; u]      u′ = MLP[u ; mean e′ ; mean v′]
//! ```
//!
//! Every layer is followed by `softplus(x) − ln 2`; a block adds what it was given to what it made.
//!
//! # Source
//!
//! Chen et al., Chem. Mater. 31, 3564 (2019); MatGL `src/matgl/models/_megnet.py` (BSD-3-Clause).

use tch::{Kind, Tensor};

use crate::layer::{activate, radial};
use crate::{
    Activation, AtomEncoder, AtomStates, DeviceBatch, Embedding, GaussianExpansion, GraphStates, Init,
    MegnetEncoderConfig, MegnetState, Mlp, MlpConfig, Mode, Scope,
};

/// Blocks of bond, atom and state updates.
#[derive(Debug)]
pub struct MegnetEncoder {
    embedding: Embedding,
    state: Option<(Tensor, i64)>,
    gaussians: GaussianExpansion,
    pairs: Perceptron,
    atoms: Perceptron,
    crystals: Perceptron,
    blocks: Vec<Block>,
}

/// States of everything: bonds `(E, D)`, slots `(B N, D)` with zeros where no atom is, crystals `(B, D)`.
#[derive(Debug)]
pub struct MegnetStates {
    /// `f32 (E, D)`.
    pub pairs: Tensor,
    /// `f32 (T, D)`.
    pub atoms: Tensor,
    /// `f32 (B, D)`.
    pub crystals: Tensor,
}

/// An [`Mlp`] with a nonlinearity after its last layer too.
#[derive(Debug)]
struct Perceptron(Mlp);

#[derive(Debug)]
struct Block {
    dense: Option<[Perceptron; 3]>,
    pairs: Perceptron,
    atoms: Perceptron,
    crystals: Perceptron,
}

impl Perceptron {
    fn new(scope: &Scope<'_>, sizes: &[i64]) -> Self {
        let [inputs, hidden @ .., outputs] = sizes else { unreachable!("a perceptron has inputs and outputs") };
        let config = MlpConfig::new(hidden, Activation::ShiftedSoftplus);
        Self(Mlp::new(scope, &config, *inputs, *outputs))
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        activate(Activation::ShiftedSoftplus, &self.0.forward(x, Mode::Eval))
    }
}

impl MegnetEncoder {
    /// A table of `tokens` elements, and the blocks.
    pub fn new(scope: &Scope<'_>, config: &MegnetEncoderConfig, tokens: i64) -> Self {
        let (width, hidden) = (config.width, config.hidden);
        let encoder = |name: &str, inputs: i64| Perceptron::new(&scope.child(name), &[inputs, hidden, width]);
        let state = match config.state {
            MegnetState::Zeros => None,
            MegnetState::Fidelity { levels, level } => {
                let scope = scope.child("state_embedding");
                Some((scope.parameter("weight", &[levels, config.embedding], Init::Normal(1.0)), level))
            }
        };
        let state_inputs = if state.is_some() { config.embedding } else { STATE_NUMBERS };
        Self {
            embedding: Embedding::new(&scope.child("embedding"), tokens, config.embedding),
            state,
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            pairs: encoder("pairs", radial(&config.basis)),
            atoms: encoder("atoms", config.embedding),
            crystals: encoder("state", state_inputs),
            blocks: (0..config.blocks).map(|k| Block::new(&scope.child("blocks").child(k), config, k > 0)).collect(),
        }
    }

    /// States before the first block and after each.
    pub fn trace(&self, batch: &DeviceBatch) -> Vec<MegnetStates> {
        let tokens = batch.pack(batch.tokens());
        let crystals = batch.num_crystals();
        let state = match &self.state {
            None => Tensor::zeros([crystals, STATE_NUMBERS], (Kind::Float, batch.device())),
            Some((table, level)) => table.narrow(0, *level, 1).expand([crystals, -1], false),
        };
        let mut states = vec![MegnetStates {
            pairs: self.pairs.forward(&self.gaussians.forward(batch.pair_distances())),
            atoms: self.atoms.forward(&self.embedding.forward(&tokens)),
            crystals: self.crystals.forward(&state),
        }];
        for block in &self.blocks {
            states.push(block.forward(&states[states.len() - 1], batch));
        }
        states
    }
}

/// The published state: temperature and pressure of other data sets, zero in this one.
const STATE_NUMBERS: i64 = 2;

impl Block {
    fn new(scope: &Scope<'_>, config: &MegnetEncoderConfig, dense: bool) -> Self {
        let (width, hidden) = (config.width, config.hidden);
        let before = |name: &str| Perceptron::new(&scope.child("dense").child(name), &[width, hidden, width]);
        let update =
            |name: &str, inputs: i64| Perceptron::new(&scope.child(name), &[inputs * width, hidden, hidden, width]);
        Self {
            dense: dense.then(|| ["pairs", "atoms", "state"].map(before)),
            pairs: update("pairs", 4),
            atoms: update("atoms", 3),
            crystals: update("state", 3),
        }
    }

    fn forward(&self, given: &MegnetStates, batch: &DeviceBatch) -> MegnetStates {
        let (mut pairs, mut atoms, mut crystals) =
            (given.pairs.shallow_clone(), given.atoms.shallow_clone(), given.crystals.shallow_clone());
        if let Some([of_pairs, of_atoms, of_crystals]) = &self.dense {
            pairs = of_pairs.forward(&pairs);
            atoms = of_atoms.forward(&atoms);
            crystals = of_crystals.forward(&crystals);
        }
        let slots = batch.num_slots();
        let crystal_of = |slot: &Tensor| slot.divide_scalar_mode(slots, "floor");
        let (starts, ends) = (batch.pair_centers(), batch.pair_neighbors());
        let by_slot = batch.unpack(&atoms).flatten(0, 1); // (B N, D)
        let of_pair = crystal_of(starts);
        let seen =
            [by_slot.index_select(0, starts), by_slot.index_select(0, ends), pairs, crystals.index_select(0, &of_pair)];
        let pairs = self.pairs.forward(&Tensor::cat(&seen, 1));
        let arriving = batch.pack(&mean_by(&pairs, ends, batch.num_crystals() * slots).unflatten(0, [-1, slots]));
        let of_atom = crystal_of(batch.atoms());
        let seen = [atoms, arriving, crystals.index_select(0, &of_atom)];
        let atoms = self.atoms.forward(&Tensor::cat(&seen, 1));
        let mean_pair = mean_by(&pairs, &of_pair, batch.num_crystals());
        let mean_atom = mean_by(&atoms, &of_atom, batch.num_crystals());
        let crystals = self.crystals.forward(&Tensor::cat(&[crystals, mean_pair, mean_atom], 1));
        MegnetStates { pairs: pairs + &given.pairs, atoms: atoms + &given.atoms, crystals: crystals + &given.crystals }
    }
}

/// The mean of the rows of each group; zero for a group without rows.
fn mean_by(rows: &Tensor, group: &Tensor, groups: i64) -> Tensor {
    let options = (Kind::Float, rows.device());
    let sum = Tensor::zeros([groups, rows.size()[1]], options).index_add(0, group, rows);
    let ones = Tensor::ones([rows.size()[0], 1], options);
    let count = Tensor::zeros([groups, 1], options).index_add(0, group, &ones);
    sum / count.clamp_min(1.0)
}

impl AtomEncoder for MegnetEncoder {
    fn encode(&self, batch: &DeviceBatch, _mode: Mode<'_>) -> AtomStates {
        let last = self.trace(batch).pop().expect("invariant: the encoders' states are always there");
        let mut states = AtomStates::of_atoms(last.atoms, batch);
        states.graph = Some(GraphStates { pairs: last.pairs, crystals: last.crystals });
        states
    }
}
