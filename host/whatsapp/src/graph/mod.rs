//! The way to customers: WhatsApp's Graph API (WhatsApp documentation,
//! "Cloud API: messages").
//!
//! An [`Outgoing`] message is within WhatsApp's limits by construction; what
//! becomes of it is an [`Outcome`] that tells apart what certainly left, what
//! certainly did not, and what nobody knows. The Graph API has no idempotency
//! key, so nothing here tries anything twice.

mod answer;
mod body;
mod client;
mod message;
mod outcome;

pub use client::{AccessToken, Graph, GraphClient, InvalidBase, InvalidToken};
pub use message::{
    Content, InvalidMessage, Outgoing, Row, Template, TemplateButton, TemplateHeader,
};
pub use outcome::{Accepted, Ambiguity, GraphError, Outcome, Rejection};
