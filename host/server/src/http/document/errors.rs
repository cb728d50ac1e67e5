//! Errors in the document: each operation names its own in `x-error-codes`;
//! what its security, body and query bring with them is added here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::code::Code;

/// Methods of a path item, as the document writes them.
pub const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Adds the error form, all codes, and to each operation the errors it answers.
pub fn add(document: &mut Value) {
    document["components"]["schemas"]["ErrorCode"] = all_codes();
    document["components"]["schemas"]["Error"] = form();
    let paths = document["paths"].as_object_mut();
    for (_, item) in paths.into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                complete(operation);
            }
        }
    }
}

/// The stable codes and what they mean.
fn all_codes() -> Value {
    let row = |it: &Code| {
        format!(
            "- `{}` ({}): {}",
            it.as_str(),
            it.status().as_u16(),
            it.meaning()
        )
    };
    let rows: Vec<String> = Code::ALL.iter().map(row).collect();
    json!({ "type": "string", "enum": Code::ALL, "description": rows.join("\n") })
}

fn form() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "description": "Why a request was not done.",
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": { "$ref": "#/components/schemas/ErrorCode" },
                "message": { "type": "string", "description": "For people; may change." },
                "request_id": { "type": "string", "description": "Id of the request, as in the log and in `X-Request-Id`." },
            },
            "additionalProperties": true,
        }},
    })
}

fn complete(operation: &mut Map<String, Value>) {
    let own = operation.remove("x-error-codes").unwrap_or_default();
    let is_own = |it: &&Code| own.as_array().is_some_and(|own| own.contains(&json!(it)));
    let mut codes: Vec<Code> = Code::ALL.iter().filter(is_own).copied().collect();
    for code in shared(operation) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status
            .entry(code.status().as_u16())
            .or_default()
            .push(code);
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    for (status, codes) in by_status {
        responses[status.to_string()] = response(&codes);
    }
}

/// What the security, the body and the parameters of an operation may bring.
fn shared(operation: &Map<String, Value>) -> Vec<Code> {
    let security = operation.get("security").map(Value::to_string);
    let is_under = |key: &str| security.as_ref().is_some_and(|it| it.contains(key));
    // What the front door answers, whatever is asked for.
    let mut codes = vec![Code::Internal, Code::TimedOut];
    if operation.contains_key("requestBody") {
        codes.push(Code::BodyTimedOut);
    }
    if security.is_some() && !is_under("metrics_key") {
        codes.push(Code::Overloaded);
    }
    if is_under("tenant_key") {
        codes.extend([Code::Unauthorized, Code::Forbidden, Code::Unavailable]);
    }
    if is_under("admin_key") || is_under("metrics_key") {
        codes.extend([Code::Unauthorized, Code::Unavailable]);
    }
    if is_under("signature") {
        codes.extend([Code::BodyUnreadable, Code::BodyTooLarge, Code::Unavailable]);
    } else if operation.contains_key("requestBody") {
        codes.extend([
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaTypeUnsupported,
            Code::BodyInvalid,
        ]);
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let is_in = |place: &str| {
        let mut parameters = parameters.into_iter().flatten();
        parameters.any(|it| it["in"] == place)
    };
    // The handshake reads its query by itself.
    if is_in("query") && security.is_some() {
        codes.push(Code::QueryInvalid);
    }
    if is_in("path") && security.is_some() && !is_under("signature") {
        codes.push(Code::NotFound);
    }
    codes
}

fn response(codes: &[Code]) -> Value {
    let meaning = |it: &Code| format!("`{}`: {}", it.as_str(), it.meaning());
    let meanings: Vec<String> = codes.iter().map(meaning).collect();
    let example = |it: &Code| {
        let value = json!({ "error": { "code": it, "message": it.meaning() } });
        (it.as_str().to_owned(), json!({ "value": value }))
    };
    let examples: Map<String, Value> = codes.iter().map(example).collect();
    json!({
        "description": meanings.join("\n"),
        "content": { "application/json": {
            "schema": { "allOf": [
                { "$ref": "#/components/schemas/Error" },
                { "properties": { "error": { "properties": { "code": { "enum": codes } } } } },
            ]},
            "examples": examples,
        }},
    })
}
