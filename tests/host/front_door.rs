//! Who is let in, for how long, and what the rest is told. Every limit fires
//! over a real socket.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use baton::accept::{self, Door, Limits};
use baton_domain::limits::{
    API_BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, UNWANTED_BODY_BYTES_MAX,
    WEBHOOK_BODY_BYTES_MAX,
};
use serde_json::json;

use crate::{
    fixture::{Fixture, NUMBER, SECRET, messages, signature, text, until},
    raw::{Raw, head, head_with},
};

const SHORT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(600);
const WEBHOOK: &str = "/webhooks/whatsapp/main";

/// No limit of time but those that a test sets.
fn patient() -> Limits {
    Limits {
        header: LONG,
        body: LONG,
        request: LONG,
        write_stall: LONG,
        ..Limits::default()
    }
}

async fn host(limits: Limits) -> Fixture {
    Fixture::configured(|config| config.limits = limits).await
}

/// A front door before routes of our own.
async fn door(limits: Limits, connections: usize, router: Router) -> (String, Arc<Door>) {
    let listener = accept::listen(anywhere()).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let door = Arc::new(Door::new(limits));
    let router = accept::in_time(router, &door);
    let of_loop = door.clone();
    tokio::spawn(async move {
        let never = std::future::pending();
        accept::serve(listener, connections, router, &of_loop, None, never).await;
    });
    (url, door)
}

fn anywhere() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

fn authorized(bearer: &str) -> [(&str, &str); 2] {
    [
        ("authorization", bearer),
        ("content-type", "application/json"),
    ]
}

#[test]
fn the_limits_are_the_constants() {
    use baton_domain::limits::*;
    let expected = Limits {
        refusals_at_once: REFUSALS_AT_ONCE_MAX,
        refusal: Duration::from_secs(REFUSAL_SECONDS_MAX),
        accept_pause: Duration::from_millis(ACCEPT_PAUSE_MS),
        handshake: Duration::from_secs(TLS_HANDSHAKE_SECONDS_MAX),
        header: Duration::from_secs(HEADER_SECONDS_MAX),
        body: Duration::from_secs(BODY_SECONDS_MAX),
        request: Duration::from_secs(REQUEST_SECONDS_MAX),
        write_stall: Duration::from_secs(WRITE_STALL_SECONDS_MAX),
        drain: Duration::from_secs(DRAIN_SECONDS_MAX),
        bodies_bytes: BODIES_BYTES_MAX,
        webhooks: WEBHOOKS_IN_FLIGHT_MAX,
        webhooks_shed_statuses: WEBHOOKS_SHED_STATUSES_MIN,
        webhook_bytes: WEBHOOKS_IN_FLIGHT_BYTES_MAX,
        webhook_bytes_shed_statuses: WEBHOOKS_SHED_STATUSES_BYTES_MIN,
        api_requests: API_REQUESTS_IN_FLIGHT_MAX,
    };
    assert_eq!(Limits::default(), expected);
    assert_eq!((HEADER_SECONDS_MAX, BODY_SECONDS_MAX), (5, 5));
    assert_eq!(HEADER_BYTES_MAX, 32 * 1024);
    assert_eq!(WEBHOOK_BODY_BYTES_MAX, 4 * 1024 * 1024);
}

#[tokio::test]
async fn a_header_comes_in_time_or_not_at_all() {
    let limits = Limits {
        header: SHORT,
        ..patient()
    };
    let (url, door) = door(limits, 100, hello()).await;
    let mut silent = Raw::open(&url).await;
    silent.closed().await;
    let mut slow = Raw::open(&url).await;
    slow.send("GET / HTTP/1.1\r\nhost: ").await;
    assert!(slow.dribble("x", PAUSE).await.is_none());
    let mut idle = Raw::open(&url).await;
    assert_eq!(idle.get("/").await.expect("an answer").status, 200);
    idle.closed().await;
    until("three are counted", async || {
        door.counts.headers_timed_out.get() == 3
    })
    .await;
}

#[tokio::test]
async fn a_header_fits_or_is_refused() {
    let (url, door) = door(patient(), 100, hello()).await;
    let with = |bytes: usize| {
        let start = "GET / HTTP/1.1\r\nhost: baton\r\nx: ";
        let filling = "x".repeat(bytes - start.len() - 4);
        format!("{start}{filling}\r\n\r\n")
    };
    let mut fits = Raw::open(&url).await;
    fits.send(with(HEADER_BYTES_MAX - 1)).await;
    assert_eq!(fits.answer().await.expect("an answer").status, 200);
    let mut large = Raw::open(&url).await;
    large.send(with(HEADER_BYTES_MAX + 1)).await;
    assert_eq!(large.answer().await.map(|it| it.status), Some(431));
    large.closed().await;
    let mut many = Raw::open(&url).await;
    let headers = "x: x\r\n".repeat(HEADERS_MAX + 1);
    many.send(format!("GET / HTTP/1.1\r\n{headers}\r\n")).await;
    assert_eq!(many.answer().await.map(|it| it.status), Some(431));
    let mut endless = Raw::open(&url).await;
    endless.send("GET / HTTP/1.1\r\nx: ").await;
    while endless.send("x".repeat(8_192)).await {}
    until("three are counted", async || {
        door.counts.headers_too_large.get() == 3
    })
    .await;
}

