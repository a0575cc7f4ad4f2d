//! Expansion of the listed atoms to all atoms of the cell by the symmetry operations.
//!
//! The images of an atom that meet lie on a special position. They belong to the operations that keep it, which form a
//! group; the mean of the images over that group is kept by every one of its operations, so it lies exactly on the
//! special position. That is how `0.3333` becomes 1/3 where, and only where, the symmetry says so.
//!
//! To meet within a tolerance is no equivalence: around a sixfold axis, neighboring images may meet and opposite ones not.
//! The images that meet the atom, or one that does, and so on, are those of a group: symmetry maps such chains onto such
//! chains.

use crate::{
    Frac, Lattice, Occupant, Species, SymOp,
    cif::{occupancy::excess, sites::Listed},
    diagnostic::{DiagnosticKind, Diagnostics},
    options::{Merge, ReadOptions, STANDARD_DISTANCE},
    overlap::{CLOSEST, all_are_apart},
    parse_error::{Fault, ParseErrorKind},
    parsed_structure::ParsedSite,
    site_merge::{SiteMerge, inside, nearest},
};

/// Images of one site closer than this, in Å, are always one: it is the rounding of the arithmetic.
const ROUNDING: f64 = 1e-6;

/// Moves onto special positions that are smaller than this, in Å, are not worth a remark.
const WORTH_A_REMARK: f64 = 1e-5;

/// Different occupants that a site may have: every one is compared with every other.
const MAX_OCCUPANTS: usize = 256;

/// The listed sites whose image lies on an atom of the cell.
#[derive(Debug)]
struct Atom {
    position: Frac,
    /// The first listed site that has an image here.
    first: u32,
}

/// A further listed site on an atom.
#[derive(Debug)]
struct Guest {
    atom: u32,
    listed: u32,
}

/// All atoms of a cell.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) sites: Vec<ParsedSite>,
    /// Whether it is known that no two are closer than any two atoms of matter.
    pub(crate) apart: bool,
}

/// Applies the operations, merges what coincides, and compares with the stated multiplicities.
pub(crate) fn expand(
    lattice: &Lattice,
    operations: &[SymOp],
    listed: &[Listed],
    options: &ReadOptions,
    diagnostics: &mut Diagnostics,
) -> Result<Expanded, Fault> {
    if operations.len() == 1 && are_apart(lattice, listed, options) {
        let mut sites = Vec::with_capacity(listed.len());
        for (index, site) in listed.iter().enumerate() {
            compare_multiplicity(site, 1, 1, diagnostics)?;
            let species = occupants(&[index as u32], listed, &mut None, diagnostics)?;
            sites.push(ParsedSite { position: Frac(site.position), species, offset: site.offset as usize });
        }
        return Ok(Expanded { sites, apart: true });
    }
    let images = listed.len().saturating_mul(operations.len());
    if operations.len() > 1 && images > options.limits.images {
        let message = format!(
            "{} operations on {} sites exceed the limit of {} images",
            operations.len(),
            listed.len(),
            options.limits.images
        );
        let offset = listed.first().map_or(0, |site| site.offset as usize);
        return Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
    }
    let (tolerance, share) = match options.merge {
        Merge::Within(angstrom) => (angstrom.max(ROUNDING), true),
        Merge::Off => (STANDARD_DISTANCE, false),
    };
    let mut cell = Cell {
        atoms: Vec::with_capacity(listed.len()),
        guests: Vec::new(),
        seen: SiteMerge::new(lattice, tolerance, if share { listed.len() } else { 0 }),
        share,
    };
    let compact: Vec<Compact> = operations.iter().map(Compact::new).collect();
    let mut orbit = Vec::with_capacity(operations.len());
    let mut seen = SiteMerge::new(lattice, tolerance, 0);
    let mut images = Vec::with_capacity(operations.len());
    for (index, site) in listed.iter().enumerate() {
        let moved = orbit_of(site.position, &compact, lattice, share, &mut seen, &mut images, &mut orbit);
        if moved > WORTH_A_REMARK {
            diagnostics.note(site.offset as usize, DiagnosticKind::Rounded, || {
                format!("{} was moved by {moved:.1e} Å onto its special position", site.element)
            });
        }
        compare_multiplicity(site, orbit.len(), operations.len(), diagnostics)?;
        cell.add(index, &orbit);
    }
    Ok(Expanded { sites: cell.into_sites(listed, diagnostics)?, apart: false })
}

/// Whether it is certain that no two listed sites share an atom, and none is closer to another than atoms of matter.
fn are_apart(lattice: &Lattice, listed: &[Listed], options: &ReadOptions) -> bool {
    let merged = match options.merge {
        Merge::Within(angstrom) => angstrom,
        Merge::Off => 0.0,
    };
    merged <= CLOSEST && all_are_apart(lattice, listed.iter().map(|site| site.position))
}

