//! Detection of atoms on each other, and of atoms closer than any two atoms of matter.
//!
//! The shortest bond is that of hydrogen, 0.74 Å. Sites whose shares add up to one at most are not both occupied, and may
//! be as close as they like.

use crate::{
    Crystal, Diagnostic, Frac, Lattice, ReadOptions,
    diagnostic::{DiagnosticKind, Diagnostics},
    options::STANDARD_DISTANCE,
    parse_error::{Fault, Locator},
    parsed_structure::{ParsedSite, is_near},
    site_merge::{SiteMerge, inside, nearest},
};

/// No two atoms of matter are closer, in Å.
pub(crate) const CLOSEST: f64 = 0.5;

/// Shares of two sites that add up to no more than this are alternatives.
const ONE: f64 = 1.0 + 1e-3;

/// Up to so many atoms are compared pair by pair, which takes less time than arranging them.
const FEW: usize = 128;

/// Whether the planes that each pair lies between show that no two atoms, nor an atom and its own image, are closer than
/// [`CLOSEST`]; in small cells they may not show it, and of more than [`FEW`] atoms nothing is said.
///
/// Atoms within d of each other differ by at most d over the distance of lattice planes, along each axis. Coordinates are
/// counted in 65,536ths of the cell, in integers that wrap around as the cell does, with two units for rounding.
pub(crate) fn all_are_apart(lattice: &Lattice, positions: impl ExactSizeIterator<Item = [f64; 3]>) -> bool {
    const UNITS: f64 = 65_536.0;
    if positions.len() > FEW {
        return false;
    }
    let spacings = lattice.plane_spacings();
    let [x, y, z] = spacings.map(|spacing| (UNITS * CLOSEST / spacing) as u16);
    if spacings.iter().any(|spacing| 2.0 * (CLOSEST / spacing + 3.0 / UNITS) >= 1.0) {
        return false;
    }
    let [x, y, z] = [x, y, z].map(|units| units + 3);
    // By how much two coordinates are farther apart than `most`, 0 where they are not.
    let excess = |p: u16, q: u16, most: u16| p.wrapping_sub(q).wrapping_add(most).saturating_sub(2 * most);
    let mut chunks = [[[0_u16; CHUNK]; 3]; FEW / CHUNK];
    let count = positions.len();
    for (k, position) in positions.enumerate() {
        // Of positions farther out the fraction may have no sixteen bits.
        if !is_near(Frac(position)) {
            return false;
        }
        for (axis, coordinate) in position.into_iter().enumerate() {
            chunks[k / CHUNK][axis][k % CHUNK] = (UNITS * coordinate) as i64 as u16;
        }
    }
    (1..count).all(|k| {
        let last = k / CHUNK;
        let [p, q, r] = chunks[last].map(|axis| axis[k % CHUNK]);
        let mut least = [u16::MAX; CHUNK];
        for (chunk, [xs, ys, zs]) in chunks[..=last].iter().enumerate() {
            let later = if chunk == last { &LATER[k % CHUNK] } else { &[0; CHUNK] };
            for lane in 0..CHUNK {
                let apart = excess(p, xs[lane], x) | excess(q, ys[lane], y) | excess(r, zs[lane], z);
                least[lane] = least[lane].min(apart | later[lane]);
            }
        }
        !least.contains(&0)
    })
}

/// Marks the atoms of a chunk from an index on.
const LATER: [[u16; CHUNK]; CHUNK] = {
    let mut later = [[1; CHUNK]; CHUNK];
    let mut count = 0;
    while count < CHUNK {
        let mut lane = 0;
        while lane < count {
            later[count][lane] = 0;
            lane += 1;
        }
        count += 1;
    }
    later
};

/// Atoms that are compared with another one at once.
const CHUNK: usize = 8;

/// Warns of the first atoms that coincide, or else of the first that are unphysically close.
///
/// Each atom is compared with the atoms before it that are no closer to each other than that, so that the time is
/// linear in the number of atoms however they cluster.
pub(crate) fn check(
    lattice: &Lattice,
    periodic: [bool; 3],
    parsed_sites: &[ParsedSite],
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    if all_are_apart(lattice, parsed_sites.iter().map(|site| site.position.0)) {
        return Ok(());
    }
    let lengths = lattice.lengths();
    if let Some(k) = (0..3).find(|&k| periodic[k] && lengths[k] < CLOSEST)
        && let Some(site) = parsed_sites.first()
    {
        let message = || format!("lattice vector {} brings every atom within {:.2} Å of itself", k + 1, lengths[k]);
        return diagnostics.warn(site.offset, DiagnosticKind::CloseAtoms, message);
    }
    let mut apart = SiteMerge::new(lattice, CLOSEST, parsed_sites.len());
    // Indices of the atoms in `apart`, where some atom was not added to it.
    let mut kept: Vec<usize> = Vec::new();
    let mut on_others: Option<Pair> = None;
    let mut close: Option<Pair> = None;
    let (mut num_on_others, mut num_close) = (0_usize, 0_usize);
    for (second, site) in parsed_sites.iter().enumerate() {
        let position = site.position.0.map(inside);
        let Some(found) = apart.find(position) else {
            if !kept.is_empty() {
                kept.push(second);
            }
            apart.insert(position);
            continue;
        };
        if kept.is_empty() {
            kept.extend(0..second);
        }
        let first = kept[found];
        let pair = Pair { first, second, distance: distance(lattice, periodic, &parsed_sites[first], site) };
        let shares = parsed_sites[first].species.total_occupancy() + site.species.total_occupancy();
        if shares <= ONE || pair.distance >= CLOSEST {
            continue;
        }
        if pair.distance <= STANDARD_DISTANCE {
            num_on_others += 1;
            on_others.get_or_insert(pair);
        } else {
            num_close += 1;
            close.get_or_insert(pair);
        }
    }
    let further = |count: usize| match count {
        0 | 1 => String::new(),
        more => format!(", and {} more so", more - 1),
    };
    let name = |index: usize| parsed_sites[index].species.majority_element();
    let warning = match (on_others, close) {
        (Some(Pair { first, second, .. }), _) => {
            let (a, b) = (name(first), name(second));
            let message =
                format!("atom {} ({b}) lies on atom {} ({a}){}", second + 1, first + 1, further(num_on_others));
            Some((second, message))
        }
        (None, Some(Pair { first, second, distance })) => {
            let (a, b) = (name(first), name(second));
            let more = further(num_close);
            let message = format!("atom {} ({b}) is {distance:.2} Å from atom {} ({a}){more}", second + 1, first + 1);
            Some((second, message))
        }
        (None, None) => None,
    };
    match warning {
        Some((site, message)) => diagnostics.warn(parsed_sites[site].offset, DiagnosticKind::CloseAtoms, || message),
        None => Ok(()),
    }
}

