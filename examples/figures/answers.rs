//! What a screening answered, from the file that `examples/screen --answers` writes.

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use s2s_crystal::Composition;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    id: String,
    formula: Option<String>,
    probability: Option<f64>,
    spread: Option<f64>,
    if_measured: Option<f64>,
    nearest: Option<String>,
    distance: Option<f64>,
    #[serde(default)]
    unlike: Vec<String>,
    atoms: Option<u64>,
}

/// A screened crystal.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Its id.
    pub(crate) id: String,
    /// Its reduced formula.
    pub(crate) formula: String,
    /// The same, as numbers.
    pub(crate) composition: Composition,
    /// How likely it is to superconduct, says the model.
    pub(crate) probability: f64,
    /// How far the members of an ensemble disagree.
    pub(crate) spread: Option<f64>,
    /// How likely a measurement is to find it superconducting, says the model of that question.
    pub(crate) if_measured: Option<f64>,
    /// The known superconductor with the most similar composition, and how far it is.
    pub(crate) nearest: Option<(String, f64)>,
    /// In what it is unlike anything that the model learned from.
    pub(crate) unlike: Vec<String>,
    /// Atoms in its cell.
    pub(crate) atoms: u64,
}

impl Answer {
    /// Whether it is predicted to superconduct.
    pub(crate) fn is_positive(&self) -> bool {
        self.probability > 0.5
    }
}

/// All crystals of a file that got an answer, and how many did not.
pub(crate) fn read(path: &Path) -> Result<(Vec<Answer>, usize), Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let (mut answers, mut refused) = (Vec::new(), 0);
    for (k, line) in BufReader::new(file).lines().enumerate() {
        let line: Line =
            serde_json::from_str(&line?).map_err(|error| format!("{}, line {}: {error}", path.display(), k + 1))?;
        let (Some(formula), Some(probability), Some(atoms)) = (line.formula.clone(), line.probability, line.atoms)
        else {
            refused += 1;
            continue;
        };
        let composition: Composition = formula.parse()?;
        let Line { id, spread, if_measured, nearest, distance, unlike, .. } = line;
        let nearest = nearest.zip(distance);
        answers.push(Answer { id, formula, composition, probability, spread, if_measured, nearest, unlike, atoms });
    }
    if answers.is_empty() {
        return Err(format!("{} holds no answers", path.display()).into());
    }
    Ok((answers, refused))
}
