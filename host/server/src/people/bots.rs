//! Which tenants' bots are there: a bot says so by whatever it asks or tells,
//! or by a call for just that.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use baton_domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};

/// When each bot was last heard.
pub struct Bots {
    heard: Mutex<HashMap<TenantId, Timestamp>>,
    /// Nobody can have been heard before: this counts as a word of everybody,
    /// so that a restart takes no conversation hostage.
    since: Timestamp,
}

impl Bots {
    /// Nobody was heard yet; `since` is now.
    pub fn new(since: Timestamp) -> Self {
        Self {
            heard: Mutex::default(),
            since,
        }
    }

    /// The bot of the tenant said something.
    pub fn heard(&self, tenant: &TenantId, at: Timestamp) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.get_mut(tenant) {
            Some(last) => *last = at,
            None => drop(heard.insert(tenant.clone(), at)),
        }
    }

    /// Until when the bot counts as there, if it stays silent for `minutes`.
    pub fn there_until(&self, tenant: &TenantId, minutes: u32) -> Timestamp {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let last = heard.get(tenant).copied().unwrap_or(self.since);
        let until = last.checked_add(SignedDuration::from_mins(minutes.into()));
        until.unwrap_or(Timestamp::MAX)
    }
}
