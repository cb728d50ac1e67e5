//! What a webhook says, and to whom it goes.

use baton::{notify::WebhookRules, server};
use baton_store::{Options, OsEntropy};
use serde_json::{Value, json};

use super::{Receiver, endpoint, hand_off, make_endpoint, path, received, start, types};
use crate::fixture::{Fixture, PHONE, until};

#[tokio::test]
async fn a_webhook_is_signed_and_tells_no_more_than_the_endpoint_may_see() {
    let (host, receiver) = start().await;
    let fields = ["customer.name", "order.count"];
    let secret = make_endpoint(&host, "crm", &receiver.url, &fields).await;
    let conversation = hand_off(&host).await;
    received(&receiver, 1).await;
    let got = &receiver.got()[0];
    assert!(got.is_signed_with(&secret));
    assert!(!got.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert_eq!(got.timestamp, host.clock_now().as_second());
    let (body, data) = (got.json(), got.json()["data"].clone());
    assert_eq!(body["type"], "handoff.created");
    assert_eq!(data["team"], "sales");
    let known = json!({ "customer.name": "Sari Wijaya", "order.count": 0 });
    assert_eq!(data["fields"], known);
    let customer = conversation["customer"].as_str().expect("an id");
    let link = format!("https://baton.example.com/console/conversations/{customer}/");
    assert!(data["link"].as_str().expect("a link").starts_with(&link));
    // A next step is a word that the policy declares, which is nobody's secret.
    assert_eq!(
        data["next_step"],
        "Greet the customer by name and take over"
    );
    for secret in [PHONE, "0812", "9000", "talk to a person", "reasons", "tags"] {
        assert!(!got.body.contains(secret), "{secret} in {}", got.body);
    }
}

#[tokio::test]
async fn every_step_between_bot_and_people_is_told_once() {
    let (host, receiver) = start().await;
    make_endpoint(
        &host,
        "crm",
        &receiver.url,
        &["conversation.tags", "order.last"],
    )
    .await;
    let conversation = hand_off(&host).await;
    received(&receiver, 1).await;
    let claim = json!({ "agent": "ana", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &claim).await.0,
        200
    );
    received(&receiver, 2).await;
    // Of two claims one wins; nobody hears of the other.
    let other = json!({ "agent": "budi", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &other).await.0,
        409
    );
    host.bot_comes().await;
    let back = json!({ "note": "Paid, all is well" });
    assert_eq!(
        host.post(&path(&conversation, "return"), &back).await.0,
        200
    );
    received(&receiver, 3).await;
    assert_eq!(
        host.post(&path(&conversation, "resolve"), &json!({}))
            .await
            .0,
        200
    );
    received(&receiver, 4).await;
    // The same at the same time is the same, and told once.
    let order = json!([{ "type": "order", "at": host.clock_now(), "id": "A-1", "status": "paid",
        "total": { "minor": 5_000, "currency": "USD" } }]);
    host.tell(order.clone()).await;
    host.tell(order).await;
    received(&receiver, 5).await;
    let told = types(&receiver);
    let wanted = [
        "handoff.created",
        "handoff.claimed",
        "conversation.returned",
        "conversation.resolved",
        "order.changed",
    ];
    assert_eq!(told, wanted);
    let got = receiver.got();
    assert_eq!(got[1].json()["data"]["agent"], "ana");
    assert!(
        !got[2].body.contains("all is well"),
        "a note is text of people"
    );
    assert_eq!(
        got[4].json()["data"]["order"],
        json!({ "id": "A-1", "status": "paid" })
    );
    let ids: std::collections::BTreeSet<_> = got.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn tags_are_put_on_the_open_episode_and_told_once() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &["conversation.tags"]).await;
    let conversation = hand_off(&host).await;
    received(&receiver, 1).await;
    let tags = path(&conversation, "tags");
    let has = |head: &Value, tag: &str| {
        let tags = head["episode"]["tags"].as_array().expect("tags").iter();
        tags.filter(|it| *it == tag).count()
    };
    let new = json!({ "tags": ["wholesale", "vip"] });
    let (status, head) = host.post(&tags, &new).await;
    assert_eq!((status, has(&head, "wholesale")), (200, 1), "{head}");
    received(&receiver, 2).await;
    let again = json!({ "tags": ["vip", "wholesale"] });
    let (status, head) = host.post(&tags, &again).await;
    assert_eq!((status, has(&head, "vip")), (200, 1), "{head}");
    let many: Vec<_> = (0..32).map(|it| format!("tag-{it}")).collect();
    for (tags_of, limit) in [
        (json!(many), "TAGS_MAX"),
        (json!(["x".repeat(65)]), "NAME_CHARS_MAX"),
    ] {
        let (status, over) = host.post(&tags, &json!({ "tags": tags_of })).await;
        assert_eq!((status, &over["error"]["limit"]), (422, &json!(limit)));
    }
    assert_eq!(host.post(&tags, &json!({ "tags": [] })).await.0, 422);
    let ended = host.post(&path(&conversation, "resolve"), &json!({})).await;
    assert_eq!(ended.0, 200);
    assert_eq!(host.post(&tags, &new).await.0, 409, "no episode is open");
    received(&receiver, 3).await;
    let told = [
        "handoff.created",
        "conversation.tagged",
        "conversation.resolved",
    ];
    assert_eq!(types(&receiver), told);
    let data = &receiver.got()[1].json()["data"];
    assert!(data.to_string().contains("wholesale"), "{data}");
}

