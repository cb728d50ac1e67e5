//! Numbers that are on the Business App, too: how far their past is taken over,
//! and how the App's messages compare with what is here.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{
    field::Field,
    ids::{MessageId, NumberId},
    limit,
    limits::{COMPARED_CUSTOMERS_MAX, COMPARED_MESSAGES_MAX, MESSAGE_TEXT_CHARS_MAX},
    people::Action,
};
use baton_store::{AuditEntry, Document, Link};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    auth::{Auditor, Reader, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path},
    facts::customer_key,
    people::entry_about,
    view::{AppMessage, ComparisonView, List, NewComparison, SyncView},
};
use crate::{
    coexist::{Given, Wanted, compare},
    host::Host,
    pipeline::CustomerKey,
    wire::CustomerRef,
};

/// What a comparison tells of: who has a phone number here, and what was written.
const COMPARED_FIELDS: [Field; 3] = [
    Field::CustomerPhone,
    Field::MessageText,
    Field::MessageRecent,
];

/// Which number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NumberPath {
    /// Meta's `phone_number_id`.
    number: String,
}

/// Which comparison.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ComparisonPath {
    /// Meta's `phone_number_id`.
    number: String,
    /// Its id.
    comparison: String,
}

/// Shows how far the history of a number and its address book are taken over
/// from the Business App.
#[utoipa::path(get, path = "/v1/numbers/{number}/sync", tag = "numbers", operation_id = "show_sync",
    params(NumberPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "What WhatsApp told.", body = SyncView)))]
pub async fn show_sync(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(path): Path<NumberPath>,
) -> Answer<Json<SyncView>> {
    let number = number_of(&scope, &path.number)?;
    let tenant = &scope.tenant.document;
    let sync = host.store.number_sync(&tenant.id, &number).await?;
    Ok(Json(SyncView::of(tenant, &number, sync.map(|it| it.body))))
}

/// Holds messages of the Business App, such as those of exported chats, against
/// what is here, and keeps what it found. Messages without an `id` are matched
/// by customer, direction, text and time. With `import`, those that are missing
/// here are taken over as the history would be: they open nothing and start
/// nothing. That takes the action `tell-facts`, too. What is found and what is
/// not tells of phone numbers and messages: the role sees both.
#[utoipa::path(post, path = "/v1/numbers/{number}/comparisons", tag = "numbers",
    operation_id = "compare_number", params(NumberPath), request_body = NewComparison,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::InvalidValue, Code::Erased]))),
    responses((status = 201, description = "What was found.", body = ComparisonView)))]
pub async fn make(
    State(host): State<Arc<Host>>,
    Auditor(scope): Auditor,
    Path(path): Path<NumberPath>,
    Json(new): Json<NewComparison>,
) -> Answer<(StatusCode, Json<ComparisonView>)> {
    let number = number_of(&scope, &path.number)?;
    if new.import {
        scope.may(Action::TellFacts)?;
    }
    if !COMPARED_FIELDS
        .iter()
        .all(|field| scope.access.sees(*field))
    {
        let message = "your role does not see whom a phone number is of and what is written, \
                       and a comparison would tell";
        return Err(ApiError::new(Code::Forbidden, message));
    }
    let wanted = Wanted {
        messages: given(new.messages)?,
        import: new.import,
        by: AuditEntry {
            number: Some(number.clone()),
            fields: COMPARED_FIELDS.into_iter().collect(),
            ..entry_about(&scope, &host, "compare-number", number.as_str())
        },
        number,
    };
    let compared = compare(&host, &scope.tenant, wanted).await?;
    Ok((StatusCode::CREATED, Json(ComparisonView::whole(compared))))
}

/// Lists the comparisons of a number, the latest first, without their
/// discrepancies.
#[utoipa::path(get, path = "/v1/numbers/{number}/comparisons", tag = "numbers",
    operation_id = "list_comparisons", params(NumberPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "Those that are kept.", body = List<ComparisonView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Auditor(scope): Auditor,
    Path(path): Path<NumberPath>,
) -> Answer<Json<List<ComparisonView>>> {
    let number = number_of(&scope, &path.number)?;
    let tenant = &scope.tenant.document.id;
    let mut all = host.store.comparisons(tenant, &number).await?;
    all.sort_by_key(|it| std::cmp::Reverse(it.body.started_at));
    let items = all.into_iter().map(|it| ComparisonView::row(it.body));
    Ok(Json(List {
        items: items.collect(),
    }))
}

/// Shows a comparison with its discrepancies. What a message says is in the
/// customer's log, at `version`, or in what was sent, at `place`.
#[utoipa::path(get, path = "/v1/numbers/{number}/comparisons/{comparison}", tag = "numbers",
    operation_id = "show_comparison", params(ComparisonPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "What was found.", body = ComparisonView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    Auditor(scope): Auditor,
    Path(path): Path<ComparisonPath>,
) -> Answer<Json<ComparisonView>> {
    let number = number_of(&scope, &path.number)?;
    let tenant = &scope.tenant.document.id;
    let all = host.store.comparisons(tenant, &number).await?;
    let mut all = all.into_iter();
    let found = all.find(|it| it.body.id.as_str() == path.comparison);
    let Document { body, .. } = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(ComparisonView::whole(body)))
}

/// A number of the tenant's.
fn number_of(scope: &Scope, number: &str) -> Answer<NumberId> {
    let number = NumberId::parse(number).ok();
    let own = number.filter(|it| scope.tenant.has_number(it));
    own.ok_or_else(ApiError::not_found)
}

/// The messages as they are compared.
fn given(messages: Vec<AppMessage>) -> Answer<Vec<Given>> {
    if messages.len() > COMPARED_MESSAGES_MAX {
        return Err(ApiError::over(
            "messages in one request",
            limit!(COMPARED_MESSAGES_MAX),
        ));
    }
    let mut given = Vec::with_capacity(messages.len());
    for (place, message) in messages.into_iter().enumerate() {
        let at = |error: ApiError| error.with("place", format!("messages[{place}]"));
        given.push(one(place as u64, message).map_err(at)?);
    }
    let customers: std::collections::BTreeSet<&[Link]> =
        given.iter().map(|it| it.links.as_slice()).collect();
    if customers.len() > COMPARED_CUSTOMERS_MAX {
        return Err(ApiError::over(
            "customers in one request",
            limit!(COMPARED_CUSTOMERS_MAX),
        ));
    }
    Ok(given)
}

fn one(place: u64, message: AppMessage) -> Answer<Given> {
    let named = CustomerRef {
        phone: message.phone.clone(),
        user_id: message.user_id.clone(),
        ..CustomerRef::default()
    };
    named.check()?;
    let CustomerKey::Links(links) = customer_key(&named)? else {
        return Err(ApiError::not_found());
    };
    let id = message.id.as_deref().map(MessageId::parse).transpose();
    let id = id.map_err(ApiError::invalid)?;
    let text = message.text.as_deref().unwrap_or_default();
    if text.chars().count() > MESSAGE_TEXT_CHARS_MAX {
        return Err(ApiError::over(
            "characters of a text",
            limit!(MESSAGE_TEXT_CHARS_MAX),
        ));
    }
    let message = message.told(id);
    Ok(Given {
        links,
        message,
        place,
    })
}
