//! The binary as a process: set up, started, killed, started again, and the
//! demonstration.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{NUMBER, PHONE, SECRET, messages, signature, tenant, text};

pub fn baton() -> Command {
    Command::new(env!("CARGO_BIN_EXE_baton"))
}

pub fn init(folder: &Path) -> (String, String) {
    let output = baton().arg("init").arg(folder).output().expect("init runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("administrator's key, shown only now: "));
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let address = port.expect("a port").to_string();
    let path = folder.join("baton.toml");
    let config = std::fs::read_to_string(&path).expect("the configuration");
    std::fs::write(&path, config.replace("127.0.0.1:8080", &address)).expect("it is written");
    (
        key.expect("a key is shown").to_owned(),
        format!("http://{address}"),
    )
}

/// Starts the host and waits until it says that it serves.
pub fn serve(folder: &Path) -> Child {
    let mut command = baton();
    command
        .arg("serve")
        .arg("--config")
        .arg(folder.join("baton.toml"));
    serving(&mut command).0
}

/// Starts a host by this command and waits until it says that it serves; what
/// it says from then on comes line by line.
pub fn serving(command: &mut Command) -> (Child, Receiver<String>) {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let log = BufReader::new(child.stderr.take().expect("a log"));
    let mut lines = log.lines().map_while(Result::ok);
    let is_serving = lines.by_ref().any(|line| line.contains("serving"));
    assert!(is_serving, "it does not serve");
    let (sender, receiver) = channel();
    // Read on, even if nobody listens: a full pipe would stop the host.
    std::thread::spawn(move || lines.for_each(|line| drop(sender.send(line))));
    (child, receiver)
}

pub struct Client {
    pub url: String,
    pub key: String,
    pub http: reqwest::Client,
}

impl Client {
    /// A client of a host on which it makes an app, a tenant and a key.
    pub async fn of_new_shop(url: String, admin: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Self {
            url,
            key: String::new(),
            http: baton::accept::client().build().expect("a client"),
        };
        let app = json!({ "secret": SECRET, "verify_token": "verify" });
        let (status, _) = client.call("PUT", "/admin/apps/main", admin, &app).await;
        assert_eq!(status, 200);
        let shop = tenant("shop", NUMBER);
        let (status, _) = client
            .call("PUT", "/admin/tenants/shop", admin, &shop)
            .await;
        assert_eq!(status, 200);
        let new = json!({ "name": "all", "role": "operator" });
        let (_, made) = client
            .call("POST", "/admin/tenants/shop/keys", admin, &new)
            .await;
        client.key = made["key"].as_str().expect("a key").to_owned();
        client
    }

    pub async fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(key);
        let answer = request.json(body).send().await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        )
    }

    pub async fn signed(&self, body: &str) -> Option<u16> {
        let url = format!("{}/webhooks/whatsapp/main", self.url);
        let request = self
            .http
            .post(url)
            .header("x-hub-signature-256", signature(body, SECRET));
        Some(
            request
                .body(body.to_owned())
                .send()
                .await
                .ok()?
                .status()
                .as_u16(),
        )
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_once() {
    let folder = TempDir::new().expect("a folder");
    let (admin, url) = init(folder.path());
    let mut child = serve(folder.path());
    let client = Client::of_new_shop(url, &admin).await;
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        for at in 0..6 {
            let id = format!("wamid.{round}.{at}");
            let body = messages(NUMBER, &[text(&id, &id)]);
            // The kill falls into the middle of this one.
            let killing = at == 5;
            let (status, ()) = tokio::join!(client.signed(&body), async {
                if killing {
                    child.kill().expect("it is killed");
                }
            });
            if status == Some(200) {
                acknowledged.push(id);
            }
        }
        child.wait().expect("it ended");
        child = serve(folder.path());
    }
    assert!(acknowledged.len() >= 20, "{acknowledged:?}");
    let (_, found) = client
        .call(
            "GET",
            &format!("/v1/customers?phone={PHONE}"),
            &client.key,
            &json!(null),
        )
        .await;
    let id = found["items"][0]["id"].as_str().expect("she is known");
    let path = format!("/v1/customers/{id}/events?limit=200");
    let (_, events) = client.call("GET", &path, &client.key, &json!(null)).await;
    let events = events["items"].as_array().expect("events");
    for id in &acknowledged {
        let count = events.iter().filter(|it| it["event"]["id"] == **id).count();
        assert_eq!(count, 1, "{id} is there {count} times");
    }
    child.kill().expect("it is killed");
    child.wait().expect("it ended");
}

#[track_caller]
pub fn check_refused(output: &Output, because: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains(because),
        "{error}"
    );
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_by_name() {
    let folder = TempDir::new().expect("a folder");
    init(folder.path());
    let path = folder.path().join("baton.toml");
    let serve = || {
        baton()
            .arg("serve")
            .arg("--config")
            .arg(&path)
            .output()
            .expect("it runs")
    };
    let config = std::fs::read_to_string(&path).expect("the configuration");
    std::fs::write(&path, format!("lisen = 1\n{config}")).expect("it is written");
    check_refused(&serve(), "lisen");
    std::fs::write(&path, config.replace("budget_ms = 100", "budget_ms = 0"))
        .expect("it is written");
    check_refused(&serve(), "budget_ms");
    std::fs::write(
        &path,
        config.replace("tenant_ms_per_second = 500", "tenant_ms_per_second = 1001"),
    )
    .expect("it is written");
    check_refused(&serve(), "tenant_ms_per_second");
    let again = baton()
        .arg("init")
        .arg(folder.path())
        .output()
        .expect("it runs");
    check_refused(&again, "nothing was changed");
    std::fs::remove_file(&path).expect("it is removed");
    check_refused(&serve(), "baton init");
}

#[test]
fn the_journey_happens_from_one_command() {
    let output = baton()
        .args(["demo", "--once", "--listen", "127.0.0.1:0"])
        .output()
        .expect("the demonstration runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let last: Value =
        serde_json::from_str(text.lines().last().unwrap_or_default()).expect("JSON last");
    assert_eq!(last["ok"], true);
    let shown = baton_tests::shown_in_readme("make demo ARGS=--once");
    assert_eq!(baton_tests::steady(&shown), baton_tests::steady(&text));
    assert_eq!(
        last["handoff"],
        "delivery promise + high-value repeat buyer"
    );
}

#[test]
fn what_the_demonstration_made_is_not_served() {
    let folder = TempDir::new().expect("a folder");
    init(folder.path());
    let data = folder.path().join("data");
    let output = baton()
        .args(["demo", "--once", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .output()
        .expect("the demonstration runs");
    assert!(output.status.success(), "{output:?}");
    let path = folder.path().join("baton.toml");
    let config = std::fs::read_to_string(&path).expect("the configuration");
    std::fs::write(
        &path,
        config.replace("data = \"data\"", "data = \"data/store\""),
    )
    .expect("written");
    let output = baton()
        .arg("serve")
        .arg("--config")
        .arg(&path)
        .output()
        .expect("it runs");
    check_refused(&output, "everybody knows");
}
