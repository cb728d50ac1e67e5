//! A customer whose every field holds a value of its own, read over every route
//! by roles that lack one field each: the value is in no byte of any answer.

use baton_domain::field::Field;
use baton_simulator::Fault;
use serde_json::{Value, json};

use super::walk::routes;
use crate::{
    fixture::{Fixture, NUMBER, PHONE, messages, sari, start_time, text, until},
    numbers::statuses,
};

const EXTERNAL: &str = "crm-77";

/// What would show that a field was given. Fields without a value of their own,
/// such as counts, show by the name of their member.
pub const MARKERS: &[(Field, &[&str])] = &[
    (Field::MessageKind, &["\"type\":\"interactive\""]),
    (
        Field::MessageText,
        &[
            "marker-message-text",
            "marker-app-echo",
            "marker-dead-letter",
            "marker-bot-said",
        ],
    ),
    (Field::MessageTextRaw, &["4111 1111"]),
    (Field::MessageButtonId, &["marker-button"]),
    (Field::MessageReferral, &["marker-referral"]),
    (
        Field::MessageRecent,
        &["marker-app-echo", "marker-dead-letter", "marker-bot-said"],
    ),
    (Field::ConversationTurns, &["\"turns\""]),
    (
        Field::ConversationFailedQuestion,
        &["marker-failed-question"],
    ),
    (Field::ConversationAgeHours, &["\"opened_at\""]),
    (Field::ConversationHandoffs, &["\"handoffs\""]),
    (Field::ConversationOwnerHistory, &["\"owner_since\""]),
    // A module's page tells of the same words.
    (Field::ConversationTags, &["\"handoffs\":1,\"tags\""]),
    (Field::BasketValue, &["40000007"]),
    (Field::BasketItems, &["marker-basket"]),
    (Field::BasketCheckoutState, &["marker-checkout"]),
    (Field::BasketAgeHours, &["\"changed_at\""]),
    (
        Field::PaymentFailures,
        &["marker-payment", "\"payment_failures\""],
    ),
    (Field::PaymentLastFailureReason, &["marker-failure-reason"]),
    (Field::PaymentLastFailureAmount, &["50000009"]),
    (Field::OrderCount, &["\"orders\":2"]),
    (Field::OrderLast, &["marker-order", "10000003", "20000005"]),
    (Field::CustomerName, &["Markername", "Wijaya"]),
    (Field::CustomerPhone, &[PHONE]),
    (Field::CustomerEmail, &["marker@kopi.example"]),
    (Field::CustomerCountry, &["marker-country"]),
    (Field::CustomerLanguage, &["marker-language"]),
    (Field::CustomerLifetimeValue, &["30000008"]),
    (Field::CustomerTags, &["marker-customer-tag"]),
    // Also by the codes of what was not sent for want of it.
    (
        Field::CustomerMarketingConsent,
        &[
            "\"marketing_consent\"",
            "\"opted_out\"",
            "\"no_marketing_consent\"",
            "\"error\":131050",
        ],
    ),
    (Field::CustomerDaysKnown, &["\"first_seen_at\""]),
    (
        Field::DeliveryPromisedDate,
        &["2027-03-17", "17 March 2027"],
    ),
    (Field::DeliveryCertainty, &["\"certainty\":"]),
    (Field::DeliveryUncertaintyReason, &["marker-uncertainty"]),
    (Field::BookingState, &["marker-booking"]),
    (Field::BookingDate, &["2027-05-19"]),
];

fn money(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "IDR" })
}

fn line(name: &str, minor: i64) -> Value {
    json!({ "product": name, "name": name, "quantity": 1, "unit_price": money(minor) })
}

