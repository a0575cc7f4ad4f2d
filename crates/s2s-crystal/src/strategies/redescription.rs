//! The same crystal written down in another way.

use std::{fmt, sync::Arc};

use proptest::{
    prelude::{BoxedStrategy, Rng},
    strategy::{NewTree, Strategy},
    test_runner::TestRunner,
};

use super::{
    dice::Dice,
    generate::MIN_THICKNESS,
    point_sets::cell_of,
    shrink::{GreedyTree, Simplify},
};
use crate::{Crystal, CrystalError, Frac, Site, Species};

/// What may change in the description of a crystal without changing the crystal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The order of sites, and of the elements that share one.
    Permutation,
    /// The origin, and which images of the atoms are listed.
    Translation,
    /// The orientation.
    Rotation,
    /// The orientation, and left and right: the mirror image, which for some questions is another crystal.
    Reflection,
    /// The lattice vectors, of the same lattice.
    Basis,
    /// How many of the smallest cells are written as one.
    Supercell,
}

impl ChangeKind {
    /// Those that never change the crystal; all but [`Reflection`](Self::Reflection).
    pub const SAME_CRYSTAL: [Self; 5] =
        [Self::Permutation, Self::Translation, Self::Rotation, Self::Basis, Self::Supercell];
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permutation => "permutation",
            Self::Translation => "translation",
            Self::Rotation => "rotation",
            Self::Reflection => "reflection",
            Self::Basis => "basis",
            Self::Supercell => "supercell",
        })
    }
}

/// A change of description that can be applied to any crystal.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Sites and the occupants of each in the opposite order.
    Reversed,
    /// Sites and the occupants of each in an order that follows from the number.
    Shuffled(u64),
    /// Every atom moved by as much, in units of the lattice vectors, and wrapped into the cell or not.
    Translated {
        /// By how much.
        by: [f64; 3],
        /// Whether the result is wrapped.
        wrapped: bool,
    },
    /// Every atom moved to an image of itself, up to three cells away, that follows from the number.
    OtherImages(u64),
    /// Rotated by an orthogonal matrix; reflected, if its determinant is negative.
    Rotated([[f64; 3]; 3]),
    /// Other vectors of the same lattice, as sums of the given ones.
    Rebased([[i32; 3]; 3]),
    /// The cell that these sums of lattice vectors span.
    Repeated([[i32; 3]; 3]),
}

impl Change {
    /// A change of this kind that suits the crystal, drawn with a number.
    pub fn draw(kind: ChangeKind, crystal: &Crystal, seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        match kind {
            ChangeKind::Permutation if dice.chance(0.3) => Self::Reversed,
            ChangeKind::Permutation => Self::Shuffled(dice.number()),
            ChangeKind::Translation if dice.chance(0.15) => Self::OtherImages(dice.number()),
            ChangeKind::Translation => Self::Translated { by: shift(dice, crystal), wrapped: dice.chance(0.75) },
            ChangeKind::Rotation => Self::Rotated(turn(dice)),
            ChangeKind::Reflection => Self::Rotated(turn(dice).map(|row| row.map(|x| -x))),
            ChangeKind::Basis => Self::Rebased(basis(dice, crystal)),
            ChangeKind::Supercell => Self::Repeated(cells(dice, crystal)),
        }
    }

