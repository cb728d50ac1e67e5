//! The front door: who is let in, and for how long.

/// Connections open at once, unless the configuration says otherwise.
pub const CONNECTIONS_MAX: usize = 4_096;
/// What the configuration may ask for.
pub const CONFIGURED_CONNECTIONS_MAX: usize = 65_536;
/// Connections that the kernel completes before they are accepted, as far as
/// the machine allows (`net.core.somaxconn` on Linux). Of more that come at
/// once, the kernel lets a second pass before it hears them again.
pub const CONNECTIONS_BACKLOG_MAX: u32 = 4_096;
/// Connections over the cap that are told so at once; more wait in the kernel.
pub const REFUSALS_AT_ONCE_MAX: usize = 256;
/// How long a refused connection may take to hear of it.
pub const REFUSAL_SECONDS_MAX: u64 = 1;
/// What is read and thrown away of a refused connection.
pub const REFUSAL_READ_BYTES_MAX: usize = 64 * 1024;
/// Files open beside connections: the store's, and connections to the Graph API.
pub const FILES_BESIDE_CONNECTIONS_MAX: usize = 1_024;
/// Pause after an accept that failed for want of something, such as files.
pub const ACCEPT_PAUSE_MS: u64 = 100;
/// How long a TLS handshake may take.
pub const TLS_HANDSHAKE_SECONDS_MAX: u64 = 5;
/// How long a request's header may take, from the opening of the connection or
/// from the answer before it: an idle connection is closed after it.
pub const HEADER_SECONDS_MAX: u64 = 5;
/// How long a client of ours keeps a connection for its next request: it lets go
/// before the host does, or a request could leave as the connection is closed.
pub const CLIENT_IDLE_SECONDS_MAX: u64 = 3;
/// A request line and its headers together.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Headers of one request.
pub const HEADERS_MAX: usize = 100;
/// Buffer of one connection, in each direction.
pub const CONNECTION_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// How long a whole body may take, from the end of its header.
pub const BODY_SECONDS_MAX: u64 = 5;
/// Body of a webhook (WhatsApp documentation: payloads up to 3 MB).
pub const WEBHOOK_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Body of any other request.
pub const API_BODY_BYTES_MAX: usize = 256 * 1024;
/// What is still read of a body that nobody wants, so that whoever sends it
/// comes to read the answer.
pub const UNWANTED_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bodies of all requests that are not answered yet, as far as they came.
pub const BODIES_BYTES_MAX: usize = 128 * 1024 * 1024;
/// How long a request may wait for its answer, from the end of its header. The
/// work goes on after it.
pub const REQUEST_SECONDS_MAX: u64 = 20;
/// How long an answer may wait for its reader to read on.
pub const WRITE_STALL_SECONDS_MAX: u64 = 10;
/// Webhooks in work at once; over it all are shed.
pub const WEBHOOKS_IN_FLIGHT_MAX: usize = 1_024;
/// Webhooks in work at once from which on those with nothing but statuses are
/// shed.
pub const WEBHOOKS_SHED_STATUSES_MIN: usize = 512;
/// Bodies of webhooks in work; over it all are shed.
pub const WEBHOOKS_IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bodies of webhooks in work from which on those with nothing but statuses
/// are shed.
pub const WEBHOOKS_SHED_STATUSES_BYTES_MIN: usize = 32 * 1024 * 1024;
/// Other requests in work at once, but for questions after the host's health.
pub const API_REQUESTS_IN_FLIGHT_MAX: usize = 512;
/// When whoever was shed may come again.
pub const RETRY_AFTER_SECONDS: u64 = 1;
/// How long requests in work may take to end once the host is asked to.
pub const DRAIN_SECONDS_MAX: u64 = 25;
