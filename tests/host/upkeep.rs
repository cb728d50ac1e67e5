//! What keeps a store in order: examined while nobody serves it, exported while
//! somebody does, and made anew from an export.

use std::{
    fs,
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
    fs::write(&path, text).expect("it is written");
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

    fs::remove_file(copy.join("keys")).expect("it is removed");
    let output = baton(&config, "doctor", &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("keys_unusable") && text.contains("next: put the keys file"),
        "{text}"
    );
    assert!(!copy.join("keys").exists(), "it repairs nothing");
}

/// Copies the files of a host that are in no export.
fn small_files(host: &Fixture, to: &Path) -> [String; 4] {
    let copied = |name: &str| {
        let copy = to.join(name);
        fs::copy(host.data().join(name), &copy).expect("it is copied");
        copy.display().to_string()
    };
    let (keys, erasures) = (copied("keys"), copied("erasures"));
    ["--keys".into(), keys, "--erasures".into(), erasures]
}

#[tokio::test]
async fn an_export_of_a_running_host_is_a_host_again() {
    let host = Fixture::start().await;
    host.says("hello").await;
    until("the host is at rest", || async {
        host.count_of("decided").await == 1
    })
    .await;
    let conversation = host.conversation().await;
    let get = host.http.get(format!("{}/admin/export", host.url));
    let refused = get
        .try_clone()
        .expect("it has no body")
        .bearer_auth(&host.key);
    assert_eq!(refused.send().await.expect("an answer").status(), 401);
    let answer = get.bearer_auth(ADMIN).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let export = answer.text().await.expect("all of it");
    let last = export.lines().next_back().expect("a last line");
    assert!(last.starts_with("{\"is\":\"end\""), "{last}");

    let folder = TempDir::new().expect("a folder");
    let (file, data) = (
        folder.path().join("export.ndjson"),
        folder.path().join("again"),
    );
    fs::write(&file, &export).expect("it is written");
    let config = config(folder.path(), &data);
    let small = small_files(&host, folder.path());
    let from = file.display().to_string();
    let mut arguments = vec!["--json", "--from", &from];
    arguments.extend(small.iter().map(String::as_str));
    let output = baton(&config, "import", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["read"]["customers"], 1);
    assert_eq!(baton(&config, "doctor", &[]).status.code(), Some(0));
    // A second time there is something in the way, which stays.
    let output = baton(&config, "import", &arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("move it aside"),
        "{text}"
    );

    // The command writes what the route answers, but for the time.
    let (again, shown) = (folder.path().join("again.ndjson"), "--to");
    let to = again.display().to_string();
    let output = baton(&config, "export", &[shown, &to, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = |text: &str| {
        let lines = text.lines().skip(1).map(str::to_owned);
        lines
            .filter(|it| !it.contains("\"is\":\"end\""))
            .collect::<Vec<_>>()
    };
    let written = fs::read_to_string(&again).expect("it is read");
    assert_eq!(told(&written), told(&export));

    let mut restored = Fixture::configured(|config| config.data = data).await;
    restored.key.clone_from(&host.key);
    let thread = &restored.conversation().await["thread"];
    assert_eq!(thread, &conversation["thread"]);
}

#[tokio::test]
async fn an_export_waits_for_a_host_to_end_and_overwrites_nothing() {
    let host = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    let to = folder.path().join("export.ndjson");
    let held = config(folder.path(), &host.data());
    let shown = to.display().to_string();
    let output = baton(&held, "export", &["--to", &shown]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("GET /admin/export"),
        "{text}"
    );
    assert!(!to.exists());
    fs::write(&to, "precious").expect("it is written");
    assert!(!baton(&held, "export", &["--to", &shown]).status.success());
    assert_eq!(fs::read_to_string(&to).expect("it is read"), "precious");
    let nothing = config(folder.path(), &folder.path().join("nothing"));
    let output = baton(&nothing, "export", &["--to", &format!("{shown}.2")]);
    assert!(!output.status.success(), "there is no store to export");
}
