//! Nobody has others told what they may not see themselves.

use serde_json::{Value, json};

use super::{endpoint, hand_off, received, start};
use crate::fixture::Fixture;

fn wanted(id: &str, url: &str, sees: Value) -> Value {
    let mut body = json!({ "id": id, "url": url, "kinds": ["handoff.created"] });
    let members = sees.as_object().expect("members").clone();
    body.as_object_mut().expect("an endpoint").extend(members);
    body
}

/// Somebody who manages people, and sees only names.
async fn clerk(host: &Fixture) -> String {
    host.role("clerk", &["customer.name"], &["manage-people"])
        .await;
    host.person("clerk", "clerk").await
}

#[tokio::test]
async fn who_makes_an_endpoint_holds_what_it_sees() {
    let (host, receiver) = start().await;
    let clerk = clerk(&host).await;
    let make = |id: &'static str, sees: Value| {
        let (host, clerk, url) = (&host, &clerk, &receiver.url);
        async move {
            let body = wanted(id, url, sees);
            host.request("POST", "/v1/endpoints", clerk, Some(&body))
                .await
        }
    };
    let phone = json!({ "fields": ["customer.name", "customer.phone"] });
    let (status, refused) = make("a", phone).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(refused["error"]["fields"], json!(["customer.phone"]));
    assert_eq!(make("b", json!({ "role": "operator" })).await.0, 403);
    assert_eq!(make("c", json!({ "role": "nobodys" })).await.0, 422);
    let both = json!({ "role": "clerk", "fields": [] });
    assert_eq!(make("d", both).await.0, 422);
    assert_eq!(
        make("e", json!({ "role": "clerk" })).await.0,
        201,
        "a role of the tenant's"
    );
    let (_, plain) = make("f", json!({})).await;
    assert_eq!(
        plain["endpoint"]["role"], "integration",
        "when nothing is said"
    );
    // What others made is not led elsewhere by who sees less.
    let body = wanted("all", &receiver.url, json!({ "role": "operator" }));
    assert_eq!(host.post("/v1/endpoints", &body).await.0, 201);
    let put = json!({ "url": receiver.url, "kinds": ["handoff.created"], "fields": [] });
    let request = host.http.put(format!("{}/v1/endpoints/all", host.url));
    let request = request.bearer_auth(&clerk).header("if-match", "\"1\"");
    let answer = request.json(&put).send().await.expect("an answer");
    assert_eq!(answer.status(), 403);
    let (path, body) = ("/v1/endpoints/all/rotate", json!({}));
    let (status, _) = host.request("POST", path, &clerk, Some(&body)).await;
    assert_eq!(status, 403);
    assert_eq!(endpoint(&host, "all").await["revision"], 1);
    let (_, audit) = host.get("/v1/audit?who=person:clerk").await;
    let made = audit["items"].as_array().expect("entries").iter();
    let made: Vec<_> = made.map(|it| (&it["what"], &it["about"])).collect();
    let wanted = [("make-endpoint", "f"), ("make-endpoint", "e")];
    let wanted = wanted.map(|(what, about)| (json!(what), json!(about)));
    assert_eq!(made, wanted.each_ref().map(|(what, about)| (what, about)));
}

#[tokio::test]
async fn an_endpoint_sees_what_its_role_holds_when_it_is_told() {
    let (host, receiver) = start().await;
    host.role("crm", &["customer.name"], &[]).await;
    let body = wanted("crm", &receiver.url, json!({ "role": "crm" }));
    assert_eq!(host.post("/v1/endpoints", &body).await.0, 201);
    // Refused once, it is tried again: by then the role holds nothing.
    receiver.answers(&[503]);
    let conversation = hand_off(&host).await;
    received(&receiver, 1).await;
    let fields = |place: usize| receiver.got()[place].json()["data"]["fields"].clone();
    assert_eq!(fields(0), json!({ "customer.name": "Sari Wijaya" }));
    let nothing = json!({ "fields": [], "actions": [] });
    let (status, _) = host.change("/v1/roles/crm", "PUT", Some(&nothing)).await;
    assert_eq!(status, 200);
    super::to_second_try(&host).await;
    received(&receiver, 2).await;
    assert_eq!(fields(1), Value::Null);
    let (status, used) = host.change("/v1/roles/crm", "DELETE", None).await;
    assert_eq!((status, &used["error"]["code"]), (409, &json!("in_use")));
    // The audit tells what was given to whom without asking.
    let customer = conversation["customer"].as_str().expect("an id");
    let asked = format!("/v1/audit?customer={customer}&field=customer.name&who=endpoint:crm");
    let (_, audit) = host.get(&asked).await;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit}");
    assert_eq!(audit["items"][0]["what"], "notify");
}
