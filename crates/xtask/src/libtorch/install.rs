//! Downloads, verifies and unpacks a libtorch into the user's cache, and links it where builds look.
//!
//! Everything is put together in a folder of its own beside the final one and renamed into place when it is whole, so
//! that neither an interruption nor a second run at the same time leaves half a libtorch behind.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use super::find::{Libtorch, Origin};
use super::python::{Pip, Python, Source};
use super::wheels::{self, Wheel};
use super::{Kind, layout, version};
use crate::failure::{Failure, OrFail};

/// The libtorch of this kind in the user's cache, put there first if need be.
pub(super) fn install(kind: Kind) -> Result<Libtorch, Failure> {
    let cache = cache_folder()?;
    if let Some(found) = installed(kind, &cache) {
        return Ok(found);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Failure::new(format!(
            "libtorch can be installed for Linux on x86-64 only: on this machine, get PyTorch {} yourself and set \
             LIBTORCH to its folder, or LIBTORCH_USE_PYTORCH=1 to use that of Python",
            version::WANTED
        )));
    }
    let python = Python::find()?;
    let pip = Pip::find(&python)?;
    eprintln!("installing libtorch {} ({kind}) into {} …", version::WANTED, cache.display());
    assemble(kind, &cache, &wheels::of(kind), &python, &pip)
}

/// Makes `link` lead to `libtorch`, replacing what it led to.
pub(super) fn link(link: &Path, libtorch: &Path) -> Result<(), Failure> {
    let doing = || format!("link {} to {}", link.display(), libtorch.display());
    let same = |path: &Path| path.canonicalize().ok();
    if same(link).is_some_and(|there| Some(there) == same(libtorch)) {
        return Ok(());
    }
    if link.exists() && !link.is_symlink() {
        return Err(Failure::new(format!("{} is a folder that was not made here: move it away first", link.display())));
    }
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder).or_fail(doing)?;
    }
    // A rename replaces the old link in one step; a build that runs meanwhile sees one or the other.
    let fresh = link.with_extension(format!("new{}", process::id()));
    symlink(libtorch, &fresh).or_fail(doing)?;
    fs::rename(&fresh, link).or_fail(doing)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// `$XDG_CACHE_HOME/s2s`, else `~/.cache/s2s`.
fn cache_folder() -> Result<PathBuf, Failure> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_CACHE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("s2s"))
        .ok_or_else(|| Failure::new("neither XDG_CACHE_HOME nor HOME says where the user's cache is"))
}

/// `libtorch-2.11.0-cpu`.
fn folder_name(kind: Kind) -> String {
    format!("libtorch-{}-{kind}", version::WANTED)
}

/// The whole libtorch of this kind in a cache folder, if there is one.
fn installed(kind: Kind, cache: &Path) -> Option<Libtorch> {
    let mut path = cache.join(folder_name(kind));
    path.extend(layout::home(kind));
    Libtorch::at(&path, Origin::Cache).ok().flatten().filter(|found| found.kind == kind)
}

/// Puts a libtorch together from wheels.
fn assemble(
    kind: Kind,
    cache: &Path,
    wheels: &[Wheel],
    python: &Python,
    source: &dyn Source,
) -> Result<Libtorch, Failure> {
    let staging = Staging::new(cache, &folder_name(kind))?;
    for wheel in wheels {
        add(kind, wheel, &staging, python, source)?;
    }
    for (path, text) in layout::written(kind) {
        let path = staging.tree.join(path);
        fs::write(&path, text).or_fail(|| format!("write {}", path.display()))?;
    }
    if layout::kind_of(&staging.tree.join(layout::home(kind))) != Some(kind) {
        return Err(Failure::new(format!("the wheels did not hold a whole libtorch ({kind})")));
    }
    let destination = cache.join(folder_name(kind));
    if installed(kind, cache).is_none() {
        // What is there is not whole.
        if destination.exists() {
            fs::remove_dir_all(&destination).or_fail(|| format!("remove {}", destination.display()))?;
        }
        let renamed = fs::rename(&staging.tree, &destination);
        // Another run may have been faster, which is as good.
        if installed(kind, cache).is_none() {
            renamed.or_fail(|| format!("move libtorch to {}", destination.display()))?;
        }
    }
    installed(kind, cache)
        .ok_or_else(|| Failure::new(format!("the libtorch put into {} is not there any more", destination.display())))
}

/// Downloads, verifies and unpacks one wheel.
fn add(kind: Kind, wheel: &Wheel, staging: &Staging, python: &Python, source: &dyn Source) -> Result<(), Failure> {
    let downloads = staging.folder.join(wheel.project);
    fs::create_dir_all(&downloads).or_fail(|| format!("create {}", downloads.display()))?;
    let file = source.fetch(wheel, &downloads)?;
    let digest = python.sha256(&file)?;
    if !digest.eq_ignore_ascii_case(wheel.sha256) {
        return Err(Failure::new(format!(
            "what was downloaded for {} is not the pinned file: its SHA-256 is {digest}, expected {}",
            wheel.requirement(),
            wheel.sha256
        )));
    }
    let members = python.members(&file)?;
    let targets: Vec<(&str, PathBuf)> =
        members.iter().filter_map(|member| Some((member.as_str(), layout::placement(kind, member)?))).collect();
    python.extract(&file, &staging.tree, &targets)?;
    // The wheels of the CUDA build take gigabytes; none is needed twice.
    fs::remove_dir_all(&downloads).or_fail(|| format!("remove {}", downloads.display()))
}

