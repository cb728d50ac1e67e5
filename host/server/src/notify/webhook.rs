//! Webhooks out, in the format of Standard Webhooks
//! (<https://www.standardwebhooks.com>): the body is signed with its id and the
//! time of the try, so that whoever has the secret knows that it is from here
//! and of now.

use std::{error::Error, fmt::Write, sync::OnceLock, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use baton_domain::limits::{
    DELIVERY_ANSWER_BYTES_MAX, DELIVERY_CONNECT_SECONDS_MAX, DELIVERY_SECONDS_MAX,
};
use baton_store::Endpoint;
use jiff::Timestamp;
use reqwest::{StatusCode, header::CONTENT_TYPE};
use ring::hmac;

use super::{
    network::{OnlyPrivate, Resolver, WebhookRules},
    perform::Tried,
};

/// Bytes of a fresh secret; 24 to 64 are allowed.
const SECRET_BYTES: usize = 32;
const SECRET_PREFIX: &str = "whsec_";

/// There is no randomness to make a secret of.
#[derive(Debug, thiserror::Error)]
#[error("no random numbers")]
pub struct SecretError(#[from] getrandom::Error);

/// A fresh secret.
///
/// # Errors
/// [`SecretError`].
pub fn new_secret() -> Result<String, SecretError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

/// What a message is signed with: by the secret, and by the one before while
/// that still holds; apart by a blank.
fn signatures(endpoint: &Endpoint, signed: &[u8], now: Timestamp) -> String {
    let previous = endpoint.previous.as_ref().filter(|it| now < it.until);
    let secrets = [Some(&endpoint.secret), previous.map(|it| &it.secret)];
    let mut all = String::new();
    for secret in secrets.into_iter().flatten() {
        let bare = secret.strip_prefix(SECRET_PREFIX).unwrap_or(secret);
        let Ok(key) = BASE64_STANDARD.decode(bare) else {
            continue;
        };
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed);
        let blank = if all.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(all, "{blank}v1,{}", BASE64_STANDARD.encode(tag));
    }
    all
}

/// The client for endpoints.
pub struct Webhooks {
    rules: WebhookRules,
    http: OnceLock<Option<reqwest::Client>>,
}

impl Webhooks {
    /// A client under these rules, made when it is first needed.
    pub fn new(rules: WebhookRules) -> Self {
        Self {
            rules,
            http: OnceLock::new(),
        }
    }

    /// Posts `body` once. An answer of 2xx takes it; 410 says that the endpoint
    /// is gone for good.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        id: &str,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Tried {
        let Ok(url) = self.rules.check(&endpoint.url) else {
            return Tried::Failed("address_refused");
        };
        let Some(http) = self.http.get_or_init(|| client(self.rules)) else {
            return Tried::Failed("no_client");
        };
        let timestamp = now.as_second().to_string();
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &body].concat();
        let request = http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(endpoint, &signed, now))
            .body(body);
        match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                read_a_little(answer).await;
                judged(status)
            }
            Err(error) => Tried::Failed(code_of(&error)),
        }
    }
}

fn client(rules: WebhookRules) -> Option<reqwest::Client> {
    // Fails when someone else has chosen a provider already: theirs will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = || {
        reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(DELIVERY_CONNECT_SECONDS_MAX))
            .timeout(Duration::from_secs(DELIVERY_SECONDS_MAX))
            // Whatever it leads to was not checked.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy would connect to what nobody here has looked at.
            .no_proxy()
            .dns_resolver(Resolver(rules))
    };
    let made = http().build().or_else(|error| {
        tracing::error!(%error, "no root certificates: webhooks over TLS will fail");
        http().tls_certs_only([]).build()
    });
    made.inspect_err(|error| tracing::error!(%error, "no client for webhooks"))
        .ok()
}

fn judged(status: StatusCode) -> Tried {
    match status {
        _ if status.is_success() => Tried::Delivered,
        StatusCode::GONE => Tried::Gone,
        _ if status.is_redirection() => Tried::Failed("redirected"),
        _ if status.is_client_error() => Tried::Failed("refused"),
        _ => Tried::Failed("server_error"),
    }
}

/// So that the connection can be used again; what it says is of no use.
async fn read_a_little(mut answer: reqwest::Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > DELIVERY_ANSWER_BYTES_MAX {
            break;
        }
    }
}

fn code_of(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<OnlyPrivate>() {
            return "address_refused";
        }
        cause = error.source();
    }
    if error.is_timeout() {
        "timed_out"
    } else if error.is_connect() {
        "not_connected"
    } else {
        "broken_off"
    }
}
