//! Leases: who performs work that is due.

use std::collections::VecDeque;

use baton_domain::{ids::TenantId, limits::LEASES_MAX};
use jiff::{SignedDuration, Timestamp};

use super::{
    Shared,
    draft::Draft,
    key::{Parts, Who, due_of},
    rows::{Rows, after_prefix},
    seal::IndexHash,
    work_row::{Open, Plain, WorkRow, read, unlist, write},
};
use crate::{
    error::{CommitError, StoreError},
    work::{Lease, LeasedWork, Work, WorkKey, WorkKind},
};

/// A row of the list of due work.
pub(crate) struct Entry {
    key: Vec<u8>,
    pub(crate) who: Who,
    pub(crate) hash: IndexHash,
}

/// A row that was leased and is still sealed.
struct Leased {
    who: Who,
    hash: IndexHash,
    row: WorkRow,
    open: Open,
}

/// Time and customer of a key in the list of due work.
pub(crate) fn parse(key: &[u8]) -> Result<(Timestamp, Entry), StoreError> {
    let mut parts = Parts::of(key);
    parts.byte()?;
    let (tenant, at) = (parts.tenant()?, parts.time()?);
    let who = Who {
        tenant,
        customer: parts.customer()?,
    };
    let hash = parts.hash()?;
    Ok((
        at,
        Entry {
            key: key.to_vec(),
            who,
            hash,
        },
    ))
}

/// The tenant of a key in the list of due work.
fn tenant_of(key: &[u8]) -> Result<TenantId, StoreError> {
    let mut parts = Parts::of(key);
    parts.byte()?;
    parts.tenant()
}

/// Keys of the first rows of each tenant that has work of this kind, starting
/// with the tenant after `after`.
fn tenants(
    rows: &dyn Rows,
    kind: WorkKind,
    after: Option<&TenantId>,
) -> Result<Vec<(TenantId, Vec<u8>)>, StoreError> {
    let all = due_of(kind).done();
    let (mut from, end) = (all.clone(), after_prefix(&all));
    let mut found = Vec::new();
    while let Some((key, _)) = rows.scan(&from, &end, 1)?.into_iter().next() {
        let tenant = tenant_of(&key)?;
        from = after_prefix(&due_of(kind).text(tenant.as_str()).done());
        found.push((tenant, key));
    }
    if let Some(after) = after {
        let key = |tenant: &TenantId| due_of(kind).text(tenant.as_str()).done();
        let start = found.partition_point(|(tenant, _)| key(tenant) <= key(after));
        found.rotate_left(start);
    }
    Ok(found)
}

/// What is due at `now`: tenants take turns, and each gives what is longest
/// due.
fn choose(
    draft: &mut Draft<'_>,
    tenants: &[(TenantId, Vec<u8>)],
    kind: WorkKind,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let mut queues = VecDeque::new();
    for (tenant, _) in tenants {
        let tenant = due_of(kind).text(tenant.as_str());
        let (from, to) = (
            tenant.clone().done(),
            tenant.time(now).bytes(&[u8::MAX]).done(),
        );
        let rows = draft.scan(&from, &to, limit)?;
        if !rows.is_empty() {
            queues.push_back(VecDeque::from(rows));
        }
        if queues.len() == limit {
            break;
        }
    }
    let mut chosen = Vec::new();
    while let Some(mut queue) = queues.pop_front() {
        if chosen.len() == limit {
            break;
        }
        if let Some((key, _)) = queue.pop_front() {
            chosen.push(parse(&key)?.1);
            queues.push_back(queue);
        }
    }
    Ok(chosen)
}

