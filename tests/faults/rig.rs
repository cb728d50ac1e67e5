//! A host on a store that fails when it is told to, and one customer's life
//! after the other on it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use baton::{
    clock::{Clock, ManualClock},
    config::Config,
    server,
};
use baton_domain::{
    event::{Event, EventBody, SendOutcome},
    ids::TenantId,
    state::CustomerState,
};
use baton_simulator::{Business, Simulator, escaped};
use baton_store::{Link, MemoryStore, Options, SeededEntropy, Store, Version, WorkKind};
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::faulty::FaultyStore;

const NUMBER: &str = "106540352242922";
const SECRET: &str = "a-secret-of-the-app";
const ADMIN: &str = "the-administrators-key";
/// How often a request is told before something is wrong.
const TRIES_MAX: usize = 20;
/// Jumps of the clock after which everything must be done.
const JUMPS_MAX: usize = 60;

pub struct Rig {
    pub store: Arc<FaultyStore>,
    /// How often the host ended and was started again.
    pub restarts: usize,
    clock: Arc<ManualClock>,
    simulator: Simulator,
    config: Config,
    http: reqwest::Client,
    url: String,
    key: String,
    host: JoinHandle<anyhow::Result<()>>,
    lives: usize,
    _data: TempDir,
}

/// What a customer's life must have left.
pub struct Life {
    phone: String,
    facts: BTreeSet<String>,
}

impl Rig {
    pub async fn start(budget_ms: u64) -> Self {
        let data = TempDir::new().expect("a folder");
        let modules = data.path().join("modules");
        std::fs::create_dir(&modules).expect("a folder");
        let guests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
        for name in ["asks-for-person.wasm", "weighted.wasm"] {
            std::fs::copy(guests.join(name), modules.join(name))
                .expect("the stock modules are built: run `make guests`");
        }
        let start: Timestamp = "2026-11-24T02:30:00Z".parse().expect("a time");
        let clock = ManualClock::new(start);
        let (graph, graph_url) = Simulator::listener().await.expect("a port");
        let simulator = simulator(&clock);
        tokio::spawn(simulator.clone().serve(graph));
        let memory = MemoryStore::new(Options::new(SeededEntropy::new(7))).expect("a store");
        let path = data.path().join("baton.toml");
        let text = format!(
            "listen = \"127.0.0.1:0\"\ndata = \"data\"\nadmin_key_sha256 = \"{}\"\n\
             graph_url = \"{graph_url}\"\n[evaluation]\nthreads = 1\nmodules = \"modules\"\n",
            hex::encode(Sha256::digest(ADMIN)),
        );
        std::fs::write(&path, text).expect("it is written");
        let mut config = Config::read(&path).expect("a configuration");
        config.evaluation.budget_ms = budget_ms;
        std::fs::create_dir(&config.data).expect("a folder");
        let store = FaultyStore::new(Arc::new(memory));
        let (url, host) = serve(&config, &clock, &store).await;
        let mut rig = Self {
            store,
            restarts: 0,
            clock,
            simulator,
            config,
            http: baton::accept::client().build().expect("a client"),
            url,
            key: String::new(),
            host,
            lives: 0,
            _data: data,
        };
        rig.administer().await;
        rig
    }

