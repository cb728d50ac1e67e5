//! The client of the Graph API.

use std::{fmt, net::IpAddr, time::Duration};

use async_trait::async_trait;
use baton_domain::{
    ids::{MessageId, NumberId},
    limits::{
        ACCESS_TOKEN_CHARS_MAX, GRAPH_ANSWER_BYTES_MAX, GRAPH_CONNECT_SECONDS_MAX,
        GRAPH_REQUEST_SECONDS_MAX,
    },
};
use reqwest::{
    Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;

use super::{
    answer, body,
    message::Outgoing,
    outcome::{Ambiguity, Outcome},
};

/// The version of the Graph API that the bodies here are written for.
const VERSION: &str = "v24.0";

/// Where messages are sent.
const MESSAGES: &str = "messages";
/// Where what the Business App holds is asked for.
const APP_DATA: &str = "smb_app_data";

/// The token of a number or account. Handed in with every call, so that it can
/// be replaced while the host runs. `Debug` does not show it.
#[derive(Clone)]
pub struct AccessToken(HeaderValue);

/// The text cannot be an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an access token is a word of 1 to {ACCESS_TOKEN_CHARS_MAX} ASCII characters")]
pub struct InvalidToken;

impl AccessToken {
    /// Wraps a token.
    ///
    /// # Errors
    /// [`InvalidToken`] when it could not stand in a header.
    pub fn new(token: &str) -> Result<Self, InvalidToken> {
        let is_word = token.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=ACCESS_TOKEN_CHARS_MAX).contains(&token.len()) || !is_word {
            return Err(InvalidToken);
        }
        let mut header =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| InvalidToken)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

/// Why an address cannot be that of the Graph API.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBase {
    /// Not an absolute `http` or `https` address.
    #[error("{0:?} is not an address such as https://graph.facebook.com")]
    NotUrl(String),
    /// Tokens and messages would go over the network unencrypted.
    #[error("plain http is for simulators on this machine (127.0.0.1, ::1, localhost) only")]
    Unencrypted,
    /// The client could not be set up, such as for want of root certificates.
    #[error("no client for https")]
    Client(#[source] reqwest::Error),
}

/// The way messages leave. A trait, so that a simulation can stand in for
/// WhatsApp.
#[async_trait]
pub trait Graph: Send + Sync + 'static {
    /// Sends a message, once; answers within [`GRAPH_REQUEST_SECONDS_MAX`].
    async fn send(&self, number: &NumberId, token: &AccessToken, message: &Outgoing) -> Outcome;

    /// Asks for the history of a number that is on the Business App, too, which
    /// then comes by webhooks (WhatsApp documentation, "Onboarding business app
    /// users").
    async fn ask_history(&self, number: &NumberId, token: &AccessToken) -> Outcome;
}

/// The client. Cheap to clone; its clones share their connections.
#[derive(Debug, Clone)]
pub struct GraphClient {
    http: reqwest::Client,
    base: Url,
}

impl GraphClient {
    /// A client of the Graph API at `base`, usually
    /// `https://graph.facebook.com`.
    ///
    /// # Errors
    /// [`InvalidBase`].
    pub fn new(base: &str) -> Result<Self, InvalidBase> {
        Self::with_patience(base, Duration::from_secs(GRAPH_REQUEST_SECONDS_MAX))
    }

    /// The same, and a whole request may take at most `patience`.
    ///
    /// # Errors
    /// [`InvalidBase`].
    pub fn with_patience(base: &str, patience: Duration) -> Result<Self, InvalidBase> {
        let not_url = || InvalidBase::NotUrl(base.to_owned());
        let url = Url::parse(base).map_err(|_| not_url())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(not_url());
        }
        let is_plain = url.scheme() == "http";
        if is_plain && !is_this_machine(&url) {
            return Err(InvalidBase::Unencrypted);
        }
        // Fails when someone else has chosen a provider already: theirs will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(GRAPH_CONNECT_SECONDS_MAX).min(patience))
            .timeout(patience)
            // A redirected POST would carry the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // At most once: whether to try again is decided where it is
            // recorded.
            .retry(reqwest::retry::never());
        if is_plain {
            // A simulator needs no root certificates, and a small container
            // may have none.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(InvalidBase::Client)?;
        Ok(Self { http, base: url })
    }

    /// Sends a message, once.
    pub async fn send(
        &self,
        number: &NumberId,
        token: &AccessToken,
        message: &Outgoing,
    ) -> Outcome {
        self.post((number, MESSAGES), token, &body::message(message))
            .await
    }

    /// Shows the customer that `message` was read and, with `with_typing`,
    /// that an answer is being written (for up to 25 seconds).
    pub async fn mark_read(
        &self,
        number: &NumberId,
        token: &AccessToken,
        message: &MessageId,
        with_typing: bool,
    ) -> Outcome {
        self.post((number, MESSAGES), token, &body::read(message, with_typing))
            .await
    }

    /// Asks for the history of a number that is on the Business App, too.
    pub async fn ask_history(&self, number: &NumberId, token: &AccessToken) -> Outcome {
        self.post((number, APP_DATA), token, &body::history()).await
    }

    async fn post(
        &self,
        (number, edge): (&NumberId, &str),
        token: &AccessToken,
        body: &impl Serialize,
    ) -> Outcome {
        let json = match serde_json::to_vec(body) {
            Ok(json) => json,
            Err(error) => {
                return Outcome::NotSent {
                    reason: error.to_string(),
                };
            }
        };
        let request = self
            .http
            .post(self.edge_of(number, edge))
            .header(AUTHORIZATION, token.0.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(json);
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                answer::read(status, &bounded_body(response).await)
            }
            // No connection, or no request at all: nothing left.
            Err(error) if error.is_connect() || error.is_builder() => Outcome::NotSent {
                reason: reason(error),
            },
            Err(error) => Outcome::Ambiguous(Ambiguity::NoAnswer {
                reason: reason(error),
            }),
        }
    }

    fn edge_of(&self, number: &NumberId, edge: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            // Each is one segment, whatever characters it holds.
            path.pop_if_empty().extend([VERSION, number.as_str(), edge]);
        }
        url
    }
}

#[async_trait]
impl Graph for GraphClient {
    async fn send(&self, number: &NumberId, token: &AccessToken, message: &Outgoing) -> Outcome {
        Self::send(self, number, token, message).await
    }

    async fn ask_history(&self, number: &NumberId, token: &AccessToken) -> Outcome {
        Self::ask_history(self, number, token).await
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// As much of the answer as is of use. What breaks off counts as what came:
/// the status is known by then, and an answer that cannot be read is judged by
/// it.
async fn bounded_body(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = GRAPH_ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    body
}

/// What went wrong and why, without the address: it names the number.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    reason
}
