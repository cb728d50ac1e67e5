//! The demonstration's shop opens: what a host administrator and an operator set
//! up before the first customer writes.

use anyhow::ensure;
use serde_json::{Value, json};

use super::{client::Client, known};

/// Sets up the tenant, its app and its rules.
///
/// # Errors
/// When the host refuses.
pub async fn open_shop(client: &Client) -> anyhow::Result<()> {
    let app = json!({ "secret": known::APP_SECRET, "verify_token": known::VERIFY_TOKEN });
    client
        .put(&format!("/admin/apps/{}", known::APP), &app)
        .await?;
    let tenant: Value = serde_json::from_str(include_str!("../../demo/tenant.json"))?;
    client
        .put(&format!("/admin/tenants/{}", known::TENANT), &tenant)
        .await?;
    release_rules(client).await?;
    let handshake = format!(
        "/webhooks/whatsapp/{}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={}",
        known::APP,
        known::VERIFY_TOKEN
    );
    ensure!(
        client.text(&handshake).await? == "1158201444",
        "the handshake failed"
    );
    Ok(())
}

/// The stock rules, with what is much money in this shop.
async fn release_rules(client: &Client) -> anyhow::Result<()> {
    let (high, currency) = (500_000_000, "IDR");
    let release = json!({
        "note": "amounts in rupiah",
        "base": 0,
        "modules": [
            { "module": "high-basket-value", "settings": { "minimum": 400_000_000, "currency": currency } },
            { "module": "repeat-buyer", "settings": { "high-value": high, "currency": currency } },
        ],
    });
    let key = known::API_KEY;
    let (status, made) = client.post("/v1/releases", key, &release).await?;
    ensure!(status == 201, "the release was not made: {made}");
    let activate = json!({ "move": "activate", "release": made["number"] });
    let (status, moved) = client.post("/v1/rollout", key, &activate).await?;
    ensure!(status == 200, "the release was not activated: {moved}");
    Ok(())
}
