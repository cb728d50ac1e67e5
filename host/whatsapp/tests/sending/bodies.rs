//! Requests look as the documentation shows them.

use baton_domain::ids::MessageId;
use baton_whatsapp::{
    address::{CustomerAddress, Phone},
    graph::{
        Content, GraphClient, Outcome, Outgoing, Row, Template, TemplateButton, TemplateHeader,
    },
};
use serde_json::{Value, json};

use crate::server::{Behaviour, Server, number, phone, text, token, user_id};

const TAKEN: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"16505551234","wa_id":"16505551234"}],"messages":[{"id":"wamid.X"}]}"#;

/// The head and the JSON that a message is sent as.
async fn sent(message: &Outgoing) -> (String, Value) {
    let server = Server::start(Behaviour::Answer(200, TAKEN.to_owned())).await;
    let client = GraphClient::new(&server.base).unwrap();
    let outcome = client.send(&number(), &token(), message).await;
    assert_eq!(outcome.code(), "accepted", "{outcome:?}");
    split(&server.seen().await)
}

fn split(seen: &[String]) -> (String, Value) {
    let [request] = seen else {
        panic!("{} requests", seen.len())
    };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

async fn json_of(content: Content) -> Value {
    sent(&Outgoing::new(phone(), content).unwrap()).await.1
}

fn row(id: &str, title: &str, description: Option<&str>) -> Row {
    let description = description.map(str::to_owned);
    Row {
        id: id.to_owned(),
        title: title.to_owned(),
        description,
    }
}

#[tokio::test]
async fn a_text_goes_to_the_number_with_the_token_and_the_key() {
    let message = Outgoing::new(phone(), text("caf\u{e9} \u{1f44d}")).unwrap();
    let message = message.with_key("baton:send:1").unwrap();
    let message = message.replying_to(MessageId::parse("wamid.Q").unwrap());
    let (head, body) = sent(&message).await;
    assert!(
        head.starts_with("POST /v24.0/106540352242922/messages HTTP/1.1"),
        "{head}"
    );
    assert!(head.contains("authorization: Bearer EAAtest"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let expected = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "16505551234",
        "context": { "message_id": "wamid.Q" },
        "type": "text",
        "text": { "preview_url": false, "body": "caf\u{e9} \u{1f44d}" },
        "biz_opaque_callback_data": "baton:send:1",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_customer_without_a_phone_is_reached_by_user_id() {
    let (_, body) = sent(&Outgoing::new(user_id(), text("Hi")).unwrap()).await;
    assert_eq!(body["recipient"], "US.13491208655302741918");
    assert_eq!(body.get("to"), None);
    let both = phone().or(&user_id());
    let (_, body) = sent(&Outgoing::new(both, text("Hi")).unwrap()).await;
    assert_eq!(body["to"], "16505551234");
    assert_eq!(body.get("recipient"), None);
}

#[tokio::test]
async fn interactive_messages() {
    let buttons = vec![row("yes", "Yes", None), row("no", "No", None)];
    let body = json_of(Content::Buttons {
        body: "Sure?".to_owned(),
        buttons,
    })
    .await;
    let reply =
        |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let expected = json!({
        "type": "button",
        "body": { "text": "Sure?" },
        "action": { "buttons": [reply("yes", "Yes"), reply("no", "No")] },
    });
    assert_eq!(
        (&body["type"], &body["interactive"]),
        (&json!("interactive"), &expected)
    );

    let rows = vec![
        row("a", "Express", Some("Tomorrow")),
        row("b", "Normal", None),
    ];
    let (text, opener) = ("How?".to_owned(), "Choose".to_owned());
    let body = json_of(Content::List {
        body: text,
        opener,
        rows,
    })
    .await;
    let rows = json!([
        { "id": "a", "title": "Express", "description": "Tomorrow" },
        { "id": "b", "title": "Normal" },
    ]);
    let action = json!({ "button": "Choose", "sections": [{ "rows": rows }] });
    assert_eq!(
        body["interactive"],
        json!({ "type": "list", "body": { "text": "How?" }, "action": action })
    );

    let (text, label) = ("Your basket".to_owned(), "Pay".to_owned());
    let body = json_of(Content::Link {
        body: text,
        label,
        url: "https://shop.example/c/1".to_owned(),
    })
    .await;
    let parameters = json!({ "display_text": "Pay", "url": "https://shop.example/c/1" });
    let action = json!({ "name": "cta_url", "parameters": parameters });
    let expected =
        json!({ "type": "cta_url", "body": { "text": "Your basket" }, "action": action });
    assert_eq!(body["interactive"], expected);
}

#[tokio::test]
async fn files_by_link() {
    let url = "https://shop.example/a.jpg".to_owned();
    let body = json_of(Content::Image {
        url: url.clone(),
        caption: None,
    })
    .await;
    assert_eq!(
        (&body["type"], &body["image"]),
        (&json!("image"), &json!({ "link": url }))
    );
    let (filename, caption) = ("invoice.pdf".to_owned(), Some("Your invoice".to_owned()));
    let body = json_of(Content::Document {
        url: url.clone(),
        filename,
        caption,
    })
    .await;
    let expected = json!({ "link": url, "filename": "invoice.pdf", "caption": "Your invoice" });
    assert_eq!(
        (&body["type"], &body["document"]),
        (&json!("document"), &expected)
    );
}

#[tokio::test]
async fn templates_with_all_their_parts() {
    let template = Template {
        name: "order_update".to_owned(),
        language: "en_US".to_owned(),
        header: Some(TemplateHeader::Image(
            "https://shop.example/a.jpg".to_owned(),
        )),
        parameters: vec!["Ann".to_owned(), "1042".to_owned()],
        buttons: vec![
            TemplateButton::Url {
                index: 0,
                suffix: "track/1042".to_owned(),
            },
            TemplateButton::QuickReply {
                index: 1,
                payload: "stop".to_owned(),
            },
        ],
    };
    let body = json_of(Content::Template(template)).await;
    let button = |kind: &str, index: &str, parameter: Value| json!({ "type": "button", "sub_type": kind, "index": index, "parameters": [parameter] });
    let words = [
        json!({ "type": "text", "text": "Ann" }),
        json!({ "type": "text", "text": "1042" }),
    ];
    let image = json!({ "type": "image", "image": { "link": "https://shop.example/a.jpg" } });
    let expected = json!({
        "name": "order_update",
        "language": { "code": "en_US" },
        "components": [
            { "type": "header", "parameters": [image] },
            { "type": "body", "parameters": words },
            button("url", "0", json!({ "type": "text", "text": "track/1042" })),
            button("quick_reply", "1", json!({ "type": "payload", "payload": "stop" })),
        ],
    });
    assert_eq!(
        (&body["type"], &body["template"]),
        (&json!("template"), &expected)
    );
    let plain = Template {
        name: "hi".to_owned(),
        language: "id".to_owned(),
        ..Template::default()
    };
    let body = json_of(Content::Template(plain)).await;
    assert_eq!(
        body["template"],
        json!({ "name": "hi", "language": { "code": "id" }, "components": [] })
    );
}

#[tokio::test]
async fn reading_and_typing_are_shown() {
    let server = Server::start(Behaviour::Answer(200, r#"{"success":true}"#.to_owned())).await;
    let client = GraphClient::new(&server.base).unwrap();
    let message = MessageId::parse("wamid.Q").unwrap();
    let outcome = client.mark_read(&number(), &token(), &message, true).await;
    assert!(matches!(outcome, Outcome::Accepted(accepted) if accepted.message.is_none()));
    let (_, body) = split(&server.seen().await);
    let expected = json!({
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.Q",
        "typing_indicator": { "type": "text" },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_answer_tells_the_id_and_where_the_customer_is() {
    let answer = r#"{"messages":[{"id":"wamid.X","message_status":"accepted"}],"contacts":[{"input":"+1 650","wa_id":"16505551234","user_id":"US.9"}]}"#;
    let server = Server::start(Behaviour::Answer(200, answer.to_owned())).await;
    let client = GraphClient::new(&format!("{}/", server.base)).unwrap();
    let message = Outgoing::new(phone(), text("Hi")).unwrap();
    let Outcome::Accepted(accepted) = client.send(&number(), &token(), &message).await else {
        panic!("not accepted");
    };
    assert_eq!(accepted.message, MessageId::parse("wamid.X").ok());
    let address: CustomerAddress = accepted.address.unwrap();
    assert_eq!(address.phone(), Phone::parse("16505551234").ok().as_ref());
    assert_eq!(address.user_id().unwrap().as_str(), "US.9");
    assert!(server.seen().await[0].starts_with("POST /v24.0/106540352242922/messages "));
}
