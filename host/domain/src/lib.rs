//! The pure heart of Baton: what happened (events), what that makes of a
//! customer (state), what a moment knows (facts), what rules noticed
//! (signals), what is decided, and who has the next step.
//!
//! **Invariant:** nothing here does IO, reads a clock, draws a random number
//! or blocks. Time and ids come in as values.

pub mod event;
pub mod state;

pub mod occasion;

pub mod field;

pub mod facts;

pub mod module;
pub mod signal;

pub mod decision;

pub mod decide;
pub mod owner;
pub mod release;
pub mod spent;

pub mod assign;
pub mod care;
pub mod compare;
pub mod follow_up;
pub mod notify;
pub mod number;
pub mod package;
pub mod people;
pub mod seen;

pub mod ids;
pub mod limits;
pub mod money;
mod named;
pub mod tenant;
pub mod text;
pub mod week;
