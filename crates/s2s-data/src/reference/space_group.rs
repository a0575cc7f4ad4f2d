//! Space groups: what repeats an atom, and which cell parameters are free.
//!
//! The table holds the groups that the reference crystals use, each by a few operations that generate it, in the
//! standard setting of International Tables A: origin at a center of inversion where there is a choice, hexagonal axes
//! for rhombohedral groups, unique axis b for monoclinic ones.

use std::collections::BTreeMap;

use s2s_crystal::{CrystalError, Frac, Lattice, SymOp};
use serde::Deserialize;

use super::error::{ReferenceError, ReferenceFault};

/// 48 operations of the cubic point group for each of the four lattice points of a face-centered cell.
const MAX_OPERATIONS: usize = 192;

/// The symmetry of a crystal: its operations up to lattice translations.
#[derive(Clone, Debug)]
pub(super) struct SpaceGroup {
    pub(super) number: u8,
    pub(super) symbol: String,
    centering: Centering,
    operations: Vec<SymOp>,
}

/// How a space group is written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRecord {
    number: u8,
    symbol: String,
    generators: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupTable {
    group: Vec<GroupRecord>,
}

impl SpaceGroup {
    /// The groups of a table, by number.
    pub(super) fn parse_table(text: &str) -> Result<BTreeMap<u8, Self>, ReferenceError> {
        let table: GroupTable = toml::from_str(text).map_err(|e| ReferenceError::Syntax { message: e.to_string() })?;
        let group = |record: GroupRecord| match Self::new(&record) {
            Ok(group) => Ok((record.number, group)),
            Err(reason) => Err(reason.of(&record.symbol)),
        };
        table.group.into_iter().map(group).collect()
    }

    fn new(record: &GroupRecord) -> Result<Self, ReferenceFault> {
        let generators: Vec<SymOp> = record.generators.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let centering = Centering::of_symbol(&record.symbol).ok_or(ReferenceFault::Centering)?;
        let operations = close(&generators).ok_or(ReferenceFault::NotAGroup)?;
        Ok(Self { number: record.number, symbol: record.symbol.clone(), centering, operations })
    }

    /// How many lattice points the conventional cell holds.
    pub(super) fn num_lattice_points(&self) -> usize {
        self.centering.num_points()
    }

    /// Every position that an operation makes of this one, up to lattice translations; repeated on special positions.
    pub(super) fn images(&self, position: Frac) -> impl Iterator<Item = Frac> + '_ {
        self.operations.iter().map(move |operation| operation.apply(position))
    }

    /// A primitive cell of a conventional one.
    pub(super) fn primitive_lattice(&self, conventional: &Lattice) -> Result<Lattice, CrystalError> {
        Lattice::from_rows(self.centering.primitive_rows().map(|row| conventional.to_cart(Frac(row)).0))
    }

    /// The conventional cell with these parameters (Å, degrees) and those that the crystal system fixes.
    pub(super) fn conventional_lattice(&self, cell: &CellParameters) -> Result<Lattice, ReferenceFault> {
        let CellParameters { a, b, c, alpha, beta, gamma } = *cell;
        let system = CrystalSystem::of_number(self.number);
        let (lengths, angles) = match (system, b, c, alpha, beta, gamma) {
            (CrystalSystem::Cubic, None, None, None, None, None) => ([a, a, a], [90.0; 3]),
            (CrystalSystem::Hexagonal, None, Some(c), None, None, None) => ([a, a, c], [90.0, 90.0, 120.0]),
            (CrystalSystem::Tetragonal, None, Some(c), None, None, None) => ([a, a, c], [90.0; 3]),
            (CrystalSystem::Orthorhombic, Some(b), Some(c), None, None, None) => ([a, b, c], [90.0; 3]),
            (CrystalSystem::Monoclinic, Some(b), Some(c), None, Some(beta), None) => ([a, b, c], [90.0, beta, 90.0]),
            (CrystalSystem::Triclinic, Some(b), Some(c), Some(alpha), Some(beta), Some(gamma)) => {
                ([a, b, c], [alpha, beta, gamma])
            }
            _ => {
                let (system, expected) = system.parameters();
                return Err(ReferenceFault::CellParameters { system, expected });
            }
        };
        Ok(Lattice::from_parameters(lengths, angles)?)
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
    fn of_number(number: u8) -> Self {
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

/// Every product of the generators; `None` if they are more, or larger, than a space group can hold.
fn close(generators: &[SymOp]) -> Option<Vec<SymOp>> {
    let mut group = vec![SymOp::IDENTITY];
    let mut multiplied = 0;
    while multiplied < group.len() {
        for generator in generators {
            let product = group[multiplied].after(generator)?;
            if !group.contains(&product) {
                group.push(product);
            }
        }
        multiplied += 1;
        if group.len() > MAX_OPERATIONS {
            return None;
        }
    }
    Some(group)
}