/// Warns where a site has another number of images than it states.
fn compare_multiplicity(
    site: &Listed,
    images: usize,
    operations: usize,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    match site.multiplicity.map(|stated| stated as usize) {
        // SHELXL-97 wrote the order of the site's symmetry into this column.
        Some(stated) if stated != images && stated.saturating_mul(images) != operations => {
            let message = format!("{} has {images} images, not the stated {stated}", site.element);
            diagnostics.warn(site.offset as usize, DiagnosticKind::MultiplicityMismatch, || message)
        }
        _ => Ok(()),
    }
}

/// Whether two lists hold the same atoms.
pub(crate) fn same_atoms(lattice: &Lattice, some: &[ParsedSite], others: &[ParsedSite]) -> bool {
    if some.len() != others.len() {
        return false;
    }
    let mut seen = SiteMerge::new(lattice, STANDARD_DISTANCE, some.len());
    let mut first = Vec::with_capacity(some.len());
    for atom in some {
        let position = atom.position.0.map(inside);
        if seen.find(position).is_none() {
            seen.insert(position);
            first.push(atom);
        }
    }
    others.iter().all(|atom| {
        let found = seen.find(atom.position.0.map(inside));
        found.is_some_and(|index| first[index].species == atom.species)
    })
}

/// An operation as it is applied most quickly.
#[derive(Debug)]
struct Compact {
    rotation: [[f64; 3]; 3],
    translation: [f64; 3],
}

impl Compact {
    fn new(operation: &SymOp) -> Self {
        Self { rotation: operation.rotation().map(|row| row.map(f64::from)), translation: operation.translation() }
    }

    #[inline]
    fn apply(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|k| {
            let [a, b, c] = self.rotation[k];
            a * x + b * y + c * z + self.translation[k]
        })
    }
}

/// Fills `orbit` with the distinct images of a position, itself first; returns how far it was moved in Å.
fn orbit_of(
    position: [f64; 3],
    operations: &[Compact],
    lattice: &Lattice,
    center_it: bool,
    seen: &mut SiteMerge,
    images: &mut Vec<[f64; 3]>,
    orbit: &mut Vec<[f64; 3]>,
) -> f64 {
    orbit.clear();
    orbit.push(position);
    if operations.len() == 1 {
        return 0.0;
    }
    let home = position.map(inside);
    images.clear();
    let mut sum = [0.0; 3];
    let mut kept = 0.0;
    let mut beside = false;
    for operation in operations {
        let image = operation.apply(position).map(inside);
        images.push(image);
        if seen.coincide(image, home) {
            kept += 1.0;
            for k in 0..3 {
                let apart = nearest(image[k] - home[k]);
                beside |= apart.abs() > 1e-9;
                sum[k] += apart;
            }
        }
    }
    if beside && let Some(chained) = chained(images, home, kept as usize, seen) {
        kept = chained.len() as f64;
        sum = [0, 1, 2].map(|k| chained.iter().map(|image| nearest(image[k] - home[k])).sum());
    }
    let shift = sum.map(|s| s / kept);
    let mut center = position;
    let mut moved = 0.0;
    // Below the rounding of the arithmetic the position is left exactly as it was written.
    if center_it && shift.iter().any(|s| s.abs() > 1e-12) {
        (0..3).for_each(|k| center[k] += shift[k]);
        moved = lattice.to_cart(Frac(shift)).0.iter().map(|x| x * x).sum::<f64>().sqrt();
        orbit[0] = center;
        images.clear();
        images.extend(operations.iter().map(|operation| operation.apply(center).map(inside)));
    }
    seen.clear();
    seen.insert(center.map(inside));
    for &image in images.iter() {
        if seen.find(image).is_none() {
            seen.insert(image);
            orbit.push(image);
        }
    }
    moved
}

/// The images that meet the atom, or one that does, and so on; `None` if they are the `direct` ones that meet it.
fn chained(images: &[[f64; 3]], home: [f64; 3], direct: usize, seen: &SiteMerge) -> Option<Vec<[f64; 3]>> {
    let (mut chain, mut others): (Vec<[f64; 3]>, Vec<[f64; 3]>) =
        images.iter().copied().partition(|image| seen.coincide(*image, home));
    let mut next = 0;
    while next < chain.len() {
        let link = chain[next];
        next += 1;
        // What is at the atom itself meets nothing that the atom does not meet.
        if (0..3).any(|k| nearest(link[k] - home[k]).abs() > 1e-9) {
            others.retain(|other| {
                let meets = seen.coincide(*other, link);
                if meets {
                    chain.push(*other);
                }
                !meets
            });
        }
    }
    (chain.len() > direct).then_some(chain)
}

/// The atoms found so far.
#[derive(Debug)]
struct Cell {
    atoms: Vec<Atom>,
    guests: Vec<Guest>,
    seen: SiteMerge,
    /// Whether listed sites that meet share one site.
    share: bool,
}

