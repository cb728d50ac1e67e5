//! One connection, from its handshake to its end.

use std::{error::Error, io, sync::Arc, time::Duration};

use axum::Router;
use baton_domain::limits::{CONNECTION_BUFFER_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::{door::Door, request, tls::Tls};

/// What every connection of a listener is served with.
pub(super) struct Connections {
    pub(super) door: Arc<Door>,
    pub(super) router: Router,
    pub(super) tls: Option<Arc<Tls>>,
    /// Requests in work are finished, nothing else is begun.
    pub(super) draining: CancellationToken,
    protocol: http1::Builder,
}

impl Connections {
    pub(super) fn new(door: Arc<Door>, router: Router, tls: Option<Arc<Tls>>) -> Self {
        let protocol = protocol(door.limits.header);
        Self {
            door,
            router,
            tls,
            draining: CancellationToken::new(),
            protocol,
        }
    }

    /// Serves one to its end.
    pub(super) async fn serve(&self, stream: TcpStream) {
        let counts = &self.door.counts;
        counts.connections_accepted.add();
        let _open = counts.connections_open.one();
        // Answers are small and whole: none should wait for company.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.door.limits.write_stall));
        let stream = Box::pin(stream);
        match &self.tls {
            None => self.speak(stream).await,
            Some(tls) => {
                let handshake =
                    tokio::time::timeout(self.door.limits.handshake, tls.accept(stream));
                tokio::select! {
                    shaken = handshake => match shaken {
                        Ok(Ok(stream)) => self.speak(stream).await,
                        Ok(Err(_)) => counts.handshakes_failed.add(),
                        Err(_) => counts.handshakes_timed_out.add(),
                    },
                    () = self.draining.cancelled() => {}
                }
            }
        }
    }

    async fn speak(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let answer = service_fn(|incoming| {
            request::answer(self.door.clone(), self.router.clone(), incoming)
        });
        let connection = self.protocol.serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.draining.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            self.count(&error);
        }
    }

    /// Counts why a connection ended. One that the other side dropped is no
    /// news.
    fn count(&self, error: &hyper::Error) {
        let counts = &self.door.counts;
        if error.is_timeout() {
            counts.headers_timed_out.add();
        } else if error.is_parse_too_large() {
            counts.headers_too_large.add();
        } else if error.is_parse() {
            counts.malformed.add();
        } else if is_write_stall(error) {
            counts.writes_stalled.add();
        }
    }
}

fn is_write_stall(error: &hyper::Error) -> bool {
    let io = error.source().and_then(|it| it.downcast_ref::<io::Error>());
    io.is_some_and(|it| it.kind() == io::ErrorKind::TimedOut)
}

/// HTTP/1.1, which is what WhatsApp and proxies speak.
fn protocol(header: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(header)
        .max_header_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(CONNECTION_BUFFER_BYTES_MAX);
    builder
}
