//! Signed webhook requests, made before the clock runs: what signs is the
//! generator's cost, not the server's.

use std::io::Write as _;

use baton_domain::limits::MESSAGE_TEXT_CHARS_MAX;
use baton_whatsapp::signature::{AppSecret, SIGNATURE_HEADER, sign};

/// The app that everything is sent to.
pub const APP: &str = "main";
/// What it signs with.
pub const SECRET: &str = "a-secret-of-the-app";
/// The business number.
pub const NUMBER: &str = "106540352242922";

/// What customers write, in turn: ordinary questions, and one now and then that
/// a rule has something to say about.
const TEXTS: [&str; 8] = [
    "Hi! Do you still have the pour-over set in blue?",
    "And how much is the bigger one, with the kettle?",
    "Thanks. Is the lid included, or is that separate?",
    "Ok great, I will think about it and write to you again tomorrow.",
    "Will this arrive before Friday? It is a present for my sister, and she leaves.",
    "Could you send me the size chart please, I am not sure between M and L",
    "What time do you open on Saturday?",
    "Perfect, see you then!",
];

/// Makes requests. Each message has an id of its own; customers take turns.
pub struct Requests {
    secret: AppSecret,
    number: String,
    customers: u64,
    next: u64,
    at: i64,
    prepared: Vec<u8>,
    ends: Vec<usize>,
    used: usize,
    body: Vec<u8>,
}

impl Requests {
    /// Requests of as many customers, dated `at` (seconds since 1970).
    pub fn new(customers: u64, at: i64) -> anyhow::Result<Self> {
        Ok(Self {
            secret: AppSecret::new(SECRET)?,
            number: NUMBER.to_owned(),
            customers,
            next: 0,
            at,
            prepared: Vec::new(),
            ends: Vec::new(),
            used: 0,
            body: Vec::new(),
        })
    }

    /// The same to another number, for all but those of many tenants.
    pub fn of_number(self, number: String) -> Self {
        Self { number, ..self }
    }

    /// The same from the request of this number on, so that none is one that
    /// was sent before.
    pub fn from(self, next: u64) -> Self {
        Self { next, ..self }
    }

    /// Makes `count` requests of one message each, to be taken by
    /// [`Requests::take`].
    pub fn prepare(&mut self, count: usize) {
        self.prepared.drain(..self.start());
        let gone = self.ends.drain(..self.used).next_back().unwrap_or(0);
        self.ends.iter_mut().for_each(|end| *end -= gone);
        self.used = 0;
        let mut request = Vec::new();
        while self.ends.len() < count {
            self.make(1, &mut request);
            self.prepared.extend_from_slice(&request);
            self.ends.push(self.prepared.len());
        }
    }

    /// Takes the next request of one message; makes it when none is left.
    pub fn take(&mut self, request: &mut Vec<u8>) {
        let Some(end) = self.ends.get(self.used).copied() else {
            return self.make(1, request);
        };
        request.clear();
        request.extend_from_slice(&self.prepared[self.start()..end]);
        self.used += 1;
    }

    fn start(&self) -> usize {
        self.used
            .checked_sub(1)
            .map_or(0, |before| self.ends[before])
    }

    /// Makes a request of `count` messages of one customer.
    pub fn make(&mut self, count: u64, request: &mut Vec<u8>) {
        let customer = self.next % self.customers;
        let first = self.next / self.customers;
        self.next += 1;
        // Requests of many messages have ids of their own.
        let kind = if count == 1 { 'A' } else { 'B' };
        self.body.clear();
        self.body.extend_from_slice(HEAD);
        let messages = (0..count).map(|at| Message {
            kind,
            customer,
            first,
            at,
            text: TEXTS[((first + at) % TEXTS.len() as u64) as usize],
        });
        put_change(&mut self.body, &self.number, self.at, customer, messages);
        self.body.extend_from_slice(TAIL);
        self.sign(request);
    }

    /// Makes a request of `count` messages of as many customers, `of_slow` of
    /// them long ones to the tenant `slow` and the others shared out among the
    /// other `tenants`: a change each.
    pub fn make_for_tenants(
        &mut self,
        tenants: usize,
        slow: usize,
        count: u64,
        of_slow: u64,
        request: &mut Vec<u8>,
    ) {
        let first = self.next;
        self.next += 1;
        let long = TEXTS
            .join(" ")
            .repeat(MESSAGE_TEXT_CHARS_MAX / TEXTS.join(" ").len());
        let others: Vec<usize> = (0..tenants).filter(|it| *it != slow).collect();
        self.body.clear();
        self.body.extend_from_slice(HEAD);
        for at in 0..count {
            let (tenant, text) = if at < of_slow {
                (slow, long.as_str())
            } else {
                let turn = at as usize;
                (others[turn % others.len()], TEXTS[turn % TEXTS.len()])
            };
            if at > 0 {
                self.body.push(b',');
            }
            let message = Message {
                kind: 'C',
                customer: at,
                first,
                at,
                text,
            };
            let number = number_of(tenant);
            put_change(&mut self.body, &number, self.at, at, [message].into_iter());
        }
        self.body.extend_from_slice(TAIL);
        self.sign(request);
    }

    fn sign(&self, request: &mut Vec<u8>) {
        let signature = sign(&self.body, &self.secret);
        request.clear();
        // Writing to memory does not fail.
        let _ = write!(
            request,
            "POST /webhooks/whatsapp/{APP} HTTP/1.1\r\nhost: 127.0.0.1\r\n\
             content-type: application/json\r\n{SIGNATURE_HEADER}: {signature}\r\n\
             content-length: {}\r\n\r\n",
            self.body.len()
        );
        request.extend_from_slice(&self.body);
    }
}

/// The number of a tenant; the first has [`NUMBER`].
pub fn number_of(tenant: usize) -> String {
    match tenant {
        0 => NUMBER.to_owned(),
        tenant => format!("20654035{tenant:07}"),
    }
}

const HEAD: &[u8] =
    br#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":["#;
const TAIL: &[u8] = b"]}]}";

/// A text message; the numbers make its id.
struct Message<'t> {
    kind: char,
    customer: u64,
    first: u64,
    at: u64,
    text: &'t str,
}

fn put_change<'t>(
    body: &mut Vec<u8>,
    number: &str,
    second: i64,
    customer: u64,
    messages: impl Iterator<Item = Message<'t>>,
) {
    // Writing to memory does not fail.
    let _ = write!(
        body,
        r#"{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550783881","phone_number_id":"{number}"}},"contacts":[{{"profile":{{"name":"Sari Wijaya"}},"wa_id":"62812{customer:08}"}}],"messages":["#
    );
    for (turn, message) in messages.enumerate() {
        let comma = if turn == 0 { "" } else { "," };
        let Message {
            kind,
            customer,
            first,
            at,
            text,
        } = message;
        let _ = write!(
            body,
            r#"{comma}{{"from":"62812{customer:08}","id":"wamid.HBgNNjI4MTIzNDU2Nzg5FQIAEhg{kind}{customer:08X}{first:08X}{at:04X}","timestamp":"{second}","type":"text","text":{{"body":"{text}"}}}}"#,
        );
    }
    body.extend_from_slice(br#"]},"field":"messages"}"#);
}
