//! Every fixture is a webhook body written from WhatsApp's documentation. What
//! Baton reads in it, and the events that it makes of it, stand beside it as a
//! snapshot: `fixtures/text/plain.json`
//! and `fixtures/text/plain.snap`.

use std::fs;

use crate::common::{fixtures, parse_text};
use baton_whatsapp::{events::events, webhook::Update};
use insta::{assert_snapshot, with_settings};

#[test]
fn every_fixture_is_read_as_its_snapshot_says() {
    let fixtures = fixtures();
    assert!(
        fixtures.len() >= 100,
        "only {} fixtures found",
        fixtures.len()
    );
    for path in fixtures {
        let body = fs::read_to_string(&path).unwrap();
        let delivery = parse_text(&body).unwrap();
        let read: Vec<String> = delivery.updates.iter().map(render).collect();
        let name = path.file_stem().unwrap().to_str().unwrap();
        with_settings!({
            snapshot_path => path.parent().unwrap(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            assert_snapshot!(name, read.join("\n"));
        });
    }
}

/// One update for people: what it is about, then what it says without the
/// parts that are not there.
fn render(update: &Update) -> String {
    let about = update
        .number
        .as_ref()
        .map(|number| format!("number {number}"));
    let account = update
        .account
        .as_ref()
        .map(|account| format!("account {account}"));
    let address = update
        .address
        .as_ref()
        .map_or("nobody".to_owned(), |address| {
            let phone = address.phone().map(ToString::to_string);
            let user_id = address.user_id().map(ToString::to_string);
            [phone, user_id]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" = ")
        });
    let at = update
        .occurred_at
        .map_or("no time".to_owned(), |at| at.to_string());
    let identity = format!("{:?}", update.identity);
    let (identity, _) = identity.split_once(", sha256").unwrap_or((&identity, ""));
    let content = format!("{:#?}", update.content);
    let told = content.lines().filter(|line| {
        let absent = [": None,", ": [],", ": false,"];
        !absent.iter().any(|absent| line.ends_with(absent))
    });
    let arrival = "2026-11-24T00:00:00Z".parse().unwrap();
    let events = events(update, arrival);
    let events = events
        .iter()
        .map(|event| format!("=> {}\n", serde_json::to_string(event).unwrap()));
    format!(
        "{} | {} | {address} | {at}\n{identity}\n{}\n{}",
        update.field,
        about.or(account).unwrap_or("no number".to_owned()),
        told.collect::<Vec<_>>().join("\n"),
        events.collect::<String>(),
    )
}
