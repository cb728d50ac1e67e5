//! Signature headers that are almost right: none but the right one is taken.

use baton_whatsapp::signature::{AppSecret, sign};
use fastrand::Rng;

use crate::{
    cases::cases,
    corpus,
    host::{Running, signature},
    mutate,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_signature_but_the_right_one_changes_anything() {
    let host = Running::start().await;
    let bodies = corpus::bodies();
    for case in cases(1_000) {
        let mut random = case.random();
        let body = corpus::pick(&mut random, &bodies).as_bytes();
        let right = signature(body);
        let wrong = almost(&mut random, &right, body);
        // The digits may be of either case, and a header is trimmed.
        let is_right = wrong.trim_ascii().eq_ignore_ascii_case(right.as_bytes());
        if is_right || wrong.contains(&b'\n') || wrong.contains(&b'\r') {
            continue;
        }
        let head = format!(
            "POST /webhooks/whatsapp/main HTTP/1.1\r\nhost: baton\r\nconnection: close\r\n\
             content-length: {}\r\nx-hub-signature-256: ",
            body.len()
        );
        let request = [head.as_bytes(), &wrong, b"\r\n\r\n", body].concat();
        let status = host.raw(&request, false).await;
        // 400 when the header is not even HTTP.
        assert!(
            matches!(status, Some(401 | 400)),
            "{status:?} for {}",
            String::from_utf8_lossy(&wrong)
        );
    }
    assert_eq!(
        host.get("/v1/customers").await["items"],
        serde_json::json!([])
    );
    let kept = host.host.store.quarantined(None, 10).await.expect("a list");
    assert!(kept.is_empty(), "something unsigned was kept");
    host.ends_well().await;
}

/// Something that somebody might take for the signature.
fn almost(random: &mut Rng, right: &str, body: &[u8]) -> Vec<u8> {
    let digits = right.strip_prefix("sha256=").expect("it says so");
    let by = |secret: &str| sign(body, &AppSecret::new(secret).expect("a secret"));
    match random.u8(..8) {
        0 => by("a-secret-of-the-other-app").into_bytes(),
        1 => signature(&[body, b" "].concat()).into_bytes(),
        2 => digits.into(),
        3 => format!("sha1={digits}").into_bytes(),
        4 => format!("{right},{right}").into_bytes(),
        5 => right.as_bytes()[..random.usize(..right.len())].to_vec(),
        _ => {
            let mut bytes = right.as_bytes().to_vec();
            mutate::bytes(random, &mut bytes);
            bytes
        }
    }
}
