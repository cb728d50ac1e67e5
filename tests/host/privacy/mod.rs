//! Nothing personal and no secret leaves by the log (at `trace`), by the
//! metrics, or by an error that someone else is answered.

mod values;

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

use self::values::{
    ADDRESS, EMAIL, EXTERNAL, NAME, NUMBER, PHONE, SECRET, SEND_KEY, TEXT, TOKEN, USER_ID, VERIFY,
    WAMID, forbidden,
};
use crate::fixture::{messages, signature, tenant, until};

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

/// A simulator of WhatsApp for the host at `url`.
fn simulated(url: &str) -> Simulator {
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
    Simulator::new(business, now, vec![subscription])
}

/// The app, two tenants, and keys: the operator's, a foreign one, and one of
/// another role.
async fn set_up(client: &Client, admin: &str) -> [String; 3] {
    let app = json!({ "secret": SECRET, "verify_token": VERIFY });
    let (status, answer) = client.call("PUT", "/admin/apps/main", admin, &app).await;
    assert_eq!(status, 200, "{answer}");
    let mut keys = Vec::new();
    for (id, number, name, role) in [
        ("shop", NUMBER, "all", "operator"),
        ("other", "777", "all", "operator"),
        ("shop", NUMBER, "erp", "integration"),
    ] {
        let mut document = tenant(id, number);
        document["numbers"][0]["token"] = json!(TOKEN);
        let path = format!("/admin/tenants/{id}");
        // The second time it is stale, which is an error like others.
        let _ = client.call("PUT", &path, admin, &document).await;
        let new = json!({ "name": name, "role": role });
        let (status, made) = client
            .call("POST", &format!("{path}/keys"), admin, &new)
            .await;
        assert_eq!(status, 201, "{made}");
        keys.push(made["key"].as_str().expect("a key").to_owned());
    }
    keys.try_into().expect("three keys")
}

async fn journey(client: &Client, simulator: &Simulator, keys: &[String; 3]) {
    let [key, foreign, erp] = keys;
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
    let says = |text| simulator.customer_says(&her, text);
    says(TEXT).await.expect("it is taken");
    bad_webhooks(client).await;
    sends(client, simulator, key).await;
    bad_requests(client, key, foreign, erp).await;
    says("I want to talk to a person")
        .await
        .expect("it is taken");
}

#[tokio::test]
async fn nothing_personal_leaves_by_log_metrics_or_foreign_errors() {
    let folder = TempDir::new().expect("a folder");
    let (graph, graph_url) = Simulator::listener().await.expect("a port");
    let (admin, url) = configure(folder.path(), &graph_url);
    let simulator = simulated(&url);
    tokio::spawn(simulator.clone().serve(graph));
    let process = serve(folder.path());
    let client = Client {
        url,
        http: baton::accept::client().build().expect("a client"),
        answered: Mutex::default(),
    };
    let keys = set_up(&client, &admin).await;
    journey(&client, &simulator, &keys).await;
    let metrics = client.http.get(format!("{}/metrics", client.url));
    let metrics = metrics.bearer_auth(&admin).send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a text");
    assert!(metrics.contains("baton_webhooks_total"), "{metrics}");

    let said = process.said.lock().expect("the log").clone();
    for mark in [
        "request.id",
        "customer",
        "quarantined",
        "durable",
        "given up",
    ] {
        assert!(said.contains(mark), "{mark} is not in the log:\n{said}");
    }
    for line in said.lines().filter(|line| line.starts_with('{')) {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
    let answered = client.answered.lock().expect("answers").clone();
    let [key, foreign, erp] = &keys;
    for (place, text) in [
        ("log", &said),
        ("metrics", &metrics),
        ("foreign answers", &answered),
    ] {
        for (what, value) in forbidden(&[&admin, key, foreign, erp]) {
            let found = text.lines().find(|line| line.contains(&value));
            assert_eq!(found, None, "{what} is in the {place}");
        }
    }
}
