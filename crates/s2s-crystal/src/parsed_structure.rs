//! Parsed structures: a crystal with its name and diagnostics, and how readers assemble it.

use crate::{
    Crystal, Frac, Lattice, Occupant, Site, Species,
    diagnostic::{Diagnostic, DiagnosticKind, Diagnostics, Severity},
    options::{OccupancyPolicy, ReadOptions},
    overlap,
    parse_error::{Fault, Locator, ParseErrorKind},
};

/// A crystal, its name in the text, and what its reader found.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedStructure {
    /// Name of the block, frame or entry; the comment line of a POSCAR; empty where there is none. At most 1,000
    /// characters are kept.
    pub name: String,
    /// The structure.
    pub crystal: Crystal,
    /// Sites as the text lists them, before symmetry.
    pub sites_listed: usize,
    /// What was normalized, contradicts something or could not be read, in the order of reading.
    pub diagnostics: Vec<Diagnostic>,
}

/// At most this many characters of a name are kept: a comment line may be as long as a text.
const LONGEST_NAME: usize = 1000;

/// What of a name is kept: its first 1,000 characters.
pub(crate) fn kept_name(name: &[u8]) -> String {
    // A character takes at most four bytes.
    let text = String::from_utf8_lossy(&name[..name.len().min(4 * LONGEST_NAME + 4)]);
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

impl ParsedStructure {
    /// A structure whose name is at this offset, with its diagnostics located in the text.
    pub(crate) fn new(
        (name, offset): (&[u8], usize),
        (crystal, sites_listed): (Crystal, usize),
        mut diagnostics: Diagnostics,
        locator: Locator<'_>,
        block: Option<&str>,
    ) -> Self {
        let kept = kept_name(name);
        if kept.chars().nth(LONGEST_NAME).is_some() {
            diagnostics.note(offset, DiagnosticKind::LongName, || {
                format!("of a name of {} bytes the first {LONGEST_NAME} characters were kept", name.len())
            });
        }
        Self { name: kept, crystal, sites_listed, diagnostics: diagnostics.locate(locator, block) }
    }

    /// The diagnostics that are warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning)
    }
}

/// A site as it was read, with its offset in the text.
#[derive(Debug)]
pub(crate) struct ParsedSite {
    pub(crate) position: Frac,
    pub(crate) species: Species,
    pub(crate) offset: usize,
}

/// Farthest that a position may be from the cell, in cells: beyond it the digits behind the point are lost.
const FARTHEST: f64 = 1e9;

/// Whether a position is finite and near enough to the cell for its fractional part to have digits.
pub(crate) fn is_near(position: Frac) -> bool {
    position.0.iter().all(|x| x.abs() <= FARTHEST)
}

/// Checks a lattice against the limits.
pub(crate) fn bounded(lattice: Lattice, options: &ReadOptions, offset: usize) -> Result<Lattice, Fault> {
    let exceeded = |message| Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
    let (volume, spacing) = (lattice.volume(), lattice.plane_spacings().into_iter().fold(f64::INFINITY, f64::min));
    if volume > options.limits.volume {
        return exceeded(format!(
            "the cell volume of {volume:.3e} Å³ exceeds the limit of {:e} Å³",
            options.limits.volume
        ));
    }
    if spacing < options.limits.plane_spacing {
        return exceeded(format!(
            "the cell is {spacing:.3e} Å thick, below the limit of {} Å",
            options.limits.plane_spacing
        ));
    }
    Ok(lattice)
}

/// Warns of atoms that are too close, applies the occupancy policy and makes the crystal.
pub(crate) fn assemble(
    (lattice, periodic): (Lattice, [bool; 3]),
    parsed_sites: Vec<ParsedSite>,
    options: &ReadOptions,
    diagnostics: &mut Diagnostics,
    start: usize,
) -> Result<Crystal, Fault> {
    overlap::check(&lattice, periodic, &parsed_sites, diagnostics)?;
    assemble_apart((lattice, periodic), parsed_sites, options, diagnostics, start)
}

/// As [`assemble`], for atoms of which it is known how close they are.
pub(crate) fn assemble_apart(
    (lattice, periodic): (Lattice, [bool; 3]),
    parsed_sites: Vec<ParsedSite>,
    options: &ReadOptions,
    diagnostics: &mut Diagnostics,
    start: usize,
) -> Result<Crystal, Fault> {
    let mut sites = Vec::with_capacity(parsed_sites.len());
    for ParsedSite { position, species, offset } in parsed_sites {
        if species.ordered_element().is_some() {
            sites.push(Site { species, position });
            continue;
        }
        match options.occupancy {
            OccupancyPolicy::Keep => sites.push(Site { species, position }),
            OccupancyPolicy::Reject => {
                let message = format!("the site holds {}, and only ordered structures are wanted", describe(&species));
                return Err(Fault::new(offset, ParseErrorKind::Disordered, message));
            }
            OccupancyPolicy::Majority => {
                let element = species.majority_element();
                let share = |o: &&Occupant| o.element == element;
                let largest = species.occupants().iter().filter(share).map(|o| o.occupancy).fold(0.0, f64::max);
                if 1.0 - species.total_occupancy() > largest {
                    diagnostics.note(offset, DiagnosticKind::Occupancy, || {
                        format!("a site with {} is mostly empty and was left out", describe(&species))
                    });
                } else {
                    diagnostics.note(offset, DiagnosticKind::Occupancy, || {
                        format!("a site with {} was filled with {element}", describe(&species))
                    });
                    sites.push(Site::pure(element, position));
                }
            }
        }
    }
    let crystal = Crystal::new(lattice, sites).map(|crystal| crystal.with_periodicity(periodic));
    crystal.map_err(|error| Fault::new(start, ParseErrorKind::NoSites, error.to_string()))
}

/// The occupants in words, such as `Ga 0.8, Ag 0.2`.
pub(crate) fn describe(species: &Species) -> String {
    let one = |o: &Occupant| format!("{} {}", o.element, o.occupancy);
    species.occupants().iter().map(one).collect::<Vec<_>>().join(", ")
}
