//! The journey that must always work, end to end on a clock of our own: a repeat
//! buyer, a bot, a junior and a senior agent, an operator, and a CRM that is told.
//! What follows from each other branch of it is beside it.

mod branches;
mod friday;

use serde_json::{Value, json};

use crate::{
    fixture::{ADMIN, Fixture, NUMBER, PHONE, tenant},
    notify::{Receiver, lenient, make_endpoint},
};

/// The shop, and everybody who works there.
struct Shop {
    host: Fixture,
    /// Key of the bot.
    bot: String,
    /// Token of the junior agent.
    budi: String,
    /// Token of the senior agent.
    dewi: String,
    /// Token of the operator.
    ratna: String,
    /// What the CRM got.
    crm: Receiver,
}

impl Shop {
    async fn open() -> Self {
        let host = Fixture::configured(lenient).await;
        write_tenant(&host).await;
        release_rules(&host).await;
        let bot = host.bot_comes().await;
        let (junior, senior) = (json!(["sales", "junior"]), json!(["sales", "senior"]));
        let shop = Self {
            bot,
            budi: hire(&host, "budi", "junior-agent", &junior).await,
            dewi: hire(&host, "dewi", "senior-agent", &senior).await,
            ratna: hire(&host, "ratna", "operator", &json!(null)).await,
            crm: Receiver::start().await,
            host,
        };
        // By name alone, as a CRM needs it.
        make_endpoint(&shop.host, "crm", &shop.crm.url, &["conversation.tags"]).await;
        shop.host.tell(past_purchases()).await;
        shop
    }

    /// A minute later she writes.
    async fn she_says(&self, text: &str) {
        self.host.advance(0, 1);
        self.host.says(text).await;
    }

    /// The bot tells what it did and knows.
    async fn bot_tells(&self, facts: Value) {
        let body = json!({ "customer": { "phone": PHONE }, "facts": facts });
        let (status, told) = (self.host)
            .request("POST", "/v1/events", &self.bot, Some(&body))
            .await;
        assert_eq!(status, 200, "{told}");
    }

    async fn bot_says(&self, text: &str) -> (u16, Value) {
        let message = json!({ "type": "text", "body": text });
        let body = json!({ "customer": { "phone": PHONE }, "message": message });
        (self.host)
            .request("POST", "/v1/messages", &self.bot, Some(&body))
            .await
    }

    /// Somebody does something with her conversation.
    async fn does(&self, token: &str, what: &str, body: Value) -> (u16, Value) {
        let path = format!("{}/{what}", self.host.her_conversation().await);
        self.host.request("POST", &path, token, Some(&body)).await
    }

    /// The shared customer view, as somebody sees it.
    async fn view(&self, token: &str) -> Value {
        let path = format!("{}/view", self.host.her_conversation().await);
        let (status, view) = self.host.request("GET", &path, token, None).await;
        assert_eq!(status, 200, "{view}");
        view
    }

    async fn owner(&self) -> Value {
        self.host.conversation().await["owner"].clone()
    }

    /// Notices of this kind that the CRM got.
    fn told(&self, kind: &str) -> Vec<Value> {
        let all = self.crm.got().into_iter().map(|it| it.json());
        all.filter(|it| it["type"] == kind).collect()
    }

    /// She asks for last time's bundle in another colour, and gets a quote and a
    /// checkout.
    async fn reorders(&self) {
        self.she_says("Hi! Can I get the same bundle as last time, but in blue?")
            .await;
        // The bot recognises her by what Baton knows.
        let found = format!("/v1/customers?phone={PHONE}");
        let (_, found) = self.host.request("GET", &found, &self.bot, None).await;
        let last = &found["items"][0]["recent_orders"][0]["lines"][0];
        assert_eq!(last["name"], "Brew bundle", "{found}");
        assert_eq!(last["attributes"]["colour"], "red");
        self.bot_tells(json!([basket("quoted"), { "type": "bot_answered", "intent": "reorder" }]))
            .await;
        let quote = "Welcome back, Sari! The Brew bundle in blue is IDR 1,290,000.";
        assert_eq!(self.bot_says(quote).await.0, 202);
        self.she_says("Yes please").await;
        self.bot_tells(
            json!([basket("checkout-offered"), { "type": "bot_answered", "intent": "checkout" }]),
        )
        .await;
        let checkout = "Here you go: https://kopi-senja.example/checkout";
        assert_eq!(self.bot_says(checkout).await.0, 202);
        assert_eq!(self.owner().await["is"], "bot");
    }