impl Crystal {
    /// The warning that every reader gives of atoms that coincide, or are closer than any two atoms of matter; for
    /// crystals that no reader has made. It stands at line 1, column 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Frac, Lattice, Site};
    ///
    /// let sites = [[0.0; 3], [0.0, 0.0, 0.1]].map(|x| Ok(Site::pure("Nb".parse()?, Frac(x))));
    /// let sites = sites.into_iter().collect::<Result<_, s2s_crystal::CrystalError>>()?;
    /// let crystal = Crystal::new(Lattice::from_parameters([4.0; 3], [90.0; 3])?, sites)?;
    /// let warning = crystal.close_atoms().ok_or("they are close")?;
    /// assert_eq!(warning.message, "atom 2 (Nb) is 0.40 Å from atom 1 (Nb)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close_atoms(&self) -> Option<Diagnostic> {
        let parsed_sites =
            |site: &crate::Site| ParsedSite { position: site.position, species: site.species.clone(), offset: 0 };
        let parsed_sites: Vec<ParsedSite> = self.sites().iter().map(parsed_sites).collect();
        let mut diagnostics = Diagnostics::new(&ReadOptions::disordered());
        let checked = check(self.lattice(), self.periodic(), &parsed_sites, &mut diagnostics);
        checked.ok().and_then(|()| diagnostics.locate(Locator::new(b""), None).pop())
    }
}

struct Pair {
    first: usize,
    second: usize,
    distance: f64,
}

/// The distance of two sites in Å, through the faces of the cell only where the crystal repeats.
fn distance(lattice: &Lattice, periodic: [bool; 3], first: &ParsedSite, second: &ParsedSite) -> f64 {
    let difference = [0, 1, 2].map(|k| {
        let (p, q) = (second.position.0[k], first.position.0[k]);
        if periodic[k] { nearest(inside(p) - inside(q)) } else { p - q }
    });
    let vector = lattice.to_cart(Frac(difference)).0;
    vector.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The shortest distance of two points in Å, or of one and its image.
    fn shortest(lattice: &Lattice, points: &[[f64; 3]]) -> f64 {
        let steps = || -2..=2_i32;
        let mut least = f64::INFINITY;
        for (k, p) in points.iter().enumerate() {
            for (l, q) in points[..=k].iter().enumerate() {
                for (a, b, c) in steps().flat_map(|a| steps().flat_map(move |b| steps().map(move |c| (a, b, c)))) {
                    if k == l && (a, b, c) == (0, 0, 0) {
                        continue;
                    }
                    let image = [a, b, c].map(f64::from);
                    let apart = [0, 1, 2].map(|axis| inside(p[axis]) - inside(q[axis]) + image[axis]);
                    least = least.min(lattice.to_cart(Frac(apart)).0.iter().map(|x| x * x).sum::<f64>().sqrt());
                }
            }
        }
        least
    }

    proptest! {
        #[test]
        fn what_is_found_apart_is_apart(
            lengths in prop::array::uniform3(0.4..9.0_f64),
            angles in prop::array::uniform3(70.0..110.0_f64),
            mut points in prop::collection::vec(prop::array::uniform3(-2.0..2.0_f64), 1..30),
            near in prop::option::of(prop::array::uniform3(-0.05..0.05_f64)),
        ) {
            let lattice = Lattice::from_parameters(lengths, angles)?;
            if let Some(step) = near {
                points.push([0, 1, 2].map(|k| points[0][k] + step[k]));
            }
            if all_are_apart(&lattice, points.iter().copied()) {
                prop_assert!(shortest(&lattice, &points) >= CLOSEST);
            }
        }

        #[test]
        fn points_between_distant_planes_are_found_apart(
            length in 4.0..20.0_f64,
            shift in prop::array::uniform3(-3.0..3.0_f64),
            count in 1..=64_usize,
        ) {
            let lattice = Lattice::from_parameters([length; 3], [90.0; 3])?;
            // A grid of 4 × 4 × 4 points, at least 1 Å apart.
            let point = |k: usize| [k % 4, k / 4 % 4, k / 16].map(|n| n as f64 / 4.0);
            let points = (0..count).map(|k| [0, 1, 2].map(|axis| point(k)[axis] + shift[axis]));
            prop_assert!(all_are_apart(&lattice, points));
        }
    }
}
