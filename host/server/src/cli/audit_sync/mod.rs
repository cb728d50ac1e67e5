//! `baton audit-sync`: what the Business App holds of a number beside what a
//! host does, from exported chats or a history in the form of Meta's webhook.
//! What messages say is printed from the files alone.

mod chat;
mod history;
mod told;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail, ensure};
use baton_domain::limits::{AUDIT_SYNC_FILES_MAX, CHAT_EXPORT_BYTES_MAX};
use baton_whatsapp::chat_export::DateOrder;
use clap::Args;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::told::Comparison;
use super::{
    online::{Client, Online, print, read},
    progress::waiting,
};

/// What the command exits with when both sides differ.
const DIFFERENT: u8 = 3;

/// Arguments of `baton audit-sync`.
#[derive(Debug, Args)]
pub(super) struct AuditSync {
    #[command(flatten)]
    online: Online,
    /// Which number: Meta's `phone_number_id`.
    #[arg(long, value_name = "ID")]
    number: String,
    /// A chat as it is exported from the App (without media), or a `history` in
    /// JSON; may be given several times.
    #[arg(long = "file", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Take over what is missing on the host.
    #[arg(long)]
    import: bool,
    /// Under which name the business's own messages stand in an exported chat:
    /// the tenant's when absent.
    #[arg(long, value_name = "NAME")]
    business: Option<String>,
    /// The customer's phone number, when the one exported chat shows a name.
    #[arg(long, value_name = "PHONE")]
    customer: Option<String>,
    /// How exported chats write dates: `dmy`, `mdy` or `ymd`. Found out from the
    /// file when absent.
    #[arg(long, value_name = "ORDER")]
    dates: Option<DateOrder>,
    /// IANA name of the phone's time zone: the tenant's when absent.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
}

/// What the host says of the number.
#[derive(Deserialize)]
struct Number {
    merchant: String,
    timezone: String,
}

/// A message as it is sent to be compared.
#[derive(Serialize)]
struct Sent {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    from: &'static str,
    at: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    edited: bool,
    revoked: bool,
}

/// A message of a file.
struct FromFile {
    /// The file and where in it.
    place: String,
    sent: Sent,
}

/// As it is called in a request.
fn side(is_inbound: bool) -> &'static str {
    if is_inbound { "customer" } else { "business" }
}

impl AuditSync {
    /// Runs the command.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.online
            .run_to(async |client: &Client| self.compare(client).await)
    }

    async fn compare(&self, client: &Client) -> anyhow::Result<ExitCode> {
        let of_number = format!("/v1/numbers/{}", segment(&self.number));
        let number: Number = read(&client.get(&format!("{of_number}/sync")).await?)?;
        let messages = self.messages(&number)?;
        ensure!(!messages.is_empty(), "the files hold no message");
        let sent: Vec<&Sent> = messages.iter().map(|it| &it.sent).collect();
        let wanted = json!({ "messages": sent, "import": self.import });
        let path = format!("{of_number}/comparisons");
        let request = client.request(Method::POST, &path).json(&wanted);
        let answer = waiting("the messages are compared", client.send(request)).await?;
        let comparison: Comparison = read(&answer)?;
        if client.is_json() {
            print(&format!("{answer:#}\n"))?;
        } else {
            print(&comparison.told(&messages))?;
        }
        Ok(match comparison.discrepancies {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(DIFFERENT),
        })
    }

    fn messages(&self, number: &Number) -> anyhow::Result<Vec<FromFile>> {
        let count = self.files.len();
        ensure!(
            count <= AUDIT_SYNC_FILES_MAX,
            "{count} files are given, at most {AUDIT_SYNC_FILES_MAX} are read at once"
        );
        if self.customer.is_some() && count > 1 {
            bail!("--customer names the customer of one chat: give one --file with it");
        }
        let zone = self.timezone.as_deref().unwrap_or(&number.timezone);
        let zone = TimeZone::get(zone).with_context(|| format!("there is no time zone {zone}"))?;
        let reading = chat::Reading {
            zone,
            dates: self.dates,
            business: self.business.as_deref(),
            merchant: &number.merchant,
            customer: self.customer.as_deref(),
        };
        let mut messages = Vec::new();
        for file in &self.files {
            let unusable = || format!("{} cannot be compared", file.display());
            let length = fs::metadata(file).with_context(unusable)?.len();
            ensure!(
                length <= CHAT_EXPORT_BYTES_MAX,
                "{} has more than {CHAT_EXPORT_BYTES_MAX} bytes",
                file.display()
            );
            let text = fs::read_to_string(file).with_context(unusable)?;
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let of_file = if text.trim_start().starts_with('{') {
                history::read(&text, &name, &self.number)
            } else {
                reading.read(&text, &name)
            };
            messages.extend(of_file.with_context(unusable)?);
        }
        Ok(messages)
    }
}

/// One segment of a path, whatever characters it holds.
fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let mut segment = String::new();
    for byte in text.bytes() {
        if plain(byte) {
            segment.push(char::from(byte));
        } else {
            segment += &format!("%{byte:02X}");
        }
    }
    segment
}
