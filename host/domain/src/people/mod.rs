//! The tenant's people: who they are, when they work, what their role lets
//! them do and see.
//!
//! What a role lets somebody see is enforced in one place only, [`crate::seen`].

mod access;
mod action;
mod agent;
mod calendar;
mod fields;
mod hours;
mod role;
mod stock;
mod training;

pub use access::{Access, Principal};
pub use action::{Action, UnknownAction};
pub use agent::{Agent, Contact, InvalidAgent, Membership};
pub use fields::FieldSet;
pub use hours::{InvalidHours, WeekDay, WeeklySpan, WorkingHours};
pub use role::{Role, RoleName};
pub use stock::{stock_role, stock_roles};
pub use training::{Drill, Training, TrainingPolicy, Unmet};
