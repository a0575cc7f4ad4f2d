//! Answers about a material, with their uncertainty and warnings.

use std::fmt;

use s2s_crystal::Element;
use s2s_featurize::FeaturizeError;
use thiserror::Error;

/// An answer with its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The calibrated logit of a classification, or the number of a regression in its unit.
    pub value: f64,
    /// Calibrated probability of the positive class, in [0, 1]; `None` for regressions.
    pub probability: Option<f64>,
    /// Standard deviation of the answers of an ensemble's members, of the probability or of the number; `None` for one
    /// member.
    pub std: Option<f64>,
    /// Transition temperature, if the model predicts one.
    pub transition: Option<TransitionTemperature>,
    /// The positive example of the training data whose composition is nearest; `None` if the model does not hold its
    /// training data, or no element of both has a number on Pettifor's scale.
    pub nearest: Option<Resemblance>,
    /// The positive examples that come next, the nearest first: four of a model of Tc, none of others.
    pub next_nearest: Vec<Resemblance>,
    /// Whether the composition is in the training data; `None` if the model does not hold it.
    pub known: Option<bool>,
    /// Why the answer may be worth nothing: what no example of the training data had.
    pub warnings: Vec<Warning>,
}

/// A transition temperature and the interval in which it lies, in K.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransitionTemperature {
    /// The most likely one, in K.
    pub kelvin: f64,
    /// Lower end of the interval, in K.
    pub low: f64,
    /// Upper end of the interval, in K.
    pub high: f64,
}

/// An example that a material resembles.
#[derive(Clone, Debug, PartialEq)]
pub struct Resemblance {
    /// Its identifier.
    pub id: String,
    /// Its formula.
    pub formula: String,
    /// Element mover's distance between the compositions: the way on Pettifor's scale, per atom.
    pub distance: f64,
    /// Its transition temperature in K, if the model holds it.
    pub tc: Option<f64>,
}

/// What no example of the training data had.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// An element.
    Element(Element),
    /// A composition this far from the nearest example's; 99 of 100 examples are nearer to another one.
    Composition {
        /// Element mover's distance.
        distance: f64,
    },
    /// Atoms packed more densely or more loosely than in 199 of 200 examples.
    Packing {
        /// Volume of the covalent spheres in one of the cell.
        share: f64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => write!(f, "no example has {element}"),
            Self::Composition { distance } => write!(f, "composition {distance:.1} from any example"),
            Self::Packing { share } => write!(f, "packing {share:.2}"),
        }
    }
}

/// Why there is no answer for a material.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The crystal is nothing that the model can read.
    #[error(transparent)]
    Featurize(#[from] FeaturizeError),
    /// The crystal would take too long.
    #[error("{atoms} atoms are more than {limit}")]
    TooLarge {
        /// Atoms in the cell.
        atoms: usize,
        /// The most that are answered for.
        limit: usize,
    },
    /// A network reads atoms, and a composition has none.
    #[error("the model reads structures, and there is only a composition")]
    NeedsStructure,
    /// Atoms contribute to a network's answer; a model of trees sees the crystal as a whole.
    #[error("the model does not read atoms one by one")]
    NoAtoms,
    /// The weights of the network are too large to compute with.
    #[error("the network's answer is not finite")]
    NotFinite,
}
