//! A cache of features on disk, shared by processes.

mod codec;
mod segment;

use std::{
    collections::{HashMap, hash_map::Entry},
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use s2s_crystal::Crystal;
use sha2::{Digest, Sha256};
use thiserror::Error;

use self::segment::{EntryLocation, Segment};
use crate::{FeaturizeError, Featurizer};

pub use self::codec::CacheCodec;

/// A featurizer with a key that states exactly what it computes.
pub trait CacheKey {
    /// A text that differs whenever features may differ: kind, version, vocabulary, configuration.
    fn cache_key(&self) -> String;
}

/// A cache of the features of a featurizer, in a folder that any number of processes may share.
///
/// The key is the SHA-256 of the crystal as written (lattice, periodicity, sites, to the last bit), the featurizer's
/// [cache key](CacheKey) and the format version: a change of any of them is another key.
///
/// What is new is held in memory and published as one file of its own: written under another name, synced, renamed.
/// Nothing is ever changed in place, so that a process that is killed or shares the folder with others loses at most
/// what it had not published, and never harms a file. Every entry carries a checksum; what is damaged is computed again
/// and counted in [`CacheStatistics`].
///
/// Features cost little to compute: for small crystals, a cache saves time only where neighbors are many.
#[derive(Debug)]
pub struct FeatureCache<F: Featurizer> {
    featurizer: F,
    folder: PathBuf,
    /// What every key starts with.
    prefix: Sha256,
    known: RwLock<Known>,
    fresh: Mutex<Fresh>,
    hits: AtomicU64,
    misses: AtomicU64,
    damaged: AtomicU64,
}

/// Hits and misses of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Crystals whose features were there.
    pub hits: u64,
    /// Crystals whose features were computed.
    pub misses: u64,
    /// Files and entries that could not be used.
    pub damaged: u64,
}

/// The cache folder cannot be used.
#[derive(Debug, Error)]
#[error("cannot {action} the feature cache {path}: {error}")]
pub struct CacheError {
    action: &'static str,
    path: PathBuf,
    error: io::Error,
}

/// Version of the keys and of the files.
const FORMAT_VERSION: u32 = 1;

/// Unpublished bytes at which a file is written.
const PUBLISH_AT: usize = 64 << 20;

type Key = [u8; 32];

#[derive(Debug, Default)]
struct Known {
    segments: Vec<Segment>,
    /// Which segment, and where in it.
    locations: HashMap<Key, (usize, EntryLocation)>,
}

#[derive(Debug, Default)]
struct Fresh {
    entries: HashMap<Key, Vec<u8>>,
    bytes: usize,
}

