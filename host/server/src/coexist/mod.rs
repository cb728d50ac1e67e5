//! Numbers that are on the WhatsApp Business App, too.
//!
//! ```text
//! history, contacts ─ pipeline ─▶ logs ─ note ─▶ how far it has come
//!                                         └────▶ what was not known: an open comparison
//! exported chats ─ compare ─▶ a comparison, and what is missing taken over
//! once a month ─ ask WhatsApp for the history ─▶ an open comparison
//! ```
//! A comparison holds no value of a customer's: it says where each discrepancy
//! stands.

mod compare;
mod kept;
mod logs;
mod monthly;
mod note;
mod told;

pub use compare::{Given, Wanted, compare};
pub use kept::{PastLocks, begin};
pub use monthly::auditing;
pub use note::note;
pub use told::{Synced, Syncs};