/// Everything that can be known of her.
pub async fn everything(host: &Fixture) {
    let hello = "Hello, marker-message-text, card 4111 1111 1111 1111";
    let mut first = text(&format!("wamid.{PHONE}.1"), hello);
    first["referral"] = json!({ "source_type": "ad", "headline": "marker-referral" });
    let mut tapped = text(&format!("wamid.{PHONE}.2"), "");
    tapped.as_object_mut().expect("a message").remove("text");
    tapped["type"] = "interactive".into();
    tapped["interactive"] = json!({
        "type": "button_reply",
        "button_reply": { "id": "marker-button", "title": "Yes" },
    });
    for message in [first, tapped] {
        assert_eq!(host.signed(&messages(NUMBER, &[message])).await, 200);
    }
    assert_eq!(host.send("marker-bot-said").await.0, 202);
    until("it was sent", || async {
        !host.simulator.sent().is_empty()
    })
    .await;
    let refused = Fault::Refuse {
        status: 400,
        code: 131_026,
    };
    host.simulator.break_next_send(refused);
    assert_eq!(host.send("marker-dead-letter").await.0, 202);
    until("it is a dead letter", || async {
        let (_, letters) = host.get("/v1/dead-letters").await;
        letters["items"][0]["why"].is_string()
    })
    .await;
    advertised(host).await;
    let customer = json!({ "phone": PHONE, "external_id": EXTERNAL });
    let order = |it: &str, minor: i64| {
        json!({ "type": "order", "id": format!("marker-order-{it}"), "status": "paid",
            "total": money(minor), "lines": [line("marker-order-line", minor)],
            "tracking": "https://marker-order.example" })
    };
    let missed = json!({ "type": "bot_missed", "question": "marker-failed-question?" });
    let facts = json!([
        { "type": "profile", "name": "Nadia Markername", "email": "marker@kopi.example",
            "country": "marker-country", "language": "marker-language",
            "tags": ["marker-customer-tag"], "marketing_consent": true },
        order("1", 10_000_003),
        order("2", 20_000_005),
        { "type": "basket", "id": "marker-basket", "lines": [line("marker-basket-line", 7)],
            "total": money(40_000_007), "checkout_state": "marker-checkout" },
        { "type": "payment", "reference": "marker-payment", "transaction": "marker-payment-1",
            "status": "failed", "amount": money(50_000_009), "reason": "marker-failure-reason" },
        { "type": "delivery", "latest": "2027-03-17", "certainty": "uncertain",
            "reason": "marker-uncertainty" },
        { "type": "booking", "id": "marker-booking", "state": "confirmed", "date": "2027-05-19" },
        missed, missed,
    ]);
    let body = json!({ "customer": customer, "facts": facts });
    let (status, told) = host.post("/v1/events", &body).await;
    assert_eq!(status, 200, "{told}");
    until("people own", || async {
        host.conversation().await["owner"]["is"] != "bot"
    })
    .await;
    let said = host.simulator.app_says(&sari(), "marker-app-echo").await;
    said.expect("it is taken");
}

/// One advertisement that nobody consented to, one that WhatsApp refuses for her,
/// and a status that tells of the same.
async fn advertised(host: &Fixture) {
    let sale = |what: &str| {
        let message =
            json!({ "type": "template", "name": "sale", "language": "en", "parameters": [what] });
        json!({ "customer": { "phone": PHONE }, "message": message })
    };
    let fares = |what: &'static str, why: &'static str| {
        until(why, move || async move {
            host.outcome_of(&format!("[sale] {what}")).await["why"] == why
        })
    };
    assert_eq!(host.post("/v1/messages", &sale("one")).await.0, 202);
    fares("one", "no_marketing_consent").await;
    host.tell(json!([{ "type": "profile", "marketing_consent": true }]))
        .await;
    let refused = Fault::Refuse {
        status: 400,
        code: 131_050,
    };
    host.simulator.break_next_send(refused);
    assert_eq!(host.post("/v1/messages", &sale("two")).await.0, 202);
    fares("two", "opted_out").await;
    let status = json!({
        "id": host.simulator.sent()[0].id, "status": "failed", "recipient_id": PHONE,
        "timestamp": start_time().as_second().to_string(),
        "errors": [{ "code": 131_050, "title": "no" }],
    });
    assert_eq!(host.signed(&statuses(NUMBER, &[status])).await, 200);
}

