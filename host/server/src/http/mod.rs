//! The HTTP surface: one route table, one file a resource.

mod admin;
mod auth;
mod conversations;
mod customers;
mod dead_letters;
mod decisions;
mod error;
mod facts;
mod health;
mod messages;
mod page;
mod refusals;
mod view;
mod webhooks;

pub use error::ApiError;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    routing::{delete, get, post, put},
};
use baton_domain::limits::{API_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX};

use crate::host::Host;

/// Every route there is.
pub fn router(host: Arc<Host>) -> Router {
    let webhooks = Router::new()
        .route(
            "/webhooks/whatsapp/{app}",
            get(webhooks::handshake).post(webhooks::receive),
        )
        .layer(DefaultBodyLimit::max(WEBHOOK_BODY_BYTES_MAX));
    let api = Router::new()
        .route("/v1/events", post(facts::tell))
        .route("/v1/messages", post(messages::send))
        .route("/v1/customers", get(customers::list))
        .route("/v1/customers/{customer}", get(customers::show))
        .route("/v1/customers/{customer}/events", get(customers::events))
        .route("/v1/conversations", get(conversations::list))
        .route(
            "/v1/conversations/{customer}/{number}",
            get(conversations::show),
        )
        .route(
            "/v1/conversations/{customer}/{number}/claim",
            post(conversations::claim),
        )
        .route(
            "/v1/conversations/{customer}/{number}/return",
            post(conversations::hand_back),
        )
        .route(
            "/v1/conversations/{customer}/{number}/resolve",
            post(conversations::resolve),
        )
        .route("/v1/decisions", get(decisions::list_decisions))
        .route(
            "/v1/decisions/{customer}/{version}",
            get(decisions::show_decision),
        )
        .route("/v1/handoffs", get(decisions::list_handoffs))
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/admin/tenants", get(admin::tenants::list))
        .route(
            "/admin/tenants/{tenant}",
            get(admin::tenants::show).put(admin::tenants::put),
        )
        .route(
            "/admin/tenants/{tenant}/keys",
            post(admin::keys::make).get(admin::keys::list),
        )
        .route(
            "/admin/tenants/{tenant}/keys/{name}",
            delete(admin::keys::revoke),
        )
        .route("/admin/apps/{app}", put(admin::apps::put))
        .route("/admin/quarantine", get(admin::quarantine::list))
        .route("/admin/quarantine/{id}", delete(admin::quarantine::dismiss))
        .route(
            "/admin/quarantine/{id}/redrive",
            post(admin::quarantine::redrive),
        )
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
        .layer(from_fn_with_state(host.clone(), refusals::shed_over_limit));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(webhooks)
        .merge(api)
        .fallback(error::no_such_route)
        .layer(map_response(refusals::in_stable_form))
        .with_state(host)
}
