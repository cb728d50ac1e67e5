//! Endpoints: where other systems are told of what happens, by webhooks in the
//! format of Standard Webhooks.
//!
//! Nobody gives what they do not hold: who makes an endpoint, changes one or
//! gives it another secret holds every field that it sees.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    field::Field,
    ids::{CustomerId, EndpointId, RoleName},
    limits::SECRET_ROTATION_HOURS,
    notify::NoticeKind,
};
use baton_store::{Document, Endpoint, PreviousSecret, Sees, WorkKey};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    admin::revision_read,
    auth::{PeopleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path, Query, WithRevision, with_revision},
    people::entry_about,
    view::{EndpointBody, EndpointView, EndpointWithSecret, List, NewEndpoint, ReplayedView},
};
use crate::{
    host::Host,
    notify::{self, NotReplayed, new_secret, seen_by},
};

/// Lists the endpoints.
#[utoipa::path(get, path = "/v1/endpoints", tag = "notifications", operation_id = "list_endpoints",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<EndpointView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
) -> Answer<Json<List<EndpointView>>> {
    let endpoints = host.store.endpoints(&scope.tenant.document.id).await?;
    let items = endpoints.into_iter().map(EndpointView::from).collect();
    Ok(Json(List { items }))
}

/// Makes an endpoint, which is told of what happens from then on. The answer is
/// the only time its secret is shown.
#[utoipa::path(post, path = "/v1/endpoints", tag = "notifications", operation_id = "make_endpoint",
    request_body = NewEndpoint, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Stale]))),
    responses((status = 201, description = "It is told from now on.", body = EndpointWithSecret)))]