impl<F: Featurizer + CacheKey> FeatureCache<F>
where
    F::Features: CacheCodec,
{
    /// Opens a folder, which is made if it does not exist.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if the folder cannot be made or listed; a damaged file in it is no error.
    pub fn open(folder: impl Into<PathBuf>, featurizer: F) -> Result<Self, CacheError> {
        let folder = folder.into();
        let fail = |action| {
            let path = folder.clone();
            move |error| CacheError { action, path, error }
        };
        fs::create_dir_all(&folder).map_err(fail("make"))?;
        let mut known = Known::default();
        let mut damaged = 0;
        for entry in fs::read_dir(&folder).map_err(fail("list"))? {
            let path = entry.map_err(fail("list"))?.path();
            if !segment::is_segment(&path) {
                continue;
            }
            match Segment::open(&path) {
                Ok((segment, locations)) => known.add(segment, locations),
                Err(_) => damaged += 1,
            }
        }
        let cache_key = featurizer.cache_key();
        let mut prefix = Sha256::new();
        prefix.update(FORMAT_VERSION.to_le_bytes());
        prefix.update((cache_key.len() as u64).to_le_bytes());
        prefix.update(cache_key);
        Ok(Self {
            featurizer,
            folder,
            prefix,
            known: RwLock::new(known),
            fresh: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            damaged: AtomicU64::new(damaged),
        })
    }

    /// Publishes what is new, for other processes and later runs.
    ///
    /// # Errors
    ///
    /// [`CacheError`] if the file cannot be written; what is new is kept and can be published again.
    pub fn publish(&self) -> Result<(), CacheError> {
        let mut fresh = self.fresh();
        if fresh.entries.is_empty() {
            return Ok(());
        }
        let fail = |error| CacheError { action: "write to", path: self.folder.clone(), error };
        let path = segment::write(&self.folder, &fresh.entries).map_err(fail)?;
        let (segment, locations) = Segment::open(&path).map_err(fail)?;
        self.known_mut().add(segment, locations);
        *fresh = Fresh::default();
        Ok(())
    }

    /// How often the cache had an answer since it was opened.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            damaged: self.damaged.load(Ordering::Relaxed),
        }
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn key(&self, crystal: &Crystal) -> Key {
        let mut hash = self.prefix.clone();
        hash_crystal(crystal, &mut hash);
        hash.finalize().into()
    }

    fn recall(&self, key: &Key) -> Option<F::Features> {
        if let Some(bytes) = self.fresh().entries.get(key) {
            return F::Features::restore(bytes);
        }
        let known = self.known();
        let (segment, location) = known.locations.get(key)?;
        let features = known.segments[*segment].read(location).ok().and_then(|bytes| F::Features::restore(&bytes));
        if features.is_none() {
            self.damaged.fetch_add(1, Ordering::Relaxed);
        }
        features
    }

    fn remember(&self, key: Key, features: &F::Features) {
        let mut bytes = Vec::new();
        features.store(&mut bytes);
        let mut fresh = self.fresh();
        if let Entry::Vacant(entry) = fresh.entries.entry(key) {
            let length = bytes.len();
            entry.insert(bytes);
            fresh.bytes += length;
        }
    }

    // A panic elsewhere leaves maps whole: entries are added in one step.
    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Featurizer + CacheKey> Featurizer for FeatureCache<F>
where
    F::Features: CacheCodec,
{
    type Features = F::Features;

    /// The features, from the folder or computed; errors are not cached.
    fn featurize(&self, crystal: &Crystal) -> Result<F::Features, FeaturizeError> {
        let key = self.key(crystal);
        if let Some(features) = self.recall(&key) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(features);
        }
        let features = self.featurizer.featurize(crystal)?;
        self.misses.fetch_add(1, Ordering::Relaxed);
        self.remember(key, &features);
        if self.fresh().bytes >= PUBLISH_AT && self.publish().is_err() {
            // A full disk must not fail a crystal, nor fill the memory: drop what could not be written.
            self.damaged.fetch_add(1, Ordering::Relaxed);
            *self.fresh() = Fresh::default();
        }
        Ok(features)
    }
}

impl Known {
    fn add(&mut self, segment: Segment, locations: Vec<(Key, EntryLocation)>) {
        let number = self.segments.len();
        self.segments.push(segment);
        self.locations.extend(locations.into_iter().map(|(key, location)| (key, (number, location))));
    }
}

/// Everything that a featurizer can see, to the last bit.
fn hash_crystal(crystal: &Crystal, hash: &mut Sha256) {
    let mut bytes: Vec<u8> = Vec::with_capacity(128 + 48 * crystal.num_sites());
    let float = |bytes: &mut Vec<u8>, x: f64| bytes.extend_from_slice(&x.to_le_bytes());
    crystal.lattice().vectors().iter().flatten().for_each(|x| float(&mut bytes, *x));
    bytes.extend(crystal.periodic().map(u8::from));
    for site in crystal.sites() {
        site.position.0.iter().for_each(|x| float(&mut bytes, *x));
        let occupants = site.species.occupants();
        bytes.extend_from_slice(&(occupants.len() as u32).to_le_bytes());
        for occupant in occupants {
            bytes.push(occupant.element.atomic_number());
            float(&mut bytes, occupant.occupancy);
            // No charge is written as not-a-number, which no charge is.
            bytes.extend_from_slice(&occupant.oxidation.unwrap_or(f32::NAN).to_le_bytes());
        }
    }
    hash.update(&bytes);
}
