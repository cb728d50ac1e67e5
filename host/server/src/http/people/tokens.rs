//! Personal tokens: shown once, kept as a hash.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_store::{Document, KeyHash, PersonalToken};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::{
    agents::{holds_role_of, known},
    entry_about,
};
use crate::{
    host::Host,
    http::{
        auth::PeopleManager,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path},
        view::{List, TokenView},
    },
    secret::random_secret,
};

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What its owner calls it, such as the device it is for.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// When it stops to hold; never when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    /// What its owner calls it.
    name: String,
    /// The token, shown this once.
    token: String,
}

/// Which token.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TokenPath {
    /// Whose: the id of one of the tenant's people.
    agent: String,
    /// Its name.
    name: String,
}

/// Makes a token for one of the tenant's people; the answer is the only time it
/// is shown.
#[utoipa::path(post, path = "/v1/people/{agent}/tokens", tag = "people",
    operation_id = "make_token",
    params(("agent" = String, Path, description = "Whose.")), request_body = NewToken,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::InvalidValue, Code::Stale]))),
    responses((status = 201, description = "It holds from now on.", body = MadeToken)))]
pub async fn make(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
    Json(new): Json<NewToken>,
) -> Answer<(StatusCode, Json<MadeToken>)> {
    if new.name.is_empty() || new.name.len() > 64 {
        return Err(ApiError::invalid("a token's name has 1 to 64 characters"));
    }
    let _changing = host.directory_changes.lock().await;
    let owner = known(&host, &scope, &agent)?.body;
    holds_role_of(&host, &scope, &owner)?;
    let tenant = &scope.tenant.document.id;
    let roster = host.directory().roster(tenant);
    let before = roster
        .tokens_of(&owner.id)
        .find(|it| it.body.name == new.name);
    if before.is_some_and(|it| !it.body.is_revoked) {
        let message = "there is a token of this name: revoke it first, or choose another name";
        return Err(ApiError::invalid(message).with("place", "name"));
    }
    let token = random_secret("person").map_err(|error| {
        tracing::error!(%error, "no randomness");
        ApiError::unavailable()
    })?;
    let document = Document {
        revision: before.map_or(0, |it| it.revision),
        body: PersonalToken {
            agent: owner.id,
            name: new.name.clone(),
            hash: KeyHash(Sha256::digest(token.as_bytes()).into()),
            made_at: host.clock.now(),
            expires_at: new.expires_at,
            is_revoked: false,
        },
    };
    let entry = entry_about(&scope, &host, "make-token", &agent);
    let put = host.store.put_personal_token(tenant, document, entry);
    put.await?;
    host.reload_tenant(tenant).await?;
    let name = new.name;
    Ok((StatusCode::CREATED, Json(MadeToken { name, token })))
}

/// Lists somebody's tokens, without the tokens themselves.
#[utoipa::path(get, path = "/v1/people/{agent}/tokens", tag = "people",
    operation_id = "list_tokens",
    params(("agent" = String, Path, description = "Whose.")), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "All of them.", body = List<TokenView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
) -> Answer<Json<List<TokenView>>> {
    let owner = known(&host, &scope, &agent)?.body;
    let roster = host.directory().roster(&scope.tenant.document.id);
    let tokens = roster.tokens_of(&owner.id);
    let items = tokens.map(|it| TokenView::from(&it.body)).collect();
    Ok(Json(List { items }))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/v1/people/{agent}/tokens/{name}", tag = "people",
    operation_id = "revoke_token", params(TokenPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 204, description = "It opens nothing any more.")))]
pub async fn revoke(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(TokenPath { agent, name }): Path<TokenPath>,
) -> Answer<StatusCode> {
    let _changing = host.directory_changes.lock().await;
    let owner = known(&host, &scope, &agent)?.body;
    let tenant = &scope.tenant.document.id;
    let roster = host.directory().roster(tenant);
    let mut tokens = roster.tokens_of(&owner.id);
    let mut token = tokens
        .find(|it| it.body.name == name && !it.body.is_revoked)
        .cloned()
        .ok_or_else(ApiError::not_found)?;
    token.body.is_revoked = true;
    let entry = entry_about(&scope, &host, "revoke-token", &agent);
    let put = host.store.put_personal_token(tenant, token, entry);
    put.await?;
    host.reload_tenant(tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}