    /// The crystal written in the other way, and for every site of it the site of the original that it is.
    ///
    /// # Errors
    ///
    /// Those of the method of [`Crystal`] that makes the change.
    pub fn apply(&self, crystal: &Crystal) -> Result<(Crystal, Vec<usize>), CrystalError> {
        let same = || (0..crystal.num_sites()).collect::<Vec<_>>();
        let permuted = |order: Vec<usize>, occupants: &dyn Fn(&Species) -> Species| {
            let permuted = crystal.permuted(&order)?;
            let permuted = permuted.map_sites(|s| Site { species: occupants(&s.species), position: s.position })?;
            Ok((permuted, order))
        };
        match self {
            Self::Reversed => permuted(same().into_iter().rev().collect(), &|s| reordered(s, |o| o.reverse())),
            Self::Shuffled(seed) => {
                let mut order = same();
                Dice::new(*seed).shuffle(&mut order);
                permuted(order, &|s| reordered(s, |o| Dice::new(*seed).shuffle(o)))
            }
            Self::Translated { by, wrapped } => {
                let moved = crystal.translated(*by)?;
                Ok((if *wrapped { moved.wrapped() } else { moved }, same()))
            }
            Self::OtherImages(seed) => {
                let mut dice = Dice::new(*seed);
                let moved = crystal.map_sites(|site| {
                    let image = [(); 3].map(|()| f64::from(dice.within(-3, 3)));
                    let periodic = crystal.periodic();
                    let x = [0, 1, 2].map(|k| site.position.0[k] + if periodic[k] { image[k] } else { 0.0 });
                    Site { position: Frac(x), ..site.clone() }
                });
                Ok((moved?, same()))
            }
            Self::Rotated(q) => Ok((crystal.rotated(*q)?, same())),
            Self::Rebased(rows) => Ok((crystal.with_basis(*rows)?, same())),
            Self::Repeated(rows) => {
                let repeated = crystal.supercell(*rows)?;
                let copies = repeated.num_sites() / crystal.num_sites();
                let origin = (0..repeated.num_sites()).map(|site| site / copies).collect();
                Ok((repeated, origin))
            }
        }
    }

    /// A tree that shrinks the change to others of its kind that apply to the crystal.
    pub fn shrinking(self, crystal: &Crystal) -> GreedyTree<Self> {
        let (kind, crystal) = (self.kind(), crystal.clone());
        GreedyTree::new(self, Arc::new(move |change| change.kind() == kind && change.apply(&crystal).is_ok()))
    }

    /// What kind of change it is.
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Reversed | Self::Shuffled(_) => ChangeKind::Permutation,
            Self::Translated { .. } | Self::OtherImages(_) => ChangeKind::Translation,
            Self::Rotated([a, b, c]) => {
                let cross = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]];
                let proper = a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2] > 0.0;
                if proper { ChangeKind::Rotation } else { ChangeKind::Reflection }
            }
            Self::Rebased(_) => ChangeKind::Basis,
            Self::Repeated(_) => ChangeKind::Supercell,
        }
    }
}

/// The change as a call that makes it.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reversed => f.write_str("Change::Reversed"),
            Self::Shuffled(seed) => write!(f, "Change::Shuffled({seed})"),
            Self::Translated { by, wrapped } => {
                write!(f, ".translated({by:?})?{}", if *wrapped { ".wrapped()" } else { "" })
            }
            Self::OtherImages(seed) => write!(f, "Change::OtherImages({seed})"),
            Self::Rotated(q) => write!(f, ".rotated({q:?})?"),
            Self::Rebased(rows) => write!(f, ".with_basis({rows:?})?"),
            Self::Repeated(rows) => write!(f, ".supercell({rows:?})?"),
        }
    }
}

impl Simplify for Change {
    fn complexity(&self) -> u64 {
        match self {
            Self::Reversed => 0,
            Self::Rebased(rows) | Self::Repeated(rows) => {
                let unit = |k: usize| i32::from(k.is_multiple_of(4));
                let off = rows.as_flattened().iter().enumerate().map(|(k, n)| u64::from((n - unit(k)).unsigned_abs()));
                off.sum::<u64>() * 10 + crate::crystal_determinant(*rows).unsigned_abs() as u64
            }
            other => format!("{other}").len() as u64,
        }
    }

    fn num_changes(&self) -> usize {
        14
    }