#[tokio::test]
async fn what_is_not_http_is_closed() {
    let (url, door) = door(patient(), 100, hello()).await;
    for nonsense in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}"] {
        let mut raw = Raw::open(&url).await;
        raw.send(nonsense).await;
        raw.closed().await;
    }
    until("they are counted", async || {
        door.counts.malformed.get() == 3
    })
    .await;
}

#[tokio::test]
async fn a_whole_body_comes_in_time_or_not_at_all() {
    let host = host(Limits {
        body: SHORT,
        ..patient()
    })
    .await;
    let of_api = head_with(
        "/v1/events",
        1_000,
        &authorized(&format!("Bearer {}", host.key)),
    );
    let chunked =
        format!("POST {WEBHOOK} HTTP/1.1\r\nhost: b\r\ntransfer-encoding: chunked\r\n\r\n");
    for (head, bit) in [
        (head(WEBHOOK, 1_000), " "),
        (of_api, " "),
        (chunked, "1\r\n \r\n"),
    ] {
        let mut slow = Raw::open(&host.url).await;
        slow.send(&head).await;
        let answer = slow.dribble(bit, PAUSE).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (408, "body_timed_out"),
            "{head}"
        );
        assert!(answer.is_identified(), "{answer:?}");
        slow.closed().await;
    }
    assert_eq!(host.host.door.counts.bodies_timed_out.get(), 3);
    // Who needs no key is not waited for.
    let mut stranger = Raw::open(&host.url).await;
    stranger.send(head("/v1/events", 1_000)).await;
    assert_eq!(stranger.answer().await.map(|it| it.status), Some(401));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_connection_goes_on() {
    let host = host(patient()).await;
    let mut raw = Raw::open(&host.url).await;
    let bearer = format!("Bearer {}", host.key);
    for (path, bytes) in [
        (WEBHOOK, WEBHOOK_BODY_BYTES_MAX + 1),
        // More than is read before it is refused: the rest is thrown away.
        (WEBHOOK, 2 * WEBHOOK_BODY_BYTES_MAX),
        ("/v1/events", 8 * API_BODY_BYTES_MAX),
    ] {
        raw.send(head_with(path, bytes, &authorized(&bearer))).await;
        assert!(raw.send(vec![b' '; bytes]).await);
        let answer = raw.answer().await.expect("an answer");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (413, "body_too_large")
        );
        assert_eq!(raw.get("/healthz").await.map(|it| it.status), Some(200));
    }
    let body = messages(NUMBER, &[text("wamid.1", "as long as may be")]);
    let padding = " ".repeat(WEBHOOK_BODY_BYTES_MAX - body.len());
    let body = body + &padding;
    assert_eq!(host.signed(&body).await, 200);
    assert_eq!(host.count_of("message_received").await, 1);
}

#[tokio::test]
async fn an_endless_body_is_not_read_to_its_end() {
    let host = host(patient()).await;
    let mut raw = Raw::open(&host.url).await;
    raw.send(head(WEBHOOK, usize::MAX >> 1)).await;
    let piece = vec![b' '; 1024 * 1024];
    let mut sent = 0;
    while raw.send(&piece).await {
        sent += piece.len();
        assert!(sent < 16 * UNWANTED_BODY_BYTES_MAX, "it takes everything");
    }
}

#[tokio::test]
async fn a_body_that_waits_to_be_wanted_is_not_asked_for_in_vain() {
    let host = host(patient()).await;
    let mut raw = Raw::open(&host.url).await;
    let asking = head_with("/v1/events", 100, &[("expect", "100-continue")]);
    raw.send(asking).await;
    // Not `100 Continue`: no key, no body.
    assert_eq!(raw.answer().await.map(|it| it.status), Some(401));
    raw.closed().await;
}

#[tokio::test]
async fn refusals_of_every_kind_have_the_stable_form() {
    let host = host(patient()).await;
    let url = |path: &str| format!("{}{path}", host.url);
    let events = || host.http.post(url("/v1/events")).bearer_auth(&host.key);
    for (request, status, code) in [
        (host.http.put(url("/healthz")), 405, "method_not_allowed"),
        (events().body("{}"), 415, "unsupported_media_type"),
        (
            events()
                .header("content-type", "application/json")
                .body("{"),
            400,
            "body_unreadable",
        ),
        (
            events().json(&json!({ "customer": 1 })),
            422,
            "body_invalid",
        ),
        (
            host.http
                .get(url("/v1/customers?limit=x"))
                .bearer_auth(&host.key),
            400,
            "query_invalid",
        ),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status);
        let body: serde_json::Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(
            body["error"]["message"]
                .as_str()
                .is_some_and(|it| !it.is_empty())
        );
    }
}

