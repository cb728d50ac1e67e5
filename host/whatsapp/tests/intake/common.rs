//! What the tests of the intake share.
use std::{
    fs,
    path::{Path, PathBuf},
};

use baton_whatsapp::{
    signature::{AppSecret, AppSecrets, VerifiedBody, sign, verify},
    webhook::{Delivery, NotWebhook, parse},
};
use bytes::Bytes;

/// Signs `body` as Meta would, and verifies it.
pub(crate) fn verified(body: impl Into<Vec<u8>>) -> VerifiedBody {
    let body = body.into();
    let secret = AppSecret::new("test-app-secret").unwrap();
    let header = sign(&body, &secret);
    let secrets = AppSecrets::new(secret, None);
    verify(Bytes::from(body), Some(header.as_bytes()), &secrets).unwrap()
}

/// What a body says.
pub(crate) fn parse_text(body: &str) -> Result<Delivery, NotWebhook> {
    parse(&verified(body))
}

/// The paths of all fixtures, sorted.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths = Vec::new();
    for kind in fs::read_dir(root).unwrap() {
        for case in fs::read_dir(kind.unwrap().path()).unwrap() {
            let path = case.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
}
