//! The bounds of the front door, as values: the defaults are the constants of
//! `baton_domain::limits`; tests wait for shorter ones.

use std::time::Duration;

use baton_domain::limits::{
    ACCEPT_PAUSE_MS, API_REQUESTS_IN_FLIGHT_MAX, BODIES_BYTES_MAX, BODY_SECONDS_MAX,
    DRAIN_SECONDS_MAX, HEADER_SECONDS_MAX, REFUSAL_SECONDS_MAX, REFUSALS_AT_ONCE_MAX,
    REQUEST_SECONDS_MAX, TLS_HANDSHAKE_SECONDS_MAX, WEBHOOKS_IN_FLIGHT_BYTES_MAX,
    WEBHOOKS_IN_FLIGHT_MAX, WEBHOOKS_SHED_STATUSES_BYTES_MIN, WEBHOOKS_SHED_STATUSES_MIN,
    WRITE_STALL_SECONDS_MAX,
};

/// What the front door bears; each field is the constant of the same meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `REFUSALS_AT_ONCE_MAX`.
    pub refusals_at_once: usize,
    /// `REFUSAL_SECONDS_MAX`.
    pub refusal: Duration,
    /// `ACCEPT_PAUSE_MS`.
    pub accept_pause: Duration,
    /// `TLS_HANDSHAKE_SECONDS_MAX`.
    pub handshake: Duration,
    /// `HEADER_SECONDS_MAX`.
    pub header: Duration,
    /// `BODY_SECONDS_MAX`.
    pub body: Duration,
    /// `REQUEST_SECONDS_MAX`.
    pub request: Duration,
    /// `WRITE_STALL_SECONDS_MAX`.
    pub write_stall: Duration,
    /// `DRAIN_SECONDS_MAX`.
    pub drain: Duration,
    /// `BODIES_BYTES_MAX`.
    pub bodies_bytes: usize,
    /// `WEBHOOKS_IN_FLIGHT_MAX`.
    pub webhooks: usize,
    /// `WEBHOOKS_SHED_STATUSES_MIN`.
    pub webhooks_shed_statuses: usize,
    /// `WEBHOOKS_IN_FLIGHT_BYTES_MAX`.
    pub webhook_bytes: usize,
    /// `WEBHOOKS_SHED_STATUSES_BYTES_MIN`.
    pub webhook_bytes_shed_statuses: usize,
    /// `API_REQUESTS_IN_FLIGHT_MAX`.
    pub api_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            refusals_at_once: REFUSALS_AT_ONCE_MAX,
            refusal: Duration::from_secs(REFUSAL_SECONDS_MAX),
            accept_pause: Duration::from_millis(ACCEPT_PAUSE_MS),
            handshake: Duration::from_secs(TLS_HANDSHAKE_SECONDS_MAX),
            header: Duration::from_secs(HEADER_SECONDS_MAX),
            body: Duration::from_secs(BODY_SECONDS_MAX),
            request: Duration::from_secs(REQUEST_SECONDS_MAX),
            write_stall: Duration::from_secs(WRITE_STALL_SECONDS_MAX),
            drain: Duration::from_secs(DRAIN_SECONDS_MAX),
            bodies_bytes: BODIES_BYTES_MAX,
            webhooks: WEBHOOKS_IN_FLIGHT_MAX,
            webhooks_shed_statuses: WEBHOOKS_SHED_STATUSES_MIN,
            webhook_bytes: WEBHOOKS_IN_FLIGHT_BYTES_MAX,
            webhook_bytes_shed_statuses: WEBHOOKS_SHED_STATUSES_BYTES_MIN,
            api_requests: API_REQUESTS_IN_FLIGHT_MAX,
        }
    }
}
