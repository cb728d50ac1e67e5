//! From WhatsApp to the hosts: updates wait a while, are packed into bodies in
//! any order, signed, and delivered again and again until one answers 200.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use baton_simulator::escaped;
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use serde_json::{Value, json};

use crate::{
    executor::Group,
    hosts::ask,
    sim::{Sim, lock},
};

/// The secret of the app.
pub const SECRET: &str = "a-secret-of-the-app";
/// The business number as people write it.
pub const DISPLAY: &str = "6221500900";
/// Updates in one body.
const UPDATES_MAX: usize = 6;
/// Tries after which a delivery that nothing hinders should have been taken.
const CALM_TRIES_MAX: u32 = 50;

/// Updates that wait to be packed.
#[derive(Default)]
pub struct Pending {
    updates: Vec<Update>,
    ids: u64,
}

/// One thing that WhatsApp tells.
#[derive(Clone)]
pub struct Update {
    field: &'static str,
    value: Value,
    /// What the log must hold exactly once after a 200.
    token: String,
}

impl Update {
    /// A message of a customer's, or an edit or a revoke of one.
    pub fn message(number: &str, contact: Value, message: Value, token: String) -> Self {
        let value = json!({ "contacts": [contact], "messages": [message] });
        Self::new("messages", number, value, token)
    }

    /// A status of a message of ours.
    pub fn status(number: String, status: Value, token: String) -> Self {
        Self::new("messages", &number, json!({ "statuses": [status] }), token)
    }

    /// A message of a person's on the Business App.
    pub fn echo(number: &str, echo: Value, token: String) -> Self {
        let value = json!({ "message_echoes": [echo] });
        Self::new("smb_message_echoes", number, value, token)
    }

    fn new(field: &'static str, number: &str, mut value: Value, token: String) -> Self {
        value["messaging_product"] = "whatsapp".into();
        let metadata = json!({ "display_phone_number": DISPLAY, "phone_number_id": number });
        value["metadata"] = metadata;
        Self {
            field,
            value,
            token,
        }
    }
}

/// An id that WhatsApp gives to a message.
pub fn fresh_id(sim: &Sim) -> String {
    let mut pending = lock(&sim.pending);
    pending.ids += 1;
    format!("wamid.SIM{:06}", pending.ids)
}

/// Hands an update to WhatsApp.
pub fn post(sim: &Arc<Sim>, update: Update) {
    lock(&sim.pending).updates.push(update);
    let posting = sim.clone();
    sim.spawner.spawn(Group::World, async move {
        let sim = posting;
        let is_late = sim.goes_wrong(0.2);
        sim.pause(if is_late { 60_000 } else { 400 }).await;
        let packed = pack(&sim);
        if packed.is_empty() {
            return;
        }
        if sim.goes_wrong(sim.plan.rates.drop) {
            sim.note(|| format!("never delivered: {}", tokens(&packed)));
            return;
        }
        for _ in 0..sim.below(2) + 1 {
            if sim.goes_wrong(sim.plan.rates.duplicate) {
                sim.spawner
                    .spawn(Group::World, deliver(sim.clone(), packed.clone()));
            }
        }
        deliver(sim.clone(), packed).await;
    });
}

/// Some of what waits, in any order.
fn pack(sim: &Sim) -> Vec<Update> {
    let mut pending = lock(&sim.pending);
    let mut packed = Vec::new();
    let count = 1 + sim.below(UPDATES_MAX);
    while !pending.updates.is_empty() && packed.len() < count {
        let which = sim.below(pending.updates.len());
        packed.push(pending.updates.swap_remove(which));
    }
    if !packed.is_empty() && sim.goes_wrong(sim.plan.rates.duplicate / 2.0) {
        let again = packed[sim.below(packed.len())].clone();
        packed.push(again);
    }
    packed
}

fn tokens(updates: &[Update]) -> String {
    let tokens: Vec<&str> = updates.iter().map(|it| it.token.as_str()).collect();
    tokens.join(", ")
}

async fn deliver(sim: Arc<Sim>, updates: Vec<Update>) {
    let change = |it: &Update| json!({ "field": it.field, "value": it.value });
    let changes: Vec<Value> = updates.iter().map(change).collect();
    let entry = json!({ "id": "1", "changes": changes });
    let body = escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }));
    let mut calm_tries = 0;
    for tries in 1.. {
        if sim.goes_wrong(sim.plan.rates.forge) {
            let answer = send(&sim, &body, "another-secret").await;
            let is_refused = answer.is_none_or(|status| status == StatusCode::UNAUTHORIZED);
            if answer.is_some() {
                sim.oracle().tally.count("forgeries refused");
            }
            sim.oracle()
                .check(is_refused, || "a forged body was not refused".to_owned());
        }
        let answer = send(&sim, &body, SECRET).await;
        sim.note(|| format!("{answer:?} to {}", tokens(&updates)));
        if answer == Some(StatusCode::OK) {
            let mut oracle = sim.oracle();
            updates.iter().for_each(|it| oracle.acknowledged(&it.token));
            return;
        }
        let is_clear = answer.is_none_or(|status| status == StatusCode::SERVICE_UNAVAILABLE);
        sim.oracle().check(is_clear, || {
            format!("a webhook was answered {answer:?}: {body}")
        });
        calm_tries += u32::from(sim.is_calm());
        sim.oracle().check(calm_tries < CALM_TRIES_MAX, || {
            format!("a webhook is never taken: {}", tokens(&updates))
        });
        if sim.is_over() {
            return;
        }
        let wait = Duration::from_secs(1 << tries.min(5));
        tokio::time::sleep(wait).await;
    }
}

async fn send(sim: &Arc<Sim>, body: &str, secret: &str) -> Option<StatusCode> {
    let secret = AppSecret::new(secret).expect("a secret");
    let request = Request::post("/webhooks/whatsapp/main")
        .header(SIGNATURE_HEADER, sign(body.as_bytes(), &secret))
        .body(Body::from(body.to_owned()))
        .expect("a request");
    ask(sim, request).await.map(|(status, _)| status)
}
