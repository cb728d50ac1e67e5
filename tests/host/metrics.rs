//! What is counted: listed, exposed, shown on the dashboard, and true.

use std::collections::{BTreeMap, BTreeSet};

use baton::metrics::catalogue::{self, Kind};
use baton_simulator::Fault;
use serde_json::{Value, json};

use crate::fixture::{ADMIN, Fixture, NUMBER, messages, signature, text, until};

pub async fn exposed(host: &Fixture) -> String {
    let request = host
        .http
        .get(format!("{}/metrics", host.url))
        .bearer_auth(ADMIN);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}

/// Every sample, by its name with labels.
pub fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a sample");
        (name.to_owned(), value.parse().expect("a number"))
    };
    lines.map(sample).collect()
}

async fn journey(host: &Fixture) {
    host.says("Hello").await;
    let once = messages(NUMBER, &[text("wamid.1", "Can I talk to a person?")]);
    assert_eq!(host.signed(&once).await, 200);
    assert_eq!(host.signed(&once).await, 200);
    assert_eq!(host.webhook("main", &once, Some("sha256=zz")).await, 401);
    assert_eq!(
        host.webhook("main", &once, Some(&signature(&once, "other")))
            .await,
        401
    );
    assert_eq!(host.webhook("no-such-app", &once, None).await, 401);
    assert_eq!(host.signed("[]").await, 200);
    assert_eq!(
        host.signed(&messages("999", &[text("wamid.9", "hi")]))
            .await,
        200
    );
    let conversation = host.conversation().await;
    let id = conversation["customer"].as_str().expect("an id");
    host.bot_comes().await;
    let path = format!("/v1/conversations/{id}/{NUMBER}/return");
    assert_eq!(host.post(&path, &json!({})).await.0, 200);
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_026,
    });
    assert_eq!(host.send("Anything else?").await.0, 202);
    until("it is given up", || async {
        let (_, letters) = host.get("/v1/dead-letters").await;
        letters["items"][0]["why"].is_string()
    })
    .await;
    assert_eq!(host.send("Anyone?").await.0, 202);
    let accepted = || async { host.outcome_of("Anyone?").await["is"] == "accepted" };
    until("it is accepted", accepted).await;
}

#[tokio::test]
async fn a_journey_is_counted_as_it_went() {
    let host = Fixture::start().await;
    journey(&host).await;
    let text = exposed(&host).await;
    let counted = samples(&text);
    let of = |name: &str| {
        counted
            .get(name)
            .copied()
            .unwrap_or_else(|| panic!("no {name}"))
    };
    // Three of hers, the redelivery, two that nobody can place, and statuses.
    assert!(of("baton_webhooks_total{outcome=\"taken\"}") >= 5.0);
    assert_eq!(of("baton_webhooks_total{outcome=\"signature\"}"), 2.0);
    assert_eq!(of("baton_webhooks_total{outcome=\"unknown_app\"}"), 1.0);
    assert_eq!(
        of("baton_signature_refusals_total{why=\"signature_mismatch\"}"),
        1.0
    );
    assert_eq!(of("baton_webhook_items_total{kind=\"message\"}"), 4.0);
    assert_eq!(of("baton_items_total{outcome=\"known\"}"), 1.0);
    assert_eq!(of("baton_quarantined_total{why=\"unknown_number\"}"), 1.0);
    assert_eq!(of("baton_quarantine_items"), 2.0);
    assert!(of("baton_quarantine_bytes") > 0.0);
    assert_eq!(of("baton_decisions_total{outcome=\"hand_off\"}"), 1.0);
    assert_eq!(of("baton_decisions_total{outcome=\"stay\"}"), 1.0);
    assert_eq!(of("baton_handoffs_total{basis=\"policy\"}"), 1.0);
    assert_eq!(of("baton_sends_total{outcome=\"accepted\"}"), 1.0);
    assert_eq!(of("baton_sends_total{outcome=\"dead\"}"), 1.0);
    // A redelivery may be evaluated before the commit refuses it.
    assert!(of("baton_evaluation_seconds_count") >= 2.0);
    assert!(of("baton_module_runs_total{outcome=\"run\"}") > 10.0);
    assert!(of("baton_sync_seconds_count") > 5.0);
    assert!(of("baton_commit_batch_changes_sum") >= of("baton_commit_batch_changes_count"));
    assert!(of("process_resident_memory_bytes") > 1e6);
    assert_eq!(of("baton_work_failures_total{kind=\"effect\"}"), 0.0);
}

