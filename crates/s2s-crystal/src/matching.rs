//! Structure matching: whether two crystals are the same structure, and which sites correspond.
//!
//! ```text
//! both crystals ──primitive Niggli cells, scaled to one volume──▶ cells that agree within the tolerances of lengths and angles
//!      ──for each, for each origin that puts one atom on another of its kind──▶ sites paired at the least sum of squared distances
//! ```
//!
//! # Source
//!
//! The algorithm of pymatgen's `StructureMatcher` (Ong et al., Comput. Mater. Sci. 68, 314, 2013), with `fit`'s verdict: a pairing in which
//! no distance exceeds the site tolerance. Mirror images match, as they do there.
//!
//! # Deviations
//!
//! | | pymatgen | here |
//! |---|---|---|
//! | pairing that is reported | the first within the tolerance (`fit`), or the least root mean square (`get_rms_dist`) | the least root mean square of those within the tolerance |
//! | basis in which images are compared | LLL-reduced | Minkowski-reduced, in which the 27 nearest cells are enough |
//! | `symmetric` | both must match | the same ([`MatchDirection::BothWays`]); the answers to both questions are each other's inverse |
//! | primitive cells | within the tolerance | the same, unless the exact ones agree to 0.001 of the unit of distances |
//! | species | elements, charges, occupancies | the same, occupants in any order |

mod assignment;
mod cell;
mod tolerance;

use std::cmp::Ordering;

use crate::{Crystal, CrystalError, Frac, Lattice, Species};
use assignment::assign;
use cell::{Cell, inverse};
pub use tolerance::{MatchDirection, MatchTolerance, Scaling};

/// The mapping of one crystal onto another.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Root mean square distance of paired sites, in units of the cube root of the volume per site.
    pub rmsd: f64,
    /// Largest distance of two paired sites, in the same unit.
    pub max_distance: f64,
    /// For every site of the other crystal, the site of this one that it is mapped to.
    ///
    /// Each of this crystal's sites is named once where the cells have equally many; of the copies in larger cells, any.
    pub sites: Vec<usize>,
    /// The lattice vectors of the other crystal in units of this one's, as rows: `other ≈ basis · this`, up to a rotation or
    /// reflection, the scaling, and differences within the tolerances.
    pub basis: [[f64; 3]; 3],
}

impl Crystal {
    /// The best mapping of the other crystal onto this one; `None` if they are not the same structure.
    ///
    /// Origin, orientation, choice of cell, volume and order of sites do not matter; which elements with which charges and
    /// occupancies surround which does.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NotPeriodic`] if one does not repeat in three directions, [`CrystalError::InvalidLattice`] as
    /// [`Lattice::niggli_reduced`].
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice, MatchTolerance};
    ///
    /// let salt = |edge: f64| {
    ///     let lattice = Lattice::rhombohedral(edge, 60.0)?;
    ///     Crystal::ordered(lattice, [(Element::NA, [0.0; 3]), (Element::CL, [0.5; 3])])
    /// };
    /// let (small, large) = (salt(3.9)?, salt(4.1)?.supercell([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])?);
    /// let found = small.matches(&large, &MatchTolerance::pymatgen())?.expect("both are rock salt");
    /// assert!(found.rmsd < 1e-6);
    /// assert_eq!(found.sites, [0, 0, 0, 0, 1, 1, 1, 1]);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn matches(&self, other: &Self, tolerance: &MatchTolerance) -> Result<Option<Match>, CrystalError> {
        self.require_periodic()?;
        other.require_periodic()?;
        // Both ways, the two are put in one order, so that `other.matches(self)` computes the same.
        if tolerance.direction == MatchDirection::BothWays && order(self, other) == Ordering::Greater {
            let Some((one, two, pairing)) = paired_cells(other, self, tolerance)? else { return Ok(None) };
            return Ok(Some(described(&two, &one, pairing.inverted())));
        }
        Ok(paired_cells(self, other, tolerance)?.map(|(one, two, pairing)| described(&one, &two, pairing)))
    }
}

