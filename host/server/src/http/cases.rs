//! A decision as a case that fails, for whoever makes the rule.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, header},
};
use baton_domain::{
    decide::{DecisionRecord, RuleRun},
    event::{EventBody, FlagKind},
    field::Field,
    ids::NumberId,
    limits::FLAG_EVENTS_SEARCHED_MAX,
    people::{Action, FieldSet},
    seen::{Seen, needed_for},
};
use baton_store::{Loaded, StoredEvent, Version};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    audit::note,
    auth::{RuleManager, Scope},
    code::Code,
    customers::load,
    decisions::DecisionPath,
    error::{Answer, ApiError},
    extract::{Path, Query},
};
use crate::{
    case::{self, Flagged},
    host::Host,
};

/// Of which rule.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WantedCase {
    /// Name of the rule; the first that led to the handoff when absent.
    #[serde(default)]
    module: Option<String>,
    /// What was wrong: `too-late`, `too-early`, `missing-context` or
    /// `wrong-person`; what the decision was flagged as when absent.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    flag: Option<FlagKind>,
}

type Toml = ([(HeaderName, &'static str); 1], String);

/// Writes a decision as a file for `baton rule test`: what the rule read then,
/// and that it should not have said what it said. It fails until the rule is
/// changed. Of a handoff that came too late it is the moment before, at which
/// the rule was still quiet. Whoever takes it holds every field that the rule
/// read; what people wrote is masked as their role wants it.
#[utoipa::path(get, path = "/v1/decisions/{customer}/{version}/case", tag = "decisions",
    operation_id = "show_case", params(DecisionPath, WantedCase), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::InvalidValue]))),
    responses((status = 200, description = "The file.", body = String, content_type = "application/toml")))]
pub async fn show(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Path(DecisionPath { customer, version }): Path<DecisionPath>,
    Query(wanted): Query<WantedCase>,
) -> Answer<Toml> {
    // It tells what a customer said.
    scope.may(Action::ReadConversations)?;
    let loaded = load(&host, &scope, &customer).await?;
    let stored = events(&host, &scope, &loaded, version, 1).await?.pop();
    let stored = stored.filter(|it| it.version.0 == version);
    let event = stored.ok_or_else(ApiError::not_found)?.event;
    let (Some(number), EventBody::Decided(record)) = (event.number, event.body) else {
        return Err(ApiError::not_found());
    };
    let flags = loaded.state.conversation(&number);
    let flagged = flags.and_then(|it| it.flags.of(version).last());
    let flag = wanted.flag.or_else(|| flagged.map(|it| it.flag));
    let flag = flag.ok_or_else(|| {
        ApiError::invalid("the decision was not flagged: say what was wrong").with("place", "flag")
    })?;
    let run = run_of(&record, wanted.module.as_deref())?;
    let name = format!("{customer}/{version} {}", flag.as_str());
    let earlier = match flag {
        FlagKind::TooLate => quiet_before(&host, &scope, &loaded, &number, (version, run)).await?,
        _ => None,
    };
    let read = earlier.as_ref().map(RuleRun::fields_read);
    let read = read.unwrap_or_default().union(run.fields_read());
    let missing = match &earlier {
        Some(_) => said(run),
        None => Vec::new(),
    };
    let run = earlier.as_ref().unwrap_or(run);
    let (entry, shown) = {
        let seen = Seen::by_role(&scope.access);
        let shown = shown(&scope, &seen, read, run)?;
        let place = (&loaded.customer, Some(&number));
        (scope.read(&host, "read-case", place, &seen), shown)
    };
    note(&host, &scope, entry).await?;
    let flagged = Flagged {
        name,
        flag,
        is_masked: shown.reads != run.reads,
        run: &shown,
        missing,
    };
    let file = case::file(&flagged).map_err(|error| {
        tracing::error!(%error, "a case cannot be written");
        ApiError::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, "application/toml")], file))
}

/// The run, with its texts masked as the role wants it.
fn shown(scope: &Scope, seen: &Seen<'_>, read: FieldSet, run: &RuleRun) -> Answer<RuleRun> {
    let needed = read.iter().map(needed_for);
    let needed = needed.fold(FieldSet::NONE, FieldSet::union);
    seen.all(needed, || ())
        .ok_or_else(|| lacks(scope, needed))?;
    Ok(RuleRun {
        reads: run.reads.iter().filter_map(|it| seen.read(it)).collect(),
        ..run.clone()
    })
}

/// No field is left out of a case, or it would not be what the rule read. It
/// outlives what was granted for a while, so that only the role counts.
fn lacks(scope: &Scope, read: FieldSet) -> ApiError {
    let lacking = read.without(scope.access.fields());
    let lacking: Vec<&str> = lacking.iter().map(Field::name).collect();
    let message =
        "the rule read fields that your role lacks: somebody who holds them takes the case";
    ApiError::new(Code::Forbidden, message).with("fields", lacking)
}

/// Names of the signals of a run, each once.
fn said(run: &RuleRun) -> Vec<String> {
    let mut names = Vec::new();
    for signal in run.answer.iter().flatten() {
        if !names.contains(&signal.name.to_string()) {
            names.push(signal.name.to_string());
        }
    }
    names
}

/// The run of the rule that is wanted.
fn run_of<'r>(record: &'r DecisionRecord, module: Option<&str>) -> Answer<&'r RuleRun> {
    let led = || record.led_by().into_iter().next().map(|it| it.module);
    let name = match module {
        Some(module) => Some(module.to_owned()),
        None => led().map(|it| it.to_string()),
    };
    let name = name.ok_or_else(|| {
        let message = "no rule led to this decision: name one that ran";
        ApiError::invalid(message).with("place", "module")
    })?;
    let run = record.rules.iter().find(|it| it.module.as_str() == name);
    run.ok_or_else(|| ApiError::invalid("no rule of this name ran").with("place", "module"))
}

/// The run of the same rule in the last decision of the conversation before
/// `version` at which it said nothing of what it said then.
async fn quiet_before(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    number: &NumberId,
    (version, run): (u64, &RuleRun),
) -> Answer<Option<RuleRun>> {
    let searched = FLAG_EVENTS_SEARCHED_MAX as u64;
    let from = version.saturating_sub(searched).max(1);
    let count = usize::try_from(version - from).unwrap_or_default();
    if count == 0 {
        return Ok(None);
    }
    let said = said(run);
    let before = events(host, scope, loaded, from, count).await?;
    let of_conversation = before
        .into_iter()
        .rev()
        .filter(|it| it.version.0 < version && it.event.number.as_ref() == Some(number));
    Ok(of_conversation
        .filter_map(|it| match it.event.body {
            EventBody::Decided(record) => Some(record),
            _ => None,
        })
        .find_map(|record| {
            let runs = record.rules.into_iter();
            let mut theirs = runs.filter(|it| it.module == run.module && it.answer.is_ok());
            theirs.find(|it| !self::said(it).iter().any(|name| said.contains(name)))
        }))
}

async fn events(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    from: u64,
    count: usize,
) -> Answer<Vec<StoredEvent>> {
    let tenant = &scope.tenant.document.id;
    let events = host
        .store
        .events(tenant, &loaded.customer, Version(from), count);
    Ok(events.await?)
}
