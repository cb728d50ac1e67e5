//! What was not said unasked, and why.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::SendKey;
use crate::follow_up::About;

/// A follow-up was due and not owed, or could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpSkipped {
    /// Which one: `tracking`, `review`, ...
    pub follow_up: Arc<str>,
    /// What it was about.
    pub about: About,
    /// Stable code: `customer_replied`, `template_paused`, ...
    pub why: Arc<str>,
}

/// WhatsApp takes no more marketing for the customer for a day (131049: the
/// customer gets too much of it, from whomever).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketingCapped {
    /// The message that it did not take.
    pub send: SendKey,
}
