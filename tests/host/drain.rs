//! The way to the end: nobody is let in, what is in work ends, idle
//! connections do not hold it up, and the store is closed.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use baton::{
    accept::{self, Door, Limits},
    clock::ManualClock,
    config::Config,
    server,
};
use baton_store::{Quarantined, StoreError};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
};

use crate::{fixture::start_time, raw::Raw};

const LONG: Duration = Duration::from_secs(600);

struct Draining {
    url: String,
    door: Arc<Door>,
    /// Lets the slow handler answer.
    go: Arc<Notify>,
    end: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

/// A front door that is not hurried by anything but its end.
async fn draining(drain: Duration) -> Draining {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let door = Arc::new(Door::new(Limits {
        header: LONG,
        request: LONG,
        drain,
        ..Limits::default()
    }));
    let go = Arc::new(Notify::new());
    let gone = go.clone();
    let slow = get(async move || {
        gone.notified().await;
        "done"
    });
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/slow", slow);
    let router = accept::in_time(router, &door);
    let (end, ended) = oneshot::channel::<()>();
    let of_loop = door.clone();
    let served = tokio::spawn(async move {
        let ended = async {
            let _ = ended.await;
        };
        accept::serve(listener, 100, router, &of_loop, None, ended).await;
    });
    Draining {
        url,
        door,
        go,
        end,
        served,
    }
}

async fn in_work(url: &str) -> Raw {
    let mut raw = Raw::open(url).await;
    raw.send("GET /slow HTTP/1.1\r\nhost: baton\r\n\r\n").await;
    raw
}

#[tokio::test]
async fn what_is_in_work_ends_and_what_is_idle_is_closed() {
    let host = draining(LONG).await;
    let mut silent = Raw::open(&host.url).await;
    let mut idle = Raw::open(&host.url).await;
    assert_eq!(idle.get("/").await.map(|it| it.status), Some(200));
    let mut busy = in_work(&host.url).await;
    crate::fixture::until("all are in", async || {
        host.door.counts.connections_open.get() == 3 && host.door.requests_in_work() == 1
    })
    .await;
    host.end.send(()).expect("it hears");
    idle.closed().await;
    silent.closed().await;
    let address = host.url.strip_prefix("http://").expect("plain HTTP");
    crate::fixture::until("nobody is let in", async || {
        TcpStream::connect(address).await.is_err()
    })
    .await;
    assert!(!host.served.is_finished(), "one is in work");
    host.go.notify_one();
    let answer = busy.answer().await.expect("it is finished");
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert!(answer.has("connection: close"));
    host.served.await.expect("it ends");
    assert_eq!(host.door.counts.drains_cut.get(), 0);
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let host = draining(Duration::from_millis(200)).await;
    let mut busy = in_work(&host.url).await;
    crate::fixture::until("it is in work", async || host.door.requests_in_work() == 1).await;
    host.end.send(()).expect("it hears");
    assert!(busy.answer().await.is_none());
    host.served.await.expect("it ends");
    assert_eq!(host.door.counts.drains_cut.get(), 1);
}

#[tokio::test]
async fn the_store_is_closed_last() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let config = Config::new(
        folder.path().into(),
        "00".repeat(32),
        "http://127.0.0.1:1".into(),
    );
    let clock = ManualClock::new(start_time());
    let host = server::open(config, clock).await.expect("it opens");
    let store = host.store.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    server::run(host, listener, std::future::ready(()))
        .await
        .expect("it ends");
    let item = Quarantined {
        at: start_time(),
        app: "main".into(),
        why: "test".into(),
        number: None,
        body: Vec::new(),
    };
    let late = store.quarantine(item).await;
    assert!(matches!(late, Err(StoreError::Closing)), "{late:?}");
}
