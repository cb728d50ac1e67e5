//! Everything Baton knows about WhatsApp: who signed a webhook, what it says,
//! how to answer, and when answering is allowed.
//!
//! The intake is pure: raw bytes become a [`signature::VerifiedBody`], which
//! alone can be [`webhook::parse`]d into updates.
//!
//! **Invariant:** nothing here knows a store, a web server or a clock, and
//! nothing outside this crate knows WhatsApp's JSON.

pub mod address;
pub mod handshake;
pub mod signature;
pub mod webhook;
