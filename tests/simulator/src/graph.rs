//! The Graph API, as far as Baton and bots use it: `POST
//! /v24.0/{number}/messages` and `/smb_app_data`.

use std::sync::{Arc, PoisonError};

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
        .route("/v24.0/{number}/smb_app_data", post(app_data))
        .with_state(inner)
}

async fn send(
    State(inner): State<Arc<Inner>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Some(business) = business(&inner, &number, &headers) else {
        return no_token();
    };
    if request["status"] == "read" {
        return Json(json!({ "success": true })).into_response();
    }
    let fault = inner
        .faults
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
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

/// The business that the number and the token name.
fn business(inner: &Inner, number: &str, headers: &HeaderMap) -> Option<Business> {
    let business = inner.businesses.iter().find(|it| it.number_id == number);
    let is_known = |business: &&Business| {
        let wanted = format!("Bearer {}", business.token);
        let token = headers.get(header::AUTHORIZATION);
        token.is_some_and(|it| it.as_bytes() == wanted.as_bytes())
    };
    business.filter(is_known).cloned()
}

fn no_token() -> Response {
    error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token")
}

/// The history is asked for: what the App holds then comes by webhooks.
async fn app_data(
    State(inner): State<Arc<Inner>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let Some(business) = business(&inner, &number, &headers) else {
        return no_token();
    };
    let history = {
        let mut app = inner.app.lock().unwrap_or_else(PoisonError::into_inner);
        app.asked += 1;
        app.history.clone()
    };
    let Some(chunks) = history.filter(|_| request["sync_type"] == "history") else {
        return error(
            StatusCode::BAD_REQUEST,
            2_593_107,
            "The history is not to be had",
        );
    };
    tokio::spawn(async move {
        for chunk in chunks {
            // One that is not taken is the host's own loss.
            let _ = inner.deliver(&business, "history", chunk).await;
        }
    });
    let answer = json!({ "messaging_product": "whatsapp", "request_id": "simulated" });
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
