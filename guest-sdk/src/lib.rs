//! What a Rust author writes rules against.
//!
//! A rule is one small file. This is the smallest complete one:
//!
//! ```
//! use baton_guest::{Signal, message};
//!
//! baton_guest::rule! {
//!     name: "shouting",
//!     summary: "The customer writes in capitals.",
//!     signals: { SHOUTING = "shouting" },
//!     tags: { UPSET = "upset" },
//!     next_steps: { CALM = "Answer calmly and by name" },
//!     settings: {
//!         /// Messages with fewer capitals are ignored.
//!         capitals: integer = 12,
//!     },
//!     score: score,
//! }
//!
//! fn score() -> Option<Signal> {
//!     let text = message::text()?;
//!     let capitals = text.chars().filter(|c| c.is_uppercase()).count();
//!     let calm = text.chars().any(char::is_lowercase) || capitals < setting::capitals() as usize;
//!     if calm {
//!         return None;
//!     }
//!     let reason = format!("The message is all in capitals ({capitals} letters).");
//!     Some(SHOUTING.signal(0.5, reason).tag(UPSET).next_step(CALM))
//! }
//!
//! # fn main() {
//! // And its test, which `cargo test` runs natively, without a host.
//! use baton_guest::testing::Facts;
//! let run = Facts::message("WHERE IS MY ORDER").run::<Module>();
//! assert_eq!(run.signal(SHOUTING).tagged(), Some("upset"));
//! assert_eq!(run.reads(), ["message.text"]);
//! assert!(Facts::message("Where is my order?").run::<Module>().is_quiet());
//! # }
//! ```
//!
//! Its `Cargo.toml` needs `crate-type = ["cdylib", "rlib"]` and a dependency
//! on `baton-guest`, nothing more. `baton-guest-build` makes the component.
//!
//! **The import list is the permission list.** A field is a function, such as
//! [`customer::lifetime_value`]; a component imports exactly the functions
//! that its code calls, and the merchant grants exactly those. Read a field
//! late, when the cheaper ones already speak for a signal, but remember that
//! the grant covers every call that is in the code.
//!
//! **A module lives for one call**, in a fresh instance: statics keep nothing
//! from one customer to the next, and memory comes from a bump [`arena`] that
//! is never freed and traps when it is full. There is no clock, no randomness
//! and no network; the same reads give the same answer.

mod fields;
mod macros;
mod money;
mod policy;
mod signal;

pub mod arena;
pub mod declare;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod text;

#[doc(hidden)]
pub mod bindings;

pub use bindings::rule::baton::rules::types::{
    Date, Line, Money, OwnerSpan, PastOrder, ThreadMessage,
};
pub use fields::{
    basket, booking, conversation, customer, delivery, message, occasion, order, payment,
};
pub use policy::{Decision, ScoredSignal};
pub use signal::{NextStep, REASON_CHARS_MAX, Signal, SignalName, Tag};

/// A module of the world `rule`. [`rule!`] implements it.
pub trait Rule {
    /// What it declares.
    const DECLARATION: declare::Declaration;

    /// What it noticed.
    fn score() -> Vec<Signal>;
}

/// A module of the world `policy`. [`policy!`] implements it.
pub trait Policy {
    /// What it declares.
    const DECLARATION: declare::Declaration;

    /// What it wants done about the signals.
    fn decide(signals: Vec<ScoredSignal>) -> Decision;
}
