//! Open files: each connection is one, and the system's limit must allow for
//! as many as the host does.

use baton_domain::limits::{FILES_BESIDE_CONNECTIONS_MAX, REFUSALS_AT_ONCE_MAX};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The system allows too few files for the connections that are configured.
#[derive(Debug, thiserror::Error)]
#[error(
    "{connections} connections want {wanted} open files, and the system allows {allowed}: \
     raise its hard limit (`LimitNOFILE=` of systemd, `ulimit -Hn`), \
     or lower `connections` in baton.toml to {possible} or less"
)]
pub struct TooFewFiles {
    connections: usize,
    wanted: u64,
    allowed: u64,
    possible: u64,
}

/// How many files have to be open at once for so many connections.
fn wanted(connections: usize) -> u64 {
    (connections + REFUSALS_AT_ONCE_MAX + FILES_BESIDE_CONNECTIONS_MAX) as u64
}

/// Raises the process's limit of open files as far as `connections` want it.
///
/// # Errors
/// [`TooFewFiles`] when the system does not allow as many.
pub fn allow_for(connections: usize) -> Result<(), TooFewFiles> {
    let wanted = wanted(connections);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let allowed = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    if allowed >= wanted && setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(());
    }
    Err(TooFewFiles {
        connections,
        wanted,
        allowed,
        possible: allowed.saturating_sub(self::wanted(0)),
    })
}
