//! The OpenAPI document: generated from the handlers, completed here by what
//! many of them share (errors, security, examples), served with a page to read
//! it.

mod errors;
mod examples;
mod page;
mod schemas;

use std::sync::LazyLock;

use axum::{
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse},
};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

pub use examples::EXAMPLES;

/// What the handlers do not say: title, purpose, security schemes.
pub fn base() -> OpenApi {
    let base = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Baton",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": INTRODUCTION,
        },
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": {},
        "components": { "securitySchemes": {
            "tenant_key": {
                "type": "http", "scheme": "bearer",
                "description": "A key of one tenant, or a personal token of one of its people; the role says what it may see and do.",
            },
            "admin_key": {
                "type": "http", "scheme": "bearer",
                "description": "The host administrator's key.",
            },
            "metrics_key": {
                "type": "http", "scheme": "bearer",
                "description": "The key of `metrics_key_sha256`, which opens `/metrics` alone.",
            },
            "signature": {
                "type": "apiKey", "in": "header", "name": "X-Hub-Signature-256",
                "description": "`sha256=` and the HMAC-SHA256 of the raw body under the app's secret, as hex.",
            },
        }},
    });
    // A constant of ours, read by a test.
    serde_json::from_value(base).unwrap_or_default()
}

const INTRODUCTION: &str = "Everything that Baton serves. A request that cannot be done answers \
    `{\"error\": {\"code\", \"message\", ...}}`; codes are stable, messages are for people. Lists \
    are pages: hand `next` back as `after` for more. Members may be added to answers at any time.";

const TAGS: [(&str, &str); 14] = [
    ("webhooks", "Where Meta calls."),
    (
        "facts",
        "What the merchant's systems and bot tell, and what makes rules run.",
    ),
    ("messages", "What the bot says through Baton."),
    ("customers", "Who the customers are, with their whole log."),
    (
        "conversations",
        "Who has the next step; how people take and give back.",
    ),
    (
        "decisions",
        "What was decided and why; what passed to people.",
    ),
    (
        "notifications",
        "Who is told of what happens: other systems by webhooks, the tenant's people by e-mail and WhatsApp.",
    ),
    (
        "numbers",
        "Business numbers: what WhatsApp told of them, freezing one, and how one compares with the Business App.",
    ),
    (
        "modules",
        "Rules and policies that the tenant has, and what they may read.",
    ),
    (
        "releases",
        "Which modules decide on whom; how what is new takes the place of what was.",
    ),
    (
        "people",
        "Who the tenant's people are, what their roles let them see and do.",
    ),
    ("audit", "Who read and did what, when, under which grant."),
    ("admin", "Tenants, apps, keys and the quarantine."),
    ("health", "The host itself."),
];

/// The document of these operations, with errors and examples.
pub fn finished(operations: OpenApi) -> Value {
    // Maps, strings and numbers only: this cannot fail.
    let mut document = serde_json::to_value(operations).unwrap_or_default();
    schemas::mend(&mut document);
    errors::add(&mut document);
    examples::add(&mut document);
    document
}

/// What is served, made once.
static SERVED: LazyLock<(String, String)> = LazyLock::new(|| {
    let document = super::document();
    (document.to_string(), page::page(&document).into_string())
});

/// Serves this document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", operation_id = "openapi",
    responses((status = 200, description = "The document.", body = Object)))]
pub async fn json() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], SERVED.0.as_str())
}

/// Serves a page to read this document on.
#[utoipa::path(get, path = "/docs", tag = "health", operation_id = "docs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub async fn docs() -> impl IntoResponse {
    Html(SERVED.1.as_str())
}
