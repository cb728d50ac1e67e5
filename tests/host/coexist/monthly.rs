//! Once a month WhatsApp is asked for the history.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{chunk, hers};
use crate::fixture::{ADMIN, Fixture, NUMBER, start_time, tenant, until};

/// The tenant wants it on the day of the tests.
async fn wants_audits(host: &Fixture, revision: u32) {
    let mut document = tenant("shop", NUMBER);
    document["audit_sync"] = json!({ "day_of_month": 24 });
    let url = format!("{}/admin/tenants/shop", host.url);
    let request = host.http.put(url).bearer_auth(ADMIN).json(&document);
    let request = request.header("if-match", format!("\"{revision}\""));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
}

async fn comparison(host: &Fixture, id: &str) -> Option<Value> {
    let all = host.comparisons().await;
    all.into_iter().find(|it| it["id"] == id)
}

#[tokio::test]
async fn a_month_is_compared_once() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let lost = start_time() + SignedDuration::from_mins(30);
    let told = [hers("wamid.lost", lost, "Are you there?")];
    host.simulator.app_holds(vec![chunk(0, 1, 100, &told)]);
    wants_audits(&host, 1).await;
    host.advance(4, 0);
    until("the history came", || async {
        let found = comparison(&host, "monthly-2026-11").await;
        found.is_some_and(|it| it["discrepancies"] == 1)
    })
    .await;
    assert_eq!(host.simulator.asked_for_history(), 1);
    // Another host on the same store asks no second time, and ends it.
    let later = host.again(|_| {}, |_| {}).await;
    later.simulator.app_holds(Vec::new());
    host.advance(25, 0);
    until("it is over", || async {
        let found = comparison(&later, "monthly-2026-11").await;
        found.is_some_and(|it| it["state"] == "done")
    })
    .await;
    assert_eq!(later.simulator.asked_for_history(), 0);
    let found = comparison(&later, "monthly-2026-11")
        .await
        .expect("it is kept");
    assert_eq!(found["counts"], json!({ "missing_here": 1 }));
    assert_eq!(
        (&found["why"], &found["next"]),
        (&Value::Null, &Value::Null)
    );
    // The next month has a comparison of its own.
    host.advance(30 * 24, 0);
    until("it is asked for again", || async {
        comparison(&host, "monthly-2026-12").await.is_some()
            && host.simulator.asked_for_history() == 2
    })
    .await;
}

#[tokio::test]
async fn what_is_not_to_be_had_says_what_to_do() {
    let host = Fixture::start().await;
    wants_audits(&host, 1).await;
    host.advance(1, 0);
    until("it is refused", || async {
        let found = comparison(&host, "monthly-2026-11").await;
        found.is_some_and(|it| it["state"] == "not_available")
    })
    .await;
    let found = comparison(&host, "monthly-2026-11")
        .await
        .expect("it is kept");
    assert_eq!(found["why"], "refused");
    let next = found["next"].as_str().expect("what to do");
    assert!(next.contains("baton audit-sync"), "{next}");
    // Taken, and nothing comes.
    host.simulator.app_holds(Vec::new());
    host.advance(30 * 24, 0);
    until("it is asked for", || async {
        host.simulator.asked_for_history() == 2
    })
    .await;
    host.advance(25, 0);
    until("nothing came", || async {
        let found = comparison(&host, "monthly-2026-12").await;
        found.is_some_and(|it| it["why"] == "nothing_came")
    })
    .await;
}

#[tokio::test]
async fn before_its_day_nothing_is_asked() {
    let host = Fixture::start().await;
    let mut document = tenant("shop", NUMBER);
    document["audit_sync"] = json!({ "day_of_month": 32 });
    let (status, answer) = host.admin("PUT", "/admin/tenants/shop", &document).await;
    assert_eq!(status, 422, "{answer}");
    document["audit_sync"] = json!({ "day_of_month": 31 });
    let url = format!("{}/admin/tenants/shop", host.url);
    let request = host.http.put(url).bearer_auth(ADMIN).json(&document);
    let answer = request
        .header("if-match", "\"1\"")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    host.advance(24, 0);
    // Of a month of 30 days the last is the day.
    host.advance(5 * 24 + 1, 0);
    until("it is asked for", || async {
        host.simulator.asked_for_history() == 1
    })
    .await;
    let found = comparison(&host, "monthly-2026-11")
        .await
        .expect("it is kept");
    assert!(
        found["started_at"]
            .as_str()
            .expect("a time")
            .starts_with("2026-11-30"),
        "{found}"
    );
}
