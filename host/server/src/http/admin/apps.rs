//! Meta apps: what signs webhooks.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use baton_store::{App, Document};
use serde::Deserialize;
use serde_json::{Value, json};

use super::revision_read;
use crate::{
    directory::ActiveApp,
    host::Host,
    http::{
        auth::Admin,
        error::{Answer, ApiError},
    },
};

/// An app as it is written; its name is in the path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    secret: String,
    #[serde(default)]
    previous_secret: Option<String>,
    verify_token: String,
}

/// `PUT /admin/apps/{app}`: makes or replaces it. While Meta may still sign
/// with the old secret, keep it as `previous_secret`.
pub async fn put(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewApp>,
) -> Answer<Json<Value>> {
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
    let shown = json!({ "name": app.name, "revision": revision + 1 });
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