pub async fn make(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Json(new): Json<NewEndpoint>,
) -> Answer<(StatusCode, Json<EndpointWithSecret>)> {
    let secret = fresh_secret()?;
    let wanted = Wanted {
        url: new.url,
        kinds: new.kinds,
        role: new.role,
        fields: new.fields,
    };
    let endpoint = Endpoint {
        id: new.id,
        url: String::new(),
        kinds: BTreeSet::new(),
        sees: Sees::Fields(Default::default()),
        secret: secret.clone(),
        previous: None,
        is_enabled: true,
        failing_since: None,
        disabled: None,
    };
    let body = wanted.onto(&host, &scope, endpoint)?;
    let known = host.store.endpoints(&scope.tenant.document.id).await?;
    if known.iter().any(|it| it.body.id == body.id) {
        let message = "there is an endpoint of this id: change it, or choose another";
        return Err(ApiError::invalid(message).with("place", "id"));
    }
    let document = Document { revision: 0, body };
    let endpoint = write(&host, &scope, "make-endpoint", document).await?;
    let made = EndpointWithSecret { endpoint, secret };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Shows an endpoint, without its secret.
#[utoipa::path(get, path = "/v1/endpoints/{endpoint}", tag = "notifications",
    operation_id = "show_endpoint", params(EndpointPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The endpoint.", body = EndpointView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(path): Path<EndpointPath>,
) -> Answer<WithRevision<EndpointView>> {
    let found = find(&host, &scope, &path).await?;
    Ok(with_revision(found.revision, EndpointView::from(found)))
}

/// Changes an endpoint; its secret stays.
#[utoipa::path(put, path = "/v1/endpoints/{endpoint}", tag = "notifications",
    operation_id = "put_endpoint",
    params(EndpointPath, ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`.")),
    request_body = EndpointBody, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::InvalidValue]))),
    responses((status = 200, description = "It holds.", body = EndpointView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(path): Path<EndpointPath>,
    headers: HeaderMap,
    Json(body): Json<EndpointBody>,
) -> Answer<WithRevision<EndpointView>> {
    let revision = revision_read(&headers)?;
    let mut endpoint = find(&host, &scope, &path).await?.body;
    // Or whoever holds less would have it told elsewhere.
    holds(&scope, &endpoint.sees)?;
    endpoint.is_enabled = body.enabled;
    if body.enabled {
        endpoint.failing_since = None;
        endpoint.disabled = None;
    }
    let wanted = Wanted {
        url: body.url,
        kinds: body.kinds,
        role: body.role,
        fields: body.fields,
    };
    let body = wanted.onto(&host, &scope, endpoint)?;
    let document = Document { revision, body };
    let written = write(&host, &scope, "put-endpoint", document).await?;
    Ok(with_revision(revision + 1, written))
}

/// Removes an endpoint; what is on its way to it is given up.
#[utoipa::path(delete, path = "/v1/endpoints/{endpoint}", tag = "notifications",
    operation_id = "remove_endpoint",
    params(EndpointPath, ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; whatever is there when absent.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale]))),
    responses((status = 204, description = "It is told no more.")))]
pub async fn remove(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(path): Path<EndpointPath>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let tenant = &scope.tenant.document.id;
    let _changing = host.directory_changes.lock().await;
    let Document { revision, body } = find(&host, &scope, &path).await?;
    let revision = match headers.contains_key("if-match") {
        true => revision_read(&headers)?,
        false => revision,
    };
    let entry = entry_about(&scope, &host, "remove-endpoint", body.id.as_str());
    let removed = host
        .store
        .remove_endpoint(tenant, &body.id, revision, entry);
    removed.await?;
    host.reload_told(tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an endpoint another secret. For a day both sign, so that the receiver
/// can take its time. The answer is the only time it is shown.
#[utoipa::path(post, path = "/v1/endpoints/{endpoint}/rotate", tag = "notifications",
    operation_id = "rotate_endpoint", params(EndpointPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale]))),
    responses((status = 200, description = "It signs from now on.", body = EndpointWithSecret)))]
pub async fn rotate(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(path): Path<EndpointPath>,
) -> Answer<Json<EndpointWithSecret>> {
    let secret = fresh_secret()?;
    let Document { revision, mut body } = find(&host, &scope, &path).await?;
    holds(&scope, &body.sees)?;
    let before = std::mem::replace(&mut body.secret, secret.clone());
    body.previous = Some(PreviousSecret {
        secret: before,
        until: host.clock.now() + SignedDuration::from_hours(SECRET_ROTATION_HOURS),
    });
    let document = Document { revision, body };
    let endpoint = write(&host, &scope, "rotate-endpoint", document).await?;
    Ok(Json(EndpointWithSecret { endpoint, secret }))
}

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// Notices of what happened from then on.
    #[param(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Where the last answer ended, from its `next`.
    #[serde(default)]
    after: Option<String>,
}

/// Sends notices of an endpoint once more that were given up, under the ids
/// that they had. The receiver may have some of them.
#[utoipa::path(post, path = "/v1/endpoints/{endpoint}/replay", tag = "notifications",
    operation_id = "replay_endpoint", params(EndpointPath, Since), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::NotReplayable, Code::InvalidValue]))),
    responses((status = 202, description = "They are on their way.", body = ReplayedView)))]
pub async fn replay(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(path): Path<EndpointPath>,
    Query(Since { since, after }): Query<Since>,
) -> Answer<(StatusCode, Json<ReplayedView>)> {
    let endpoint = find(&host, &scope, &path).await?.body;
    if !endpoint.is_enabled || endpoint.disabled.is_some() {
        let message = "the endpoint is disabled: enable it before anything is replayed";
        return Err(ApiError::new(Code::NotReplayable, message));
    }
    let (tenant, id) = (&scope.tenant, &endpoint.id);
    let by = entry_about(&scope, &host, "replay-endpoint", id.as_str());
    let after = after.as_deref();
    let replayed = notify::replay_endpoint(&host, tenant, id, since, after, &by).await?;
    let view = ReplayedView {
        replayed: replayed.count,
        next: replayed.next,
    };
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Which dead letter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Baton's id of the customer, as it is listed.
    customer: String,
    /// The key, as it is listed.
    key: String,
}

/// Sends one notice among the dead letters once more. A message to a customer
/// is never sent a second time.
#[utoipa::path(post, path = "/v1/dead-letters/replay", tag = "notifications",
    operation_id = "replay_dead_letter", request_body = Letter, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotReplayable]))),
    responses((status = 202, description = "It is on its way.", body = ReplayedView)))]
pub async fn replay_letter(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Json(Letter { customer, key }): Json<Letter>,
) -> Answer<(StatusCode, Json<ReplayedView>)> {
    let customer = CustomerId::parse(&customer).map_err(|_| ApiError::not_found())?;
    let key = WorkKey(key.into());
    let by = entry_about(&scope, &host, "replay-dead-letter", customer.as_str());
    match notify::replay_one(&host, &scope.tenant, &customer, &key, &by).await {
        Ok(()) => {
            let (replayed, next) = (1, None);
            Ok((StatusCode::ACCEPTED, Json(ReplayedView { replayed, next })))
        }
        Err(NotReplayed::Missing) => Err(ApiError::not_found()),
        Err(error @ NotReplayed::NotNotice) => Err(ApiError::new(Code::NotReplayable, error)),
        Err(NotReplayed::Refused(refused)) => Err(refused.into()),
    }
}

/// Which endpoint.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EndpointPath {
    /// What it is called.
    endpoint: String,
}

/// What somebody wants of an endpoint.
struct Wanted {
    url: String,
    kinds: BTreeSet<NoticeKind>,
    role: Option<RoleName>,
    fields: Option<BTreeSet<Field>>,
}

impl Wanted {
    fn onto(self, host: &Host, scope: &Scope, endpoint: Endpoint) -> Answer<Endpoint> {
        let url = host.config.webhooks.check(&self.url);
        url.map_err(|error| ApiError::invalid(error).with("place", "url"))?;
        if self.kinds.is_empty() {
            let message = "kinds names at least one kind of notice";
            return Err(ApiError::invalid(message).with("place", "kinds"));
        }
        let sees = match (self.role, self.fields) {
            (None, Some(fields)) => Sees::Fields(fields.into_iter().collect()),
            (None, None) => Sees::Role(RoleName::parse("integration").map_err(ApiError::invalid)?),
            (Some(role), None) if scope.tenant.people.role(&role).is_some() => Sees::Role(role),
            (Some(role), None) => {
                let message = format!("there is no role {role}");
                return Err(ApiError::invalid(message).with("place", "role"));
            }
            (Some(_), Some(_)) => return Err(ApiError::invalid("say either role or fields")),
        };
        holds(scope, &sees)?;
        Ok(Endpoint {
            url: self.url,
            kinds: self.kinds,
            sees,
            ..endpoint
        })
    }
}

/// Lets go on who holds every field that is seen.
fn holds(scope: &Scope, sees: &Sees) -> Answer<()> {
    let seen = seen_by(sees, &scope.tenant.people);
    let lacking = seen.without(scope.access.fields());
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking: Vec<&str> = lacking.iter().map(Field::name).collect();
    let message =
        "nobody gives what they do not hold: the endpoint sees fields that your role lacks";
    Err(ApiError::new(Code::Forbidden, message).with("fields", lacking))
}

fn fresh_secret() -> Answer<String> {
    new_secret().map_err(|error| {
        tracing::error!(%error, "no randomness");
        ApiError::unavailable()
    })
}

async fn find(host: &Host, scope: &Scope, path: &EndpointPath) -> Answer<Document<Endpoint>> {
    let id = EndpointId::parse(&path.endpoint).map_err(|_| ApiError::not_found())?;
    let endpoints = host.store.endpoints(&scope.tenant.document.id).await?;
    let found = endpoints.into_iter().find(|it| it.body.id == id);
    found.ok_or_else(ApiError::not_found)
}

/// Writes an endpoint and puts it into use.
async fn write(
    host: &Host,
    scope: &Scope,
    what: &str,
    endpoint: Document<Endpoint>,
) -> Answer<EndpointView> {
    let tenant = &scope.tenant.document.id;
    let _changing = host.directory_changes.lock().await;
    let written = Document {
        revision: endpoint.revision + 1,
        body: endpoint.body.clone(),
    };
    let entry = entry_about(scope, host, what, written.body.id.as_str());
    let put = host.store.put_endpoint(tenant, endpoint, Some(entry));
    put.await?;
    host.reload_told(tenant).await?;
    Ok(EndpointView::from(written))
}
