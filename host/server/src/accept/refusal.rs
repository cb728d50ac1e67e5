//! What a connection over the cap hears.
//!
//! It is told at once that it should come again, rather than left to wait in
//! the kernel: a load balancer then asks another host, and a probe sees a host
//! that lives and is full. Only when even those who are being told are too
//! many, the kernel holds the rest.

use std::io;

use baton_domain::limits::{REFUSAL_READ_BYTES_MAX, RETRY_AFTER_SECONDS};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::http::Code;

/// Tells it and closes; who does not listen is closed after the limit that the
/// caller sets. Under TLS nothing can be said without a handshake, which is
/// what there is no room for.
pub(super) async fn refuse(mut stream: TcpStream, is_tls: bool) -> io::Result<()> {
    if is_tls {
        return Ok(());
    }
    let code = Code::TooManyConnections;
    let error = json!({ "code": code.as_str(), "message": code.meaning() });
    let body = json!({ "error": error }).to_string();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nretry-after: {RETRY_AFTER_SECONDS}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing over what was sent would take the answer away from its reader.
    let mut unread = stream.take(REFUSAL_READ_BYTES_MAX as u64);
    tokio::io::copy(&mut unread, &mut tokio::io::sink()).await?;
    Ok(())
}