/// The order of two crystals by lattice vectors, positions and species: equal only for the same numbers.
fn order(one: &Crystal, other: &Crystal) -> Ordering {
    let numbers = |crystal: &Crystal| {
        let positions = crystal.sites().iter().map(|site| site.position.0);
        crystal.lattice().vectors().into_iter().chain(positions).flatten().collect::<Vec<f64>>()
    };
    let (ours, theirs) = (numbers(one), numbers(other));
    let by_numbers = ours.iter().zip(&theirs).map(|(x, y)| x.total_cmp(y)).find(|order| order.is_ne());
    let by_species = || {
        let kinds = |crystal: &Crystal| crystal.sites().iter().map(|site| kind(&site.species)).collect::<Vec<_>>();
        kinds(one).cmp(&kinds(other))
    };
    by_numbers.unwrap_or_else(|| ours.len().cmp(&theirs.len()).then_with(by_species))
}

/// How far translations may miss, in Å, that hold exactly: more than positions are rounded in files, less than atoms are displaced.
const EXACT: f64 = 2e-3;

/// Root mean square distance, in units of the cube root of the volume per site, of two descriptions of one crystal.
const SAME: f64 = 1e-3;

/// The cells of two crystals that are most alike, and their pairing.
///
/// Which translations are near enough for a primitive cell within the tolerance depends on the basis where they miss by about the
/// tolerance: then two descriptions of one crystal may have different cells. Their exactly primitive cells are the same, and are
/// compared first.
fn paired_cells(
    one: &Crystal,
    other: &Crystal,
    tolerance: &MatchTolerance,
) -> Result<Option<(Cell, Cell, Pairing)>, CrystalError> {
    let mut kinds = Kinds::default();
    let (own, others) = (kinds.of(one), kinds.of(other));
    if !same_shares(&own, &others, kinds.0.len()) {
        return Ok(None);
    }
    let cells = |primitive: f64| -> Result<(Cell, Cell), CrystalError> {
        Ok((Cell::reduced(one, &own, primitive)?, Cell::reduced(other, &others, primitive)?))
    };
    let (here, there) = cells(EXACT.min(tolerance.primitive))?;
    let sizes = (here.num_sites(), there.num_sites());
    let exact = cells_paired(here, there, tolerance)?;
    if exact.as_ref().is_some_and(|found| found.2.rmsd < SAME) {
        return Ok(exact);
    }
    let (here, there) = cells(tolerance.primitive)?;
    if (here.num_sites(), there.num_sites()) == sizes {
        return Ok(exact);
    }
    cells_paired(here, there, tolerance)
}

/// The best pairing of two cells; both ways, the better of the two.
fn cells_paired(
    mut here: Cell,
    mut there: Cell,
    tolerance: &MatchTolerance,
) -> Result<Option<(Cell, Cell, Pairing)>, CrystalError> {
    if here.num_sites() != there.num_sites() || !here.has_kinds_of(&there) {
        return Ok(None);
    }
    if tolerance.scaling == Scaling::SameVolume {
        let ratio = (there.volume() / here.volume()).powf(1.0 / 6.0);
        here.scale(ratio)?;
        there.scale(1.0 / ratio)?;
    }
    let Some(mut best) = best_pairing(&here, &there, tolerance)? else { return Ok(None) };
    if tolerance.direction == MatchDirection::BothWays {
        let Some(reverse) = best_pairing(&there, &here, tolerance)? else { return Ok(None) };
        if reverse.rmsd < best.rmsd {
            best = reverse.inverted();
        }
    }
    Ok(Some((here, there, best)))
}

/// The pairing in terms of the sites and vectors of the crystals.
fn described(here: &Cell, there: &Cell, pairing: Pairing) -> Match {
    let sites = (0..there.num_members()).map(|site| {
        let (group, copy) = there.locate(site);
        here.copy(pairing.partners[group], copy)
    });
    let basis = there.basis_in(here, pairing.vectors);
    Match { rmsd: pairing.rmsd, max_distance: pairing.max_distance, sites: sites.collect(), basis }
}

/// Kinds of site, each with a number.
#[derive(Default)]
struct Kinds(Vec<Kind>);