    fn changed(&self, change: usize) -> Option<Self> {
        let elementary = |k: usize| {
            let mut rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
            match k {
                0..=2 => rows.swap(k, (k + 1) % 3),
                3..=5 => rows[k - 3][(k - 2) % 3] = 1,
                6..=8 => rows[k - 6][(k - 4) % 3] = 1,
                _ => rows = [[-1, 0, 0], [0, -1, 0], [0, 0, -1]],
            }
            rows
        };
        let (s, c) = (0.5, 3.0_f64.sqrt() / 2.0);
        let turns = [
            [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
            [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
            [[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]],
            [[1.0, 0.0, 0.0], [0.0, 0.6, -0.8], [0.0, 0.8, 0.6]],
            [[0.6, 0.0, -0.8], [0.0, 1.0, 0.0], [0.8, 0.0, 0.6]],
            [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]],
        ];
        match *self {
            Self::Reversed => None,
            Self::Shuffled(_) => Some(if change == 0 { Self::Reversed } else { Self::Shuffled(change as u64) }),
            Self::OtherImages(_) => Some(Self::OtherImages(change as u64)),
            Self::Translated { by, wrapped } => Some(match change {
                0..=2 => Self::Translated { by: [0, 1, 2].map(|k| if k == change { 0.0 } else { by[k] }), wrapped },
                3 => Self::Translated { by: by.map(|x| (x * 4.0).round() / 4.0 + 0.0), wrapped },
                4 => Self::Translated { by: by.map(|x| (x * 10.0).round() / 10.0 + 0.0), wrapped },
                5 => Self::Translated { by: by.map(|x| (x * 100.0).round() / 100.0 + 0.0), wrapped },
                6 => Self::Translated { by, wrapped: false },
                _ => return None,
            }),
            Self::Rotated(_) => {
                let turn = *turns.get(change)?;
                let mirrored = turn.map(|row| row.map(|x| -x + 0.0));
                Some(Self::Rotated(if self.kind() == ChangeKind::Rotation { turn } else { mirrored }))
            }
            Self::Rebased(_) => (change < 10).then(|| Self::Rebased(elementary(change))),
            Self::Repeated(_) => {
                let mut rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
                *rows.get_mut(change % 3)?.get_mut(change % 3)? = 2 + (change / 3) as i32;
                Some(Self::Repeated(rows))
            }
        }
    }
}

/// A crystal written in another way.
#[derive(Clone, Debug, PartialEq)]
pub struct Redescription {
    /// The other description.
    pub crystal: Crystal,
    /// For every site of it, the site of the original that it is.
    pub origin: Vec<usize>,
    /// Which kind of description has changed.
    pub kind: ChangeKind,
    /// What has changed.
    pub change: Change,
}

/// Any other description of the same crystal: one of [`ChangeKind::SAME_CRYSTAL`].
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use s2s_crystal::strategies;
///
/// let pairs = strategies::crystal(1..=4).prop_flat_map(|c| (Just(c.clone()), strategies::redescription(&c)));
/// proptest!(|((crystal, other) in pairs)| {
///     let (here, there) = (crystal.density(), other.crystal.density());
///     prop_assert!((here - there).abs() < 1e-9 * here, "{}", other.change);
/// });
/// ```
pub fn redescription(crystal: &Crystal) -> BoxedStrategy<Redescription> {
    redescription_of(crystal, &ChangeKind::SAME_CRYSTAL)
}

/// As [`redescription`], with one of these kinds of change.
///
/// # Panics
///
/// If no kind is given.
pub fn redescription_of(crystal: &Crystal, kinds: &[ChangeKind]) -> BoxedStrategy<Redescription> {
    assert!(!kinds.is_empty(), "there must be a kind of change to choose");
    let crystal = crystal.clone();
    Changes { crystal: crystal.clone(), kinds: kinds.to_vec() }
        .prop_map(move |change| {
            let (other, origin) = change.apply(&crystal).expect("invariant: only changes that apply are drawn");
            Redescription { crystal: other, origin, kind: change.kind(), change }
        })
        .boxed()
}

#[derive(Clone, Debug)]
struct Changes {
    crystal: Crystal,
    kinds: Vec<ChangeKind>,
}

impl Strategy for Changes {
    type Tree = GreedyTree<Change>;
    type Value = Change;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = runner.rng().next_u64();
        let kind = Dice::new(seed).pick(&self.kinds);
        let mut change = Change::draw(kind, &self.crystal, seed ^ 1);
        if change.apply(&self.crystal).is_err() {
            change = Change::Translated { by: [0.25, 0.0, 0.0], wrapped: false };
        }
        Ok(change.shrinking(&self.crystal))
    }
}

