//! Who is told of what: an event, once it took effect, becomes notices; pure
//! code says what is in them, who of the tenant's people should know, and when
//! a delivery is tried again.
//!
//! **Invariant:** what a notice says is cut to the fields of whoever gets it
//! when it is made, and once more when it leaves, by the one lens
//! ([`crate::seen`]).

mod audience;
mod kind;
mod notice;
mod schedule;

pub use audience::agents_told;
pub use kind::{NoticeKind, Standing, UnknownKind};
pub use notice::{Moment, Notice, OrderNews};
pub use schedule::{is_failing_too_long, wait_before};