/// A folder beside the final one that goes away with this value.
struct Staging {
    folder: PathBuf,
    /// What becomes the installation.
    tree: PathBuf,
}

impl Staging {
    fn new(cache: &Path, name: &str) -> Result<Self, Failure> {
        let prefix = format!(".{name}.");
        remove_abandoned(cache, &prefix);
        let folder = cache.join(format!("{prefix}{}", process::id()));
        let tree = folder.join("tree");
        fs::create_dir_all(&tree).or_fail(|| format!("create {}", tree.display()))?;
        Ok(Self { folder, tree })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing is left to tell: the installation succeeded or its failure is on its way to the user.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the staging folders of runs that were killed.
fn remove_abandoned(cache: &Path, prefix: &str) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(prefix));
        if owner.is_some_and(|id| Path::new("/proc/self").exists() && !Path::new("/proc").join(id).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    /// What the fake wheel holds; the installation is whole with these.
    const MEMBERS: [&str; 6] = [
        "torch/include/torch/csrc/api/include/torch/torch.h",
        "torch/lib/libtorch_cpu.so",
        "torch/lib/libtorch_cuda.so",
        "torch/lib/libtorch.so",
        "torch/__init__.py",
        "nvidia/cu13/lib/libcudart.so.13",
    ];

    /// Makes the wheel that it is asked for.
    struct Fake {
        python: Python,
        members: &'static [&'static str],
    }

    impl Source for Fake {
        fn fetch(&self, _wheel: &Wheel, folder: &Path) -> Result<PathBuf, Failure> {
            let file = folder.join("fake.whl");
            self.python.make_wheel(&file, self.members)?;
            Ok(file)
        }
    }

    fn python() -> Python {
        Python::find().expect("the tests of this crate need Python, as what they test does")
    }

    /// A table of one wheel with the digest that the fake has.
    fn pinned(scratch: &Scratch, members: &'static [&'static str]) -> (Wheel, Fake) {
        let fake = Fake { python: python(), members };
        let file = fake.fetch(&wheels::TORCH, scratch.path()).expect("the fake is made");
        let sha256 = fake.python.sha256(&file).expect("it is there").leak();
        let mut wheel = wheels::TORCH;
        wheel.sha256 = sha256;
        (wheel, fake)
    }

    #[test]
    fn whole_libtorch_is_put_together() {
        for kind in [Kind::Cpu, Kind::Cuda] {
            let scratch = Scratch::new("whole");
            let (wheel, fake) = pinned(&scratch, &MEMBERS);
            let cache = scratch.path().join("cache");
            let found = assemble(kind, &cache, &[wheel], &python(), &fake).expect("it is whole");
            assert_eq!(found.kind, kind);
            assert_eq!(found.version, version::WANTED);
            assert_eq!(installed(kind, &cache).as_ref(), Some(&found));
            let left: Vec<_> = fs::read_dir(&cache).expect("the cache").collect();
            assert_eq!(left.len(), 1, "only the installation is left");
        }
    }

    #[test]
    fn corrupted_wheel_is_refused_and_leaves_nothing() {
        let scratch = Scratch::new("corrupted");
        let (_, fake) = pinned(&scratch, &MEMBERS);
        let cache = scratch.path().join("cache");
        let failure = assemble(Kind::Cpu, &cache, &[wheels::TORCH], &python(), &fake)
            .expect_err("the fake is not PyTorch's wheel")
            .to_string();
        assert!(
            failure.starts_with("what was downloaded for torch==2.11.0 is not the pinned file: its SHA-256 is "),
            "{failure}"
        );
        assert_eq!(fs::read_dir(&cache).expect("the cache").count(), 0);
    }

    #[test]
    fn wheel_that_lacks_a_library_is_refused() {
        let scratch = Scratch::new("lacking");
        let (wheel, fake) = pinned(&scratch, &MEMBERS[..1]);
        let cache = scratch.path().join("cache");
        let failure = assemble(Kind::Cuda, &cache, &[wheel], &python(), &fake).expect_err("there are headers only");
        assert_eq!(failure.to_string(), "the wheels did not hold a whole libtorch (cuda)");
    }

    #[test]
    fn link_follows_the_latest_choice() {
        let scratch = Scratch::new("link");
        let libtorch_folder = |name: &str| {
            let path = scratch.path().join(name);
            fs::create_dir_all(&path).expect("a folder");
            path
        };
        let (first, second) = (libtorch_folder("first"), libtorch_folder("second"));
        let path = scratch.path().join("target/libtorch");
        for libtorch in [&first, &second, &second] {
            link(&path, libtorch).expect("a link");
            assert_eq!(path.canonicalize().ok(), libtorch.canonicalize().ok());
        }
        let failure = link(&first, &second).expect_err("it is a folder");
        assert!(failure.to_string().ends_with("is a folder that was not made here: move it away first"));
    }

    #[test]
    fn folders_of_killed_runs_are_removed() {
        let scratch = Scratch::new("abandoned");
        // No process has a number this high.
        let abandoned = scratch.path().join(".libtorch.4294967295");
        let own = scratch.path().join(format!(".libtorch.{}", process::id()));
        for folder in [&abandoned, &own] {
            fs::create_dir_all(folder).expect("a folder");
        }
        remove_abandoned(scratch.path(), ".libtorch.");
        assert!(own.exists());
        assert_eq!(abandoned.exists(), !Path::new("/proc/self").exists());
    }
}
