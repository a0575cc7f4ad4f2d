//! Model cards: what a network learned from, what it was tested on, and what its answers do not mean.

use std::collections::BTreeMap;

use s2s_data::{Dataset, Label, Record};
use s2s_train::recipe::{FinetuneRecipe, PretrainedWeights, Transfer, command_line};

use super::{one_seed::Outcome, report::summary};

/// How many training crystals have which label.
#[derive(Clone, Copy)]
pub(crate) struct Labels {
    superconductors: usize,
    /// In a table of measurements, without a transition there.
    measured: usize,
    /// In no list of superconductors; nobody need have looked.
    unlisted: usize,
}

impl Labels {
    pub(crate) fn of(data: &Dataset) -> Self {
        let of = |label: fn(&Label) -> bool| data.records().iter().filter_map(|r| r.label).filter(label).count();
        Self {
            superconductors: of(|label| matches!(label, Label::Superconductor { .. })),
            measured: of(|label| matches!(label, Label::NoTransition { .. } | Label::NoneReported)),
            unlisted: of(|label| *label == Label::NotListed),
        }
    }

    /// What is true of the positive class; `s2s screen --model` names its column by it.
    pub(crate) fn positive(self) -> &'static str {
        if self.unlisted > 0 { "superconductor" } else { "found to superconduct when it is measured" }
    }

    /// What the probability does not mean.
    fn limit(self) -> &'static str {
        if self.unlisted > 0 {
            "The network asks whether a crystal is reported as a superconductor, against others, most of which nobody has \
             measured: it does not tell measured superconductors from measured non-superconductors."
        } else {
            "The network asks whether a transition is reported when a crystal is measured; what nobody has measured may be \
             outside its training range."
        }
    }
}

/// Of what a model card tells.
pub(crate) struct Training<'t> {
    pub(crate) recipe: &'t FinetuneRecipe,
    pub(crate) data: &'t Dataset,
    pub(crate) hashes: &'t BTreeMap<String, String>,
    pub(crate) pretrained: Option<&'t PretrainedWeights>,
    /// Whether the test crystals come from a file of their own.
    pub(crate) on_others: bool,
}

/// What a user of the model should know.
pub(crate) fn card(training: &Training<'_>, outcome: &Outcome) -> String {
    let Training { recipe, data, hashes, pretrained, on_others } = training;
    let pretraining = match (pretrained, recipe.transfer) {
        (None, _) => "not pre-trained".to_owned(),
        (Some(weights), transfer) => {
            let frozen = if transfer == Transfer::Frozen { ", and frozen" } else { "" };
            format!("pre-trained (weights of SHA-256 {}){frozen}", weights.sha256())
        }
    };
    let labels = Labels::of(data);
    let Labels { superconductors, measured, unlisted } = labels;
    let question = labels.limit();
    let tested = if *on_others { "crystals of another file" } else { "held-out crystals" };
    format!(
        "---\nlicense: mit\ntags: [materials-science, superconductivity, crystal]\nmetrics: [accuracy, roc_auc]\n---\n\n\
         # Superconductor or not, from the crystal structure\n\n\
         A network of {} parameters; encoder {pretraining}; trained on labelled crystals: {superconductors} superconductors, \
         {measured} of the table without a transition, {unlisted} not listed.\n\n\
         On {tested}: {}.\n\n\
         ## Limits\n\n\
         * {question}\n\
         * No transition temperature is predicted, and doping and pressure are not seen.\n\
         * Much of the signal is how simple the formula is: see the AUC among equal numbers of elements.\n\n\
         ## Data\n\n\
         {}; SHA-256 {}.\n\n\
         ## Made by\n\n    {}\n",
        outcome.parameters,
        summary(outcome),
        sources(data),
        hashes.get("data").map_or("unknown", String::as_str),
        command_line()
    )
}

/// Where structures and labels come from, as far as the records say so.
fn sources(data: &Dataset) -> &'static str {
    let of_materials_project = |record: &Record| record.id.as_str().starts_with("mp-");
    if data.records().iter().all(of_materials_project) {
        "Structures of the Materials Project (CC-BY 4.0, Jain et al., APL Mater. 1, 011002 (2013)); labels of the data file"
    } else {
        "Structures and labels of the data file"
    }
}
