//! The models of a run: one that ranks, and those that answer other questions.

use std::path::Path;

use s2s_crystal::{Composition, Crystal};
use s2s_predict::{FolderError, ModelKind, PredictError, Predictor, answer_together};
use serde_json::{Value, json};
use thiserror::Error;

use super::{
    answer::{Answer, Material},
    entry::Subject,
    ranking::RankBy,
};
use crate::failure::Failure;

/// Why a model is not used, or not for this.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum ModelError {
    #[error("the model cannot be used: {0}")]
    Unusable(FolderError),
    #[error("the model gives no {0}: rank by something else")]
    NoSuchNumber(&'static str),
}

impl From<FolderError> for ModelError {
    fn from(error: FolderError) -> Self {
        Self::Unusable(error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::library(error)
    }
}

/// Shares of positive examples at which probabilities are calibrated; `None` where a model gives none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BaseRates {
    pub(super) measured: Option<f64>,
    pub(super) listed: Option<f64>,
}

/// What a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Whether a transition is reported when it is measured.
    Measured,
    /// Whether it is reported in SuperCon.
    Listed,
    /// The same, as the bundled S2SNet sees it.
    ListedByNetwork,
    /// The critical temperature in K.
    Tc,
    /// Another number.
    Value,
}

impl Question {
    fn of(model: &Predictor) -> Self {
        let info = model.info();
        match (&info.unit, info.question.contains("measured")) {
            (Some(unit), _) if unit == "K" => Self::Tc,
            (Some(_), _) => Self::Value,
            (None, true) => Self::Measured,
            (None, false) => Self::Listed,
        }
    }

    fn rank(self) -> RankBy {
        match self {
            Self::Measured => RankBy::Measured,
            Self::Listed => RankBy::Listed,
            Self::ListedByNetwork => RankBy::ListedNetwork,
            Self::Tc => RankBy::Tc,
            Self::Value => RankBy::Value,
        }
    }
}

/// Models with their answers; the first one ranks unless another is chosen.
#[derive(Debug)]
pub(super) struct Models(Vec<(Question, Predictor)>);

impl Models {
    /// The model in a folder, or the bundled ones, S2SNet among them unless there is to be `no_network`.
    pub(super) fn load(folder: Option<&Path>, no_network: bool) -> Result<Self, ModelError> {
        if let Some(folder) = folder {
            let model = Predictor::load(folder)?;
            return Ok(Self(vec![(Question::of(&model), model)]));
        }
        let mut models = vec![
            (Question::Measured, Predictor::measured()),
            (Question::Tc, Predictor::tc()),
            (Question::Listed, Predictor::listed()),
        ];
        if !no_network {
            models.push((Question::ListedByNetwork, Predictor::s2snet()));
        }
        Ok(Self(models))
    }

    /// What identifies the models: answers of others do not mix with theirs.
    pub(super) fn seals(&self) -> Value {
        self.0
            .iter()
            .map(|(_, model)| json!({ "question": model.info().question, "seal": model.info().seal }))
            .collect()
    }

    /// At which base rates the probabilities are calibrated.
    pub(super) fn base_rates(&self) -> BaseRates {
        let rate = |question| self.0.iter().find(|(q, _)| *q == question).and_then(|(_, model)| model.info().base_rate);
        BaseRates { measured: rate(Question::Measured), listed: rate(Question::Listed) }
    }

    /// What ranks: what was asked for, or what the first model answers.
    pub(super) fn ranking(&self, asked: Option<RankBy>) -> Result<RankBy, ModelError> {
        let given: Vec<RankBy> = self.0.iter().map(|(question, _)| question.rank()).collect();
        match asked {
            None => Ok(given[0]),
            Some(asked) if given.contains(&asked) => Ok(asked),
            Some(RankBy::Tc) => Err(ModelError::NoSuchNumber("critical temperature")),
            Some(other) => Err(ModelError::NoSuchNumber(other.column())),
        }
    }

    /// The models, in a few words.
    pub(super) fn description(&self) -> String {
        let described = self.0.iter().map(|(question, model)| {
            let info = model.info();
            let what = match (info.kind, info.members) {
                (ModelKind::Trees, members) => format!("{members} sums of boosted trees"),
                (ModelKind::Tc, trees) => format!("{trees} randomized trees and a kernel"),
                (ModelKind::Network, 1) => "one network".to_owned(),
                (ModelKind::Network, members) => format!("{members} networks"),
            };
            format!("{what} ({})", question.rank().column())
        });
        described.collect::<Vec<_>>().join(", ")
    }

