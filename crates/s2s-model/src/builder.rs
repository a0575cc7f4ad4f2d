//! Builders of networks on libtorch from their descriptions.
//!
//! Descriptions are plain data of [`s2s_predict`]; these traits add what makes layers of them.

use ndarray::Array2;
use s2s_featurize::{CgcnnVocabulary, ElementInputs, ElementProperty, Vocabulary};
use s2s_predict::{
    CgcnnConfig, Composition, EncoderConfig, Logits, MegnetConfig, MlpConfig, ModelConfig, ReadoutConfig, S2sNetConfig,
    Task,
};
use tch::Tensor;

use crate::{
    Activated, Activation, AnyNetwork, AtomEncoder, BinaryHead, BinaryLogits, CgcnnEncoder, Classifier,
    CompositionShift, CrystalStates, DenseReadout, ElementHead, Head, JoinGlobals, LatticeShift, MaskedAtomModel,
    MeanReadout, MegnetEncoder, MegnetReadout, MembersHead, MembersRegressionHead, ModelError, Network, PaperEncoder,
    Parameters, PeriodicEncoder, Readout, Regression, RegressionHead, Regressor, ReleasedEncoder, Set2Set,
    TwoLogitHead,
};

/// A description of which libtorch layers can be made.
///
/// # Examples
///
/// Table 4 without the lattice, with fifteen layers of Table 3:
///
/// ```no_run,standalone_crate
/// use s2s_featurize::PaperVocabulary;
/// use s2s_model::{BuildNetwork, Parameters, S2sNetConfig};
/// use tch::Device;
///
/// let config = S2sNetConfig { lattice: None, ..S2sNetConfig::paper() }.with_layers(15);
/// let parameters = Parameters::new(1, Device::Cpu);
/// let classifier = config.classifier(&parameters, &PaperVocabulary)?;
/// # Ok::<(), s2s_model::ModelError>(())
/// ```
pub trait BuildNetwork {
    /// A network for yes or no; by itself there is none.
    ///
    /// # Errors
    ///
    /// [`ModelError::InvalidConfig`] if a size is not positive, heads do not divide the width, or the vocabulary holds an
    /// element of which the network has no numbers.
    fn classifier(&self, _parameters: &Parameters, _vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        Err(no_network("tells no classes apart"))
    }

    /// A network for a number; by itself there is none.
    ///
    /// # Errors
    ///
    /// As [`classifier`](Self::classifier).
    fn regressor(&self, _parameters: &Parameters, _vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        Err(no_network("predicts no number"))
    }

    /// A network that predicts masked elements (§3.2); by itself there is none.
    ///
    /// # Errors
    ///
    /// As [`classifier`](Self::classifier).
    fn masked_atom_model(
        &self,
        _parameters: &Parameters,
        _vocabulary: &dyn Vocabulary,
    ) -> Result<MaskedAtomModel, ModelError> {
        Err(no_network("does not predict masked elements"))
    }

    /// The network for a task.
    ///
    /// # Errors
    ///
    /// As [`classifier`](Self::classifier).
    fn build(
        &self,
        task: &Task,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<AnyNetwork, ModelError> {
        Ok(match task {
            Task::Classification { .. } => AnyNetwork::Classifier(self.classifier(parameters, vocabulary)?),
            Task::Regression { .. } => AnyNetwork::Regressor(self.regressor(parameters, vocabulary)?),
            Task::MaskedAtoms => AnyNetwork::MaskedAtoms(self.masked_atom_model(parameters, vocabulary)?),
        })
    }
}

fn no_network(reason: &str) -> ModelError {
    ModelError::InvalidConfig { reason: format!("a network of this kind {reason}") }
}

/// The parts of S2SNet, one at a time.
pub trait BuildS2sNet: BuildNetwork {
    /// The encoder alone.
    ///
    /// # Errors
    ///
    /// As [`classifier`](BuildNetwork::classifier).
    fn encoder(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary)
    -> Result<Box<dyn AtomEncoder>, ModelError>;

