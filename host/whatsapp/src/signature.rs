//! Who sent a webhook: HMAC-SHA256 over the raw bytes of the body
//! (WhatsApp documentation, "Webhooks: Validating payloads").
//!
//! Meta signs the text that it sends, with every non-ASCII character escaped,
//! so the bytes are checked before anything reads them as JSON. What has not
//! passed [`verify`] cannot be parsed: [`VerifiedBody`] has no other source.

use std::fmt;

use baton_domain::limits::SECRET_CHARS_MAX;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The header that carries the signature, `sha256=` and 64 hex digits.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

const SCHEME: &[u8] = b"sha256=";
const DIGEST_BYTES: usize = 32;

/// An app's secret, ready to sign with. `Debug` does not show it.
#[derive(Clone)]
pub struct AppSecret {
    /// The keyed but unfed state: cloning it spares two rounds a request.
    keyed: Hmac<Sha256>,
}

/// The text cannot be an app secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an app secret has 1 to {SECRET_CHARS_MAX} characters")]
pub struct InvalidSecret;

impl AppSecret {
    /// Wraps the secret as the app dashboard shows it.
    ///
    /// # Errors
    /// [`InvalidSecret`] when it is empty (everyone could sign with it) or
    /// longer than any secret is.
    pub fn new(secret: &str) -> Result<Self, InvalidSecret> {
        if secret.is_empty() || secret.chars().count() > SECRET_CHARS_MAX {
            return Err(InvalidSecret);
        }
        let keyed = Hmac::new_from_slice(secret.as_bytes()).map_err(|_| InvalidSecret)?;
        Ok(Self { keyed })
    }

    fn digest(&self, body: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut mac = self.keyed.clone();
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(redacted)")
    }
}

/// The secrets that an app's webhooks may be signed with: the current one,
/// and the previous one while a rotation lasts.
#[derive(Debug, Clone)]
pub struct AppSecrets {
    current: AppSecret,
    previous: Option<AppSecret>,
}

impl AppSecrets {
    /// Secrets outside and inside a rotation.
    pub fn new(current: AppSecret, previous: Option<AppSecret>) -> Self {
        Self { current, previous }
    }
}

/// Which of an app's secrets a body was signed with. When `Previous` is seen
/// no more, the rotation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedWith {
    /// The current secret.
    Current,
    /// The secret that is being phased out.
    Previous,
}

/// The bytes of a webhook whose signature was right. Only [`verify`] makes one,
/// so that leaving it out does not compile:
///
/// ```compile_fail,E0451
/// use baton_whatsapp::signature::{SignedWith, VerifiedBody};
/// let forged = VerifiedBody { bytes: "{}".into(), signed_with: SignedWith::Current };
/// ```
#[derive(Clone)]
pub struct VerifiedBody {
    bytes: Bytes,
    signed_with: SignedWith,
}

impl VerifiedBody {
    /// The body, exactly as it was signed.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The secret that signed it.
    pub fn signed_with(&self) -> SignedWith {
        self.signed_with
    }
}

impl fmt::Debug for VerifiedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VerifiedBody({} bytes, {:?})",
            self.bytes.len(),
            self.signed_with
        )
    }
}

/// Why a body was not accepted. All of them answer 401 and change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature header.
    #[error("no {SIGNATURE_HEADER} header")]
    Missing,
    /// The header does not begin with `sha256=`.
    #[error("the signature is not of the form sha256=<hex>")]
    Scheme,
    /// The digest is not 64 digits long.
    #[error("the signature has {found} characters after 'sha256=', not 64")]
    Length {
        /// How many there were.
        found: usize,
    },
    /// The digest holds something other than hexadecimal digits.
    #[error("the signature is not hexadecimal")]
    NotHex,
    /// Well formed, and made with another secret or over other bytes.
    #[error("the signature does not match the body")]
    Mismatch,
}

/// Checks that `header` signs `raw` under one of `secrets`, in constant time.
/// Both secrets are always tried, so that the time taken does not tell which
/// one is in use.
///
/// # Errors
/// [`SignatureError`]; the body is then gone, unread.
pub fn verify(
    raw: Bytes,
    header: Option<&[u8]>,
    secrets: &AppSecrets,
) -> Result<VerifiedBody, SignatureError> {
    let claimed = decode(header.ok_or(SignatureError::Missing)?)?;
    let matches = |secret: &AppSecret| secret.digest(&raw).ct_eq(&claimed);
    let current = matches(&secrets.current);
    let previous = secrets.previous.as_ref().map_or(Choice::from(0), matches);
    if !bool::from(current | previous) {
        return Err(SignatureError::Mismatch);
    }
    let signed_with = if bool::from(current) {
        SignedWith::Current
    } else {
        SignedWith::Previous
    };
    Ok(VerifiedBody {
        bytes: raw,
        signed_with,
    })
}

/// The header value that Meta would send with `body`: for simulators, tests
/// and the command line.
pub fn sign(body: &[u8], secret: &AppSecret) -> String {
    format!("sha256={}", hex::encode(secret.digest(body)))
}

