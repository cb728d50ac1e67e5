//! The Graph API, as far as Baton and bots use it: `POST
//! /v24.0/{number}/messages`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

use crate::{Business, Fault, Inner, SentMessage};

pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/v24.0/{number}/messages", post(send))
        .with_state(inner)
}

async fn send(
    State(inner): State<Arc<Inner>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let business = inner.businesses.iter().find(|it| it.number_id == number);
    let is_known = |business: &&Business| {
        let wanted = format!("Bearer {}", business.token);
        let token = headers.get(header::AUTHORIZATION);
        token.is_some_and(|it| it.as_bytes() == wanted.as_bytes())
    };
    let Some(business) = business.filter(is_known).cloned() else {
        return error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token");
    };
    if request["status"] == "read" {
        return Json(json!({ "success": true })).into_response();
    }
    let fault = inner
        .faults
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .pop_front();
    if let Some(Fault::Refuse { status, code }) = fault {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        return error(status, code, "simulated");
    }
    let id = inner.fresh_id();
    let to = request["to"]
        .as_str()
        .or_else(|| request["recipient"].as_str());
    let to = to.unwrap_or_default().to_owned();
    let at = (inner.now)();
    let sent = SentMessage {
        id: id.clone(),
        number,
        at,
        request: request.clone(),
    };
    inner.sent.send_modify(|all| all.push(sent));
    tell_statuses(&inner, business, &id, &to, &request);
    if matches!(fault, Some(Fault::TakeAndHangUp)) {
        return error(
            StatusCode::INTERNAL_SERVER_ERROR,
            131_000,
            "Something went wrong",
        );
    }
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": to, "wa_id": to }],
        "messages": [{ "id": id }],
    });
    Json(answer).into_response()
}

fn error(status: StatusCode, code: i64, message: &str) -> Response {
    let error = json!({
        "message": message,
        "type": "OAuthException",
        "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": message },
        "fbtrace_id": "simulated",
    });
    (status, Json(json!({ "error": error }))).into_response()
}

/// Sent, delivered, read: after the answer, as WhatsApp does.
fn tell_statuses(inner: &Arc<Inner>, about: Business, id: &str, to: &str, request: &Value) {
    let key = request["biz_opaque_callback_data"].clone();
    let (inner, id, to) = (inner.clone(), id.to_owned(), to.to_owned());
    tokio::spawn(async move {
        for status in ["sent", "delivered", "read"] {
            let mut told = json!({
                "id": id,
                "status": status,
                "timestamp": inner.second(),
                "recipient_id": to,
            });
            if !key.is_null() {
                told["biz_opaque_callback_data"] = key.clone();
            }
            // A lost status is WhatsApp's daily business.
            let _ = inner
                .deliver(&about, "messages", json!({ "statuses": [told] }))
                .await;
        }
    });
}