    /// The readout alone, what shifts it included.
    ///
    /// # Errors
    ///
    /// As [`classifier`](BuildNetwork::classifier).
    fn readout(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Box<dyn Readout>, ModelError>;
}

impl BuildNetwork for ModelConfig {
    fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        match self {
            Self::S2sNet(config) => config.classifier(parameters, vocabulary),
            Self::Cgcnn(config) => config.classifier(parameters, vocabulary),
            Self::Megnet(config) => config.classifier(parameters, vocabulary),
        }
    }

    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        match self {
            Self::S2sNet(config) => config.regressor(parameters, vocabulary),
            Self::Cgcnn(config) => config.regressor(parameters, vocabulary),
            Self::Megnet(config) => config.regressor(parameters, vocabulary),
        }
    }

    fn masked_atom_model(
        &self,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<MaskedAtomModel, ModelError> {
        match self {
            Self::S2sNet(config) => config.masked_atom_model(parameters, vocabulary),
            Self::Cgcnn(config) => config.masked_atom_model(parameters, vocabulary),
            Self::Megnet(config) => config.masked_atom_model(parameters, vocabulary),
        }
    }
}

impl BuildNetwork for S2sNetConfig {
    fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        self.validate()?;
        let scope = parameters.root().child("head").child("superconductivity");
        let (layers, width) = (self.last_layers(), self.head_width());
        let head: Box<dyn Head<CrystalStates, Output = BinaryLogits>> = match (self.logits, self.members) {
            (_, Some(members)) => Box::new(MembersHead::new(&scope, &layers, width, members)),
            (Logits::One, None) => Box::new(BinaryHead::new(&scope, &layers, width)),
            (Logits::Two, None) => Box::new(TwoLogitHead::new(&scope, &layers, width)),
        };
        let (encoder, readout) = (self.encoder(parameters, vocabulary)?, self.readout(parameters, vocabulary)?);
        Ok(Network { encoder, readout, head })
    }

    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        self.validate()?;
        let scope = parameters.root().child("head").child("regression");
        let (layers, width) = (self.last_layers(), self.head_width());
        let head: Box<dyn Head<CrystalStates, Output = Regression>> = match self.members {
            Some(members) => Box::new(MembersRegressionHead::new(&scope, &layers, width, members)),
            None => Box::new(RegressionHead::new(&scope, &layers, width)),
        };
        let (encoder, readout) = (self.encoder(parameters, vocabulary)?, self.readout(parameters, vocabulary)?);
        Ok(Network { encoder, readout, head })
    }

    fn masked_atom_model(
        &self,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<MaskedAtomModel, ModelError> {
        let scope = parameters.root().child("head").child("elements");
        let (width, classes) = (self.encoder.width(), vocabulary.num_classes() as i64);
        let head = Box::new(ElementHead::new(&scope, width, classes, self.element_norm));
        Ok(MaskedAtomModel { encoder: self.encoder(parameters, vocabulary)?, head })
    }
}

impl BuildS2sNet for S2sNetConfig {
    fn encoder(
        &self,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<Box<dyn AtomEncoder>, ModelError> {
        self.validate()?;
        let scope = parameters.root().child("encoder");
        let tokens = vocabulary.num_tokens() as i64;
        Ok(match &self.encoder {
            EncoderConfig::Paper(config) => Box::new(PaperEncoder::new(&scope, config, tokens)),
            EncoderConfig::Released(config) => Box::new(ReleasedEncoder::new(&scope, config, tokens)),
            EncoderConfig::Periodic(config) => {
                Box::new(PeriodicEncoder::new(&scope, config, tokens, &element_properties(vocabulary)?))
            }
        })
    }

    fn readout(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Box<dyn Readout>, ModelError> {
        self.validate()?;
        let scope = parameters.root().child("readout");
        let inner: Box<dyn Readout> = match self.readout {
            ReadoutConfig::Mean => Box::new(MeanReadout),
            ReadoutConfig::Set2Set { steps } => {
                Box::new(Set2Set::new(&scope.child("set2set"), self.encoder.width(), steps))
            }
        };
        let mut readout = inner;
        if let Some(width) = self.early_width() {
            let MlpConfig { activation, dropout, .. } = self.head;
            let inputs = self.set_width();
            readout = Box::new(DenseReadout::new(&scope.child("fc1"), readout, [inputs, width], activation, dropout));
        }
        if let Some(lattice) = self.lattice {
            let scope = scope.child("lattice");
            readout = Box::new(LatticeShift::new(&scope, readout, lattice.len() as i64, self.crystal_width()));
        }
        if self.composition == Composition::Statistics {
            let (scope, properties) = (scope.child("composition"), element_properties(vocabulary)?);
            readout = Box::new(CompositionShift::new(&scope, readout, &properties, self.crystal_width()));
        }
        if let Some(globals) = &self.globals {
            let (scope, blocks) = (scope.child("globals"), globals.blocks());
            readout = Box::new(JoinGlobals::new(&scope, readout, &blocks, globals.scaling));
        }
        Ok(readout)
    }
}

impl BuildNetwork for CgcnnConfig {
    fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        let scope = parameters.root().child("head").child("classification");
        let (width, encoder) = (self.encoder.width, cgcnn_encoder(self, parameters, vocabulary)?);
        Ok(match self.logits {
            Logits::One => Network::boxed(encoder, SOFTPLUS_MEAN, BinaryHead::new(&scope, &self.head, width)),
            Logits::Two => Network::boxed(encoder, SOFTPLUS_MEAN, TwoLogitHead::new(&scope, &self.head, width)),
        })
    }

    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let scope = parameters.root().child("head").child("regression");
        let head = RegressionHead::new(&scope, &self.head, self.encoder.width);
        Ok(Network::boxed(cgcnn_encoder(self, parameters, vocabulary)?, SOFTPLUS_MEAN, head))
    }
}

