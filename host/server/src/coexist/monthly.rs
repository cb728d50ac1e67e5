//! Once a month: WhatsApp is asked for the history of each number, and what
//! comes within a day is held against the logs. The comparison itself is the
//! record of it: made under the month's name, so that a restart or a second host
//! asks no second time.

use std::sync::Arc;

use baton_domain::{
    ids::{ComparisonId, NumberId, TenantId},
    limits::{COMPARISON_LOOK_MINUTES, COMPARISON_OPEN_HOURS},
};
use baton_store::{AuditSync, Comparison, ComparisonSource, ComparisonState, Document};
use baton_whatsapp::graph::{AccessToken, Outcome, Rejection};
use jiff::{SignedDuration, Timestamp, civil::Date};
use tokio_util::sync::CancellationToken;

use super::kept::{self, change_comparison, change_sync};
use crate::{directory::ActiveTenant, host::Host, pipeline::Refused, work::Loop};

/// Looks now and then whether a number is to be compared, or a comparison has
/// come to its end.
pub fn auditing(host: &Arc<Host>, shutdown: &CancellationToken) -> Loop {
    let (host, shutdown) = (host.clone(), shutdown.clone());
    Box::pin(async move {
        while !shutdown.is_cancelled() {
            let now = host.clock.now();
            for tenant in host.directory().tenants() {
                let Some(wanted) = tenant.document.audit_sync else {
                    continue;
                };
                for number in &tenant.document.numbers {
                    if let Err(error) = look(&host, tenant, &number.id, wanted).await {
                        tracing::error!(number = %number.id, %error, "not compared, it is tried again");
                    }
                }
            }
            tokio::select! {
                () = host.clock.until(now + SignedDuration::from_mins(COMPARISON_LOOK_MINUTES)) => {}
                () = shutdown.cancelled() => {}
            }
        }
    })
}

async fn look(
    host: &Host,
    tenant: &ActiveTenant,
    number: &NumberId,
    wanted: AuditSync,
) -> Result<(), Refused> {
    let (now, id) = (host.clock.now(), &tenant.document.id);
    let ended = |all: &[Document<Comparison>]| {
        let is_over = |it: &&Document<Comparison>| {
            it.body.state == ComparisonState::Open && !it.body.is_open(now)
        };
        let mut over = all.iter().find(is_over)?.clone();
        let has_come = !over.body.chunks.is_empty() || over.body.discrepancies() > 0;
        kept::end(&mut over.body, (!has_come).then_some("nothing_came"));
        Some(over)
    };
    // Each is ended in a change of its own; there are few.
    while change_comparison(host, (id, number), None, ended)
        .await?
        .is_some()
    {}
    let today = tenant.profile.timezone().to_datetime(now).date();
    if let Some(month) = month_of(today, wanted) {
        let begun = |all: &[Document<Comparison>]| begun(all, number, &month, now);
        change_comparison(host, (id, number), None, begun).await?;
    }
    let unasked = |all: &[Document<Comparison>]| asked(all, now);
    match change_comparison(host, (id, number), None, unasked).await? {
        Some(asked) => ask(host, tenant, &asked.after).await,
        None => Ok(()),
    }
}

/// The month whose day has come, by the name of its comparison.
fn month_of(today: Date, wanted: AuditSync) -> Option<ComparisonId> {
    let day = wanted.day_of_month.min(today.days_in_month());
    let month = format!("monthly-{:04}-{:02}", today.year(), today.month());
    let month = ComparisonId::parse(&month).ok();
    month.filter(|_| today.day() >= day)
}

/// The comparison of `month`, when there is none yet.
fn begun(
    all: &[Document<Comparison>],
    number: &NumberId,
    month: &ComparisonId,
    now: Timestamp,
) -> Option<Document<Comparison>> {
    if all.iter().any(|it| it.body.id == *month) {
        return None;
    }
    let ends_at = now + SignedDuration::from_hours(COMPARISON_OPEN_HOURS);
    let (id, number, source) = (month.clone(), number.clone(), ComparisonSource::History);
    let body = Comparison::open(id, number, source, (now, ends_at));
    Some(Document { revision: 0, body })
}

/// The open comparison of a month for which nobody has asked, as one for which
/// somebody does.
fn asked(all: &[Document<Comparison>], now: Timestamp) -> Option<Document<Comparison>> {
    let is_unasked = |it: &&Document<Comparison>| {
        it.body.is_open(now)
            && it.body.asked_at.is_none()
            && it.body.id.as_str().starts_with("monthly-")
    };
    let mut found = all.iter().find(is_unasked)?.clone();
    found.body.asked_at = Some(now);
    Some(found)
}

/// Asks WhatsApp for the history. What it says by webhooks comes later.
async fn ask(host: &Host, tenant: &ActiveTenant, open: &Comparison) -> Result<(), Refused> {
    let (id, number) = (&tenant.document.id, &open.number);
    let token = tenant
        .token(number)
        .and_then(|it| AccessToken::new(it).ok());
    let Some(token) = token else {
        return conclude(host, (id, number), &open.id, Answer::Refused("no_token")).await;
    };
    // Of a new run all chunks count anew.
    change_sync(host, id, number, |sync| {
        sync.phases.clear();
        sync.percent = None;
        sync.declined_at = None;
    })
    .await?;
    let outcome = host.graph.ask_history(number, &token).await;
    let answer = match &outcome {
        Outcome::Accepted(_) | Outcome::Ambiguous(_) => Answer::Taken,
        Outcome::NotSent { .. }
        | Outcome::Rejected {
            rejection: Rejection::RateLimited,
            ..
        } => Answer::NotReached,
        Outcome::Rejected { .. } => Answer::Refused(outcome.code()),
    };
    if !matches!(outcome, Outcome::Accepted(_)) {
        tracing::warn!(%number, code = outcome.code(), "WhatsApp was asked for the history");
    }
    conclude(host, (id, number), &open.id, answer).await
}

/// What WhatsApp says to being asked.
#[derive(Clone, Copy)]
enum Answer {
    /// It may come.
    Taken,
    /// It was not asked: soon once more.
    NotReached,
    /// It will not come, for this reason.
    Refused(&'static str),
}

async fn conclude(
    host: &Host,
    about: (&TenantId, &NumberId),
    id: &ComparisonId,
    answer: Answer,
) -> Result<(), Refused> {
    let concluded = |all: &[Document<Comparison>]| {
        let mut found = all.iter().find(|it| it.body.id == *id)?.clone();
        match answer {
            Answer::Taken => return None,
            Answer::NotReached => found.body.asked_at = None,
            Answer::Refused(why) => kept::end(&mut found.body, Some(why)),
        }
        Some(found)
    };
    change_comparison(host, about, None, concluded).await?;
    Ok(())
}
