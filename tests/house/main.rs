//! Tests that hold the house together.

mod arrows;
mod contract;
mod tidy;
