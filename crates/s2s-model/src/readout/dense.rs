//! A readout followed by a fully connected layer.

use crate::layer::activate;
use crate::{Activation, AtomStates, CrystalStates, DeviceBatch, Init, Linear, Mode, Readout, Scope};

/// `φ(W · b + c)`: a readout followed by a fully connected layer, where FC1 stands before the lattice (Eq. 5).
#[derive(Debug)]
pub struct DenseReadout<R> {
    inner: R,
    layer: Linear,
    activation: Activation,
    dropout: f64,
}

impl<R> DenseReadout<R> {
    /// What `inner` gives, `inputs` wide, becomes `outputs` numbers; training drops this share of them.
    pub fn new(scope: &Scope<'_>, inner: R, [inputs, outputs]: [i64; 2], activation: Activation, dropout: f64) -> Self {
        Self { inner, layer: Linear::new(scope, inputs, outputs, Init::Kaiming), activation, dropout }
    }
}

impl<R: Readout> Readout for DenseReadout<R> {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, mode: Mode<'_>) -> CrystalStates {
        let CrystalStates(b) = self.inner.read_out(atoms, batch, mode);
        CrystalStates(mode.dropout(activate(self.activation, &self.layer.forward(&b)), self.dropout))
    }
}
