//! What the next person should know: notes, and tags on the open episode.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{
    event::{Event, EventBody, NoteKind, NoteTaken, Tagged},
    ids::AgentId,
    limit,
    limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX, TAGS_MAX},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    auth::Noter,
    care::changed,
    code::Code,
    conversations::{ConversationPath, as_oneself},
    error::{Answer, ApiError, short},
    extract::{Json, Path},
    view::HeadView,
};
use crate::host::Host;

/// What the next person should know.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// `lead` for what qualifies the customer as a buyer, else `care`.
    #[schema(value_type = String, pattern = "^(lead|care)$")]
    about: NoteKind,
    /// What it says.
    #[schema(min_length = 1, max_length = 1000)]
    text: String,
    /// Who writes it, when it is one of your people.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
}

/// That a note was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Noted {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Notes down what the next person should know; people see it in the view.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/notes", tag = "conversations",
    operation_id = "take_note", params(ConversationPath), request_body = NewNote,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 201, description = "It is kept.", body = Noted)))]
pub async fn take_note(
    State(host): State<Arc<Host>>,
    Noter(scope): Noter,
    Path(path): Path<ConversationPath>,
    Json(note): Json<NewNote>,
) -> Answer<(StatusCode, Json<Noted>)> {
    as_oneself(&scope, note.by.as_ref())?;
    let text = short("text", &note.text, limit!(NOTE_CHARS_MAX))?;
    let by = note.by.or_else(|| scope.access.agent().cloned());
    let source = by.is_none().then(|| scope.name());
    let mut at = host.clock.now();
    changed(&host, &scope, "note", &path, |change, now, number, _| {
        at = now;
        change.append(Event {
            at: now,
            number: Some(number.clone()),
            body: EventBody::NoteTaken(NoteTaken {
                about: note.about,
                text: text.clone(),
                by: by.clone(),
                source: source.clone(),
            }),
        });
        Ok(())
    })
    .await?;
    Ok((StatusCode::CREATED, Json(Noted { at })))
}

/// Tags to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTags {
    /// Each has 1 to 64 characters; an episode has at most 32.
    #[schema(min_items = 1, max_items = 32)]
    tags: Vec<String>,
}

/// Puts tags on the open episode, beside those of its handoffs. Who is told of
/// `conversation.tagged` hears of them.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/tags", tag = "conversations",
    operation_id = "add_tags", params(ConversationPath), request_body = NewTags,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "It has them.", body = HeadView)))]
pub async fn add_tags(
    State(host): State<Arc<Host>>,
    Noter(scope): Noter,
    Path(path): Path<ConversationPath>,
    Json(new): Json<NewTags>,
) -> Answer<Json<HeadView>> {
    let most = limit!(TAGS_MAX);
    if new.tags.is_empty() {
        return Err(ApiError::invalid("say at least one tag"));
    }
    if new.tags.len() > TAGS_MAX {
        return Err(ApiError::over("tags of an episode", most));
    }
    let tags = new.tags.iter();
    let tags = tags.map(|it| short("a tag", it, limit!(NAME_CHARS_MAX)));
    let tags: Vec<Arc<str>> = tags.collect::<Answer<_>>()?;
    changed(
        &host,
        &scope,
        "tag",
        &path,
        |change, now, number, before| {
            let Some(episode) = before.open_episode(now) else {
                let message = "no episode is open: the next message of the customer opens one";
                return Err(ApiError::new(Code::NotMoved, message));
            };
            let mut fresh: Vec<Arc<str>> = Vec::new();
            for tag in &tags {
                if !episode.tags.contains(tag) && !fresh.contains(tag) {
                    fresh.push(tag.clone());
                }
            }
            if episode.tags.len() + fresh.len() > TAGS_MAX {
                return Err(ApiError::over("tags of an episode", most));
            }
            if !fresh.is_empty() {
                change.append(Event {
                    at: now,
                    number: Some(number.clone()),
                    body: EventBody::Tagged(Tagged {
                        episode: episode.number,
                        tags: fresh,
                    }),
                });
            }
            Ok(())
        },
    )
    .await
}
