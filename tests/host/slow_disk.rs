//! A disk that takes as long as the test wants: commits are on it, and nobody
//! is told yet.

use std::sync::{Arc, Condvar, Mutex};

use baton_store::{Observer, Options, Synced};

/// Holds up every sync while it is shut.
#[derive(Clone, Default)]
pub struct SlowDisk(Arc<Inner>);

#[derive(Default)]
struct Inner {
    is_shut: Mutex<bool>,
    opened: Condvar,
}

impl SlowDisk {
    pub fn under(&self, options: Options) -> Options {
        options.observed_by(Arc::new(self.clone()))
    }

    pub fn shut(&self) {
        *self.0.is_shut.lock().expect("no panic") = true;
    }

    pub fn open(&self) {
        *self.0.is_shut.lock().expect("no panic") = false;
        self.0.opened.notify_all();
    }
}

impl Observer for SlowDisk {
    fn synced(&self, _: &Synced) {
        let is_shut = self.0.is_shut.lock().expect("no panic");
        let opened = self.0.opened.wait_while(is_shut, |is_shut| *is_shut);
        drop(opened.expect("no panic"));
    }
}
