//! The HTTP surface: one route table, one file a resource. Each handler carries
//! its own part of the OpenAPI document, so that what is served and what is
//! documented are one table.

#![allow(
    unused_qualifications,
    reason = "the annotations of handlers expand to qualified names"
)]

mod admin;
mod audit;
mod auth;
mod bot;
mod care;
mod cases;
mod code;
mod coexistence;
mod conversations;
mod customer_export;
mod customers;
mod dead_letters;
mod decisions;
mod document;
mod endpoints;
mod error;
mod extract;
mod facts;
mod flags;
mod grants;
mod health;
mod messages;
mod metrics;
mod module_reads;
mod modules;
mod notes;
mod notifications;
mod numbers;
mod packages;
mod people;
mod refusals;
mod releases;
mod reply;
mod request_id;
mod rollout;
mod shared_view;
mod view;
mod webhooks;

pub use error::ApiError;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware::from_fn_with_state};
use baton_domain::limits::{
    API_BODY_BYTES_MAX, COMPARISON_BODY_BYTES_MAX, PACKAGE_BYTES_MAX, SCRIPT_COMPONENT_BYTES_MAX,
    WEBHOOK_BODY_BYTES_MAX,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use code::Code;
pub use document::EXAMPLES;
pub use request_id::RequestIds;
pub use webhooks::Signature;

use crate::host::Host;

/// Every route there is, as the front door serves it: each request to its end.
pub fn served(host: Arc<Host>) -> Router {
    let layer = from_fn_with_state(host.clone(), request_id::identify_in_time);
    routes(&host).layer(layer).with_state(host)
}

/// Every route there is, each request as long as somebody waits for its answer:
/// for whoever has a scheduler of his own.
pub fn router(host: Arc<Host>) -> Router {
    let layer = from_fn_with_state(host.clone(), request_id::identify);
    routes(&host).layer(layer).with_state(host)
}

fn routes(host: &Arc<Host>) -> Router<Arc<Host>> {
    let shed = from_fn_with_state(host.clone(), refusals::shed_over_limit);
    Router::from(open())
        .merge(Router::from(api()).layer(shed))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::method_not_allowed)
}

/// The OpenAPI document of what [`router`] serves.
pub fn document() -> serde_json::Value {
    document::finished(open().merge(api()).into_openapi())
}

/// What is let in by rules of its own, or always.
fn open() -> OpenApiRouter<Arc<Host>> {
    let webhooks = OpenApiRouter::new()
        .routes(routes!(webhooks::handshake, webhooks::receive))
        .layer(DefaultBodyLimit::max(WEBHOOK_BODY_BYTES_MAX));
    OpenApiRouter::with_openapi(document::base())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::show))
        .routes(routes!(document::json))
        .routes(routes!(document::docs))
        .merge(webhooks)
}

/// What is let in while there is room for it.
fn api() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::new()
        .routes(routes!(facts::tell))
        .routes(routes!(messages::send))
        .routes(routes!(customers::list))
        .routes(routes!(customers::show))
        .routes(routes!(customers::events))
        .routes(routes!(customer_export::export))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::show))
        .routes(routes!(conversations::claim))
        .routes(routes!(conversations::hand_back))
        .routes(routes!(conversations::resolve))
        .routes(routes!(shared_view::show))
        .routes(routes!(reply::reply))
        .routes(routes!(care::send_up))
        .routes(routes!(care::pass_on))
        .routes(routes!(care::set_next_step))
        .routes(routes!(notes::take_note))
        .routes(routes!(notes::add_tags))
        .routes(routes!(bot::heartbeat))
        .routes(routes!(decisions::list_decisions))
        .routes(routes!(decisions::show_decision))
        .routes(routes!(decisions::list_handoffs))
        .routes(routes!(flags::flag))
        .routes(routes!(flags::report))
        .routes(routes!(cases::show))
        .routes(routes!(dead_letters::list))
        .merge(notices())
        .merge(numbers())
        .merge(people())
        .merge(uploads())
        .routes(routes!(coexistence::show_sync))
        .routes(routes!(coexistence::show))
        .routes(routes!(modules::show))
        .routes(routes!(grants::list))
        .routes(routes!(grants::put))
        .routes(routes!(grants::revoke_unused))
        .routes(routes!(releases::make, releases::list))
        .routes(routes!(releases::show))
        .routes(routes!(releases::compare))
        .routes(routes!(rollout::show, rollout::make_move))
        .routes(routes!(rollout::put_guardrails))
        .routes(routes!(rollout::running))
        .routes(routes!(admin::tenants::list))
        .routes(routes!(admin::tenants::show, admin::tenants::put))
        .routes(routes!(admin::keys::make, admin::keys::list))
        .routes(routes!(admin::keys::revoke))
        .routes(routes!(admin::apps::put))
        .routes(routes!(admin::export::export))
        .routes(routes!(admin::quarantine::list))
        .routes(routes!(admin::quarantine::dismiss))
        .routes(routes!(admin::quarantine::redrive))
        .layer(DefaultBodyLimit::max(API_BODY_BYTES_MAX))
}

/// Who is told of what.
fn notices() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::make, endpoints::list))
        .routes(routes!(endpoints::show, endpoints::put, endpoints::remove))
        .routes(routes!(endpoints::rotate))
        .routes(routes!(endpoints::replay))
        .routes(routes!(endpoints::replay_letter))
        .routes(routes!(notifications::show, notifications::put))
}

/// What is known of business numbers, and freezing them.
fn numbers() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::new()
        .routes(routes!(numbers::list))
        .routes(routes!(numbers::show))
        .routes(routes!(numbers::freeze))
        .routes(routes!(numbers::thaw))
}

/// Who may see and do what, and who saw and did what.
fn people() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::new()
        .routes(routes!(people::agents::list))
        .routes(routes!(
            people::agents::show,
            people::agents::put,
            people::agents::remove
        ))
        .routes(routes!(people::freeze::freeze))
        .routes(routes!(people::tokens::make, people::tokens::list))
        .routes(routes!(people::tokens::revoke))
        .routes(routes!(people::roles::list))
        .routes(routes!(
            people::roles::show,
            people::roles::put,
            people::roles::remove
        ))
        .routes(routes!(people::field_grants::grant))
        .routes(routes!(audit::list))
}

/// What takes larger bodies than the rest.
fn uploads() -> OpenApiRouter<Arc<Host>> {
    let packages = OpenApiRouter::new()
        .routes(routes!(packages::install))
        .layer(DefaultBodyLimit::max(PACKAGE_BYTES_MAX));
    let comparisons = OpenApiRouter::new()
        .routes(routes!(coexistence::make, coexistence::list))
        .layer(DefaultBodyLimit::max(COMPARISON_BODY_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(modules::upload, modules::list))
        .layer(DefaultBodyLimit::max(SCRIPT_COMPONENT_BYTES_MAX))
        .merge(packages)
        .merge(comparisons)
}
