//! The models that screen: one that ranks, and one that answers the other question.

use std::{error::Error, fs, io, path::PathBuf};

use rayon::prelude::*;
use s2s_crystal::Crystal;
use s2s_model::{Prediction, Predictor, device::DeviceChoice};
use s2s_train::tabular::{Assessment, TreeModel};
use serde::{Deserialize, Serialize};

use crate::structures::Answerer;

/// What is said about one crystal.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Calibrated probability by which structures are ranked; a regression ranks by its number.
    pub(crate) probability: f64,
    /// How much the members of the model disagree.
    pub(crate) spread: Option<f64>,
    /// Probability that a transition is found when it is measured, from a model of its own.
    pub(crate) if_measured: Option<f64>,
    /// Formula of the known superconductor whose composition is nearest.
    pub(crate) nearest: Option<String>,
    /// Its element mover's distance.
    pub(crate) distance: Option<f64>,
    /// What the crystal has that nothing had from which the model has learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unlike: Vec<String>,
}

/// The models of a run.
#[derive(Debug)]
pub(crate) struct Screener {
    model: Model,
    folders: Vec<PathBuf>,
}

/// Networks or trees, whatever a folder holds.
#[derive(Debug)]
enum Model {
    Network(Predictor),
    Trees(Box<Trees>),
}

/// Trees that rank, and trees that see the same numbers and answer the other question.
#[derive(Debug)]
struct Trees {
    ranking: TreeModel,
    measured: Option<TreeModel>,
}

/// Where the bundled models lie, wherever the binary is started.
const LISTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-train/models/listed");
const MEASURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-train/models/measured");

impl Screener {
    /// The model in a folder, or both bundled ones.
    pub(crate) fn load(folder: Option<PathBuf>, device: &str) -> Result<Self, Box<dyn Error>> {
        let unusable = |error: &dyn std::fmt::Display| format!("the model cannot be used: {error}");
        let trees = |folder: &PathBuf| TreeModel::load(folder).map_err(|error| unusable(&error));
        let device = device.parse::<DeviceChoice>()?.resolve()?;
        let Some(folder) = folder else {
            let folders = vec![LISTED.into(), MEASURED.into()];
            let (ranking, measured) = (trees(&folders[0])?, trees(&folders[1])?);
            if !ranking.sees_like(&measured) {
                return Err("the bundled models do not see the same numbers".into());
            }
            return Ok(Self { model: Model::Trees(Box::new(Trees { ranking, measured: Some(measured) })), folders });
        };
        let model = if TreeModel::is_in(&folder) {
            Model::Trees(Box::new(Trees { ranking: trees(&folder)?, measured: None }))
        } else {
            Model::Network(Predictor::load_on(&folder, device).map_err(|error| unusable(&error))?)
        };
        Ok(Self { model, folders: vec![folder] })
    }

    /// The manifests of all models: answers of others do not mix with theirs.
    pub(crate) fn seals(&self) -> io::Result<Vec<String>> {
        self.folders.iter().map(|folder| fs::read_to_string(folder.join("MANIFEST.json"))).collect()
    }

    /// Who answers, in a few words.
    pub(crate) fn description(&self) -> String {
        match &self.model {
            Model::Network(predictor) if predictor.num_members() == 1 => "one network".to_owned(),
            Model::Network(predictor) => format!("an ensemble of {} networks", predictor.num_members()),
            Model::Trees(trees) => format!("an ensemble of {} boosted forests", trees.ranking.num_members()),
        }
    }

    /// What the columns of the table mean, one sentence each.
    pub(crate) fn legend(&self) -> Vec<String> {
        let Model::Trees(trees) = &self.model else { return Vec::new() };
        let Trees { ranking, measured } = &**trees;
        let mut lines = vec![format!(
            "probability: that such a crystal is {}; spread: how much {} models disagree",
            ranking.config().positive,
            ranking.num_members()
        )];
        if let Some(measured) = measured {
            lines.push(format!("if measured: probability that it is {}", measured.config().positive));
        }
        lines.push(
            "nearest: known superconductor of the nearest composition, and the way there on Pettifor's scale".into(),
        );
        lines
    }
}

impl Trees {
    /// The answers to both questions.
    fn answer(&self, crystal: &Crystal) -> Result<Answer, String> {
        let row = self.ranking.row(crystal).map_err(|reason| reason.to_string())?;
        let mut answer = Answer::from(self.ranking.assess_row(crystal, &row));
        answer.if_measured = self.measured.as_ref().map(|measured| measured.probability(&row));
        Ok(answer)
    }
}

impl Answerer for Screener {
    type Answer = Answer;

    fn answer(&self, crystals: &[Crystal]) -> Vec<Result<Answer, String>> {
        match &self.model {
            Model::Network(network) => {
                let answers = network.predict(crystals).into_iter();
                answers.map(|answer| answer.map(Answer::from).map_err(|reason| reason.to_string())).collect()
            }
            Model::Trees(trees) => crystals.par_iter().map(|crystal| trees.answer(crystal)).collect(),
        }
    }
}

impl From<Prediction> for Answer {
    fn from(prediction: Prediction) -> Self {
        let probability = prediction.probability.unwrap_or(prediction.value);
        Self { probability, spread: prediction.spread, ..Self::default() }
    }
}

impl From<Assessment> for Answer {
    fn from(assessment: Assessment) -> Self {
        let (nearest, distance) = assessment.nearest.map(|near| (near.formula, near.distance)).unzip();
        Self {
            probability: assessment.probability,
            spread: Some(assessment.spread),
            if_measured: None,
            nearest,
            distance,
            unlike: assessment.unfamiliar.iter().map(ToString::to_string).collect(),
        }
    }
}
