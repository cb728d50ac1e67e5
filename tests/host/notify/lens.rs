//! A customer whose every field holds a value of its own: what an endpoint is
//! told that lacks one of them holds no byte of it.

use baton_domain::{field::Field, ids::RoleName, limits::ENDPOINTS_MAX, people::stock_role};
use jiff::SignedDuration;
use serde_json::json;

use super::{Receiver, make_endpoint, next_due, path, start};
use crate::{
    fixture::{Fixture, until},
    people::{
        addresses::{STREET, typed_everywhere},
        canary::{MARKERS, everything},
    },
};

/// Waits until all that is due is told.
async fn told(host: &Fixture) {
    until("all are told", || async {
        // As many as may be are on their way, and the others wait a little.
        host.clock
            .set(host.clock_now() + SignedDuration::from_secs(6));
        next_due(host).await.is_none()
    })
    .await;
}

/// Everything that is told when everything happens.
async fn all_is_told(host: &Fixture) {
    everything(host).await;
    let conversation = host.conversation().await;
    let noted = json!({ "flag": "too-late", "note": "marker-flag, card 4111 1111 1111 1111" });
    assert_eq!(host.post(&path(&conversation, "flag"), &noted).await.0, 201);
    let up = json!({ "note": "marker-note" });
    assert_eq!(
        host.post(&path(&conversation, "escalate"), &up).await.0,
        200
    );
    told(host).await;
}

/// Every byte that came for an endpoint.
fn came(receiver: &Receiver, id: &str) -> String {
    let got = receiver.got().into_iter();
    let theirs = got.filter(|it| it.path.ends_with(&format!("/{id}")));
    theirs.map(|it| it.body + "\n").collect()
}

/// What would show that a field was told.
fn markers(field: Field) -> Vec<String> {
    let row = MARKERS.iter().filter(|(it, _)| *it == field);
    let mut markers: Vec<String> = row
        .flat_map(|(_, all)| all.iter().map(|it| (*it).to_owned()))
        .collect();
    markers.push(format!("\"{}\":", field.name()));
    match field {
        Field::MessageText | Field::MessageRecent => {
            markers.extend(["marker-flag".to_owned(), "marker-note".to_owned()]);
        }
        Field::ConversationTags => markers.push("\"tags\":".to_owned()),
        Field::OrderLast => {
            // What was told when there was one order has its amount as the
            // average and the lifetime value, which are fields of their own.
            markers.retain(|it| it != "10000003");
            markers.push("\"order\":".to_owned());
        }
        _ => {}
    }
    markers
}

#[tokio::test]
async fn no_byte_of_a_field_that_an_endpoint_lacks_is_told() {
    for chunk in Field::ALL.chunks(ENDPOINTS_MAX - 1) {
        let (host, receiver) = start().await;
        let id = |field: &Field| format!("no-{}", field.name().replace('.', "-"));
        let at = |id: &str| format!("{}/{id}", receiver.url);
        let all: Vec<&str> = Field::ALL.iter().map(|it| it.name()).collect();
        make_endpoint(&host, "all", &at("all"), &all).await;
        for lacking in chunk {
            let held = all.iter().copied().filter(|it| *it != lacking.name());
            let held: Vec<&str> = held.collect();
            let id = id(lacking);
            make_endpoint(&host, &id, &at(&id), &held).await;
        }
        all_is_told(&host).await;
        let whole = came(&receiver, "all");
        for lacking in chunk {
            let (told, id) = (came(&receiver, &id(lacking)), id(lacking));
            assert_eq!(told.lines().count(), whole.lines().count(), "{id}");
            let is_of_moment = ["message", "occasion"].contains(&lacking.interface());
            let markers = markers(*lacking);
            let found = markers.iter().filter(|it| whole.contains(*it)).count();
            let proves = is_of_moment || *lacking == Field::DeliveryRequestedDate || found > 0;
            assert!(proves, "nothing shows that {lacking} is told at all");
            for marker in &markers {
                assert!(!told.contains(marker), "{id} is told {marker}: {told}");
            }
        }
        let raw = markers(Field::MessageTextRaw);
        assert!(
            whole.contains(&raw[0]) && whole.contains("marker-note"),
            "{whole}"
        );
    }
}

#[tokio::test]
async fn an_address_is_told_to_who_holds_the_unmasked_text_alone() {
    let (host, receiver) = start().await;
    let junior = RoleName::parse("junior-agent").expect("a name");
    let junior = stock_role(&junior).expect("a stock role").fields;
    let junior: Vec<&str> = junior.iter().map(Field::name).collect();
    let all: Vec<&str> = Field::ALL.iter().map(|it| it.name()).collect();
    for (id, fields) in [("all", &all), ("junior", &junior)] {
        make_endpoint(&host, id, &format!("{}/{id}", receiver.url), fields).await;
    }
    typed_everywhere(&host).await;
    let conversation = host.conversation().await;
    let up = json!({ "note": "She lives at Jl. Kenanga 12" });
    assert_eq!(
        host.post(&path(&conversation, "escalate"), &up).await.0,
        200
    );
    told(&host).await;
    let (whole, theirs) = (came(&receiver, "all"), came(&receiver, "junior"));
    for field in [
        Field::MessageRecent,
        Field::ConversationFailedQuestion,
        Field::PaymentLastFailureReason,
        Field::DeliveryUncertaintyReason,
    ] {
        assert!(theirs.contains(field.name()), "{field} in {theirs}");
    }
    assert!(whole.matches(STREET).count() > 4, "{whole}");
    assert!(!theirs.contains(STREET), "{theirs}");
    assert_eq!(theirs.lines().count(), whole.lines().count());
}
