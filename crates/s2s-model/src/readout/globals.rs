//! The readout that joins descriptors of the whole crystal.

use s2s_featurize::{Scaling, ScalingTable};
use tch::{Kind, Tensor};

use crate::{
    AtomStates, CrystalStates, DeviceBatch, Mode, ModelError, Parameters, Precision, Readout, Scope, precision::single,
};

/// `[b ; scaled numbers ; share of each block that is missing]`: joins another readout with the `G` numbers of the batch, on a scale that is saved
/// with the weights.
///
/// Until [`JoinGlobals::fit`] has been asked, a number is taken as it is, between −1 and 1.
///
/// # Shapes
///
/// The vector of a crystal is wider than the inner one by `G` and the number of blocks. A missing number is 0 on its scale.
#[derive(Debug)]
pub struct JoinGlobals<R> {
    inner: R,
    /// `(G, K)`.
    positions: Tensor,
    /// `(G, K)`.
    scores: Tensor,
    /// How many numbers each block has.
    blocks: Vec<i64>,
}

/// Where the scale stands among the parameters of a network.
const NAMES: [&str; 2] = ["readout.globals.positions", "readout.globals.scores"];

impl<R> JoinGlobals<R> {
    /// Joins what `inner` gives with blocks of so many numbers.
    pub fn new(scope: &Scope<'_>, inner: R, blocks: &[usize], scaling: Scaling) -> Self {
        let blocks: Vec<i64> = blocks.iter().map(|&width| width as i64).collect();
        let numbers = blocks.iter().sum::<i64>();
        let knots = Tensor::linspace(-1.0, 1.0, scaling.knots() as i64, (Kind::Float, tch::Device::Cpu));
        let knots = knots.repeat([numbers, 1]);
        Self { inner, positions: scope.buffer("positions", &knots), scores: scope.buffer("scores", &knots), blocks }
    }

    /// `f32 (B, G)`: the numbers of a batch on their scale.
    pub fn scaled(&self, batch: &DeviceBatch) -> Tensor {
        let knots = self.positions.size()[1];
        let [left, right] = [0, 1].map(|first| self.positions.narrow(1, first, knots - 1));
        let width = right - &left;
        let slope = (self.scores.narrow(1, 1, knots - 1) - self.scores.narrow(1, 0, knots - 1)) / &width;
        let reached = (batch.globals().unsqueeze(-1) - left).clamp_min(0.0).minimum(&width); // (B, G, K − 1)
        let score = (reached * slope).sum_dim_intlist([-1].as_slice(), false, Kind::Float) + self.scores.select(1, 0);
        score * (1.0 - batch.globals_missing())
    }
}

impl JoinGlobals<()> {
    /// Gives a network the scale of its training crystals; a network that reads no such numbers has none to be given.
    ///
    /// # Errors
    ///
    /// [`ModelError::ShapeMismatch`] if the table has other columns or knots than the network reads.
    pub fn fit(parameters: &Parameters, table: &ScalingTable) -> Result<(), ModelError> {
        let shape = [table.columns() as i64, table.knots() as i64];
        for (name, numbers) in NAMES.into_iter().zip([table.positions(), table.scores()]) {
            parameters.assign(name, &Tensor::f_from_slice(numbers)?.f_view(shape)?)?;
        }
        Ok(())
    }
}

impl<R: Readout> Readout for JoinGlobals<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        let CrystalStates(inner) = self.inner.read_out(atoms, batch, mode);
        // Descriptors in their own units need more digits than bfloat16 has.
        let scaled = Precision::Single.compute(|| self.scaled(batch));
        let missing = batch.globals_missing().split_with_sizes(&self.blocks, 1);
        let shares = missing.iter().map(|block| block.mean_dim([1].as_slice(), true, Kind::Float));
        CrystalStates(Tensor::cat(&[single(inner), scaled].into_iter().chain(shares).collect::<Vec<_>>(), 1))
    }
}
