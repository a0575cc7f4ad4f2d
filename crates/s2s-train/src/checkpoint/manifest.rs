//! The manifest of a checkpoint folder: names, sizes and SHA-256.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Name of the manifest inside its folder.
pub(super) const MANIFEST: &str = "MANIFEST.json";

/// Version of the folder's layout.
const FORMAT: u32 = 1;

/// Every file of a folder but the manifest itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u32,
    files: BTreeMap<String, Entry>,
    /// SHA-256 of the list above, so that a changed byte of the manifest is noticed too.
    seal: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    bytes: u64,
    sha256: String,
}

impl Manifest {
    pub(super) fn new(files: &BTreeMap<String, Vec<u8>>) -> Self {
        let files = files
            .iter()
            .map(|(name, bytes)| (name.clone(), Entry { bytes: bytes.len() as u64, sha256: sha256(bytes) }))
            .collect();
        Self { format: FORMAT, seal: seal(FORMAT, &files), files }
    }

    /// The manifest in these bytes, or why they hold none.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|e| format!("its manifest is not readable ({e})"))?;
        if manifest.format != FORMAT {
            return Err(format!("its format is {}, this program reads {FORMAT}", manifest.format));
        }
        // Equal bytes, not only equal content: one flipped bit anywhere, white space included, is a damaged file.
        if manifest.seal != seal(manifest.format, &manifest.files) || manifest.to_bytes() != bytes {
            return Err("its manifest does not match its own checksum".into());
        }
        Ok(manifest)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("invariant: a map of strings and numbers is JSON")
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Says what is wrong with a file's bytes, if anything.
    pub(super) fn check(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        match self.files.get(name) {
            Some(entry) if entry.bytes == bytes.len() as u64 && entry.sha256 == sha256(bytes) => Ok(()),
            Some(_) => Err(format!("{name} does not match its checksum")),
            None => Err(format!("{name} is not in its manifest")),
        }
    }
}

fn seal(format: u32, files: &BTreeMap<String, Entry>) -> String {
    let list: String = files.iter().map(|(name, e)| format!("{name} {} {}\n", e.bytes, e.sha256)).collect();
    sha256(format!("{format}\n{list}").as_bytes())
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