/// Atomic number, occupancy in units of 10⁻⁸ and oxidation state of every occupant, in order.
type Kind = Vec<(u8, u64, Option<u32>)>;

impl Kinds {
    fn of(&mut self, crystal: &Crystal) -> Vec<usize> {
        crystal.sites().iter().map(|site| self.number(&site.species)).collect()
    }

    fn number(&mut self, species: &Species) -> usize {
        let kind = kind(species);
        self.0.iter().position(|known| *known == kind).unwrap_or_else(|| {
            self.0.push(kind);
            self.0.len() - 1
        })
    }
}

fn kind(species: &Species) -> Kind {
    // Occupancies that agree to 10⁻⁸ are one, as in pymatgen.
    let occupant = |o: &crate::Occupant| {
        (o.element.atomic_number(), (o.occupancy * 1e8).round() as u64, o.oxidation.map(f32::to_bits))
    };
    let mut kind: Kind = species.occupants().iter().map(occupant).collect();
    kind.sort_unstable();
    kind
}

/// Whether every kind has the same share of both crystals.
fn same_shares(own: &[usize], others: &[usize], kinds: usize) -> bool {
    let count = |sites: &[usize], kind: usize| sites.iter().filter(|k| **k == kind).count();
    (0..kinds).all(|kind| count(own, kind) * others.len() == count(others, kind) * own.len())
}

struct Pairing {
    rmsd: f64,
    max_distance: f64,
    /// For every site of the other cell, the site of this one.
    partners: Vec<usize>,
    /// The vectors of this cell that stand for those of the other.
    vectors: [[i32; 3]; 3],
}

impl Pairing {
    /// The same pairing in terms of the sites and vectors of the other cell.
    fn inverted(self) -> Self {
        let mut partners = vec![0; self.partners.len()];
        for (there, here) in self.partners.iter().enumerate() {
            partners[*here] = there;
        }
        let vectors = inverse(self.vectors.map(|row| row.map(f64::from))).map(|row| row.map(|x| x.round() as i32));
        Self { partners, vectors, ..self }
    }
}

/// Pairings this good are not improved on.
const PERFECT: f64 = 1e-5;

fn best_pairing(here: &Cell, there: &Cell, tolerance: &MatchTolerance) -> Result<Option<Pairing>, CrystalError> {
    let sites = here.num_sites();
    // The rarest kind gives the fewest origins.
    let rarest = there.rarest_site();
    let origins: Vec<usize> = (0..sites).filter(|site| here.kinds()[*site] == there.kinds()[rarest]).collect();
    let mut best: Option<Pairing> = None;
    let mut scratch = Scratch::default();
    for vectors in here.vectors_like(there.lattice(), tolerance) {
        let rows = vectors.map(|n| here.lattice().to_cart(Frac(n.map(f64::from))).0);
        let Ok(lattice) = Lattice::from_rows(rows) else { continue };
        let mean = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|k| (a[k] + b[k]) / 2.0);
        let (lengths, angles) = (lattice.lengths(), lattice.angles());
        let other = there.lattice();
        let Ok(average) = Lattice::from_parameters(mean(lengths, other.lengths()), mean(angles, other.angles())) else {
            continue;
        };
        let unit = (average.volume() / sites as f64).cbrt();
        let reach = average.plane_spacings().map(|spacing| 2.0 * tolerance.site * unit / spacing);
        let own: Vec<[f64; 3]> =
            here.positions().iter().map(|x| lattice.to_frac(here.lattice().to_cart(*x)).wrapped().0).collect();
        let mut images = None;
        for &origin in &origins {
            let from = there.positions()[rarest].0;
            let by = [0, 1, 2].map(|k| own[origin][k] - from[k]);
            let moved: Vec<[f64; 3]> = there.positions().iter().map(|x| [0, 1, 2].map(|k| x.0[k] + by[k])).collect();
            if !every_site_has_a_partner(&moved, there.kinds(), &own, here.kinds(), reach) {
                continue;
            }
            if images.is_none() {
                images = Some(Images::new(&average)?);
            }
            let images = images.as_ref().expect("invariant: just made");
            let Some((distances, partners)) = paired(images, &moved, there.kinds(), &own, here.kinds(), &mut scratch)
            else {
                continue;
            };
            let rmsd = (distances.iter().map(|d| d * d).sum::<f64>() / sites as f64).sqrt() / unit;
            let max_distance = distances.iter().copied().fold(0.0, f64::max) / unit;
            if max_distance < tolerance.site && best.as_ref().is_none_or(|best| rmsd < best.rmsd) {
                best = Some(Pairing { rmsd, max_distance, partners, vectors });
                if rmsd < PERFECT {
                    return Ok(best);
                }
            }
        }
    }
    Ok(best)
}

