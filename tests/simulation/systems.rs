//! The merchant's systems: the bot, which sends and tells what it did, and the
//! shop, which tells of baskets and orders.

use std::sync::Arc;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{hosts::ask, network::fresh_id, people::Customer, sim::Sim};

/// The key of a tenant's operator.
pub fn key_of(tenant: usize) -> String {
    format!("key-of-tenant-{tenant}")
}

/// The key of a tenant's bot.
pub fn bot_key_of(tenant: usize) -> String {
    format!("bot-key-of-tenant-{tenant}")
}

/// The bot says that it is there.
pub fn heartbeat(tenant: usize) -> Request<Body> {
    let request = Request::builder().method("POST").uri("/v1/bot/heartbeat");
    let bearer = format!("Bearer {}", bot_key_of(tenant));
    let request = request.header("authorization", bearer).body(Body::empty());
    request.expect("a request")
}

/// Asks until there is an answer: under the same key, so that nothing is done
/// twice. `None` when it gives up.
async fn insist(sim: &Arc<Sim>, tenant: usize, path: &str, body: &Value) -> Option<(u16, Value)> {
    loop {
        let answer = ask(sim, api("POST", tenant, path, Some(body))).await;
        let is_answer = |status: u16| status != 503 && status != 409;
        match answer {
            Some((status, body)) if is_answer(status.as_u16()) => {
                return Some((status.as_u16(), body));
            }
            // It was refused for now or for good; often worth another try.
            Some((status, body)) if sim.chance(0.5) => return Some((status.as_u16(), body)),
            None if sim.chance(0.1) => return None,
            _ if sim.is_over() => return None,
            _ => sim.pause(5_000).await,
        }
    }
}

/// A request to the API, under a key that makes repeating it harmless.
pub fn api(method: &str, tenant: usize, path: &str, body: Option<&Value>) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", key_of(tenant)))
        .header("content-type", "application/json");
    let request = match body {
        Some(body) => request.header(
            "idempotency-key",
            body["message"]["body"].as_str().unwrap_or("none"),
        ),
        None => request,
    };
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    request.body(body).expect("a request")
}

/// The bot answers, misses and sends.
pub async fn bot(sim: Arc<Sim>, customers: Vec<Customer>) {
    let _acting = sim.act();
    for _ in 0..2 * sim.plan.rounds {
        sim.pause(sim.plan.pause_ms).await;
        let customer = customers[sim.below(customers.len())].clone();
        let (id, tenant) = (fresh_id(&sim), customer.tenant);
        let reference = customer.reference(&sim);
        ask(&sim, heartbeat(tenant)).await;
        if sim.chance(0.7) {
            let message = json!({ "type": "text", "body": format!("bot {id}") });
            let body = json!({ "customer": reference, "message": message });
            let answer = insist(&sim, tenant, "/v1/messages", &body).await;
            sim.note(|| format!("bot {id}: {answer:?}"));
            if matches!(&answer, Some((202, _))) {
                sim.oracle().acknowledged(&format!("queued bot/bot {id}"));
            }
        } else {
            let (fact, token) = if sim.chance(0.5) {
                let fact = json!({ "type": "bot_missed", "question": id });
                (fact, format!("missed {id}"))
            } else {
                let fact = json!({ "type": "bot_answered", "intent": id });
                (fact, format!("answered {id}"))
            };
            tell(&sim, tenant, reference, fact, &token).await;
        }
    }
}

/// Tells a fact, and again until it is taken.
async fn tell(sim: &Arc<Sim>, tenant: usize, customer: Value, mut fact: Value, token: &str) {
    fact["idempotency_key"] = token.into();
    let body = json!({ "customer": customer, "facts": [fact] });
    let answer = insist(sim, tenant, "/v1/events", &body).await;
    sim.note(|| format!("told {token}: {answer:?}"));
    match answer {
        Some((200, _)) => sim.oracle().acknowledged(token),
        Some((503 | 409, _)) | None => {}
        Some(other) => sim
            .oracle()
            .check(false, || format!("{token} was answered {other:?}")),
    }
}

/// The shop tells of orders, which start and cancel follow-ups.
pub async fn shop(sim: Arc<Sim>, customers: Vec<Customer>) {
    let _acting = sim.act();
    let mut orders: Vec<(Customer, String)> = Vec::new();
    for _ in 0..sim.plan.rounds {
        sim.pause(sim.plan.pause_ms).await;
        let id = fresh_id(&sim);
        let known = orders.get(sim.below(orders.len())).cloned();
        match (sim.below(4), known) {
            (0, Some((customer, order))) => {
                let status = ["cancelled", "delivered", "refunded"][sim.below(3)];
                let fact =
                    json!({ "type": "order", "id": order, "status": status, "tracking": id });
                let token = format!("order {order} {status} {id}");
                tell(
                    &sim,
                    customer.tenant,
                    customer.reference(&sim),
                    fact,
                    &token,
                )
                .await;
            }
            (1, _) => {
                let customer = &customers[sim.below(customers.len())];
                let price = json!({ "minor": 900_000_000, "currency": "IDR" });
                let fact = json!({
                    "type": "basket", "id": id, "total": price, "checkout_state": "quoted",
                });
                let token = format!("basket {id}");
                tell(
                    &sim,
                    customer.tenant,
                    customer.reference(&sim),
                    fact,
                    &token,
                )
                .await;
            }
            _ => {
                let customer = customers[sim.below(customers.len())].clone();
                let total = json!({ "minor": 5_000, "currency": "USD" });
                let fact = json!({
                    "type": "order", "id": id, "status": "paid", "total": total, "tracking": id,
                });
                let token = format!("order {id} paid {id}");
                tell(
                    &sim,
                    customer.tenant,
                    customer.reference(&sim),
                    fact,
                    &token,
                )
                .await;
                orders.push((customer, id));
            }
        }
    }
}
