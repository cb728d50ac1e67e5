//! Stored records that were damaged: an answer is the one it was before, or a
//! typed error. It is never another one, and nothing is taken twice.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use baton::{
    evaluation::{Evaluators, Suspects},
    host::{Host, Parts},
    http::{self, RequestIds},
    metrics::Metrics,
    releases::ModuleLibrary,
    rule_pack::RulePack,
};
use baton_sandbox::{EvaluatorPool, Sandbox};
use baton_store::{Options, OsEntropy, SledStore, StoreError};
use baton_whatsapp::{graph::GraphClient, signature::SIGNATURE_HEADER};
use fastrand::Rng;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    cases::cases,
    corpus::{self, pick},
    host::{ADMIN, Ask, NUMBER, Running, clock, config, signature},
};

/// Status and body.
type Answer = (u16, Value);

/// A store that is well, and what it answers.
struct Template {
    folder: TempDir,
    key: String,
    webhooks: Vec<String>,
    answers: BTreeMap<String, Answer>,
    sandbox: Sandbox,
    pack: RulePack,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_is_an_error_and_never_a_wrong_answer() {
    let template = Template::make().await;
    let mut refused = 0;
    for case in cases(25) {
        let mut random = case.random();
        let folder = TempDir::new().expect("a folder");
        copy_all(template.folder.path(), folder.path());
        let damaged = damage(&mut random, &folder.path().join("store"));
        match template.open(folder.path()).await {
            Ok(router) => refused += usize::from(template.check(&router, &damaged).await),
            Err(StoreError::Damaged { .. }) => refused += 1,
            Err(other) => panic!("{damaged:?}: {other:?}"),
        }
    }
    println!("{refused} were noticed");
    assert!(refused > 0, "no damage was ever noticed");
}

impl Template {
    async fn make() -> Self {
        let running = Running::start().await;
        let wanted = ["friday", "basket", "complaint", "payment"];
        let root = baton_tests::root().join("tests/examples");
        let mut webhooks = Vec::new();
        for (at, name) in wanted.iter().enumerate() {
            let path = root.join(name).join("body.json");
            let body = fs::read_to_string(path).expect("the example");
            // Each of them is a customer of their own.
            let body = body.replace("62812", &format!("6281{at}"));
            assert_eq!(running.signed(body.as_bytes()).await, 200);
            webhooks.push(body);
        }
        assert_eq!(running.signed(b"no webhook").await, 200);
        let facts = json!([
            { "type": "bot_missed", "at": "2026-11-24T02:00:00Z" },
            { "type": "bot_missed", "at": "2026-11-24T02:01:00Z" },
        ]);
        let told = json!({ "customer": { "external_id": "k-1" }, "facts": facts });
        let ask = Ask {
            method: "POST",
            path: "/v1/events",
            key: &running.key,
            headers: &[("content-type", "application/json")],
            body: told.to_string().into_bytes(),
        };
        assert_eq!(running.ask(ask).await.0, 200);
        let paths = paths(&running).await;
        let key = running.key.clone();
        let sandbox = Sandbox::new().expect("the sandbox starts");
        let mut template = Self {
            folder: running.ends_well().await,
            key,
            webhooks,
            answers: BTreeMap::new(),
            pack: RulePack::stock(&sandbox).expect("the stock pack loads"),
            sandbox,
        };
        let copy = TempDir::new().expect("a folder");
        copy_all(template.folder.path(), copy.path());
        let router = template.open(copy.path()).await.expect("it opens");
        for path in paths {
            let answer = template.get(&router, &path).await;
            assert_eq!(answer.0, 200, "{path}: {}", answer.1);
            template.answers.insert(path, answer);
        }
        template
    }

    /// A host on the store in `folder`, without a door.
    async fn open(&self, folder: &Path) -> Result<Router, StoreError> {
        let config = config(folder);
        let store = loop {
            match SledStore::open(&config.data, Options::new(OsEntropy)) {
                // Whoever damaged it holds it for a moment longer.
                Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
                opened => break opened?,
            }
        };
        let inline = EvaluatorPool::run_by(|job| {
            job();
            Ok(())
        });
        let host = Host::new(Parts {
            admin_key: config.admin_key().expect("a hash"),
            metrics_key: None,
            clock: clock(),
            store: Arc::new(store),
            library: ModuleLibrary::new(self.sandbox.clone(), self.pack.clone()),
            evaluators: Evaluators::new(inline, Suspects::none(), [7; 16]),
            graph: Arc::new(GraphClient::new(&config.graph_url).expect("a client")),
            metrics: Metrics::new(),
            request_ids: RequestIds::new(&OsEntropy).expect("random numbers"),
            config,
        });
        Ok(http::router(host.await?))
    }