fn decode(header: &[u8]) -> Result<[u8; DIGEST_BYTES], SignatureError> {
    let digits = header.strip_prefix(SCHEME).ok_or(SignatureError::Scheme)?;
    if digits.len() != 2 * DIGEST_BYTES {
        return Err(SignatureError::Length {
            found: digits.len(),
        });
    }
    let mut digest = [0; DIGEST_BYTES];
    hex::decode_to_slice(digits, &mut digest).map_err(|_| SignatureError::NotHex)?;
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies and signatures under `test-app-secret` (`facts/whatsapp.md`).
    const VECTORS: [(&str, &str); 3] = [
        (
            r#"{"object":"whatsapp_business_account"}"#,
            "b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"t":"caf\u00e9 \ud83d\udc4d a\/b"}}]}]}"#,
            "c04dff369762e34af68dad56ae0614e133c66e4489b2f261a8ee059329e429d2",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"t":"café 👍 a/b"}}]}]}"#,
            "0ae41810527490aff16c6396a684d9da90b1e28d917a1693ffd945fd853a3cc8",
        ),
    ];

    fn secret(text: &str) -> AppSecret {
        AppSecret::new(text).unwrap()
    }

    fn secrets() -> AppSecrets {
        AppSecrets::new(secret("test-app-secret"), None)
    }

    fn check(
        body: &str,
        header: Option<&str>,
        secrets: &AppSecrets,
    ) -> Result<SignedWith, SignatureError> {
        verify(
            Bytes::from(body.to_owned()),
            header.map(str::as_bytes),
            secrets,
        )
        .map(|body| body.signed_with())
    }

    #[test]
    fn known_signatures_are_accepted_and_made() {
        for (body, digest) in VECTORS {
            let header = format!("sha256={digest}");
            assert_eq!(sign(body.as_bytes(), &secret("test-app-secret")), header);
            assert_eq!(
                check(body, Some(&header), &secrets()),
                Ok(SignedWith::Current)
            );
        }
    }

    #[test]
    fn the_same_json_in_other_bytes_is_refused() {
        let header = format!("sha256={}", VECTORS[1].1);
        assert_eq!(
            check(VECTORS[2].0, Some(&header), &secrets()),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn both_secrets_of_a_rotation_are_accepted_and_no_third() {
        let rotating = AppSecrets::new(secret("new"), Some(secret("old")));
        let by = |text: &str| sign(b"{}", &secret(text));
        assert_eq!(
            check("{}", Some(&by("new")), &rotating),
            Ok(SignedWith::Current)
        );
        assert_eq!(
            check("{}", Some(&by("old")), &rotating),
            Ok(SignedWith::Previous)
        );
        assert_eq!(
            check("{}", Some(&by("older")), &rotating),
            Err(SignatureError::Mismatch)
        );
        let over = AppSecrets::new(secret("new"), None);
        assert_eq!(
            check("{}", Some(&by("old")), &over),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn every_malformed_header_has_its_own_error() {
        let (body, digest) = VECTORS[0];
        let length = |found| SignatureError::Length { found };
        let cases: [(Option<String>, SignatureError); 12] = [
            (None, SignatureError::Missing),
            (Some(String::new()), SignatureError::Scheme),
            (Some(digest.to_owned()), SignatureError::Scheme),
            (
                Some(format!("sha1={}", &digest[..40])),
                SignatureError::Scheme,
            ),
            (Some(format!("SHA256={digest}")), SignatureError::Scheme),
            (Some(format!(" sha256={digest}")), SignatureError::Scheme),
            (Some("sha256=".to_owned()), length(0)),
            (Some(format!("sha256={}", &digest[..63])), length(63)),
            (Some(format!("sha256={digest}0")), length(65)),
            (Some(format!("sha256={digest} ")), length(65)),
            (
                Some(format!("sha256={}zz", &digest[..62])),
                SignatureError::NotHex,
            ),
            (
                Some(format!("sha256={}", "0".repeat(64))),
                SignatureError::Mismatch,
            ),
        ];
        for (header, expected) in cases {
            assert_eq!(
                check(body, header.as_deref(), &secrets()),
                Err(expected),
                "{header:?}"
            );
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused() {
        let (body, digest) = VECTORS[0];
        for at in 0..body.len() {
            let mut bytes = body.as_bytes().to_vec();
            bytes[at] ^= 1;
            let header = format!("sha256={digest}");
            let refused = verify(bytes.into(), Some(header.as_bytes()), &secrets());
            assert_eq!(
                refused.map(|_| ()),
                Err(SignatureError::Mismatch),
                "byte {at}"
            );
        }
    }

    #[test]
    fn secrets_are_never_printed_and_never_empty() {
        let shown = format!(
            "{:?}",
            AppSecrets::new(secret("hunter2"), Some(secret("hunter1")))
        );
        assert!(!shown.contains("hunter"), "{shown}");
        assert_eq!(AppSecret::new("").unwrap_err(), InvalidSecret);
    }
}
