//! Who serves the demonstration's customers: a junior and a senior agent, each
//! with a token of their own, and what each of them sees.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{client::Client, known};

/// The agents' tokens.
pub struct Staff {
    budi: String,
    dewi: String,
}

impl Staff {
    /// Hires both.
    ///
    /// # Errors
    /// When the host refuses.
    pub async fn hire(client: &Client) -> anyhow::Result<Self> {
        Ok(Self {
            budi: hire(client, "budi", "Budi", "junior").await?,
            dewi: hire(client, "dewi", "Dewi", "senior").await?,
        })
    }

    /// The senior's token.
    pub fn dewi(&self) -> &str {
        &self.dewi
    }

    /// That the senior's view has all it takes to go on, and the junior's only
    /// what his role needs.
    ///
    /// # Errors
    /// What is missing, or should be.
    pub async fn look(&self, client: &Client, path: &str) -> anyhow::Result<()> {
        let view = client.get_as(&format!("{path}/view"), &self.dewi).await?;
        let of = |part: &str| view[part].to_string();
        for (part, says) in [
            ("order", "red"),
            ("quote", "blue"),
            ("open_question", "before Friday"),
            ("next_step", "delivery date"),
            ("suggested_reply", "27 November"),
        ] {
            let told = of(part);
            ensure!(told.contains(says), "{part} lacks {says:?}: {told}");
        }
        let reaches = |view: &Value| view["customer"].get("phone").is_some();
        ensure!(reaches(&view), "the senior does not see the phone number");
        let view = client.get_as(&format!("{path}/view"), &self.budi).await?;
        ensure!(!reaches(&view), "the junior sees the phone number");
        let worth = view["customer"].get("lifetime_value");
        ensure!(worth.is_none(), "the junior sees what she is worth");
        Ok(())
    }
}

/// Somebody of `sales`; returns a token of theirs.
async fn hire(client: &Client, id: &str, name: &str, tier: &str) -> anyhow::Result<String> {
    let person = json!({
        "id": id, "name": name, "role": format!("{tier}-agent"), "capacity": 5,
        "teams": [{ "team": "sales", "tier": tier }], "languages": ["en", "id"],
    });
    let path = format!("/v1/people/{id}");
    client.put_as(&path, known::API_KEY, &person).await?;
    let token = json!({ "name": "laptop" });
    let path = format!("{path}/tokens");
    let (status, made) = client.post(&path, known::API_KEY, &token).await?;
    ensure!(status == 201, "no token for {id}: {status} {made}");
    let token = made["token"].as_str();
    Ok(token.context("an answer without a token")?.to_owned())
}
