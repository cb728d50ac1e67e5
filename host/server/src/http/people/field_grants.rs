//! Fields of one conversation that somebody may see for a while.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{
    event::{Event, EventBody, FieldGranted},
    ids::{AgentId, NumberId},
    limit,
    limits::{COMMIT_TRIES_MAX, GRANT_HOURS_MAX, SHORT_TEXT_CHARS_MAX},
    people::FieldSet,
};
use baton_store::{AuditEntry, CommitError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{agents::known, entry_about};
use crate::{
    host::Host,
    http::{
        auth::{Escalator, Scope},
        code::Code,
        conversations::ConversationPath,
        customers::load,
        error::{Answer, ApiError, short},
        extract::{Json, Path},
    },
    pipeline::Change,
};

/// What somebody may see of one conversation for a while.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldGrant {
    /// Who: the id of one of the tenant's people.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    agent: AgentId,
    /// Names of fields that your own role holds.
    #[schema(value_type = Vec<String>, min_items = 1)]
    fields: FieldSet,
    /// Why, in words; it is kept in the customer's log.
    #[schema(min_length = 1, max_length = 280)]
    reason: String,
    /// Until when: at most a week from now.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// Lets somebody see fields of one conversation that their role lacks, for a
/// while and for a reason. Nobody grants what they do not hold.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/grants", tag = "people",
    operation_id = "grant_fields", params(ConversationPath), request_body = FieldGrant,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::InvalidValue,
        Code::ChangedMeanwhile]))),
    responses((status = 201, description = "It holds from now on.", body = FieldGrant)))]
pub async fn grant(
    State(host): State<Arc<Host>>,
    Escalator(scope): Escalator,
    Path(path): Path<ConversationPath>,
    Json(wanted): Json<FieldGrant>,
) -> Answer<(StatusCode, Json<FieldGrant>)> {
    check(&host, &scope, &wanted)?;
    let number = NumberId::parse(&path.number).map_err(|_| ApiError::not_found())?;
    for _ in 0..COMMIT_TRIES_MAX {
        match granted(&host, &scope, &path.customer, &number, &wanted).await? {
            Ok(()) => return Ok((StatusCode::CREATED, Json(wanted))),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Duplicate.into())
}

fn check(host: &Host, scope: &Scope, wanted: &FieldGrant) -> Answer<()> {
    let now = host.clock.now();
    let invalid =
        |place: &str, message: String| Err(ApiError::invalid(message).with("place", place));
    if wanted.fields.is_empty() {
        return invalid("fields", "name at least one field".to_owned());
    }
    short("reason", wanted.reason.trim(), limit!(SHORT_TEXT_CHARS_MAX))
        .map_err(|error| error.with("place", "reason"))?;
    let latest = now + SignedDuration::from_hours(GRANT_HOURS_MAX);
    if wanted.until <= now || wanted.until > latest {
        let message = format!("a grant ends after now and within {GRANT_HOURS_MAX} hours");
        return invalid("until", message);
    }
    if !scope.access.fields().contains_all(wanted.fields) {
        let message = "nobody grants what they do not hold: your role lacks one of these fields";
        return Err(ApiError::new(Code::Forbidden, message));
    }
    match known(host, scope, wanted.agent.as_str()) {
        Ok(agent) if !agent.body.is_frozen => Ok(()),
        _ => invalid(
            "agent",
            format!(
                "there is nobody called {}, or they are frozen",
                wanted.agent
            ),
        ),
    }
}

async fn granted(
    host: &Host,
    scope: &Scope,
    customer: &str,
    number: &NumberId,
    wanted: &FieldGrant,
) -> Answer<Result<(), CommitError>> {
    let loaded = load(host, scope, customer).await?;
    if loaded.state.conversation(number).is_none() {
        return Err(ApiError::not_found());
    }
    let mut change = Change::onto(host, scope.tenant.clone(), loaded).await?;
    let by = scope.access.who().clone();
    change.append(Event {
        at: host.clock.now(),
        number: Some(number.clone()),
        body: EventBody::FieldGranted(FieldGranted {
            agent: wanted.agent.clone(),
            fields: wanted.fields,
            reason: wanted.reason.trim().into(),
            until: wanted.until,
            by,
        }),
    });
    change.by(AuditEntry {
        number: Some(number.clone()),
        fields: wanted.fields,
        ..entry_about(scope, host, "grant-fields", wanted.agent.as_str())
    });
    Ok(change.commit(host).await.map(drop))
}
