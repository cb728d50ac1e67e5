//! The journey that must always work: a repeat buyer asks for last time's
//! bundle in another colour, gets a quote and a checkout, asks whether it
//! arrives before Friday; a holiday makes that uncertain, so the senior agent has
//! it and answers from the App; she pays; the bot follows up. Every step is
//! checked.

use std::time::Duration;

use anyhow::{Context, ensure};
use baton_domain::decide::DecisionRecord;
use baton_simulator::{Person, SentMessage, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    client::Client,
    known,
    opening::open_shop,
    staff::Staff,
    transcript::{line, note, summary},
};
use crate::{
    clock::{Clock, ScaledClock},
    evaluation::Evaluated,
    explain::explained,
};

/// How fast time passes while nobody writes: a second is eleven hours.
const FAST: u32 = 40_000;
/// What the Friday question must be tagged with.
const HEADLINE: &str = "delivery promise + high-value repeat buyer";

/// Someone plays the journey.
struct Player<'a> {
    client: &'a Client,
    simulator: &'a Simulator,
    clock: &'a ScaledClock,
    staff: Staff,
    sari: Person,
    /// Messages that were sent to her and printed.
    seen: usize,
}

/// What is there to look at afterwards.
pub struct Played {
    /// Where her conversation is.
    pub conversation: String,
    /// Token of who took care of it.
    pub dewi: String,
}

/// Plays it; the last line is a summary in JSON.
pub async fn play(
    client: &Client,
    simulator: &Simulator,
    clock: &ScaledClock,
) -> anyhow::Result<Played> {
    open_shop(client).await.context("setting up")?;
    let staff = Staff::hire(client).await.context("hiring")?;
    let sari = Person {
        phone: "6281290001234".to_owned(),
        name: "Sari Wijaya".to_owned(),
    };
    let mut player = Player {
        client,
        simulator,
        clock,
        staff,
        sari,
        seen: 0,
    };
    player.know_her().await.context("past orders")?;
    player.reorder().await.context("the reorder")?;
    let decision = player
        .friday_question()
        .await
        .context("the Friday question")?;
    player.dewi_answers().await.context("people answering")?;
    let order = player
        .pay_and_return()
        .await
        .context("paying and returning")?;
    player.follow_ups(&order).await.context("the follow-ups")?;
    summary(&json!({
        "ok": true,
        "handoff": HEADLINE,
        "decision": decision,
        "order": order,
        "sent": player.simulator.sent().len(),
    }));
    Ok(Played {
        conversation: player.her_conversation().await?,
        dewi: player.staff.dewi().to_owned(),
    })
}

