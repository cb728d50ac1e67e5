//! A real host on a disk of its own, and the shortest ways to ask it.

use std::sync::Arc;

use baton::{
    accept::Limits,
    clock::ManualClock,
    config::{Config, Evaluation},
    host::Host,
    server,
};
use baton_store::{Options, OsEntropy, SledStore};
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

pub const NUMBER: &str = "106540352242922";
pub const SECRET: &str = "a-secret-of-the-app";
pub const ADMIN: &str = "the-administrators-key";

/// A running host with one tenant, `shop`.
pub struct Running {
    pub host: Arc<Host>,
    pub address: String,
    /// An operator's key.
    pub key: String,
    http: reqwest::Client,
    folder: TempDir,
    end: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// What is asked, and as whom.
pub struct Ask<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub key: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Vec<u8>,
}

pub fn config(folder: &std::path::Path) -> Config {
    let admin_key = hex::encode(Sha256::digest(ADMIN));
    // Nobody is there: what is sent fails, which is none of our business here.
    let graph_url = "http://127.0.0.1:9".to_owned();
    Config {
        evaluation: Evaluation {
            // All is decided before the answer, so that nothing moves after it.
            budget_ms: 5_000,
            ..Evaluation::default()
        },
        limits: Limits::default(),
        ..Config::new(folder.join("store"), admin_key, graph_url)
    }
}

pub fn clock() -> Arc<ManualClock> {
    ManualClock::new("2026-11-24T02:30:00Z".parse().expect("a time"))
}

pub fn shop() -> Value {
    json!({
        "id": "shop",
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": NUMBER, "app": "main", "token": "token" }],
    })
}

pub fn signature(body: &[u8]) -> String {
    sign(body, &AppSecret::new(SECRET).expect("a secret"))
}

impl Running {
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = config(folder.path());
        let host = server::open_with(config, clock(), Options::new(OsEntropy))
            .await
            .expect("the host opens");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (end, asked) = oneshot::channel::<()>();
        let serving = host.clone();
        let ended = tokio::spawn(async move {
            let asked = async {
                let _ = asked.await;
            };
            server::run_with(serving, listener, None, asked)
                .await
                .expect("the store takes every write");
        });
        let mut running = Self {
            host,
            address,
            key: String::new(),
            http: baton::accept::client().build().expect("a client"),
            folder,
            end,
            ended,
        };
        let app = json!({ "secret": SECRET, "verify_token": "verify" });
        running.admin("PUT", "/admin/apps/main", &app).await;
        running.admin("PUT", "/admin/tenants/shop", &shop()).await;
        let new = json!({ "name": "all", "role": "operator" });
        let made = running
            .admin("POST", "/admin/tenants/shop/keys", &new)
            .await;
        running.key = made["key"].as_str().expect("a key").to_owned();
        running
    }

    pub async fn ask(&self, ask: Ask<'_>) -> (u16, Value) {
        let url = format!("http://{}{}", self.address, ask.path);
        let method = ask.method.parse().expect("a method");
        let mut request = self.http.request(method, url).bearer_auth(ask.key);
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(ask.body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let ask = Ask {
            method,
            path,
            key: ADMIN,
            headers: &[("content-type", "application/json")],
            body: body.to_string().into_bytes(),
        };
        let (status, answer) = self.ask(ask).await;
        assert!(status < 300, "{answer}");
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        let ask = Ask {
            method: "GET",
            path,
            key: &self.key,
            headers: &[],
            body: Vec::new(),
        };
        let (status, answer) = self.ask(ask).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Posts a webhook, rightly signed.
    pub async fn signed(&self, body: &[u8]) -> u16 {
        let signature = signature(body);
        let ask = Ask {
            method: "POST",
            path: "/webhooks/whatsapp/main",
            key: "",
            headers: &[(SIGNATURE_HEADER, &signature)],
            body: body.to_vec(),
        };
        self.ask(ask).await.0
    }

    /// Sends bytes, and no more when they `end`, and reads what comes back
    /// until the connection is closed.
    pub async fn raw(&self, bytes: &[u8], end: bool) -> Option<u16> {
        let mut stream = TcpStream::connect(&self.address)
            .await
            .expect("it connects");
        let mut answer = Vec::new();
        // Whoever is refused early may not get rid of all it has to say.
        let _ = stream.write_all(bytes).await;
        if end {
            let _ = stream.shutdown().await;
        }
        let _ = stream.read_to_end(&mut answer).await;
        let head = String::from_utf8_lossy(&answer);
        head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }

    /// Ends the host and has everything it kept examined; returns where.
    pub async fn ends_well(self) -> TempDir {
        assert_eq!(self.host.door.counts.requests_panicked.get(), 0);
        self.end.send(()).expect("it hears");
        self.ended.await.expect("it ends");
        let folder = self.host.config.data.clone();
        drop(self.host);
        let options = Options::new(OsEntropy);
        // Whoever still holds the store for a moment lets go of it.
        let examination = loop {
            match SledStore::examine(&folder, &options, &mut |_| {}) {
                Err(baton_store::StoreError::Locked { .. }) => tokio::task::yield_now().await,
                examined => break examined.expect("it can be examined"),
            }
        };
        assert!(examination.is_well(), "{:?}", examination.findings);
        self.folder
    }
}
