//! Checking one law of one featurizer.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    thread,
};

use proptest::strategy::ValueTree;
use s2s_crystal::{
    Crystal,
    strategies::{Change, ChangeKind, CrystalStrategy},
};

use super::{Cases, Compare, Violation, cases::mixed, jumps::at_jumps};
use crate::Featurizer;

/// What a featurizer can be held to; see the [table](crate::laws).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// Every number is finite; a crystal may be refused with an error, never with a panic.
    Finite,
    /// The same crystal gives the same features, bit for bit.
    Deterministic,
    /// The order of sites and occupants does not matter.
    Permutation,
    /// The origin does not matter, nor which image of an atom is listed.
    Translation,
    /// The orientation does not matter.
    Rotation,
    /// Neither do left and right.
    Reflection,
    /// The choice of lattice vectors does not matter.
    Basis,
    /// The number of primitive cells that are written as one does not matter.
    Supercell,
}

impl Law {
    /// All but [`Reflection`](Self::Reflection).
    pub const SEVEN: [Self; 7] = [
        Self::Finite,
        Self::Deterministic,
        Self::Permutation,
        Self::Translation,
        Self::Rotation,
        Self::Basis,
        Self::Supercell,
    ];

    fn change(self) -> Option<ChangeKind> {
        match self {
            Self::Finite | Self::Deterministic => None,
            Self::Permutation => Some(ChangeKind::Permutation),
            Self::Translation => Some(ChangeKind::Translation),
            Self::Rotation => Some(ChangeKind::Rotation),
            Self::Reflection => Some(ChangeKind::Reflection),
            Self::Basis => Some(ChangeKind::Basis),
            Self::Supercell => Some(ChangeKind::Supercell),
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change() {
            Some(kind) => kind.fmt(f),
            None if *self == Self::Finite => f.write_str("finite"),
            None => f.write_str("deterministic"),
        }
    }
}

/// Descriptions that every crystal is compared with.
const CHANGES: u64 = 3;

/// Crystals that are looked at, as a multiple of those that have to be accepted.
const PATIENCE: usize = 6;

/// Evaluations that shrinking takes at most.
const SHRINKING: usize = 600;

/// Checks one law on the cases, stopping at the first that breaks it; the number of crystals that the featurizer accepted.
///
/// `make` gives a fresh featurizer: the law `deterministic` compares them.
///
/// # Errors
///
/// The [`Violation`] with the simplest crystal that was found, or one that says that too many crystals were refused.
pub fn check<F>(law: Law, make: impl Fn() -> F, tolerance: f64, cases: &Cases) -> Result<usize, Violation>
where
    F: Featurizer,
    F::Features: Compare,
{
    checked(law, &make(), &|ask| ask(&make()), tolerance, cases)
}

/// A featurizer whose own type does not matter.
type Subject<'a, T> = &'a dyn Featurizer<Features = T>;

/// Makes a fresh featurizer and shows it to the function.
type WithFresh<'a, T> = &'a dyn Fn(&mut dyn FnMut(Subject<'_, T>));

/// [`check`] without the type of the featurizer, so that it is compiled once for each type of features and not for each test.
fn checked<T: Compare + Send>(
    law: Law,
    featurizer: Subject<'_, T>,
    with_fresh: WithFresh<'_, T>,
    tolerance: f64,
    cases: &Cases,
) -> Result<usize, Violation> {
    let (mut accepted, mut seen, mut refusal) = (0, 0, None);
    // Whether a distance is beyond a threshold changes with the orientation where rounding decides.
    let jumps = if law == Law::Rotation {
        at_jumps(featurizer, tolerance, |crystal| {
            Some(cases.recolored(crystal)).filter(|crystal| cases.allows(crystal))
        })
    } else {
        Vec::new()
    };
    let wanted = cases.wanted() + jumps.len();
    for (crystal, strategy, seed) in cases.crystals(law as u64, jumps) {
        if accepted >= wanted || seen >= PATIENCE * wanted {
            break;
        }
        if !cases.allows(&crystal) {
            continue;
        }
        seen += 1;
        let test = Test { law, featurizer, with_fresh, tolerance };
        let changes = test.changes(&crystal, seed);
        let (mut answer, mut here) = (Answer::Refused(String::new()), None);
        for change in changes.into_iter().map(Some).chain(law.change().is_none().then_some(None)) {
            answer = test.run(&crystal, change.as_ref(), &mut here);
            match answer {
                Answer::Broken(what) => return Err(test.shrunk(seen, crystal, change, what, &strategy, cases)),
                Answer::Refused(_) => break,
                Answer::Holds => {}
            }
        }
        match answer {
            Answer::Refused(why) => refusal = refusal.or(Some(why)),
            _ => accepted += 1,
        }
    }
    // A featurizer that refuses everything obeys every law.
    if 4 * accepted < wanted {
        let why = refusal.unwrap_or_else(|| "all are exceptions".to_owned());
        let what =
            format!("only {accepted} of {seen} crystals were accepted, which proves nothing; the first refusal: {why}");
        return Err(Violation { law: law.to_string(), case: None, what, crystal: None, change: None });
    }
    Ok(accepted)
}

struct Test<'a, T> {
    law: Law,
    featurizer: Subject<'a, T>,
    with_fresh: WithFresh<'a, T>,
    tolerance: f64,
}

enum Answer {
    Holds,
    Broken(String),
    Refused(String),
}

impl<T: Compare + Send> Test<'_, T> {
    /// The descriptions to compare with; for laws about one description, others in which it is to hold too.
    fn changes(&self, crystal: &Crystal, seed: u64) -> Vec<Change> {
        let draw = |k: u64| {
            let kind = self.law.change().unwrap_or_else(|| {
                let kinds = ChangeKind::SAME_CRYSTAL;
                kinds[(mixed(seed ^ k) % kinds.len() as u64) as usize]
            });
            Change::draw(kind, crystal, mixed(seed.wrapping_add(k)))
        };
        (0..if self.law == Law::Deterministic { 0 } else { CHANGES }).map(draw).collect()
    }

    /// Whether the law holds; `here` keeps the features of the crystal from one change to the next.
    fn run(&self, crystal: &Crystal, change: Option<&Change>, here: &mut Option<T>) -> Answer {
        match self.law {
            Law::Finite => self.is_finite(crystal, change),
            Law::Deterministic => self.is_deterministic(crystal),
            _ => self.is_invariant(crystal, change, here),
        }
    }

    fn is_finite(&self, crystal: &Crystal, change: Option<&Change>) -> Answer {
        let other = change.and_then(|change| change.apply(crystal).ok());
        match quietly(|| self.featurizer.featurize(other.as_ref().map_or(crystal, |(other, _)| other))) {
            Err(panicked) => Answer::Broken(panicked),
            Ok(Err(refusal)) => Answer::Refused(refusal.to_string()),
            Ok(Ok(features)) => features.not_finite().map_or(Answer::Holds, Answer::Broken),
        }
    }

    fn is_deterministic(&self, crystal: &Crystal) -> Answer {
        let first = match quietly(|| self.featurizer.featurize(crystal)) {
            Err(panicked) => return Answer::Broken(panicked),
            Ok(Err(refusal)) => return Answer::Refused(refusal.to_string()),
            Ok(Ok(features)) => features,
        };
        let elsewhere = || {
            thread::scope(|scope| {
                let other = scope.spawn(|| quietly(|| self.featurizer.featurize(crystal)));
                other.join().unwrap_or_else(|payload| Err(message(&*payload)))
            })
        };
        let again = || quietly(|| self.featurizer.featurize(crystal));
        let fresh = || {
            let mut features = None;
            let made = quietly(|| (self.with_fresh)(&mut |fresh| features = Some(fresh.featurize(crystal))));
            made.map(|()| features.expect("invariant: a fresh featurizer is asked"))
        };
        let repetitions: [(&str, &dyn Fn() -> _); 6] = [
            ("again", &again),
            ("by a fresh featurizer", &fresh),
            ("from another thread", &elsewhere),
            ("again", &again),
            ("again", &again),
            ("by a fresh featurizer", &fresh),
        ];
        let origin: Vec<usize> = (0..crystal.num_sites()).collect();
        for (how, repetition) in repetitions {
            match repetition() {
                Err(panicked) => return Answer::Broken(format!("{how}: {panicked}")),
                Ok(Err(refusal)) => return Answer::Broken(format!("{how}: refused, {refusal}")),
                Ok(Ok(second)) => {
                    let difference = first.difference(&second, &origin);
                    if difference.distance > 0.0 {
                        return Answer::Broken(format!("featurized {how}: {}", difference.location));
                    }
                }
            }
        }
        Answer::Holds
    }

    fn is_invariant(&self, crystal: &Crystal, change: Option<&Change>, here: &mut Option<T>) -> Answer {
        let Some((other, origin)) = change.and_then(|change| change.apply(crystal).ok()) else { return Answer::Holds };
        let features = match here.take() {
            Some(features) => features,
            None => match quietly(|| self.featurizer.featurize(crystal)) {
                Err(panicked) => return Answer::Broken(panicked),
                Ok(Err(refusal)) => return Answer::Refused(refusal.to_string()),
                Ok(Ok(features)) => features,
            },
        };
        let here = &*here.insert(features);
        match quietly(|| self.featurizer.featurize(&other)) {
            Err(panicked) => Answer::Broken(format!("the other description: {panicked}")),
            Ok(Err(refusal)) => Answer::Broken(format!("the other description is refused: {refusal}")),
            Ok(Ok(there)) => {
                let difference = here.difference(&there, &origin);
                // Written so that a distance that is not a number breaks the law.
                let within = difference.distance <= self.tolerance;
                if within {
                    Answer::Holds
                } else {
                    Answer::Broken(format!("{} ({:.1e} apart)", difference.location, difference.distance))
                }
            }
        }
    }

    /// The violation with the crystal and the change made as simple as they can be.
    fn shrunk(
        &self,
        case: usize,
        crystal: Crystal,
        change: Option<Change>,
        what: String,
        strategy: &CrystalStrategy,
        cases: &Cases,
    ) -> Violation {
        let (mut crystal, mut change, mut what) = (crystal, change, what);
        let mut left = SHRINKING;
        for _ in 0..2 {
            let mut test = |crystal: &Crystal, change: Option<&Change>| {
                if left == 0 || !cases.allows(crystal) {
                    return None;
                }
                left -= 1;
                match self.run(crystal, change, &mut None) {
                    Answer::Broken(what) => Some(what),
                    Answer::Holds | Answer::Refused(_) => None,
                }
            };
            let tree = strategy.shrinking(crystal.clone());
            if let Some((simpler, why)) = simplest(tree, |crystal| test(crystal, change.as_ref())) {
                (crystal, what) = (simpler, why);
            }
            if let Some(drawn) = change
                && let Some((simpler, why)) = simplest(drawn.shrinking(&crystal), |change| test(&crystal, Some(change)))
            {
                (change, what) = (Some(simpler), why);
            }
        }
        Violation { law: self.law.to_string(), case: Some(case), what, crystal: Some(crystal), change }
    }
}

/// The last value of the tree on which the test fails, and how it fails; `None` if no simpler one does.
fn simplest<T: ValueTree>(
    mut tree: T,
    mut failure: impl FnMut(&T::Value) -> Option<String>,
) -> Option<(T::Value, String)> {
    let mut found = None;
    let mut more = tree.simplify();
    while more {
        let value = tree.current();
        more = match failure(&value) {
            Some(what) => {
                found = Some((value, what));
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    found
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The answer, or the message of the panic, which is not printed: a law is broken by it like by a wrong number.
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result.map_err(|payload| message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
