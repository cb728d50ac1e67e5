//! Who read what, when, under which grant; and what was granted for a while.

use std::collections::BTreeSet;

use baton::clock::Clock;
use baton_domain::limits::{AUDIT_EVENTS_SEEN_MAX, AUDIT_MODULE_READS_MAX, FACTS_MAX};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fixture::{ADMIN, Fixture, NUMBER, PHONE, messages, text, until};

fn whos(audit: &Value) -> Vec<(&str, &str)> {
    let items = audit["items"].as_array().expect("entries").iter();
    items
        .map(|it| {
            let (who, what) = (it["who"].as_str(), it["what"].as_str());
            (who.expect("who"), what.expect("what"))
        })
        .collect()
}

#[tokio::test]
async fn who_read_this_customers_phone_in_march() {
    let host = Fixture::start().await;
    host.says("Hello, will it arrive before Friday?").await;
    let (junior, senior) = (
        host.person("ana", "junior-agent").await,
        host.person("budi", "senior-agent").await,
    );
    let march: Timestamp = "2027-03-10T08:00:00Z".parse().expect("a time");
    let id = host.conversation().await["customer"].clone();
    let id = id.as_str().expect("an id").to_owned();
    host.clock.set(march);
    let path = format!("/v1/customers/{id}");
    assert_eq!(host.request("GET", &path, &junior, None).await.0, 200);
    assert_eq!(host.request("GET", &path, &senior, None).await.0, 200);
    host.clock.set(march + SignedDuration::from_hours(24 * 40));
    assert_eq!(host.get(&path).await.0, 200);

    let asked = format!(
        "/v1/audit?customer={id}&field=customer.phone\
         &from=2027-03-01T00:00:00Z&until=2027-04-01T00:00:00Z"
    );
    let (status, audit) = host.get(&asked).await;
    assert_eq!(status, 200, "{audit}");
    assert_eq!(whos(&audit), [("person:budi", "read-customer")]);
    assert_eq!(audit["modules"], json!([]), "no module read it");
    // What modules read stands beside it.
    let asked = format!("/v1/audit?customer={id}&field=message.text");
    let (_, audit) = host.get(&asked).await;
    let modules = audit["modules"].as_array().expect("modules");
    assert!(
        modules.iter().any(|it| it["module"] == "asks-for-person"),
        "{audit}"
    );
    // To ask is an entry, too.
    let (_, audit) = host.get("/v1/audit?limit=1").await;
    assert_eq!(whos(&audit), [("key:all", "read-audit")]);
    assert_eq!(host.get("/v1/audit?field=customer.shoe-size").await.0, 422);
}

#[tokio::test]
async fn who_runs_baton_stands_in_the_audit_like_anybody_else() {
    let host = Fixture::start().await;
    let new = json!({ "name": "crm", "role": "integration" });
    host.make_key("shop", new).await;
    let nothing = json!({});
    let revoked = host.admin("DELETE", "/admin/tenants/shop/keys/crm", &nothing);
    assert_eq!(revoked.await.0, 204);
    // What came for her merchant is shown as it came.
    let odd = json!({ "from": PHONE, "timestamp": [], "type": 7 });
    assert_eq!(host.signed(&messages(NUMBER, &[odd])).await, 200);
    let (_, kept) = host.admin("GET", "/admin/quarantine", &nothing).await;
    let id = &kept["items"][0]["id"];
    assert!(id.is_u64(), "{kept}");
    let dismissed = format!("/admin/quarantine/{id}");
    assert_eq!(host.admin("DELETE", &dismissed, &nothing).await.0, 204);
    let export = host.http.get(format!("{}/admin/export", host.url));
    let export = export.bearer_auth(ADMIN).send().await;
    assert_eq!(export.expect("an answer").status(), 200);
    let (_, audit) = host.get("/v1/audit?who=host").await;
    let mut whats: Vec<_> = whos(&audit).into_iter().map(|(_, what)| what).collect();
    whats.reverse();
    let of_fixture = whats.iter().position(|it| *it == "revoke-key").expect("it");
    assert_eq!(whats[0], "put-tenant");
    assert_eq!(whats[of_fixture - 1], "make-key");
    let then = ["read-quarantine", "dismiss-quarantined", "export-host"];
    assert_eq!(whats[of_fixture + 1..], then);
    let (_, read) = host.get("/v1/audit?field=message.text-raw").await;
    assert_eq!(whos(&read), [("host", "read-quarantine")]);
    assert_eq!(read["items"][0]["number"], NUMBER);
}