impl Shared {
    /// What [`crate::Store::due`] answers.
    pub(crate) async fn due(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease_for: SignedDuration,
        limit: usize,
    ) -> Result<Vec<LeasedWork>, StoreError> {
        let limit = limit.min(LEASES_MAX);
        let until = now.saturating_add(lease_for).unwrap_or(Timestamp::MAX);
        let turn = self.turns.of(kind);
        let tenants = tenants(&*self.rows, kind, turn.as_ref())?;
        // That nothing is due must be durable, too.
        self.in_flight.is_whole()?;
        let is_due = |key: &[u8]| parse(key).is_ok_and(|(at, _)| at <= now);
        let tenants: Vec<_> = tenants.into_iter().filter(|(_, key)| is_due(key)).collect();
        if tenants.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        if let Some((last, _)) = tenants.get(..limit).unwrap_or(&tenants).last() {
            self.turns.served(kind, last);
        }
        let lease = move |draft: &mut Draft<'_>| {
            let chosen = choose(draft, &tenants, kind, now, limit)?;
            lease_all(draft, chosen, kind, (now, until))
        };
        let (leased, damaged) = self
            .committer
            .run(Vec::new(), lease)
            .await
            .map_err(only_store)?;
        self.open_all(leased, damaged)
    }

    /// Opens what was leased. Work of a customer who was erased since is
    /// nobody's; a damaged row is an error only when there is nothing else, so
    /// that it does not hold up the rest.
    fn open_all(
        &self,
        leased: Vec<Leased>,
        mut damaged: Option<StoreError>,
    ) -> Result<Vec<LeasedWork>, StoreError> {
        let mut opened = Vec::with_capacity(leased.len());
        for leased in leased {
            let number = leased.open.lease;
            match self.open_work(&leased.who, leased.hash, &leased.row, &leased.open) {
                Ok(work) => {
                    let lease = Lease {
                        key: work.key.clone(),
                        number,
                    };
                    opened.push(LeasedWork { work, lease });
                }
                Err(StoreError::Erased) => {}
                Err(error) => damaged = Some(error),
            }
        }
        match damaged {
            Some(error) if opened.is_empty() => Err(error),
            _ => Ok(opened),
        }
    }

    fn open_work(
        &self,
        who: &Who,
        hash: IndexHash,
        row: &WorkRow,
        open: &Open,
    ) -> Result<Work, StoreError> {
        let cipher = self.cipher(who)?.ok_or(StoreError::Erased)?;
        row.open(&cipher, who, &who.work(hash), open)
    }

    /// What [`crate::Store::next_due`] answers.
    pub(crate) fn next_due(&self, kind: WorkKind) -> Result<Option<Timestamp>, StoreError> {
        let first = tenants(&*self.rows, kind, None)?;
        let times = first.iter().map(|(_, key)| Ok(parse(key)?.0));
        times
            .collect::<Result<Vec<_>, _>>()
            .map(|times| times.into_iter().min())
    }

    /// The row at a hash, when it is open.
    pub(crate) fn work_at(&self, who: &Who, hash: IndexHash) -> Result<Option<Work>, StoreError> {
        let key = who.work(hash);
        let Some(record) = self.rows.get(&key)? else {
            return Ok(None);
        };
        let row = WorkRow::parse(&key, &record)?;
        match &row.plain {
            Plain::Open(open) => self.open_work(who, hash, &row, open).map(Some),
            Plain::Done | Plain::Cancelled { .. } => Ok(None),
        }
    }

    /// What [`crate::Store::work`] answers.
    pub(crate) fn work(&self, who: &Who, key: &WorkKey) -> Result<Option<Work>, StoreError> {
        let Some((who, _)) = self.find(who)? else {
            return Ok(None);
        };
        self.work_at(&who, self.work_hash(&who, key))
    }
}

fn only_store(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        other => StoreError::Backend {
            doing: "leasing work",
            source: other.into(),
        },
    }
}

/// Leases rows. A damaged one is shown again when its lease would have ended.
fn lease_all(
    draft: &mut Draft<'_>,
    chosen: Vec<Entry>,
    kind: WorkKind,
    (now, until): (Timestamp, Timestamp),
) -> Result<(Vec<Leased>, Option<StoreError>), CommitError> {
    let (mut leased, mut damaged) = (Vec::with_capacity(chosen.len()), None);
    for Entry { key, who, hash } in chosen {
        match read(draft, &who, hash) {
            Ok(Some(WorkRow {
                plain: Plain::Open(open),
                sealed,
            })) => {
                let next = Open {
                    shown_at: until,
                    placed_at: now,
                    tries: open.tries.saturating_add(1),
                    lease: open.lease + 1,
                    is_held: true,
                    ..open.clone()
                };
                let row = WorkRow {
                    plain: Plain::Open(next.clone()),
                    sealed,
                };
                draft.remove(key);
                unlist(draft, &who, hash, &Plain::Open(open));
                write(draft, &who, hash, &row)?;
                leased.push(Leased {
                    who,
                    hash,
                    row,
                    open: next,
                });
            }
            // A list row without its work says nothing.
            Ok(_) => draft.remove(key),
            Err(error) => {
                damaged = Some(error);
                draft.remove(key);
                draft.mark(who.due(kind, until, hash));
            }
        }
    }
    Ok((leased, damaged))
}
