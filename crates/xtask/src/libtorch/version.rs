//! The release of PyTorch that a libtorch belongs to.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The only release that the pinned version of tch binds.
pub(crate) const WANTED: Version = Version { major: 2, minor: 11, patch: 0 };

/// A release of PyTorch, without the build suffix (`+cu130`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// Reads `2.11.0`, `2.11.0+cpu` or `2.12.0a0+git1234`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let release = text.trim().split('+').next()?;
        let mut numbers = release.split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse().ok()
        });
        Some(Self { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? })
    }

    /// The version that a libtorch says it has, in its `build-version` file, its headers or its Python package.
    ///
    /// torch-sys reads `build-version` only and accepts anything where that file is missing; the compiler's reply to a
    /// wrong version is then hundreds of lines long, which is why the other two are read here.
    pub(crate) fn of(libtorch: &Path) -> Option<Self> {
        let read = |file: &str| fs::read_to_string(libtorch.join(file)).ok();
        read("build-version")
            .and_then(|text| Self::parse(&text))
            .or_else(|| read("include/torch/headeronly/version.h").and_then(|text| Self::in_header(&text)))
            .or_else(|| read("include/torch/csrc/api/include/torch/version.h").and_then(|text| Self::in_header(&text)))
            .or_else(|| read("version.py").and_then(|text| Self::in_python(&text)))
    }

    /// Reads the three macros of a `version.h`.
    fn in_header(text: &str) -> Option<Self> {
        let number = |name: &str| {
            text.lines().find_map(|line| {
                let mut words = line.split_whitespace();
                (words.next() == Some("#define") && words.next() == Some(name))
                    .then(|| words.next()?.parse().ok())
                    .flatten()
            })
        };
        Some(Self {
            major: number("TORCH_VERSION_MAJOR")?,
            minor: number("TORCH_VERSION_MINOR")?,
            patch: number("TORCH_VERSION_PATCH")?,
        })
    }

    /// Reads the assignment of a `version.py`.
    fn in_python(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.starts_with("__version__"))?;
        Self::parse(line.split(['\'', '"']).nth(1)?)
    }
}

/// Refuses a libtorch of another release, or of one that cannot be told.
pub(crate) fn check(version: Option<Version>, libtorch: &Path) -> Result<Version, Failure> {
    match version {
        Some(version) if version == WANTED => Ok(version),
        Some(version) => Err(Failure::new(format!(
            "the libtorch at {} is {version}, but this workspace needs {WANTED}",
            libtorch.display()
        ))),
        None => Err(Failure::new(format!(
            "the libtorch at {} does not say its version (no build-version file, no version in its headers), \
             and this workspace needs {WANTED}",
            libtorch.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_suffix_is_ignored() {
        assert_eq!(Version::parse("2.11.0+cu130\n"), Some(WANTED));
        assert_eq!(Version::parse("2.11.0"), Some(WANTED));
    }

    #[test]
    fn nightly_is_read_as_its_release() {
        let nightly = Version::parse("2.12.0a0+git70d99e9").map(|v| v.to_string());
        assert_eq!(nightly.as_deref(), Some("2.12.0"));
    }

    #[test]
    fn words_and_short_versions_are_no_version() {
        assert_eq!(Version::parse("nightly"), None);
        assert_eq!(Version::parse("2.11"), None);
        assert_eq!(Version::parse(""), None);
    }

    #[test]
    fn header_macros_are_read() {
        let header = "#pragma once\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n\
                      #define TORCH_VERSION_PATCH 0\n#define TORCH_VERSION_ABI_TAG 0\n";
        assert_eq!(Version::in_header(header), Some(WANTED));
        assert_eq!(Version::in_header("#define TORCH_VERSION_MAJOR 2\n"), None);
    }

    #[test]
    fn python_package_says_its_version() {
        let text = "__all__ = ['__version__', 'debug']\n__version__ = '2.11.0+cu130'\n";
        assert_eq!(Version::in_python(text), Some(WANTED));
    }

    #[test]
    fn another_release_is_refused_in_one_sentence() {
        let refusal = check(Version::parse("2.4.1"), Path::new("/opt/libtorch"));
        assert_eq!(
            refusal.expect_err("2.4.1 is another release").to_string(),
            "the libtorch at /opt/libtorch is 2.4.1, but this workspace needs 2.11.0"
        );
    }
}
