//! Notices on their way out: to endpoints of other systems, to the tenant's
//! own people by e-mail and WhatsApp.
//!
//! ```text
//! an event took effect ─ emit ─▶ a row for each who should know, in the same commit
//! a row is due ─ perform ─▶ webhook | email | whatsapp ─▶ done, due again, or a dead letter
//! ```
//! A notice goes out at least once: a row is settled only after it was taken,
//! and a crash in between sends it again under the same id. Rows of work of a
//! kind of their own: no message to a customer waits behind a slow endpoint.

mod body;
mod crowd;
mod delivery;
mod email;
mod emit;
mod health;
mod link;
mod network;
mod perform;
mod replay;
mod told;
mod webhook;
mod whatsapp;

pub use delivery::{Delivery, NOTICE_KEY, Recipient};
pub use email::{MailServer, MailTls, Password};
pub use emit::{before, emit};
pub use link::{deep_link, public_url};
pub use network::{InvalidUrl, WebhookRules};
pub use perform::perform;
pub use replay::{NotReplayed, Replayed, replay_endpoint, replay_one};
pub use told::{Told, seen_by};
pub use webhook::{SecretError, new_secret};

use crowd::Crowd;
use email::Mailer;
use webhook::Webhooks;

use crate::config::Config;

/// The ways out.
pub struct Notifier {
    webhooks: Webhooks,
    mailer: Option<Mailer>,
    crowd: Crowd,
}

impl Notifier {
    /// The ways out that the configuration names. Nothing is opened before it
    /// is needed.
    pub fn new(config: &Config) -> Self {
        Self {
            webhooks: Webhooks::new(config.webhooks),
            mailer: config.smtp.clone().map(Mailer::new),
            crowd: Crowd::default(),
        }
    }
}
