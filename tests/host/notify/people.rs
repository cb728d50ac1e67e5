//! The tenant's own people are told: by e-mail over a real SMTP conversation,
//! and by a template on their own WhatsApp numbers.

use std::sync::{Arc, Mutex};

use baton::{config::Config, notify::MailServer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{hand_off, lenient, path, to_second_try};
use crate::fixture::{Fixture, NUMBER, PHONE, until};

const AGENT_PHONE: &str = "6281311112222";

/// A mail server that speaks as much SMTP as it takes.
#[derive(Debug, Clone, Default)]
pub struct MailBox {
    messages: Arc<Mutex<Vec<String>>>,
    /// Messages that it will not take for now.
    refuses: Arc<Mutex<usize>>,
}

impl MailBox {
    pub async fn start(self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let this = self.clone();
                tokio::spawn(async move { this.talk(connection).await });
            }
        });
        port
    }

    async fn talk(self, connection: TcpStream) -> std::io::Result<()> {
        let mut connection = BufReader::new(connection);
        connection
            .write_all(b"220 mail.example.com ESMTP\r\n")
            .await?;
        let mut line = String::new();
        while connection.read_line(&mut line).await? > 0 {
            let verb = line.split_whitespace().next().unwrap_or_default();
            let answer = match verb.to_ascii_uppercase().as_str() {
                "DATA" => {
                    connection.write_all(b"354 go on\r\n").await?;
                    self.take(&mut connection).await?
                }
                "QUIT" => "221 bye\r\n",
                _ => "250 yes\r\n",
            };
            connection.write_all(answer.as_bytes()).await?;
            line.clear();
        }
        Ok(())
    }

    async fn take(&self, connection: &mut BufReader<TcpStream>) -> std::io::Result<&'static str> {
        let mut message = String::new();
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).await?;
            if line == ".\r\n" {
                break;
            }
            message.push_str(&line);
        }
        let mut refuses = self.refuses.lock().expect("a lock");
        if *refuses > 0 {
            *refuses -= 1;
            return Ok("451 not now\r\n");
        }
        self.messages.lock().expect("a lock").push(message);
        Ok("250 taken\r\n")
    }

    pub fn got(&self) -> Vec<String> {
        self.messages.lock().expect("a lock").clone()
    }
}

pub fn mail_server(port: u16) -> MailServer {
    let server = json!({ "host": "127.0.0.1", "port": port, "tls": "none",
        "from": "Baton <baton@example.com>" });
    serde_json::from_value(server).expect("a mail server")
}

/// One of the people of the team `sales`, who has so many conversations at once.
pub fn agent(id: &str, capacity: u16, contact: Value) -> Value {
    json!({ "id": id, "name": id, "role": "junior-agent", "teams": [{ "team": "sales" }],
        "capacity": capacity, "contact": contact })
}

/// A host with these people.
pub async fn start(change: impl FnOnce(&mut Config), people: &[Value], settings: Value) -> Fixture {
    let host = Fixture::configured(|config| {
        lenient(config);
        change(config);
    })
    .await;
    put(&host, "/v1/notifications", &settings).await;
    for person in people {
        let id = person["id"].as_str().expect("an id");
        put(&host, &format!("/v1/people/{id}"), person).await;
    }
    host
}

