//! Rules without code, from their documents to what they say of a moment.
#![allow(
    clippy::unwrap_used,
    reason = "helpers outside of `#[test]` functions fail tests too"
)]

mod agreement;
mod components;
mod evaluation;
mod example;
mod mistakes;
mod setting_mistakes;
mod settings;
mod shop;
