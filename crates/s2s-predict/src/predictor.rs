//! The predictor: answers for materials, whatever the model is.

use std::{borrow::Borrow, collections::BTreeMap, path::Path};

use rayon::prelude::*;
use s2s_crystal::{Composition, Crystal};
use s2s_featurize::{AtomFeatures, FeatureSet, FeaturizeError, Featurizer};

use crate::{
    Answer, Calibration, FolderError, PredictError, SealedFolder, Task, TcModel, TreeModel,
    network_model::NetworkModel, windows::in_windows,
};

/// A model that answers for crystals and compositions: trees, a model of Tc, a network, or an ensemble of networks.
///
/// Every answer is computed on its own, so that it does not depend on what else is asked, in which order, or on how many
/// threads.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "bundled")] {
/// use s2s_crystal::{Crystal, Frac, Lattice, Site};
/// use s2s_predict::Predictor;
///
/// let niobium = [[0.0; 3], [0.5; 3]].map(|x| Site::pure("Nb".parse().expect("an element"), Frac(x)));
/// let crystal = Crystal::new(Lattice::from_parameters([3.3; 3], [90.0; 3])?, niobium.to_vec())?;
/// let answer = Predictor::measured().answer(&crystal)?;
/// assert!(answer.probability > Some(0.9) && answer.known == Some(true));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Predictor {
    model: Model,
    info: ModelInfo,
}

#[derive(Debug)]
enum Model {
    Trees(Box<TreeModel>),
    Tc(Box<TcModel>),
    Networks(Box<NetworkModel>),
}

/// What is known about a model besides its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// What it is.
    pub kind: ModelKind,
    /// What a positive answer means, or which quantity is predicted.
    pub question: String,
    /// The unit of a regression.
    pub unit: Option<String>,
    /// How many members answer.
    pub members: usize,
    /// Turns logits into calibrated ones; that of the first member for networks, `None` for regressions.
    pub calibration: Option<Calibration>,
    /// Share of positive examples in the training data; `None` if the model does not hold them.
    pub base_rate: Option<f64>,
    /// SHA-256 of the training data, in hexadecimal digits.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
    /// Fingerprint of the whole folder, in hexadecimal digits: equal for equal models alone.
    pub seal: String,
}

/// What a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// Boosted trees on descriptors.
    Trees,
    /// Randomized trees and a kernel regression on compositions.
    Tc,
    /// One or several networks of the S2SNet family.
    Network,
}

impl Predictor {
    /// The largest crystal that a network answers for, in atoms.
    pub const MAX_ATOMS: usize = 2000;

    /// Crystals of a stream that are in memory at a time.
    const WINDOW: usize = 1024;

