//! What asks a host: a client that lets go of idle connections before the host
//! closes them.

use std::time::Duration;

use baton_domain::limits::CLIENT_IDLE_SECONDS_MAX;

/// Such a client, to be built.
pub fn client() -> reqwest::ClientBuilder {
    let idle = Duration::from_secs(CLIENT_IDLE_SECONDS_MAX);
    reqwest::Client::builder().pool_idle_timeout(idle)
}
