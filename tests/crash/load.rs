//! Senders that never give up: what was not answered with 200 is told again,
//! as Meta does, and what was answered is told again now and then.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use baton_simulator::{SentMessage, Simulator, escaped};
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};
use serde_json::{Value, json};

use crate::{
    ledger::{Ledger, Who},
    random::Random,
    world::{CUSTOMERS, SECRET, Shop, now, phone},
};

/// Requests that are remembered, to be told again.
const REMEMBERED: usize = 64;

/// What the senders share.
pub struct Load {
    pub http: reqwest::Client,
    pub url: String,
    pub shops: Vec<Shop>,
    pub ledger: Ledger,
    pub simulator: Simulator,
    /// Numbers messages and orders.
    next: AtomicU64,
    /// Sends whose statuses were told.
    statuses: Mutex<usize>,
    pub ending: AtomicBool,
}

/// A request and what a 200 to it promises.
#[derive(Clone)]
struct Request {
    path: &'static str,
    body: String,
    /// A key of the API; a webhook is signed instead.
    key: Option<String>,
    idempotency_key: Option<String>,
    facts: Vec<(Who, String)>,
}

impl Load {
    pub fn new(url: &str, shops: Vec<Shop>, simulator: Simulator) -> Arc<Self> {
        let http = baton::accept::client().timeout(Duration::from_secs(30));
        Arc::new(Self {
            http: http.build().expect("a client"),
            url: url.to_owned(),
            shops,
            ledger: Ledger::default(),
            simulator,
            next: AtomicU64::new(1),
            statuses: Mutex::new(0),
            ending: AtomicBool::new(false),
        })
    }

    /// One sender, until the load is ending; what it has begun it finishes.
    pub async fn run(self: Arc<Self>, mut random: Random) {
        let mut remembered: VecDeque<Request> = VecDeque::new();
        while !self.ending.load(Ordering::SeqCst) {
            let again = random.chance(20) && !remembered.is_empty();
            let request = if again {
                remembered[random.below(remembered.len() as u64) as usize].clone()
            } else {
                self.request(&mut random)
            };
            self.ledger.tell(&request.facts);
            if self.insist(&request).await && !again {
                remembered.push_back(request);
                if remembered.len() > REMEMBERED {
                    remembered.pop_front();
                }
            }
        }
    }

    /// Sends until it is answered. Returns whether it was taken.
    async fn insist(&self, request: &Request) -> bool {
        loop {
            match self.send(request).await {
                Some(200 | 202) => {
                    self.ledger.acknowledge(&request.facts);
                    return true;
                }
                // People own the conversation, or there is none yet.
                Some(404 | 409) if request.idempotency_key.is_some() => return false,
                None | Some(503) => tokio::time::sleep(Duration::from_millis(5)).await,
                Some(status) => {
                    let Request { path, body, .. } = request;
                    self.ledger
                        .complain(format!("{path} was answered {status}: {body}"));
                    return false;
                }
            }
        }
    }

