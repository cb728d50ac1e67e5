//! A body cut down to some of its items says the same about those, and nothing
//! about anybody else.

use std::fs;

use baton_whatsapp::webhook::Update;
use serde_json::json;

use crate::common::{fixtures, parse_text};

fn is_same(one: &Update, other: &Update) -> bool {
    one.account == other.account
        && one.number == other.number
        && one.field == other.field
        && one.occurred_at == other.occurred_at
        && one.address == other.address
        && one.identity == other.identity
        && one.content == other.content
}

#[test]
fn each_item_of_every_fixture_can_stand_alone() {
    for path in fixtures() {
        let delivery = parse_text(&fs::read_to_string(&path).unwrap()).unwrap();
        for (at, update) in delivery.updates.iter().enumerate() {
            let alone = String::from_utf8(delivery.body_of(|it| it == at)).unwrap();
            let again = parse_text(&alone).unwrap();
            let [read] = again.updates.as_slice() else {
                panic!(
                    "{}: {} items of item {at}: {alone}",
                    path.display(),
                    again.updates.len()
                );
            };
            assert!(
                is_same(read, update),
                "{}: {read:?} of {update:?}",
                path.display()
            );
        }
    }
}

#[test]
fn a_body_of_which_everything_is_wanted_stays_as_it_is() {
    for path in fixtures() {
        let body = fs::read_to_string(&path).unwrap();
        let delivery = parse_text(&body).unwrap();
        assert_eq!(String::from_utf8(delivery.body_of(|_| true)).unwrap(), body);
    }
}

#[test]
fn nothing_of_other_customers_is_left() {
    let message = |from: &str, id: &str, text: &str| json!({ "from": from, "id": id, "timestamp": "1795487400", "type": "text", "text": { "body": text } });
    let contact = |name: &str, phone: &str| json!({ "profile": { "name": name }, "wa_id": phone });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "6221500900", "phone_number_id": "1065" },
        "contacts": [contact("Ana", "628111"), contact("Budi", "628222")],
        "messages": [message("628111", "wamid.A", "about Ana"), message("628222", "wamid.B", "about Budi")],
        "statuses": [{ "id": "wamid.C", "status": "read", "timestamp": "1795487400", "recipient_id": "628111" }],
    });
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": value }] }],
    });
    let delivery = parse_text(&body.to_string()).unwrap();
    let budis = String::from_utf8(delivery.body_of(|at| at == 1)).unwrap();
    for of_ana in ["Ana", "628111", "wamid.A", "wamid.C"] {
        assert!(!budis.contains(of_ana), "{of_ana} in {budis}");
    }
    assert!(
        budis.contains("about Budi") && budis.contains("628222"),
        "{budis}"
    );
}
