//! Everything Baton knows about WhatsApp: who signed a webhook, what it says,
//! how to answer, and when answering is allowed.
//!
//! The intake is pure: raw bytes become a [`signature::VerifiedBody`], which
//! alone can be [`webhook::parse`]d into updates.
//!
//! [`events`](events::events) then says in Baton's words what an update means.
//!
//! The way out is [`graph`], and [`send_rules`] say when it may be taken.
//!
//! **Invariant:** nothing here knows a store, a web server or a clock, and
//! nothing outside this crate knows WhatsApp's JSON.

pub mod address;
pub mod chat_export;
pub mod events;
pub mod graph;
pub mod handshake;
pub mod news;
pub mod send_rules;
pub mod signature;
pub mod webhook;
