//! What came of the past, noted once it is committed: how far it has come, and
//! what of it should have come by itself. Both are found in what is durable and
//! change nothing when they are told again, so that a redelivery after a crash
//! makes up for what was not noted.

use std::collections::BTreeMap;

use baton_domain::{
    ids::{NumberId, TenantId},
    limits::{COMPARISON_GRACE_MINUTES, COMPARISON_OPEN_HOURS, SYNC_CHUNKS_MAX},
};
use baton_store::{
    Comparison, ComparisonSource, ComparisonState, Discrepancy, Document, Link, NumberSync,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    kept::{self, Changed, change_comparison, change_sync, fresh_id},
    logs,
    told::{Chunk, PastOne, Syncs, Told},
};
use crate::{host::Host, pipeline::Refused};

/// Phase and number of a chunk, when it says, and how many of its messages are
/// held against the logs.
type Judged = (Option<(u32, u32)>, u64);

/// Notes what a webhook told of the past of numbers.
///
/// # Errors
/// [`Refused`]: the webhook is delivered again.
pub async fn note(host: &Host, syncs: Syncs) -> Result<(), Refused> {
    for ((tenant, number), syncs) in syncs {
        let (told, now) = (Told::of(syncs), host.clock.now());
        let sync = change_sync(host, &tenant, &number, |sync| told.onto(sync, now)).await?;
        hold_against(host, (&tenant, &number), &told, &sync).await?;
    }
    Ok(())
}

/// Holds what came against the comparison that is open. What was not known and
/// should have been opens one when there is none.
async fn hold_against(
    host: &Host,
    (tenant, number): (&TenantId, &NumberId),
    told: &Told,
    sync: &NumberSync,
) -> Result<(), Refused> {
    let now = host.clock.now();
    if told.is_declined() {
        let declined = |all: &[Document<Comparison>]| {
            let mut open = open_of(all, now)?;
            kept::end(&mut open.body, Some("declined"));
            Some(open)
        };
        change_comparison(host, (tenant, number), None, declined).await?;
    }
    if told.chunks.is_empty() {
        return Ok(());
    }
    let since = judged_until(host, (tenant, number), now).await?;
    let since = since.max(sync.receives_since);
    let mut chunks: Vec<Judged> = Vec::new();
    let mut suspects = BTreeMap::<&[Link], Vec<&PastOne>>::new();
    for chunk in &told.chunks {
        let of_chunk = suspects_of(chunk, since, now);
        chunks.push((chunk.place(), of_chunk.len() as u64));
        for one in of_chunk {
            suspects.entry(&one.links).or_default().push(one);
        }
    }
    let mut found = Vec::new();
    for (links, ones) in suspects {
        found.extend(logs::told_by_history_alone(host, (tenant, number), links, &ones).await?);
    }
    let held = |all: &[Document<Comparison>]| held(all, number, (&chunks, &found), now);
    if let Some(changed) = change_comparison(host, (tenant, number), None, held).await? {
        count(host, &changed);
    }
    Ok(())
}

/// Up to when an earlier history was held against the logs: what was lost by then
/// was told, and is not told every month.
async fn judged_until(
    host: &Host,
    (tenant, number): (&TenantId, &NumberId),
    now: Timestamp,
) -> Result<Timestamp, Refused> {
    let all = host.store.comparisons(tenant, number).await?;
    let over = all.iter().map(|it| &it.body).filter(|it| {
        let has_come = it.state != ComparisonState::NotAvailable && !it.chunks.is_empty();
        it.source == ComparisonSource::History && !it.is_open(now) && has_come
    });
    let begun = over.map(|it| it.started_at).max();
    Ok(begun.map_or(Timestamp::MIN, grace_before))
}

/// What is younger may still come by itself.
fn grace_before(at: Timestamp) -> Timestamp {
    let grace = SignedDuration::from_mins(COMPARISON_GRACE_MINUTES);
    at.saturating_sub(grace).unwrap_or(Timestamp::MIN)
}

/// Messages that should have come by themselves: written since the number's
/// messages do, and long enough ago.
fn suspects_of(chunk: &Chunk, since: Timestamp, now: Timestamp) -> Vec<&PastOne> {
    let until = grace_before(now);
    let is_suspect = |one: &&PastOne| one.at.is_some_and(|at| since < at && at <= until);
    chunk.messages.iter().filter(is_suspect).collect()
}

fn open_of(all: &[Document<Comparison>], now: Timestamp) -> Option<Document<Comparison>> {
    let is_open = |it: &&Document<Comparison>| {
        it.body.source == ComparisonSource::History && it.body.is_open(now)
    };
    all.iter().find(is_open).cloned()
}

/// The open comparison with what was found; `None` when it says nothing new.
fn held(
    all: &[Document<Comparison>],
    number: &NumberId,
    (chunks, found): (&[Judged], &[Discrepancy]),
    now: Timestamp,
) -> Option<Document<Comparison>> {
    let mut open = match open_of(all, now) {
        Some(open) => open,
        None if found.is_empty() => return None,
        None => {
            let ends_at = now + SignedDuration::from_hours(COMPARISON_OPEN_HOURS);
            let (id, source) = (fresh_id(all, now)?, ComparisonSource::History);
            let body = Comparison::open(id, number.clone(), source, (now, ends_at));
            Document { revision: 0, body }
        }
    };
    let before = open.body.clone();
    let comparison = &mut open.body;
    let known = &comparison.chunks;
    let is_known = |place: &Option<(u32, u32)>| place.is_some_and(|it| known.contains(&it));
    let is_news = !chunks.iter().all(|(place, _)| is_known(place));
    for (place, count) in chunks {
        let has_room = comparison.chunks.len() < SYNC_CHUNKS_MAX;
        if has_room && place.is_some_and(|place| comparison.chunks.insert(place)) {
            comparison.compared += count;
        }
    }
    // Of chunks that all came before, all was told: it may be more than is listed,
    // and must not count again.
    if is_news {
        for one in found {
            comparison.add(one.clone());
        }
    }
    let wrong = comparison.discrepancies();
    comparison.matched = comparison.compared.saturating_sub(wrong);
    (open.body != before).then_some(open)
}

/// Tells the metrics what a change found.
pub(super) fn count(host: &Host, changed: &Changed) {
    for (cause, count) in changed.found() {
        for _ in 0..count {
            host.metrics.discrepancies.count(cause.name());
        }
    }
}
