//! Conventional cells of the space groups, in the standard settings of International Tables A: origin at a center of inversion where there
//! is a choice, hexagonal axes for rhombohedral groups, unique axis b for monoclinic ones.

use s2s_crystal::{CrystalError, Frac, Lattice, SpaceGroup, SymOp};
use serde::Deserialize;

use super::error::ReferenceFault;

/// A conventional cell with its symmetry.
#[derive(Clone, Debug)]
pub(super) struct ConventionalCell {
    pub(super) lattice: Lattice,
    centering: Centering,
    operations: Vec<SymOp>,
}

impl ConventionalCell {
    /// The cell of a space group with these parameters.
    pub(super) fn new(group: SpaceGroup, parameters: &CellParameters) -> Result<Self, ReferenceFault> {
        let lattice = parameters.lattice(CrystalSystem::of_number(group.number()))?;
        let centering =
            Centering::of_symbol(group.hm()).expect("invariant: a standard setting has one of these centerings");
        Ok(Self { lattice, centering, operations: group.operations() })
    }

    /// How many lattice points the cell holds.
    pub(super) fn num_lattice_points(&self) -> usize {
        self.centering.num_points()
    }

    /// Every position that an operation makes of this one, up to lattice translations; repeated on special positions.
    pub(super) fn images(&self, position: Frac) -> impl Iterator<Item = Frac> + '_ {
        self.operations.iter().map(move |operation| operation.apply(position))
    }

    /// A primitive cell.
    pub(super) fn primitive_lattice(&self) -> Result<Lattice, CrystalError> {
        Lattice::from_rows(self.centering.primitive_rows().map(|row| self.lattice.to_cart(Frac(row)).0))
    }
}

/// The cell parameters that a crystal system leaves free: lengths in Å, angles in degrees.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellParameters {
    pub(super) a: f64,
    pub(super) b: Option<f64>,
    pub(super) c: Option<f64>,
    pub(super) alpha: Option<f64>,
    pub(super) beta: Option<f64>,
    pub(super) gamma: Option<f64>,
}

impl CellParameters {
    /// The lattice with these parameters and those that the crystal system fixes.
    fn lattice(&self, system: CrystalSystem) -> Result<Lattice, ReferenceFault> {
        let Self { a, b, c, alpha, beta, gamma } = *self;
        Ok(match (system, b, c, alpha, beta, gamma) {
            (CrystalSystem::Cubic, None, None, None, None, None) => Lattice::cubic(a)?,
            (CrystalSystem::Hexagonal, None, Some(c), None, None, None) => Lattice::hexagonal(a, c)?,
            (CrystalSystem::Tetragonal, None, Some(c), None, None, None) => Lattice::tetragonal(a, c)?,
            (CrystalSystem::Orthorhombic, Some(b), Some(c), None, None, None) => Lattice::orthorhombic(a, b, c)?,
            (CrystalSystem::Monoclinic, Some(b), Some(c), None, Some(beta), None) => {
                Lattice::monoclinic(a, b, c, beta)?
            }
            (CrystalSystem::Triclinic, Some(b), Some(c), Some(alpha), Some(beta), Some(gamma)) => {
                Lattice::from_parameters([a, b, c], [alpha, beta, gamma])?
            }
            _ => {
                let (system, expected) = system.parameters();
                return Err(ReferenceFault::CellParameters { system, expected });
            }
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CrystalSystem {
    Triclinic,
    Monoclinic,
    Orthorhombic,
    Tetragonal,
    /// Trigonal groups included: all are written in hexagonal axes.
    Hexagonal,
    Cubic,
}

impl CrystalSystem {
    fn of_number(number: u16) -> Self {
        match number {
            0..=2 => Self::Triclinic,
            3..=15 => Self::Monoclinic,
            16..=74 => Self::Orthorhombic,
            75..=142 => Self::Tetragonal,
            143..=194 => Self::Hexagonal,
            195.. => Self::Cubic,
        }
    }

    fn parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::Triclinic => ("triclinic", "a, b, c, alpha, beta, gamma"),
            Self::Monoclinic => ("monoclinic", "a, b, c, beta"),
            Self::Orthorhombic => ("orthorhombic", "a, b, c"),
            Self::Tetragonal => ("tetragonal", "a, c"),
            Self::Hexagonal => ("hexagonal", "a, c"),
            Self::Cubic => ("cubic", "a"),
        }
    }
}

/// Which points of the conventional cell are lattice points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Centering {
    Primitive,
    BaseA,
    BaseC,
    Face,
    Body,
    /// Hexagonal axes, obverse setting.
    Rhombohedral,
}

impl Centering {
    fn of_symbol(symbol: &str) -> Option<Self> {
        match symbol.as_bytes().first()? {
            b'P' => Some(Self::Primitive),
            b'A' => Some(Self::BaseA),
            b'C' => Some(Self::BaseC),
            b'F' => Some(Self::Face),
            b'I' => Some(Self::Body),
            b'R' => Some(Self::Rhombohedral),
            _ => None,
        }
    }

    fn num_points(self) -> usize {
        match self {
            Self::Primitive => 1,
            Self::BaseA | Self::BaseC | Self::Body => 2,
            Self::Rhombohedral => 3,
            Self::Face => 4,
        }
    }

    /// Primitive lattice vectors in units of the conventional ones, as rows.
    fn primitive_rows(self) -> [[f64; 3]; 3] {
        const THIRD: f64 = 1.0 / 3.0;
        match self {
            Self::Primitive => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::BaseA => [[1.0, 0.0, 0.0], [0.0, 0.5, -0.5], [0.0, 0.5, 0.5]],
            Self::BaseC => [[0.5, -0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]],
            Self::Face => [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]],
            Self::Body => [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]],
            Self::Rhombohedral => [[2.0 * THIRD, THIRD, THIRD], [-THIRD, THIRD, THIRD], [-THIRD, -2.0 * THIRD, THIRD]],
        }
    }
}
