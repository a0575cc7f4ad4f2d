//! Downloads from servers that misbehave in every way that we know of.

mod files;
mod hostile;
mod loopback;
mod materials_project;
mod optimade;

use std::{fs, path::PathBuf, time::Duration};

use s2s_data::download::{Access, HttpClient, HttpOptions};

/// An empty folder of this name.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("download").join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Three attempts and short timeouts, so that a test does not wait for a minute.
fn client() -> HttpClient {
    HttpClient::new(HttpOptions {
        access: Access::Online,
        timeout: Duration::from_millis(400),
        min_rate: 1000,
        max_time: Duration::from_secs(20),
        max_answer_time: Duration::from_secs(600),
        attempts: 3,
        pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
    })
    .unwrap()
}

fn offline() -> HttpClient {
    HttpClient::new(HttpOptions { access: Access::Offline, ..client().options().clone() }).unwrap()
}
