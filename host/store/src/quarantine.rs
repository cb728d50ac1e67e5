//! Signed input that could not be processed, kept for the host administrator.

use jiff::Timestamp;

/// Place of an item in the quarantine; rises with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarantineId(pub u64);

/// How full the quarantine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuarantineSize {
    /// Items.
    pub items: usize,
    /// Bytes, as they lie in the store.
    pub bytes: usize,
}

/// An item of the quarantine; its body is sealed in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// When it came.
    pub at: Timestamp,
    /// To which app it was posted.
    pub app: String,
    /// Stable code of why it is here: `not_webhook_shape`, `unknown_number`, ...
    pub why: String,
    /// The `phone_number_id`, when it is known: registering the number
    /// re-drives the item.
    pub number: Option<String>,
    /// The whole body, or a body that holds the one item.
    pub body: Vec<u8>,
}