    /// The status of the answer, when there is one.
    async fn send(&self, request: &Request) -> Option<u16> {
        let mut sending = self.http.post(format!("{}{}", self.url, request.path));
        match &request.key {
            Some(key) => sending = sending.bearer_auth(key),
            None => {
                let secret = AppSecret::new(SECRET).expect("a secret");
                let signature = sign(request.body.as_bytes(), &secret);
                sending = sending.header(SIGNATURE_HEADER, signature);
            }
        }
        if let Some(key) = &request.idempotency_key {
            sending = sending.header("idempotency-key", key);
        }
        let sending = sending.header("content-type", "application/json");
        let answer = sending.body(request.body.clone()).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    fn request(&self, random: &mut Random) -> Request {
        if let Some(sent) = self.sent_without_status() {
            return self.statuses_of(&sent);
        }
        let shop = random.below(self.shops.len() as u64) as usize;
        match random.below(100) {
            0..50 => self.messages(shop, random),
            50..60 => self.echo(shop, random),
            60..80 => self.order(shop, random),
            _ => self.bot_says(shop, random),
        }
    }

    fn fresh(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    fn someone(&self, shop: usize, random: &mut Random) -> (Who, u64) {
        let customer = random.below(CUSTOMERS);
        let (tenant, phone) = (self.shops[shop].id, phone(shop, customer));
        (Who { tenant, phone }, customer)
    }

    /// Messages of a few customers in one webhook.
    fn messages(&self, shop: usize, random: &mut Random) -> Request {
        let (mut messages, mut contacts, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=random.below(3) {
            let (who, customer) = self.someone(shop, random);
            let id = format!("wamid.M{}", self.fresh());
            let asks = customer % 4 == 0 && random.chance(5);
            let text = if asks {
                "I want to talk to a person"
            } else {
                "hello there"
            };
            messages.push(json!({
                "from": who.phone, "id": id, "timestamp": now().as_second().to_string(),
                "type": "text", "text": { "body": text },
            }));
            let profile = json!({ "name": format!("Customer {customer}") });
            contacts.push(json!({ "profile": profile, "wa_id": who.phone }));
            facts.push((who, format!("message {id}")));
        }
        let value = json!({ "contacts": contacts, "messages": messages });
        self.webhook(shop, "messages", value, facts)
    }

    fn echo(&self, shop: usize, random: &mut Random) -> Request {
        // Only to those whom people look after.
        let (mut who, _) = self.someone(shop, random);
        who.phone = phone(shop, 0);
        let id = format!("wamid.E{}", self.fresh());
        let echo = json!({
            "from": "6221500900", "to": who.phone, "id": id,
            "timestamp": now().as_second().to_string(),
            "type": "text", "text": { "body": "Dewi here" },
        });
        let facts = vec![(who, format!("echo {id}"))];
        let value = json!({ "message_echoes": [echo] });
        self.webhook(shop, "smb_message_echoes", value, facts)
    }

    /// An order that is paid: a timer, and when it fires a message.
    fn order(&self, shop: usize, random: &mut Random) -> Request {
        let (who, _) = self.someone(shop, random);
        let id = format!("ORDER-{}", self.fresh());
        let fact = |status: &str| {
            json!({
                "type": "order", "id": id, "status": status,
                "total": { "minor": 129_000, "currency": "IDR" },
                "number": self.shops[shop].number,
                "idempotency_key": format!("{id} {status}"),
            })
        };
        let body = json!({
            "customer": { "phone": who.phone }, "facts": [fact("placed"), fact("paid")],
        });
        let facts = ["placed", "paid"].map(|status| (who.clone(), format!("order {id} {status}")));
        Request {
            path: "/v1/events",
            body: body.to_string(),
            key: Some(self.shops[shop].key.clone()),
            idempotency_key: None,
            facts: facts.to_vec(),
        }
    }

    fn bot_says(&self, shop: usize, random: &mut Random) -> Request {
        let (who, _) = self.someone(shop, random);
        let key = format!("S{}", self.fresh());
        let body = json!({
            "customer": { "phone": who.phone },
            "message": { "type": "text", "body": "It arrives on Thursday" },
        });
        let facts = vec![(who, format!("send bot/{key}"))];
        Request {
            path: "/v1/messages",
            body: body.to_string(),
            key: Some(self.shops[shop].key.clone()),
            idempotency_key: Some(key),
            facts,
        }
    }

    /// The next message that the simulator took; of some it never tells more.
    fn sent_without_status(&self) -> Option<SentMessage> {
        let mut told = self.statuses.lock().expect("nobody panicked with it");
        let sent = self.simulator.sent_at(*told)?;
        *told += 1;
        (!told.is_multiple_of(3)).then_some(sent)
    }

    fn statuses_of(&self, sent: &SentMessage) -> Request {
        let to = sent.request["to"].as_str().unwrap_or_default();
        let shop = self.shops.iter().position(|it| it.number == sent.number);
        let shop = shop.expect("one of the shops' numbers");
        let status = |status: &str| {
            json!({
                "id": sent.id, "status": status, "recipient_id": to,
                "timestamp": now().as_second().to_string(),
                "biz_opaque_callback_data": sent.request["biz_opaque_callback_data"],
            })
        };
        let who = Who {
            tenant: self.shops[shop].id,
            phone: to.trim_start_matches('+').to_owned(),
        };
        let told = ["sent", "delivered"];
        let facts = told.map(|status| (who.clone(), format!("receipt {} {status}", sent.id)));
        let value = json!({ "statuses": told.map(status) });
        self.webhook(shop, "messages", value, facts.to_vec())
    }

    fn webhook(
        &self,
        shop: usize,
        field: &str,
        mut value: Value,
        facts: Vec<(Who, String)>,
    ) -> Request {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({
            "display_phone_number": "6221500900",
            "phone_number_id": self.shops[shop].number,
        });
        let entry = json!({ "id": "1", "changes": [{ "field": field, "value": value }] });
        Request {
            path: "/webhooks/whatsapp/main",
            body: escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] })),
            key: None,
            idempotency_key: None,
            facts,
        }
    }
}