async fn put(host: &Fixture, path: &str, body: &Value) {
    let (status, answer) = host.request("PUT", path, &host.key, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn agents_of_the_team_get_an_e_mail_with_a_link_and_no_more_than_their_role_holds() {
    let mails = MailBox::default();
    *mails.refuses.lock().expect("a lock") = 1;
    let port = mails.clone().start().await;
    // Nobody has room, so it waits for the team.
    let people = [
        agent("ana", 0, json!({ "email": "ana@example.com" })),
        agent("budi", 0, json!({})),
    ];
    let smtp = |config: &mut Config| config.smtp = Some(mail_server(port));
    let host = start(smtp, &people, json!({ "email": true })).await;
    let conversation = hand_off(&host).await;
    to_second_try(&host).await;
    until("it is taken after it was refused", || async {
        mails.got().len() == 1
    })
    .await;
    let mail = &mails.got()[0];
    assert!(mail.contains("To: ana@example.com"), "{mail}");
    assert!(
        mail.contains("Subject: [Kopi Senja] A conversation passed from the bot to people: sales")
    );
    assert!(mail.contains("Message-ID: <msg_"));
    assert!(
        mail.contains("Customer: Sari Wijaya"),
        "a junior agent holds the name"
    );
    let customer = conversation["customer"].as_str().expect("an id");
    // Long lines are broken with `=`.
    let whole = mail.replace("=\r\n", "");
    assert!(
        whole.contains(&format!("/conversations/{customer}/{NUMBER}")),
        "{mail}"
    );
    for secret in [PHONE, "9000", "0812"] {
        assert!(!whole.contains(secret), "{secret} in {mail}");
    }
    // The audit tells what left, to whom.
    let asked = format!("/v1/audit?customer={customer}&who=person:ana&field=customer.name");
    let (_, audit) = host.get(&asked).await;
    assert_eq!(audit["items"][0]["what"], "notify", "{audit}");
    assert_eq!(audit["items"][0]["about"], "handoff.created");
}

#[tokio::test]
async fn who_is_given_a_conversation_is_told_and_nobody_else() {
    let mails = MailBox::default();
    let port = mails.clone().start().await;
    let people = [
        agent("ana", 5, json!({ "email": "ana@example.com" })),
        agent("budi", 0, json!({ "email": "budi@example.com" })),
    ];
    let smtp = |config: &mut Config| config.smtp = Some(mail_server(port));
    let host = start(smtp, &people, json!({ "email": true })).await;
    let conversation = hand_off(&host).await;
    assert_eq!(conversation["owner"]["agent"], "ana");
    until("she is told", || async { mails.got().len() == 1 }).await;
    let mail = &mails.got()[0];
    assert!(mail.contains("To: ana@example.com"), "{mail}");
    let subject = "Subject: [Kopi Senja] A conversation was given to one of the agents: sales";
    assert!(mail.contains(subject), "{mail}");
    // Passed on, the other one is told.
    let pass = json!({ "to": "budi" });
    assert_eq!(
        host.post(&path(&conversation, "assign"), &pass).await.0,
        200
    );
    until("he is told", || async { mails.got().len() == 2 }).await;
    assert!(mails.got()[1].contains("To: budi@example.com"));
}

#[tokio::test]
async fn nobody_is_told_of_what_has_passed_on_meanwhile() {
    let mails = MailBox::default();
    *mails.refuses.lock().expect("a lock") = 1;
    let port = mails.clone().start().await;
    let people = [
        agent("ana", 5, json!({ "email": "ana@example.com" })),
        agent("budi", 0, json!({})),
    ];
    let smtp = |config: &mut Config| config.smtp = Some(mail_server(port));
    let host = start(smtp, &people, json!({ "email": true })).await;
    let conversation = hand_off(&host).await;
    until("it was refused once", || async {
        *mails.refuses.lock().expect("a lock") == 0
    })
    .await;
    let claim = json!({ "agent": "budi", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &claim).await.0,
        200
    );
    to_second_try(&host).await;
    until("it is suppressed", || async {
        let (_, metrics) = host.metrics_text().await;
        metrics.contains("baton_deliveries_total{outcome=\"suppressed\"} 1")
    })
    .await;
    assert!(mails.got().is_empty());
}

#[tokio::test]
async fn an_agent_is_told_on_whatsapp_by_template_and_is_no_customer() {
    let people = [agent("ana", 5, json!({ "whatsapp": AGENT_PHONE }))];
    let whatsapp = json!({ "number": NUMBER, "template": "conversation_waits", "language": "en" });
    let host = start(|_| {}, &people, json!({ "whatsapp": whatsapp })).await;
    let conversation = hand_off(&host).await;
    until("it is sent", || async { host.simulator.sent().len() == 1 }).await;
    let sent = host.simulator.sent()[0].request.clone();
    assert_eq!(sent["to"], AGENT_PHONE);
    assert_eq!(sent["template"]["name"], "conversation_waits");
    let text = sent.to_string();
    let customer = conversation["customer"].as_str().expect("an id");
    assert!(
        text.contains(&format!("/conversations/{customer}/{NUMBER}")),
        "{text}"
    );
    for secret in ["Sari", PHONE, "9000"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    until("its statuses came", || async {
        let (_, metrics) = host.metrics_text().await;
        metrics.contains("baton_webhook_items_total{kind=\"status\"} 3")
    })
    .await;
    let (_, found) = host
        .get(&format!("/v1/customers?phone={AGENT_PHONE}"))
        .await;
    assert_eq!(found["items"], json!([]));
}

#[tokio::test]
async fn what_the_host_cannot_do_is_refused_when_it_is_asked_for() {
    let host = Fixture::start().await;
    let whatsapp = json!({ "number": NUMBER, "template": "t", "language": "en" });
    for (settings, place) in [
        (json!({ "email": true }), "email"),
        (json!({ "whatsapp": whatsapp }), "whatsapp"),
    ] {
        let put = host.request("PUT", "/v1/notifications", &host.key, Some(&settings));
        let (status, answer) = put.await;
        assert_eq!(
            (status, &answer["error"]["place"]),
            (422, &json!(place)),
            "{answer}"
        );
    }
}