fn cgcnn_encoder(
    config: &CgcnnConfig,
    parameters: &Parameters,
    vocabulary: &dyn Vocabulary,
) -> Result<CgcnnEncoder, ModelError> {
    let table = element_vectors(vocabulary)?;
    Ok(CgcnnEncoder::new(&parameters.root().child("encoder"), &config.encoder, &Tensor::try_from(table)?))
}

impl BuildNetwork for MegnetConfig {
    fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        let scope = parameters.root().child("head").child("classification");
        let head = BinaryHead::new(&scope, &self.head, 5 * self.encoder.width);
        let (encoder, readout) = megnet_parts(self, parameters, vocabulary);
        Ok(Network::boxed(encoder, readout, head))
    }

    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let scope = parameters.root().child("head").child("regression");
        let head = RegressionHead::new(&scope, &self.head, 5 * self.encoder.width);
        let (encoder, readout) = megnet_parts(self, parameters, vocabulary);
        Ok(Network::boxed(encoder, readout, head))
    }
}

fn megnet_parts(
    config: &MegnetConfig,
    parameters: &Parameters,
    vocabulary: &dyn Vocabulary,
) -> (MegnetEncoder, MegnetReadout) {
    let root = parameters.root();
    let tokens = vocabulary.num_tokens() as i64;
    (
        MegnetEncoder::new(&root.child("encoder"), &config.encoder, tokens),
        MegnetReadout::new(&root.child("readout"), config.encoder.width, config.steps),
    )
}

const SOFTPLUS_MEAN: Activated<MeanReadout> = Activated { inner: MeanReadout, activation: Activation::Softplus };

/// The published element vectors under the tokens of another vocabulary.
fn element_vectors(vocabulary: &dyn Vocabulary) -> Result<Array2<f32>, ModelError> {
    let published = CgcnnVocabulary::element_vectors();
    let mut table = Array2::zeros((vocabulary.num_tokens(), published.ncols()));
    for token in 0..vocabulary.num_tokens() as u16 {
        if let Some(element) = vocabulary.element(s2s_featurize::Token(token)) {
            let row = CgcnnVocabulary.lookup(element).ok_or_else(|| ModelError::InvalidConfig {
                reason: format!("CGCNN has no numbers for {element} of the vocabulary {:?}", vocabulary.name()),
            })?;
            table.row_mut(token.into()).assign(&published.row(row.0.into()));
        }
    }
    Ok(table)
}

/// Standardized element properties by token: `f32 (tokens, P)`.
fn element_properties(vocabulary: &dyn Vocabulary) -> Result<Tensor, ModelError> {
    let inputs = ElementInputs::new(vocabulary, &ElementProperty::ALL);
    Ok(Tensor::try_from(inputs.table().to_owned())?)
}