#[tokio::test]
async fn what_was_granted_is_seen_for_a_while_and_told() {
    let host = Fixture::start().await;
    host.says("Please call 0812 9876 5432").await;
    let (ana, budi) = (
        host.person("ana", "junior-agent").await,
        host.person("budi", "senior-agent").await,
    );
    let path = host.her_conversation().await;
    let said = |token: String| {
        let (host, path) = (&host, path.clone());
        async move {
            let (_, seen) = host.request("GET", &path, &token, None).await;
            seen["thread"][0]["text"]
                .as_str()
                .expect("a text")
                .to_owned()
        }
    };
    assert_eq!(said(ana.clone()).await, "Please call [phone]");
    assert_eq!(said(budi.clone()).await, "Please call 0812 9876 5432");

    let until = host.clock.now() + SignedDuration::from_hours(2);
    let grant = |fields: &[&str], reason: &str, until: Timestamp| json!({ "agent": "ana", "fields": fields, "reason": reason, "until": until });
    let grants = format!("{path}/grants");
    let post = |token: &String, body: Value| {
        let (host, grants, token) = (&host, grants.clone(), token.clone());
        async move { host.request("POST", &grants, &token, Some(&body)).await.0 }
    };
    let phone = ["customer.phone"];
    // Nobody grants what they do not hold, not even to themselves.
    assert_eq!(post(&ana, grant(&phone, "please", until)).await, 403);
    let raw = ["message.text-raw"];
    assert_eq!(post(&budi, grant(&raw, "please", until)).await, 403);
    assert_eq!(post(&budi, grant(&phone, " ", until)).await, 422);
    assert_eq!(post(&budi, grant(&[], "calls her", until)).await, 422);
    let week = host.clock.now() + SignedDuration::from_hours(7 * 24 + 1);
    assert_eq!(post(&budi, grant(&phone, "calls her", week)).await, 422);
    assert_eq!(
        post(&budi, grant(&phone, "calls her", host.clock.now())).await,
        422
    );
    assert_eq!(said(ana.clone()).await, "Please call [phone]");

    assert_eq!(post(&budi, grant(&phone, "calls her", until)).await, 201);
    assert_eq!(said(ana.clone()).await, "Please call 0812 9876 5432");
    let id = path.split('/').nth(3).expect("an id");
    let customer = format!("/v1/customers/{id}");
    let (_, seen) = host.request("GET", &customer, &ana, None).await;
    assert_eq!(seen["phone"], PHONE);
    let asked = format!("/v1/audit?customer={id}&field=customer.phone&who=person:ana");
    let (_, audit) = host.get(&asked).await;
    let grant = &audit["items"][0]["grant"];
    assert_eq!(grant["by"], "person:budi", "{audit}");
    assert_eq!(audit["items"].as_array().expect("entries").len(), 2);
    let asked = format!("/v1/audit?customer={id}&who=person:budi&field=customer.phone");
    let (_, audit) = host.get(&asked).await;
    let granted = audit["items"].as_array().expect("entries").iter();
    let granted: Vec<_> = granted.filter(|it| it["what"] == "grant-fields").collect();
    assert_eq!(granted[0]["about"], "ana");

    host.advance(2, 0);
    assert_eq!(said(ana.clone()).await, "Please call [phone]");
    let (_, seen) = host.request("GET", &customer, &ana, None).await;
    assert!(seen.get("phone").is_none(), "{seen}");
}

