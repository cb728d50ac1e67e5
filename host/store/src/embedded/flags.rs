//! Counts of handoffs and flags, a row for each week, release and version of a
//! rule: raised in the commit that made the event, so that a report reads its
//! own rows and no customer's.

use std::{collections::BTreeMap, ops::Range};

use baton_domain::{
    event::{Event, EventBody, RuleVersion},
    ids::{ModuleDigest, ModuleName, ReleaseNumber, TenantId},
    limits::REPORT_VERSIONS_MAX,
    week::Week,
};

use super::{
    Shared,
    draft::Draft,
    key::{Key, Parts, area},
    record::damaged,
    rows::Row,
};
use crate::{
    commit::Commit,
    directory::Document,
    error::StoreError,
    notify::{Counted, FlagCount},
};

/// What one commit adds: to the row at each key.
pub(crate) type Raises = BTreeMap<Vec<u8>, Counted>;

fn week_key(tenant: &TenantId, week: Week) -> Key {
    Key::new(area::FLAGS)
        .text(tenant.as_str())
        .number(week.0.into())
}

fn row_key(
    tenant: &TenantId,
    (week, release): (Week, ReleaseNumber),
    rule: Option<&RuleVersion>,
) -> Vec<u8> {
    let key = week_key(tenant, week).number(release.0.into());
    match rule {
        None => key.text("").done(),
        Some(rule) => key
            .text(rule.module.as_str())
            .bytes(rule.digest.as_bytes())
            .done(),
    }
}

/// What the commit's own events raise; what a merge tells again was counted
/// when it happened.
pub(crate) fn raises(commit: &Commit) -> Raises {
    let told_again = commit.absorb.as_ref().map_or(0, |(_, at)| at.0);
    let told_again = usize::try_from(told_again).unwrap_or(usize::MAX);
    let mut raises = Raises::new();
    for event in commit.events.iter().skip(told_again) {
        raise(&mut raises, &commit.tenant, event);
    }
    raises
}

fn raise(raises: &mut Raises, tenant: &TenantId, event: &Event) {
    let mut add = |place, rules: &[RuleVersion], add: &dyn Fn(&mut Counted)| {
        let each = rules.iter().map(Some).chain([None]);
        for key in each.map(|rule| row_key(tenant, place, rule)) {
            add(raises.entry(key).or_default());
        }
    };
    match &event.body {
        EventBody::Decided(record) if record.decision.hands_off() => {
            let place = (Week::of(event.at), record.release);
            add(place, &record.led_by(), &|it| it.handoffs += 1);
        }
        EventBody::HandoffFlagged(flagged) => {
            let place = (Week::of(flagged.decided_at), flagged.release);
            add(place, &flagged.rules, &|it| {
                it.flagged += u64::from(!flagged.again);
                *it.flags.entry(flagged.flag).or_default() += 1;
            });
        }
        _ => {}
    }
}

impl Counted {
    fn add(&mut self, other: &Self) {
        self.handoffs += other.handoffs;
        self.flagged += other.flagged;
        for (flag, count) in &other.flags {
            *self.flags.entry(*flag).or_default() += count;
        }
    }
}

impl Shared {
    /// Reads the rows that `raises` names and adds to them. To be called before
    /// anything is written: a version too many is left out.
    pub(super) fn raised(
        &self,
        draft: &mut Draft<'_>,
        tenant: &TenantId,
        raises: &Raises,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::with_capacity(raises.len());
        for (key, more) in raises {
            let record = draft.get(key)?;
            if record.is_none() && !has_room(draft, tenant, key)? {
                continue;
            }
            // A count that is damaged begins anew: no handoff waits for it.
            let found = record.and_then(|it| self.read_document::<Counted>(key, &it).ok());
            let (revision, mut counted) =
                found.map_or_else(Default::default, |it| (it.revision, it.body));
            counted.add(more);
            let record = self.sealed(key, revision + 1, &counted)?;
            rows.push((key.clone(), record));
        }
        Ok(rows)
    }

    pub(crate) fn flag_counts(
        &self,
        tenant: &TenantId,
        weeks: Range<Week>,
    ) -> Result<Vec<FlagCount>, StoreError> {
        let mut counts = Vec::new();
        for week in (weeks.start.0..weeks.end.0).map(Week) {
            let prefix = week_key(tenant, week).done();
            let rows = self.rows.with_prefix(&prefix, REPORT_VERSIONS_MAX)?;
            for (key, record) in rows {
                let document: Document<Counted> = self.read_document(&key, &record)?;
                counts.push(count_at(&key, week, document.body)?);
            }
        }
        Ok(counts)
    }
}

/// Whether the week of the row at `key` may have one more.
fn has_room(draft: &mut Draft<'_>, tenant: &TenantId, key: &[u8]) -> Result<bool, StoreError> {
    let week = week_key(tenant, Week(0)).done().len();
    let prefix = &key[..week.min(key.len())];
    Ok(draft.with_prefix(prefix, REPORT_VERSIONS_MAX)?.len() < REPORT_VERSIONS_MAX)
}

fn count_at(key: &[u8], week: Week, counted: Counted) -> Result<FlagCount, StoreError> {
    let mut parts = Parts::of(key);
    let (_tenant, _week, release) = (parts.text()?, parts.number()?, parts.number()?);
    let release = u32::try_from(release).map_err(|_| damaged(key, "names no release"))?;
    let module = parts.text()?;
    let rule = if module.is_empty() {
        None
    } else {
        let digest = key.get(key.len().saturating_sub(32)..).unwrap_or_default();
        let digest = digest
            .try_into()
            .map_err(|_| damaged(key, "names no digest"))?;
        let module = ModuleName::parse(module).map_err(|_| damaged(key, "names no module"))?;
        let digest = ModuleDigest::new(digest);
        Some(RuleVersion { module, digest })
    };
    Ok(FlagCount {
        week,
        release: ReleaseNumber(release),
        rule,
        counted,
    })
}
