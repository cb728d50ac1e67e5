//! A message to a customer is sent at most once, and only while it is the
//! bot's turn.

use baton_domain::limits::{SEND_TRIES_MAX, STOPPED_NUMBER_MINUTES};
use baton_simulator::Fault;
use baton_store::{Store, WorkKind};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    fixture::{Fixture, sari, until},
    metrics::{exposed, samples},
};

#[tokio::test]
async fn a_message_is_sent_once_under_its_key() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    for _ in 0..3 {
        let (status, _) = host.send("Welcome!").await;
        assert_eq!(status, 202);
    }
    let accepted = || async { host.outcome_of("Welcome!").await["is"] == "accepted" };
    until("it is accepted", accepted).await;
    assert_eq!(host.simulator.sent().len(), 1);
    assert_eq!(host.count_of("send_queued").await, 1);
}

#[tokio::test]
async fn what_waits_in_the_outbox_does_not_leave_over_a_person() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_056,
    });
    assert_eq!(host.send("Are you still there?").await.0, 202);
    let begun = || async { host.count_of("send_resolved").await >= 1 };
    until("it was tried", begun).await;
    host.simulator
        .app_says(&sari(), "Hi, Dewi here")
        .await
        .expect("it is taken");
    // Well after the retry is due.
    until("it is suppressed", || async {
        host.advance(0, 2);
        host.outcome_of("Are you still there?").await["why"] == "people_own"
    })
    .await;
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn an_answer_that_tells_nothing_is_settled_by_the_status() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.simulator.break_next_send(Fault::TakeAndHangUp);
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("the status came", || async {
        host.count_of("receipt").await == 3
    })
    .await;
    for _ in 0..4 {
        host.advance(0, 11);
        let _ = host.outcome_of("Welcome!").await;
    }
    // A later message passes, so the loop has looked at everything due.
    assert_eq!(host.send("And another thing").await.0, 202);
    let accepted = || async { host.outcome_of("And another thing").await["is"] == "accepted" };
    until("the next is accepted", accepted).await;
    let sent: Vec<String> = host
        .simulator
        .sent()
        .iter()
        .map(baton_simulator::SentMessage::text)
        .collect();
    assert_eq!(sent, ["Welcome!", "And another thing"]);
    let (_, letters) = host.get("/v1/dead-letters").await;
    assert_eq!(letters["items"], json!([]));
}

#[tokio::test]
async fn what_crossed_a_takeover_is_shown_so_when_only_its_status_tells() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.simulator.break_next_send(Fault::TakeAndHangUp);
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("the status came", || async {
        host.count_of("receipt").await == 3
    })
    .await;
    host.simulator
        .app_says(&sari(), "Hi, Dewi here")
        .await
        .expect("it is taken");
    until("it is shown", || async {
        host.advance(0, 11);
        host.outcome_of("Welcome!").await["is"] == "crossed"
    })
    .await;
    assert_eq!(host.simulator.sent().len(), 1);
}

#[tokio::test]
async fn a_message_whose_fate_nobody_knows_becomes_a_dead_letter() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.simulator.break_next_send(Fault::Refuse {
        status: 500,
        code: 131_000,
    });
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("it was tried", || async {
        host.count_of("send_resolved").await >= 1
    })
    .await;
    until("it is a dead letter", || async {
        host.advance(0, 11);
        let (_, letters) = host.get("/v1/dead-letters").await;
        letters["items"][0]["why"] == "fate_unknown"
    })
    .await;
    assert!(
        host.simulator.sent().is_empty(),
        "it was sent a second time"
    );
}

#[tokio::test]
async fn a_dead_token_is_told_and_a_new_one_works_without_a_restart() {
    let host = Fixture::start().await;
    let mut tenant = crate::fixture::tenant("shop", crate::fixture::NUMBER);
    tenant["numbers"][0]["token"] = json!("an-old-token");
    let put = |revision: &'static str, tenant: serde_json::Value| {
        let request = host.http.put(format!("{}/admin/tenants/shop", host.url));
        let request = request
            .bearer_auth(crate::fixture::ADMIN)
            .header("if-match", revision);
        request.json(&tenant).send()
    };
    assert_eq!(
        put("\"1\"", tenant.clone())
            .await
            .expect("an answer")
            .status(),
        200
    );
    host.says("Hello").await;
    assert_eq!(host.send("First").await.0, 202);
    until("it was tried", || async {
        host.count_of("send_resolved").await >= 1
    })
    .await;
    tenant["numbers"][0]["token"] = json!("token");
    assert_eq!(put("\"2\"", tenant).await.expect("an answer").status(), 200);
    until("it is sent once the token holds", || async {
        host.advance(0, 5);
        host.outcome_of("First").await["is"] == "accepted"
    })
    .await;
    assert_eq!(host.simulator.sent().len(), 1);
}