#[tokio::test]
async fn an_endpoint_hears_of_the_kinds_it_wants_alone() {
    let (host, receiver) = start().await;
    let body = json!({ "id": "crm", "url": receiver.url, "kinds": ["handoff.claimed"],
        "role": "integration" });
    assert_eq!(host.post("/v1/endpoints", &body).await.0, 201);
    let conversation = hand_off(&host).await;
    let claim = json!({ "agent": "ana", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &claim).await.0,
        200
    );
    received(&receiver, 1).await;
    assert_eq!(types(&receiver), ["handoff.claimed"]);
}

#[tokio::test]
async fn for_a_day_the_secret_before_signs_too() {
    let (host, receiver) = start().await;
    let before = make_endpoint(&host, "crm", &receiver.url, &[]).await;
    let (status, rotated) = host.post("/v1/endpoints/crm/rotate", &json!({})).await;
    assert_eq!(status, 200, "{rotated}");
    let now = rotated["secret"].as_str().expect("a secret");
    let conversation = hand_off(&host).await;
    received(&receiver, 1).await;
    let got = &receiver.got()[0];
    assert!(got.is_signed_with(&before) && got.is_signed_with(now));
    host.advance(24, 0);
    let claim = json!({ "agent": "ana", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &claim).await.0,
        200
    );
    received(&receiver, 2).await;
    let got = &receiver.got()[1];
    assert!(!got.is_signed_with(&before) && got.is_signed_with(now));
    // Shown once each, and not to be found on the disk.
    let shown = endpoint(&host, "crm").await.to_string();
    assert!(!shown.contains("whsec_"));
    let bare = now.strip_prefix("whsec_").expect("the prefix");
    let on_disk = files_hold(&host.data(), bare.as_bytes());
    assert!(!on_disk, "the secret lies there unsealed");
}

fn files_hold(folder: &std::path::Path, text: &[u8]) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.into_iter().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return files_hold(&path, text);
        }
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|it| it == text)
    })
}

#[tokio::test]
async fn nothing_goes_to_this_network_unless_the_configuration_says_so() {
    let host = Fixture::configured(|config| {
        config.webhooks = WebhookRules {
            allow_http: true,
            allow_private: false,
        };
    })
    .await;
    let receiver = Receiver::start().await;
    let refuse = |url: String, says: &'static str| {
        let host = &host;
        async move {
            let body = json!({ "id": "x", "url": url, "kinds": ["order.changed"], "fields": [] });
            let (status, answer) = host.post("/v1/endpoints", &body).await;
            assert_eq!(
                (status, &answer["error"]["place"]),
                (422, &json!("url")),
                "{answer}"
            );
            let message = answer["error"]["message"].as_str().expect("a message");
            assert!(message.contains(says), "{message}");
        }
    };
    refuse(receiver.url.clone(), "public internet").await;
    refuse("http://[::ffff:127.0.0.1]/".to_owned(), "public internet").await;
    refuse("gopher://example.com/".to_owned(), "https").await;
    // A name is looked up when it is connected to.
    let url = receiver.url.replace("127.0.0.1", "localhost");
    make_endpoint(&host, "crm", &url, &[]).await;
    hand_off(&host).await;
    until("it was tried", || async {
        endpoint(&host, "crm").await["failing_since"].is_string()
    })
    .await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn a_webhook_is_not_led_elsewhere() {
    let (host, receiver) = start().await;
    let elsewhere = Receiver::start().await;
    receiver.leads_to(&elsewhere.url);
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    hand_off(&host).await;
    until("it failed", || async {
        endpoint(&host, "crm").await["failing_since"].is_string()
    })
    .await;
    assert_eq!(receiver.got().len(), 1);
    assert!(elsewhere.got().is_empty());
}

#[tokio::test]
async fn what_was_on_its_way_when_the_host_died_is_sent_again_under_its_id() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    receiver.hangs(true);
    hand_off(&host).await;
    received(&receiver, 1).await;
    let copy = tempfile::TempDir::new().expect("a folder");
    let folder = copy.path().join("store");
    host.copy_store(&folder);
    receiver.hangs(false);
    let mut config = host.host.config.clone();
    config.data = folder;
    // The lease ends, and whoever looks next finds the row due.
    host.advance(0, 2);
    let options = Options::new(OsEntropy);
    let again = server::open_with(config, host.clock.clone(), options);
    let again = again.await.expect("the host opens");
    let ending = tokio_util::sync::CancellationToken::new();
    let loops = baton::work::start(&again, &ending);
    received(&receiver, 2).await;
    let got = receiver.got();
    assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
    ending.cancel();
    for one in loops {
        one.await.expect("it ends");
    }
}

#[tokio::test]
async fn an_endpoint_of_others_is_as_one_that_is_not_there() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    let tenant = crate::fixture::tenant("other", "999");
    host.admin("PUT", "/admin/tenants/other", &tenant).await;
    let new = json!({ "name": "all", "role": "operator" });
    let other = host.make_key("other", new).await;
    let ask = |method: &'static str, path: &'static str, body: Option<Value>| {
        let (host, other) = (&host, &other);
        async move { host.request(method, path, other, body.as_ref()).await }
    };
    for id in ["crm", "missing"] {
        let path: &'static str = match id {
            "crm" => "/v1/endpoints/crm",
            _ => "/v1/endpoints/missing",
        };
        let (status, answer) = ask("GET", path, None).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (404, &json!("not_found"))
        );
        assert_eq!(ask("DELETE", path, None).await.0, 404);
    }
    let (_, theirs) = ask("GET", "/v1/endpoints", None).await;
    assert_eq!(theirs["items"], json!([]));
    assert_eq!(
        host.request("DELETE", "/v1/endpoints/crm", &host.key, None)
            .await
            .0,
        204
    );
    assert_eq!(host.get("/v1/endpoints/crm").await.0, 404);
}
