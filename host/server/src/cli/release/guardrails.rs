//! `baton release guardrails`.

use clap::Args;
use reqwest::{Method, header};

use super::view::{Rollout, Thresholds};
use crate::cli::online::{Client, read};

/// Arguments of `baton release guardrails`: what is not said stays.
#[derive(Debug, Args)]
pub(super) struct Guardrails {
    /// Whether anything is taken back by itself.
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// Evaluations among which it is counted.
    #[arg(long, value_name = "N")]
    window: Option<u32>,
    /// Percent of them in which a module may fail.
    #[arg(long, value_name = "PERCENT")]
    failed_percent: Option<u32>,
    /// Milliseconds that all modules together may take.
    #[arg(long, value_name = "MS")]
    slow_ms: Option<u64>,
    /// Percent of them that may take longer.
    #[arg(long, value_name = "PERCENT")]
    slow_percent: Option<u32>,
}

impl Guardrails {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let mut answer = client.get("/v1/rollout").await?;
        let before: Rollout = read(&answer)?;
        let (revision, before) = (before.revision, before.guardrails);
        let wanted = Thresholds {
            enabled: self.enabled.unwrap_or(before.enabled),
            window: self.window.unwrap_or(before.window),
            failed_percent: self.failed_percent.unwrap_or(before.failed_percent),
            slow_ms: self.slow_ms.unwrap_or(before.slow_ms),
            slow_percent: self.slow_percent.unwrap_or(before.slow_percent),
        };
        if wanted != before {
            let request = client
                .request(Method::PUT, "/v1/rollout/guardrails")
                .header(header::IF_MATCH, format!("\"{revision}\""))
                .json(&wanted);
            answer = client.send(request).await?;
        }
        client.show(&answer, |rollout: Rollout| rollout.guardrails.told())
    }
}
