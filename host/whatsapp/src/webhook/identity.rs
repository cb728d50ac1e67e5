//! What tells a redelivered item from a new one. WhatsApp signs no time and no
//! nonce, redelivers a whole POST for up to seven days and to every
//! subscribed app, in any order (WhatsApp documentation, "Webhooks"): so the
//! store remembers identities.

use std::sync::Arc;

use baton_domain::ids::{MessageId, NumberId, PaymentReference};

/// Identities that compare equal are one fact, however often it is told.
/// They contain phone numbers: the store keys them by a keyed hash of
/// [`Identity::canonical_bytes`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A message, an echo, an edit, a revoke or an item of history.
    Message {
        /// The business number.
        number: NumberId,
        /// The message's own id.
        message: MessageId,
    },
    /// A call, whatever is told of it: that it began, that it ended.
    Call {
        /// The business number.
        number: NumberId,
        /// The call's own id.
        call: Arc<str>,
    },
    /// A message got to a state.
    Status {
        /// The message.
        message: MessageId,
        /// The state, as sent.
        status: Arc<str>,
        /// The recipient as sent: a phone number, a user id or a group; empty
        /// when WhatsApp does not say.
        recipient: Arc<str>,
    },
    /// A payment got to a state.
    Payment {
        /// The merchant's reference.
        reference: PaymentReference,
        /// The transaction's id, once there is one.
        transaction: Option<Arc<str>>,
        /// The state, as sent.
        status: Arc<str>,
    },
    /// Anything that has no id of its own.
    Item {
        /// The business number, or else the account, or empty.
        scope: Arc<str>,
        /// The time of its entry in seconds, when the item has no time of its
        /// own: a number may be flagged twice in the same words.
        entry_second: Option<i64>,
        /// SHA-256 of the item's canonical JSON.
        sha256: [u8; 32],
    },
}

impl Identity {
    /// One unambiguous text of bytes for each identity: a tag, then every part
    /// with its length before it. To be hashed under the store's key.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        match self {
            Self::Message { number, message } => {
                bytes.push(b'm');
                put(&mut bytes, number.as_str().as_bytes());
                put(&mut bytes, message.as_str().as_bytes());
            }
            Self::Call { number, call } => {
                bytes.push(b'c');
                put(&mut bytes, number.as_str().as_bytes());
                put(&mut bytes, call.as_bytes());
            }
            Self::Status {
                message,
                status,
                recipient,
            } => {
                bytes.push(b's');
                put(&mut bytes, message.as_str().as_bytes());
                put(&mut bytes, status.as_bytes());
                put(&mut bytes, recipient.as_bytes());
            }
            Self::Payment {
                reference,
                transaction,
                status,
            } => {
                bytes.push(b'p');
                put(&mut bytes, reference.as_str().as_bytes());
                put_optional(&mut bytes, transaction.as_ref().map(|id| id.as_bytes()));
                put(&mut bytes, status.as_bytes());
            }
            Self::Item {
                scope,
                entry_second,
                sha256,
            } => {
                bytes.push(b'i');
                put(&mut bytes, scope.as_bytes());
                put_optional(
                    &mut bytes,
                    entry_second
                        .map(i64::to_be_bytes)
                        .as_ref()
                        .map(<[u8; 8]>::as_slice),
                );
                put(&mut bytes, sha256);
            }
        }
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    // A body of 3 MB holds no longer part.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

fn put_optional(bytes: &mut Vec<u8>, part: Option<&[u8]>) {
    bytes.push(u8::from(part.is_some()));
    put(bytes, part.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(message: &str, status: &str, recipient: &str) -> Vec<u8> {
        let message = MessageId::parse(message).unwrap();
        Identity::Status {
            message,
            status: status.into(),
            recipient: recipient.into(),
        }
        .canonical_bytes()
    }

    #[test]
    fn parts_cannot_slide_into_each_other() {
        assert_ne!(status("ab", "c", ""), status("a", "bc", ""));
        assert_ne!(status("a", "sent", "1"), status("a", "sen", "t1"));
        let payment = |transaction: Option<&str>| {
            let reference = PaymentReference::parse("r").unwrap();
            let transaction = transaction.map(Arc::from);
            Identity::Payment {
                reference,
                transaction,
                status: "captured".into(),
            }
            .canonical_bytes()
        };
        assert_ne!(payment(None), payment(Some("")));
    }

    #[test]
    fn kinds_never_collide() {
        let number = NumberId::parse("a").unwrap();
        let message = MessageId::parse("b").unwrap();
        let as_message = Identity::Message { number, message }.canonical_bytes();
        assert_ne!(as_message[1..], status("a", "b", "")[1..]);
        assert_ne!(as_message[0], status("a", "b", "")[0]);
    }
}
