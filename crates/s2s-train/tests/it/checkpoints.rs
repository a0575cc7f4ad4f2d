//! Checkpoints under faults: whatever fails, the previous one loads.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use s2s_train::checkpoint::{CheckpointStore, FileSystem, RealFileSystem};

use crate::support::scratch;

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing is written: disk full, read-only folder, broken disk.
    Refused(ErrorKind),
    /// Half of the bytes are written, then the disk is full.
    Short,
    /// The process is killed here and nothing after it runs.
    Killed,
}

/// The real file system, but operation number `at` fails.
#[derive(Debug)]
struct Faulty {
    at: usize,
    fault: Fault,
    done: AtomicUsize,
}

impl Faulty {
    fn new(at: usize, fault: Fault) -> Self {
        Self { at, fault, done: AtomicUsize::new(0) }
    }

    fn act(&self, half: impl FnOnce() -> io::Result<()>, whole: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            Fault::Killed if number > self.at => Err(ErrorKind::Interrupted.into()),
            _ if number != self.at => whole(),
            Fault::Refused(kind) => Err(kind.into()),
            Fault::Short | Fault::Killed => half().and(Err(ErrorKind::StorageFull.into())),
        }
    }
}

impl FileSystem for Faulty {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.act(|| Ok(()), || RealFileSystem.create_folder(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = || RealFileSystem.write(path, &bytes[..bytes.len() / 2]);
        self.act(half, || RealFileSystem.write(path, bytes))
    }

    fn flush(&self, path: &Path) -> io::Result<()> {
        self.act(|| Ok(()), || RealFileSystem.flush(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.act(|| Ok(()), || RealFileSystem.rename(from, to))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.act(|| Ok(()), || RealFileSystem.remove_folder(path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealFileSystem.read(path)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        RealFileSystem.names(path)
    }
}

fn files(step: u64) -> BTreeMap<String, Vec<u8>> {
    let bytes = |length: u64| (0..length).map(|k| (k * step) as u8).collect();
    BTreeMap::from([("model.safetensors".into(), bytes(300)), ("state.json".into(), bytes(40))])
}

fn fill(folder: &Path) {
    let store = CheckpointStore::new(folder);
    for step in [10, 20] {
        store.save(step, &files(step)).expect("the disk works");
    }
}

#[test]
fn a_fault_at_any_operation_leaves_the_previous_checkpoint_loadable() {
    let mut outcomes = (0, 0);
    for fault in [
        Fault::Refused(ErrorKind::StorageFull),
        Fault::Refused(ErrorKind::Other),
        Fault::Refused(ErrorKind::ReadOnlyFilesystem),
        Fault::Refused(ErrorKind::PermissionDenied),
        Fault::Short,
        Fault::Killed,
    ] {
        for at in 0.. {
            let folder = scratch("faults");
            fill(&folder);
            let store = CheckpointStore::with_file_system(&folder, Faulty::new(at, fault));
            let saved = store.save(30, &files(30));
            let found = CheckpointStore::new(&folder).newest().expect("the folder can be listed");
            let restored = found.restored.expect("a checkpoint is always there");
            // The rename commits: after an error behind it, the new checkpoint may exist, complete.
            let expected = if saved.is_ok() { &[30][..] } else { &[20, 30][..] };
            assert!(expected.contains(&restored.step), "{fault:?} at {at}: {restored:?}");
            assert_eq!(restored.files, files(restored.step), "{fault:?} at {at}");
            assert!(found.damaged.is_empty(), "{fault:?} at {at}: {:?}", found.damaged);
            // The next attempt on a working disk succeeds and tidies up.
            let healthy = CheckpointStore::new(&folder);
            healthy.save(40, &files(40)).expect("the disk works again");
            let names = RealFileSystem.names(&folder).expect("the folder can be listed");
            assert_eq!(names.len(), 2, "{fault:?} at {at}: {names:?}");
            let reached = at < store_operations(&folder);
            fs::remove_dir_all(&folder).expect("the folder can be removed");
            if !reached {
                break;
            }
            if saved.is_ok() { outcomes.0 += 1 } else { outcomes.1 += 1 }
        }
    }
    assert!(outcomes.0 > 0 && outcomes.1 > 40, "{outcomes:?}");
}

/// How many operations one save takes, counted on a file system that never fails.
fn store_operations(folder: &Path) -> usize {
    let counter = Faulty::new(usize::MAX, Fault::Short);
    let store = CheckpointStore::with_file_system(folder.join("counted"), counter);
    store.save(1, &files(1)).expect("no fault");
    let counted = format!("{store:?}");
    let digits = counted.split("done: ").nth(1).and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    // Tidying removes one folder more once there is something to remove.
    digits.and_then(|d| d.parse::<usize>().ok()).expect("the counter is printed") + 1
}

#[test]
fn every_flipped_byte_is_noticed_and_the_older_checkpoint_is_used() {
    let folder = scratch("flips");
    fill(&folder);
    let newest = folder.join("ckpt-0000000020");
    for entry in fs::read_dir(&newest).expect("the checkpoint is a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        for byte in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << (byte % 8);
            fs::write(&path, &changed).expect("writable");
            let found = CheckpointStore::new(&folder).newest().expect("the folder can be listed");
            assert_eq!(found.restored.map(|r| r.step), Some(10), "byte {byte} of {}", path.display());
            assert_eq!(found.damaged.len(), 1);
        }
        fs::write(&path, &bytes).expect("writable");
    }
    let found = CheckpointStore::new(&folder).newest().expect("the folder can be listed");
    assert_eq!(found.restored.map(|r| r.step), Some(20));
    fs::remove_dir_all(folder).expect("the folder can be removed");
}

#[test]
fn two_checkpoints_are_kept_and_the_damaged_one_is_named() {
    let folder = scratch("keep");
    let store = CheckpointStore::new(&folder);
    for step in 1..=5 {
        store.save(step, &files(step)).expect("the disk works");
    }
    assert_eq!(store.steps().expect("listed"), [4, 5]);
    fs::remove_file(folder.join("ckpt-0000000005/state.json")).expect("the file is there");
    let found = store.newest().expect("listed");
    assert_eq!(found.restored.map(|r| r.step), Some(4));
    let byte = folder.join("ckpt-0000000005");
    let message = format!("{} is damaged: state.json: No such file or directory (os error 2)", byte.display());
    assert_eq!(found.damaged, [message]);
    fs::remove_dir_all(folder).expect("the folder can be removed");
}