    async fn administer(&mut self) {
        let app = json!({ "secret": SECRET, "verify_token": "verify" });
        self.admin("PUT", "/admin/apps/main", app).await;
        let shop = json!({
            "id": "shop", "name": "Kopi", "timezone": "Asia/Jakarta", "language": "en",
            "teams": [{ "name": "sales" }],
            "numbers": [{ "id": NUMBER, "app": "main", "token": "token" }],
            "follow_ups": [{
                "name": "tracking", "after": "paid", "delay_hours": 0, "too_late_hours": 1,
                "text": "{order} is on its way",
            }],
        });
        self.admin("PUT", "/admin/tenants/shop", shop).await;
        let new = json!({ "name": "all", "role": "operator" });
        let made = self.admin("POST", "/admin/tenants/shop/keys", new).await;
        self.key = made["key"].as_str().expect("a key").to_owned();
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.url));
        let answer = request.bearer_auth(ADMIN).json(&body).send().await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// A customer writes, orders, pays, is answered by the bot and by a person
    /// and sends something that nobody understands. Each request is told until
    /// it is taken, and then once more.
    pub async fn live(&mut self) -> Life {
        self.lives += 1;
        let life = self.lives;
        let phone = format!("628120000{life:04}");
        let id = |kind: &str| format!("{kind}.{life}");
        let second = self.clock.now().as_second().to_string();
        let message = json!({
            "from": phone, "id": id("wamid.M"), "timestamp": second,
            "type": "text", "text": { "body": "hello there" },
        });
        let contact = json!({ "profile": { "name": "Sari" }, "wa_id": phone });
        self.webhook(
            "messages",
            json!({ "contacts": [contact], "messages": [message] }),
        )
        .await;
        let (order, customer) = (id("ORDER"), json!({ "phone": phone }));
        let paid = json!({
            "type": "order", "id": order, "status": "paid", "number": NUMBER,
            "total": { "minor": 129_000, "currency": "IDR" }, "idempotency_key": order,
        });
        let body = json!({ "customer": customer, "facts": [paid] });
        self.insist("/v1/events", &body.to_string(), None).await;
        let text = json!({ "type": "text", "body": "It arrives on Thursday" });
        let body = json!({ "customer": customer, "message": text });
        let send = id("S");
        self.insist("/v1/messages", &body.to_string(), Some(&send))
            .await;
        self.settle().await;
        let echo = json!({
            "from": "6221500900", "to": phone, "id": id("wamid.E"), "timestamp": second,
            "type": "text", "text": { "body": "Dewi here" },
        });
        self.webhook("smb_message_echoes", json!({ "message_echoes": [echo] }))
            .await;
        self.webhook_body("{\"this is\": \"no webhook\"}").await;
        self.settle().await;
        let facts = [
            format!("message {}", id("wamid.M")),
            format!("order {order}"),
            format!("queued bot/{send}"),
            format!("queued follow-up/tracking/{order}"),
            format!("echo {}", id("wamid.E")),
            "timer tracking".to_owned(),
        ];
        Life {
            phone,
            facts: facts.into(),
        }
    }

    async fn webhook(&mut self, field: &str, mut value: Value) {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({
            "display_phone_number": "6221500900", "phone_number_id": NUMBER,
        });
        let entry = json!({ "id": "1", "changes": [{ "field": field, "value": value }] });
        let body = escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }));
        self.webhook_body(&body).await;
    }

    async fn webhook_body(&mut self, body: &str) {
        self.insist("/webhooks/whatsapp/main", body, None).await;
    }

    /// Tells it until it is taken, and once more.
    async fn insist(&mut self, path: &str, body: &str, idempotency_key: Option<&str>) {
        let mut taken = 0;
        for _ in 0..TRIES_MAX {
            match self.tell(path, body, idempotency_key).await {
                Some(200 | 202) => taken += 1,
                None | Some(503) => self.restart_if_ended().await,
                Some(other) => panic!("{path} was answered {other}: {body}"),
            }
            if taken == 2 {
                return;
            }
        }
        panic!("{path} was never taken: {body}");
    }

    /// The answer's status; 200 while the store is broken is a lie.
    async fn tell(&self, path: &str, body: &str, idempotency_key: Option<&str>) -> Option<u16> {
        let secret = AppSecret::new(SECRET).expect("a secret");
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(SIGNATURE_HEADER, sign(body.as_bytes(), &secret))
            .header("content-type", "application/json")
            .header("idempotency-key", idempotency_key.unwrap_or("none"))
            .bearer_auth(&self.key)
            .body(body.to_owned());
        let was_broken = self.store.is_broken();
        let status = request.send().await.ok()?.status().as_u16();
        assert!(
            !was_broken || status == 503,
            "{path}: {status} from a broken store"
        );
        Some(status)
    }

    /// Does what a supervisor does: the host that ended is started again.
    async fn restart_if_ended(&mut self) {
        if !self.store.is_broken() {
            return;
        }
        let ended = tokio::time::timeout(Duration::from_secs(60), &mut self.host).await;
        let ended = ended
            .expect("a broken store ends the host")
            .expect("no panic");
        let error = ended.expect_err("it does not end well");
        assert!(
            error.to_string().contains("start the host again"),
            "{error}"
        );
        self.store.mend();
        (self.url, self.host) = serve(&self.config, &self.clock, &self.store).await;
        self.restarts += 1;
    }

    /// Lets the clock jump until nothing is left to do.
    async fn settle(&mut self) {
        for _ in 0..JUMPS_MAX {
            if !self.is_something_left().await {
                return;
            }
            self.clock
                .set(self.clock.now() + SignedDuration::from_mins(2));
        }
        panic!("it never comes to rest");
    }

    /// Waits until nothing is due; answers whether something is due later.
    async fn is_something_left(&mut self) -> bool {
        loop {
            self.restart_if_ended().await;
            let mut next: Option<Timestamp> = None;
            let mut is_broken = false;
            for kind in WorkKind::ALL {
                match self.store.next_due(kind).await {
                    Ok(at) => next = [next, at].into_iter().flatten().min(),
                    Err(_) => is_broken = true,
                }
            }
            match next {
                _ if is_broken => {}
                None => return false,
                Some(at) if at > self.clock.now() => return true,
                Some(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    // A loop that found no work looks again when time passes.
                    self.clock
                        .set(self.clock.now() + SignedDuration::from_millis(20));
                }
            }
        }
    }

    /// Everything once, and the customer bothered at most once by each message.
    pub async fn check(&self, life: &Life, when: &str) {
        let tenant = TenantId::parse("shop").expect("a tenant");
        let links = [Link::Phone(life.phone.as_str().into())];
        let loaded = self.store.resolve(&tenant, &links, &[]).await.unwrap();
        let events = self
            .store
            .events(&tenant, &loaded.customer, Version(1), 1_000)
            .await;
        let events: Vec<Event> = events.unwrap().into_iter().map(|it| it.event).collect();
        let mut folded = CustomerState::default();
        events.iter().for_each(|event| folded.apply(event));
        assert_eq!(folded, *loaded.state, "{when}");
        let facts: Vec<String> = events.iter().filter_map(fact).collect();
        let once: BTreeSet<String> = facts.iter().cloned().collect();
        assert_eq!(
            (facts.len(), &once),
            (once.len(), &life.facts),
            "{when}: {facts:?}"
        );
        for fact in &life.facts {
            let Some(key) = fact.strip_prefix("queued ") else {
                continue;
            };
            let sent = self.simulator.sent();
            let sent = sent
                .iter()
                .filter(|it| it.request["biz_opaque_callback_data"] == *key);
            let (sent, outcomes) = (sent.count(), outcomes(&events, key));
            let is_told = outcomes.iter().any(|it| *it != SendOutcome::Begun);
            assert!(sent <= 1, "{when}: {key} was sent {sent} times");
            assert!(is_told, "{when}: nobody knows what became of {key}");
            let is_accepted = outcomes
                .iter()
                .any(|it| matches!(it, SendOutcome::Accepted { .. }));
            assert!(sent == 1 || !is_accepted, "{when}: {key} counts as sent");
        }
        let decided = |it: &&Event| matches!(it.body, EventBody::Decided(_));
        let decided = events.iter().filter(decided).count();
        assert_eq!(
            decided, 2,
            "{when}: one decision on the message, one on the order"
        );
    }
}

