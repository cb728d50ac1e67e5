//! Real syncs, counted by the kernel's side of the story: sled's own flush is
//! none (`facts`: it ends in `sync_file_range`).

use std::{fs, process::Command};

use baton_store::{Options, OsEntropy, SledStore};

use crate::support::*;

const FOLDER: &str = "BATON_STORE_SYNCS_FOLDER";
const COMMITS: &str = "BATON_STORE_SYNCS_COMMITS";
const AT_ONCE: &str = "BATON_STORE_SYNCS_AT_ONCE";

/// The child: commits as often as it is told, one by one or all at once. Not
/// a test of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_traced() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let commits: usize = std::env::var(COMMITS).unwrap().parse().unwrap();
    let store = std::sync::Arc::new(SledStore::open(folder, Options::new(OsEntropy)).unwrap());
    let mut writers = Vec::new();
    for it in 0..commits {
        let (store, digits) = (store.clone(), format!("62{it}"));
        let writer = tokio::spawn(async move {
            write(&*store, &digits, vec![message(0, "wamid.1", "hello")]).await;
        });
        if std::env::var(AT_ONCE).is_ok() {
            writers.push(writer);
        } else {
            writer.await.unwrap();
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// How often the child called `fdatasync`; `None` when nothing can count.
fn syncs(commits: usize, at_once: bool) -> Option<usize> {
    let folder = tempfile::TempDir::new().unwrap();
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-e", "trace=fdatasync", "-o"])
        .arg(&trace);
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "syncs::child_that_is_traced", "--nocapture"]);
    strace
        .env(FOLDER, folder.path().join("store"))
        .env(COMMITS, commits.to_string());
    if at_once {
        strace.env(AT_ONCE, "yes");
    }
    match strace.output() {
        Ok(output) => {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let trace = fs::read_to_string(&trace).unwrap();
            Some(
                trace
                    .lines()
                    .filter(|line| line.contains("fdatasync("))
                    .count(),
            )
        }
        Err(error) => {
            let is_ci = std::env::var_os("CI").is_some();
            assert!(!is_ci, "strace must be installed where CI runs: {error}");
            println!("not counted: strace: {error}");
            None
        }
    }
}

#[test]
fn every_commit_is_synced_and_those_that_wait_share_it() {
    const COMMITS_COUNT: usize = 24;
    let Some(opening) = syncs(0, false) else {
        return;
    };
    let one_by_one = syncs(COMMITS_COUNT, false).unwrap() - opening;
    assert_eq!(
        one_by_one, COMMITS_COUNT,
        "one after the other: a sync each"
    );
    let at_once = syncs(COMMITS_COUNT, true).unwrap() - opening;
    println!("{COMMITS_COUNT} commits at once shared {at_once} syncs");
    assert!((1..=COMMITS_COUNT).contains(&at_once), "{at_once}");
}
