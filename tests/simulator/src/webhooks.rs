//! Webhooks out: signed, to every subscribed app, until each answers 200.

use std::time::Duration;

use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use serde_json::{Value, json};

use crate::{Business, Inner, escape::escaped};

/// An app that wants webhooks.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Where it is called.
    pub callback: String,
    /// What signs.
    pub secret: AppSecret,
}

/// An app never answered 200. WhatsApp itself would go on for seven days.
#[derive(Debug, thiserror::Error)]
#[error("{callback} did not take a webhook, last with {last}")]
pub struct NotDelivered {
    callback: String,
    last: String,
}

/// Tries before giving up, and the wait between them.
const TRIES: u32 = 40;
const WAIT: Duration = Duration::from_millis(100);

impl Inner {
    /// Delivers one change of `field` about a number to everybody.
    pub(crate) async fn deliver(
        &self,
        about: &Business,
        field: &str,
        mut value: Value,
    ) -> Result<(), NotDelivered> {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({
            "display_phone_number": about.display,
            "phone_number_id": about.number_id,
        });
        let change = json!({ "value": value, "field": field });
        let entry = json!({ "id": "102290129340398", "changes": [change] });
        let body = escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }));
        for subscription in &self.subscriptions {
            self.post(subscription, &body).await?;
        }
        Ok(())
    }

    async fn post(&self, to: &Subscription, body: &str) -> Result<(), NotDelivered> {
        let signature = sign(body.as_bytes(), &to.secret);
        let mut last = String::new();
        for _ in 0..TRIES {
            let request = self
                .http
                .post(&to.callback)
                .header(SIGNATURE_HEADER, &signature)
                .header("content-type", "application/json")
                .body(body.to_owned());
            match request.send().await {
                Ok(response) if response.status().as_u16() == 200 => return Ok(()),
                Ok(response) => last = response.status().to_string(),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(WAIT).await;
        }
        Err(NotDelivered {
            callback: to.callback.clone(),
            last,
        })
    }
}
