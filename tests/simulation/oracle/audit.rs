//! Everything that is stored, held against what should be: after each time the
//! store was opened anew, and at the end.

use std::collections::BTreeSet;

use baton_domain::ids::TenantId;
use baton_store::{Inbox, MemoryStore, Store, StoreError, Version};
use futures_util::FutureExt;

use super::Oracle;

/// The store in memory never waits.
fn now<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    let answer = answer.now_or_never().expect("no store in memory waits");
    answer.map_err(|error| format!("the store fails: {error}"))
}

impl Oracle {
    /// Looks at everything, when it is time to.
    pub fn audit_if_reopened(&mut self, disk: &MemoryStore) {
        if std::mem::take(&mut self.needs_audit) {
            self.audit(disk);
        }
    }

    /// Looks at everything.
    pub fn audit(&mut self, disk: &MemoryStore) {
        let found = self
            .audit_customers(disk)
            .and_then(|()| self.audit_work(disk))
            .and_then(|()| self.audit_lists(disk));
        if let Err(found) = found {
            self.check(false, || found);
        }
    }

    /// At the end, when nothing is left to do: what was acknowledged is there,
    /// every message has its end, and the order of what WhatsApp tells does not
    /// matter.
    pub fn audit_at_end(&mut self, disk: &MemoryStore, rng: &mut fastrand::Rng) {
        self.audit(disk);
        for token in std::mem::take(&mut self.acknowledged) {
            self.check_told(&token);
        }
        self.check_sends();
        self.check_any_order(rng);
    }

    fn audit_customers(&self, disk: &MemoryStore) -> Result<(), String> {
        for ((tenant, customer), shadow) in &self.customers {
            let loaded = now(disk.load(tenant, customer, &[]))?;
            let loaded = loaded.ok_or_else(|| format!("{customer} is lost"))?;
            let stored = serde_json::to_string(&*loaded.state).expect("a state");
            let folded = serde_json::to_string(&shadow.state).expect("a state");
            if stored != folded {
                return Err(format!(
                    "the stored state of {customer} is not the fold of its log:\n{stored}\n{folded}"
                ));
            }
            let log = now(disk.events(tenant, customer, Version(1), usize::MAX))?;
            let log: Vec<_> = log.into_iter().map(|it| it.event).collect();
            if log != shadow.log || loaded.version.0 != log.len() as u64 {
                return Err(format!("the stored log of {customer} is another"));
            }
        }
        Ok(())
    }

    fn audit_work(&self, disk: &MemoryStore) -> Result<(), String> {
        for (((tenant, customer), key), row) in &self.work {
            let stored = now(disk.work(tenant, customer, key))?;
            if !row.is(stored.as_ref()) {
                return Err(format!("{} stands at {stored:?}, not at {row:?}", key.0));
            }
        }
        Ok(())
    }

    /// The lists that people look at.
    fn audit_lists(&self, disk: &MemoryStore) -> Result<(), String> {
        let tenants: BTreeSet<&TenantId> = self.customers.keys().map(|it| &it.0).collect();
        for tenant in tenants {
            for inbox in [Inbox::All, Inbox::People] {
                let page = now(disk.conversations(tenant, inbox, None, 1_000))?;
                let rows = page.items.into_iter();
                let mut listed: Vec<_> =
                    rows.map(|it| (it.customer, it.number, it.owner)).collect();
                listed.sort();
                let shadows = self.customers.iter().filter(|(who, _)| who.0 == *tenant);
                let mut wanted: Vec<_> = shadows
                    .flat_map(|(who, shadow)| {
                        let rows = shadow.state.conversations();
                        rows.map(move |(number, it)| (who, number, &it.ownership.owner))
                    })
                    .filter(|(_, _, owner)| inbox == Inbox::All || owner.is_people())
                    .map(|(who, number, owner)| {
                        (who.1.clone(), number.clone(), owner.as_str().to_owned())
                    })
                    .collect();
                wanted.sort();
                if listed != wanted {
                    return Err(format!("{inbox:?} lists {listed:?} instead of {wanted:?}"));
                }
            }
            let page = now(disk.dead_letters(tenant, None, 1_000))?;
            let mut listed: Vec<_> = page.items.into_iter().map(|it| it.key).collect();
            listed.sort();
            let dead = self
                .work
                .iter()
                .filter(|((who, _), row)| who.0 == *tenant && row.is_dead());
            let mut wanted: Vec<_> = dead.map(|((_, key), _)| key.clone()).collect();
            wanted.sort();
            if listed != wanted {
                return Err(format!("dead letters are {listed:?} instead of {wanted:?}"));
            }
        }
        Ok(())
    }
}
