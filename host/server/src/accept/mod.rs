//! The front door: who is let in, for how long, and how all go home.
//!
//! ```text
//! listener ─ accept, with a cap ─▶ connection ─ handshake, header in time ─▶
//!     request ─ body in time, work to its end ─▶ answer in time
//! ```
//!
//! axum's own server has no limit for headers, so Baton accepts by itself. The
//! bounds are in [`Limits`], what they did in [`Counts`].

mod body;
mod client;
mod connection;
mod counts;
mod door;
pub mod files;
mod in_time;
mod limits;
mod listener;
mod refusal;
mod request;
mod tls;

pub(crate) use body::{BodyLimit, Cut};
pub use client::client;
pub use counts::{Count, Counts};
pub use door::{Door, Shed};
pub use in_time::in_time;
pub(crate) use in_time::run_in_time;
pub use limits::Limits;
pub use listener::{listen, serve};
pub use tls::{Tls, TlsError};
