//! Connections whose every byte the test decides.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the host.
pub struct Raw<S = TcpStream> {
    stream: S,
    read: Vec<u8>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The stable code of a refusal.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Whether it names the request, in head and body.
    pub fn is_identified(&self) -> bool {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let id = body["error"]["request_id"].as_str();
        id.is_some_and(|id| self.has(&format!("x-request-id: {id}")))
    }

    pub fn has(&self, header: &str) -> bool {
        self.head.to_ascii_lowercase().contains(header)
    }
}

/// The head of a POST of so many bytes.
pub fn head(path: &str, bytes: usize) -> String {
    head_with(path, bytes, &[])
}

/// The same with more headers.
pub fn head_with(path: &str, bytes: usize, headers: &[(&str, &str)]) -> String {
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: baton\r\ncontent-length: {bytes}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

impl Raw {
    pub async fn open(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("plain HTTP");
        let stream = TcpStream::connect(address).await.expect("it connects");
        stream.set_nodelay(true).expect("no delay");
        Self::of(stream)
    }

    /// One that takes in little at a time.
    pub async fn narrow(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("plain HTTP");
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("it is narrow");
        let address = address.parse().expect("an address");
        Self::of(socket.connect(address).await.expect("it connects"))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub fn of(stream: S) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Sends; whether the other side still takes it.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sending = self.stream.write_all(bytes.as_ref());
        timeout(PATIENCE, sending)
            .await
            .expect("it is taken")
            .is_ok()
    }

    /// The next answer; `None` when the connection ends before it.
    pub async fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        let status = head[9..12].parse().expect("a status");
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse::<usize>().expect("a length"))
        });
        let length = length.unwrap_or(0);
        while self.read.len() < end + length {
            self.more().await?;
        }
        let body = String::from_utf8_lossy(&self.read[end..end + length]).into_owned();
        self.read.drain(..end + length);
        Some(Answer { status, head, body })
    }

    /// Reads on; `None` at the end.
    async fn more(&mut self) -> Option<()> {
        let reading = self.stream.read_buf(&mut self.read);
        match timeout(PATIENCE, reading).await.expect("something comes") {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }

    /// Reads until the other side closes.
    pub async fn closed(&mut self) {
        while self.more().await.is_some() {}
    }

    /// Sends `byte` again and again, one a `pause`, until an answer comes or the
    /// connection ends.
    pub async fn dribble(&mut self, byte: &str, pause: Duration) -> Option<Answer> {
        loop {
            // Who is cut off may find its byte refused, with the answer there.
            let is_open = self.stream.write_all(byte.as_bytes()).await.is_ok();
            let reading = timeout(pause, self.stream.read_buf(&mut self.read)).await;
            match reading {
                Err(_) if is_open => {}
                Ok(Ok(0)) => return None,
                _ => return self.answer().await,
            }
        }
    }

    /// A GET, answered on this connection.
    pub async fn get(&mut self, path: &str) -> Option<Answer> {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: baton\r\n\r\n"))
            .await;
        self.answer().await
    }
}