fn fact(event: &Event) -> Option<String> {
    Some(match &event.body {
        EventBody::MessageReceived(it) => format!("message {}", it.id),
        EventBody::EchoReceived(it) => format!("echo {}", it.id),
        EventBody::OrderChanged(it) => format!("order {}", it.id),
        EventBody::SendQueued(it) => format!("queued {}", it.send.0),
        EventBody::TimerFired(it) => format!("timer {}", it.timer),
        _ => return None,
    })
}

fn outcomes(events: &[Event], key: &str) -> Vec<SendOutcome> {
    let of = |event: &Event| match &event.body {
        EventBody::SendResolved(it) if *it.send.0 == *key => Some(it.outcome.clone()),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn simulator(clock: &Arc<ManualClock>) -> Simulator {
    let business = Business {
        number_id: NUMBER.to_owned(),
        display: "6221500900".to_owned(),
        token: "token".to_owned(),
    };
    let clock = clock.clone();
    Simulator::new(business, Arc::new(move || clock.now()), Vec::new())
}

async fn serve(
    config: &Config,
    clock: &Arc<ManualClock>,
    store: &Arc<FaultyStore>,
) -> (String, JoinHandle<anyhow::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let host = server::open_on(config.clone(), clock.clone(), store.clone()).await;
    let host = host.expect("the host opens");
    (
        url,
        tokio::spawn(server::run(host, listener, std::future::pending())),
    )
}
