//! Endpoints, and how people are told.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    field::Field,
    ids::{EndpointId, NumberId, RoleName},
    notify::NoticeKind,
};
use baton_store::{Disabled, Document, Endpoint, NotificationSettings, Sees, WhatsAppNotices};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An endpoint as it is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// Where it is; over TLS and on the public internet, unless the host's
    /// configuration says otherwise.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    /// What it is told of, such as `handoff.created`.
    #[schema(value_type = Vec<String>, min_items = 1)]
    pub kinds: BTreeSet<NoticeKind>,
    /// It sees what this role holds: `integration`, which holds no field, when
    /// neither this nor `fields` is said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<RoleName>,
    /// It sees these fields, instead of a role's.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub fields: Option<BTreeSet<Field>>,
    /// Whether it is told; enabling one that the host disabled lets it begin
    /// anew.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// A new endpoint as it is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// What it is called from now on.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    pub id: EndpointId,
    /// Where it is; over TLS and on the public internet, unless the host's
    /// configuration says otherwise.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    /// What it is told of, such as `handoff.created`.
    #[schema(value_type = Vec<String>, min_items = 1)]
    pub kinds: BTreeSet<NoticeKind>,
    /// It sees what this role holds: `integration`, which holds no field, when
    /// neither this nor `fields` is said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<RoleName>,
    /// It sees these fields, instead of a role's.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub fields: Option<BTreeSet<Field>>,
}

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointView {
    /// What it is called.
    #[schema(value_type = String)]
    id: EndpointId,
    /// Where it is.
    url: String,
    /// What it is told of.
    #[schema(value_type = Vec<String>)]
    kinds: BTreeSet<NoticeKind>,
    /// The role whose fields it sees.
    #[schema(value_type = Option<String>)]
    role: Option<RoleName>,
    /// The fields that it sees, when they are not a role's.
    #[schema(value_type = Option<Vec<String>>)]
    fields: Option<Vec<Field>>,
    /// Whether the tenant wants it told.
    enabled: bool,
    /// Since when every delivery failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// That the host disabled it.
    disabled: Option<DisabledView>,
    /// Until when the secret before still signs beside the present one.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    /// How often it was written, for `If-Match`.
    revision: u64,
}

/// That the host disabled an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisabledView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Stable code: `failing`, after days of nothing but failure, or `gone`, by
    /// its own word.
    why: Arc<str>,
}

impl From<Document<Endpoint>> for EndpointView {
    fn from(Document { revision, body }: Document<Endpoint>) -> Self {
        let (role, fields) = match body.sees {
            Sees::Role(role) => (Some(role), None),
            Sees::Fields(fields) => (None, Some(fields.iter().collect())),
        };
        let disabled = |Disabled { at, why }| DisabledView { at, why };
        Self {
            id: body.id,
            url: body.url,
            kinds: body.kinds,
            role,
            fields,
            enabled: body.is_enabled,
            failing_since: body.failing_since,
            disabled: body.disabled.map(disabled),
            previous_secret_until: body.previous.map(|it| it.until),
            revision,
        }
    }
}

/// An endpoint that was made, or got another secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointWithSecret {
    /// The endpoint.
    pub endpoint: EndpointView,
    /// What its webhooks are signed with (Standard Webhooks), shown this once.
    pub secret: String,
}

/// How a tenant's own people are told of what waits for them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationsBody {
    /// By template, on their own WhatsApp numbers.
    #[serde(default)]
    pub whatsapp: Option<WhatsAppNoticesBody>,
    /// By e-mail; the host needs a mail server for it.
    #[serde(default)]
    pub email: bool,
}

/// By which number and approved template: `{{1}}` of its body is what happened,
/// `{{2}}` the link to the conversation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppNoticesBody {
    /// One of the tenant's numbers.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub number: NumberId,
    /// Name of the template at Meta.
    #[schema(min_length = 1, max_length = 512)]
    pub template: String,
    /// Its language code at Meta.
    #[schema(min_length = 1, max_length = 64)]
    pub language: String,
}

impl From<NotificationSettings> for NotificationsBody {
    fn from(NotificationSettings { whatsapp, email }: NotificationSettings) -> Self {
        let body = |WhatsAppNotices {
                        number,
                        template,
                        language,
                    }| WhatsAppNoticesBody {
            number,
            template,
            language,
        };
        Self {
            whatsapp: whatsapp.map(body),
            email,
        }
    }
}

impl From<NotificationsBody> for NotificationSettings {
    fn from(NotificationsBody { whatsapp, email }: NotificationsBody) -> Self {
        let kept = |WhatsAppNoticesBody {
                        number,
                        template,
                        language,
                    }| WhatsAppNotices {
            number,
            template,
            language,
        };
        Self {
            whatsapp: whatsapp.map(kept),
            email,
        }
    }
}

/// What was replayed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayedView {
    /// How many notices are on their way again.
    pub replayed: usize,
    /// Where to go on, as `after`; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
