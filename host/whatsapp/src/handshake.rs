//! The handshake with which Meta makes sure that a callback URL is ours
//! (WhatsApp documentation, "Webhooks: Verification requests"). It is not
//! signed; the verify token alone tells that Meta asks for this app.

use std::fmt;

use baton_domain::limits::{HANDSHAKE_CHALLENGE_CHARS_MAX, SECRET_CHARS_MAX};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The token that the merchant typed into the app dashboard. `Debug` does not
/// show it.
#[derive(Clone)]
pub struct VerifyToken {
    /// Hashed, so that comparing does not tell how long the token is.
    sha256: [u8; 32],
}

/// The text cannot be a verify token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a verify token has 1 to {SECRET_CHARS_MAX} characters")]
pub struct InvalidToken;

impl VerifyToken {
    /// Wraps the token.
    ///
    /// # Errors
    /// [`InvalidToken`] when it is empty or too long.
    pub fn new(token: &str) -> Result<Self, InvalidToken> {
        if token.is_empty() || token.chars().count() > SECRET_CHARS_MAX {
            return Err(InvalidToken);
        }
        Ok(Self {
            sha256: Sha256::digest(token).into(),
        })
    }

    fn is(&self, claimed: &str) -> bool {
        let claimed: [u8; 32] = Sha256::digest(claimed).into();
        self.sha256.ct_eq(&claimed).into()
    }
}

impl fmt::Debug for VerifyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyToken(redacted)")
    }
}

/// Why a handshake was refused. All of them answer 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeRefused {
    /// `hub.mode` is missing or not `subscribe`.
    #[error("hub.mode is not 'subscribe'")]
    Mode,
    /// `hub.verify_token` is missing or another one.
    #[error("hub.verify_token is not this app's")]
    Token,
    /// `hub.challenge` is missing, or more than a plain word.
    #[error("hub.challenge is not a plain word")]
    Challenge,
}

impl HandshakeRefused {
    /// A stable code for metrics and for the answer.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mode => "handshake_mode",
            Self::Token => "handshake_token",
            Self::Challenge => "handshake_challenge",
        }
    }
}

/// Answers `?hub.mode=subscribe&hub.challenge=...&hub.verify_token=...`:
/// the challenge, to be sent bare as the body with status 200.
///
/// # Errors
/// [`HandshakeRefused`]: answer 403 without the challenge.
pub fn answer(query: &str, token: &VerifyToken) -> Result<String, HandshakeRefused> {
    let parameter = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    if parameter("hub.mode").as_deref() != Some("subscribe") {
        return Err(HandshakeRefused::Mode);
    }
    if !parameter("hub.verify_token").is_some_and(|claimed| token.is(&claimed)) {
        return Err(HandshakeRefused::Token);
    }
    match parameter("hub.challenge") {
        Some(challenge) if is_plain(&challenge) => Ok(challenge.into_owned()),
        _ => Err(HandshakeRefused::Challenge),
    }
}

/// Meta sends an integer. A word at most is echoed, so that the answer can
/// never be markup in a browser.
fn is_plain(challenge: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=HANDSHAKE_CHALLENGE_CHARS_MAX).contains(&challenge.len()) && challenge.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str) -> Result<String, &'static str> {
        let token = VerifyToken::new("a+b token/é").unwrap();
        answer(query, &token).map_err(HandshakeRefused::code)
    }

    #[test]
    fn the_right_token_gets_the_bare_challenge() {
        let query =
            "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=a%2Bb+token%2F%C3%A9";
        assert_eq!(check(query), Ok("1158201444".to_owned()));
        let shuffled =
            "hub.verify_token=a%2Bb%20token/%C3%A9&x=1&hub.challenge=7&hub.mode=subscribe";
        assert_eq!(check(shuffled), Ok("7".to_owned()));
    }

    #[test]
    fn anything_else_is_refused_with_its_code() {
        let token = "hub.verify_token=a%2Bb+token%2F%C3%A9";
        let cases = [
            (String::new(), "handshake_mode"),
            (
                format!("hub.mode=unsubscribe&hub.challenge=1&{token}"),
                "handshake_mode",
            ),
            (format!("hub.challenge=1&{token}"), "handshake_mode"),
            (
                "hub.mode=subscribe&hub.challenge=1".to_owned(),
                "handshake_token",
            ),
            (
                "hub.mode=subscribe&hub.challenge=1&hub.verify_token=".to_owned(),
                "handshake_token",
            ),
            (
                "hub.mode=subscribe&hub.challenge=1&hub.verify_token=a".to_owned(),
                "handshake_token",
            ),
            (format!("hub.mode=subscribe&{token}"), "handshake_challenge"),
            (
                format!("hub.mode=subscribe&hub.challenge=&{token}"),
                "handshake_challenge",
            ),
            (
                format!("hub.mode=subscribe&hub.challenge=%3Cscript%3E&{token}"),
                "handshake_challenge",
            ),
            (
                format!(
                    "hub.mode=subscribe&hub.challenge={}&{token}",
                    "1".repeat(129)
                ),
                "handshake_challenge",
            ),
        ];
        for (query, expected) in cases {
            assert_eq!(check(&query), Err(expected), "{query}");
        }
    }

    #[test]
    fn a_token_is_never_empty_and_never_printed() {
        assert!(VerifyToken::new("").is_err());
        assert!(!format!("{:?}", VerifyToken::new("hunter2").unwrap()).contains("hunter2"));
    }
}
