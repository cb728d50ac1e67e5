//! What the host has promised, kept by the test itself and never read from the
//! store: every fact that was told, and every one that was answered 200.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A customer of a tenant, by phone number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    pub tenant: &'static str,
    pub phone: String,
}

/// What one customer's log must and may hold. Facts are named by what makes
/// them one: `message ID`, `receipt ID STATUS`, ...
#[derive(Debug, Default, Clone)]
pub struct Account {
    /// What was told at all; without an answer, nobody knows of it.
    pub told: BTreeSet<String>,
    /// What was answered 200.
    pub acknowledged: BTreeSet<String>,
}

#[derive(Default)]
pub struct Ledger {
    accounts: Mutex<BTreeMap<Who, Account>>,
    answers: AtomicUsize,
    wrong: Mutex<Option<String>>,
}

impl Ledger {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<Who, Account>> {
        self.accounts.lock().expect("nobody panicked with it")
    }

    /// Before the request leaves.
    pub fn tell(&self, facts: &[(Who, String)]) {
        let mut accounts = self.locked();
        for (who, fact) in facts {
            let account = accounts.entry(who.clone()).or_default();
            account.told.insert(fact.clone());
        }
    }

    /// The host answered 200.
    pub fn acknowledge(&self, facts: &[(Who, String)]) {
        let mut accounts = self.locked();
        for (who, fact) in facts {
            let account = accounts.entry(who.clone()).or_default();
            account.acknowledged.insert(fact.clone());
        }
        drop(accounts);
        self.answers.fetch_add(1, Ordering::SeqCst);
    }

    /// Requests answered 200 so far.
    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }

    pub fn accounts(&self) -> BTreeMap<Who, Account> {
        self.locked().clone()
    }

    /// The host answered what it never should.
    pub fn complain(&self, what: String) {
        self.wrong
            .lock()
            .expect("nobody panicked with it")
            .get_or_insert(what);
    }

    /// Panics when it did.
    pub fn check(&self) {
        let wrong = self.wrong.lock().expect("nobody panicked with it");
        if let Some(what) = &*wrong {
            panic!("{what}");
        }
    }
}
