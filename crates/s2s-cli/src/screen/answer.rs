//! The answer to one input: probabilities, Tc, known materials and diagnostics.

use std::fmt;

use s2s_crystal::Diagnostic;
use s2s_data::{Label, source::SkipReason};
use s2s_predict::Resemblance;
use serde::{Deserialize, Serialize};

use super::{
    cell::Cell,
    entry::{Item, Subject},
    models::Models,
};

/// What the models say; a number is absent where no model gives it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Calibrated probability that a transition is reported when it is measured.
    pub(super) p_measured: Option<f64>,
    /// Critical temperature in K, and the ends of its interval.
    pub(super) tc_k: Option<f64>,
    pub(super) tc_low_k: Option<f64>,
    pub(super) tc_high_k: Option<f64>,
    /// Calibrated probability of being reported in SuperCon rather than in the Materials Project alone.
    pub(super) p_listed: Option<f64>,
    /// The same probability, from the bundled S2SNet.
    #[serde(default)]
    pub(super) p_listed_network: Option<f64>,
    /// What a network without a probability gives, such as an energy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<f64>,
    /// Standard deviation of the answer of the first model over the members of its ensemble.
    pub(super) std: Option<f64>,
    /// Formula of the known superconductor whose composition is nearest.
    pub(super) nearest: Option<String>,
    /// Its critical temperature in K, if that is known.
    pub(super) nearest_tc_k: Option<f64>,
    /// Its composition distance.
    pub(super) distance: Option<f64>,
    /// It and those that come next, the nearest first.
    #[serde(default)]
    pub(super) nearest_materials: Vec<Material>,
    /// Whether one of the models has learned from this composition.
    pub(super) in_training: Option<bool>,
    /// Why the answer may be worth less, one sentence each.
    pub(super) warnings: Vec<String>,
}

/// A known superconductor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Material {
    pub(super) formula: String,
    /// Its critical temperature in K, if that is known.
    pub(super) tc_k: Option<f64>,
    /// Its composition distance.
    pub(super) distance: f64,
}

impl From<Resemblance> for Material {
    fn from(known: Resemblance) -> Self {
        Self { formula: known.formula, tc_k: known.tc, distance: known.distance }
    }
}

/// Such as `Nb3Sn 18.05 K (0.4)`: formula, Tc, composition distance.
impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.formula)?;
        self.tc_k.map_or(Ok(()), |tc| write!(f, " {tc} K"))?;
        write!(f, " ({:.1})", self.distance)
    }
}

/// What the models were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Basis {
    /// A structure.
    Structure,
    /// A composition alone.
    Composition,
}

/// What came of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    /// It has an answer.
    Hit(Box<Hit>),
    /// It has none.
    Failure(Unreadable),
    /// It is no structure, and that is no fault: other JSON in a folder, an entry of another type in an OPTIMADE dump.
    PassedOver(PassedOver),
}

/// One input with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hit {
    pub(super) id: String,
    pub(super) path: String,
    /// Reduced.
    pub(super) formula: String,
    pub(super) basis: Basis,
    /// Sites of the cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) atoms: Option<usize>,
    #[serde(flatten)]
    pub(super) answer: Answer,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What the source says about its superconductivity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known_superconductor: Option<bool>,
    /// What is drawn of the structure, where that was asked for; answers files do not hold it.
    #[serde(skip)]
    pub(super) cell: Option<Cell>,
}

/// One input without an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Unreadable {
    pub(super) id: String,
    pub(super) path: String,
    /// One sentence.
    pub(super) reason: String,
}

/// What holds no structure, without a fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PassedOver {
    pub(super) path: String,
    /// One sentence.
    pub(super) passed_over: String,
    /// Why; answers of earlier versions have only files of folders.
    #[serde(default = "no_structure", skip_serializing_if = "is_no_structure")]
    pub(super) kind: SkipReason,
}

fn no_structure() -> SkipReason {
    SkipReason::NoStructure
}

fn is_no_structure(kind: &SkipReason) -> bool {
    *kind == SkipReason::NoStructure
}

