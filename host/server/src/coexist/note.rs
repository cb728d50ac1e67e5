//! What came of the past, noted once it is committed: how far it has come, and
//! what of it should have come by itself. Both are found in what is durable and
//! change nothing when they are told again, so that a redelivery after a crash
//! makes up for what was not noted.

use std::collections::BTreeMap;

use baton_domain::{
    compare::Cause,
    ids::{NumberId, TenantId},
    limits::{COMPARISON_GRACE_MINUTES, COMPARISON_OPEN_HOURS},
};
use baton_store::{Comparison, ComparisonSource, Discrepancy, Document, Link, NumberSync};
use jiff::{SignedDuration, Timestamp};

use super::{
    kept::{self, change_comparison, change_sync, fresh_id},
    logs,
    told::{Chunk, PastOne, Syncs, Told},
};
use crate::{host::Host, pipeline::Refused};

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
    let mut chunks: Vec<(Option<(u32, u32)>, u64)> = Vec::new();
    let mut suspects = BTreeMap::<&[Link], Vec<&PastOne>>::new();
    for chunk in &told.chunks {
        let of_chunk = suspects_of(chunk, sync.receives_since, now);
        chunks.push((chunk.place(), of_chunk.len() as u64));
        for one in of_chunk {
            suspects.entry(&one.links).or_default().push(one);
        }
    }
    let mut found = Vec::new();
    for (links, ones) in suspects {
        found.extend(logs::told_by_history_alone(host, (tenant, number), links, &ones).await?);
    }
    if chunks.is_empty() {
        return Ok(());
    }
    let held = |all: &[Document<Comparison>]| held(all, number, (&chunks, &found), now);
    let before: u64 = found.len() as u64;
    if change_comparison(host, (tenant, number), None, held)
        .await?
        .is_some()
        && before > 0
    {
        count(host, &found);
    }
    Ok(())
}

/// Messages that should have come by themselves: written since the number's
/// messages do, and long enough ago.
fn suspects_of(chunk: &Chunk, since: Timestamp, now: Timestamp) -> Vec<&PastOne> {
    let until = now - SignedDuration::from_mins(COMPARISON_GRACE_MINUTES);
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
    (chunks, found): (&[(Option<(u32, u32)>, u64)], &[Discrepancy]),
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
    for (place, count) in chunks {
        if place.is_some_and(|place| comparison.chunks.insert(place)) {
            comparison.compared += count;
        }
    }
    for one in found {
        comparison.add(one.clone());
    }
    let wrong = comparison.discrepancies();
    comparison.matched = comparison.compared.saturating_sub(wrong);
    (open.body != before).then_some(open)
}

/// Tells the metrics of discrepancies.
pub(super) fn count(host: &Host, found: &[Discrepancy]) {
    for one in found {
        host.metrics.discrepancies.count(one.cause.name());
        if one.cause == Cause::MissingHere {
            tracing::warn!(customer = ?one.customer, "a message of the customer's came by no webhook");
        }
    }
}
