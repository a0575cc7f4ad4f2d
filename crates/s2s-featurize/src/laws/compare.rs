//! Differences between the features of two descriptions of one crystal.

use std::fmt::Display;

use ndarray::{Array1, Array2};

use crate::{AtomFeatures, Token};

/// Features that can be compared with those of another description of the same crystal.
///
/// Implemented for numbers, and for vectors and arrays of them, which describe the crystal as a whole; for rows per atom:
/// vectors of vectors or arrays, two-dimensional arrays, and [`PerAtom`]; for [`AtomFeatures`], and for pairs, triples and
/// options of all these.
pub trait Compare {
    /// How far apart they are, where site `k` of the other description is site `origin[k]` of this one.
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference;

    /// The first number that is not finite, and where it is; `None` where all are.
    fn not_finite(&self) -> Option<String>;
}

/// A distance, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Largest distance of two numbers, `|a − b| / max(1, |a|, |b|)`; infinite where shapes or integers differ, or one is not
    /// a number.
    pub distance: f64,
    /// The location and the two values, such as `number 3: 0.5 and 0.75`; empty where nothing differs.
    pub location: String,
}

impl Difference {
    /// None at all.
    pub const NONE: Self = Self { distance: 0.0, location: String::new() };

    /// What cannot be compared.
    pub fn infinite(location: impl Into<String>) -> Self {
        Self { distance: f64::INFINITY, location: location.into() }
    }

    /// The larger of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.distance > self.distance { other } else { self }
    }

    /// The same, found in this part of the whole.
    #[must_use]
    pub fn within(self, part: impl Display) -> Self {
        if self.location.is_empty() { self } else { Self { location: format!("{part}, {}", self.location), ..self } }
    }
}

/// One value for each atom, in site order.
#[derive(Clone, Debug, PartialEq)]
pub struct PerAtom<T>(pub Vec<T>);

/// A plain number.
pub trait Number: Copy + Display {
    #[doc(hidden)]
    fn apart(self, other: Self) -> f64;

    #[doc(hidden)]
    fn is_number(self) -> bool {
        true
    }
}

macro_rules! floats {
    ($($float:ty)*) => { $(
        impl Number for $float {
            fn apart(self, other: Self) -> f64 {
                let (a, b) = (f64::from(self), f64::from(other));
                if a == b || (a.is_nan() && b.is_nan()) {
                    0.0
                } else if !a.is_finite() || !b.is_finite() {
                    f64::INFINITY
                } else {
                    // Halved, so that the difference of the largest numbers is one.
                    ((a / 2.0 - b / 2.0) / (a.abs().max(b.abs()).max(1.0) / 2.0)).abs()
                }
            }

            fn is_number(self) -> bool {
                self.is_finite()
            }
        }
    )* };
}

macro_rules! integers {
    ($($integer:ty)*) => { $(
        impl Number for $integer {
            fn apart(self, other: Self) -> f64 {
                if self == other { 0.0 } else { f64::INFINITY }
            }
        }
    )* };
}

floats!(f32 f64);
integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize bool char);

impl<T: Number> Compare for T {
    fn difference(&self, other: &Self, _: &[usize]) -> Difference {
        match self.apart(*other) {
            0.0 => Difference::NONE,
            distance => Difference { distance, location: format!("{self} and {other}") },
        }
    }

    fn not_finite(&self) -> Option<String> {
        (!self.is_number()).then(|| self.to_string())
    }
}

/// Of numbers one by one.
fn of_numbers<T: Number>(here: &[T], there: &[T]) -> Difference {
    if here.len() != there.len() {
        return Difference::infinite(format!("{} numbers and {}", here.len(), there.len()));
    }
    let mut worst = (0.0, 0);
    for (k, (a, b)) in here.iter().zip(there).enumerate() {
        let distance = a.apart(*b);
        if distance > worst.0 {
            worst = (distance, k);
        }
    }
    match worst {
        (0.0, _) => Difference::NONE,
        (distance, k) => Difference { distance, location: format!("number {k}: {} and {}", here[k], there[k]) },
    }
}

fn first_not_finite<T: Number>(numbers: &[T]) -> Option<String> {
    let k = numbers.iter().position(|x| !x.is_number())?;
    Some(format!("number {k}: {}", numbers[k]))
}

/// Of one row per atom.
fn of_rows<'a, T: Number + 'a>(
    here: impl ExactSizeIterator<Item = &'a [T]>,
    there: impl ExactSizeIterator<Item = &'a [T]>,
    origin: &[usize],
) -> Difference {
    let here: Vec<&[T]> = here.collect();
    if there.len() != origin.len() {
        return Difference::infinite(format!("{} rows for {} sites", there.len(), origin.len()));
    }
    let mut worst = Difference::NONE;
    for (k, (row, &site)) in there.zip(origin).enumerate() {
        let Some(own) = here.get(site) else {
            return Difference::infinite(format!("no row for site {site}, of {} rows", here.len()));
        };
        let difference = of_numbers(own, row);
        if difference.distance > worst.distance {
            worst = difference.within(atoms(site, k));
        }
    }
    worst
}

