//! The demonstration's bot: a process of its own on the public bot API, as a
//! merchant would bring one. It gets WhatsApp's webhooks as its own app does,
//! answers what it can, and tells Baton what it could not.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context;
use axum::{Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use baton_domain::facts::requested_date;
use baton_whatsapp::{
    signature::{AppSecret, AppSecrets, SIGNATURE_HEADER, verify},
    webhook::{Content, Update, parse},
};
use bytes::Bytes;
use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::shop::{Product, Shop};
use crate::accept;

/// Arguments of `baton demo-bot`.
#[derive(Debug, Args)]
pub struct DemoBot {
    /// Where to take webhooks.
    #[arg(long)]
    listen: SocketAddr,
    /// Where Baton is.
    #[arg(long)]
    baton: String,
    /// The key that Baton knows the bot by.
    #[arg(long, env = "BATON_BOT_KEY", hide_env_values = true)]
    key: String,
    /// What signs the webhooks of the bot's own app.
    #[arg(long, env = "BATON_BOT_APP_SECRET", hide_env_values = true)]
    secret: String,
    /// The shop's file.
    #[arg(long)]
    shop: PathBuf,
}

/// A text that a customer wrote.
struct Said {
    phone: String,
    message: String,
    text: String,
    at: Timestamp,
}

struct Bot {
    shop: Shop,
    timezone: TimeZone,
    baton: String,
    key: String,
    http: reqwest::Client,
}

impl DemoBot {
    /// Serves until the process is ended.
    ///
    /// # Errors
    /// When the shop cannot be read or the address is taken.
    pub async fn run(self) -> anyhow::Result<()> {
        let bot = Bot {
            shop: Shop::read(&self.shop)?,
            timezone: TimeZone::get("Asia/Jakarta").context("the shop's time zone")?,
            baton: self.baton,
            key: self.key,
            http: accept::client().build()?,
        };
        let secrets = AppSecrets::new(AppSecret::new(&self.secret)?, None);
        let (said, mut heard) = mpsc::channel(64);
        let router = Router::new()
            .route("/", post(receive))
            .with_state(Arc::new((secrets, said)));
        let listener = tokio::net::TcpListener::bind(self.listen).await?;
        let answering = async {
            while let Some(said) = heard.recv().await {
                bot.answer(&said).await;
            }
        };
        tokio::select! {
            result = async { axum::serve(listener, router).await } => result?,
            () = answering => {}
        }
        Ok(())
    }
}

/// Takes a webhook; what it says is answered after the 200.
async fn receive(
    State(state): State<Arc<(AppSecrets, mpsc::Sender<Said>)>>,
    headers: HeaderMap,
    raw: Bytes,
) -> StatusCode {
    let (secrets, said) = &*state;
    let signature = headers
        .get(SIGNATURE_HEADER)
        .map(axum::http::HeaderValue::as_bytes);
    let Ok(body) = verify(raw, signature, secrets) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(delivery) = parse(&body) else {
        return StatusCode::OK;
    };
    for heard in delivery.updates.iter().filter_map(said_in) {
        if said.send(heard).await.is_err() {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::OK
}

fn said_in(update: &Update) -> Option<Said> {
    let Content::Message(message) = &update.content else {
        return None;
    };
    Some(Said {
        phone: update.address.as_ref()?.phone()?.as_str().to_owned(),
        message: message.id.as_str().to_owned(),
        text: message.content.text.as_deref()?.to_owned(),
        at: update.occurred_at?,
    })
}

impl Bot {
    async fn answer(&self, said: &Said) {
        if let Err(error) = self.try_answer(said).await {
            tracing::warn!(error = format!("{error:#}"), "the bot could not answer");
        }
    }

    async fn try_answer(&self, said: &Said) -> anyhow::Result<()> {
        if !self.is_bots_turn(said).await? {
            tracing::info!("it is not the bot's turn, the bot is silent");
            return Ok(());
        }
        let text = said.text.to_lowercase();
        let today = self.timezone.to_datetime(said.at).date();
        if text.contains("same") && text.contains("last time") {
            return self.offer_again(said, &text).await;
        }
        if text.starts_with("yes") {
            return self.offer_checkout(said).await;
        }
        if let Some(wanted) = requested_date(&said.text, today) {
            return self.promise_delivery(said, today, wanted).await;
        }
        self.tell(
            said,
            json!([{ "type": "bot_missed", "question": said.text }]),
        )
        .await?;
        self.send(
            said,
            "missed",
            json!({
                "type": "text",
                "body": "Sorry, I did not get that. Could you put it differently?",
            }),
        )
        .await
    }

    /// Whether the bot had the next step when the customer wrote. What came
    /// before the bot's turn began was for the people who had it, even when
    /// the bot hears of it after they gave the conversation back.
    async fn is_bots_turn(&self, said: &Said) -> anyhow::Result<bool> {
        let customer = self.customer(&said.phone).await?;
        let conversation = &customer["conversations"][0];
        if conversation.is_null() {
            return Ok(true);
        }
        let since = conversation["owner_since"].as_str();
        let since: Option<Timestamp> = since.map(str::parse).transpose()?;
        let is_of_turn = since.is_none_or(|since| said.at >= since);
        Ok(conversation["owner"]["is"] == "bot" && is_of_turn)
    }

    /// Last time's product in the colour that is asked for.
    async fn offer_again(&self, said: &Said, text: &str) -> anyhow::Result<()> {
        let customer = self.customer(&said.phone).await?;
        let last = &customer["recent_orders"][0]["lines"][0];
        let product = last["product"]
            .as_str()
            .and_then(|id| self.shop.product(id));
        let product = product.context("what she bought last is not in the catalogue")?;
        let colour = product
            .colours
            .iter()
            .find(|colour| text.contains(colour.as_str()));
        let Some(colour) = colour else {
            let colours = product.colours.join(", ");
            let body = format!("The {} comes in {colours}. Which one?", product.name);
            return self
                .send(said, "colours", json!({ "type": "text", "body": body }))
                .await;
        };
        let name = customer["name"].as_str().unwrap_or_default();
        let first_name = name.split(' ').next().unwrap_or_default();
        let price = self.price(product);
        let was = last["attributes"]["colour"]
            .as_str()
            .unwrap_or("another colour");
        let body = format!(
            "Welcome back, {first_name}! The {} in {colour} (last time: {was}) is {price}. \
             Shall I prepare the checkout?",
            product.name
        );
        self.tell(said, json!([self.basket(product, colour, "quoted"), { "type": "bot_answered", "intent": "reorder" }]))
            .await?;
        let buttons = json!([{ "id": "checkout-yes", "title": "Yes please" }]);
        self.send(
            said,
            "quote",
            json!({ "type": "buttons", "body": body, "buttons": buttons }),
        )
        .await
    }

    async fn offer_checkout(&self, said: &Said) -> anyhow::Result<()> {
        let customer = self.customer(&said.phone).await?;
        let line = &customer["basket"]["lines"][0];
        let product = line["product"]
            .as_str()
            .and_then(|id| self.shop.product(id));
        let product = product.context("there is no quoted basket")?;
        let colour = line["attributes"]["colour"].as_str().unwrap_or_default();
        self.tell(said, json!([self.basket(product, colour, "checkout-offered"), { "type": "bot_answered", "intent": "checkout" }]))
            .await?;
        self.send(said, "checkout", json!({
            "type": "link",
            "body": format!("Here you go: {} in {colour}, {}.", product.name, self.price(product)),
            "label": "Check out",
            "url": format!("{}{}", self.shop.checkout_url, said.phone),
        }))
        .await
    }

    /// Promises a date only when the calendar does. Otherwise Baton gets to
    /// know what is uncertain, and decides whose turn it is.
    async fn promise_delivery(&self, said: &Said, today: Date, wanted: Date) -> anyhow::Result<()> {
        let estimate = self.shop.delivery.estimate(today);
        let certainty = if estimate.doubt.is_some() {
            "uncertain"
        } else {
            "certain"
        };
        self.tell(
            said,
            json!([{
                "type": "delivery",
                "latest": estimate.latest,
                "certainty": certainty,
                "reason": estimate.doubt,
            }]),
        )
        .await?;
        if estimate.doubt.is_none() && estimate.latest <= wanted {
            self.tell(
                said,
                json!([{ "type": "bot_answered", "intent": "delivery" }]),
            )
            .await?;
            let body = format!("Yes, it arrives by {}.", estimate.latest);
            return self
                .send(said, "delivery", json!({ "type": "text", "body": body }))
                .await;
        }
        let body = "Let me check that with a colleague.";
        self.send(said, "delivery", json!({ "type": "text", "body": body }))
            .await
    }

    fn price(&self, product: &Product) -> String {
        let whole = (product.price_minor / 100).to_string();
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        format!("{} {grouped}", self.shop.currency)
    }

    fn basket(&self, product: &Product, colour: &str, state: &str) -> Value {
        let price = json!({ "minor": product.price_minor, "currency": self.shop.currency });
        json!({
            "type": "basket",
            "checkout_state": state,
            "total": price,
            "lines": [{
                "product": product.id,
                "name": product.name,
                "quantity": 1,
                "unit_price": price,
                "attributes": { "colour": colour },
            }],
        })
    }

    async fn customer(&self, phone: &str) -> anyhow::Result<Value> {
        let url = format!("{}/v1/customers?phone={phone}", self.baton);
        let answer = self
            .http
            .get(url)
            .bearer_auth(&self.key)
            .send()
            .await?
            .error_for_status()?;
        let found: Value = answer.json().await?;
        Ok(found["items"][0].clone())
    }

    async fn tell(&self, said: &Said, facts: Value) -> anyhow::Result<()> {
        let body = json!({ "customer": { "phone": said.phone }, "facts": facts });
        let url = format!("{}/v1/events", self.baton);
        let request = self.http.post(url).bearer_auth(&self.key).json(&body);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Sends through Baton; silent when people own the conversation.
    async fn send(&self, said: &Said, what: &str, message: Value) -> anyhow::Result<()> {
        let body = json!({ "customer": { "phone": said.phone }, "message": message });
        let url = format!("{}/v1/messages", self.baton);
        let key = format!("{}/{what}", said.message);
        let request = self
            .http
            .post(url)
            .bearer_auth(&self.key)
            .header("idempotency-key", key);
        let answer = request.json(&body).send().await?;
        if answer.status() == StatusCode::CONFLICT {
            let refused: Value = answer.json().await?;
            tracing::info!(owner = %refused["error"]["owner"], "people own it, the bot is silent");
            return Ok(());
        }
        answer.error_for_status()?;
        Ok(())
    }
}
