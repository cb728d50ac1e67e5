//! After the clock was ahead and is set back: what was given its place by that
//! clock would wait for as long as it was ahead.

use baton_domain::limits::{CLOCKS_DIFFER_MINUTES, LIST_ITEMS_MAX};
use jiff::{SignedDuration, Timestamp};

use super::{
    Shared,
    draft::Draft,
    due::{Entry, parse},
    key::due_of,
    rows::after_prefix,
    work_row::{Open, Plain, WorkRow, read, unlist, write},
};
use crate::{
    error::{CommitError, StoreError},
    work::{Stage, WorkKind},
};

impl Shared {
    /// What [`crate::Store::clock_set_back`] does.
    pub(crate) async fn clock_set_back(&self, now: Timestamp) -> Result<usize, CommitError> {
        let mut count = 0;
        for kind in WorkKind::ALL {
            let all = due_of(kind).done();
            let (mut from, end) = (all.clone(), after_prefix(&all));
            loop {
                let page = self.rows.scan(&from, &end, LIST_ITEMS_MAX)?;
                let Some((last, _)) = page.last() else {
                    break;
                };
                from = after_prefix(last);
                let mut early = Vec::new();
                for (key, _) in &page {
                    let (shown_at, entry) = parse(key)?;
                    if shown_at > now && self.is_early(&entry, now)? {
                        early.push(entry);
                    }
                }
                if !early.is_empty() {
                    let place = move |draft: &mut Draft<'_>| place_anew(draft, early, now);
                    count += self.committer.run(Vec::new(), place).await?;
                }
                if page.len() == LIST_ITEMS_MAX {
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(count)
    }

    /// Whether a row was given its place in what is the future by now. A damaged
    /// one is for whoever leases it to tell of.
    fn is_early(&self, entry: &Entry, now: Timestamp) -> Result<bool, StoreError> {
        let key = entry.who.work(entry.hash);
        let row = self.rows.get(&key)?;
        let row = row.and_then(|record| WorkRow::parse(&key, &record).ok());
        Ok(row.is_some_and(|row| placed_early(&row.plain, now).is_some()))
    }
}

/// The open row, when the clock was ahead as it was given its place. Hosts that
/// share a store need not agree to the minute.
fn placed_early(plain: &Plain, now: Timestamp) -> Option<&Open> {
    let differ = SignedDuration::from_mins(CLOCKS_DIFFER_MINUTES);
    let latest = now.saturating_add(differ).unwrap_or(Timestamp::MAX);
    match plain {
        Plain::Open(open) if !matches!(open.stage, Stage::Dead { .. }) => {
            (open.placed_at > latest).then_some(open)
        }
        _ => None,
    }
}

/// Gives rows a place as far from now as it was from when they got it.
fn place_anew(
    draft: &mut Draft<'_>,
    early: Vec<Entry>,
    now: Timestamp,
) -> Result<usize, CommitError> {
    let mut count = 0;
    for Entry { who, hash, .. } in early {
        // It may have been settled meanwhile.
        let Some(row) = read(draft, &who, hash)? else {
            continue;
        };
        let Some(open) = placed_early(&row.plain, now).cloned() else {
            continue;
        };
        let anew = |at: Timestamp| {
            let wait = at.duration_since(open.placed_at).max(SignedDuration::ZERO);
            now.saturating_add(wait).unwrap_or(Timestamp::MAX)
        };
        let next = Open {
            // What was due before it got its place stays due since then.
            due_at: open.due_at.min(anew(open.due_at)),
            shown_at: open.shown_at.min(anew(open.shown_at)),
            placed_at: now,
            ..open
        };
        unlist(draft, &who, hash, &row.plain);
        let plain = Plain::Open(next);
        write(draft, &who, hash, &WorkRow { plain, ..row })?;
        count += 1;
    }
    Ok(count)
}
