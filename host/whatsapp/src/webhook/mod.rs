//! From a verified body to what it says, item by item (WhatsApp
//! documentation, "Webhooks: payload reference").
//!
//! A body holds entries, an entry changes, a change lists of items. Every item
//! is read by itself: one that cannot be read is kept as unreadable and its
//! neighbours are read all the same. Items that are not lists, such as account
//! news, are whole values.

pub mod identity;
pub mod message;
pub mod notice;
pub mod status;
pub mod update;

mod canonical;
mod envelope;
mod lenient;
mod prune;
mod read_content;
mod read_history;
mod read_message;
mod read_notice;
mod reader;
mod reading;
mod scope;
mod value;
mod wire;

pub use identity::Identity;
pub use reader::{NotWebhook, parse};
pub use update::{Content, Delivery, Update};
