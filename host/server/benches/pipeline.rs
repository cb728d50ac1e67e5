//! The host's own part of a webhook, without HTTP: folding an event, deciding
//! on what modules said, and the whole pipeline on a store in memory and on
//! disk, a message at a time.
//!
//! `cargo bench -p baton --bench pipeline`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench is read by its output"
)]

use std::{hint::black_box, path::Path, sync::Arc};

use baton::{
    clock::{Clock, SystemClock},
    config::Config,
    evaluation::{Evaluators, Suspects},
    host::{Host, Parts},
    http::RequestIds,
    metrics::Metrics,
    pipeline::take_webhook,
    releases::{ModuleLibrary, install},
    rule_pack::{PackChoice, RulePack},
};
use baton_domain::{
    decide::{DecisionRecord, weigh},
    event::{Event, EventBody, InboundMessage},
    facts::Facts,
    ids::{MessageId, NumberId, TenantId},
    module::FieldSource,
    occasion::Occasion,
    state::CustomerState,
};
use baton_sandbox::{EvaluatorPool, Sandbox, run_policy, run_rules};
use baton_store::{App, Document, MemoryStore, Options, OsEntropy, SledStore, Store, Tenant};
use baton_whatsapp::{
    graph::GraphClient,
    signature::{AppSecret, sign},
};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SECRET: &str = "bench-secret";
const NUMBER: &str = "106540352242922";
const TEXT: &str = "Will this arrive before Friday? It is a present for my sister.";
/// Messages that a customer wrote before: the thread is full.
const HISTORY: usize = 40;
const CUSTOMERS: usize = 256;
const FIVE: &[&str] = &[
    "asks-for-person",
    "bot-failed-twice",
    "complaint",
    "delivery-promise",
    "high-basket-value",
];

fn message(at: usize) -> Event {
    Event {
        at: SystemClock.now(),
        number: Some(NumberId::parse(NUMBER).unwrap()),
        body: EventBody::MessageReceived(InboundMessage {
            id: MessageId::parse(&format!("wamid.{at:056}")).unwrap(),
            kind: "text".into(),
            text: Some(TEXT.into()),
            button_id: None,
            referral: None,
            replies_to: None,
            lines: Vec::new(),
            is_content: true,
        }),
    }
}

fn full_state() -> CustomerState {
    let mut state = CustomerState::default();
    (0..HISTORY).for_each(|at| state.apply(&message(at)));
    state
}

fn fold(criterion: &mut Criterion) {
    let (state, next) = (full_state(), message(HISTORY));
    let mut group = criterion.benchmark_group("fold");
    group.bench_function("one message onto a full thread", |bencher| {
        let apply = |mut state: CustomerState| {
            state.apply(&next);
            state
        };
        bencher.iter_batched(|| state.clone(), apply, BatchSize::SmallInput);
    });
    group.bench_function("a copy of the state", |bencher| {
        bencher.iter(|| black_box(state.clone()));
    });
    group.finish();
}

fn decide(criterion: &mut Criterion) {
    let runtime = runtime();
    let host = runtime.block_on(host(Arc::new(MemoryStore::new(options()).unwrap()), FIVE));
    let tenant = host.directory();
    let tenant = tenant.tenant(&TenantId::parse("shop").unwrap()).unwrap();
    let state = Arc::new(full_state());
    let occasion = Occasion::of(&message(HISTORY), &state).unwrap();
    let facts = Facts::new(state, occasion, tenant.profile.clone());
    let source: Arc<dyn FieldSource> = Arc::new(facts.clone());
    let customer = "y98p342g7q99s8pee404gym6".to_owned().try_into().unwrap();
    let ready = runtime.block_on(host.releases_of(tenant)).unwrap();
    let release = ready.release_of(&tenant.rollout, &customer);
    let rules: Vec<_> = run_rules(&release.lineup, &source)
        .into_iter()
        .map(|timed| timed.run)
        .collect();
    let weighed = weigh(&facts, &rules, &release.terms);
    let policy = run_policy(&release.lineup, &source, &weighed.counted).run;
    criterion.bench_function("decide on the answers of five rules", |bencher| {
        bencher.iter_batched(
            || (rules.clone(), policy.clone()),
            |(rules, policy)| {
                let weighed = weigh(&facts, &rules, &release.terms);
                DecisionRecord::new(
                    &facts,
                    (release.number, &release.terms),
                    rules,
                    weighed,
                    policy,
                )
            },
            BatchSize::SmallInput,
        );
    });
}

