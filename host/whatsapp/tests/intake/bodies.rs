//! What must hold for every body, whatever it says.

use std::{collections::BTreeSet, fs};

use crate::common::{fixtures, parse_text};
use baton_domain::limits::WEBHOOK_ITEMS_MAX;
use baton_whatsapp::webhook::{
    Content, NotWebhook, Update, identity::Identity, message::Part, update::Fault,
};
use serde_json::{Value, json};

fn envelope(field: &str, value: &Value) -> String {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": field, "value": value }] }],
    })
    .to_string()
}

fn messages(messages: Vec<Value>) -> String {
    let metadata = json!({ "display_phone_number": "15550783881", "phone_number_id": "2" });
    envelope(
        "messages",
        &json!({ "metadata": metadata, "messages": messages }),
    )
}

fn text(id: &str, body: &Value) -> Value {
    json!({
        "from": "16505551234", "id": id, "timestamp": "1739321024",
        "type": "text", "text": { "body": body },
    })
}

fn updates(body: &str) -> Vec<Update> {
    parse_text(body).unwrap().updates
}

fn identities(updates: &[Update]) -> Vec<Vec<u8>> {
    updates
        .iter()
        .map(|update| update.identity.canonical_bytes())
        .collect()
}

#[test]
fn a_thousand_updates_are_a_thousand_updates_in_order() {
    let sent = (0..1_000)
        .map(|n| text(&format!("wamid.{n}"), &json!(format!("{n}"))))
        .collect();
    let read = updates(&messages(sent));
    assert_eq!(read.len(), 1_000);
    for (n, update) in read.iter().enumerate() {
        let Content::Message(message) = &update.content else {
            panic!("{update:?}")
        };
        assert_eq!(message.id.as_str(), format!("wamid.{n}"));
        assert_eq!(message.content.text, Some(n.to_string()));
    }
    let distinct: BTreeSet<_> = identities(&read).into_iter().collect();
    assert_eq!(distinct.len(), 1_000);
}

#[test]
fn one_bad_item_costs_itself_only() {
    for bad in [
        json!(null),
        json!(7),
        json!("x"),
        json!([]),
        json!({}),
        json!({ "id": [] }),
    ] {
        let read = updates(&messages(vec![
            text("a", &json!("1")),
            bad.clone(),
            text("b", &json!("2")),
        ]));
        let kinds: Vec<bool> = read
            .iter()
            .map(|update| matches!(update.content, Content::Message(_)))
            .collect();
        assert_eq!(kinds, [true, false, true], "{bad}");
        assert_eq!(read[1].raw.as_str(), bad.to_string());
    }
}

/// Serde reads the members of a struct from a list too, in their order.
#[test]
fn a_list_of_texts_is_no_message() {
    let list = json!([
        "wamid.x",
        "16505551234",
        null,
        null,
        null,
        null,
        null,
        "1739321024",
        "text"
    ]);
    let members = 27 - list.as_array().map_or(0, Vec::len);
    let mut list = list;
    list.as_array_mut()
        .unwrap()
        .extend(vec![Value::Null; members]);
    let read = updates(&messages(vec![list]));
    assert!(
        matches!(read[0].content, Content::Unreadable(_)),
        "{:?}",
        read[0].content
    );
}

#[test]
fn a_customer_who_wrote_is_kept_though_the_body_is_odd() {
    let read = updates(&messages(vec![text("a", &json!({ "not": "text" }))]));
    let Content::Message(message) = &read[0].content else {
        panic!("{read:?}")
    };
    assert!(matches!(message.content.part, Part::Unreadable(_)));
    assert_eq!(
        read[0].address.as_ref().unwrap().phone().unwrap().as_str(),
        "16505551234"
    );
}

#[test]
fn the_same_item_has_the_same_identity_in_any_order_of_keys() {
    for path in fixtures() {
        let body = fs::read_to_string(&path).unwrap();
        let Ok(value) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        let sent = updates(&body);
        let reordered = updates(&reversed(&value));
        assert_eq!(
            identities_sorted(&sent),
            identities_sorted(&reordered),
            "{}",
            path.display()
        );
        // `doubled-key` alone: its second sender is lost on the way through `Value`.
    }
}

/// The order of lists within a value follows its keys, so compare as sets.
fn identities_sorted(updates: &[Update]) -> BTreeSet<Vec<u8>> {
    updates
        .iter()
        .filter(|update| !is_doubled(update))
        .map(|u| u.identity.canonical_bytes())
        .collect()
}

fn is_doubled(update: &Update) -> bool {
    update.raw.as_str().contains("Two senders")
}

/// The same JSON with the keys of every object from last to first.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(pairs) => {
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by(|one, other| other.0.cmp(one.0));
            let pairs = pairs
                .iter()
                .map(|(key, item)| format!("{} : {}", json!(key), reversed(item)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(" , "))
        }
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(reversed).collect::<Vec<_>>().join(" , ")
            )
        }
        other => other.to_string(),
    }
}

