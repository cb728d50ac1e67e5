//! Nothing personal and no secret leaves by the log (at `trace`), by the
//! metrics, or by an error that someone else is answered.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use baton::clock::{Clock, SystemClock};
use baton_simulator::{Business, Fault, Person, Simulator, Subscription};
use baton_whatsapp::signature::AppSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{messages, signature, tenant, until};

const NUMBER: &str = "109988776655443";
const PHONE: &str = "6287712345601";
const NAME: &str = "Zubaidah Qandisa";
const TEXT: &str = "xylophone kettle of my grandmother";
const ADDRESS: &str = "Jalan Merpati 77";
const EMAIL: &str = "zubaidah@qandisa.example";
const USER_ID: &str = "ID.4455667788990011";
const EXTERNAL: &str = "buyer-qandisa-1";
const TOKEN: &str = "EAAGraphTokenOfTheTest";
const SECRET: &str = "b0a1c2d3e4f5061728394a5b6c7d8e9f";
const VERIFY: &str = "verify-word-of-the-test";
/// A wamid holds the phone number in base64.
const WAMID: &str = "wamid.HBgNNjI4NzcxMjM0NTYwMRUCABIYFDNBNjA1Nzc4OTAxMjM0NTY3ODkwAA==";
const SEND_KEY: &str = "welcome-for-6287712345601";

/// What may not be found, with a word for it. Encodings of the phone number
/// too: hexadecimal, and base64 at each of the three places it may begin at.
fn forbidden(keys: &[&str]) -> Vec<(String, String)> {
    let plain = [
        PHONE,
        NAME,
        "Qandisa",
        TEXT,
        "xylophone",
        ADDRESS,
        EMAIL,
        USER_ID,
        EXTERNAL,
        TOKEN,
        SECRET,
        VERIFY,
        WAMID,
        "HBgNNjI4NzcxMjM0NTYwMRUC",
        SEND_KEY,
    ];
    let plain = plain
        .iter()
        .chain(keys)
        .map(|it| (format!("{it:?}"), (*it).to_owned()));
    let base64 = (0..3).map(|shift| {
        let bytes = [&b"xx"[..shift], PHONE.as_bytes()].concat();
        let whole = base64(&bytes);
        // The first and last characters depend on what stands beside it.
        let inner = whole[if shift == 0 { 0 } else { shift + 1 }..whole.len() - 3].to_owned();
        (format!("the phone in base64 at {shift}"), inner)
    });
    let hexed = ("the phone in hexadecimal".to_owned(), hex::encode(PHONE));
    plain.chain(base64).chain([hexed]).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..three.len()].copy_from_slice(three);
        let word = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for at in 0..4 {
            let index = (word >> (18 - 6 * at)) & 63;
            text.push(LETTERS[index as usize] as char);
        }
    }
    text
}

/// The host as a process, with everything it says.
struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &Path) -> Process {
    let mut child = Command::new(env!("CARGO_BIN_EXE_baton"))
        .arg("serve")
        .arg("--config")
        .arg(folder.join("baton.toml"))
        .env("BATON_LOG", "trace")
        .env("BATON_LOG_FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let said = Arc::new(Mutex::new(String::new()));
    let (told, serving) = std::sync::mpsc::channel();
    let out = BufReader::new(child.stdout.take().expect("an output"));
    let log = BufReader::new(child.stderr.take().expect("a log"));
    let keep = |lines: Box<dyn BufRead + Send>| {
        let (said, told) = (said.clone(), told.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if line.contains("serving") {
                    let _ = told.send(());
                }
                let mut said = said.lock().expect("the log");
                said.push_str(&line);
                said.push('\n');
            }
        });
    };
    keep(Box::new(out));
    keep(Box::new(log));
    serving
        .recv_timeout(Duration::from_secs(60))
        .expect("it serves");
    Process { child, said }
}

struct Client {
    url: String,
    http: reqwest::Client,
    /// Everything that was answered to somebody who may not see the customer.
    answered: Mutex<String>,
}

