//! A host of our own for each test.

use std::{future::Future, sync::Arc, time::Duration};

use baton::{
    clock::{Clock, ManualClock},
    config::{Config, Evaluation},
    host::Host,
    server,
};
use baton_simulator::{Business, Person, Simulator, Subscription, escaped};
use baton_store::{Options, OsEntropy};
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const NUMBER: &str = "106540352242922";
pub const PHONE: &str = "6281290001234";
pub const SECRET: &str = "a-secret-of-the-app";
pub const ADMIN: &str = "the-administrators-key";
/// Opens `/metrics` alone.
pub const MONITOR: &str = "a-key-for-metrics";

/// A running host with one tenant, `shop`, and a simulator beside it.
pub struct Fixture {
    pub url: String,
    pub clock: Arc<ManualClock>,
    pub simulator: Simulator,
    pub http: reqwest::Client,
    /// An operator's key of the tenant.
    pub key: String,
    pub host: Arc<Host>,
    data: TempDir,
}

pub fn sari() -> Person {
    Person {
        phone: PHONE.to_owned(),
        name: "Sari Wijaya".to_owned(),
    }
}

pub fn start_time() -> Timestamp {
    "2026-11-24T02:30:00Z".parse().expect("a time")
}

pub fn tenant(id: &str, number: &str) -> Value {
    json!({
        "id": id,
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": number, "app": "main", "token": "token" }],
        "automatic_texts": ["Thanks for writing, we are back at nine."],
        "follow_ups": [{
            "name": "tracking",
            "after": "paid",
            "delay_hours": 48,
            "too_late_hours": 24,
            "text": "On its way: {tracking}",
            "template": { "name": "order_tracking", "language": "en", "parameters": ["{order}"] },
        }],
    })
}

impl Fixture {
    pub async fn start() -> Self {
        Self::with(Evaluation::default()).await
    }

