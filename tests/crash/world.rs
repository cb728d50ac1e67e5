//! Who there is: tenants with a number each, their customers, and a WhatsApp.

use std::sync::Arc;

use baton_simulator::{Business, Simulator};
use jiff::Timestamp;
use serde_json::{Value, json};

pub const ADMIN: &str = "the-administrators-key";
pub const SECRET: &str = "a-secret-of-the-app";
/// Customers of each tenant. Every fourth one asks for people now and then.
pub const CUSTOMERS: u64 = 6;

/// A tenant.
pub struct Shop {
    pub id: &'static str,
    pub number: &'static str,
    /// An operator's key.
    pub key: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the host under test runs on the machine's clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The phone number of a customer; every tenant has customers of its own.
pub fn phone(shop: usize, customer: u64) -> String {
    format!("62812{shop}000{customer:04}")
}

const SHOPS: [(&str, &str); 3] = [
    ("kopi", "106540352242922"),
    ("teh", "106540352242933"),
    ("roti", "106540352242944"),
];

/// A WhatsApp that takes messages for all of them and tells no statuses by
/// itself.
pub fn simulator() -> Simulator {
    let business = |(_, number): (&str, &str)| Business {
        number_id: number.to_owned(),
        display: "6221500900".to_owned(),
        token: "token".to_owned(),
    };
    Simulator::of_many(SHOPS.map(business).to_vec(), Arc::new(now), Vec::new())
}

/// Makes the app, the tenants and a key for each.
pub async fn settle(http: &reqwest::Client, url: &str) -> Vec<Shop> {
    let admin = async |method: &str, path: String, body: Value| {
        let method = method.parse().expect("a method");
        let request = http.request(method, format!("{url}{path}"));
        let answer = request.bearer_auth(ADMIN).json(&body).send().await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json::<Value>().await.unwrap_or_default()
    };
    let app = json!({ "secret": SECRET, "verify_token": "verify" });
    admin("PUT", "/admin/apps/main".into(), app).await;
    let mut shops = Vec::new();
    for (id, number) in SHOPS {
        let tenant = json!({
            "id": id, "name": id, "timezone": "Asia/Jakarta", "language": "en",
            "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
            "numbers": [{ "id": number, "app": "main", "token": "token" }],
            "follow_ups": [{
                "name": "tracking", "after": "paid", "delay_hours": 0, "too_late_hours": 1,
                "text": "{order} is on its way",
            }],
        });
        admin("PUT", format!("/admin/tenants/{id}"), tenant).await;
        let new = json!({ "name": "all", "role": "operator" });
        let made = admin("POST", format!("/admin/tenants/{id}/keys"), new).await;
        let key = made["key"].as_str().expect("a key").to_owned();
        shops.push(Shop { id, number, key });
    }
    shops
}
