//! The generator: keep-alive connections, each with one request under way, on
//! one thread. It is lean, since it shares the cores with the server.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
};

use crate::requests::Requests;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a connection waits after it broke.
const BREAK: Duration = Duration::from_millis(10);

/// What came back.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How long it ran.
    pub seconds: f64,
    /// Of the requests answered with 200, in microseconds, sorted.
    pub latencies_us: Vec<u32>,
    /// Answers by status.
    pub statuses: BTreeMap<u16, usize>,
    /// Connections that broke.
    pub broken: usize,
}

impl Outcome {
    /// Requests answered with 200, a second.
    pub fn rate(&self) -> f64 {
        self.latencies_us.len() as f64 / self.seconds
    }

    /// A percentile in milliseconds.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        percentile(&self.latencies_us, share) / 1_000.0
    }

    fn add(&mut self, status: anyhow::Result<u16>, took: Duration) {
        match status {
            Ok(status) => {
                *self.statuses.entry(status).or_default() += 1;
                if status == 200 {
                    let took = took.as_micros().min(u128::from(u32::MAX));
                    self.latencies_us.push(took as u32);
                }
            }
            Err(_) => self.broken += 1,
        }
    }

    /// Everything that is not a 200.
    pub fn errors(&self) -> usize {
        let others = self.statuses.iter().filter(|(status, _)| **status != 200);
        others.map(|(_, count)| count).sum::<usize>() + self.broken
    }
}

/// A percentile of sorted numbers; 0 when there are none.
pub fn percentile(sorted: &[u32], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().map_or(0.0, f64::from)
}

/// Drives `connections` connections at `port` for as long as `until` says,
/// each asking for its next request when the last was answered.
pub fn drive(
    port: u16,
    connections: usize,
    length: Duration,
    requests: &mut Requests,
) -> anyhow::Result<Outcome> {
    let is_over = move |started: Instant| started.elapsed() >= length;
    run(port, connections, requests, is_over, Requests::take)
}

/// The same for as long as `is_over` says no.
pub fn drive_until(
    port: u16,
    connections: usize,
    requests: &mut Requests,
    is_over: impl Fn(Instant) -> bool,
) -> anyhow::Result<Outcome> {
    run(port, connections, requests, is_over, Requests::take)
}

/// Sends `rate` requests a second, from `connections` that take turns, until
/// `until`. Each counts from when it should have been sent, so that one that
/// waits for a slow one before it is slow, too.
pub fn pace(
    port: u16,
    connections: usize,
    rate: f64,
    until: Instant,
    requests: &mut Requests,
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = RefCell::new(Outcome::default());
    let requests = RefCell::new(requests);
    let begun = Instant::now();
    let period = Duration::from_secs_f64(connections as f64 / rate);
    runtime.block_on(async {
        let each = (0..connections).map(|turn| {
            let mut connection = Connection::to(port);
            let (outcome, requests) = (&outcome, &requests);
            let mut due = begun + period.mul_f64(turn as f64 / connections as f64);
            async move {
                let mut request = Vec::new();
                while due < until {
                    tokio::time::sleep_until(due.into()).await;
                    requests.borrow_mut().take(&mut request);
                    let status = connection.ask(&request).await;
                    outcome.borrow_mut().add(status, due.elapsed());
                    due += period;
                }
            }
        });
        join_all(each).await;
    });
    let mut outcome = outcome.into_inner();
    outcome.seconds = begun.elapsed().as_secs_f64();
    outcome.latencies_us.sort_unstable();
    Ok(outcome)
}

/// Sends `posts` requests of `messages` messages each.
pub fn fill(
    port: u16,
    posts: usize,
    messages: u64,
    requests: &mut Requests,
) -> anyhow::Result<Outcome> {
    let left = Cell::new(posts);
    let is_over = |_| {
        let before = left.get();
        left.set(before.saturating_sub(1));
        before == 0
    };
    let make = |requests: &mut Requests, to: &mut Vec<u8>| requests.make(messages, to);
    run(port, 16, requests, is_over, make)
}

