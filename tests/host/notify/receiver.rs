//! Another system that takes webhooks, and checks them with somebody else's
//! code.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

/// One webhook as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    pub id: String,
    pub timestamp: i64,
    pub signatures: String,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// Whether it is signed with `secret`, by the reference implementation.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).expect("a secret");
        let body = self.body.as_bytes();
        let wanted = webhook
            .sign(&self.id, self.timestamp, body)
            .expect("a signature");
        self.signatures.split(' ').any(|it| it == wanted)
    }
}

/// What it answers; nothing more is answered at all while `hangs`.
#[derive(Debug, Default)]
struct Planned {
    answers: VecDeque<u16>,
    always: Option<u16>,
    hangs: bool,
    leads_to: Option<String>,
}

/// The system.
#[derive(Debug, Clone, Default)]
pub struct Receiver {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    planned: Arc<Mutex<Planned>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let receiver = Self {
            url: format!("http://{address}/hooks"),
            ..Self::default()
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("a lock").clone()
    }

    /// The next webhooks are answered so, the others with 200.
    pub fn answers(&self, statuses: &[u16]) {
        self.planned
            .lock()
            .expect("a lock")
            .answers
            .extend(statuses);
    }

    /// All webhooks are answered so; with 200 for `None`.
    pub fn always(&self, status: Option<u16>) {
        self.planned.lock().expect("a lock").always = status;
    }

    pub fn hangs(&self, hangs: bool) {
        self.planned.lock().expect("a lock").hangs = hangs;
    }

    /// All webhooks are led elsewhere.
    pub fn leads_to(&self, url: &str) {
        self.planned.lock().expect("a lock").leads_to = Some(url.to_owned());
    }
}

async fn take(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| {
        let value = headers.get(name).and_then(|it| it.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let got = Got {
        path: uri.path().to_owned(),
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp").parse().unwrap_or_default(),
        signatures: text("webhook-signature"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    receiver.got.lock().expect("a lock").push(got);
    let (status, hangs, leads_to) = {
        let mut planned = receiver.planned.lock().expect("a lock");
        let next = planned.answers.pop_front();
        let status = planned.always.or(next).unwrap_or(200);
        (status, planned.hangs, planned.leads_to.clone())
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    match leads_to {
        Some(url) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response(),
        None => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
    }
}