fn reordered(species: &Species, order: impl Fn(&mut Vec<crate::Occupant>)) -> Species {
    let mut occupants = species.occupants().to_vec();
    order(&mut occupants);
    Species::new(occupants).unwrap_or_else(|_| species.clone())
}

/// Anywhere, by fractions of the cell, or so that an atom comes to lie on a corner or very near it.
fn shift(dice: &mut Dice, crystal: &Crystal) -> [f64; 3] {
    let hair = dice.pick(&[0.0, 0.0, 1e-13, -1e-13, 1e-10, -1e-10]);
    match dice.below(5) {
        0 | 1 => [(); 3].map(|()| dice.unit()),
        2 => [(); 3].map(|()| dice.pick(&[0.0, 0.5, 0.25, 1.0 / 3.0, -0.125, 1.0, -2.0])),
        3 => {
            let site = crystal.sites()[dice.below(crystal.num_sites())].position.0;
            site.map(|x| hair - x)
        }
        _ => [(); 3].map(|()| dice.between(-20.0, 20.0)),
    }
}

fn turn(dice: &mut Dice) -> [[f64; 3]; 3] {
    match dice.below(8) {
        0 => [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        1 => [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
        _ => dice.rotation(),
    }
}

/// A matrix of determinant 1 or −1 after which the cell is not much flatter.
fn basis(dice: &mut Dice, crystal: &Crystal) -> [[i32; 3]; 3] {
    let mut rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    for _ in 0..12 {
        let mut tried = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
        dice.shuffle(&mut tried);
        for row in &mut tried {
            let sign = dice.pick(&[1, 1, -1]);
            *row = row.map(|x| x * sign);
        }
        for _ in 0..dice.below(4) {
            let (row, other) = (dice.below(3), 1 + dice.below(2));
            let times = dice.pick(&[-2, -1, 1, 1, 2]);
            let added = tried[(row + other) % 3];
            tried[row].iter_mut().zip(added).for_each(|(x, y)| *x += times * y);
        }
        rows = tried;
        let identity = tried == [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
        let thinnest = |c: &Crystal| c.lattice().plane_spacings().into_iter().fold(f64::INFINITY, f64::min);
        let enough = MIN_THICKNESS.min(thinnest(crystal));
        if !identity && crystal.with_basis(tried).is_ok_and(|c| thinnest(&c) >= enough) {
            return tried;
        }
        rows = if identity { rows } else { [[0, 1, 0], [0, 0, 1], [1, 0, 0]] };
    }
    if rows == [[1, 0, 0], [0, 1, 0], [0, 0, 1]] { [[0, 1, 0], [0, 0, 1], [1, 0, 0]] } else { rows }
}

/// Two to eight cells, fewer of large ones, in any arrangement; now and then as many as make more than 256 atoms.
fn cells(dice: &mut Dice, crystal: &Crystal) -> [[i32; 3]; 3] {
    let sites = crystal.num_sites();
    let most = match sites {
        1..=4 if dice.chance(0.02) => return cell_of(dice, 257 / sites + 3),
        0..=12 => 8,
        13..=130 => 4,
        _ => 2,
    };
    let cells = 2 + dice.below(most - 1);
    cell_of(dice, cells)
}