    /// She asks whether it arrives in time, which a holiday makes uncertain.
    async fn asks_about_friday(&self) {
        self.she_says("Lovely 😍 will this arrive before Friday?")
            .await;
        self.bot_tells(json!([{ "type": "delivery", "latest": "2026-11-27",
            "certainty": "uncertain", "reason": "public holiday on 2026-11-26" }]))
            .await;
    }
}

/// Teams, follow-ups, and what its people promise.
async fn write_tenant(host: &Fixture) {
    let mut document = tenant("shop", NUMBER);
    let review = json!({ "name": "review", "after": "delivered", "delay_hours": 168,
        "too_late_hours": 72, "text": "How do you like it?", "is_marketing": true,
        "template": { "name": "order_review", "language": "en", "parameters": ["{name}"] } });
    let follow_ups = document["follow_ups"].as_array_mut().expect("a list");
    follow_ups.push(review);
    document["care"] = json!({
        "promises": [{ "first_reply_minutes": 5, "next_step_minutes": 60 }],
        "auto_return_minutes": 240,
    });
    let url = format!("{}/admin/tenants/shop", host.url);
    let request = host.http.put(url).bearer_auth(ADMIN).json(&document);
    let answer = request.header("if-match", "\"1\"").send().await;
    assert_eq!(answer.expect("an answer").status().as_u16(), 200);
}

/// The stock rules, with what is much money in this shop.
async fn release_rules(host: &Fixture) {
    let modules = json!([
        { "module": "high-basket-value", "settings": { "minimum": 400_000_000, "currency": "IDR" } },
        { "module": "repeat-buyer", "settings": { "high-value": 500_000_000, "currency": "IDR" } },
    ]);
    let release = json!({ "note": "amounts in rupiah", "base": 0, "modules": modules });
    let request = host.http.post(format!("{}/v1/releases", host.url));
    let request = request.header("idempotency-key", "rupiah").json(&release);
    let made = request.bearer_auth(&host.key).send().await;
    let made: Value = made.expect("an answer").json().await.expect("JSON");
    let activate = json!({ "move": "activate", "release": made["number"] });
    assert_eq!(host.post("/v1/rollout", &activate).await.0, 200);
}

/// Somebody of the shop, `[team, tier]` when they serve customers; their token.
async fn hire(host: &Fixture, id: &str, role: &str, place: &Value) -> String {
    let mut person = json!({ "id": id, "name": id, "role": role, "capacity": 3 });
    if let [team, tier] = place.as_array().map_or(&[][..], Vec::as_slice) {
        person["teams"] = json!([{ "team": team, "tier": tier }]);
        person["languages"] = json!(["en"]);
    }
    let path = format!("/v1/people/{id}");
    let (status, made) = host.request("PUT", &path, &host.key, Some(&person)).await;
    assert_eq!(status, 200, "{made}");
    host.token(id, "laptop").await
}

fn price(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "IDR" })
}

fn bundle(colour: &str) -> Value {
    json!({ "product": "brew-bundle", "name": "Brew bundle", "quantity": 1,
        "unit_price": price(129_000_000), "attributes": { "colour": colour } })
}

fn basket(state: &str) -> Value {
    json!({ "type": "basket", "checkout_state": state, "total": price(129_000_000),
        "lines": [bundle("blue")] })
}

/// Who she is, and what she bought before.
fn past_purchases() -> Value {
    let order = |id: &str, at: &str, minor: i64, colour: &str| {
        json!({ "type": "order", "id": id, "status": "delivered", "placed_at": at, "at": at,
            "total": price(minor), "lines": [bundle(colour)], "imported": true })
    };
    json!([
        { "type": "profile", "at": "2025-11-02T03:00:00Z", "name": "Sari Wijaya",
            "email": "sari@example.com", "language": "en", "marketing_consent": true },
        order("KS-1021", "2025-11-05T05:00:00Z", 245_000_000, "white"),
        order("KS-1188", "2026-03-17T05:00:00Z", 187_000_000, "black"),
        order("KS-1302", "2026-08-22T05:00:00Z", 129_000_000, "red"),
    ])
}
