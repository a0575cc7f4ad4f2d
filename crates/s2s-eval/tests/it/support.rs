//! Examples and folders that several tests need.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A new, empty folder of this test process.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("s2s-eval-{name}-{}-{number}", process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder is writable");
    folder
}
