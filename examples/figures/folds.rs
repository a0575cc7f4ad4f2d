//! Out-of-fold probabilities of `examples/benchmark`, joined to the labels of their crystals.

use std::{error::Error, fs, path::Path};

use s2s_data::{Dataset, Folds, Groups, Split};
use serde::Deserialize;

use crate::roc::{Entrant, area, roc};

#[derive(Deserialize)]
struct Setting {
    data_sha256: String,
    folds: usize,
}

#[derive(Deserialize)]
struct Fold {
    #[serde(rename = "contender")]
    model: String,
    sides: String,
    seed: u64,
    fold: usize,
    evaluation: Evaluation,
    probabilities: String,
}

#[derive(Deserialize)]
struct Evaluation {
    roc_auc: Option<f64>,
}

/// Labels and probabilities of every crystal that a model was asked about, fold by fold.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    /// The crystals, by index in the dataset.
    pub(crate) crystals: Vec<usize>,
    /// Their labels.
    pub(crate) labels: Vec<bool>,
    /// Their probabilities.
    pub(crate) probabilities: Vec<f64>,
}

/// All folds of a file.
pub(crate) struct FoldFile {
    /// SHA-256 of the dataset.
    pub(crate) data_sha256: String,
    folds: Vec<Fold>,
    number: usize,
}

impl FoldFile {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let mut lines = text.lines();
        let setting: Setting = serde_json::from_str(lines.next().ok_or("the file of folds is empty")?)?;
        let folds = lines.map(serde_json::from_str).collect::<Result<Vec<Fold>, _>>()?;
        Ok(Self { data_sha256: setting.data_sha256, folds, number: setting.folds })
    }

    /// Whether there are results of a model.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let model = name.split_once('=').map_or(name, |pair| pair.0);
        self.folds.iter().any(|fold| fold.model == model)
    }

    /// What a model gave on every fold of a split.
    ///
    /// That the folds are the right ones is seen from the areas under their curves, which are in the file too.
    pub(crate) fn answers(&self, data: &Dataset, sides: &str, model: &str) -> Result<Vec<Answers>, Box<dyn Error>> {
        let mut all = Vec::new();
        let mut split: Option<(u64, Vec<Split>)> = None;
        for fold in self.folds.iter().filter(|fold| fold.sides == sides && fold.model == model) {
            if split.as_ref().is_none_or(|(seed, _)| *seed != fold.seed) {
                split = Some((fold.seed, self.splits(data, sides, fold.seed)?));
            }
            let test = split.as_ref().and_then(|(_, splits)| splits.get(fold.fold)).ok_or("there is no such fold")?;
            let crystals = test.test.clone();
            let labels: Vec<bool> = crystals.iter().map(|&i| data.labels()[i]).collect();
            let probabilities = decode(&fold.probabilities)?;
            let found = (probabilities.len() == labels.len()).then(|| area(&roc(&labels, &probabilities)));
            if !matches!((found, fold.evaluation.roc_auc), (Some(a), Some(b)) if (a - b).abs() < 1e-9) {
                return Err(format!("the results of {model} are not of these folds or not of this dataset").into());
            }
            all.push(Answers { crystals, labels, probabilities });
        }
        Ok(all)
    }

    /// The answers of [`answers`](Self::answers) with all folds of a seed together: every crystal once.
    pub(crate) fn seeds(&self, data: &Dataset, sides: &str, model: &str) -> Result<Vec<Answers>, Box<dyn Error>> {
        let mut seeds: Vec<(u64, Answers)> = Vec::new();
        let own = self.folds.iter().filter(|fold| fold.sides == sides && fold.model == model);
        for (fold, answers) in own.zip(self.answers(data, sides, model)?) {
            match seeds.iter_mut().find(|(seed, _)| *seed == fold.seed) {
                Some((_, all)) => {
                    all.crystals.extend(answers.crystals);
                    all.labels.extend(answers.labels);
                    all.probabilities.extend(answers.probabilities);
                }
                None => seeds.push((fold.seed, answers)),
            }
        }
        let whole: Vec<Answers> =
            seeds.into_iter().map(|(_, all)| all).filter(|all| all.crystals.len() == data.len()).collect();
        match whole.is_empty() {
            true => Err(format!("there is no seed of {model} with all its folds").into()),
            false => Ok(whole),
        }
    }

    /// The curves of a model, none if it took no part in this split.
    pub(crate) fn entrant(&self, data: &Dataset, sides: &str, name: &str) -> Result<Entrant, Box<dyn Error>> {
        let (model, name) = name.split_once('=').unwrap_or((name, name));
        if !self.knows(model) {
            return Err(format!("there are no results of {model}").into());
        }
        let answers = self.answers(data, sides, model)?;
        let curves = answers.iter().map(|a| roc(&a.labels, &a.probabilities)).collect();
        Ok(Entrant { name: name.to_owned(), curves })
    }

    fn splits(&self, data: &Dataset, sides: &str, seed: u64) -> Result<Vec<Split>, Box<dyn Error>> {
        let folds = match sides {
            "random" => Folds::stratified(data.labels(), self.number, seed)?,
            "formula" => Folds::grouped(data.labels(), &Groups::by_formula(data.records()), self.number, seed)?,
            "chemical-system" => {
                Folds::grouped(data.labels(), &Groups::by_chemical_system(data.records()), self.number, seed)?
            }
            _ => return Err(format!("there is no figure of the split `{sides}`").into()),
        };
        Ok(folds.splits().collect())
    }
}

/// Four hexadecimal digits each, in units of 1/65535.
fn decode(text: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let digits = |four: &[u8]| {
        let four = std::str::from_utf8(four).map_err(|_| "damaged probabilities")?;
        u16::from_str_radix(four, 16).map(|n| f64::from(n) / 65535.0).map_err(|_| "damaged probabilities")
    };
    Ok(text.as_bytes().chunks(4).map(digits).collect::<Result<_, _>>()?)
}