#[tokio::test]
async fn bodies_that_are_still_coming_have_a_bound_together() {
    let host = host(Limits {
        bodies_bytes: 2_000,
        ..patient()
    })
    .await;
    let mut first = Raw::open(&host.url).await;
    first.send(head(WEBHOOK, 1_600)).await;
    first.send([b' '; 1_500]).await;
    // What it sent is counted once it was read, which takes a moment.
    until("another is shed", async || {
        let mut second = Raw::open(&host.url).await;
        second.send(head(WEBHOOK, 1_000)).await;
        second.send([b' '; 1_000]).await;
        let answer = second.answer().await.expect("an answer");
        assert!(answer.status == 200 || answer.is_identified(), "{answer:?}");
        answer.status == 503 && answer.code() == "overloaded" && answer.has("retry-after: 1")
    })
    .await;
    assert!(host.host.door.counts.bodies_shed.get() >= 1);
    first.send([b' '; 100]).await;
    assert_eq!(first.answer().await.map(|it| it.status), Some(401));
    let body = messages(NUMBER, &[text("wamid.1", "hello")]);
    until("the room is free again", async || {
        host.webhook("main", &body, Some(&signature(&body, SECRET)))
            .await
            == 200
    })
    .await;
}

#[tokio::test]
async fn over_the_cap_a_connection_is_told_so() {
    let limits = Limits {
        refusals_at_once: 1,
        refusal: LONG,
        ..patient()
    };
    let (url, door) = door(limits, 2, hello()).await;
    let mut served = [Raw::open(&url).await, Raw::open(&url).await];
    for one in &mut served {
        assert_eq!(one.get("/").await.map(|it| it.status), Some(200));
    }
    let mut third = Raw::open(&url).await;
    let answer = third.get("/").await.expect("an answer");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "too_many_connections")
    );
    assert!(answer.has("retry-after: 1") && answer.has("connection: close"));
    // One is being told at a time here: the fourth waits until the third went.
    let mut fourth = Raw::open(&url).await;
    assert_eq!(door.counts.connections_refused.get(), 1);
    drop(third);
    assert_eq!(fourth.answer().await.map(|it| it.status), Some(503));
    drop(fourth);
    assert_eq!(served[1].get("/").await.map(|it| it.status), Some(200));
    drop(served);
    until("there is room again", async || {
        let answer = Raw::open(&url).await.get("/").await;
        answer.is_some_and(|it| it.status == 200)
    })
    .await;
}

#[tokio::test]
async fn a_refused_connection_that_does_not_listen_is_closed() {
    let limits = Limits {
        refusal: SHORT,
        ..patient()
    };
    let (url, _) = door(limits, 1, hello()).await;
    let mut served = Raw::open(&url).await;
    assert_eq!(served.get("/").await.map(|it| it.status), Some(200));
    let mut deaf = Raw::open(&url).await;
    while deaf.send("x").await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_who_dribble_are_reaped_beside_those_who_do_not() {
    accept::files::allow_for(4_096).expect("files enough");
    let host = host(Limits {
        header: Duration::from_secs(2),
        body: Duration::from_secs(2),
        ..patient()
    })
    .await;
    let mut slow = Vec::new();
    for at in 0..2_000 {
        let mut one = Raw::open(&host.url).await;
        let of_header = "GET / HTTP/1.1\r\nx: ".to_owned();
        let start = if at % 2 == 0 {
            head(WEBHOOK, 1_000)
        } else {
            of_header
        };
        one.send(start).await;
        let pause = Duration::from_millis(500);
        slow.push(tokio::spawn(async move { one.dribble("x", pause).await }));
        if at % 100 == 0 {
            let id = format!("wamid.{at}");
            let body = messages(NUMBER, &[text(&id, "hello")]);
            assert_eq!(host.signed(&body).await, 200);
        }
    }
    for (at, one) in slow.into_iter().enumerate() {
        let answer = one.await.expect("no panic");
        if let Some(answer) = answer {
            assert_eq!((at % 2, answer.status), (0, 408));
        }
    }
    let counts = &host.host.door.counts;
    assert_eq!(counts.bodies_timed_out.get(), 1_000);
    assert!(counts.headers_timed_out.get() >= 1_000);
    assert_eq!(host.count_of("message_received").await, 20);
    assert_eq!(counts.connections_refused.get(), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_kept_for_ever() {
    let limits = Limits {
        write_stall: SHORT,
        ..patient()
    };
    let much = "x".repeat(32 * 1024 * 1024);
    let router = Router::new().route("/", get(async move || much));
    let (url, door) = door(limits, 100, router).await;
    let mut deaf = Raw::narrow(&url).await;
    deaf.send("GET / HTTP/1.1\r\nhost: baton\r\n\r\n").await;
    until("it is counted", async || {
        door.counts.writes_stalled.get() == 1
    })
    .await;
    until("it is closed", async || {
        door.counts.connections_open.get() == 0
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for() {
    let panics = get(async || -> &'static str { panic!("on purpose") });
    let (url, door) = door(patient(), 100, hello().route("/panic", panics)).await;
    let mut raw = Raw::open(&url).await;
    let answer = raw.get("/panic").await.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
    assert!(!answer.body.contains("purpose"));
    assert_eq!(raw.get("/").await.map(|it| it.status), Some(200));
    assert_eq!(door.counts.requests_panicked.get(), 1);
}