    /// The model in a sealed folder, whatever it is; or in the folder `model` of a training run.
    ///
    /// # Errors
    ///
    /// [`FolderError`] if the folder is not what was written, or describes a model that cannot exist or needs libtorch.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, FolderError> {
        let (folder, inner) = (folder.as_ref(), folder.as_ref().join("model"));
        let is_run = !SealedFolder::is_in(folder) && SealedFolder::is_in(&inner);
        Self::read(&SealedFolder::open(if is_run { &inner } else { folder })?)
    }

    pub(crate) fn read(sealed: &SealedFolder) -> Result<Self, FolderError> {
        let seal = sealed.seal().to_owned();
        if TreeModel::is_in(sealed) {
            let trees = TreeModel::read(sealed)?;
            let info = ModelInfo::of_trees(&trees, seal);
            return Ok(Self { model: Model::Trees(Box::new(trees)), info });
        }
        if TcModel::is_in(sealed) {
            let tc = TcModel::read(sealed)?;
            let info = ModelInfo::of_tc(&tc, seal);
            return Ok(Self { model: Model::Tc(Box::new(tc)), info });
        }
        let networks = NetworkModel::read(sealed)?;
        let info = ModelInfo::of_networks(&networks, seal);
        Ok(Self { model: Model::Networks(Box::new(networks)), info })
    }

    /// What is known about the model.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Whether the model reads the sites of a disordered crystal; the others take its composition instead, or put one element on
    /// each site.
    pub fn reads_disorder(&self) -> bool {
        matches!(&self.model, Model::Networks(networks) if networks.featurizer.config().weighted_atoms)
    }

    /// The answer for a crystal.
    ///
    /// # Errors
    ///
    /// [`PredictError`] if the model cannot read the crystal.
    pub fn answer(&self, crystal: &Crystal) -> Result<Answer, PredictError> {
        self.answer_with(&[crystal], &mut [Inputs::default()]).remove(0)
    }

    /// The answer for a composition of which no structure is known.
    ///
    /// # Errors
    ///
    /// [`PredictError::NeedsStructure`] if the model reads something that a composition does not say,
    /// [`PredictError::Featurize`] if it does not know one of the elements.
    pub fn answer_composition(&self, composition: &Composition) -> Result<Answer, PredictError> {
        match &self.model {
            Model::Trees(trees) => {
                let row = trees.features().row_of_composition(composition);
                Ok(trees.answer(&row, composition, None))
            }
            Model::Tc(tc) => Ok(tc.answer(composition)),
            Model::Networks(networks) => networks.answer(&networks.features_of_composition(composition)?),
        }
    }

    /// One answer per crystal, in their order, on all threads of the current rayon pool; what is wrong with one crystal is
    /// the answer for that one alone.
    pub fn answer_all<C: Borrow<Crystal>>(&self, crystals: &[C]) -> Vec<Result<Answer, PredictError>> {
        self.answer_each(&crystals.iter().map(Borrow::borrow).collect::<Vec<_>>())
    }

    /// Answers for a stream of crystals in constant memory: `sink` gets each answer with its item, in their order.
    ///
    /// # Errors
    ///
    /// The first error of the sink ends the stream.
    pub fn answer_stream<T: Sync, E>(
        &self,
        items: impl IntoIterator<Item = T>,
        crystal: impl Fn(&T) -> &Crystal + Sync,
        sink: impl FnMut(T, Result<Answer, PredictError>) -> Result<(), E>,
    ) -> Result<(), E> {
        in_windows(items, Self::WINDOW, crystal, |crystals| self.answer_each(crystals), sink)
    }

    /// What each site contributes to the answer's `value`, in their order: how much the value would change if the site's atom were
    /// left out where the network sums up the atoms. The atoms of a disordered site are left out one by one, and their parts added.
    ///
    /// States are those of the whole crystal: what an atom tells its neighbors stays. The numbers need not add up to the
    /// value.
    ///
    /// # Errors
    ///
    /// [`PredictError::NoAtoms`] for trees, and as [`answer`](Self::answer).
    pub fn contributions(&self, crystal: &Crystal) -> Result<Vec<f64>, PredictError> {
        let Model::Networks(networks) = &self.model else { return Err(PredictError::NoAtoms) };
        let mut inputs = Inputs::default();
        let features = inputs.features(networks, crystal).as_ref().map_err(Clone::clone)?;
        let of_atoms = networks.contributions(features)?;
        let mut of_sites = vec![0.0; crystal.num_sites()];
        for (atom, part) in of_atoms.into_iter().enumerate() {
            of_sites[features.sites.get(atom).map_or(atom, |site| *site as usize)] += part;
        }
        Ok(of_sites)
    }

    /// One answer per crystal, on all threads.
    fn answer_each(&self, crystals: &[&Crystal]) -> Vec<Result<Answer, PredictError>> {
        let piece = |piece: &[&Crystal]| answer_together(&[self], piece);
        crystals.par_chunks(PIECE).flat_map_iter(piece).flatten_iter().collect()
    }

    /// One answer per crystal; what has been computed of each is added to its inputs.
    fn answer_with(&self, crystals: &[&Crystal], inputs: &mut [Inputs]) -> Vec<Result<Answer, PredictError>> {
        let asked = crystals.iter().zip(inputs);
        match &self.model {
            Model::Trees(trees) => {
                let rows: Vec<Result<&[f64], PredictError>> =
                    asked.map(|(crystal, inputs)| inputs.row(trees.features(), crystal)).collect();
                let read = rows.iter().zip(crystals).filter_map(|(row, crystal)| Some((*row.as_ref().ok()?, *crystal)));
                let (known, read): (Vec<&[f64]>, Vec<&Crystal>) = read.unzip();
                let mut answers = trees.answers(&known, &read).into_iter();
                let answer = |row: Result<_, _>| row.map(|_| answers.next().expect("invariant: one answer per row"));
                rows.into_iter().map(answer).collect()
            }
            Model::Tc(tc) => asked.map(|(crystal, _)| Ok(tc.answer(&crystal.composition()))).collect(),
            Model::Networks(networks) => {
                let answer = |(crystal, inputs): (&&Crystal, &mut Inputs)| {
                    networks.answer(inputs.features(networks, crystal).as_ref().map_err(Clone::clone)?)
                };
                asked.map(answer).collect()
            }
        }
    }
}

