//! What the front door took, closed, refused and shed, to be read by metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that several threads add to.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One more until the guard is dropped, for what is open now.
    pub(super) fn one(&self) -> One<'_> {
        self.add();
        One(self)
    }

    /// How many so far, or now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of what is open now.
pub(super) struct One<'c>(&'c Count);

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

macro_rules! counts {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// All counts since the start, but for `connections_open`, which tells
        /// how many there are now.
        #[derive(Debug, Default)]
        pub struct Counts {
            $($(#[doc = $doc])+ pub $name: Count,)+
        }

        impl Counts {
            /// Each by its name, with what it means.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$((stringify!($name), concat!($($doc),+).trim_ascii(), self.$name.get()),)+]
                    .into_iter()
            }
        }
    };
}

counts! {
    /// Connections that are open now.
    connections_open,
    /// Connections that were accepted and served.
    connections_accepted,
    /// Connections over the cap, which were told so and closed.
    connections_refused,
    /// Accepts that failed, for want of files for example.
    accepts_failed,
    /// TLS handshakes that failed.
    handshakes_failed,
    /// TLS handshakes that took too long.
    handshakes_timed_out,
    /// Connections closed because no whole header came in time, idle ones too.
    headers_timed_out,
    /// Requests whose header was too large.
    headers_too_large,
    /// Connections closed because what came was not HTTP.
    malformed,
    /// Requests whose body did not come in time.
    bodies_timed_out,
    /// Requests refused because the bodies of all had no more room.
    bodies_shed,
    /// Requests whose answer took too long; their work went on.
    requests_timed_out,
    /// Requests whose handling panicked.
    requests_panicked,
    /// Connections closed because nobody read the answer.
    writes_stalled,
    /// Webhooks shed because too many were in work.
    webhooks_shed,
    /// Webhooks of nothing but statuses that were shed before all others.
    statuses_shed,
    /// Requests of the API shed because too many were in work.
    api_requests_shed,
    /// Connections cut at the end because their drain time was over.
    drains_cut,
}
