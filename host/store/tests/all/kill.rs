//! Killed at any moment: everything that was acknowledged is there, once.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::Duration,
};

use baton_store::{Commit, CommitError, Entropy, Options, OsEntropy, SledStore, Store};

use crate::support::*;

/// Kills, unless `BATON_STORE_KILLS` says how many.
const KILLS: u64 = 20;
const CUSTOMERS: u64 = 4;
const FOLDER: &str = "BATON_STORE_KILL_FOLDER";

/// The child: commits to a few customers at once until it is killed, and
/// prints each commit once it is acknowledged. Not a test of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let store = std::sync::Arc::new(SledStore::open(folder, Options::new(OsEntropy)).unwrap());
    let writers: Vec<_> = (0..CUSTOMERS)
        .map(|customer| tokio::spawn(write_for_ever(store.clone(), format!("62{customer}"))))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn write_for_ever(store: std::sync::Arc<SledStore>, digits: String) {
    loop {
        let links = vec![phone(&digits)];
        let loaded = store.resolve(&tenant(), &links, &[]).await.unwrap();
        let text = (loaded.version.0 + 1).to_string();
        let commit = Commit {
            links,
            dedupe: vec![identity(&text)],
            ..on(&loaded, vec![message(1, &format!("wamid.{text}"), &text)])
        };
        match store.commit(commit).await {
            Ok(appended) => {
                // One write, so that a kill cannot tear the line.
                let line = format!("ack {digits} {}\n", appended.version.0);
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn spawn(folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The highest version acknowledged to each customer before the child died.
fn acknowledged(child: &mut Child, known: &mut BTreeMap<String, usize>) {
    let output = BufReader::new(child.stdout.take().unwrap());
    for line in output.lines().map_while(Result::ok) {
        let Some(("ack", rest)) = line.rsplit_once("ack ").map(|(_, rest)| ("ack", rest)) else {
            continue;
        };
        let (digits, version) = rest.split_once(' ').unwrap();
        known.insert(digits.to_owned(), version.parse().unwrap());
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let mut seed = [0; 8];
    OsEntropy.fill(&mut seed).unwrap();
    let seed = u64::from_le_bytes(seed);
    println!("seed {seed}");
    let mut random = seed | 1;
    let mut below = |bound: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % bound
    };
    let folder = tempfile::TempDir::new().unwrap();
    let mut known = BTreeMap::new();
    let kills = std::env::var("BATON_STORE_KILLS").map_or(KILLS, |it| it.parse().unwrap());
    for round in 0..kills {
        let mut child = spawn(folder.path());
        // Half of the kills hit the start, where the store recovers.
        let delay = if round % 2 == 0 {
            below(60)
        } else {
            60 + below(400)
        };
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        acknowledged(&mut child, &mut known);
        child.wait().unwrap();
        let store = SledStore::open(folder.path(), Options::new(OsEntropy))
            .unwrap_or_else(|error| panic!("round {round}, killed after {delay} ms: {error:?}"));
        for (digits, acknowledged) in &known {
            let customer = resolve(&store, digits).await.customer;
            let texts = texts(&store, &customer).await;
            let kept = texts.len();
            assert!(
                kept >= *acknowledged,
                "round {round}, killed after {delay} ms: {digits} kept {kept} of {acknowledged}"
            );
            let expected: Vec<_> = (1..=texts.len()).map(|it| it.to_string()).collect();
            assert_eq!(
                texts, expected,
                "round {round}: each is there once, in order"
            );
            let loaded = load(&store, &customer).await;
            assert_eq!(loaded.version.0 as usize, texts.len());
        }
    }
    let total: usize = known.values().sum();
    println!("{total} commits were acknowledged");
    assert!(total > 0, "the child must get to commit at all");
}
