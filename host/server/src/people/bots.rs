//! Which tenants' bots are there: a bot says so by whatever it asks or tells,
//! or by a call for just that.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use baton_domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};

/// When each bot was last heard.
pub struct Bots(Mutex<Heard>);

struct Heard {
    at: HashMap<TenantId, Timestamp>,
    /// Nobody can have been heard before: this counts as a word of everybody,
    /// so that a restart takes no conversation hostage.
    since: Timestamp,
}

impl Bots {
    /// Nobody was heard yet; `since` is now.
    pub fn new(since: Timestamp) -> Self {
        let at = HashMap::new();
        Self(Mutex::new(Heard { at, since }))
    }

    fn all(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bot of the tenant said something.
    pub fn heard(&self, tenant: &TenantId, at: Timestamp) {
        let mut heard = self.all();
        match heard.at.get_mut(tenant) {
            Some(last) => *last = at,
            None => drop(heard.at.insert(tenant.clone(), at)),
        }
    }

    /// The clock was ahead, and it is `now`: nobody was heard later than that.
    pub fn clock_set_back(&self, now: Timestamp) {
        let mut heard = self.all();
        heard.since = heard.since.min(now);
        heard.at.values_mut().for_each(|at| *at = now.min(*at));
    }

    /// Until when the bot counts as there, if it stays silent for `minutes`.
    pub fn there_until(&self, tenant: &TenantId, minutes: u32) -> Timestamp {
        let heard = self.all();
        let last = heard.at.get(tenant).copied().unwrap_or(heard.since);
        let until = last.checked_add(SignedDuration::from_mins(minutes.into()));
        until.unwrap_or(Timestamp::MAX)
    }
}
