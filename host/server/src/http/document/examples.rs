//! Examples of every operation: a file each, with what is sent (`path`,
//! `query`, `headers`, `request`) and what is answered (`status`, `response`).
//! A test replays them against a real host.

use serde_json::Value;

use super::errors::METHODS;

macro_rules! examples {
    ($($operation:ident)+) => {
        /// The examples, by operation.
        pub const EXAMPLES: &[(&str, &str)] = &[
            $((stringify!($operation), include_str!(concat!("examples/", stringify!($operation), ".json")))),+
        ];
    };
}

examples! {
    alive ready metrics openapi docs
    webhook_handshake take_webhook
    tell_facts send_message list_dead_letters
    list_customers show_customer list_events export_customer
    list_conversations show_conversation claim return resolve
    show_view reply assign escalate set_next_step take_note add_tags heartbeat
    list_decisions show_decision list_handoffs
    flag_handoff report_flags show_case
    make_endpoint list_endpoints show_endpoint put_endpoint rotate_endpoint
    replay_endpoint replay_dead_letter remove_endpoint
    show_notifications put_notifications
    list_numbers show_number freeze_number thaw_number
    show_sync compare_number list_comparisons show_comparison
    put_role show_role list_roles remove_role put_person show_person list_people freeze_person
    remove_person
    make_token list_tokens revoke_token grant_fields read_audit
    upload_module install_package list_modules show_module put_grants list_grants revoke_unused_grants
    make_release list_releases show_release compare_releases
    move_rollout show_rollout put_guardrails list_running
    list_tenants show_tenant put_tenant make_key list_keys revoke_keys put_app
    list_quarantine redrive dismiss export
}

/// Puts each example at its operation.
pub fn add(document: &mut Value) {
    let paths = document["paths"].as_object_mut();
    for (_, item) in paths.into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            let mut examples = EXAMPLES.iter();
            let of_operation = examples.find(|(name, _)| operation["operationId"] == *name);
            // A test reads each of them.
            let example = of_operation.and_then(|(_, text)| serde_json::from_str(text).ok());
            if let Some(example) = example {
                put(operation, &example);
            }
        }
    }
}

fn put(operation: &mut Value, example: &Value) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let place = match parameter["in"].as_str() {
            Some("header") => "headers",
            Some("query") => "query",
            _ => "path",
        };
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(value) = example[place].get(name) {
            parameter["example"] = value.clone();
        }
    }
    put_content(
        operation.pointer_mut("/requestBody/content"),
        &example["request"],
    );
    let status = example["status"].as_u64().unwrap_or(200);
    let content = operation.pointer_mut(&format!("/responses/{status}/content"));
    put_content(content, &example["response"]);
}

fn put_content(content: Option<&mut Value>, example: &Value) {
    let content = content.and_then(Value::as_object_mut);
    for (_, media) in content.into_iter().flatten() {
        if !example.is_null() {
            media["example"] = example.clone();
        }
    }
}
