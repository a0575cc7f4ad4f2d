//! Command-line options of the readers of structures.

use std::fmt;

use clap::Args;
use s2s_crystal::{Element, ReadOptions, Strictness};

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ReaderOptions {
    /// Refuse a file with any warning, such as a cell volume that contradicts the cell
    #[arg(long, conflicts_with = "lenient")]
    strict: bool,
    /// Read what contradicts itself too, such as a wrong formula, where one reading is clearly meant; it is reported
    #[arg(long)]
    lenient: bool,
    /// Elements of a POSCAR that does not name them (VASP 4), such as Ba,Fe,As
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    elements: Vec<Element>,
}

impl fmt::Display for ReaderOptions {
    /// A text that differs for different options.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements: Vec<&str> = self.elements.iter().map(|element| element.symbol()).collect();
        write!(f, "{:?} {}", self.strictness(), elements.join(","))
    }
}

impl ReaderOptions {
    /// Options of a reader that keeps disordered sites.
    pub(crate) fn disordered(&self) -> ReadOptions {
        ReadOptions { strictness: self.strictness(), elements: self.elements.clone(), ..ReadOptions::disordered() }
    }

    fn strictness(&self) -> Strictness {
        match (self.strict, self.lenient) {
            (true, _) => Strictness::Strict,
            (false, true) => Strictness::Lenient,
            (false, false) => Strictness::Standard,
        }
    }
}
