//! Bytes that are almost HTTP.

use crate::{
    cases::cases,
    corpus,
    host::{Running, signature},
    mutate,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_almost_http_is_refused_or_answered() {
    let host = Running::start().await;
    let bodies = corpus::bodies();
    for case in cases(1_000) {
        let mut random = case.random();
        let body = corpus::pick(&mut random, &bodies);
        let (length, signed) = (body.len(), signature(body.as_bytes()));
        let key = &host.key;
        let requests = [
            format!("POST /webhooks/whatsapp/main HTTP/1.1\r\nhost: baton\r\nconnection: close\r\ncontent-length: {length}\r\nx-hub-signature-256: {signed}\r\n\r\n{body}"),
            format!("POST /webhooks/whatsapp/main HTTP/1.1\r\nhost: baton\r\nconnection: close\r\ntransfer-encoding: chunked\r\nx-hub-signature-256: {signed}\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
            format!("GET /v1/customers?limit=10&after=x HTTP/1.1\r\nhost: baton\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"),
            "GET /webhooks/whatsapp/main?hub.mode=subscribe&hub.challenge=1&hub.verify_token=verify HTTP/1.1\r\nhost: baton\r\nconnection: close\r\n\r\n".to_owned(),
            "GET /v1/conversations/%ff/%00 HTTP/1.0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n".to_owned(),
        ];
        let mut request = corpus::pick(&mut random, &requests).clone().into_bytes();
        mutate::bytes(&mut random, &mut request);
        let status = host.raw(&request, true).await;
        assert!(
            status.is_none_or(|it| it < 500),
            "{status:?} for {}",
            String::from_utf8_lossy(&request)
        );
    }
    assert_eq!(
        host.get("/v1/handoffs").await["items"]
            .as_array()
            .map(|_| ()),
        Some(())
    );
    host.ends_well().await;
}
