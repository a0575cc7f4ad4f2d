//! What a model says about one crystal, and how far it may be believed.

use std::fmt;

use s2s_crystal::Element;

/// An answer with its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The calibrated logit.
    pub value: f64,
    /// Calibrated probability of the positive class, in [0, 1].
    pub probability: f64,
    /// Standard deviation of the members' probabilities.
    pub spread: f64,
    /// The positive example whose composition is nearest, if any element of both has a place on Pettifor's scale.
    pub nearest: Option<Resemblance>,
    /// Why the answer may be worth nothing: what the crystal has that no example had.
    pub unfamiliar: Vec<Unfamiliar>,
}

/// An example that a crystal resembles.
#[derive(Clone, Debug, PartialEq)]
pub struct Resemblance {
    /// Its identifier.
    pub id: String,
    /// Its formula.
    pub formula: String,
    /// Element mover's distance between the compositions: the way on Pettifor's scale, per atom.
    pub distance: f64,
}

/// What no example of the training data had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unfamiliar {
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

impl fmt::Display for Unfamiliar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(element) => write!(f, "no example has {element}"),
            Self::Composition { distance } => write!(f, "composition {distance:.1} from any example"),
            Self::Packing { share } => write!(f, "packing {share:.2}"),
        }
    }
}
