//! People: customers who write, agents who take and give back, and the shop's
//! people on the Business App.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    hosts::ask,
    network::{Update, fresh_id, post},
    sim::Sim,
    systems::{api, heartbeat},
};

/// The number of a tenant.
pub fn number_of(tenant: usize) -> String {
    format!("10654035224292{tenant}")
}

/// A customer, by what WhatsApp and the shop know.
#[derive(Clone)]
pub struct Customer {
    pub tenant: usize,
    pub phone: String,
    pub user_id: Option<String>,
}

impl Customer {
    /// The `which`-th customer of a run.
    pub fn new(sim: &Sim, which: usize) -> Self {
        Self {
            tenant: which % sim.plan.tenants,
            phone: format!("628129000{which:03}"),
            user_id: (sim.plan.merges).then(|| format!("ID.1349120865530{which}")),
        }
    }

    /// By what the customer is named this time: all of it, or part.
    fn named(&self, sim: &Sim) -> (Option<&str>, Option<&str>) {
        match (&self.user_id, sim.below(3)) {
            (None, _) | (Some(_), 0) => (Some(&self.phone), None),
            (Some(user_id), 1) => (None, Some(user_id)),
            (Some(user_id), _) => (Some(&self.phone), Some(user_id)),
        }
    }

    /// As the shop and the bot name the customer.
    pub fn reference(&self, sim: &Sim) -> Value {
        let (phone, user_id) = self.named(sim);
        let mut reference = json!({});
        if let Some(phone) = phone {
            reference["phone"] = phone.into();
        }
        if let Some(user_id) = user_id {
            reference["user_id"] = user_id.into();
        }
        reference
    }
}

const WORDS: &[&str] = &[
    "Hello",
    "Will it arrive before Friday?",
    "I want to talk to a person",
    "This is a scandal, I want my money back!",
    "Thanks",
    "Can I pay later?",
];

/// A customer writes, edits and takes back.
pub async fn customer(sim: Arc<Sim>, customer: Customer) {
    let _acting = sim.act();
    let number = number_of(customer.tenant);
    let mut said: Vec<String> = Vec::new();
    for _ in 0..sim.plan.rounds {
        sim.pause(sim.plan.pause_ms).await;
        let (phone, user_id) = customer.named(&sim);
        let mut contact = json!({ "profile": { "name": "Sari" } });
        let id = fresh_id(&sim);
        let timestamp = sim.time.now().as_second().to_string();
        let mut message = json!({ "id": id, "timestamp": timestamp });
        if let Some(phone) = phone {
            (message["from"], contact["wa_id"]) = (phone.into(), phone.into());
        }
        if let Some(user_id) = user_id {
            (message["from_user_id"], contact["user_id"]) = (user_id.into(), user_id.into());
        }
        let original = said.get(sim.below(said.len())).cloned();
        let token = match (sim.below(8), original) {
            (0, Some(original)) => {
                message["type"] = "revoke".into();
                message["revoke"] = json!({ "original_message_id": original });
                said.retain(|it| *it != original);
                format!("revoke {original}")
            }
            (1, Some(original)) => {
                let body = format!("edited by {id}");
                let text = json!({ "type": "text", "text": { "body": body } });
                message["type"] = "edit".into();
                message["edit"] = json!({ "original_message_id": original, "message": text });
                format!("edit {original} {body}")
            }
            (2, Some(original)) => {
                message["type"] = "reaction".into();
                message["reaction"] = json!({ "message_id": original, "emoji": "👍" });
                format!("message {id}")
            }
            _ => {
                message["type"] = "text".into();
                message["text"] = json!({ "body": WORDS[sim.below(WORDS.len())] });
                said.push(id.clone());
                format!("message {id}")
            }
        };
        post(&sim, Update::message(&number, contact, message, token));
    }
}