impl Client {
    async fn call(&self, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .request(
                method.parse().expect("a method"),
                format!("{}{path}", self.url),
            )
            .bearer_auth(key)
            .header("idempotency-key", SEND_KEY);
        let answer = request.json(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// A call of someone else, whose answer is kept.
    async fn foreign(&self, method: &str, path: &str, key: &str, body: &Value) {
        let (status, answer) = self.call(method, path, key, body).await;
        assert!(
            (400..500).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        self.answered
            .lock()
            .expect("answers")
            .push_str(&answer.to_string());
    }

    async fn signed(&self, body: &str) -> u16 {
        let url = format!("{}/webhooks/whatsapp/main", self.url);
        let request = self
            .http
            .post(url)
            .header("x-hub-signature-256", signature(body, SECRET));
        request
            .body(body.to_owned())
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    }
}

fn configure(folder: &Path, graph_url: &str) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_baton"))
        .arg("init")
        .arg(folder)
        .output()
        .expect("init runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("administrator's key, shown only now: "));
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let address = port.expect("a port").to_string();
    let path = folder.join("baton.toml");
    let config = std::fs::read_to_string(&path).expect("the configuration");
    let config = config.replace("127.0.0.1:8080", &address);
    let config = config.replace("https://graph.facebook.com", graph_url);
    std::fs::write(&path, config).expect("it is written");
    (key.expect("a key").to_owned(), format!("http://{address}"))
}

fn message(id: &str, kind: &str, content: Value) -> Value {
    let second = SystemClock.now().as_second().to_string();
    let mut message = json!({ "from": PHONE, "id": id, "timestamp": second, "type": kind });
    message[kind] = content;
    message
}

/// What goes wrong on the way in: shapes nobody knows, values nobody can read.
async fn bad_webhooks(client: &Client) {
    let hers = |body: String| {
        body.replace("Sari Wijaya", NAME)
            .replace("6281290001234", PHONE)
    };
    let location = json!({ "address": ADDRESS, "name": NAME, "latitude": "here", "longitude": [] });
    let odd = [
        message(WAMID, "text", json!({ "body": TEXT })),
        message("", "text", json!({ "body": TEXT })),
        message("wamid.odd", TEXT, json!({ "body": ADDRESS })),
        message("wamid.loc", "location", location),
        message("wamid.type", "text", json!({ "body": [TEXT, PHONE] })),
        json!({ "from": [PHONE], "id": WAMID, "text": TEXT }),
        json!(TEXT),
    ];
    for item in odd {
        let body = hers(messages(NUMBER, std::slice::from_ref(&item)));
        assert_eq!(client.signed(&body).await, 200, "{item}");
        let elsewhere = hers(messages("555", &[item]));
        assert_eq!(client.signed(&elsewhere).await, 200);
    }
    for body in [TEXT, PHONE, "[]", "{\"object\": \"Zubaidah Qandisa\"}"] {
        assert_eq!(client.signed(body).await, 200);
    }
    let body = hers(messages(
        NUMBER,
        &[message(WAMID, "text", json!({ "body": TEXT }))],
    ));
    let url = format!("{}/webhooks/whatsapp/{PHONE}", client.url);
    let unsigned = client
        .http
        .post(url)
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(unsigned.status(), 401);
}

/// What goes wrong at the API, for the one who asks and for others.
async fn bad_requests(client: &Client, key: &str, foreign: &str, erp: &str) {
    let fact = |fact: Value| json!({ "customer": { "phone": PHONE }, "facts": [fact] });
    for body in [
        fact(json!({ "type": NAME })),
        fact(json!({ "type": "profile", "email": 7, "name": [NAME] })),
        fact(json!({ "type": "basket", "checkout_state": EMAIL })),
        json!({ "customer": { "phone": TEXT }, "facts": [] }),
        json!({ "customer": { EMAIL: NAME } }),
        json!(ADDRESS),
    ] {
        let (status, answer) = client.call("POST", "/v1/events", key, &body).await;
        assert!((400..500).contains(&status), "{body}: {answer}");
    }
    let (_, found) = client
        .call(
            "GET",
            &format!("/v1/customers?phone={PHONE}"),
            key,
            &json!(null),
        )
        .await;
    let id = found["items"][0]["id"]
        .as_str()
        .expect("she is known")
        .to_owned();
    let message = json!({ "type": "text", "body": "hello" });
    let to_her = json!({ "customer": { "id": id }, "message": message });
    for (method, path, who, body) in [
        ("GET", format!("/v1/customers/{id}"), foreign, json!(null)),
        (
            "GET",
            format!("/v1/conversations/{id}/{NUMBER}"),
            foreign,
            json!(null),
        ),
        ("POST", "/v1/messages".to_owned(), foreign, to_her.clone()),
        ("POST", "/v1/messages".to_owned(), erp, to_her),
        (
            "GET",
            format!("/v1/customers/{id}/events"),
            erp,
            json!(null),
        ),
        ("GET", "/v1/handoffs".to_owned(), erp, json!(null)),
        ("GET", "/metrics".to_owned(), key, json!(null)),
        ("GET", format!("/v1/customers/{id}"), "wrong", json!(null)),
    ] {
        client.foreign(method, &path, who, &body).await;
    }
}

/// Sends that go well, are refused for good and for a while, and break off.
async fn sends(client: &Client, simulator: &Simulator, key: &str) {
    let faults = [
        None,
        Some(Fault::Refuse {
            status: 400,
            code: 131_026,
        }),
        Some(Fault::Refuse {
            status: 401,
            code: 190,
        }),
        Some(Fault::TakeAndHangUp),
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        if let Some(fault) = fault {
            simulator.break_next_send(fault);
        }
        let message = json!({ "type": "text", "body": format!("{TEXT} {at}") });
        let body = json!({ "customer": { "phone": PHONE }, "message": message });
        let answer = client
            .http
            .post(format!("{}/v1/messages", client.url))
            .bearer_auth(key)
            .header("idempotency-key", format!("{SEND_KEY}-{at}"));
        let status = answer.json(&body).send().await.expect("an answer").status();
        assert_eq!(status, 202);
    }
    until("a message is given up", || async {
        let letters = client
            .call("GET", "/v1/dead-letters", key, &json!(null))
            .await
            .1;
        letters["items"][0]["why"].is_string()
    })
    .await;
}

#[tokio::test]
async fn nothing_personal_leaves_by_log_metrics_or_foreign_errors() {
    let folder = TempDir::new().expect("a folder");
    let (graph, graph_url) = Simulator::listener().await.expect("a port");
    let (admin, url) = configure(folder.path(), &graph_url);
    let business = Business {
        number_id: NUMBER.to_owned(),
        display: "6221500900".to_owned(),
        token: TOKEN.to_owned(),
    };
    let subscription = Subscription {
        callback: format!("{url}/webhooks/whatsapp/main"),
        secret: AppSecret::new(SECRET).expect("a secret"),
    };
    let now = Arc::new(|| SystemClock.now());
    let simulator = Simulator::new(business, now, vec![subscription]);
    tokio::spawn(simulator.clone().serve(graph));
    let process = serve(folder.path());
    let client = Client {
        url,
        http: reqwest::Client::new(),
        answered: Mutex::default(),
    };
    let app = json!({ "secret": SECRET, "verify_token": VERIFY });
    assert_eq!(
        client.call("PUT", "/admin/apps/main", &admin, &app).await.0,
        200
    );
    let mut keys = Vec::new();
    for (id, number, name, role) in [
        ("shop", NUMBER, "all", "operator"),
        ("other", "777", "all", "operator"),
        ("shop", NUMBER, "erp", "integration"),
    ] {
        let mut document = tenant(id, number);
        document["numbers"][0]["token"] = json!(TOKEN);
        let _ = client
            .call("PUT", &format!("/admin/tenants/{id}"), &admin, &document)
            .await;
        let new = json!({ "name": name, "role": role });
        let path = format!("/admin/tenants/{id}/keys");
        let (status, made) = client.call("POST", &path, &admin, &new).await;
        assert_eq!(status, 201, "{made}");
        keys.push(made["key"].as_str().expect("a key").to_owned());
    }
    let (key, foreign, erp) = (&keys[0], &keys[1], &keys[2]);
    let told = json!({
        "customer": { "phone": PHONE, "user_id": USER_ID, "external_id": EXTERNAL },
        "facts": [
            { "type": "profile", "name": NAME, "email": EMAIL, "tags": [ADDRESS] },
            { "type": "order", "id": "KS-77", "status": "paid", "tracking": ADDRESS },
        ],
    });
    assert_eq!(client.call("POST", "/v1/events", key, &told).await.0, 200);
    let her = Person {
        phone: PHONE.to_owned(),
        name: NAME.to_owned(),
    };
    simulator
        .customer_says(&her, TEXT)
        .await
        .expect("it is taken");
    bad_webhooks(&client).await;
    sends(&client, &simulator, key).await;
    bad_requests(&client, key, foreign, erp).await;
    simulator
        .customer_says(&her, "I want to talk to a person")
        .await
        .expect("it is taken");
    let metrics = client
        .http
        .get(format!("{}/metrics", client.url))
        .bearer_auth(&admin);
    let metrics = metrics
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    assert!(metrics.contains("baton_webhooks_total"), "{metrics}");

    let said = process.said.lock().expect("the log").clone();
    let lines = said.lines().count();
    assert!(lines > 50, "hardly anything is logged: {said}");
    for line in said.lines().filter(|line| line.starts_with('{')) {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
    let answered = client.answered.lock().expect("answers").clone();
    let keys = [admin.as_str(), key, foreign, erp];
    for (place, text) in [
        ("log", &said),
        ("metrics", &metrics),
        ("foreign answers", &answered),
    ] {
        for (what, value) in forbidden(&keys) {
            let found = text.lines().find(|line| line.contains(&value));
            assert_eq!(found, None, "{what} is in the {place}");
        }
    }
}