/// Every byte that a token is answered on every route that reads.
async fn all_that_is_read(host: &Fixture, token: &str, customer: &str) -> String {
    let (_, decisions) = host.get("/v1/decisions?limit=200").await;
    let versions = decisions["items"].as_array().expect("decisions").iter();
    let versions: Vec<String> = versions.map(|it| it["version"].to_string()).collect();
    let mut paths = vec![
        format!("/v1/customers?phone={PHONE}"),
        format!("/v1/customers?external_id={EXTERNAL}"),
        format!("/v1/customers/{customer}/events?limit=200"),
        format!("/v1/conversations/{customer}/{NUMBER}/view"),
        "/v1/conversations?owner=people".to_owned(),
    ];
    for route in routes().into_iter().filter(|it| it.method == "GET") {
        // Counts of all customers, and of none of them.
        if route.id == "report_flags" {
            continue;
        }
        let path = route.path.replace("{customer}", customer);
        let path = path.replace("{number}", NUMBER);
        if path.contains("{version}") {
            let of = |it: &String| path.replace("{version}", it);
            if route.id == "show_case" {
                for flag in ["too-early", "too-late"] {
                    paths.extend(versions.iter().map(|it| format!("{}?flag={flag}", of(it))));
                }
            }
            paths.extend(versions.iter().map(|it| path.replace("{version}", it)));
        } else {
            paths.push(path.replace(['{', '}'], ""));
        }
    }
    let mut read = String::new();
    for path in paths {
        let url = format!("{}{path}", host.url);
        let answer = host.http.get(url).bearer_auth(token).send().await;
        let answer = answer.expect("an answer");
        read.push_str(&format!("\n{path}\n{:?}\n", answer.headers()));
        let text = answer.text().await.expect("a text");
        // What was asked for is no answer.
        read.push_str(&text);
    }
    read
}

#[tokio::test]
async fn no_byte_of_a_field_that_a_role_lacks_is_answered() {
    let host = Fixture::start().await;
    everything(&host).await;
    let customer = host.conversation().await["customer"].clone();
    let customer = customer.as_str().expect("an id");
    let all: Vec<&str> = Field::ALL.iter().map(|it| it.name()).collect();
    let actions = [
        "read-conversations",
        "read-customers",
        "read-audit",
        "manage-rules",
        "export",
    ];
    host.role("all", &all, &actions).await;
    let token = host.person("all", "all").await;
    let whole = all_that_is_read(&host, &token, customer).await;
    let markers = MARKERS
        .iter()
        .flat_map(|(field, all)| all.iter().map(move |it| (field, it)));
    let missing: Vec<_> = markers.filter(|(_, it)| !whole.contains(**it)).collect();
    assert!(
        missing.is_empty(),
        "nowhere, so they prove nothing: {missing:?}"
    );
    for lacking in Field::ALL {
        let held = Field::ALL.iter().filter(|it| *it != lacking);
        let held: Vec<&str> = held.map(|it| it.name()).collect();
        let name = format!("without-{}", lacking.name().replace('.', "-"));
        host.role(&name, &held, &actions).await;
        let token = host.person(&name, &name).await;
        let read = all_that_is_read(&host, &token, customer).await;
        if *lacking == Field::ConversationTags {
            for path in ["/v1/decisions", "/v1/handoffs"] {
                let (_, list) = host.request("GET", path, &token, None).await;
                assert!(!list.to_string().contains("\"tags\""), "{list}");
            }
        }
        // Reads of modules, by the name of the field.
        let as_read = format!("\"field\":[\"{}\"", lacking.name());
        assert_absent(&read, &as_read, *lacking);
        let markers = MARKERS.iter().filter(|(field, _)| field == lacking);
        for marker in markers.flat_map(|(_, markers)| *markers) {
            assert_absent(&read, marker, *lacking);
        }
    }
}

#[track_caller]
fn assert_absent(read: &str, marker: &str, lacking: Field) {
    // The line of the path is ours.
    let answered = read.lines().filter(|line| !line.starts_with("/v1/"));
    for line in answered {
        if let Some(at) = line.find(marker) {
            let from = line.floor_char_boundary(at.saturating_sub(300));
            let to = line.ceil_char_boundary((at + 100).min(line.len()));
            panic!(
                "without {lacking}, {marker} is answered: {}",
                &line[from..to]
            );
        }
    }
}
