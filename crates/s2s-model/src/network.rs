//! Networks: encoder, readout and head, put together.

use tch::Tensor;

use crate::{
    AtomEncoder, AtomStates, BinaryLogits, CrystalStates, DeviceBatch, ElementLogits, Head, Mode, Readout, Regression,
};

/// A network that says something about each crystal.
///
/// # Examples
///
/// Any encoder, readout and head go together:
///
/// ```no_run,standalone_crate
/// use s2s_model::{AtomEncoder, Classifier, Head, MeanReadout, Network};
///
/// fn with_mean(classifier: Classifier) -> Classifier {
///     Network { readout: Box::new(MeanReadout), ..classifier }
/// }
/// ```
#[derive(Debug)]
pub struct Network<E, R, H> {
    /// From the batch to one vector per atom.
    pub encoder: E,
    /// From there to one vector per crystal.
    pub readout: R,
    /// From there to the prediction.
    pub head: H,
}

/// A network that tells superconductors from other crystals.
pub type Classifier =
    Network<Box<dyn AtomEncoder>, Box<dyn Readout>, Box<dyn Head<CrystalStates, Output = BinaryLogits>>>;

/// A network that predicts a number.
pub type Regressor = Network<Box<dyn AtomEncoder>, Box<dyn Readout>, Box<dyn Head<CrystalStates, Output = Regression>>>;

impl<O> Network<Box<dyn AtomEncoder>, Box<dyn Readout>, Box<dyn Head<CrystalStates, Output = O>>> {
    /// A network of these parts, whose types are forgotten: a [`Classifier`] or a [`Regressor`], whichever the head makes it.
    pub fn boxed(
        encoder: impl AtomEncoder + 'static,
        readout: impl Readout + 'static,
        head: impl Head<CrystalStates, Output = O> + 'static,
    ) -> Self {
        Self { encoder: Box::new(encoder), readout: Box::new(readout), head: Box::new(head) }
    }
}

impl<E: AtomEncoder, R: Readout, H: Head<CrystalStates>> Network<E, R, H> {
    /// The predictions of a batch.
    pub fn forward(&self, batch: &DeviceBatch, mode: Mode<'_>) -> H::Output {
        self.head.predict(&self.states(batch, mode), mode)
    }

    /// The predictions of a batch whose atoms have been encoded before.
    pub fn forward_from(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> H::Output {
        self.head.predict(&self.readout.read_out(atoms, batch, mode), mode)
    }

    /// The vectors of the crystals, which the head sees.
    pub fn states(&self, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        self.readout.read_out(&self.encoder.encode(batch, mode), batch, mode)
    }
}

/// A network that predicts masked elements (§3.2).
#[derive(Debug)]
pub struct MaskedAtomModel<E = Box<dyn AtomEncoder>, H = Box<dyn Head<AtomStates, Output = ElementLogits>>> {
    /// From the batch, in which some atoms carry the mask token, to one vector per atom.
    pub encoder: E,
    /// From there to one score per element class.
    pub head: H,
}

impl<E: AtomEncoder, H: Head<AtomStates, Output = ElementLogits>> MaskedAtomModel<E, H> {
    /// Scores `(M, V)` of the atoms at `slots`, `i64 (M)`: flat slots `crystal · N + atom`.
    pub fn forward(&self, batch: &DeviceBatch, slots: &Tensor, mode: Mode<'_>) -> ElementLogits {
        let atoms = self.encoder.encode(batch, mode).at(slots);
        ElementLogits(self.head.predict(&atoms, mode).0.squeeze_dim(0))
    }
}
