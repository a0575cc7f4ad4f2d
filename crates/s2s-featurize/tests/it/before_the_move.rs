//! The descriptors against what the code gave from which they were moved.
//!
//! `tests/data/descriptors.f64.zst` holds the rows of every fourteenth S2S crystal as `s2s_train::tabular::FeatureSet` of
//! commit `4ab4118` gave them: 64-bit numbers, little-endian, in the columns of `all`.

use std::{error::Error, fs, path::Path};

use s2s_featurize::{FeatureSet, Featurizer};

use crate::shared_data::{crystals, folder, unpacked};

/// Rows of the file are those of crystals this far apart.
const STEP: usize = 14;

#[test]
fn descriptors_are_those_from_before_they_were_moved() -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder() else { return Ok(()) };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/descriptors.f64.zst");
    let bytes = unpacked(&fs::read(path)?)?;
    let expected: Vec<f64> = bytes.as_chunks().0.iter().map(|eight: &[u8; 8]| f64::from_le_bytes(*eight)).collect();
    let set: FeatureSet = "all".parse()?;
    let found = crystals(folder.join("s2s.jsonl.zst"))?;
    let found: Vec<_> = found.iter().step_by(STEP).collect();
    assert_eq!(found.len() * set.width(), expected.len());
    let (mut equal, mut numbers) = (0_usize, 0_usize);
    for ((id, crystal), expected) in found.into_iter().zip(expected.chunks(set.width())) {
        for ((label, found), expected) in set.labels().iter().zip(set.featurize(crystal)?).zip(expected) {
            // Roots and exponentials of another system's library may differ in their last bits.
            let close = (found - expected).abs() <= 1e-12 * expected.abs().max(1.0);
            assert!(close, "{id}: {label} is {found}, and was {expected}");
            equal += usize::from(found.to_bits() == expected.to_bits());
            numbers += 1;
        }
    }
    println!("{equal} of {numbers} numbers are equal bit for bit");
    Ok(())
}
