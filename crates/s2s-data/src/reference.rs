//! Reference crystals: well-known materials, superconducting and not, from published facts.
//!
//! The crystals are in TOML tables beside this file, as a crystallographer would write them: a prototype or a space
//! group, Wyckoff positions, cell parameters. A small builder turns that into atoms:
//!
//! ```text
//! crystals.toml ──prototype──▶ sites ──space group──▶ positions ──centering──▶ one primitive cell: Crystal
//! ```
//!
//! Cells and positions are those of standard compilations (Wyckoff, *Crystal Structures*; *Pearson's Handbook*), at
//! room temperature and ambient pressure unless a note says otherwise; the reference of a record is that of the
//! superconductivity, or of the search for it. Structures are held to spglib and to densities; the citations and
//! transition temperatures have not yet been checked against the papers one by one.
//!
//! # Examples
//!
//! ```
//! use s2s_data::reference::{self, Superconductivity};
//!
//! let hottest = reference::crystals()
//!     .iter()
//!     .filter_map(|crystal| match crystal.superconductivity {
//!         Superconductivity::Measured { tc_kelvin, pressure_gpa: 0.0 } => Some((tc_kelvin, &crystal.formula)),
//!         _ => None,
//!     })
//!     .max_by(|a, b| a.0.total_cmp(&b.0));
//! assert_eq!(hottest.map(|(_, formula)| formula.as_str()), Some("HgBa2Ca2Cu3O8"));
//! ```

mod blueprint;
mod conventional_cell;
mod error;
mod table;
mod triplet;

use std::sync::LazyLock;

use s2s_crystal::Crystal;
use serde::{Deserialize, Serialize};

pub use error::{ReferenceError, ReferenceFault};

use crate::{Kelvin, Label, Record};

/// A crystal with what is known about its superconductivity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReferenceCrystal {
    /// What people call it; unique in the table.
    pub name: String,
    /// Chemical formula as people write it.
    pub formula: String,
    /// The class it is usually counted among.
    #[serde(rename = "family")]
    pub class: ReferenceClass,
    /// Structure type, where the table has it as a prototype.
    pub prototype: Option<String>,
    /// Number of the space group in International Tables A.
    pub space_group: u8,
    /// Hermann–Mauguin symbol of the space group.
    pub space_group_symbol: String,
    /// One primitive cell.
    pub crystal: Crystal,
    /// What measurements say.
    pub superconductivity: Superconductivity,
    /// Composition of the sample measured, where the crystal is its undoped or idealized parent.
    pub sample: Option<String>,
    /// Density in g/cm³ from the literature, independent of the cell above.
    pub density: Option<f64>,
    /// What a reader should know: idealizations, phases, conditions.
    pub note: Option<String>,
    /// Where the superconductivity, or the search for it, is published.
    pub reference: String,
}

/// What measurements say about superconductivity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Superconductivity {
    /// A transition was measured.
    Measured {
        /// Transition temperature in K.
        tc_kelvin: f64,
        /// Pressure of that measurement in GPa; 0 is ambient.
        pressure_gpa: f64,
    },
    /// The material is well studied and no bulk transition is known at ambient pressure.
    NotFound {
        /// Lowest temperature in K at which it was looked for, where that is published.
        down_to_kelvin: Option<f64>,
    },
}

impl ReferenceCrystal {
    /// The crystal as a record of a data set, its name as identifier.
    pub fn to_record(&self) -> Record {
        Record::new(self.name.as_str(), self.formula.as_str(), self.crystal.clone())
            .with_label(self.superconductivity.label())
    }
}

impl Superconductivity {
    /// The answer as a label of a data set.
    pub fn label(self) -> Label {
        match self {
            Self::Measured { tc_kelvin, .. } => Label::Superconductor { tc: Some(Kelvin(tc_kelvin)) },
            Self::NotFound { down_to_kelvin: Some(kelvin) } => Label::NoTransition { tested_to: Kelvin(kelvin) },
            Self::NotFound { down_to_kelvin: None } => Label::NoneReported,
        }
    }
}

/// Classes of materials, as reviews of superconductivity group them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReferenceClass {
    /// One element.
    Element,
    /// Cr3Si type.
    A15,
    /// MgZn2 and MgCu2 types.
    Laves,
    /// Other compounds of metals.
    Intermetallic,
    /// Borides.
    Boride,
    /// Quaternary borocarbides.
    Borocarbide,
    /// Carbides.
    Carbide,
    /// Nitrides.
    Nitride,
    /// Intercalated graphite and fullerides.
    Carbon,
    /// Silicides and germanides.
    Silicide,
    /// Phosphides, arsenides, antimonides and bismuthides without iron layers.
    Pnictide,
    /// Sulfides, selenides and tellurides.
    Chalcogenide,
    /// Mo6X8 clusters.
    Chevrel,
    /// Oxides without copper planes.
    Oxide,
    /// Layered copper oxides.
    Cuprate,
    /// Perovskites of bismuth.
    Bismuthate,
    /// Layers or ladders of iron with pnictogens or chalcogens.
    IronBased,
    /// Heavy-electron compounds of f elements.
    HeavyFermion,
    /// Hydrides.
    Hydride,
    /// Salts of halogens.
    Halide,
}

/// The reference crystals, superconductors first.
pub fn crystals() -> &'static [ReferenceCrystal] {
    static CRYSTALS: LazyLock<Vec<ReferenceCrystal>> = LazyLock::new(|| {
        [include_str!("reference/superconductors.toml"), include_str!("reference/others.toml")]
            .iter()
            .flat_map(|table| parse(table).expect("invariant: the embedded tables are valid, as a test shows"))
            .collect()
    });
    &CRYSTALS
}

/// Reads a table of crystals in the form of the embedded ones.
///
/// # Errors
///
/// [`ReferenceError::Syntax`] with line and column if the text is not such a table; [`ReferenceError::Record`] with the
/// crystal and the reason if a record contradicts itself: an orbit of another size than the Wyckoff position states, a
/// cell parameter too few or too many, a composition other than the formula.
///
/// # Examples
///
/// ```
/// use s2s_data::reference;
///
/// let table = r#"
///     [[crystal]]
///     formula = "Nb3Sn"
///     family = "a15"
///     prototype = "A15"
///     elements = ["Nb", "Sn"]
///     cell = { a = 5.29 }
///     tc = 18.3
///     reference = "Matthias et al., Phys. Rev. 95, 1435 (1954)"
/// "#;
/// let [niobium_tin] = &reference::parse(table)?[..] else { panic!("one record, one crystal") };
/// assert_eq!(niobium_tin.crystal.num_sites(), 8);
/// assert_eq!(niobium_tin.space_group_symbol, "Pm-3n");
/// # Ok::<(), reference::ReferenceError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<ReferenceCrystal>, ReferenceError> {
    static LIBRARY: LazyLock<table::Library> = LazyLock::new(|| {
        table::Library::parse(include_str!("reference/prototypes.toml"))
            .expect("invariant: the embedded tables are valid, as a test shows")
    });
    LIBRARY.parse_crystals(text)
}
