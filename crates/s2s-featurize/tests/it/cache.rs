//! The feature cache under concurrent use, interruption and damage.

use std::{error::Error, fs, path::Path, thread};

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_featurize::{
    AllElements, AtomFeaturizer, AtomFeaturizerConfig, CacheStatistics, FeatureCache, Featurizer, MagpieConfig,
    MagpieFeaturizer, PaperVocabulary, Vocabulary, featurize_all,
};

fn crystals(count: u8) -> Result<Vec<Crystal>, Box<dyn Error>> {
    let crystal = |k: u8| {
        let lattice = Lattice::from_parameters([3.0 + f64::from(k) / 50.0, 4.0, 5.0], [90.0, 95.0, 90.0])?;
        let element = Element::from_atomic_number(1 + k % 90)?;
        let sites = [[0.1, 0.2, 0.3], [0.6, 0.7, 0.8]].map(|x| Site::pure(element, Frac(x)));
        Ok(Crystal::new(lattice, sites.to_vec())?)
    };
    (0..count).map(crystal).collect()
}

fn featurizer() -> Result<AtomFeaturizer<AllElements>, Box<dyn Error>> {
    Ok(AtomFeaturizer::new(AtomFeaturizerConfig::invariant(), AllElements)?)
}

fn counts(hits: u64, misses: u64, damaged: u64) -> CacheStatistics {
    CacheStatistics { hits, misses, damaged }
}

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>, std::io::Error> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

#[test]
fn a_second_run_finds_everything_bit_for_bit() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let crystals = crystals(60)?;
    let expected = featurize_all(&featurizer()?, &crystals);
    let first = FeatureCache::open(folder.path(), featurizer()?)?;
    assert_eq!(featurize_all(&first, &crystals), expected);
    assert_eq!(first.featurize(&crystals[7]), expected[7]);
    assert_eq!(first.statistics(), counts(1, 60, 0));
    first.publish()?;
    assert_eq!(featurize_all(&first, &crystals), expected);
    let second = FeatureCache::open(folder.path(), featurizer()?)?;
    assert_eq!(featurize_all(&second, &crystals), expected);
    assert_eq!(second.statistics(), counts(60, 0, 0));
    Ok(())
}

#[test]
fn another_configuration_vocabulary_or_featurizer_finds_nothing() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let crystals = crystals(5)?;
    let cache = FeatureCache::open(folder.path(), featurizer()?)?;
    featurize_all(&cache, &crystals);
    cache.publish()?;
    fn misses<V: Vocabulary>(
        folder: &Path,
        crystals: &[Crystal],
        config: AtomFeaturizerConfig,
        vocabulary: V,
    ) -> Result<u64, Box<dyn Error>> {
        let cache = FeatureCache::open(folder, AtomFeaturizer::new(config, vocabulary)?)?;
        featurize_all(&cache, crystals);
        Ok(cache.statistics().misses)
    }
    assert_eq!(misses(folder.path(), &crystals, AtomFeaturizerConfig::invariant(), AllElements)?, 0);
    assert_eq!(misses(folder.path(), &crystals, AtomFeaturizerConfig::invariant(), PaperVocabulary)?, 5);
    assert_eq!(misses(folder.path(), &crystals, AtomFeaturizerConfig::paper(), AllElements)?, 5);
    let magpie = FeatureCache::open(folder.path(), MagpieFeaturizer::new(MagpieConfig::matminer()))?;
    let expected = featurize_all(&MagpieFeaturizer::new(MagpieConfig::matminer()), &crystals);
    assert_eq!(featurize_all(&magpie, &crystals), expected);
    magpie.publish()?;
    assert_eq!(featurize_all(&magpie, &crystals), expected);
    assert_eq!(magpie.statistics(), counts(5, 5, 0));
    Ok(())
}

#[test]
fn many_writers_of_one_folder_do_not_disturb_each_other() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let crystals = crystals(80)?;
    let expected = featurize_all(&featurizer()?, &crystals);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..8_usize)
            .map(|worker| {
                let (crystals, expected, folder) = (&crystals, &expected, folder.path());
                scope.spawn(move || -> Result<(), String> {
                    let featurizer = featurizer().map_err(|e| e.to_string())?;
                    let cache = FeatureCache::open(folder, featurizer).map_err(|e| e.to_string())?;
                    for k in (worker * 5..worker * 5 + 45).map(|k| k % 80) {
                        assert_eq!(cache.featurize(&crystals[k]), expected[k]);
                        if k % 10 == 0 {
                            cache.publish().map_err(|e| e.to_string())?;
                        }
                    }
                    cache.publish().map_err(|e| e.to_string())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|w| w.join().map_err(|_| "a writer panicked".to_owned())?)
    })?;
    assert!(files(folder.path())?.iter().all(|path| path.extension().is_some()), "no draft is left");
    let last = FeatureCache::open(folder.path(), featurizer()?)?;
    assert_eq!(featurize_all(&last, &crystals), expected);
    assert_eq!(last.statistics(), counts(80, 0, 0));
    Ok(())
}

#[test]
fn a_draft_of_a_killed_process_is_not_read() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("draft-1-0"), b"S2SFEAT1 half of a fi")?;
    let cache = FeatureCache::open(folder.path(), featurizer()?)?;
    assert_eq!(cache.statistics(), counts(0, 0, 0));
    Ok(())
}

#[test]
fn every_flipped_byte_and_every_cut_is_noticed_and_repaired() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let crystals = crystals(2)?;
    let config = AtomFeaturizerConfig::paper;
    let expected = featurize_all(&AtomFeaturizer::new(config(), AllElements)?, &crystals);
    let cache = FeatureCache::open(folder.path(), AtomFeaturizer::new(config(), AllElements)?)?;
    featurize_all(&cache, &crystals);
    cache.publish()?;
    let path = files(folder.path())?.pop().ok_or("a file was published")?;
    let intact = fs::read(&path)?;
    let flipped = (0..intact.len()).map(|k| {
        let mut bytes = intact.clone();
        bytes[k] ^= 0x10;
        bytes
    });
    for bytes in flipped.chain((0..intact.len()).map(|k| intact[..k].to_vec())) {
        fs::write(&path, bytes)?;
        let cache = FeatureCache::open(folder.path(), AtomFeaturizer::new(config(), AllElements)?)?;
        assert_eq!(featurize_all(&cache, &crystals), expected);
        assert!(cache.statistics().damaged > 0);
    }
    // What is computed again replaces what was damaged.
    cache.publish()?;
    let repaired = FeatureCache::open(folder.path(), AtomFeaturizer::new(config(), AllElements)?)?;
    featurize_all(&repaired, &crystals);
    repaired.publish()?;
    let last = FeatureCache::open(folder.path(), AtomFeaturizer::new(config(), AllElements)?)?;
    featurize_all(&last, &crystals);
    assert_eq!(last.statistics().misses, 0);
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_made_says_so() -> Result<(), Box<dyn Error>> {
    let file = tempfile::NamedTempFile::new()?;
    let message = FeatureCache::open(file.path(), featurizer()?).map(|_| ()).map_err(|e| e.to_string());
    let start = format!("cannot make the feature cache {}: ", file.path().display());
    assert!(message.as_ref().is_err_and(|m| m.starts_with(&start)), "{message:?}");
    Ok(())
}