#[tokio::test]
async fn outside_the_window_only_a_template_is_promised() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.advance(25, 0);
    let (status, answer) = host.send("Still there?").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("outside_service_window"))
    );
    let long = "x".repeat(5_000);
    let (status, _) = host.send(&long).await;
    assert_eq!(
        status, 422,
        "WhatsApp's own limits are checked before a promise"
    );
}

/// When a message is due next.
async fn next_due(host: &Fixture) -> Timestamp {
    let store = &host.host.store;
    let next = Store::next_due(&**store, WorkKind::Effect).await;
    next.expect("the store reads").expect("it waits")
}

#[tokio::test]
async fn a_wait_for_the_token_is_no_try() {
    let host = Fixture::start().await;
    host.rewrite(|document| document["numbers"][0]["token"] = json!("an-old-token"))
        .await;
    host.says("Hello").await;
    assert_eq!(host.send("Welcome!").await.0, 202);
    let waits = || async {
        let wait = next_due(&host).await.duration_since(host.clock_now());
        wait == SignedDuration::from_mins(STOPPED_NUMBER_MINUTES)
    };
    for _ in 0..SEND_TRIES_MAX + 2 {
        until("it waits for the token", waits).await;
        host.clock.set(next_due(&host).await);
    }
    until("it waits for the token", waits).await;
    let tenant = crate::fixture::tenant("shop", crate::fixture::NUMBER);
    let request = host.http.put(format!("{}/admin/tenants/shop", host.url));
    let request = request.bearer_auth(crate::fixture::ADMIN).json(&tenant);
    let answer = request.header("if-match", "\"2\"").send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    host.simulator.break_next_send(Fault::Refuse {
        status: 429,
        code: 130_429,
    });
    until("it is sent", || async {
        host.advance(0, 1);
        host.outcome_of("Welcome!").await["is"] == "accepted"
    })
    .await;
    let (_, letters) = host.get("/v1/dead-letters").await;
    assert_eq!(letters["items"], json!([]));
}

#[tokio::test]
async fn what_was_put_off_while_the_clock_was_ahead_leaves_once_it_is_set_back() {
    let host = Fixture::start().await;
    let right = host.clock_now();
    host.rewrite(|document| document["numbers"][0]["token"] = json!("an-old-token"))
        .await;
    host.advance(400 * 24, 0);
    host.says("Hello").await;
    assert_eq!(host.send("Welcome!").await.0, 202);
    let waits = || async {
        let wait = next_due(&host).await.duration_since(host.clock_now());
        wait == SignedDuration::from_mins(STOPPED_NUMBER_MINUTES)
    };
    until("it waits for the token", waits).await;
    host.clock.set(right);
    until("it waits no longer than it was to", waits).await;
    host.rewrite(|_| {}).await;
    host.clock.set(next_due(&host).await);
    until("it is sent", || async {
        host.outcome_of("Welcome!").await["is"] == "accepted"
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_each_time_is_given_up_after_so_many_tries() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    for _ in 0..SEND_TRIES_MAX {
        host.simulator.break_next_send(Fault::Refuse {
            status: 429,
            code: 130_429,
        });
    }
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("it is given up", || async {
        host.advance(0, 20);
        let (_, letters) = host.get("/v1/dead-letters").await;
        letters["items"][0]["why"].is_string()
    })
    .await;
    let tried = host.count_of("send_resolved").await;
    assert_eq!(tried, SEND_TRIES_MAX as usize + 1, "and that it is dead");
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn what_is_done_again_since_others_changed_the_customer_counts_once() {
    const SENDS: usize = 24;
    let host = Fixture::start().await;
    host.says("Hello").await;
    let is_over = std::cell::Cell::new(false);
    // Others never stop changing her.
    let changing = |who: usize| {
        let (host, is_over) = (&host, &is_over);
        async move {
            for at in 0.. {
                if is_over.get() {
                    return;
                }
                let email = format!("sari-{who}-{at}@example.com");
                host.tell(json!([{ "type": "profile", "email": email }]))
                    .await;
            }
        }
    };
    let sending = async {
        for at in 0..SENDS {
            let sale = json!({ "type": "template", "name": "sale", "language": "en",
                "parameters": [at.to_string()] });
            let body = json!({ "customer": { "phone": crate::fixture::PHONE }, "message": sale });
            assert_eq!(host.post("/v1/messages", &body).await.0, 202);
            until("it is suppressed", || async {
                let counted = samples(&exposed(&host).await);
                let suppressed = counted.get("baton_sends_total{outcome=\"suppressed\"}");
                suppressed.is_some_and(|it| *it > at as f64)
            })
            .await;
        }
        is_over.set(true);
    };
    tokio::join!(sending, changing(0), changing(1), changing(2), changing(3));
    let counted = samples(&exposed(&host).await);
    let suppressed = counted["baton_sends_total{outcome=\"suppressed\"}"];
    assert_eq!(suppressed, SENDS as f64);
    assert!(counted["baton_commits_total{outcome=\"retried\"}"] > 0.0);
}
