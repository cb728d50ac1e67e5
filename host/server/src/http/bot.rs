//! `POST /v1/bot/heartbeat`: the bot says that it is there.

use std::sync::Arc;

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{auth::Bot, error::Answer, extract::Json};
use crate::host::Host;

/// That the bot was heard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Heard {
    /// Until when it counts as there if it stays silent.
    #[schema(value_type = String, format = DateTime)]
    there_until: Timestamp,
}

/// Says that the bot is there, so that people can give conversations back to
/// it. Whatever else is asked or told under its key says so, too.
#[utoipa::path(post, path = "/v1/bot/heartbeat", tag = "messages", operation_id = "heartbeat",
    security(("tenant_key" = [])),
    responses((status = 200, description = "It was heard.", body = Heard)))]
pub async fn heartbeat(State(host): State<Arc<Host>>, Bot(scope): Bot) -> Answer<Json<Heard>> {
    let tenant = &scope.tenant;
    host.bots.heard(&tenant.document.id, host.clock.now());
    let minutes = tenant.profile.care().bot_silence_minutes;
    let there_until = host.bots.there_until(&tenant.document.id, minutes);
    Ok(Json(Heard { there_until }))
}