/// What modules read is looked for in a bounded part of the log at a time, and
/// the answer says where to go on.
#[tokio::test]
async fn a_long_log_is_looked_through_in_parts() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    for part in 0..AUDIT_EVENTS_SEEN_MAX / FACTS_MAX {
        let fact = |at: usize| json!({ "type": "profile", "name": format!("Sari {part} {at}") });
        host.tell((0..FACTS_MAX).map(fact).collect()).await;
    }
    host.says("Can I talk to a person?").await;
    let id = host.conversation().await["customer"].clone();
    let asked = format!("/v1/audit?customer={}", id.as_str().expect("an id"));
    let places = |audit: &Value| {
        let modules = audit["modules"].as_array().expect("modules").iter();
        let places = modules.map(|it| it["version"].as_u64().expect("a place"));
        places.collect::<BTreeSet<u64>>()
    };
    let (_, first) = host.get(&asked).await;
    let next = AUDIT_EVENTS_SEEN_MAX as u64 + 1;
    assert_eq!(first["modules_next"], next);
    let found = places(&first);
    assert!(!found.is_empty() && found.last() < Some(&next), "{found:?}");
    let on = format!("{asked}&modules_from={next}&limit=1");
    let (_, second) = host.get(&on).await;
    let found = places(&second);
    assert!(
        !found.is_empty() && found.first() >= Some(&next),
        "{found:?}"
    );
    assert_eq!(second.get("modules_next"), None);
    // No module reads anything tomorrow.
    let later = host.clock.now() + SignedDuration::from_hours(24);
    let (_, none) = host.get(&format!("{asked}&from={later}")).await;
    assert_eq!(
        (&none["modules"], none.get("modules_next")),
        (&json!([]), None)
    );
}

#[tokio::test]
async fn so_many_reads_of_modules_are_told_at_once() {
    let host = Fixture::start().await;
    for part in 0..6 {
        let said = |at: usize| text(&format!("wamid.{PHONE}.{part}.{at}"), "Hello there");
        let all: Vec<Value> = (0..40).map(said).collect();
        assert_eq!(host.signed(&messages(NUMBER, &all)).await, 200);
    }
    until("all are decided", || async {
        let (_, list) = host.get("/v1/decisions?limit=200").await;
        list["items"].as_array().is_some_and(|it| it.len() == 200)
    })
    .await;
    let id = host.conversation().await["customer"].clone();
    let asked = format!("/v1/audit?customer={}", id.as_str().expect("an id"));
    let (_, first) = host.get(&asked).await;
    let next = first["modules_next"].as_u64().expect("there are more");
    let told = first["modules"].as_array().expect("modules");
    assert!(
        told.len() <= AUDIT_MODULE_READS_MAX && told.len() > 900,
        "{}",
        told.len()
    );
    assert!(told.iter().all(|it| it["version"].as_u64() < Some(next)));
    let (_, second) = host.get(&format!("{asked}&modules_from={next}")).await;
    assert_eq!(second["modules"][0]["version"], next);
}

/// What was answered is told, also after the host was killed at once.
#[tokio::test]
async fn a_read_is_durable_before_it_is_answered() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let ana = host.person("ana", "senior-agent").await;
    let path = host.her_conversation().await;
    assert_eq!(host.request("GET", &path, &ana, None).await.0, 200);
    let copy = tempfile::TempDir::new().expect("a folder");
    host.copy_store(copy.path());
    let options = baton_store::Options::new(baton_store::OsEntropy);
    let store = baton_store::SledStore::open(copy.path(), options).expect("it opens");
    let query = baton_store::AuditQuery {
        who: Some("person:ana".into()),
        ..baton_store::AuditQuery::default()
    };
    let tenant = baton_domain::ids::TenantId::parse("shop").expect("an id");
    let found = baton_store::PeopleStore::audited(&store, &tenant, &query, None, 10).await;
    assert_eq!(found.expect("a page").items.len(), 1);
}