    pub async fn with(evaluation: Evaluation) -> Self {
        Self::configured(|config| {
            let compiler = config.evaluation.compiler.take();
            config.evaluation = Evaluation {
                compiler,
                ..evaluation
            };
        })
        .await
    }

    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        Self::observed(change, |options| options).await
    }

    /// A host whose configuration and store are changed before it starts.
    pub async fn observed(
        change: impl FnOnce(&mut Config),
        observe: impl FnOnce(Options) -> Options,
    ) -> Self {
        let data = TempDir::new().expect("a folder");
        let clock = ManualClock::new(start_time());
        let mut fixture = Self::open(data, clock, change, observe).await;
        let app = json!({ "secret": SECRET, "verify_token": "verify" });
        fixture.admin("PUT", "/admin/apps/main", &app).await;
        fixture
            .admin("PUT", "/admin/tenants/shop", &tenant("shop", NUMBER))
            .await;
        fixture.key = fixture
            .make_key("shop", json!({ "name": "all", "role": "operator" }))
            .await;
        fixture
    }

    /// Another host on the files of this one as they are now; `prepare` may
    /// change them first.
    pub async fn again(
        &self,
        prepare: impl FnOnce(&std::path::Path),
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let data = TempDir::new().expect("a folder");
        self.copy_store(&data.path().join("store"));
        prepare(&data.path().join("store"));
        let opened = Self::open(data, self.clock.clone(), change, |options| options).await;
        Self {
            key: self.key.clone(),
            ..opened
        }
    }

    async fn open(
        data: TempDir,
        clock: Arc<ManualClock>,
        change: impl FnOnce(&mut Config),
        observe: impl FnOnce(Options) -> Options,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (graph, graph_url) = Simulator::listener().await.expect("a port");
        let simulator = Self::simulator(&clock, &url);
        tokio::spawn(simulator.clone().serve(graph));
        let folder = data.path().join("store");
        let options = observe(Options::new(OsEntropy));
        let admin_key = hex::encode(Sha256::digest(ADMIN));
        let mut config = Config::new(folder, admin_key, graph_url);
        config.metrics_key_sha256 = Some(hex::encode(Sha256::digest(MONITOR)));
        config.evaluation.compiler = Some(env!("CARGO_BIN_EXE_baton").into());
        change(&mut config);
        let host = server::open_with(config, clock.clone(), options)
            .await
            .expect("the host opens");
        tokio::spawn(server::run(host.clone(), listener, std::future::pending()));
        let http = baton::accept::client().build().expect("a client");
        Self {
            url,
            clock,
            simulator,
            http,
            key: String::new(),
            host,
            data,
        }
    }

    fn simulator(clock: &Arc<ManualClock>, url: &str) -> Simulator {
        let business = Business {
            number_id: NUMBER.to_owned(),
            display: "6221500900".to_owned(),
            token: "token".to_owned(),
        };
        let subscription = Subscription {
            callback: format!("{url}/webhooks/whatsapp/main"),
            secret: AppSecret::new(SECRET).expect("a secret"),
        };
        let clock = clock.clone();
        Simulator::new(business, Arc::new(move || clock.now()), vec![subscription])
    }

    /// Where the store is.
    pub fn data(&self) -> std::path::PathBuf {
        self.data.path().join("store")
    }

    /// Copies the files of the store as they are now, as if the host had been
    /// killed.
    pub fn copy_store(&self, to: &std::path::Path) {
        copy_all(&self.data(), to);
    }

    /// A key for `tenant`, as the administrator makes one.
    pub async fn make_key(&self, tenant: &str, new: Value) -> String {
        let (status, made) = self
            .admin("POST", &format!("/admin/tenants/{tenant}/keys"), &new)
            .await;
        assert_eq!(status, 201, "{made}");
        made["key"].as_str().expect("a key").to_owned()
    }

    pub async fn admin(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.request(method, path, ADMIN, Some(body)).await
    }

    /// Writes her merchant's document anew, as it was at first, with a change.
    pub async fn rewrite(&self, change: impl FnOnce(&mut Value)) {
        let mut document = tenant("shop", NUMBER);
        change(&mut document);
        let url = format!("{}/admin/tenants/shop", self.url);
        let shown = self.http.get(&url).bearer_auth(ADMIN).send().await;
        let shown = shown.expect("an answer");
        let revision = shown.headers().get("etag").expect("a revision").clone();
        let request = self.http.put(url).bearer_auth(ADMIN).json(&document);
        let answer = request.header("if-match", revision).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        assert_eq!(status, 200, "{}", answer.text().await.expect("a text"));
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.request("GET", path, &self.key, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.request("POST", path, &self.key, Some(body)).await
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(key)
            // The same id each time, so that answers can be compared as bytes.
            .header("x-request-id", "the-request-of-a-test")
            .header("idempotency-key", format!("{path}/{body:?}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Posts raw bytes as a webhook with this signature.
    pub async fn webhook(&self, app: &str, body: &str, signature: Option<&str>) -> u16 {
        let url = format!("{}/webhooks/whatsapp/{app}", self.url);
        let mut request = self.http.post(url).body(body.to_owned());
        if let Some(signature) = signature {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Posts raw bytes as a webhook, rightly signed.
    pub async fn signed(&self, body: &str) -> u16 {
        self.webhook("main", body, Some(&signature(body, SECRET)))
            .await
    }

    pub async fn says(&self, text: &str) {
        self.simulator
            .customer_says(&sari(), text)
            .await
            .expect("it is taken");
    }

    pub async fn tell(&self, facts: Value) {
        let body = json!({ "customer": { "phone": PHONE }, "facts": facts });
        let (status, answer) = self.post("/v1/events", &body).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Her conversation, with the thread.
    pub async fn conversation(&self) -> Value {
        let (_, found) = self.get(&format!("/v1/customers?phone={PHONE}")).await;
        let id = found["items"][0]["id"]
            .as_str()
            .expect("she is known")
            .to_owned();
        self.get(&format!("/v1/conversations/{id}/{NUMBER}"))
            .await
            .1
    }

    /// Kinds of the events in her log.
    pub async fn event_kinds(&self) -> Vec<String> {
        let (_, found) = self.get(&format!("/v1/customers?phone={PHONE}")).await;
        let Some(id) = found["items"][0]["id"].as_str() else {
            return Vec::new();
        };
        let (_, events) = self
            .get(&format!("/v1/customers/{id}/events?limit=200"))
            .await;
        let events = events["items"].as_array().expect("events").iter();
        events
            .map(|it| it["event"]["kind"].as_str().expect("a kind").to_owned())
            .collect()
    }

    pub async fn count_of(&self, kind: &str) -> usize {
        self.event_kinds()
            .await
            .iter()
            .filter(|it| *it == kind)
            .count()
    }

    pub async fn send(&self, text: &str) -> (u16, Value) {
        let message = json!({ "type": "text", "body": text });
        let body = json!({ "customer": { "phone": PHONE }, "message": message });
        self.post("/v1/messages", &body).await
    }

    /// How the message of the thread that says `text` fared.
    pub async fn outcome_of(&self, text: &str) -> Value {
        let conversation = self.conversation().await;
        let thread = conversation["thread"].as_array().expect("a thread").iter();
        let found = thread.rev().find(|it| it["text"] == text);
        found.map(|it| it["outcome"].clone()).unwrap_or_default()
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The metrics as Prometheus reads them.
    pub async fn metrics_text(&self) -> (u16, String) {
        let request = self.http.get(format!("{}/metrics", self.url));
        let answer = request.bearer_auth(MONITOR).send().await;
        let answer = answer.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a text"),
        )
    }

    pub fn advance(&self, hours: i64, minutes: i64) {
        let by = SignedDuration::from_mins(hours * 60 + minutes);
        self.clock.set(self.clock.now() + by);
    }
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, target).expect("it is copied");
        }
    }
}

/// Asks until the answer is yes.
pub async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, asking)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

pub fn signature(body: &str, secret: &str) -> String {
    sign(body.as_bytes(), &AppSecret::new(secret).expect("a secret"))
}

/// A webhook with these messages, as Meta writes it.
pub fn messages(number: &str, messages: &[Value]) -> String {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "6221500900", "phone_number_id": number },
        "contacts": [{ "profile": { "name": "Sari Wijaya" }, "wa_id": PHONE }],
        "messages": messages,
    });
    let entry = json!({ "id": "1", "changes": [{ "field": "messages", "value": value }] });
    escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }))
}

/// A text message of hers.
pub fn text(id: &str, text: &str) -> Value {
    let second = start_time().as_second().to_string();
    json!({ "from": PHONE, "id": id, "timestamp": second, "type": "text", "text": { "body": text } })
}