fn pipeline(criterion: &mut Criterion) {
    let runtime = runtime();
    for (rules_are, rules) in [("no rules", &[][..]), ("five rules and the policy", FIVE)] {
        let mut group = criterion.benchmark_group(format!("pipeline, {rules_are}"));
        let memory = MemoryStore::new(options()).unwrap();
        let in_memory = runtime.block_on(host(Arc::new(memory), rules));
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let sled = SledStore::open(folder.path().join("store"), options()).unwrap();
        let on_disk = runtime.block_on(host(Arc::new(sled), rules));
        for (kept, host) in [("in memory", in_memory), ("on disk, synced", on_disk)] {
            let mut next = 0;
            group.bench_function(kept, |bencher| {
                bencher.iter_batched(
                    || {
                        next += 1;
                        signed(next)
                    },
                    |(body, signature)| {
                        let directory = host.directory();
                        let app = directory.app("main").unwrap();
                        let taken = take_webhook(&host, app, body, Some(signature.as_bytes()));
                        runtime.block_on(taken).unwrap();
                    },
                    BatchSize::SmallInput,
                );
            });
        }
        group.finish();
    }
}

fn runtime() -> Runtime {
    // Whoever was first has chosen the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn options() -> Options {
    Options::new(OsEntropy)
}

/// A host with one tenant that has these rules.
async fn host(store: Arc<dyn Store>, rules: &[&str]) -> Arc<Host> {
    let sandbox = Sandbox::new().unwrap();
    let tenant: Tenant = serde_json::from_value(json!({
        "id": "shop",
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": NUMBER, "app": "main", "token": "token" }],
    }))
    .unwrap();
    let app = App {
        name: "main".to_owned(),
        secret: SECRET.to_owned(),
        previous_secret: None,
        verify_token: "verify".to_owned(),
    };
    let revision = 0;
    store
        .put_app(Document {
            revision,
            body: app,
        })
        .await
        .unwrap();
    let tenant = Document {
        revision,
        body: tenant,
    };
    let pack = RulePack::stock(&sandbox).unwrap();
    let choice: PackChoice = serde_json::from_value(json!({ "rules": rules })).unwrap();
    let (id, now) = (&tenant.body.id, SystemClock.now());
    install(&*store, &pack, id, &choice, now).await.unwrap();
    store.put_tenant(tenant, None).await.unwrap();
    let graph_url = "http://127.0.0.1:9";
    let nowhere = Path::new("unused").to_owned();
    let parts = Parts {
        config: Config::new(nowhere, hex::encode([0; 32]), graph_url.to_owned()),
        admin_key: [0; 32],
        metrics_key: None,
        clock: Arc::new(SystemClock),
        store,
        library: ModuleLibrary::new(sandbox, pack),
        evaluators: Evaluators::new(EvaluatorPool::new(2).unwrap(), Suspects::none(), [0; 16]),
        graph: Arc::new(GraphClient::new(graph_url).unwrap()),
        metrics: Metrics::new(),
        request_ids: RequestIds::new(&OsEntropy).unwrap(),
    };
    Host::new(parts).await.unwrap()
}

/// The `at`th message as a signed webhook.
fn signed(at: usize) -> (Bytes, String) {
    let phone = format!("62812{:08}", at % CUSTOMERS);
    let message = json!({
        "from": phone,
        "id": format!("wamid.{at:056}"),
        "timestamp": SystemClock.now().as_second().to_string(),
        "type": "text",
        "text": { "body": TEXT },
    });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "6221500900", "phone_number_id": NUMBER },
        "contacts": [{ "profile": { "name": "Sari Wijaya" }, "wa_id": phone }],
        "messages": [message],
    });
    let change = json!({ "field": "messages", "value": value });
    let entry = json!({ "id": "1", "changes": [change] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    let signature = sign(body.as_bytes(), &AppSecret::new(SECRET).unwrap());
    (Bytes::from(body), signature)
}

criterion_group!(benches, fold, decide, pipeline);
criterion_main!(benches);