/// A person of the shop writes on the Business App.
pub async fn app(sim: Arc<Sim>, customers: Vec<Customer>) {
    let _acting = sim.act();
    for _ in 0..sim.plan.rounds.div_ceil(3) {
        sim.pause(3 * sim.plan.pause_ms).await;
        let customer = &customers[sim.below(customers.len())];
        let id = fresh_id(&sim);
        let mut echo = json!({
            "from": crate::network::DISPLAY,
            "id": id,
            "timestamp": sim.time.now().as_second().to_string(),
            "type": "text",
            "text": { "body": "Dewi here" },
        });
        let (phone, user_id) = customer.named(&sim);
        if let Some(phone) = phone {
            echo["to"] = phone.into();
        }
        if let Some(user_id) = user_id {
            echo["to_user_id"] = user_id.into();
        }
        let token = format!("echo {id}");
        post(&sim, Update::echo(&number_of(customer.tenant), echo, token));
    }
}

/// An agent claims, gives back and resolves, on what was seen a while ago.
pub async fn agent(sim: Arc<Sim>, name: String) {
    let _acting = sim.act();
    for _ in 0..2 * sim.plan.rounds {
        sim.pause(sim.plan.pause_ms).await;
        let tenant = sim.below(sim.plan.tenants);
        let Some(seen) = conversations(&sim, tenant).await else {
            continue;
        };
        if seen.is_empty() {
            continue;
        }
        let (customer, epoch) = seen[sim.below(seen.len())].clone();
        sim.pause(sim.plan.pause_ms / 4).await;
        let path = format!("/v1/conversations/{customer}/{}", number_of(tenant));
        let (what, body) = match sim.below(8) {
            0 | 1 => ("claim", json!({ "agent": name, "epoch": epoch })),
            2 => ("return", json!({ "by": name, "epoch": epoch })),
            3 => ("resolve", json!({ "by": name, "epoch": epoch })),
            4 => ("escalate", json!({ "by": name, "epoch": epoch })),
            5 => (
                "next-step",
                json!({ "by": name, "promise": 1, "close": true }),
            ),
            // With the epoch it takes over from whoever was seen, without it
            // from everybody but another agent.
            _ => {
                let body = format!("{name} {}", fresh_id(&sim));
                let message = json!({ "type": "text", "body": body });
                let epoch = sim.chance(0.5).then_some(epoch);
                (
                    "reply",
                    json!({ "agent": name, "epoch": epoch, "message": message }),
                )
            }
        };
        let asked = ask(
            &sim,
            api("POST", tenant, &format!("{path}/{what}"), Some(&body)),
        );
        let answer = asked.await;
        sim.note(|| {
            format!(
                "{name} {what} at {epoch}: {:?}",
                answer.as_ref().map(|it| it.0)
            )
        });
        let is_done = answer.is_some_and(|(status, _)| status.is_success());
        if what == "claim" && is_done {
            sim.oracle().claim_won(&customer, epoch, &name);
        }
        if what == "reply" && is_done {
            sim.oracle().tally.count("replies queued");
        }
    }
}

/// The conversations that a tenant's people see, with their epochs.
async fn conversations(sim: &Arc<Sim>, tenant: usize) -> Option<Vec<(String, u64)>> {
    let (_, list) = ask(sim, api("GET", tenant, "/v1/conversations", None)).await?;
    let mut seen = Vec::new();
    for row in list["items"].as_array()? {
        let customer = row["customer"].as_str()?.to_owned();
        let path = format!("/v1/conversations/{customer}/{}", number_of(tenant));
        let (_, shown) = ask(sim, api("GET", tenant, &path, None)).await?;
        if let Some(epoch) = shown["epoch"].as_u64() {
            seen.push((customer, epoch));
        }
    }
    Some(seen)
}

/// Gives everything back to the bot, so that what waits for it can go on.
pub async fn give_all_back(sim: &Arc<Sim>) {
    for tenant in 0..sim.plan.tenants {
        for _ in 0..2 * sim.plan.hosts {
            ask(sim, heartbeat(tenant)).await;
        }
        for (customer, epoch) in conversations(sim, tenant).await.unwrap_or_default() {
            let path = format!("/v1/conversations/{customer}/{}/return", number_of(tenant));
            let body = json!({ "epoch": epoch });
            ask(sim, api("POST", tenant, &path, Some(&body))).await;
        }
    }
}