fn atoms(here: usize, there: usize) -> String {
    if here == there { format!("atom {here}") } else { format!("atom {here} (atom {there} in the other)") }
}

fn first_not_finite_row<'a, T: Number + 'a>(rows: impl Iterator<Item = &'a [T]>) -> Option<String> {
    rows.enumerate().find_map(|(atom, row)| Some(format!("atom {atom}, {}", first_not_finite(row)?)))
}

macro_rules! vectors {
    ($([$($generics:tt)*] $vector:ty, |$this:ident| $slice:expr;)*) => { $(
        impl<$($generics)*> Compare for $vector {
            fn difference(&self, other: &Self, _: &[usize]) -> Difference {
                let slice = |$this: &Self| $slice;
                of_numbers(&slice(self), &slice(other))
            }

            fn not_finite(&self) -> Option<String> {
                let $this = self;
                first_not_finite(&$slice)
            }
        }
    )* };
}

vectors! {
    [T: Number] Vec<T>, |this| this.clone();
    [T: Number, const N: usize] [T; N], |this| this.to_vec();
    [T: Number] Box<[T]>, |this| this.to_vec();
    [T: Number] Array1<T>, |this| this.to_vec();
}

macro_rules! rows {
    ($([$($generics:tt)*] $rows:ty, |$this:ident| $iterator:expr;)*) => { $(
        impl<$($generics)*> Compare for $rows {
            fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
                let here = { let $this = self; $iterator };
                let there = { let $this = other; $iterator };
                of_rows(here, there, origin)
            }

            fn not_finite(&self) -> Option<String> {
                let $this = self;
                first_not_finite_row($iterator)
            }
        }
    )* };
}

rows! {
    [T: Number] Vec<Vec<T>>, |this| this.iter().map(Vec::as_slice);
    [T: Number, const N: usize] Vec<[T; N]>, |this| this.iter().map(<[T; N]>::as_slice);
    [T: Number] PerAtom<T>, |this| this.0.iter().map(std::slice::from_ref);
}

/// One row per atom.
impl<T: Number> Compare for Array2<T> {
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
        let rows = |array: &Self| array.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
        rows(self).difference(&rows(other), origin)
    }

    fn not_finite(&self) -> Option<String> {
        self.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>().not_finite()
    }
}

impl<T: Compare> Compare for Option<T> {
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
        match (self, other) {
            (Some(here), Some(there)) => here.difference(there, origin),
            (None, None) => Difference::NONE,
            (Some(_), None) => Difference::infinite("something and nothing"),
            (None, Some(_)) => Difference::infinite("nothing and something"),
        }
    }

    fn not_finite(&self) -> Option<String> {
        self.as_ref()?.not_finite()
    }
}

impl<A: Compare, B: Compare> Compare for (A, B) {
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
        let first = self.0.difference(&other.0, origin).within("first part");
        first.or(self.1.difference(&other.1, origin).within("second part"))
    }

    fn not_finite(&self) -> Option<String> {
        self.0.not_finite().or_else(|| self.1.not_finite())
    }
}

impl<A: Compare, B: Compare, C: Compare> Compare for (A, B, C) {
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
        let first = self.0.difference(&other.0, origin).within("first part");
        let second = self.1.difference(&other.1, origin).within("second part");
        first.or(second).or(self.2.difference(&other.2, origin).within("third part"))
    }

    fn not_finite(&self) -> Option<String> {
        self.0.not_finite().or_else(|| self.1.not_finite()).or_else(|| self.2.not_finite())
    }
}

