//! WhatsApp's side of a send: it takes the message or does not, and tells the
//! truth, nothing, or late.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use baton_domain::{
    ids::{MessageId, NumberId},
    limits::GRAPH_REQUEST_SECONDS_MAX,
};
use baton_whatsapp::graph::{
    Accepted, AccessToken, Ambiguity, Graph, GraphError, Outcome, Outgoing, Rejection,
};
use serde_json::json;

use crate::{executor::Group, network, sim::Sim};

/// The Graph API, as one host reaches it.
pub struct SimGraph {
    pub sim: Arc<Sim>,
    pub host: u32,
}

/// Codes of the error table that come up, and the HTTP status they come with.
const REFUSALS: &[(i64, u16)] = &[
    (130_429, 429),
    (131_056, 400),
    (131_026, 400),
    (131_047, 400),
    (190, 401),
    (132_001, 404),
];

#[async_trait]
impl Graph for SimGraph {
    async fn send(&self, number: &NumberId, _: &AccessToken, message: &Outgoing) -> Outcome {
        let sim = &*self.sim;
        let key = message.key().unwrap_or_default();
        sim.note(|| format!("host {}: request {key}", self.host));
        sim.oracle().requested(key, message.to());
        sim.pause(300).await;
        let outcome = if sim.goes_wrong(sim.plan.rates.refuse) {
            refusal(sim)
        } else if sim.goes_wrong(sim.plan.rates.ambiguous) {
            self.vague(number, key, message).await
        } else {
            let message = self.take(number, key, message);
            Outcome::Accepted(Accepted {
                message: Some(message),
                address: None,
            })
        };
        if sim.goes_wrong(0.1) {
            sim.pause(14_000).await;
        } else {
            sim.pause(300).await;
        }
        // Otherwise, or when the host dies before, nobody knows.
        if !matches!(outcome, Outcome::Ambiguous(_)) {
            sim.oracle().fate_known(key);
        }
        sim.note(|| format!("host {}: {key} is {}", self.host, outcome.code()));
        outcome
    }

    /// No tenant of a simulation is on the Business App, too.
    async fn ask_history(&self, _: &NumberId, _: &AccessToken) -> Outcome {
        refusal(&self.sim)
    }
}

fn refusal(sim: &Sim) -> Outcome {
    let Some((code, status)) = REFUSALS.get(sim.below(REFUSALS.len() + 2)) else {
        let reason = "no connection".to_owned();
        return Outcome::NotSent { reason };
    };
    Outcome::Rejected {
        rejection: Rejection::of_code(*code).expect("a refusal"),
        error: error(*code, *status),
    }
}

fn error(code: i64, status: u16) -> GraphError {
    GraphError {
        status,
        code: Some(code),
        ..GraphError::default()
    }
}

impl SimGraph {
    /// Takes the message or does not, and nobody can tell from the answer.
    async fn vague(&self, number: &NumberId, key: &str, message: &Outgoing) -> Outcome {
        if self.sim.chance(0.5) {
            self.take(number, key, message);
        }
        if self.sim.chance(0.5) {
            return Outcome::Ambiguous(Ambiguity::Answer(error(131_000, 500)));
        }
        tokio::time::sleep(Duration::from_secs(GRAPH_REQUEST_SECONDS_MAX)).await;
        let reason = "no answer".to_owned();
        Outcome::Ambiguous(Ambiguity::NoAnswer { reason })
    }

    /// The message goes to the customer, and statuses come back.
    fn take(&self, number: &NumberId, key: &str, message: &Outgoing) -> MessageId {
        let sim = self.sim.clone();
        let id = network::fresh_id(&sim);
        sim.note(|| format!("WhatsApp takes {key} as {id}"));
        sim.oracle().taken(key);
        let address = message.to();
        let phone = address.phone().map(|it| it.as_str().to_owned());
        let user_id = address.user_id().map(|it| it.as_str().to_owned());
        let furthest = ["sent", "delivered", "read"];
        let number = number.as_str().to_owned();
        for status in &furthest[..=sim.below(furthest.len())] {
            if sim.goes_wrong(sim.plan.rates.lost_status) {
                continue;
            }
            let told = json!({
                "id": id,
                "status": status,
                "timestamp": sim.time.now().as_second().to_string(),
                "recipient_id": phone,
                "recipient_user_id": user_id,
                "biz_opaque_callback_data": key,
            });
            let token = format!("status {id} {status}");
            let (sim, number) = (sim.clone(), number.clone());
            let is_late = sim.goes_wrong(0.2);
            self.sim.spawner.spawn(Group::World, async move {
                sim.pause(if is_late { 1_200_000 } else { 5_000 }).await;
                let update = network::Update::status(number, told, token);
                network::post(&sim, update);
            });
        }
        MessageId::parse(&id).expect("an id")
    }
}
