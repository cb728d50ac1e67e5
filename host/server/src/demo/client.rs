//! The demonstration's side of the HTTP API: the shop and its people.

use std::{future::Future, time::Duration};

use anyhow::{Context, bail};
use serde_json::Value;

use super::known;
use crate::accept;

/// How long a step of the journey may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Talks to the host with the demonstration's keys.
pub struct Client {
    baton: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the host at `baton`.
    ///
    /// # Errors
    /// When the system has no TLS to offer.
    pub fn new(baton: &str) -> anyhow::Result<Self> {
        Ok(Self {
            baton: baton.to_owned(),
            http: accept::client().build()?,
        })
    }

    /// Reads a resource of the API.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.get_as(path, known::API_KEY).await
    }

    /// Reads it with a key, or a token of somebody's.
    pub async fn get_as(&self, path: &str, key: &str) -> anyhow::Result<Value> {
        let request = self
            .http
            .get(format!("{}{path}", self.baton))
            .bearer_auth(key);
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.json().await?)
    }

    /// The text at a path that needs no key.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self
            .http
            .get(format!("{}{path}", self.baton))
            .send()
            .await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// Posts to the API; answers status and body, whatever they are.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let request = self
            .http
            .post(format!("{}{path}", self.baton))
            .bearer_auth(key)
            .header("idempotency-key", format!("demo{path}"))
            .json(body);
        let answer = request.send().await?;
        Ok((
            answer.status().as_u16(),
            answer.json().await.unwrap_or_default(),
        ))
    }

    /// Puts a document as the host administrator.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.put_as(path, known::ADMIN_KEY, body).await
    }

    /// Puts a document with a key.
    pub async fn put_as(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.baton);
        let request = self.http.put(url).bearer_auth(key).json(body);
        let answer = request.send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("PUT {path}: {status}, {}", answer.text().await?);
        }
        Ok(())
    }

    /// Tells facts about the customer.
    pub async fn tell(&self, phone: &str, facts: Value) -> anyhow::Result<()> {
        let body = serde_json::json!({ "customer": { "phone": phone }, "facts": facts });
        let (status, answer) = self.post("/v1/events", known::API_KEY, &body).await?;
        if status != 200 {
            bail!("POST /v1/events: {status}, {answer}");
        }
        Ok(())
    }

    /// Asks until there is an answer.
    pub async fn wait_for<T, F>(&self, what: &str, ask: impl Fn() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<Option<T>>>,
    {
        let asking = async {
            loop {
                if let Some(answer) = ask().await? {
                    return Ok(answer);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let answer: anyhow::Result<T> = tokio::time::timeout(PATIENCE, asking)
            .await
            .with_context(|| format!("no {what}"))?;
        answer
    }

    /// Waits for `what`, which something else brings.
    pub async fn patiently<T>(
        &self,
        what: &str,
        happens: impl Future<Output = Option<T>>,
    ) -> anyhow::Result<T> {
        let happened = tokio::time::timeout(PATIENCE, happens).await;
        happened
            .ok()
            .flatten()
            .with_context(|| format!("it did not happen: {what}"))
    }
}
