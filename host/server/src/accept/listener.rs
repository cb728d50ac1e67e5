//! The loop that accepts, and the way to its end.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::Router;
use baton_domain::limits::CONNECTIONS_BACKLOG_MAX;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{connection::Connections, door::Door, refusal::refuse, tls::Tls};

/// Listens, with room for as many who knock at once as may be served: the
/// standard library's room is for 128, and whoever finds it full is not heard
/// for a second.
///
/// # Errors
/// The system's: the address is taken, or not this machine's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A host that was just stopped leaves connections that are not quite over.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS_BACKLOG_MAX)
}

/// Accepts and serves until `shutdown` resolves, then drains: accepts no more,
/// closes idle connections, lets requests in work end, and cuts what has not
/// ended when the drain time is over.
pub async fn serve(
    listener: TcpListener,
    connections_max: usize,
    router: Router,
    door: &Arc<Door>,
    tls: Option<Arc<Tls>>,
    shutdown: impl Future<Output = ()>,
) {
    let accepting = Accepting {
        connections: Arc::new(Connections::new(door.clone(), router, tls)),
        slots: Arc::new(Semaphore::new(connections_max)),
        refusals: Arc::new(Semaphore::new(door.limits.refusals_at_once)),
        tasks: TaskTracker::new(),
        cut: CancellationToken::new(),
    };
    tokio::select! {
        () = accepting.run(&listener) => {}
        () = shutdown => {}
    }
    drop(listener);
    accepting.drain().await;
}

struct Accepting {
    connections: Arc<Connections>,
    slots: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Ends connections wherever they are.
    cut: CancellationToken,
}

impl Accepting {
    /// Never ends by itself: an accept that fails costs a pause at most.
    async fn run(&self, listener: &TcpListener) {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    self.failed(&error).await;
                    continue;
                }
            };
            match self.slots.clone().try_acquire_owned() {
                Ok(slot) => self.serve(stream, slot),
                Err(_) => self.refuse(stream).await,
            }
        }
    }

    /// A connection that broke before it was accepted is no trouble of ours.
    /// Anything else, such as too many open files, lasts: without a pause the
    /// loop would spin.
    async fn failed(&self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
        let door = &self.connections.door;
        door.counts.accepts_failed.add();
        if !matches!(
            error.kind(),
            ConnectionAborted | ConnectionReset | Interrupted
        ) {
            tracing::error!(%error, "no connection can be accepted for now");
            tokio::time::sleep(door.limits.accept_pause).await;
        }
    }

    fn serve(&self, stream: TcpStream, slot: OwnedSemaphorePermit) {
        let (connections, cut) = (self.connections.clone(), self.cut.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = connections.serve(stream) => {}
                () = cut.cancelled() => connections.door.counts.drains_cut.add(),
            }
            drop(slot);
        });
    }

    /// Waits while as many are being refused as may be: the kernel holds the
    /// rest meanwhile.
    async fn refuse(&self, stream: TcpStream) {
        let Ok(turn) = self.refusals.clone().acquire_owned().await else {
            return;
        };
        let door = self.connections.door.clone();
        door.counts.connections_refused.add();
        let is_tls = self.connections.tls.is_some();
        self.tasks.spawn(async move {
            // Whether it listened is its own affair.
            let _ = timeout(door.limits.refusal, refuse(stream, is_tls)).await;
            drop(turn);
        });
    }

    async fn drain(self) {
        let door = &self.connections.door;
        self.connections.draining.cancel();
        self.tasks.close();
        door.requests.close();
        let ending = async {
            self.tasks.wait().await;
            door.requests.wait().await;
        };
        if timeout(door.limits.drain, ending).await.is_err() {
            let connections = self.tasks.len();
            let requests = door.requests.len();
            tracing::warn!(
                connections,
                requests,
                "the drain time is over, the rest is cut"
            );
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}