impl Outcome {
    /// Predicts some items in one batch, and draws their structures if they are to be `drawn`.
    ///
    /// A disordered crystal is weighted through its composition, unless the models read disorder.
    pub(super) fn of_all(items: impl IntoIterator<Item = Item>, models: &Models, drawn: bool) -> Vec<Self> {
        let prepared: Vec<Prepared> = items.into_iter().map(|item| Prepared::new(item, models, drawn)).collect();
        let subjects: Vec<&Subject> =
            prepared.iter().filter_map(|prepared| prepared.item.subject.as_ref().ok()).collect();
        let mut answers = models.answers(&subjects).into_iter();
        let outcome =
            |prepared: Prepared| prepared.outcome(|| answers.next().expect("invariant: one answer per subject"));
        prepared.into_iter().map(outcome).collect()
    }
}

/// An item with its input of the models.
struct Prepared {
    item: Item,
    /// Whether the subject is the composition of a disordered crystal.
    disordered: bool,
    cell: Option<Cell>,
}

impl Prepared {
    fn new(mut item: Item, models: &Models, drawn: bool) -> Self {
        let Ok(Subject::Crystal(crystal)) = &item.subject else {
            return Self { item, disordered: false, cell: None };
        };
        let cell = if drawn { Cell::of(crystal, || models.contributions(crystal)) } else { None };
        let disordered = !models.read_disorder() && !crystal.is_ordered();
        if disordered {
            item.subject = Ok(Subject::Composition(crystal.composition()));
        }
        Self { item, disordered, cell }
    }

    /// The outcome for it.
    fn outcome(self, answer: impl FnOnce() -> Result<Answer, String>) -> Outcome {
        let Self { item: Item { path, id, label, diagnostics, subject, passed_over }, disordered, cell } = self;
        let answered = subject.and_then(|subject| match answer() {
            Ok(answer) => Ok((subject, answer)),
            Err(reason) if disordered => Err(format!("it has disordered sites: {reason}")),
            Err(reason) => Err(reason),
        });
        let (subject, mut answer) = match answered {
            Ok(answered) => answered,
            Err(reason) => {
                return match passed_over {
                    Some(kind) => Outcome::PassedOver(PassedOver { path, passed_over: reason, kind }),
                    None => Outcome::Failure(Unreadable { id, path, reason }),
                };
            }
        };
        let (basis, atoms, composition) = match &subject {
            Subject::Crystal(crystal) => (Basis::Structure, Some(crystal.num_sites()), crystal.composition()),
            Subject::Composition(composition) | Subject::Approximate(composition, _) => {
                (Basis::Composition, None, composition.clone())
            }
        };
        if basis == Basis::Composition {
            let known = "answered from the composition alone";
            let sentence = if disordered { format!("disordered sites: {known}") } else { known.to_owned() };
            answer.warnings.insert(0, sentence);
        }
        if let Subject::Approximate(_, remark) = &subject {
            answer.warnings.insert(0, remark.clone());
        }
        Outcome::Hit(Box::new(Hit {
            id,
            path,
            formula: composition.reduced().0.to_string(),
            basis,
            atoms,
            answer,
            diagnostics,
            known: label.map(|label| match label {
                Label::Superconductor { tc: Some(tc) } => tc.to_string(),
                other => other.to_string(),
            }),
            known_superconductor: label.and_then(Label::is_superconductor),
            cell,
        }))
    }
}

impl Unreadable {
    /// The file, and what within it.
    pub(super) fn location(&self) -> String {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        if self.path.is_empty() || self.id.starts_with(&*self.path) {
            return self.id.clone();
        }
        match self.id.strip_prefix(file) {
            Some(within) => format!("{}{within}", self.path),
            None => format!("{}: {}", self.path, self.id),
        }
    }
}

impl Hit {
    /// All that is to be said besides numbers: what the reader found, then what the models warn of.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> + '_ {
        let found = self.diagnostics.iter().map(ToString::to_string);
        found.chain(self.answer.warnings.iter().cloned())
    }
}
