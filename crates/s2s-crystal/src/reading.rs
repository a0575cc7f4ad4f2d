//! What a reader gives back.

use std::fmt;

use crate::{
    Crystal, Frac, Lattice, Occupant, Site, Species,
    options::{OccupancyPolicy, ReadOptions},
    parse_error::{Fault, Locator, ParseErrorKind},
};

/// A crystal, its name in the text, and what reading changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Name of the block, frame or entry; the comment line of a POSCAR; empty where there is none.
    pub name: String,
    /// The structure.
    pub crystal: Crystal,
    /// What is not as the text writes it.
    pub report: ParseReport,
}

/// Every value that a reader changed or doubted, with its line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParseReport {
    /// Sites as the text lists them, before symmetry.
    pub sites_written: usize,
    /// What was changed or doubted, in the order of reading.
    pub notes: Vec<Note>,
}

/// One remark of a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Line of the text, from 1.
    pub line: usize,
    /// What it is about.
    pub kind: NoteKind,
    /// One sentence.
    pub message: String,
}

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// A coordinate or translation was moved onto the exact special value.
    Rounded,
    /// Several listed sites became one.
    Merged,
    /// A site was left out.
    LeftOut,
    /// Deuterium or tritium was read as hydrogen.
    Isotope,
    /// Something the text does not state was assumed.
    Assumed,
    /// The occupancy policy changed a site.
    Occupancy,
    /// A check failed that the caller asked only to report.
    Check,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A remark at a byte offset; located when reading has succeeded.
#[derive(Debug)]
pub(crate) struct Remark {
    pub(crate) offset: usize,
    pub(crate) kind: NoteKind,
    pub(crate) message: String,
}

/// At most this many remarks are kept: a report is for people.
const MOST_REMARKS: usize = 1000;

/// Remarks as they are collected.
#[derive(Debug, Default)]
pub(crate) struct Remarks(Vec<Remark>);

impl Remarks {
    pub(crate) fn add(&mut self, offset: usize, kind: NoteKind, message: impl FnOnce() -> String) {
        if self.0.len() < MOST_REMARKS {
            self.0.push(Remark { offset, kind, message: message() });
        }
    }

    pub(crate) fn append(&mut self, mut further: Self) {
        self.0.append(&mut further.0);
        self.0.truncate(MOST_REMARKS);
    }

    /// The remarks with their lines, found in one pass over the text.
    pub(crate) fn locate(self, mut locator: Locator<'_>, sites_written: usize) -> ParseReport {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|&i| self.0[i].offset);
        let mut lines = vec![0; order.len()];
        order.into_iter().for_each(|i| lines[i] = locator.position(self.0[i].offset).0);
        let note = |(remark, line): (Remark, usize)| Note { line, kind: remark.kind, message: remark.message };
        ParseReport { sites_written, notes: self.0.into_iter().zip(lines).map(note).collect() }
    }
}

/// A site on its way into a crystal, with the place in the text that it came from.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) position: Frac,
    pub(crate) species: Species,
    pub(crate) offset: usize,
}

/// Checks a lattice against the limits.
pub(crate) fn bounded(lattice: Lattice, options: &ReadOptions, offset: usize) -> Result<Lattice, Fault> {
    let exceeded = |message| Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
    let (volume, thickness) = (lattice.volume(), lattice.thickness().into_iter().fold(f64::INFINITY, f64::min));
    if volume > options.limits.volume {
        return exceeded(format!(
            "the cell volume of {volume:.3e} Å³ exceeds the limit of {:e} Å³",
            options.limits.volume
        ));
    }
    if thickness < options.limits.thickness {
        return exceeded(format!(
            "the cell is {thickness:.3e} Å thick, below the limit of {} Å",
            options.limits.thickness
        ));
    }
    Ok(lattice)
}

/// Applies the occupancy policy and closes the crystal's door.
pub(crate) fn assemble(
    lattice: Lattice,
    placed: Vec<Placed>,
    options: &ReadOptions,
    remarks: &mut Remarks,
    start: usize,
) -> Result<Crystal, Fault> {
    let mut sites = Vec::with_capacity(placed.len());
    for Placed { position, species, offset } in placed {
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
                    remarks.add(offset, NoteKind::Occupancy, || {
                        format!("a site with {} is mostly empty and was left out", describe(&species))
                    });
                } else {
                    remarks.add(offset, NoteKind::Occupancy, || {
                        format!("a site with {} was filled with {element}", describe(&species))
                    });
                    sites.push(Site::pure(element, position));
                }
            }
        }
    }
    Crystal::new(lattice, sites).map_err(|error| Fault::new(start, ParseErrorKind::NoSites, error.to_string()))
}

/// The occupants in words, such as `Ga 0.8, Ag 0.2`.
pub(crate) fn describe(species: &Species) -> String {
    let one = |o: &Occupant| format!("{} {}", o.element, o.occupancy);
    species.occupants().iter().map(one).collect::<Vec<_>>().join(", ")
}