    async fn get(&self, router: &Router, path: &str) -> Answer {
        let is_admin = path.starts_with("/admin");
        let key = if is_admin { ADMIN } else { &self.key };
        let request = Request::get(path)
            // The same id each time, so that answers can be compared.
            .header("x-request-id", "the-request-of-a-test")
            .header("authorization", format!("Bearer {key}"));
        ask(router, request.body(Body::empty()).expect("a request")).await
    }

    /// Asks for everything, tells everything again, and asks again. Returns
    /// whether anything was refused.
    async fn check(&self, router: &Router, damaged: &[String]) -> bool {
        let mut is_refused = self.compare(router, damaged).await;
        for body in &self.webhooks {
            let request = Request::post("/webhooks/whatsapp/main")
                .header(SIGNATURE_HEADER, signature(body.as_bytes()))
                .body(Body::from(body.clone()))
                .expect("a request");
            let (status, answer) = ask(router, request).await;
            assert!(
                matches!(status, 200 | 503),
                "{damaged:?}: {status} {answer}"
            );
            is_refused |= status == 503;
        }
        is_refused | self.compare(router, damaged).await
    }

    async fn compare(&self, router: &Router, damaged: &[String]) -> bool {
        let mut is_refused = false;
        for (path, before) in &self.answers {
            let answer = self.get(router, path).await;
            match answer.0 {
                503 => is_refused = true,
                _ => assert_eq!(&answer, before, "{path} after {damaged:?}"),
            }
        }
        is_refused
    }
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let Ok(response) = router.clone().oneshot(request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await;
    let body = serde_json::from_slice(&body.expect("a body")).unwrap_or_default();
    (status, body)
}

/// Everything that there is to ask for.
async fn paths(running: &Running) -> Vec<String> {
    let lists = [
        "customers",
        "conversations",
        "decisions",
        "handoffs",
        "dead-letters",
    ];
    let mut paths: Vec<String> = lists.iter().map(|it| format!("/v1/{it}")).collect();
    paths.push("/admin/tenants".to_owned());
    paths.push("/admin/quarantine".to_owned());
    paths.push("/v1/customers?external_id=k-1".to_owned());
    let customers = running.get("/v1/customers").await;
    for customer in customers["items"].as_array().expect("customers") {
        let id = customer["id"].as_str().expect("an id");
        paths.push(format!("/v1/customers/{id}"));
        paths.push(format!("/v1/customers/{id}/events"));
        let known = running.get(&format!("/v1/customers/{id}")).await;
        if known["conversations"]
            .as_array()
            .is_some_and(|it| !it.is_empty())
        {
            paths.push(format!("/v1/conversations/{id}/{NUMBER}"));
        }
    }
    assert!(paths.len() > 15, "too few customers: {paths:?}");
    paths
}

/// Damages one to three rows of a closed store; tells which, and how.
fn damage(random: &mut Rng, store: &Path) -> Vec<String> {
    let db = sled::open(store.join("rows")).expect("the rows open");
    let rows: Vec<_> = db.iter().map(|row| row.expect("a row")).collect();
    let mut damaged = Vec::new();
    for _ in 0..random.usize(1..=3) {
        let (key, value) = pick(random, &rows);
        let mut value = value.to_vec();
        let other = &pick(random, &rows).1;
        let how = spoil(random, &mut value, other);
        damaged.push(format!("{how}: {}", key.escape_ascii()));
        db.insert(key, value).expect("it is written");
    }
    db.flush().expect("it is on the disk");
    damaged
}

fn spoil(random: &mut Rng, value: &mut Vec<u8>, other: &[u8]) -> &'static str {
    let at = random.usize(..=value.len().saturating_sub(1));
    match random.u8(..5) {
        0 if !value.is_empty() => {
            value[at] ^= 1 << random.u8(..8);
            "flipped"
        }
        1 => {
            value.truncate(at);
            "cut"
        }
        2 => {
            value.push(random.u8(..));
            "longer"
        }
        3 => {
            *value = other.to_vec();
            "of another row"
        }
        _ => {
            *value = corpus::noise(random, value.len());
            "noise"
        }
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, target).expect("it is copied");
        }
    }
}
