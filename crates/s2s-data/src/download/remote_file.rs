//! Published files: URL, length, hash and licence.

use serde::{Deserialize, Serialize};

use crate::DataError;

/// A published file: its URL, length and hash, and its licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawRemoteFile")]
pub struct RemoteFile {
    /// Name under which it is kept: no folders.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its length, where it is known.
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal, where it is known; otherwise the hash is recorded when the file first arrives.
    pub sha256: Option<String>,
    /// Whom to cite.
    pub source: String,
    /// Under which licence.
    pub licence: String,
}

/// The state of the authors' repository that everything here refers to.
const S2SNET: &str =
    "https://raw.githubusercontent.com/zjuKeLiu/S2SNet/973e459c96952f6f3e34bc4cf3b1cfdb29a45351/FineTune";

impl RemoteFile {
    /// A file about which nothing but its URL is known.
    pub fn at(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            bytes: None,
            sha256: None,
            source: "not stated".into(),
            licence: "not stated".into(),
        }
    }

    /// MP-2018.6.1, a ZIP archive with 69,239 crystals: read it with [`read_zipped`](crate::download::read_zipped) and
    /// [`MaterialsProjectRecords::mp_2018`](crate::source::MaterialsProjectRecords::mp_2018).
    pub fn mp_2018() -> Self {
        Self {
            source: "MP-crystals-2018.6.1: Chen et al., Chem. Mater. 31, 3564 (2019); \
                     Materials Project: Jain et al., APL Mater. 1, 011002 (2013)"
                .into(),
            licence: "CC-BY 4.0".into(),
            ..Self::at("mp.2018.6.1.json.zip", "https://figshare.com/ndownloader/files/15087992")
        }
    }

    /// The authors' four files of S2S, for [`AuthorsFiles`](crate::source::AuthorsFiles): species, coordinates, lattices and labels.
    pub fn s2s() -> [Self; 4] {
        ["molecule.npy", "coordinates.npy", "lattice_new.npy", "labels.csv"].map(|name| Self {
            source: "Liu et al., S2SNet".into(),
            licence: "none stated".into(),
            ..Self::at(name, format!("{S2SNET}/{name}"))
        })
    }
}

/// A file as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRemoteFile {
    name: String,
    url: String,
    bytes: Option<u64>,
    sha256: Option<String>,
    source: String,
    licence: String,
}

impl TryFrom<RawRemoteFile> for RemoteFile {
    type Error = DataError;

    fn try_from(raw: RawRemoteFile) -> Result<Self, Self::Error> {
        let RawRemoteFile { name, url, bytes, sha256, source, licence } = raw;
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '\0']) {
            return Err(DataError::Malformed { reason: "the name of a file holds folders, or nothing" });
        }
        let is_hash = |hash: &String| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !sha256.as_ref().is_none_or(is_hash) {
            return Err(DataError::Malformed { reason: "a SHA-256 is not 64 hexadecimal digits" });
        }
        Ok(Self { name, url, bytes, sha256, source, licence })
    }
}