#[tokio::test]
async fn exactly_what_is_listed_is_exposed() {
    let host = Fixture::start().await;
    journey(&host).await;
    let text = exposed(&host).await;
    let described: BTreeSet<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let kind = |kind| match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    let listed: BTreeSet<_> = catalogue::ALL
        .iter()
        .map(|row| (row.name, kind(row.kind)))
        .collect();
    assert_eq!(described, listed);
    // Nothing of a customer or a message is a label.
    for label in ["customer", "phone", "wamid", "number="] {
        let found = text
            .lines()
            .find(|it| it.contains(label) && !it.starts_with('#'));
        assert_eq!(found, None);
    }
}

#[tokio::test]
async fn tenants_are_bounded_and_a_deferral_names_its_own() {
    use baton::metrics::Metrics;
    use baton_domain::{ids::TenantId, limits::METRIC_NAMES_MAX};
    let host = Fixture::start().await;
    let metrics = Metrics::new();
    for at in 0..METRIC_NAMES_MAX + 50 {
        let tenant = TenantId::parse(&format!("tenant-{at}")).expect("an id");
        metrics.deferrals.count(tenant.as_str());
    }
    let text = metrics.text();
    let labels = text
        .lines()
        .filter(|it| it.starts_with("baton_tenant_deferrals_total{"));
    assert_eq!(labels.count(), METRIC_NAMES_MAX + 1);
    assert!(
        text.contains("baton_tenant_deferrals_total{tenant=\"_other\"} 50"),
        "{text}"
    );
    // Of other hosts in this process nothing is seen.
    assert!(!exposed(&host).await.contains("tenant-0"));
}

#[tokio::test]
async fn metrics_open_with_their_own_key_and_the_administrators_alone() {
    let host = Fixture::start().await;
    for (key, expected) in [
        ("", 401),
        ("wrong", 401),
        (host.key.as_str(), 401),
        (ADMIN, 200),
    ] {
        let (status, _) = host.request("GET", "/metrics", key, None).await;
        assert_eq!(status, expected, "{key:?}");
    }
    let (status, _) = host
        .request("GET", "/metrics", crate::fixture::MONITOR, None)
        .await;
    assert_eq!(status, 200);
    let (status, _) = host
        .request("GET", "/admin/tenants", crate::fixture::MONITOR, None)
        .await;
    assert_eq!(status, 401, "a key for metrics opens more");
}

/// Every metric name in an expression of the dashboard.
fn names_in(dashboard: &Value, found: &mut BTreeSet<String>) {
    match dashboard {
        Value::Object(members) => {
            if let Some(expression) = members.get("expr").and_then(Value::as_str) {
                let is_part = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
                let words = expression.split(is_part);
                let of_ours = |it: &&str| it.starts_with("baton_") || it.starts_with("process_");
                found.extend(words.filter(of_ours).map(str::to_owned));
            }
            members.values().for_each(|it| names_in(it, found));
        }
        Value::Array(all) => all.iter().for_each(|it| names_in(it, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let text = include_str!("../../host/server/grafana/baton.json");
    let dashboard: Value = serde_json::from_str(text).expect("JSON");
    let mut shown = BTreeSet::new();
    names_in(&dashboard, &mut shown);
    let base = |name: &str| {
        let is_histogram = |it: &&str| {
            let mut rows = catalogue::ALL.iter();
            rows.any(|row| row.name == *it && matches!(row.kind, Kind::Histogram(_)))
        };
        let parts = ["_bucket", "_sum", "_count"];
        let base = parts
            .iter()
            .find_map(|part| name.strip_suffix(part).filter(is_histogram));
        base.unwrap_or(name).to_owned()
    };
    let shown: BTreeSet<String> = shown.iter().map(|it| base(it)).collect();
    let listed: BTreeSet<String> = catalogue::ALL.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(shown, listed);
}
