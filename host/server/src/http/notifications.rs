//! How a tenant's own people are told of what waits for them.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use baton_domain::limits::{NAME_CHARS_MAX, SEND_TEMPLATE_NAME_CHARS_MAX};
use baton_store::{Document, NotificationSettings};

use super::{
    admin::revision_read,
    auth::{PeopleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, WithRevision, with_revision},
    people::entry_about,
    view::NotificationsBody,
};
use crate::host::Host;

/// Shows how the tenant's people are told.
#[utoipa::path(get, path = "/v1/notifications", tag = "notifications",
    operation_id = "show_notifications", security(("tenant_key" = [])),
    responses((status = 200, description = "What holds.", body = NotificationsBody,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
) -> Answer<WithRevision<NotificationsBody>> {
    let tenant = &scope.tenant.document.id;
    Ok(shown(host.store.notification_settings(tenant).await?))
}

/// Sets how the tenant's people are told: who has a conversation, or those of
/// the team who work now, or else the operators.
#[utoipa::path(put, path = "/v1/notifications", tag = "notifications",
    operation_id = "put_notifications",
    params(("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for the first.")),
    request_body = NotificationsBody, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::Stale, Code::InvalidValue]))),
    responses((status = 200, description = "It holds.", body = NotificationsBody,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    headers: HeaderMap,
    Json(body): Json<NotificationsBody>,
) -> Answer<WithRevision<NotificationsBody>> {
    let revision = revision_read(&headers)?;
    check(&host, &scope, &body)?;
    let tenant = &scope.tenant.document.id;
    let body = NotificationSettings::from(body);
    let written = Document {
        revision: revision + 1,
        body: body.clone(),
    };
    let _changing = host.directory_changes.lock().await;
    let document = Document { revision, body };
    let entry = entry_about(&scope, &host, "put-notifications", tenant.as_str());
    let put = host
        .store
        .put_notification_settings(tenant, document, entry);
    put.await?;
    host.reload_told(tenant).await?;
    Ok(shown(written))
}

/// That what is wanted can be done on this host.
fn check(host: &Host, scope: &Scope, body: &NotificationsBody) -> Answer<()> {
    let refused = |place: &str, message: &str| Err(ApiError::invalid(message).with("place", place));
    if body.email && host.config.smtp.is_none() {
        return refused(
            "email",
            "this host has no mail server: its administrator names one under [smtp]",
        );
    }
    let Some(whatsapp) = &body.whatsapp else {
        return Ok(());
    };
    if host.config.public_url.is_none() {
        let message = "the template needs a link, and this host has no public_url";
        return refused("whatsapp", message);
    }
    if !scope.tenant.has_number(&whatsapp.number) {
        return refused("whatsapp.number", "it is none of your numbers");
    }
    let lengths = [
        (
            "whatsapp.template",
            &whatsapp.template,
            SEND_TEMPLATE_NAME_CHARS_MAX,
        ),
        ("whatsapp.language", &whatsapp.language, NAME_CHARS_MAX),
    ];
    for (place, text, max) in lengths {
        if !(1..=max).contains(&text.chars().count()) {
            return refused(place, &format!("it has 1 to {max} characters"));
        }
    }
    Ok(())
}

fn shown(document: Document<NotificationSettings>) -> WithRevision<NotificationsBody> {
    with_revision(document.revision, document.body.into())
}
