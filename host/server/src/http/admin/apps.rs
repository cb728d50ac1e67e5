//! Meta apps: what signs webhooks.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use baton_store::{App, Document};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision_read;
use crate::{
    directory::ActiveApp,
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path},
    },
};

/// An app as it is written; its name is in the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// What its webhooks are signed with. Never shown.
    secret: String,
    /// The secret before, while Meta may still sign with it.
    #[serde(default)]
    previous_secret: Option<String>,
    /// The token of the subscription handshake.
    verify_token: String,
}

/// An app as it was written, without secrets.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppView {
    /// Its name in the callback's path.
    name: String,
    /// Writes so far.
    revision: u64,
}

/// Makes or replaces a Meta app. While Meta may still sign with the old secret,
/// keep it as `previous_secret`.
#[utoipa::path(put, path = "/admin/apps/{app}", tag = "admin", operation_id = "put_app",
    params(("app" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9 and -."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for a new one.")),
    request_body = NewApp, security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Stale]))),
    responses((status = 200, description = "It is in use.", body = AppView)))]
pub async fn put(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewApp>,
) -> Answer<Json<AppView>> {
    let NewApp {
        secret,
        previous_secret,
        verify_token,
    } = new;
    let app = App {
        name,
        secret,
        previous_secret,
        verify_token,
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if app.name.is_empty() || app.name.len() > 64 || !app.name.chars().all(is_name) {
        return Err(ApiError::invalid(
            "an app's name is 1 to 64 of a-z, 0-9 and -",
        ));
    }
    if !host.config.is_demo && KNOWN_TO_EVERYBODY.contains(&app.secret.as_str()) {
        return Err(ApiError::invalid(
            "this secret is in the manual: everybody knows it",
        ));
    }
    ActiveApp::new(&app).map_err(ApiError::invalid)?;
    let _changing = host.directory_changes.lock().await;
    let revision = revision_read(&headers)?;
    let shown = AppView {
        name: app.name.clone(),
        revision: revision + 1,
    };
    host.store
        .put_app(Document {
            revision,
            body: app,
        })
        .await?;
    host.reload_directory().await?;
    Ok(Json(shown))
}

/// Secrets that the demonstration uses.
const KNOWN_TO_EVERYBODY: [&str; 3] = ["demo-app-secret", "example-app-secret", "test-app-secret"];
