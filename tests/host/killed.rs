//! An evaluation of which the host dies is made once more after the answer, and
//! not a third time.

use std::{
    fs,
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    fixture::{NUMBER, messages, text},
    process::{Client, init, serve},
};

/// As long as WhatsApp allows, so that rules take their time.
fn long_text() -> String {
    "I am disappointed, this is the third time that I ask. ".repeat(75)
}

/// Notes of evaluations that are running; the first bytes are a key.
fn running(folder: &Path) -> Vec<[u8; 16]> {
    let notes = fs::read(folder.join("data/evaluating")).unwrap_or_default();
    let notes = notes.as_chunks().0.iter().skip(1).copied();
    notes.filter(|note| *note != [0; 16]).collect()
}

/// Kills the host once it evaluates; `false` when it did not within a second,
/// or came to an end just before.
fn kill_while_evaluating(folder: &Path, host: &mut Child) -> bool {
    let patience = Instant::now() + Duration::from_secs(1);
    while running(folder).is_empty() {
        if Instant::now() > patience {
            return false;
        }
    }
    host.kill().expect("it is killed");
    host.wait().expect("it ended");
    !running(folder).is_empty()
}

/// Delivers `body` and kills the host while it evaluates; tells what it
/// answered, and whether it was killed in time. Another host runs afterwards.
async fn deliver_and_kill(
    folder: &Path,
    mut host: Child,
    client: &Client,
    body: &str,
) -> (Option<u16>, bool, Child) {
    let watched = folder.to_owned();
    let killing = tokio::task::spawn_blocking(move || {
        let is_killed = kill_while_evaluating(&watched, &mut host);
        (is_killed, host)
    });
    let (status, killed) = tokio::join!(client.signed(body), killing);
    let (is_killed, mut host) = killed.expect("it watches");
    if host.try_wait().expect("its state").is_some() {
        host = serve(folder);
    }
    (status, is_killed, host)
}

/// How many evaluations are suspected of having killed the host so many times.
fn suspected(folder: &Path, times: u32) -> usize {
    let suspects = fs::read_to_string(folder.join("data/suspects")).unwrap_or_default();
    let times = format!(" {times}");
    let of_them = suspects.lines().filter(|line| line.ends_with(&times));
    of_them.count()
}

/// Failures of the modules of the latest decision.
async fn failures(client: &Client) -> Vec<String> {
    let get = async |path: &str| client.call("GET", path, &client.key, &json!(null)).await.1;
    let listed = get("/v1/decisions").await;
    let latest = &listed["items"][0];
    let (customer, version) = (&latest["customer"], &latest["version"]);
    let path = format!(
        "/v1/decisions/{}/{version}",
        customer.as_str().unwrap_or("-")
    );
    let decision = get(&path).await.to_string();
    let codes = decision.split("\"code\":\"").skip(1);
    codes
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_killed_the_host_twice_is_quarantined() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let (admin, url) = init(folder);
    let mut host = serve(folder);
    let client = Client::of_new_shop(url, &admin).await;
    let mut is_killed;
    let mut is_answered_first = false;
    for at in 0..200 {
        let body = messages(NUMBER, &[text(&format!("wamid.{at}"), &long_text())]);
        (_, is_killed, host) = deliver_and_kill(folder, host, &client, &body).await;
        if !is_killed {
            continue;
        }
        assert_eq!(suspected(folder, 1), 1, "it is not suspected");
        // WhatsApp delivers it again. It is acknowledged first and evaluated
        // after, and the host dies again.
        let status;
        (status, is_killed, host) = deliver_and_kill(folder, host, &client, &body).await;
        is_answered_first = status == Some(200) && is_killed;
        if is_answered_first {
            break;
        }
        // It came to its end before, and nothing is held against it any more; or
        // the host died with the answer on its way, which tells nothing.
        assert_eq!(suspected(folder, 1), 0);
    }
    assert!(is_answered_first, "it is evaluated before the answer again");
    assert!(suspected(folder, 2) > 0, "never killed in time");
    // The row is due again when the lease of the dead host ends.
    let patience = Instant::now() + Duration::from_secs(180);
    while !failures(&client).await.contains(&"quarantined".to_owned()) {
        assert!(Instant::now() < patience, "it is never decided");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(running(folder).is_empty());
    host.kill().expect("it is killed");
    host.wait().expect("it ended");
}