impl Player<'_> {
    fn say(&self, who: &str, what: &str) {
        line(self.clock.now(), who, what);
    }

    /// What the shop knows of its customer.
    async fn know_her(&self) -> anyhow::Result<()> {
        self.client.tell(&self.sari.phone, past_purchases()).await?;
        self.say("shop", "told Baton of Sari's three past orders");
        Ok(())
    }

    async fn customer_says(&self, text: &str) -> anyhow::Result<()> {
        // WhatsApp's clock has whole seconds: within one, nobody could tell what
        // she answers. This is more than one of the demonstration's.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.say("Sari", text);
        self.simulator.customer_says(&self.sari, text).await?;
        Ok(())
    }

    /// The next message that reaches her and says `part`.
    async fn hears(&mut self, part: &str) -> anyhow::Result<SentMessage> {
        let seen = self.seen;
        let says_it = |sent: &SentMessage| sent.text().contains(part);
        let message = self
            .client
            .patiently(part, self.simulator.wait_for(seen, says_it))
            .await?;
        self.seen = self
            .simulator
            .sent()
            .iter()
            .position(|it| *it == message)
            .unwrap_or(seen)
            + 1;
        let link = message
            .link()
            .map(|link| format!("\n[{link}]"))
            .unwrap_or_default();
        line(message.at, "bot", &format!("{}{link}", message.text()));
        Ok(message)
    }

    async fn reorder(&mut self) -> anyhow::Result<()> {
        self.customer_says("Hi! Can I get the same bundle as last time, but in blue?")
            .await?;
        let quote = self.hears("Brew bundle in blue").await?;
        ensure!(
            quote.text().contains("Welcome back, Sari"),
            "she was not recognised"
        );
        ensure!(quote.text().contains("IDR 1,290,000"), "there is no quote");
        self.customer_says("Yes please").await?;
        let checkout = self.hears("Here you go").await?;
        ensure!(checkout.link().is_some(), "there is no checkout link");
        Ok(())
    }

    /// Returns where the decision is.
    async fn friday_question(&mut self) -> anyhow::Result<String> {
        self.customer_says("Lovely 😍 will this arrive before Friday?")
            .await?;
        let handoff = self
            .client
            .wait_for("handoff", || self.first("/v1/handoffs"))
            .await?;
        let told = &handoff["handoff"];
        ensure!(
            told["tags"][0] == HEADLINE,
            "tagged {} instead",
            told["tags"]
        );
        ensure!(
            told["next_step"].is_string() && told["due"].is_string(),
            "no next step: {told}"
        );
        ensure!(told["reasons"][0].is_string(), "no reason: {told}");
        ensure!(told["agent"] == "dewi", "nobody has it: {told}");
        let to = format!("{}, to {}", told["team"], told["agent"]);
        self.say("Baton", &format!("handed off to {to}: {}", told["tags"][0]));
        let customer = handoff["customer"].as_str().unwrap_or_default();
        // The decision is the event before the handoff.
        let version = handoff["version"]
            .as_u64()
            .unwrap_or_default()
            .saturating_sub(1);
        let path = format!("/v1/decisions/{customer}/{version}");
        let decision = self.client.get(&path).await?;
        let record: DecisionRecord = serde_json::from_value(decision["record"].clone())?;
        note(&explained(&Evaluated {
            record,
            elapsed: Vec::new(),
            took: Duration::ZERO,
            tripped: None,
        }));
        self.thread_is_whole().await?;
        let conversation = self.her_conversation().await?;
        self.staff.look(self.client, &conversation).await?;
        self.say(
            "Dewi",
            "sees thread, order, colour, quote and question; Budi, a junior, no phone number",
        );
        self.bot_is_refused().await?;
        Ok(path)
    }

    /// Newest entry of a list, once there is one.
    async fn first(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let page = self.client.get(path).await?;
        Ok(page["items"].get(0).cloned())
    }

    /// Where her conversation is.
    async fn her_conversation(&self) -> anyhow::Result<String> {
        let found = self
            .client
            .get(&format!("/v1/customers?phone={}", self.sari.phone))
            .await?;
        let id = found["items"][0]["id"].as_str();
        let id = id.context("she is not known")?;
        Ok(format!("/v1/conversations/{id}/{}", known::NUMBER))
    }

    async fn conversation(&self) -> anyhow::Result<Value> {
        self.client.get(&self.her_conversation().await?).await
    }

    /// The person sees everything that was said.
    async fn thread_is_whole(&self) -> anyhow::Result<()> {
        let conversation = self.conversation().await?;
        let thread = conversation["thread"].to_string();
        for part in [
            "same bundle",
            "Brew bundle in blue",
            "Here you go",
            "before Friday",
        ] {
            ensure!(thread.contains(part), "the thread lacks {part:?}");
        }
        Ok(())
    }

    async fn bot_is_refused(&self) -> anyhow::Result<()> {
        let body = json!({
            "customer": { "phone": self.sari.phone },
            "message": { "type": "text", "body": "It surely arrives!" },
        });
        let (status, answer) = self
            .client
            .post("/v1/messages", known::BOT_KEY, &body)
            .await?;
        ensure!(
            status == 409 && answer["error"]["owner"] == "agent",
            "not refused: {status} {answer}"
        );
        self.say(
            "bot",
            "(wants to say more, and is refused: Dewi owns the conversation)",
        );
        Ok(())
    }

    async fn dewi_answers(&mut self) -> anyhow::Result<()> {
        let answer = "Hi Sari, Dewi here. I booked a courier for you: it arrives on Thursday.";
        self.say("Dewi, App", answer);
        self.simulator.app_says(&self.sari, answer).await?;
        let conversation = self.conversation().await?;
        let owner = &conversation["owner"];
        ensure!(owner["agent"] == "dewi", "owner: {owner}");
        self.say("Baton", "Dewi keeps it: the reply on the App is hers");
        self.customer_says("You are the best, paying now!").await
    }

    /// Returns the order.
    async fn pay_and_return(&mut self) -> anyhow::Result<String> {
        let order = "KS-1417";
        let facts = json!([
            { "type": "order", "id": order, "status": "placed", "total": price(129_000_000), "lines": [bundle("blue")] },
            { "type": "order", "id": order, "status": "paid", "tracking": "https://track.example/JX9912" },
        ]);
        self.client.tell(&self.sari.phone, facts).await?;
        self.say("shop", &format!("{order} is paid, IDR 1,290,000"));
        // However fast the clock runs, the bot was heard just now.
        let heartbeat = "/v1/bot/heartbeat";
        self.client
            .post(heartbeat, known::BOT_KEY, &json!({}))
            .await?;
        let conversation = self.her_conversation().await?;
        let note = json!({ "note": "courier booked for Thursday" });
        let path = format!("{conversation}/return");
        let dewi = self.staff.dewi();
        let (status, after) = self.client.post(&path, dewi, &note).await?;
        ensure!(
            status == 200 && after["owner"]["is"] == "bot",
            "not returned: {status} {after}"
        );
        self.say("Dewi", "gives the conversation back to the bot");
        Ok(order.to_owned())
    }

    /// Tracking two days after payment, a review a week after delivery.
    async fn follow_ups(&mut self, order: &str) -> anyhow::Result<()> {
        let paid_at = self.clock.now();
        self.clock.set_speed(FAST);
        let tracking = self.hears("order_tracking").await?;
        not_before("tracking", tracking.at, paid_at, 48)?;
        ensure!(
            tracking.request.to_string().contains("JX9912"),
            "no tracking: {}",
            tracking.request
        );
        let delivered_at = self.clock.now();
        let facts = json!([{ "type": "order", "id": order, "status": "delivered" }]);
        self.client.tell(&self.sari.phone, facts).await?;
        line(delivered_at, "shop", &format!("{order} is delivered"));
        let review = self.hears("order_review").await?;
        not_before("the review request", review.at, delivered_at, 168)?;
        Ok(())
    }
}