    /// What each atom contributes to the answer of the network; `None` without one, since trees give no such numbers.
    pub(super) fn contributions(&self, crystal: &Crystal) -> Option<Vec<f64>> {
        self.0.iter().find_map(|(_, model)| model.contributions(crystal).ok())
    }

    /// The column of the answer that [`contributions`](Self::contributions) belong to.
    pub(super) fn contributed(&self) -> Option<&'static str> {
        let is_network = |model: &Predictor| model.info().kind == ModelKind::Network;
        self.0.iter().find(|(_, model)| is_network(model)).map(|(question, _)| question.rank().column())
    }

    /// Whether every model reads the sites of a disordered crystal.
    pub(super) fn read_disorder(&self) -> bool {
        self.0.iter().all(|(_, model)| model.reads_disorder())
    }

    /// The answers for some structures and compositions, each of which depends on nothing else.
    pub(super) fn answers(&self, subjects: &[&Subject]) -> Vec<Result<Answer, String>> {
        let models: Vec<&Predictor> = self.0.iter().map(|(_, model)| model).collect();
        let mut crystals: Vec<&Crystal> = Vec::new();
        for subject in subjects {
            if let Subject::Crystal(crystal) = subject {
                crystals.push(crystal);
            }
        }
        let mut of_crystals = answer_together(&models, &crystals).into_iter();
        let answer = |subject: &&Subject| match subject {
            Subject::Crystal(_) => {
                let answers = of_crystals.next().expect("invariant: answers for every crystal");
                self.combined(answers.into_iter().map(Some))
            }
            Subject::Composition(composition) | Subject::Approximate(composition, _) => {
                self.combined(self.of_composition(composition))
            }
        };
        subjects.iter().map(answer).collect()
    }

    /// What each model says about a composition; nothing where a bundled one needs a structure.
    fn of_composition(
        &self,
        composition: &Composition,
    ) -> impl Iterator<Item = Option<Result<s2s_predict::Answer, PredictError>>> {
        self.0.iter().enumerate().map(|(k, (question, model))| {
            // The bundled models of `listed` have learned from structures alone.
            let needs_structure = matches!(question, Question::Listed | Question::ListedByNetwork);
            (k == 0 || !needs_structure).then(|| model.answer_composition(composition))
        })
    }

    /// One answer of what each model says.
    fn combined(
        &self,
        answers: impl Iterator<Item = Option<Result<s2s_predict::Answer, PredictError>>>,
    ) -> Result<Answer, String> {
        let mut answer = Answer::default();
        for (k, ((question, _), found)) in self.0.iter().zip(answers).enumerate() {
            let Some(found) = found else {
                if *question == Question::Listed {
                    answer.warnings.push(format!("{} needs a structure", question.rank().column()));
                }
                continue;
            };
            let found = match found {
                Ok(found) => found,
                // The other answers stand.
                Err(reason) if *question == Question::ListedByNetwork => {
                    answer.warnings.push(format!("no {}: {reason}", question.rank().column()));
                    continue;
                }
                Err(reason) => return Err(reason.to_string()),
            };
            match question {
                Question::Measured => answer.p_measured = found.probability,
                Question::Listed => answer.p_listed = found.probability,
                Question::ListedByNetwork => answer.p_listed_network = found.probability,
                Question::Tc => answer.tc_k = Some(found.value),
                Question::Value => answer.value = Some(found.value),
            }
            if let Some(transition) = found.transition {
                answer.tc_k = Some(transition.kelvin);
                (answer.tc_low_k, answer.tc_high_k) = (Some(transition.low), Some(transition.high));
            }
            let is_tc = *question == Question::Tc;
            if k == 0 {
                answer.std = found.std;
            }
            // What any of the models has learned from is recalled by it.
            answer.in_training = match (answer.in_training, found.known) {
                (Some(before), Some(known)) => Some(before || known),
                (before, known) => before.or(known),
            };
            if k == 0 || is_tc {
                let of = if k == 0 { "" } else { " of Tc" };
                let warnings = found.warnings.iter();
                answer.warnings.extend(warnings.map(|what| format!("outside the training range{of}: {what}")));
                // Of what a model of Tc has learned from, Tc is known.
                let materials = found.nearest.into_iter().chain(found.next_nearest).map(Material::from);
                let materials: Vec<Material> = materials.collect();
                if let Some(nearest) = materials.first() {
                    answer.nearest_tc_k = nearest.tc_k;
                    answer.distance = Some(nearest.distance);
                    answer.nearest = Some(nearest.formula.clone());
                    answer.nearest_materials = materials;
                }
            }
        }
        Ok(answer)
    }
}
