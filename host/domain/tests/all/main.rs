//! The promises of the domain, through its public surface.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod commerce;
mod decisions;
mod facts;
mod fold;
mod notify;
mod ownership;
mod release;
mod storage;

mod given;
mod hostile;
mod samples;
mod teller;
