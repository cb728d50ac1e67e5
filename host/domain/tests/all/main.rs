//! The promises of the domain, through its public surface.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod assign;
mod care;
mod commerce;
mod compare;
mod decisions;
mod facts;
mod fold;
mod follow_up;
mod notify;
mod number;
mod ownership;
mod package;
mod release;
mod seen;
mod storage;

mod given;
mod hostile;
mod hours;
mod samples;
mod teller;
