//! Every route with every stock role, and with none, a wrong and a foreign
//! credential.

use baton_domain::people::{Action, stock_roles};
use serde_json::{Value, json};

use crate::fixture::{ADMIN, Fixture, NUMBER, tenant};

/// What each operation takes. A new one fails here until somebody has said.
const TAKES: &[(&str, Action)] = &[
    ("tell_facts", Action::TellFacts),
    ("send_message", Action::SendAsBot),
    ("list_customers", Action::ReadCustomers),
    ("show_customer", Action::ReadCustomers),
    ("list_events", Action::ReadConversations),
    ("export_customer", Action::Export),
    ("list_conversations", Action::ReadConversations),
    ("show_conversation", Action::ReadConversations),
    ("show_view", Action::ReadConversations),
    ("claim", Action::Claim),
    ("reply", Action::Reply),
    ("assign", Action::Claim),
    ("escalate", Action::Escalate),
    ("set_next_step", Action::Reply),
    ("take_note", Action::TellFacts),
    ("add_tags", Action::TellFacts),
    ("heartbeat", Action::SendAsBot),
    ("return", Action::Return),
    ("resolve", Action::Return),
    ("grant_fields", Action::Escalate),
    ("list_decisions", Action::ReadConversations),
    ("show_decision", Action::ReadConversations),
    ("list_handoffs", Action::ReadConversations),
    ("list_dead_letters", Action::ReadConversations),
    ("upload_module", Action::ManageRules),
    ("install_package", Action::ManageRules),
    ("list_modules", Action::ManageRules),
    ("show_module", Action::ManageRules),
    ("put_grants", Action::ManageRules),
    ("list_grants", Action::ManageRules),
    ("revoke_unused_grants", Action::ManageRules),
    ("make_release", Action::ManageRules),
    ("list_releases", Action::ManageRules),
    ("show_release", Action::ManageRules),
    ("compare_releases", Action::ManageRules),
    ("move_rollout", Action::ManageRules),
    ("show_rollout", Action::ManageRules),
    ("put_guardrails", Action::ManageRules),
    ("list_running", Action::ManageRules),
    ("list_people", Action::ManagePeople),
    ("show_person", Action::ManagePeople),
    ("put_person", Action::ManagePeople),
    ("remove_person", Action::ManagePeople),
    ("freeze_person", Action::ManagePeople),
    ("make_token", Action::ManagePeople),
    ("list_tokens", Action::ManagePeople),
    ("revoke_token", Action::ManagePeople),
    ("list_roles", Action::ManagePeople),
    ("show_role", Action::ManagePeople),
    ("put_role", Action::ManagePeople),
    ("remove_role", Action::ManagePeople),
    ("read_audit", Action::ReadAudit),
    ("show_sync", Action::ReadConversations),
    ("compare_number", Action::ReadAudit),
    ("list_comparisons", Action::ReadAudit),
    ("show_comparison", Action::ReadAudit),
    ("flag_handoff", Action::Claim),
    ("report_flags", Action::ManageRules),
    ("show_case", Action::ManageRules),
    ("make_endpoint", Action::ManagePeople),
    ("list_endpoints", Action::ManagePeople),
    ("show_endpoint", Action::ManagePeople),
    ("put_endpoint", Action::ManagePeople),
    ("remove_endpoint", Action::ManagePeople),
    ("rotate_endpoint", Action::ManagePeople),
    ("replay_endpoint", Action::ManagePeople),
    ("replay_dead_letter", Action::ManagePeople),
    ("show_notifications", Action::ManagePeople),
    ("put_notifications", Action::ManagePeople),
    ("list_numbers", Action::ManagePeople),
    ("show_number", Action::ManagePeople),
    ("freeze_number", Action::ManagePeople),
    ("thaw_number", Action::ManagePeople),
];

/// What opens an operation as well.
const TAKES_TOO: &[(&str, Action)] = &[("take_note", Action::Reply), ("add_tags", Action::Reply)];

/// An operation that a tenant's credentials open.
pub struct Route {
    pub id: String,
    pub method: String,
    pub path: String,
}

/// All of them, from the document.
pub fn routes() -> Vec<Route> {
    let document = baton::http::document();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            if operation["security"].to_string().contains("tenant_key") {
                routes.push(Route {
                    id: operation["operationId"].as_str().expect("an id").to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                });
            }
        }
    }
    routes
}

