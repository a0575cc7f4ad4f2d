//! The crystals on which a law is checked.

use std::fmt;
use std::sync::Arc;

use s2s_crystal::{
    Crystal, Element, Occupant, Site, Species,
    strategies::{self, CrystalStrategy, hard_crystals},
};

/// Checks of each law, unless `PROPTEST_CASES` or the caller says otherwise.
const CASES: usize = 256;

/// The crystals that laws are checked on: crystals of one's own, those chosen by hand, then generated ones.
#[derive(Clone)]
pub struct Cases {
    own: Vec<Crystal>,
    elements: Option<Vec<Element>>,
    most_sites: usize,
    count: usize,
    seed: u64,
    except: Option<Exception>,
}

/// How many cases of a law are checked by default.
pub(super) fn usual() -> usize {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

type Exception = Arc<dyn Fn(&Crystal) -> bool + Send + Sync>;

impl fmt::Debug for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cases")
            .field("own", &self.own.len())
            .field("elements", &self.elements)
            .field("most_sites", &self.most_sites)
            .field("count", &self.count)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl Default for Cases {
    fn default() -> Self {
        Self::new()
    }
}

impl Cases {
    /// 256 crystals (or as many as the environment variable `PROPTEST_CASES` says) of any element, the same on every run.
    pub fn new() -> Self {
        Self { own: Vec::new(), elements: None, most_sites: usize::MAX, count: usual(), seed: 0, except: None }
    }

    /// Only these elements, for featurizers that know no others.
    ///
    /// # Panics
    ///
    /// If there are none.
    #[must_use]
    pub fn of(self, elements: impl IntoIterator<Item = Element>) -> Self {
        let elements: Vec<Element> = elements.into_iter().collect();
        assert!(!elements.is_empty(), "a crystal needs at least one element");
        Self { elements: Some(elements), ..self }
    }

    /// Crystals of at most this many sites, for featurizers that are slow.
    ///
    /// # Panics
    ///
    /// If that is none.
    #[must_use]
    pub fn sites_up_to(self, most: usize) -> Self {
        assert!(most > 0, "a crystal needs at least one site");
        Self { most_sites: most, ..self }
    }

    /// This many crystals.
    #[must_use]
    pub fn count(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// Other generated crystals.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// These crystals too, before all others; they do not count among the [`count`](Self::count).
    #[must_use]
    pub fn and(mut self, crystals: impl IntoIterator<Item = Crystal>) -> Self {
        self.own.extend(crystals);
        self
    }

    /// None of which this is true: exceptions that the featurizer's documentation names.
    #[must_use]
    pub fn except(self, exception: impl Fn(&Crystal) -> bool + Send + Sync + 'static) -> Self {
        Self { except: Some(Arc::new(exception)), ..self }
    }

    /// How many crystals have to be accepted.
    pub(super) fn wanted(&self) -> usize {
        self.count + self.own.len()
    }

    pub(super) fn allows(&self, crystal: &Crystal) -> bool {
        crystal.num_sites() <= self.most_sites && !self.except.as_ref().is_some_and(|except| except(crystal))
    }

    /// These first, then all of them without end, each with the strategy that shrinks it and a number for whatever is drawn with it.
    pub(super) fn crystals(
        &self,
        stream: u64,
        first: Vec<Crystal>,
    ) -> impl Iterator<Item = (Crystal, CrystalStrategy, u64)> + '_ {
        let any = self.strategies();
        let plain = any[0].1.clone();
        let own = first.into_iter().chain(self.own.iter().cloned());
        let fixed = own.chain(hard_crystals().into_iter().map(|crystal| self.recolored(crystal)));
        let fixed: Vec<_> = fixed.map(|crystal| (crystal, plain.clone())).collect();
        let seed = mixed(self.seed ^ mixed(stream));
        let generated = (0_u64..).map(move |case| {
            let number = mixed(seed.wrapping_add(case));
            let mut share = number % 100;
            let chosen = any.iter().find(|(weight, _)| {
                let here = share < *weight;
                share = share.saturating_sub(*weight);
                here
            });
            let strategy = &chosen.expect("invariant: weights add up to a hundred").1;
            (strategy.generate(mixed(number)), strategy.clone())
        });
        let all = fixed.into_iter().chain(generated);
        all.enumerate()
            .map(move |(case, (crystal, strategy))| (crystal, strategy, mixed(seed ^ mixed(case as u64 + 1))))
    }

    /// What is generated, with weights in percent.
    fn strategies(&self) -> Vec<(u64, CrystalStrategy)> {
        let of = |strategy: CrystalStrategy| match &self.elements {
            Some(elements) => strategy.of(elements.iter().copied()),
            None => strategy,
        };
        let up_to = |sites: usize| 1..=sites.min(self.most_sites);
        let many = 40.min(self.most_sites)..=110.min(self.most_sites);
        vec![
            (50, of(strategies::crystal(up_to(8)))),
            (12, of(strategies::crystal(up_to(24)))),
            (12, of(strategies::symmetric_crystal(up_to(16)))),
            (8, of(strategies::repeated_crystal(up_to(16)))),
            (15, of(strategies::disordered_crystal(up_to(6)))),
            (3, of(strategies::crystal(many))),
        ]
    }

    /// A fixed crystal with other elements in place of those that are not allowed; unlike ones stay unlike, if they can.
    pub(super) fn recolored(&self, crystal: Crystal) -> Crystal {
        let Some(elements) = &self.elements else { return crystal };
        let mut own: Vec<Element> = crystal.composition().elements().collect();
        own.sort_by_key(|element| !elements.contains(element));
        let color = |element: Element| {
            let index = own.iter().position(|known| *known == element).unwrap_or_default();
            if elements.contains(&element) { element } else { elements[index % elements.len()] }
        };
        let recolored = crystal.map_sites(|site| {
            let mut occupants: Vec<Occupant> = Vec::new();
            for occupant in site.species.occupants() {
                let element = color(occupant.element);
                match occupants.iter_mut().find(|known| known.element == element) {
                    Some(known) => known.occupancy = (known.occupancy + occupant.occupancy).min(1.0),
                    None => occupants.push(Occupant { element, ..*occupant }),
                }
            }
            let species = Species::new(occupants).unwrap_or_else(|_| site.species.clone());
            Site { species, ..site.clone() }
        });
        recolored.unwrap_or(crystal)
    }
}

/// A number that has nothing to do with the next one (SplitMix64's finalizer).
pub(super) fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
