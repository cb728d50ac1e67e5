//! Bad input, made from good input at random, against the real host over HTTP:
//! nothing panics, nothing is answered 5xx but what is documented, nothing is
//! half applied.
//!
//! What `host/whatsapp/tests/intake/mutations.rs` shows of the parser alone is
//! not repeated here. `make test` runs as many cases as take seconds, `make
//! fuzz` as many as there is time for:
//!
//! - `BATON_FUZZ_SECONDS` how long each of the loops goes on;
//! - `BATON_FUZZ_SEED` where the seeds start: a failure prints the seed of its
//!   case, and with `BATON_FUZZ_CASES=1` it is the first and only one.

#![expect(clippy::print_stdout, reason = "a failure tells the seed of its case")]

mod api;
mod bodies;
mod cases;
mod corpus;
mod host;
mod mutate;
mod records;
mod signatures;
mod wire;
