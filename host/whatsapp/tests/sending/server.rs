//! A Graph API of a few lines that does as it is told.

use std::{sync::Arc, time::Duration};

use baton_domain::ids::NumberId;
use baton_whatsapp::{
    address::{BusinessScopedUserId, CustomerAddress, Phone},
    graph::{AccessToken, Content, GraphClient, Outcome, Outgoing},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Answers with a status and a body.
    Answer(u16, String),
    /// Answers with a redirect to itself.
    Redirect,
    /// Reads the request and hangs up.
    HangUp,
    /// Reads the request and says nothing.
    Silence,
    /// Promises more of an answer than it sends.
    BreakOff(u16, String),
}

/// A running server and what it was sent.
pub(crate) struct Server {
    pub(crate) base: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                log.lock().await.push(request);
                behave(&mut stream, &behaviour).await;
            }
        });
        Self { base, seen }
    }

    /// The requests so far, head and body as sent.
    pub(crate) async fn seen(&self) -> Vec<String> {
        self.seen.lock().await.clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ")
                .and_then(|length| length.parse::<usize>().ok())
        });
        if count == 0 || body.len() >= length.unwrap_or(0) {
            return text.into_owned();
        }
    }
}

async fn behave(stream: &mut TcpStream, behaviour: &Behaviour) {
    let answer = match behaviour {
        Behaviour::Answer(status, body) => answer(*status, body, body.len()),
        Behaviour::BreakOff(status, body) => answer(*status, body, body.len() + 100),
        Behaviour::Redirect => {
            "HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        Behaviour::HangUp => return,
        Behaviour::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return;
        }
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn answer(status: u16, body: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn phone() -> CustomerAddress {
    CustomerAddress::new(Phone::parse("16505551234").ok(), None).unwrap()
}

pub(crate) fn user_id() -> CustomerAddress {
    CustomerAddress::new(
        None,
        BusinessScopedUserId::parse("US.13491208655302741918").ok(),
    )
    .unwrap()
}

pub(crate) fn number() -> NumberId {
    NumberId::parse("106540352242922").unwrap()
}

pub(crate) fn token() -> AccessToken {
    AccessToken::new("EAAtest").unwrap()
}

pub(crate) fn text(body: &str) -> Content {
    Content::Text {
        body: body.to_owned(),
        preview_url: false,
    }
}

/// Sends a greeting to a server that behaves so, and tells what came of it
/// and what the server saw.
pub(crate) async fn greet(behaviour: Behaviour) -> (Outcome, Vec<String>) {
    let server = Server::start(behaviour).await;
    let client = GraphClient::with_patience(&server.base, Duration::from_millis(300)).unwrap();
    let message = Outgoing::new(phone(), text("Hello")).unwrap();
    let outcome = client.send(&number(), &token(), &message).await;
    (outcome, server.seen().await)
}
