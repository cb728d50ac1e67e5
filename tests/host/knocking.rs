//! Who knocks at once is heard at once.

use std::{net::SocketAddr, time::Duration};

use baton::accept;
use futures_util::future::join_all;
use tokio::{net::TcpStream, time::timeout};

const LONG: Duration = Duration::from_secs(600);

/// Before anybody is accepted: what the kernel has no room for waits a second,
/// and longer each time.
#[tokio::test]
async fn hundreds_may_knock_at_once() {
    let listener = accept::listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let address = listener.local_addr().expect("an address");
    let room = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("the kernel's bound");
    let room: usize = room.trim().parse().expect("a number");
    // Far more than the standard library's room, and few files.
    let knocking = room.min(500);
    let knocks = (0..knocking).map(|_| TcpStream::connect(address));
    let heard = timeout(LONG, join_all(knocks))
        .await
        .expect("all are heard");
    assert!(heard.iter().all(Result::is_ok));
    drop(listener);
}