/// Answers of several models for each of some crystals, at best a dozen at a time; what models read alike is computed once.
///
/// # Errors
///
/// One [`PredictError`] per model that cannot read the crystal.
pub fn answer_together(predictors: &[&Predictor], crystals: &[&Crystal]) -> Vec<Vec<Result<Answer, PredictError>>> {
    let mut inputs: Vec<Inputs> = crystals.iter().map(|_| Inputs::default()).collect();
    let mut answers: Vec<_> = crystals.iter().map(|_| Vec::with_capacity(predictors.len())).collect();
    for predictor in predictors {
        let found = predictor.answer_with(crystals, &mut inputs);
        answers.iter_mut().zip(found).for_each(|(answers, found)| answers.push(found));
    }
    answers
}

/// Crystals that one thread takes at a time: few, because their sizes differ so much.
const PIECE: usize = 16;

/// What has been computed of one crystal.
#[derive(Default)]
struct Inputs {
    rows: Vec<(FeatureSet, Result<Vec<f64>, FeaturizeError>)>,
    features: Vec<(String, Result<AtomFeatures, PredictError>)>,
}

impl Inputs {
    fn row(&mut self, set: &FeatureSet, crystal: &Crystal) -> Result<&[f64], PredictError> {
        let index = self.rows.iter().position(|(other, _)| other == set).unwrap_or_else(|| {
            self.rows.push((set.clone(), set.featurize(crystal)));
            self.rows.len() - 1
        });
        match &self.rows[index].1 {
            Ok(row) => Ok(row),
            Err(error) => Err(error.clone().into()),
        }
    }

    fn features(&mut self, networks: &NetworkModel, crystal: &Crystal) -> &Result<AtomFeatures, PredictError> {
        let index = self.features.iter().position(|(other, _)| *other == networks.cache_key).unwrap_or_else(|| {
            let features = self.featurized(networks, crystal);
            self.features.push((networks.cache_key.clone(), features));
            self.features.len() - 1
        });
        &self.features[index].1
    }

    /// Descriptors that trees read too are not computed twice.
    fn featurized(&mut self, networks: &NetworkModel, crystal: &Crystal) -> Result<AtomFeatures, PredictError> {
        let (atoms, limit) = (crystal.num_sites(), Predictor::MAX_ATOMS);
        if atoms > limit {
            return Err(PredictError::TooLarge { atoms, limit });
        }
        Ok(match &networks.featurizer.config().globals {
            Some(descriptors) => networks.featurizer.featurize_beside(crystal, self.row(descriptors, crystal)?)?,
            None => networks.featurizer.featurize(crystal)?,
        })
    }
}

impl ModelInfo {
    fn of_trees(trees: &TreeModel, seal: String) -> Self {
        let config = trees.config();
        Self {
            kind: ModelKind::Trees,
            question: config.positive.clone(),
            unit: None,
            members: trees.num_members(),
            calibration: Some(config.calibration),
            base_rate: trees.known().base_rate(),
            dataset_sha256: Some(config.dataset_sha256.clone()),
            metrics: config.metrics.clone(),
            seal,
        }
    }

    fn of_tc(tc: &TcModel, seal: String) -> Self {
        let config = tc.config();
        Self {
            kind: ModelKind::Tc,
            question: config.quantity.clone(),
            unit: Some("K".to_owned()),
            members: tc.num_trees(),
            calibration: None,
            base_rate: None,
            dataset_sha256: Some(config.dataset_sha256.clone()),
            metrics: config.metrics.clone(),
            seal,
        }
    }

    fn of_networks(networks: &NetworkModel, seal: String) -> Self {
        let config = &networks.config;
        let (question, unit, calibration) = match &config.task {
            Task::Classification { positive, calibration } => (positive.clone(), None, Some(*calibration)),
            Task::Regression { quantity, unit, .. } => (quantity.clone(), Some(unit.clone()), None),
            Task::MaskedAtoms => ("elements of masked atoms".to_owned(), None, None),
        };
        Self {
            kind: ModelKind::Network,
            question,
            unit,
            members: networks.num_members(),
            calibration,
            base_rate: None,
            dataset_sha256: config.dataset_sha256.clone(),
            metrics: config.metrics.clone(),
            seal,
        }
    }
}
