//! Atoms on each other, and atoms closer than any two atoms of matter.
//!
//! The shortest bond is that of hydrogen, 0.74 Å. Sites whose shares add up to one at most are not both occupied, and may
//! be as close as they like.

use crate::{
    Crystal, Diagnostic, Lattice, ReadOptions,
    coincidence::{Coincidence, inside, nearest},
    diagnostic::{DiagnosticKind, Diagnostics},
    options::STANDARD_DISTANCE,
    parse_error::{Fault, Locator},
    parsed_structure::Placed,
};

/// No two atoms of matter are closer, in Å.
const CLOSEST: f64 = 0.5;

/// Shares of two sites that add up to no more than this are alternatives.
const ONE: f64 = 1.0 + 1e-3;

/// Up to so many atoms are compared pair by pair, which takes less time than arranging them.
const FEW: usize = 128;

/// Whether the planes that each pair lies between show that no two atoms are close; in small cells they may not show it.
///
/// Atoms within d of each other differ by at most d over the distance of lattice planes, along each axis. Coordinates in single
/// precision are enough, with a little more than that for rounding.
fn all_are_apart(lattice: &Lattice, placed: &[Placed]) -> bool {
    let [x, y, z] = lattice.thickness().map(|spacing| (1.0001 * CLOSEST / spacing) as f32 + 1e-6);
    let near = |p: f32, q: f32, most: f32| {
        let difference = (p - q).abs();
        (difference <= most) | (difference >= 1.0 - most)
    };
    let mut axes = [[0.0_f32; FEW]; 3];
    for (k, site) in placed.iter().enumerate() {
        for (axis, coordinate) in axes.iter_mut().zip(site.position.0) {
            axis[k] = inside(coordinate) as f32;
        }
    }
    let [xs, ys, zs] = &axes;
    (1..placed.len()).all(|k| {
        let (p, q, r) = (xs[k], ys[k], zs[k]);
        let others = xs[..k].iter().zip(&ys[..k]).zip(&zs[..k]);
        !others.fold(false, |any, ((a, b), c)| any | (near(p, *a, x) & near(q, *b, y) & near(r, *c, z)))
    })
}

/// Warns of the first atoms that lie on each other, or else of the first that are unphysically close.
///
/// Each atom is compared with the atoms before it that are no closer to each other than that, so that the time is
/// linear in the number of atoms however they cluster.
pub(crate) fn check(
    lattice: &Lattice,
    periodic: [bool; 3],
    placed: &[Placed],
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let lengths = lattice.lengths();
    if let Some(k) = (0..3).find(|&k| periodic[k] && lengths[k] < CLOSEST)
        && let Some(site) = placed.first()
    {
        let message = || format!("lattice vector {} brings every atom within {:.2} Å of itself", k + 1, lengths[k]);
        return diagnostics.warn(site.offset, DiagnosticKind::CloseAtoms, message);
    }
    if placed.len() < 2 || (placed.len() <= FEW && all_are_apart(lattice, placed)) {
        return Ok(());
    }
    let mut apart = Coincidence::new(lattice, CLOSEST, placed.len());
    // Indices of the atoms in `apart`, where some atom was not added to it.
    let mut kept: Vec<usize> = Vec::new();
    let mut on_others: Option<Pair> = None;
    let mut close: Option<Pair> = None;
    let (mut num_on_others, mut num_close) = (0_usize, 0_usize);
    for (second, site) in placed.iter().enumerate() {
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
        let pair = Pair { first, second, distance: distance(lattice, periodic, &placed[first], site) };
        let shares = placed[first].species.total_occupancy() + site.species.total_occupancy();
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
    let name = |index: usize| placed[index].species.majority_element();
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
        Some((site, message)) => diagnostics.warn(placed[site].offset, DiagnosticKind::CloseAtoms, || message),
        None => Ok(()),
    }
}

impl Crystal {
    /// The warning that every reader gives of atoms that lie on each other, or are closer than any two atoms of matter; for
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
        let placed = |site: &crate::Site| Placed { position: site.position, species: site.species.clone(), offset: 0 };
        let placed: Vec<Placed> = self.sites().iter().map(placed).collect();
        let mut diagnostics = Diagnostics::new(&ReadOptions::disordered());
        let checked = check(self.lattice(), self.periodic(), &placed, &mut diagnostics);
        checked.ok().and_then(|()| diagnostics.locate(Locator::new(b""), None).pop())
    }
}

struct Pair {
    first: usize,
    second: usize,
    distance: f64,
}

/// The distance of two sites in Å, through the faces of the cell only where the crystal repeats.
fn distance(lattice: &Lattice, periodic: [bool; 3], first: &Placed, second: &Placed) -> f64 {
    let difference = [0, 1, 2].map(|k| {
        let (p, q) = (second.position.0[k], first.position.0[k]);
        if periodic[k] { nearest(inside(p) - inside(q)) } else { p - q }
    });
    let vector = lattice.to_cart(crate::Frac(difference)).0;
    vector.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}
