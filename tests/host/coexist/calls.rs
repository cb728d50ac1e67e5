//! Voice calls.

use serde_json::{Value, json};

use super::{DISPLAY, second};
use crate::fixture::{Fixture, PHONE, start_time};

fn call(event: &str, direction: &str) -> Value {
    let (from, to) = if direction == "USER_INITIATED" {
        (PHONE, DISPLAY)
    } else {
        (DISPLAY, PHONE)
    };
    json!({ "calls": [{
        "id": "wacid.1", "from": from, "to": to, "event": event, "direction": direction,
        "timestamp": second(start_time()),
    }] })
}

#[tokio::test]
async fn a_call_opens_the_window_and_is_one_call() {
    let host = Fixture::start().await;
    for event in ["connect", "terminate", "connect"] {
        host.tells("calls", &call(event, "USER_INITIATED")).await;
    }
    assert_eq!(host.count_of("called").await, 1);
    let conversation = host.conversation().await;
    assert_eq!(conversation["window_open"], true);
    assert_eq!(conversation["owner"]["is"], "bot");
    assert_eq!(conversation["episode"], Value::Null);
    let thread = host.thread().await;
    assert_eq!(thread.len(), 1);
    assert_eq!(thread[0]["type"], "call");
    assert_eq!(thread[0]["author"], "customer");
    assert_eq!(host.count_of("decided").await, 0);
    assert_eq!(host.send("You called?").await.0, 202);
    host.advance(25, 0);
    assert_eq!(host.conversation().await["window_open"], false);
}

#[tokio::test]
async fn a_call_of_the_business_opens_nothing() {
    let host = Fixture::start().await;
    host.tells("calls", &call("connect", "BUSINESS_INITIATED"))
        .await;
    assert_eq!(host.count_of("called").await, 0);
    let (status, _) = host.send("We called").await;
    assert!([404, 409].contains(&status), "{status}");
}
