//! Descriptors of the whole crystal, beside the features of its atoms.

use s2s_crystal::Crystal;

use crate::{AtomFeatures, FeaturizeError, Featurizer};

/// Atoms as one featurizer describes them, and the crystal as another does: any featurizer of rows.
///
/// [`AtomFeaturizerConfig::globals`](crate::AtomFeaturizerConfig::globals) does the same for a set of descriptors of this
/// crate, and is sealed with a model.
#[derive(Clone, Debug)]
pub struct WithGlobals<A, R> {
    /// What makes [`AtomFeatures`].
    pub atoms: A,
    /// What makes a row of numbers; one that is not finite, or too large for single precision, is missing.
    pub row: R,
}

impl<A, R> Featurizer for WithGlobals<A, R>
where
    A: Featurizer<Features = AtomFeatures>,
    R: Featurizer<Features: AsRef<[f64]>>,
{
    type Features = AtomFeatures;

    /// The row follows the numbers that the features of the atoms bring along.
    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let mut features = self.atoms.featurize(crystal)?;
        features.globals.extend(to_globals(self.row.featurize(crystal)?.as_ref()));
        Ok(features)
    }
}

/// A row in single precision; what is no finite number is missing.
pub(crate) fn to_globals(row: &[f64]) -> Vec<Option<f32>> {
    row.iter().map(|value| Some(*value as f32).filter(|value| value.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Element, Lattice};

    use super::*;
    use crate::{
        AtomFeaturizer, AtomFeaturizerConfig, CacheCodec, Collate, ElementCount, FeatureBlock, FeatureSet,
        PaddedCollate, PaperVocabulary,
    };

    fn rock_salt() -> Result<Crystal, s2s_crystal::CrystalError> {
        Crystal::ordered(Lattice::cubic(4.0)?, [(Element::CS, [0.0; 3]), (Element::CL, [0.5; 3])])
    }

    fn featurizer(globals: Option<FeatureSet>) -> Result<AtomFeaturizer, FeaturizeError> {
        AtomFeaturizer::new(AtomFeaturizerConfig { globals, ..AtomFeaturizerConfig::invariant() }, PaperVocabulary)
    }

    /// Says something about caesium chloride that is no number.
    #[derive(Debug)]
    struct Unknown;

    impl Featurizer for Unknown {
        type Features = [f64; 3];

        fn featurize(&self, _: &Crystal) -> Result<[f64; 3], FeaturizeError> {
            Ok([1.5, f64::NAN, 1e300])
        }
    }

    #[test]
    fn any_row_travels_with_the_atoms_and_what_is_no_number_is_missing() -> Result<(), FeaturizeError> {
        let set = FeatureSet::new([FeatureBlock::ElementCount]);
        let both = WithGlobals { atoms: featurizer(Some(set))?, row: Unknown };
        let features = both.featurize(&rock_salt()?)?;
        assert_eq!(features.globals, [Some(2.0), Some(1.5), None, None]);
        let batch = PaddedCollate.collate(&[&features, &features])?;
        assert_eq!(batch.globals.row(1).to_vec(), [2.0, 1.5, 0.0, 0.0]);
        assert_eq!(batch.globals_known.row(1).to_vec(), [true, true, false, false]);
        let other = WithGlobals { atoms: featurizer(None)?, row: ElementCount }.featurize(&rock_salt()?)?;
        assert_eq!(other.globals, [Some(2.0)]);
        assert!(PaddedCollate.collate(&[&features, &other]).is_err());
        Ok(())
    }

    #[test]
    fn stored_features_come_back_with_what_is_missing() -> Result<(), FeaturizeError> {
        let with = WithGlobals { atoms: featurizer(None)?, row: Unknown }.featurize(&rock_salt()?)?;
        let without = featurizer(None)?.featurize(&rock_salt()?)?;
        for features in [with, without] {
            let mut bytes = Vec::new();
            features.store(&mut bytes);
            assert_eq!(AtomFeatures::restore(&bytes), Some(features));
            bytes.push(0);
            assert_eq!(AtomFeatures::restore(&bytes), None);
        }
        Ok(())
    }

    #[test]
    fn a_configuration_without_descriptors_reads_as_before() {
        let text = r#"{"positions":null,"pairs":{"kind":"none"},"lattice":"omitted"}"#;
        let config: AtomFeaturizerConfig = serde_json::from_str(text).expect("an old configuration");
        assert_eq!((config.globals.clone(), serde_json::to_string(&config).expect("plain data")), (None, text.into()));
        let with = AtomFeaturizerConfig { globals: Some("magpie+structure".parse().expect("descriptors")), ..config };
        let text = serde_json::to_string(&with).expect("plain data");
        assert!(text.ends_with(r#""globals":"magpie+structure"}"#), "{text}");
        assert_eq!(serde_json::from_str::<AtomFeaturizerConfig>(&text).expect("its own text"), with);
    }
}
