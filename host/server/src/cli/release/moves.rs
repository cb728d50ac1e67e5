//! `baton release activate`, `canary`, `shadow` and what takes them back.

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::view::Rollout;
use crate::cli::{online::Client, progress::waiting};

/// Why, for the record.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
}

/// Arguments of `baton release activate`.
#[derive(Debug, Args)]
pub(super) struct Activate {
    /// Which release; 0 is the host's own pack.
    #[arg(value_name = "N")]
    release: u32,
    #[command(flatten)]
    why: Why,
}

/// Arguments of `baton release canary`.
#[derive(Debug, Args)]
pub(super) struct Canary {
    /// Which release.
    #[arg(value_name = "N")]
    release: u32,
    /// On how many of a hundred customers: 0.01 to 100.
    #[arg(value_name = "PERCENT")]
    percent: f64,
    #[command(flatten)]
    why: Why,
}

/// Arguments of `baton release shadow`.
#[derive(Debug, Args)]
pub(super) struct Shadow {
    /// Which release.
    #[arg(value_name = "N")]
    release: u32,
    #[command(flatten)]
    why: Why,
}

impl Activate {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let wanted = json!({ "move": "activate", "release": self.release });
        self.why.make_move(wanted, client).await
    }
}

impl Canary {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let Self {
            release, percent, ..
        } = self;
        let wanted = json!({ "move": "canary", "release": release, "percent": percent });
        self.why.make_move(wanted, client).await
    }
}

impl Shadow {
    /// Runs the command.
    pub(super) async fn run(self, client: &Client) -> anyhow::Result<()> {
        let wanted = json!({ "move": "shadow", "release": self.release });
        self.why.make_move(wanted, client).await
    }
}

impl Why {
    /// Makes a move that names no release.
    pub(super) async fn make(self, name: &str, client: &Client) -> anyhow::Result<()> {
        self.make_move(json!({ "move": name }), client).await
    }

    async fn make_move(self, mut wanted: Value, client: &Client) -> anyhow::Result<()> {
        if let Some(why) = self.why {
            wanted["why"] = why.into();
        }
        let request = client.request(Method::POST, "/v1/rollout").json(&wanted);
        let answer = waiting("the release is made ready", client.send(request)).await?;
        client.show(&answer, |rollout: Rollout| rollout.told())
    }
}
