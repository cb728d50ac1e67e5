//! Follow-ups: messages that nobody asked for just then, such as tracking after
//! a payment, a word about a basket that was left, a reminder of a booking.
//!
//! **Invariant:** nobody is nudged who is not owed it. What starts one is a
//! timer and nothing else; whether it is owed is decided when it fires, from the
//! customer's state as it is then.

mod about;
mod cap;
mod owed;
mod trigger;

pub use about::About;
pub use cap::{Cap, is_capped, usual_caps};
pub use owed::{Planned, Skip, UnknownSkip, Verdict, fields_behind, verdict};
pub use trigger::{Canceller, Trigger, UnknownCanceller, UnknownTrigger};