fn run(
    port: u16,
    connections: usize,
    requests: &mut Requests,
    is_over: impl Fn(Instant) -> bool,
    next: impl Fn(&mut Requests, &mut Vec<u8>),
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = RefCell::new(Outcome::default());
    let requests = RefCell::new(requests);
    runtime.block_on(async {
        let started = Instant::now();
        // Each opens with its first request: thousands opened beforehand would
        // be idle for longer than the host waits for a head.
        let each = (0..connections).map(|_| {
            let mut connection = Connection::to(port);
            let (outcome, requests) = (&outcome, &requests);
            let (is_over, next) = (&is_over, &next);
            async move {
                let mut request = Vec::new();
                while !is_over(started) {
                    next(&mut requests.borrow_mut(), &mut request);
                    let begun = Instant::now();
                    let status = connection.ask(&request).await;
                    outcome.borrow_mut().add(status, begun.elapsed());
                }
            }
        });
        join_all(each).await;
        outcome.borrow_mut().seconds = started.elapsed().as_secs_f64();
    });
    let mut outcome = outcome.into_inner();
    outcome.latencies_us.sort_unstable();
    Ok(outcome)
}

/// A keep-alive connection, opened again when it was closed.
struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    answer: Vec<u8>,
}

impl Connection {
    fn to(port: u16) -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            stream: None,
            answer: Vec::new(),
        }
    }

    async fn open(&mut self) -> anyhow::Result<()> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Sends a request and reads all of its answer. Returns the status.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        if self.stream.is_none() {
            self.open().await?;
        }
        let answered = self.exchange(request).await;
        if answered.as_ref().map_or(true, |answer| answer.is_last) {
            self.stream = None;
        }
        if answered.is_err() {
            // A server that is gone is not asked as fast as can be.
            tokio::time::sleep(BREAK).await;
        }
        answered.map(|it| it.status)
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        let stream = self.stream.as_mut().context("it is open")?;
        stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection was closed");
            }
            if let Some(answer) = Answer::read(&self.answer)?
                && self.answer.len() >= answer.length
            {
                return Ok(answer);
            }
            if self.answer.len() > ANSWER_BYTES_MAX {
                bail!("the answer does not end");
            }
        }
    }
}

/// One connection, for questions one after the other.
pub struct Client {
    runtime: Runtime,
    connection: Connection,
}

impl Client {
    /// A client of the server at `port`.
    pub fn to(port: u16) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let connection = Connection::to(port);
        Ok(Self {
            runtime,
            connection,
        })
    }

    /// Sends a request; returns the status.
    pub fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.runtime.block_on(self.connection.ask(request))
    }

    /// What is at `path`, for whoever has `key`.
    pub fn get(&mut self, path: &str, key: &str) -> anyhow::Result<Value> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n");
        // The server may have closed the connection when nothing was asked.
        self.connection.stream = None;
        let status = self.ask(request.as_bytes())?;
        ensure!(status == 200, "{path} answers {status}");
        Ok(serde_json::from_slice(self.body()?)?)
    }

    /// The value of a metric, for whoever has `key`.
    pub fn metric(&mut self, key: &str, name: &str) -> anyhow::Result<f64> {
        let (status, _) = self.send(("GET", "/metrics"), key, &[], b"")?;
        ensure!(status == 200, "/metrics answers {status}");
        let text = std::str::from_utf8(self.body()?)?;
        let mut lines = text.lines();
        let value = lines.find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
        Ok(value
            .with_context(|| format!("there is no {name}"))?
            .parse()?)
    }

    /// Sends `body` as `(method, path)` says; status, and the answer when it is
    /// JSON.
    pub fn send(
        &mut self,
        (method, path): (&str, &str),
        key: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<(u16, Value)> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        // The server may have closed the connection when nothing was asked.
        self.connection.stream = None;
        let status = self.ask(&request)?;
        let answer = serde_json::from_slice(self.body()?).unwrap_or_default();
        Ok((status, answer))
    }

    fn body(&self) -> anyhow::Result<&[u8]> {
        let answer = Answer::read(&self.connection.answer)?.context("it is whole")?;
        Ok(&self.connection.answer[answer.body..answer.length])
    }
}

/// The head of an answer.
struct Answer {
    status: u16,
    /// Where its body begins.
    body: usize,
    /// With its body.
    length: usize,
    /// Whether the server closes the connection.
    is_last: bool,
}

impl Answer {
    /// Reads it once it is complete.
    fn read(bytes: &[u8]) -> anyhow::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = parsed.parse(bytes)? else {
            return Ok(None);
        };
        let header = |name: &str| {
            let found = parsed
                .headers
                .iter()
                .find(|it| it.name.eq_ignore_ascii_case(name));
            found.map(|it| it.value)
        };
        let body: usize = match header("content-length") {
            Some(length) => std::str::from_utf8(length)?.parse()?,
            None => 0,
        };
        Ok(Some(Self {
            status: parsed.code.context("an answer has a status")?,
            body: head,
            length: head + body,
            is_last: header("connection") == Some(b"close"),
        }))
    }
}
