//! The models that screen: one that ranks, and one that answers the other question.

use std::{error::Error, fs, io, path::PathBuf};

use rayon::prelude::*;
use s2s_crystal::Crystal;
use s2s_predict::{ModelKind, Predictor, answer_together};
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

/// The models of a run: one that ranks, and one that answers the other question.
#[derive(Debug)]
pub(crate) struct Screener {
    ranking: Predictor,
    measured: Option<Predictor>,
    folders: Vec<PathBuf>,
}

/// Where the bundled models lie, wherever the binary is started.
const LISTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-predict/models/listed");
const MEASURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-predict/models/measured");

impl Screener {
    /// The model in a folder, or both bundled ones.
    pub(crate) fn load(folder: Option<PathBuf>) -> Result<Self, Box<dyn Error>> {
        let load =
            |folder: &PathBuf| Predictor::load(folder).map_err(|error| format!("the model cannot be used: {error}"));
        let folders = folder.map_or_else(|| vec![LISTED.into(), MEASURED.into()], |folder| vec![folder]);
        let measured = folders.get(1).map(load).transpose()?;
        Ok(Self { ranking: load(&folders[0])?, measured, folders })
    }

    /// The manifests of all models: answers of others do not mix with theirs.
    pub(crate) fn seals(&self) -> io::Result<Vec<String>> {
        self.folders.iter().map(|folder| fs::read_to_string(folder.join("MANIFEST.json"))).collect()
    }

    /// Who answers, in a few words.
    pub(crate) fn description(&self) -> String {
        let info = self.ranking.info();
        match (info.kind, info.members) {
            (ModelKind::Network, 1) => "one network".to_owned(),
            (ModelKind::Network, members) => format!("an ensemble of {members} networks"),
            (ModelKind::Trees, members) => format!("an ensemble of {members} boosted forests"),
        }
    }

    /// What the columns of the table mean, one sentence each.
    pub(crate) fn legend(&self) -> Vec<String> {
        let info = self.ranking.info();
        if info.kind == ModelKind::Network {
            return Vec::new();
        }
        let mut lines = vec![format!(
            "probability: that such a crystal is {}; spread: how much {} models disagree",
            info.question, info.members
        )];
        if let Some(measured) = &self.measured {
            lines.push(format!("if measured: probability that it is {}", measured.info().question));
        }
        lines.push(
            "nearest: known superconductor of the nearest composition, and the way there on Pettifor's scale".into(),
        );
        lines
    }

    /// The answers to both questions.
    fn answer_one(&self, crystal: &Crystal) -> Result<Answer, String> {
        let predictors: Vec<&Predictor> = std::iter::once(&self.ranking).chain(&self.measured).collect();
        let mut answers = answer_together(&predictors, crystal).into_iter();
        let mut next = || answers.next().transpose().map_err(|reason| reason.to_string());
        let found = next()?.expect("invariant: one answer per model");
        let (nearest, distance) = found.nearest.map(|near| (near.formula, near.distance)).unzip();
        Ok(Answer {
            probability: found.probability.unwrap_or(found.value),
            spread: found.std,
            if_measured: next()?.and_then(|measured| measured.probability),
            nearest,
            distance,
            unlike: found.warnings.iter().map(ToString::to_string).collect(),
        })
    }
}

impl Answerer for Screener {
    type Answer = Answer;

    fn answer(&self, crystals: &[Crystal]) -> Vec<Result<Answer, String>> {
        crystals.par_iter().with_max_len(16).map(|crystal| self.answer_one(crystal)).collect()
    }
}