#[tokio::test]
async fn each_role_opens_what_its_actions_say_and_nothing_else() {
    let host = Fixture::start().await;
    let routes = routes();
    let takes = |route: &Route| {
        let found = TAKES.iter().find(|(id, _)| *id == route.id);
        let (_, action) = found.unwrap_or_else(|| panic!("who may {}?", route.id));
        *action
    };
    for role in stock_roles() {
        let name = role.name.as_str();
        let token = host.person(&format!("one-{name}"), name).await;
        for route in &routes {
            let action = takes(route);
            let path = route.path.replace(['{', '}'], "");
            let (status, answer) = host.request(&route.method, &path, &token, None).await;
            let is_refused = status == 403;
            let shown = (&route.id, name, status, &answer);
            let also = TAKES_TOO.iter().find(|(id, _)| *id == route.id);
            let is_open = role.actions.contains(&action)
                || also.is_some_and(|(_, action)| role.actions.contains(action));
            assert_eq!(is_refused, !is_open, "{shown:?}");
            assert_ne!(status, 401, "{shown:?}");
            if is_refused {
                assert_eq!(answer["error"]["action"], action.name(), "{shown:?}");
            }
        }
        // Nobody of the tenant is the host's administrator.
        let (status, _) = host.request("GET", "/admin/tenants", &token, None).await;
        assert_eq!(status, 401);
    }
}

#[tokio::test]
async fn no_route_opens_without_a_credential_that_holds() {
    let host = Fixture::start().await;
    let ana = host.person("ana", "operator").await;
    let path = "/v1/people/ana/tokens/phone";
    assert_eq!(host.request("DELETE", path, &host.key, None).await.0, 204);
    for route in routes() {
        let path = route.path.replace(['{', '}'], "");
        for wrong in ["", "nobodys", &ana, ADMIN, &host.key[1..]] {
            let (status, answer) = host.request(&route.method, &path, wrong, None).await;
            assert_eq!(status, 401, "{} {wrong:?}: {answer}", route.id);
        }
    }
}

/// What is another tenant's answers the same bytes as what is not there.
#[tokio::test]
async fn a_foreign_token_finds_nothing() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let customer = host.conversation().await["customer"].clone();
    let customer = customer.as_str().expect("an id").to_owned();
    host.person("ana", "junior-agent").await;
    host.role("caller", &[], &[]).await;
    host.admin("PUT", "/admin/tenants/other", &tenant("other", "999"))
        .await;
    let key = json!({ "name": "all", "role": "operator" });
    let key = host.make_key("other", key).await;
    let boss = json!({ "id": "boss", "name": "Boss", "role": "operator" });
    host.request("PUT", "/v1/people/boss", &key, Some(&boss))
        .await;
    let token = json!({ "name": "phone" });
    let (_, made) = host
        .request("POST", "/v1/people/boss/tokens", &key, Some(&token))
        .await;
    let foreign = made["token"].as_str().expect("a token").to_owned();
    let bytes = |path: String| {
        let (host, foreign) = (&host, foreign.clone());
        async move {
            let (status, answer) = host.request("GET", &path, &foreign, None).await;
            (status, answer.to_string())
        }
    };
    for (there, not_there) in [
        (format!("/v1/customers/{customer}"), "/v1/customers/nobody"),
        (
            format!("/v1/customers/{customer}/events"),
            "/v1/customers/nobody/events",
        ),
        (
            format!("/v1/conversations/{customer}/{NUMBER}"),
            "/v1/conversations/nobody/1",
        ),
        (
            format!("/v1/decisions/{customer}/2"),
            "/v1/decisions/nobody/2",
        ),
        ("/v1/people/ana".to_owned(), "/v1/people/nobody"),
        (
            "/v1/people/ana/tokens".to_owned(),
            "/v1/people/nobody/tokens",
        ),
        ("/v1/roles/caller".to_owned(), "/v1/roles/nobodys"),
        (
            format!("/v1/numbers/{NUMBER}/sync"),
            "/v1/numbers/nobodys/sync",
        ),
        (
            format!("/v1/numbers/{NUMBER}/comparisons"),
            "/v1/numbers/nobodys/comparisons",
        ),
    ] {
        let found = bytes(there.clone()).await;
        assert_eq!(found.0, 404, "{there}");
        assert_eq!(found, bytes(not_there.to_owned()).await, "{there}");
    }
    let asked = format!("/v1/audit?customer={customer}");
    let (_, audit) = host.request("GET", &asked, &foreign, None).await;
    let own = |it: &Value| it["what"] != "read-audit";
    assert!(
        !audit["items"].as_array().expect("entries").iter().any(own),
        "{audit}"
    );
    assert_eq!(audit["modules"], json!([]));
}