#[test]
fn a_redelivery_has_the_same_identities_and_different_fixtures_have_others() {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for path in fixtures() {
        let body = fs::read_to_string(&path).unwrap();
        let first = updates(&body);
        assert_eq!(
            identities(&first),
            identities(&updates(&body)),
            "{}",
            path.display()
        );
        let own: BTreeSet<_> = identities(&first).into_iter().collect();
        count += own.len();
        seen.extend(own);
    }
    // Fixtures that tell the same fact on purpose: a status in two bodies, the
    // placeholder's file, nulls, changes without anything in them.
    assert!(
        seen.len() * 10 > count * 9,
        "{} of {count} identities are distinct",
        seen.len()
    );
}

#[test]
fn an_echo_a_message_and_its_history_are_one_fact() {
    let metadata = json!({ "display_phone_number": "15550783881", "phone_number_id": "2" });
    let sent = json!({
        "from": "15550783881", "to": "16505551234", "id": "wamid.e",
        "timestamp": "1739321024", "type": "text", "text": { "body": "Hello" },
    });
    let echo = json!({ "metadata": metadata, "message_echoes": [sent] });
    let strayed = json!({ "metadata": metadata, "messages": [sent] });
    let past = json!({
        "metadata": metadata,
        "history": [{ "threads": [{ "id": "16505551234", "messages": [sent] }] }],
    });
    let of = |field: &str, value: &Value| updates(&envelope(field, value))[0].identity.clone();
    let echo = of("smb_message_echoes", &echo);
    assert_eq!(echo, of("messages", &strayed));
    assert_eq!(echo, of("history", &past));
    assert!(matches!(echo, Identity::Message { .. }));
}

#[test]
fn the_same_message_on_two_numbers_is_two_facts() {
    let on = |number: &str| {
        let metadata = json!({ "phone_number_id": number });
        let value = json!({ "metadata": metadata, "messages": [text("wamid.a", &json!("Hi"))] });
        updates(&envelope("messages", &value))[0]
            .identity
            .canonical_bytes()
    };
    assert_ne!(on("1"), on("2"));
}

#[test]
fn a_notice_may_come_again_later_in_the_same_words() {
    let at = |second: i64| {
        let body = json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": "1", "time": second, "changes": [{
                "field": "phone_number_quality_update",
                "value": { "display_phone_number": "15550783881", "event": "FLAGGED" },
            }] }],
        });
        updates(&body.to_string())[0].identity.clone()
    };
    assert_eq!(at(1_739_321_024), at(1_739_321_024));
    assert_ne!(at(1_739_321_024), at(1_739_999_999));
}

#[test]
fn what_is_no_webhook_is_said_to_be_none() {
    let code = |body: &str| parse_text(body).map(|_| ()).map_err(|error| error.code());
    assert_eq!(code(""), Err("not_webhook_shape"));
    assert_eq!(code("{"), Err("not_webhook_shape"));
    assert_eq!(code("[]"), Err("not_webhook_shape"));
    assert_eq!(code("\"hello\""), Err("not_webhook_shape"));
    assert_eq!(
        code(r#"["whatsapp_business_account",[]]"#),
        Err("not_webhook_shape")
    );
    assert_eq!(
        code(r#"{"object":"page","entry":[]}"#),
        Err("not_webhook_object")
    );
    assert_eq!(
        code(r#"{"object":"whatsapp_business_account"}"#),
        Err("not_webhook_entries")
    );
    assert_eq!(
        code(r#"{"object":"whatsapp_business_account","entry":{}}"#),
        Err("not_webhook_shape")
    );
    assert_eq!(
        code(r#"{"object":"whatsapp_business_account","entry":[]}"#),
        Ok(())
    );
}

#[test]
fn too_many_items_are_kept_whole() {
    let most = messages(vec![json!(0); WEBHOOK_ITEMS_MAX]);
    assert_eq!(updates(&most).len(), WEBHOOK_ITEMS_MAX);
    let more = messages(vec![json!(0); WEBHOOK_ITEMS_MAX + 1]);
    assert_eq!(parse_text(&more).unwrap_err(), NotWebhook::TooManyItems);
}

#[test]
fn a_stray_byte_costs_one_character() {
    let mut body = messages(vec![text("a", &json!("caf@"))]).into_bytes();
    let at = body.iter().position(|byte| *byte == b'@').unwrap();
    body[at] = 0xe9;
    let delivery = baton_whatsapp::webhook::parse(&crate::common::verified(body)).unwrap();
    let Content::Message(message) = &delivery.updates[0].content else {
        panic!()
    };
    assert_eq!(message.content.text.as_deref(), Some("caf\u{fffd}"));
}

#[test]
fn a_deep_nest_is_kept_and_not_walked() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = messages(vec![json!("@")]).replace("\"@\"", &deep);
    let read = updates(&body);
    assert!(
        matches!(&read[0].content, Content::Unreadable(bad) if matches!(bad.fault, Fault::Shape(_)))
    );
    assert_eq!(read[0].raw.as_str(), deep);
}

#[test]
fn nothing_personal_is_in_a_debug_print_of_an_address_or_the_raw_json() {
    let read = updates(&messages(vec![text("a", &json!("secret words"))]));
    let shown = format!("{:?} {:?}", read[0].address, read[0].raw);
    assert!(
        !shown.contains("6505551234") && !shown.contains("secret"),
        "{shown}"
    );
}