impl Cell {
    fn add(&mut self, listed: usize, orbit: &[[f64; 3]]) {
        let listed = listed as u32;
        for &position in orbit {
            if self.share {
                let wrapped = position.map(inside);
                if let Some(atom) = self.seen.find(wrapped) {
                    self.guests.push(Guest { atom: atom as u32, listed });
                    continue;
                }
                self.seen.insert(wrapped);
            }
            self.atoms.push(Atom { position: Frac(position), first: listed });
        }
    }

    /// Turns atoms into sites.
    fn into_sites(mut self, listed: &[Listed], diagnostics: &mut Diagnostics) -> Result<Vec<ParsedSite>, Fault> {
        // The sort is stable: occupants of one site stay in the order of the list.
        self.guests.sort_by_key(|guest| guest.atom);
        let mut guests = self.guests.iter().peekable();
        let mut shared: Vec<u32> = Vec::new();
        let mut parsed_sites = Vec::with_capacity(self.atoms.len());
        let mut last_remark = None;
        // All images of an unshared site have its species.
        let mut last: Option<(u32, Species)> = None;
        for (index, atom) in self.atoms.iter().enumerate() {
            shared.clear();
            shared.push(atom.first);
            while let Some(guest) = guests.next_if(|guest| guest.atom as usize == index) {
                shared.push(guest.listed);
            }
            let first = &listed[atom.first as usize];
            let species = match &last {
                Some((site, species)) if shared.len() == 1 && *site == atom.first => species.clone(),
                _ => occupants(&shared, listed, &mut last_remark, diagnostics)?,
            };
            if shared.len() == 1 {
                last = Some((atom.first, species.clone()));
            }
            parsed_sites.push(ParsedSite { position: atom.position, species, offset: first.offset as usize });
        }
        Ok(parsed_sites)
    }
}

fn occupant(site: &Listed) -> Occupant {
    Occupant { element: site.element, occupancy: site.occupancy, oxidation: site.oxidation }
}

/// Sums of occupancies that exceed 1 by less are 1.
const ARITHMETIC: f64 = 1e-9;

/// The species of an atom from the listed sites that share it.
fn occupants(
    shared: &[u32],
    listed: &[Listed],
    last_remark: &mut Option<u32>,
    diagnostics: &mut Diagnostics,
) -> Result<Species, Fault> {
    let site = |index: u32| &listed[index as usize];
    let invalid =
        |index: u32, message| Fault::new(site(index).offset as usize, ParseErrorKind::InvalidOccupancy, message);
    if let [only] = *shared {
        if site(only).occupancy == 1.0 && site(only).oxidation.is_none() {
            return Ok(Species::pure(site(only).element));
        }
        let checked = Species::new(vec![occupant(site(only))]);
        return checked.map_err(|error| invalid(only, error.to_string()));
    }
    let mut all: Vec<Occupant> = Vec::with_capacity(shared.len());
    let (mut total, mut rounding, mut variance) = (0.0, 0.0, 0.0);
    let mut overfull = None;
    for &index in shared {
        let next = occupant(site(index));
        let same = all.iter().position(|o| o.element == next.element && o.oxidation == next.oxidation);
        let (digits, uncertainty) = (f64::from(site(index).rounding), f64::from(site(index).uncertainty));
        let allowed = excess(rounding + digits, f64::sqrt(variance + uncertainty * uncertainty));
        match same {
            // What would overfill the site says the same atom twice.
            Some(known) if total + next.occupancy > 1.0 + allowed && all[known].occupancy == next.occupancy => {
                if *last_remark != Some(index) {
                    *last_remark = Some(index);
                    diagnostics.note(site(index).offset as usize, DiagnosticKind::Merged, || {
                        format!("{} is listed twice and was read once", next.element)
                    });
                }
                continue;
            }
            Some(known) => all[known].occupancy += next.occupancy,
            None if all.len() == MAX_OCCUPANTS => {
                let message = format!("more than {MAX_OCCUPANTS} different occupants share a site");
                return Err(Fault::new(site(index).offset as usize, ParseErrorKind::LimitExceeded, message));
            }
            None => all.push(next),
        }
        total += next.occupancy;
        rounding += digits;
        variance += uncertainty * uncertainty;
        if total > 1.0 + excess(rounding, variance.sqrt()) {
            overfull = overfull.or(Some((index, total)));
        }
    }
    if let Some((index, sum)) = overfull.filter(|_| total > 1.0 + excess(rounding, variance.sqrt())) {
        let message = format!("the occupancies of a site add up to {sum:.4}, more than 1");
        return Err(invalid(index, message));
    }
    // A sum below 1 is a site that is empty in part; it stays as written.
    if total - 1.0 > ARITHMETIC {
        all.iter_mut().for_each(|occupant| occupant.occupancy /= total);
        if *last_remark != Some(shared[0]) {
            *last_remark = Some(shared[0]);
            diagnostics.note(site(shared[0]).offset as usize, DiagnosticKind::Occupancy, || {
                format!("occupancies that add up to {total:.4} were rescaled to 1")
            });
        }
    }
    Species::new(all).map_err(|error| invalid(shared[0], error.to_string()))
}