/// Whether each of these positions is within reach of one of its kind.
fn every_site_has_a_partner(
    moved: &[[f64; 3]],
    kinds: &[usize],
    own: &[[f64; 3]],
    own_kinds: &[usize],
    reach: [f64; 3],
) -> bool {
    moved.iter().zip(kinds).all(|(x, kind)| {
        own.iter().zip(own_kinds).any(|(y, own_kind)| {
            own_kind == kind
                && (0..3).all(|k| {
                    let apart = x[k] - y[k];
                    (apart - apart.round()).abs() <= reach[k]
                })
        })
    })
}

/// The lattice in its shortest basis, with the 27 translations among which the nearest image is.
struct Images {
    average: Lattice,
    reduced: Lattice,
    translations: Vec<[f64; 3]>,
}

impl Images {
    fn new(average: &Lattice) -> Result<Self, CrystalError> {
        let reduced = average.minkowski_reduced()?.lattice;
        let steps = (0..27).map(|n| [n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1].map(f64::from));
        let translations = steps.map(|n| reduced.to_cart(Frac(n)).0).collect();
        Ok(Self { average: *average, reduced, translations })
    }

    /// The shortest vector in Å between two positions in units of the average lattice.
    fn shortest(&self, from: [f64; 3], to: [f64; 3]) -> ([f64; 3], f64) {
        let apart = self.average.to_cart(Frac([0, 1, 2].map(|k| to[k] - from[k])));
        let x = self.reduced.to_frac(apart).0.map(|x| x - x.round());
        let base = self.reduced.to_cart(Frac(x)).0;
        let mut best = (base, f64::INFINITY);
        for t in &self.translations {
            let v = [base[0] + t[0], base[1] + t[1], base[2] + t[2]];
            let square = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
            if square < best.1 {
                best = (v, square);
            }
        }
        best
    }
}

#[derive(Default)]
struct Scratch {
    costs: Vec<f64>,
    vectors: Vec<[f64; 3]>,
}

/// Pairs that are no pairs.
const FORBIDDEN: f64 = 1e20;

/// Distances in Å of the paired sites after the mean displacement is taken out, and the pairs.
fn paired(
    images: &Images,
    moved: &[[f64; 3]],
    kinds: &[usize],
    own: &[[f64; 3]],
    own_kinds: &[usize],
    scratch: &mut Scratch,
) -> Option<(Vec<f64>, Vec<usize>)> {
    let n = moved.len();
    scratch.costs.clear();
    scratch.vectors.clear();
    for (x, kind) in moved.iter().zip(kinds) {
        for (y, own_kind) in own.iter().zip(own_kinds) {
            let (vector, square) = if kind == own_kind { images.shortest(*x, *y) } else { ([0.0; 3], FORBIDDEN) };
            scratch.costs.push(square);
            scratch.vectors.push(vector);
        }
    }
    let partners = assign(&scratch.costs, n);
    if partners.iter().enumerate().any(|(k, partner)| scratch.costs[k * n + partner] >= FORBIDDEN) {
        return None;
    }
    let vectors: Vec<[f64; 3]> =
        partners.iter().enumerate().map(|(k, partner)| scratch.vectors[k * n + partner]).collect();
    let mean = [0, 1, 2].map(|k| vectors.iter().map(|v| v[k]).sum::<f64>() / n as f64);
    let length = |v: &[f64; 3]| (0..3).map(|k| (v[k] - mean[k]).powi(2)).sum::<f64>().sqrt();
    Some((vectors.iter().map(length).collect(), partners))
}
