//! Feedback on handoffs: an agent says in one call what was wrong, a report
//! says how often that happens with which version of a rule.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{
    decide::DecisionRecord,
    event::{Event, EventBody, FlagKind, HandoffFlagged},
    ids::NumberId,
    limit,
    limits::{COMMIT_TRIES_MAX, FLAG_EVENTS_SEARCHED_MAX, FLAG_NOTE_CHARS_MAX, REPORT_WEEKS_MAX},
    week::Week,
};
use baton_store::{AuditEntry, CommitError, Loaded, StoredEvent, Version};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    auth::{Claimer, RuleManager, Scope},
    code::Code,
    conversations::ConversationPath,
    customers::load,
    error::{Answer, ApiError},
    extract::{Json, Path, Query},
    view::{FlagView, FlagsReport},
};
use crate::{host::Host, pipeline::Change};

/// What was wrong with a handoff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFlag {
    /// `too-late`, `too-early`, `missing-context` or `wrong-person`.
    #[schema(value_type = FlagName)]
    flag: FlagKind,
    /// More of it, in words.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: Option<Arc<str>>,
    /// The decision that handed off, by its place in the customer's log; the
    /// latest of this conversation when absent.
    #[serde(default)]
    decision: Option<u64>,
}

/// What was wrong with a handoff.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[allow(dead_code, reason = "describes what `FlagKind` reads and writes")]
pub enum FlagName {
    /// A person should have come sooner.
    TooLate,
    /// The bot could have gone on.
    TooEarly,
    /// Something was missing that the person needed.
    MissingContext,
    /// Somebody else should have had it.
    WrongPerson,
}

/// Flags a handoff: says what was wrong with it, for whoever makes the rules.
/// It is by whoever asks: the same flag by the same person changes nothing more.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/flag", tag = "decisions",
    operation_id = "flag_handoff", params(ConversationPath), request_body = NewFlag,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::InvalidValue,
        Code::NoHandoff, Code::ChangedMeanwhile]))),
    responses((status = 201, description = "It is noted.", body = FlagView),
        (status = 200, description = "It was noted before.", body = FlagView)))]
pub async fn flag(
    State(host): State<Arc<Host>>,
    Claimer(scope): Claimer,
    Path(ConversationPath { customer, number }): Path<ConversationPath>,
    Json(new): Json<NewFlag>,
) -> Answer<(StatusCode, Json<FlagView>)> {
    let number = NumberId::parse(&number).map_err(|_| ApiError::not_found())?;
    let length = new.note.as_ref().map_or(0, |it| it.chars().count());
    if length > FLAG_NOTE_CHARS_MAX {
        let over = ApiError::over("characters of a note", limit!(FLAG_NOTE_CHARS_MAX));
        return Err(over.with("place", "note"));
    }
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = load(&host, &scope, &customer).await?;
        let (event, is_news) = flagged(&host, &scope, &loaded, &number, &new).await?;
        let view = FlagView::of(&loaded.customer, &event);
        if !is_news {
            return Ok((StatusCode::OK, Json(view)));
        }
        let mut change = Change::onto(&host, scope.tenant.clone(), loaded).await?;
        change.append(Event {
            at: host.clock.now(),
            number: Some(number.clone()),
            body: EventBody::HandoffFlagged(event),
        });
        change.by(AuditEntry {
            number: Some(number.clone()),
            about: Some(new.flag.as_str().into()),
            ..scope.entry(&host, "flag")
        });
        match change.commit(&host).await {
            Ok(_) => return Ok((StatusCode::CREATED, Json(view))),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Duplicate.into())
}

/// The flag as an event, and whether it says anything new.
async fn flagged(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    number: &NumberId,
    new: &NewFlag,
) -> Answer<(HandoffFlagged, bool)> {
    let conversation = loaded.state.conversation(number);
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    let found = decision(host, scope, loaded, number, new.decision).await?;
    let (stored, record) = found.ok_or_else(|| {
        let message = "there is no handoff to flag: `decision` names one by its place in the log";
        ApiError::new(Code::NoHandoff, message)
    })?;
    let by = scope.access.who().clone();
    let decision = stored.version.0;
    let mut before = conversation.flags.of(decision).peekable();
    let again = before.peek().is_some();
    let is_news = !before.any(|it| it.flag == new.flag && it.by == by);
    let flagged = HandoffFlagged {
        decision,
        decided_at: stored.event.at,
        release: record.release,
        rules: record.led_by(),
        flag: new.flag,
        note: new.note.clone(),
        by,
        again,
    };
    Ok((flagged, is_news))
}

/// The decision at `place`, or else the latest of this conversation, that
/// handed it off.
async fn decision(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    number: &NumberId,
    place: Option<u64>,
) -> Answer<Option<(StoredEvent, Box<DecisionRecord>)>> {
    let (from, count) = match place {
        Some(place) => (place, 1),
        None => {
            let searched = FLAG_EVENTS_SEARCHED_MAX as u64;
            let from = (loaded.version.0 + 1).saturating_sub(searched).max(1);
            (from, FLAG_EVENTS_SEARCHED_MAX)
        }
    };
    let tenant = &scope.tenant.document.id;
    let store = &host.store;
    let events = store
        .events(tenant, &loaded.customer, Version(from), count)
        .await?;
    let is_wanted = |it: &StoredEvent| place.is_none_or(|place| it.version.0 == place);
    let handed_off = events.into_iter().rev().filter(is_wanted).find_map(|it| {
        let EventBody::Decided(record) = &it.event.body else {
            return None;
        };
        let is_handoff = record.decision.hands_off() && it.event.number.as_ref() == Some(number);
        let record = record.clone();
        is_handoff.then_some((it, record))
    });
    Ok(handed_off)
}

/// Which weeks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Weeks {
    /// A day of the first week; four weeks before the last when absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// A day of the last week; today when absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    until: Option<Date>,
}

/// Reports week by week how many handoffs each version of a rule led to, and
/// how many of them were flagged. Flags count in the week of their handoff;
/// weeks are from Monday to Sunday, UTC.
#[utoipa::path(get, path = "/v1/reports/flags", tag = "decisions", operation_id = "report_flags",
    params(Weeks), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "The weeks in which there were handoffs.", body = FlagsReport)))]
pub async fn report(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Query(Weeks { from, until }): Query<Weeks>,
) -> Answer<Json<FlagsReport>> {
    let today = || TimeZone::UTC.to_datetime(host.clock.now()).date();
    let until = until.unwrap_or_else(today);
    let before = || until.saturating_sub(4.weeks());
    let from = from.unwrap_or_else(before);
    let weeks = Week::of_day(from)..Week(Week::of_day(until).0.saturating_add(1));
    let count = i64::from(weeks.end.0) - i64::from(weeks.start.0);
    if !(1..=REPORT_WEEKS_MAX).contains(&count) {
        let message =
            format!("from is not after until, and both are within {REPORT_WEEKS_MAX} weeks");
        return Err(ApiError::invalid(message).with("limit", "REPORT_WEEKS_MAX"));
    }
    let tenant = &scope.tenant.document.id;
    let counts = host.store.flag_counts(tenant, weeks).await?;
    Ok(Json(FlagsReport::of(counts)))
}
