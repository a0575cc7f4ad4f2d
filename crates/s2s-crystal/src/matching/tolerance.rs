//! Tolerances and options of structure matching.

/// How different two crystals may be and still match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchTolerance {
    /// Relative difference of the lengths of two lattice vectors.
    pub length: f64,
    /// Difference of two angles, in degrees.
    pub angle: f64,
    /// Distance of two sites, in units of the cube root of the volume per site.
    pub site: f64,
    /// How far translations may miss, in Å along each lattice vector, that still make a cell not primitive.
    pub primitive: f64,
    /// Whether both are scaled to one volume first.
    pub scaling: Scaling,
    /// Which of the two is laid on the other.
    pub direction: MatchDirection,
}

/// What happens to the volumes before two crystals are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scaling {
    /// Both cells are scaled to the geometric mean of their volumes.
    SameVolume,
    /// None: a strained crystal is another one, beyond the tolerance of lengths.
    None,
}

/// Which of two crystals is laid on the other, in whose lattice vectors the tolerances are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchDirection {
    /// The crystal `self` on the other one. Near the tolerances, exchanging the two may change the result.
    OneWay,
    /// Each on the other: both must be within the tolerances. The distances are the same if the two are exchanged, and sites and basis
    /// are the inverse.
    BothWays,
}

impl MatchTolerance {
    /// pymatgen's defaults: lengths 20 %, angles 5°, sites 0.3, primitive cells within 0.25 Å, scaled to the same volume, one way.
    pub fn pymatgen() -> Self {
        let (scaling, direction) = (Scaling::SameVolume, MatchDirection::OneWay);
        Self { length: 0.2, angle: 5.0, site: 0.3, primitive: 0.25, scaling, direction }
    }

    /// The same, for a result that does not change if the crystals are exchanged: pymatgen's `symmetric=True`.
    pub fn both_ways(self) -> Self {
        Self { direction: MatchDirection::BothWays, ..self }
    }
}
