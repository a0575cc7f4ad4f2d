//! What a screening answered, from the file that `s2s screen --answers` writes.

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use s2s_crystal::Composition;
use serde::Deserialize;

/// A line with an answer, or one that says why there is none; the first and the last line of the file are neither.
#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    formula: Option<String>,
    p_listed: Option<f64>,
    p_measured: Option<f64>,
    std: Option<f64>,
    nearest: Option<String>,
    distance: Option<f64>,
    #[serde(default)]
    warnings: Vec<String>,
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
    /// Probability of being reported in SuperCon, against other Materials Project entries.
    pub(crate) probability: f64,
    /// Standard deviation over the ensemble of the first model of the screening: of `p_measured`, where there is one.
    pub(crate) std: Option<f64>,
    /// Probability that a transition is reported when it is measured.
    pub(crate) p_measured: Option<f64>,
    /// The known superconductor with the most similar composition, and how far it is.
    pub(crate) nearest: Option<(String, f64)>,
    /// In what it is outside the training range.
    pub(crate) warnings: Vec<String>,
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
        let Some(id) = line.id else { continue };
        let (Some(formula), Some(probability), Some(atoms)) = (line.formula, line.p_listed, line.atoms) else {
            refused += 1;
            continue;
        };
        let composition: Composition = formula.parse()?;
        let nearest = line.nearest.zip(line.distance);
        let (std, p_measured, warnings) = (line.std, line.p_measured, line.warnings);
        answers.push(Answer { id, formula, composition, probability, std, p_measured, nearest, warnings, atoms });
    }
    if answers.is_empty() {
        return Err(format!("{} holds no answers", path.display()).into());
    }
    Ok((answers, refused))
}
