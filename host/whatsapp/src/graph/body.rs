//! The JSON of requests, as the documentation shows it.

use baton_domain::ids::MessageId;
use serde::Serialize;
use serde_json::{Value, json};

use super::message::{Content, Outgoing, Row, Template, TemplateButton, TemplateHeader};
use crate::address::{BusinessScopedUserId, Phone};

/// `POST /{number}/messages` for a message.
#[derive(Serialize)]
pub(super) struct MessageBody<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    /// Goes before `recipient` when both are known, so only one is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<ContextBody<'a>>,
    #[serde(flatten)]
    content: ContentBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
}

/// `POST /{number}/messages` to show a message as read.
#[derive(Serialize)]
pub(super) struct ReadBody<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<TypingBody>,
}

#[derive(Serialize)]
struct TypingBody {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct ContextBody<'a> {
    message_id: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentBody<'a> {
    Text { text: TextBody<'a> },
    Image { image: MediaBody<'a> },
    Document { document: MediaBody<'a> },
    Interactive { interactive: Value },
    Template { template: Value },
}

#[derive(Serialize)]
struct TextBody<'a> {
    preview_url: bool,
    body: &'a str,
}

#[derive(Serialize)]
struct MediaBody<'a> {
    link: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
}

pub(super) fn message(outgoing: &Outgoing) -> MessageBody<'_> {
    let phone = outgoing.to().phone().map(Phone::as_str);
    let user_id = outgoing.to().user_id().map(BusinessScopedUserId::as_str);
    MessageBody {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: phone,
        recipient: user_id.filter(|_| phone.is_none()),
        context: outgoing.replies_to().map(|id| ContextBody {
            message_id: id.as_str(),
        }),
        content: content(outgoing.content()),
        biz_opaque_callback_data: outgoing.key(),
    }
}

pub(super) fn read(message: &MessageId, with_typing: bool) -> ReadBody<'_> {
    ReadBody {
        messaging_product: "whatsapp",
        status: "read",
        message_id: message.as_str(),
        typing_indicator: with_typing.then_some(TypingBody { kind: "text" }),
    }
}

/// What is asked of the Business App's data.
#[derive(Serialize)]
pub(super) struct HistoryBody {
    messaging_product: &'static str,
    sync_type: &'static str,
}

pub(super) fn history() -> HistoryBody {
    HistoryBody {
        messaging_product: "whatsapp",
        sync_type: "history",
    }
}

fn content(content: &Content) -> ContentBody<'_> {
    match content {
        Content::Text { body, preview_url } => ContentBody::Text {
            text: TextBody {
                preview_url: *preview_url,
                body,
            },
        },
        Content::Image { url, caption } => {
            let image = MediaBody {
                link: url,
                filename: None,
                caption: caption.as_deref(),
            };
            ContentBody::Image { image }
        }
        Content::Document {
            url,
            filename,
            caption,
        } => {
            let (filename, caption) = (Some(filename.as_str()), caption.as_deref());
            ContentBody::Document {
                document: MediaBody {
                    link: url,
                    filename,
                    caption,
                },
            }
        }
        Content::Buttons { body, buttons } => {
            let buttons: Vec<Value> = buttons.iter().map(button).collect();
            interactive("button", body, json!({ "buttons": buttons }))
        }
        Content::List { body, opener, rows } => {
            let rows: Vec<Value> = rows.iter().map(row).collect();
            interactive(
                "list",
                body,
                json!({ "button": opener, "sections": [{ "rows": rows }] }),
            )
        }
        Content::Link { body, label, url } => {
            let parameters = json!({ "display_text": label, "url": url });
            interactive(
                "cta_url",
                body,
                json!({ "name": "cta_url", "parameters": parameters }),
            )
        }
        Content::Template(filled) => ContentBody::Template {
            template: template(filled),
        },
    }
}

fn interactive<'a>(kind: &str, body: &str, action: Value) -> ContentBody<'a> {
    let interactive = json!({ "type": kind, "body": { "text": body }, "action": action });
    ContentBody::Interactive { interactive }
}

fn button(button: &Row) -> Value {
    json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } })
}

fn row(row: &Row) -> Value {
    let mut json = json!({ "id": row.id, "title": row.title });
    if let Some(text) = &row.description {
        json["description"] = text.as_str().into();
    }
    json
}

fn template(filled: &Template) -> Value {
    let mut components = Vec::new();
    if let Some(header) = &filled.header {
        components.push(json!({ "type": "header", "parameters": [header_parameter(header)] }));
    }
    if !filled.parameters.is_empty() {
        let texts = filled.parameters.iter();
        let parameters: Vec<Value> = texts
            .map(|it| json!({ "type": "text", "text": it }))
            .collect();
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    components.extend(filled.buttons.iter().map(template_button));
    let language = json!({ "code": filled.language });
    json!({ "name": filled.name, "language": language, "components": components })
}

fn header_parameter(header: &TemplateHeader) -> Value {
    match header {
        TemplateHeader::Text(text) => json!({ "type": "text", "text": text }),
        TemplateHeader::Image(url) => json!({ "type": "image", "image": { "link": url } }),
        TemplateHeader::Document(url) => json!({ "type": "document", "document": { "link": url } }),
    }
}

fn template_button(button: &TemplateButton) -> Value {
    let (kind, index, parameter) = match button {
        TemplateButton::Url { index, suffix } => {
            ("url", index, json!({ "type": "text", "text": suffix }))
        }
        TemplateButton::QuickReply { index, payload } => (
            "quick_reply",
            index,
            json!({ "type": "payload", "payload": payload }),
        ),
    };
    let index = index.to_string();
    json!({ "type": "button", "sub_type": kind, "index": index, "parameters": [parameter] })
}
