//! Featurizers whose answer depends on more than the crystal.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use s2s_crystal::{Crystal, Element};
use s2s_featurize::Featurizer;

use super::{Answer, Features, number};

pub(super) const NAMES: [&str; 6] = [
    "counter",
    "memory of the largest",
    "answers by number of sites",
    "sums over a hash map",
    "number of the thread",
    "first element of a hash set",
];

#[derive(Debug)]
pub(super) struct Stateful {
    name: &'static str,
    calls: AtomicU64,
    largest: Mutex<f64>,
    answers: Mutex<HashMap<usize, Features>>,
}

pub(super) fn make(name: &'static str) -> Stateful {
    Stateful { name, calls: AtomicU64::new(0), largest: Mutex::new(0.0), answers: Mutex::default() }
}

impl Featurizer for Stateful {
    type Features = Features;

    fn featurize(&self, crystal: &Crystal) -> Answer {
        let density = crystal.density();
        match self.name {
            "counter" => {
                let calls = self.calls.fetch_add(1, Ordering::Relaxed);
                number(density + if calls % 50 == 49 { 1e-9 } else { 0.0 })
            }
            "memory of the largest" => {
                let mut largest = self.largest.lock().expect("no thread has panicked");
                *largest = largest.max(density);
                number(density / *largest)
            }
            "answers by number of sites" => {
                let mut answers = self.answers.lock().expect("no thread has panicked");
                Ok(answers.entry(crystal.num_sites()).or_insert_with(|| (vec![density], None)).clone())
            }
            "sums over a hash map" => {
                let mut amounts: HashMap<Element, f64> = HashMap::new();
                for occupant in crystal.sites().iter().flat_map(|s| s.species.occupants()) {
                    *amounts.entry(occupant.element).or_default() += occupant.occupancy * occupant.element.mass();
                }
                number(amounts.values().map(|x| x / 3.0).sum::<f64>() / amounts.values().sum::<f64>())
            }
            "number of the thread" => {
                let mut hasher = DefaultHasher::new();
                thread::current().id().hash(&mut hasher);
                number(density + (hasher.finish() % 7) as f64)
            }
            _ => {
                let elements: HashSet<Element> = crystal.composition().elements().collect();
                number(elements.into_iter().next().map_or(0.0, |e| f64::from(e.atomic_number())))
            }
        }
    }
}