fn not_before(what: &str, at: Timestamp, from: Timestamp, hours: i64) -> anyhow::Result<()> {
    let waited = at.duration_since(from);
    // A minute for the time between the fact and the look at the clock.
    let wanted = SignedDuration::from_hours(hours) - SignedDuration::from_hours(1);
    ensure!(
        waited >= wanted,
        "{what} came after {waited:#}, {hours} h are wanted"
    );
    Ok(())
}

fn price(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "IDR" })
}

fn bundle(colour: &str) -> Value {
    json!({
        "product": "brew-bundle",
        "name": "Brew bundle",
        "quantity": 1,
        "unit_price": price(129_000_000),
        "attributes": { "colour": colour },
    })
}

/// What the shop knows of her.
fn past_purchases() -> Value {
    let order = |id: &str, placed: &str, delivered: &str, minor: i64, line: Value| {
        json!({
            "type": "order", "id": id, "status": "delivered", "placed_at": placed, "at": delivered,
            "total": price(minor), "lines": [line], "imported": true,
        })
    };
    let single = |product: &str, name: &str, minor: i64| json!({ "product": product, "name": name, "quantity": 1, "unit_price": price(minor) });
    json!([
        {
            "type": "profile", "at": "2025-11-02T03:00:00Z", "name": "Sari Wijaya",
            "email": "sari@example.com", "country": "ID", "language": "en", "tags": ["vip"],
            "marketing_consent": true,
        },
        order("KS-1021", "2025-11-02T03:00:00Z", "2025-11-05T05:00:00Z", 245_000_000,
            single("grinder", "Hand grinder", 245_000_000)),
        order("KS-1188", "2026-03-14T03:00:00Z", "2026-03-17T05:00:00Z", 187_000_000,
            single("kettle", "Gooseneck kettle", 187_000_000)),
        order("KS-1302", "2026-08-20T03:00:00Z", "2026-08-22T05:00:00Z", 129_000_000, bundle("red")),
    ])
}
