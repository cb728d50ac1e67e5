//! A WhatsApp of our own, for tests and the demonstration: it takes messages
//! on the Graph API, tells how far they got, and delivers what customers and
//! people on the Business App write as signed webhooks, escaped as Meta does,
//! to every subscribed app, again and again until each answers 200.
//!
//! It knows nothing of Baton but its callback.

mod escape;
mod graph;
mod webhooks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use escape::escaped;
pub use webhooks::{NotDelivered, Subscription};

/// Tells the time that messages carry.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A message that was sent through the Graph API.
#[derive(Debug, Clone, PartialEq)]
pub struct SentMessage {
    /// WhatsApp's id.
    pub id: String,
    /// From which business number.
    pub number: String,
    /// When.
    pub at: Timestamp,
    /// The whole request.
    pub request: Value,
}

impl SentMessage {
    /// What it says: the text, the body of an interactive message, or the name
    /// of a template.
    pub fn text(&self) -> String {
        let request = &self.request;
        let text = request["text"]["body"]
            .as_str()
            .or_else(|| request["interactive"]["body"]["text"].as_str())
            .or_else(|| request["template"]["name"].as_str());
        text.unwrap_or_default().to_owned()
    }

    /// Where its link leads, when it has one.
    pub fn link(&self) -> Option<&str> {
        self.request["interactive"]["action"]["parameters"]["url"].as_str()
    }
}

/// A customer, as WhatsApp knows one.
#[derive(Debug, Clone)]
pub struct Person {
    /// Phone number, digits only.
    pub phone: String,
    /// Display name.
    pub name: String,
}

/// A business number.
#[derive(Debug, Clone)]
pub struct Business {
    /// Meta's `phone_number_id`.
    pub number_id: String,
    /// The number itself.
    pub display: String,
    /// The token that opens the Graph API.
    pub token: String,
}

/// A running simulator.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// At least one.
    pub(crate) businesses: Vec<Business>,
    pub(crate) now: Now,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) http: reqwest::Client,
    pub(crate) sent: watch::Sender<Vec<SentMessage>>,
    /// Number of the next message, which makes its id.
    pub(crate) next: std::sync::atomic::AtomicU64,
    /// What the next requests of the Graph API are answered with instead.
    pub(crate) faults: std::sync::Mutex<std::collections::VecDeque<Fault>>,
    /// What the Business App holds.
    pub(crate) app: std::sync::Mutex<App>,
}

/// What the Business App holds, and how often it was asked for.
#[derive(Default)]
pub(crate) struct App {
    /// Values of the field `history`; none are to be had without.
    pub(crate) history: Option<Vec<Value>>,
    pub(crate) asked: usize,
}

/// What can go wrong with a send.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It is refused with this status and error code.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Code of the error table.
        code: i64,
    },
    /// It is taken, and the answer is lost.
    TakeAndHangUp,
}

impl Simulator {
    /// A simulator of `business`; its clock is `now`.
    pub fn new(business: Business, now: Now, subscriptions: Vec<Subscription>) -> Self {
        Self::of_many(vec![business], now, subscriptions)
    }

    /// A simulator of several businesses; customers and the App write to the
    /// first.
    pub fn of_many(businesses: Vec<Business>, now: Now, subscriptions: Vec<Subscription>) -> Self {
        assert!(!businesses.is_empty(), "a simulator needs a business");
        // Fails when someone else has chosen a provider already: theirs will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Gone before the host closes it: a webhook is told once here.
        let http = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(3));
        let http = http.build().expect("a client");
        let inner = Inner {
            businesses,
            now,
            subscriptions,
            http,
            sent: watch::Sender::new(Vec::new()),
            next: std::sync::atomic::AtomicU64::new(1),
            faults: std::sync::Mutex::default(),
            app: std::sync::Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Serves the Graph API on `listener` until the task is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        axum::serve(listener, graph::router(self.inner)).await
    }

    /// A listener on a free port of this machine, and the URL to reach it by.
    ///
    /// # Errors
    /// When there is none.
    pub async fn listener() -> std::io::Result<(tokio::net::TcpListener, String)> {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok((listener, url))
    }

    /// The next request of the Graph API goes wrong like this.
    pub fn break_next_send(&self, fault: Fault) {
        let mut faults = self
            .inner
            .faults
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        faults.push_back(fault);
    }

    /// The Business App holds this past: values of the field `history`, one a
    /// webhook, told when they are asked for.
    pub fn app_holds(&self, history: Vec<Value>) {
        self.app().history = Some(history);
    }

    /// How often the past was asked for.
    pub fn asked_for_history(&self) -> usize {
        self.app().asked
    }

    fn app(&self) -> std::sync::MutexGuard<'_, App> {
        let app = self.inner.app.lock();
        app.unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells something about the first business, as WhatsApp does. Returns once
    /// every app has answered 200.
    ///
    /// # Errors
    /// [`NotDelivered`] when one never does.
    pub async fn tells(&self, field: &str, value: Value) -> Result<(), NotDelivered> {
        let business = &self.inner.businesses[0];
        self.inner.deliver(business, field, value).await
    }

    /// Everything sent so far.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.inner.sent.borrow().clone()
    }

    /// The message that was sent after `place` others.
    pub fn sent_at(&self, place: usize) -> Option<SentMessage> {
        self.inner.sent.borrow().get(place).cloned()
    }

    /// Waits until a message that `is_wanted` was sent, after the first `skip`.
    pub async fn wait_for(
        &self,
        skip: usize,
        is_wanted: impl Fn(&SentMessage) -> bool,
    ) -> Option<SentMessage> {
        let mut sent = self.inner.sent.subscribe();
        let found = sent
            .wait_for(|all| all.iter().skip(skip).any(&is_wanted))
            .await
            .ok()?;
        found.iter().skip(skip).find(|it| is_wanted(it)).cloned()
    }

    /// A customer writes. Returns once every app has answered 200.
    ///
    /// # Errors
    /// [`NotDelivered`] when one never does.
    pub async fn customer_says(&self, who: &Person, text: &str) -> Result<String, NotDelivered> {
        let id = self.inner.fresh_id();
        let message = json!({
            "from": who.phone,
            "id": id,
            "timestamp": self.inner.second(),
            "type": "text",
            "text": { "body": text },
        });
        let contact = json!({ "profile": { "name": who.name }, "wa_id": who.phone });
        let value = json!({ "contacts": [contact], "messages": [message] });
        let business = &self.inner.businesses[0];
        self.inner.deliver(business, "messages", value).await?;
        Ok(id)
    }

    /// A person of the business writes on the Business App.
    ///
    /// # Errors
    /// [`NotDelivered`] when an app never answers 200.
    pub async fn app_says(&self, to: &Person, text: &str) -> Result<String, NotDelivered> {
        let id = self.inner.fresh_id();
        let business = &self.inner.businesses[0];
        let echo = json!({
            "from": business.display,
            "to": to.phone,
            "id": id,
            "timestamp": self.inner.second(),
            "type": "text",
            "text": { "body": text },
        });
        self.inner
            .deliver(
                business,
                "smb_message_echoes",
                json!({ "message_echoes": [echo] }),
            )
            .await?;
        Ok(id)
    }
}

impl Inner {
    /// The clock in whole seconds, as a string: so messages carry it.
    pub(crate) fn second(&self) -> String {
        (self.now)().as_second().to_string()
    }

    pub(crate) fn fresh_id(&self) -> String {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        format!("wamid.SIMULATED{number:012}")
    }
}
