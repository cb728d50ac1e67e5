//! Business numbers: what WhatsApp told of them, and freezing one that somebody
//! else may have got hold of.
//!
//! While a number is frozen nothing leaves from it, and its token is not used.
//! What is written on the App is shown and moves nobody. What the App has goes
//! into the queue of its team; what the bot has stays the bot's, since nobody could
//! say anything on that number either.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{ids::NumberId, number::Frozen};
use baton_store::{AuditEntry, AuditQuery, Number};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    audit,
    auth::{PeopleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path},
    people::hand_over::{Holder, pass_all_on},
    view::{List, NumberFrozenView, NumberView},
};
use crate::{directory::ActiveTenant, host::Host, numbers::write};

/// What is feared of a number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeNumber {
    /// Since when somebody else may have had it: what was written on the App from
    /// then on is in doubt, and what was read on it is told. Ever when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// Lists your business numbers, with what WhatsApp told of them.
#[utoipa::path(get, path = "/v1/numbers", tag = "numbers", operation_id = "list_numbers",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<NumberView>)))]
pub async fn list(PeopleManager(scope): PeopleManager) -> Answer<Json<List<NumberView>>> {
    let numbers = scope.tenant.document.numbers.iter();
    let items = numbers.map(|it| shown(&scope.tenant, it)).collect();
    Ok(Json(List { items }))
}

/// Shows one of your business numbers: its quality and limit, whether it is
/// connected and frozen, and the templates of which WhatsApp told something.
#[utoipa::path(get, path = "/v1/numbers/{number}", tag = "numbers", operation_id = "show_number",
    params(("number" = String, Path, description = "Meta's `phone_number_id`.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The number.", body = NumberView)))]
pub async fn show(
    PeopleManager(scope): PeopleManager,
    Path(number): Path<String>,
) -> Answer<Json<NumberView>> {
    Ok(Json(shown(&scope.tenant, own(&scope.tenant, &number)?)))
}

/// Freezes a number: nothing leaves from it, its token is not used, and what is
/// written on the App takes nothing over. What the App had goes into the queue of
/// its team. To ask again does what was left.
#[utoipa::path(post, path = "/v1/numbers/{number}/freeze", tag = "numbers",
    operation_id = "freeze_number",
    params(("number" = String, Path, description = "Meta's `phone_number_id`.")),
    request_body = FreezeNumber, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::ChangedMeanwhile]))),
    responses((status = 200, description = "Nothing leaves from it any more.", body = NumberFrozenView)))]
pub async fn freeze(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(number): Path<String>,
    Json(FreezeNumber { since }): Json<FreezeNumber>,
) -> Answer<Json<NumberFrozenView>> {
    let number = own(&scope.tenant, &number)?;
    let now = host.clock.now();
    let since = since.map(|it| it.min(now));
    let frozen = Frozen {
        at: now,
        since,
        by: scope.access.who().clone(),
    };
    set_frozen(&host, &scope, &number.id, Some(frozen)).await?;
    // From here on nothing leaves, whatever comes after fails.
    let holder = Holder::App(&number.id);
    let (conversations, conversations_left) =
        pass_all_on(&host, &scope, holder, "number_frozen").await?;
    let query = AuditQuery {
        number: Some(number.id.clone()),
        from: since,
        ..AuditQuery::default()
    };
    let (read, read_next) = audit::told_since(&host, &scope, query).await?;
    Ok(Json(NumberFrozenView {
        number: shown(&scope.tenant, number),
        conversations,
        conversations_left,
        read,
        read_next,
    }))
}

/// Thaws a number: messages leave from it again. What was held back meanwhile is
/// not sent.
#[utoipa::path(post, path = "/v1/numbers/{number}/thaw", tag = "numbers",
    operation_id = "thaw_number",
    params(("number" = String, Path, description = "Meta's `phone_number_id`.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale]))),
    responses((status = 200, description = "Messages leave from it again.", body = NumberView)))]
pub async fn thaw(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(number): Path<String>,
) -> Answer<Json<NumberView>> {
    let number = own(&scope.tenant, &number)?;
    set_frozen(&host, &scope, &number.id, None).await?;
    Ok(Json(shown(&scope.tenant, number)))
}

/// Lets go on what wants to say something on a number that may.
///
/// # Errors
/// [`Code::NumberFrozen`].
pub(super) fn may_speak(tenant: &ActiveTenant, number: &NumberId) -> Answer<()> {
    if !tenant.is_frozen(number) {
        return Ok(());
    }
    let message = "the number is frozen: nothing leaves from it until it is thawed";
    Err(ApiError::new(Code::NumberFrozen, message))
}

fn own<'t>(tenant: &'t ActiveTenant, number: &str) -> Answer<&'t Number> {
    let mut numbers = tenant.document.numbers.iter();
    let found = numbers.find(|it| it.id.as_str() == number);
    found.ok_or_else(ApiError::not_found)
}

/// The records are shared by all that hold the tenant: what was just written
/// shows.
fn shown(tenant: &ActiveTenant, number: &Number) -> NumberView {
    NumberView::of(number, &tenant.numbers.load().document(&number.id).body)
}

/// Writes whether it is frozen, with who did so; nothing when it stands so.
async fn set_frozen(
    host: &Host,
    scope: &Scope,
    number: &NumberId,
    frozen: Option<Frozen>,
) -> Answer<()> {
    let _changing = host.number_changes.lock().await;
    let mut document = scope.tenant.numbers.load().document(number);
    let what = match (&document.body.frozen, &frozen) {
        (Some(before), Some(now)) if before.since == now.since => return Ok(()),
        (None, None) => return Ok(()),
        (_, Some(_)) => "freeze-number",
        (_, None) => "thaw-number",
    };
    document.body.frozen = frozen;
    let entry = AuditEntry {
        number: Some(number.clone()),
        ..scope.entry(host, what)
    };
    Ok(write(host, &scope.tenant, document, Some(entry)).await?)
}
