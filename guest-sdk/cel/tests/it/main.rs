//! Rules without code, from their documents to what they say of a moment.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod agreement;
mod components;
mod evaluation;
mod example;
mod mistakes;
mod shop;
