//! What keeps a store in order, as commands: examined while nobody serves it.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{ADMIN, Fixture, until};

fn baton(config: &Path, command: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_baton"))
        .arg(command)
        .arg("--config")
        .arg(config)
        .args(arguments)
        .output()
        .expect("it runs")
}

/// A configuration whose store is in `data`.
fn config(folder: &Path, data: &Path) -> std::path::PathBuf {
    use sha2::{Digest, Sha256};
    let path = folder.join("baton.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\ndata = {:?}\nadmin_key_sha256 = \"{}\"\n\
         graph_url = \"http://127.0.0.1:9\"\n",
        data.display().to_string(),
        hex::encode(Sha256::digest(ADMIN)),
    );
    std::fs::write(&path, text).expect("it is written");
    path
}

#[tokio::test]
async fn the_doctor_tells_what_is_wrong_and_what_to_do() {
    let host = Fixture::start().await;
    host.says("hello").await;
    until("the host is at rest", || async {
        host.count_of("decided").await == 1
    })
    .await;
    let folder = TempDir::new().expect("a folder");
    // The host has its store open: the doctor refuses to look.
    let held = config(folder.path(), &host.data());
    let output = baton(&held, "doctor", &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");

    let copy = folder.path().join("copy");
    host.copy_store(&copy);
    let config = config(folder.path(), &copy);
    let output = baton(&config, "doctor", &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(
        (&report["ok"], &report["counts"]["customers"]),
        (&true.into(), &1.into())
    );

    std::fs::remove_file(copy.join("keys")).expect("it is removed");
    let output = baton(&config, "doctor", &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("keys_unusable") && text.contains("next: put the keys file"),
        "{text}"
    );
    assert!(!copy.join("keys").exists(), "it repairs nothing");
}
