//! The generator: keep-alive connections, each with one request under way, on
//! one thread. It is lean, since it shares the cores with the server.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::requests::Requests;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

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
        let mut streams = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await?;
            stream.set_nodelay(true)?;
            streams.push(Connection::new(stream));
        }
        let started = Instant::now();
        let each = streams.into_iter().map(|mut connection| {
            let (outcome, requests) = (&outcome, &requests);
            let (is_over, next) = (&is_over, &next);
            async move {
                let mut request = Vec::new();
                while !is_over(started) {
                    next(&mut requests.borrow_mut(), &mut request);
                    let begun = Instant::now();
                    let status = connection.ask(&request).await;
                    let took = begun.elapsed().as_micros().min(u128::from(u32::MAX));
                    let mut outcome = outcome.borrow_mut();
                    match status {
                        Ok(status) => {
                            *outcome.statuses.entry(status).or_default() += 1;
                            if status == 200 {
                                outcome.latencies_us.push(took as u32);
                            }
                        }
                        Err(_) => {
                            outcome.broken += 1;
                            return;
                        }
                    }
                }
            }
        });
        join_all(each).await;
        outcome.borrow_mut().seconds = started.elapsed().as_secs_f64();
        anyhow::Ok(())
    })?;
    let mut outcome = outcome.into_inner();
    outcome.latencies_us.sort_unstable();
    Ok(outcome)
}

/// A keep-alive connection.
struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let answer = Vec::new();
        Self { stream, answer }
    }

    /// Sends a request and reads all of its answer. Returns the status.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection was closed");
            }
            if let Some((status, length)) = head(&self.answer)?
                && self.answer.len() >= length
            {
                return Ok(status);
            }
            if self.answer.len() > ANSWER_BYTES_MAX {
                bail!("the answer does not end");
            }
        }
    }
}

/// Status of an answer and its length in all, once its head is complete.
fn head(answer: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(answer)? else {
        return Ok(None);
    };
    let length = parsed
        .headers
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |it| {
            std::str::from_utf8(it.value)?
                .parse::<usize>()
                .map_err(anyhow::Error::from)
        })?;
    Ok(Some((
        parsed.code.context("an answer has a status")?,
        head + length,
    )))
}
