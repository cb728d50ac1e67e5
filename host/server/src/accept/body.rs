//! A body that comes in time or not at all: one deadline for the whole of it,
//! however it is cut, and room taken for every byte as it comes.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::HttpBody;
use baton_domain::limits::UNWANTED_BODY_BYTES_MAX;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until, timeout_at},
};

use super::door::Door;

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    #[error(transparent)]
    Over(#[from] BodyLimit),
    #[error("the body was not sent to its end")]
    Broken(#[source] hyper::Error),
}

/// The limit that cut a body short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyLimit {
    #[error("the body did not come in time")]
    Time,
    #[error("there is no room for the body")]
    Room,
}

/// What became of a body, for whoever answers its request.
pub(crate) struct Fate {
    cut: OnceLock<BodyLimit>,
    is_read: AtomicBool,
    rest: Mutex<Option<Incoming>>,
    /// Given back when the last of answer and work is done with the body.
    room: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Fate {
    /// Which of our limits cut the body short, if one did.
    pub(super) fn cut(&self) -> Option<BodyLimit> {
        self.cut.get().copied()
    }

    /// Whether anybody began to read the body. To read is to ask for it, when
    /// the sender waits for a `100 Continue`.
    pub(super) fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Acquire)
    }

    /// Reads what nobody wanted of the body and throws it away, as far as the
    /// limits allow: who still sends does not read an answer, and a connection
    /// that is closed under data takes the answer with it.
    pub(super) async fn discard_rest(&self, deadline: Instant) {
        let rest = self
            .rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut rest) = rest else { return };
        let mut left = UNWANTED_BODY_BYTES_MAX;
        let reading = async {
            while let Some(Ok(frame)) =
                std::future::poll_fn(|cx| Pin::new(&mut rest).poll_frame(cx)).await
            {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                match left.checked_sub(bytes) {
                    Some(fewer) => left = fewer,
                    None => return,
                }
            }
        };
        // Too slow or too much: the connection is closed under it.
        let _ = timeout_at(deadline, reading).await;
    }

    /// Takes room for a piece that has come.
    fn make_room(&self, door: &Door, bytes: usize) -> bool {
        let Some(more) = door.body_bytes(bytes) else {
            return false;
        };
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        match room.as_mut() {
            Some(room) => room.merge(more),
            None => *room = Some(more),
        }
        true
    }
}

/// The body that handlers see.
pub(super) struct BoundedBody {
    inner: Option<Incoming>,
    deadline: Instant,
    /// Made when the body first keeps us waiting; most never do.
    alarm: Option<Pin<Box<Sleep>>>,
    fate: Arc<Fate>,
    door: Arc<Door>,
}

impl BoundedBody {
    pub(super) fn new(inner: Incoming, deadline: Instant, door: &Arc<Door>) -> Self {
        let fate = Fate {
            cut: OnceLock::new(),
            is_read: AtomicBool::new(false),
            rest: Mutex::new(None),
            room: Mutex::new(None),
        };
        Self {
            inner: Some(inner),
            deadline,
            alarm: None,
            fate: Arc::new(fate),
            door: door.clone(),
        }
    }

    pub(super) fn fate(&self) -> Arc<Fate> {
        self.fate.clone()
    }

    fn cut(&mut self, limit: BodyLimit) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        self.inner = None;
        let limit = *self.fate.cut.get_or_init(|| limit);
        Poll::Ready(Some(Err(limit.into())))
    }
}

impl HttpBody for BoundedBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = &mut *self;
        this.fate.is_read.store(true, Ordering::Release);
        let Some(inner) = this.inner.as_mut() else {
            return Poll::Ready(None);
        };
        match Pin::new(inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                if this.fate.make_room(&this.door, bytes) {
                    Poll::Ready(Some(Ok(frame)))
                } else {
                    this.cut(BodyLimit::Room)
                }
            }
            Poll::Ready(Some(Err(error))) => {
                this.inner = None;
                Poll::Ready(Some(Err(Cut::Broken(error))))
            }
            Poll::Ready(None) => {
                this.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let deadline = this.deadline;
                let alarm = this
                    .alarm
                    .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                if alarm.as_mut().poll(cx).is_ready() {
                    return this.cut(BodyLimit::Time);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for BoundedBody {
    fn drop(&mut self) {
        let rest = self.inner.take();
        *self
            .fate
            .rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = rest;
    }
}
