//! The host as a process: what signals do to it, and how many files it opens.

use std::{
    path::Path,
    process::{Child, Command},
    sync::mpsc::Receiver,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

use crate::{
    process::{baton, check_refused, init, serving},
    raw::{PATIENCE, Raw, head_with},
};

pub fn serve(folder: &Path) -> Command {
    let mut command = baton();
    let config = folder.join("baton.toml");
    command.arg("serve").arg("--config").arg(config);
    command
}

pub fn tell(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it is there");
}

/// Waits until the log says so.
pub fn hear(log: &Receiver<String>, what: &str) {
    while !log
        .recv_timeout(PATIENCE)
        .expect("it says so")
        .contains(what)
    {}
}

/// A webhook whose body the host waits for.
async fn in_work(url: &str) -> Raw {
    let mut raw = Raw::open(url).await;
    let head = head_with("/webhooks/whatsapp/main", 5, &[("expect", "100-continue")]);
    raw.send(head).await;
    assert_eq!(raw.answer().await.map(|it| it.status), Some(100));
    raw
}

#[tokio::test]
async fn the_first_signal_lets_work_end() {
    let folder = TempDir::new().expect("a folder");
    let (_, url) = init(folder.path());
    let (mut child, log) = serving(&mut serve(folder.path()));
    let mut raw = in_work(&url).await;
    tell(&child, Signal::TERM);
    hear(&log, "ending");
    raw.send("12345").await;
    assert_eq!(raw.answer().await.map(|it| it.status), Some(401));
    assert!(child.wait().expect("it ends").success());
}

#[tokio::test]
async fn the_second_signal_ends_at_once() {
    let folder = TempDir::new().expect("a folder");
    let (_, url) = init(folder.path());
    let (mut child, log) = serving(&mut serve(folder.path()));
    let mut raw = in_work(&url).await;
    tell(&child, Signal::INT);
    hear(&log, "ending");
    tell(&child, Signal::TERM);
    hear(&log, "ended at once");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    raw.closed().await;
}

/// The same host under a limit of open files.
fn limited(folder: &Path, limit: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit {limit}; exec \"$0\" serve --config \"$1\"");
    let config = folder.join("baton.toml");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_baton")])
        .arg(config);
    command
}

#[test]
fn too_few_files_for_the_connections_are_noticed_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    init(folder.path());
    let output = limited(folder.path(), "-n 2000").output().expect("it runs");
    check_refused(&output, "LimitNOFILE");
    check_refused(&output, "`connections` in baton.toml to 720 or less");
}

#[cfg(target_os = "linux")]
#[test]
fn the_files_that_the_system_allows_are_taken() {
    let folder = TempDir::new().expect("a folder");
    init(folder.path());
    let (mut child, _log) = serving(&mut limited(folder.path(), "-S -n 1000"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id()));
    let limits = limits.expect("its limits");
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().nth(3));
    assert_eq!(soft, Some("5376"), "{limits}");
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_runs_out_of_files_goes_on_when_there_are_some() {
    let folder = TempDir::new().expect("a folder");
    let (_, url) = init(folder.path());
    let (mut child, log) = serving(&mut serve(folder.path()));
    let mut probe = Raw::open(&url).await;
    assert_eq!(probe.get("/healthz").await.map(|it| it.status), Some(200));
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id()));
    let open = open.expect("its files").count() as u64;
    let few = Rlimit {
        current: Some(open + 3),
        maximum: rustix::process::getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Some(Pid::from_child(&child)), Resource::Nofile, few).expect("a limit");
    let mut many = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::open(&url).await;
        raw.send("GET /healthz HTTP/1.1\r\nhost: baton\r\n\r\n")
            .await;
        many.push(raw);
    }
    hear(&log, "no connection can be accepted");
    for mut raw in many {
        assert_eq!(raw.answer().await.map(|it| it.status), Some(200));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
}