/// Tokens, weights, centroid distances and lattice as they are; rows of neighbors as sets of pairs of atom and distance.
impl Compare for AtomFeatures {
    fn difference(&self, other: &Self, origin: &[usize]) -> Difference {
        let Some(origin) = origin_of_atoms(self, other, origin) else {
            return Difference::infinite("other elements on the atoms of a site".to_owned());
        };
        let origin = origin.as_slice();
        let tokens = |features: &Self| PerAtom(features.tokens.iter().map(|Token(token)| *token).collect());
        let centroid = |features: &Self| PerAtom(features.centroid_distances.clone());
        let difference = tokens(self).difference(&tokens(other), origin).within("token");
        let difference = difference.or(centroid(self).difference(&centroid(other), origin).within("centroid distance"));
        let weights = |features: &Self| PerAtom((0..features.num_atoms()).map(|atom| features.weight(atom)).collect());
        let difference = difference.or(weights(self).difference(&weights(other), origin).within("weight"));
        let mut worst = difference.or(of_numbers(&self.lattice, &other.lattice).within("lattice"));
        let known = |features: &Self| features.globals.iter().map(Option::is_some).collect::<Vec<_>>();
        if known(self) != known(other) {
            return Difference::infinite("other descriptors are missing".to_owned());
        }
        let columns = |features: &Self| features.columns.chunks(features.num_columns()).map(<[f32]>::to_vec).collect();
        match (self.num_columns(), other.num_columns()) {
            (0, 0) => {}
            (here, there) if here != there => return Difference::infinite(format!("{here} columns and {there}")),
            _ => {
                let (here, there): (Vec<_>, Vec<_>) = (columns(self), columns(other));
                worst = worst.or(here.difference(&there, origin).within("columns"));
            }
        }
        let values = |features: &Self| features.globals.iter().copied().flatten().collect::<Vec<f32>>();
        worst = worst.or(of_numbers(&values(self), &values(other)).within("descriptors"));
        if other.num_atoms() != origin.len() {
            return worst;
        }
        for (k, &site) in origin.iter().enumerate() {
            if site >= self.num_atoms() {
                return Difference::infinite(format!("no row for site {site}"));
            }
            let here = sorted(self.neighbors(site).collect());
            let there = sorted(other.neighbors(k).map(|(j, d)| (origin[j], d)).collect());
            let difference = of_neighbors(&here, &there);
            let angles = of_numbers(&angles(self, site), &angles(other, k)).within("angles between neighbors");
            let difference = difference.or(angles);
            if difference.distance > worst.distance {
                worst = difference.within(atoms(site, k));
            }
        }
        worst
    }

    fn not_finite(&self) -> Option<String> {
        let vectors = self.neighbor_vectors.as_flattened();
        let parts = [&self.centroid_distances, &self.neighbor_distances, &self.lattice, &self.columns, &self.weights];
        let parts = parts.into_iter().map(Vec::as_slice).chain([vectors]);
        let names = ["centroid distance", "neighbor distance", "lattice", "columns", "weight", "neighbor vector"];
        let found = parts.zip(names).find_map(|(part, name)| Some(format!("{name}, {}", first_not_finite(part)?)));
        let globals: Vec<f32> = self.globals.iter().copied().flatten().collect();
        found.or_else(|| Some(format!("descriptors, {}", first_not_finite(&globals)?)))
    }
}

/// Which atom of `here` each atom of `there` is, from the same of their sites: that of the same element on the same site; `None`
/// where there is none.
fn origin_of_atoms(here: &AtomFeatures, there: &AtomFeatures, origin: &[usize]) -> Option<Vec<usize>> {
    if here.sites.is_empty() && there.sites.is_empty() {
        return Some(origin.to_vec());
    }
    let site = |features: &AtomFeatures, atom: usize| features.sites.get(atom).map_or(atom, |site| *site as usize);
    let same = |k: usize| {
        let wanted = *origin.get(site(there, k))?;
        (0..here.num_atoms()).find(|atom| site(here, *atom) == wanted && here.tokens[*atom] == there.tokens[k])
    };
    (0..there.num_atoms()).map(same).collect()
}

/// What rotations leave of the vectors to an atom's neighbors: means of the cosine between two of them and of its square.
fn angles(features: &AtomFeatures, atom: usize) -> Vec<f32> {
    let row = features.neighbor_offsets[atom] as usize..features.neighbor_offsets[atom + 1] as usize;
    let vectors = features.neighbor_vectors.get(row).unwrap_or_default();
    let directions: Vec<[f64; 3]> = vectors
        .iter()
        .map(|vector| vector.map(f64::from))
        .map(|vector| (vector, vector.iter().map(|x| x * x).sum::<f64>().sqrt()))
        // Atoms at one position have no direction.
        .filter(|(_, length)| *length > 1e-3)
        .map(|(vector, length)| vector.map(|x| x / length))
        .collect();
    if directions.is_empty() {
        return Vec::new();
    }
    let cosines = directions.iter().flat_map(|a| directions.iter().map(|b| (0..3).map(|k| a[k] * b[k]).sum::<f64>()));
    let (sum, squares) = cosines.fold((0.0, 0.0), |(sum, squares), cosine| (sum + cosine, squares + cosine * cosine));
    let pairs = (directions.len() * directions.len()) as f64;
    vec![(sum / pairs) as f32, (squares / pairs) as f32]
}

fn sorted(mut row: Vec<(usize, f32)>) -> Vec<(usize, f32)> {
    row.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    row
}

fn of_neighbors(here: &[(usize, f32)], there: &[(usize, f32)]) -> Difference {
    if here.len() != there.len() {
        return Difference::infinite(format!("{} neighbors and {}", here.len(), there.len()));
    }
    let mut worst = Difference::NONE;
    for (a, b) in here.iter().zip(there) {
        if a.0 != b.0 {
            return Difference::infinite(format!("neighbors {} and {}, {} and {} Å away", a.0, b.0, a.1, b.1));
        }
        let distance = a.1.apart(b.1);
        if distance > worst.distance {
            worst = Difference { distance, location: format!("distance to neighbor {}: {} and {}", a.0, a.1, b.1) };
        }
    }
    worst
}
