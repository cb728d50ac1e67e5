//! The rollout: which release decides on whom, how they fare, and what takes
//! one back by itself.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use baton_domain::{
    ids::ReleaseNumber,
    limits::COMMIT_TRIES_MAX,
    release::{Asked, Canary, Guardrails, InvalidMove, Rollout, Share},
};
use baton_store::{CommitError, Document};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    admin::revision_read,
    audit::did,
    auth::{RuleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, WithRevision, with_revision},
    releases::{check, existing},
    view::{GuardrailsBody, List, RolloutView, RunningView},
};
use crate::host::Host;

/// A move that is wanted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "move", rename_all = "snake_case", deny_unknown_fields)]
pub enum WantedMove {
    /// The release decides on everybody who is not in a canary.
    Activate {
        /// Which one.
        release: u32,
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
    /// The release decides on a share of the customers, always the same ones.
    Canary {
        /// Which one.
        release: u32,
        /// On how many of a hundred: 0.01 to 100.
        percent: f64,
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
    /// The active release decides on everybody again.
    EndCanary {
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
    /// The release decides beside the others and is recorded, without effect.
    Shadow {
        /// Which one.
        release: u32,
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
    /// There is no shadow any more.
    EndShadow {
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
    /// A canary ends; without one, the release that was active before is again.
    RollBack {
        /// Why, for the record.
        #[serde(default)]
        why: Option<String>,
    },
}

impl WantedMove {
    fn why(&self) -> Option<Arc<str>> {
        let (Self::Activate { why, .. }
        | Self::Canary { why, .. }
        | Self::EndCanary { why }
        | Self::Shadow { why, .. }
        | Self::EndShadow { why }
        | Self::RollBack { why }) = self;
        why.as_deref().map(Into::into)
    }

    /// The release that is to decide, if one is named.
    fn release(&self) -> Option<ReleaseNumber> {
        match self {
            Self::Activate { release, .. }
            | Self::Canary { release, .. }
            | Self::Shadow { release, .. } => Some(ReleaseNumber(*release)),
            Self::EndCanary { .. } | Self::EndShadow { .. } | Self::RollBack { .. } => None,
        }
    }

    fn make(&self, rollout: &mut Rollout, asked: Asked) -> Result<(), InvalidMove> {
        match self {
            Self::Activate { release, .. } => rollout.activate(ReleaseNumber(*release), asked),
            Self::Canary {
                release, percent, ..
            } => {
                let (release, percent) = (ReleaseNumber(*release), Share::try_from(*percent)?);
                rollout.start_canary(Canary { release, percent }, asked)
            }
            Self::EndCanary { .. } => rollout.end_canary(asked),
            Self::Shadow { release, .. } => rollout.start_shadow(ReleaseNumber(*release), asked),
            Self::EndShadow { .. } => rollout.end_shadow(asked),
            Self::RollBack { .. } => rollout.roll_back(asked),
        }
    }
}

/// Shows which release decides on whom, and the latest moves.
#[utoipa::path(get, path = "/v1/rollout", tag = "releases", operation_id = "show_rollout",
    security(("tenant_key" = [])),
    responses((status = 200, description = "The rollout.", body = RolloutView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
) -> Answer<WithRevision<RolloutView>> {
    let rollout = host.store.rollout(&scope.tenant.document.id).await?;
    Ok(shown(rollout))
}

/// Moves between releases. It holds from the next event on, whole: no event is
/// decided by a mixture, and what is under way ends as it began.
#[utoipa::path(post, path = "/v1/rollout", tag = "releases", operation_id = "move_rollout",
    params(("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent to move from whatever stands.")),
    request_body = WantedMove, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::InvalidValue,
        Code::RolloutRefused, Code::UngrantedFields, Code::ReleaseUnfit, Code::ChangedMeanwhile]))),
    responses((status = 200, description = "It holds.", body = RolloutView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn make_move(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    headers: HeaderMap,
    Json(wanted): Json<WantedMove>,
) -> Answer<WithRevision<RolloutView>> {
    let tenant = &scope.tenant.document;
    if let Some(number) = wanted.release() {
        let release = existing(&host, tenant, number).await?;
        // Compiled, too, so that the swap itself takes no time.
        check(&host, tenant, &release).await?;
    }
    change(&host, &scope, Some(&headers), |rollout, asked| {
        let why = wanted.why();
        wanted
            .make(rollout, Asked { why, ..asked })
            .map_err(refused)
    })
    .await
}

/// Sets what takes a release back by itself.
#[utoipa::path(put, path = "/v1/rollout/guardrails", tag = "releases", operation_id = "put_guardrails",
    params(("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent to change whatever stands.")),
    request_body = GuardrailsBody, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::Stale, Code::InvalidValue, Code::ChangedMeanwhile]))),
    responses((status = 200, description = "It holds.", body = RolloutView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put_guardrails(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    headers: HeaderMap,
    Json(wanted): Json<GuardrailsBody>,
) -> Answer<WithRevision<RolloutView>> {
    let wanted = Guardrails::from(wanted);
    wanted.validate().map_err(ApiError::invalid)?;
    change(&host, &scope, Some(&headers), |rollout, _| {
        rollout.guardrails = wanted;
        Ok(())
    })
    .await
}

/// Shows how the releases that run fare, module by module, since the host
/// started or they came to stand where they do: runs, signals, failures, time and fuel, and how often a shadow
/// would have done the same.
#[utoipa::path(get, path = "/v1/rollout/running", tag = "releases", operation_id = "list_running",
    security(("tenant_key" = [])),
    responses((status = 200, description = "Those that run.", body = List<RunningView>)))]
pub async fn running(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
) -> Answer<Json<List<RunningView>>> {
    let directory = host.directory();
    let tenant = directory
        .tenant(&scope.tenant.document.id)
        .ok_or_else(ApiError::not_found)?;
    let items = RunningView::all(&tenant.rollout);
    Ok(Json(List { items }))
}

/// Changes the rollout, from the revision that was read or, without one, from
/// whatever stands.
pub(super) async fn change(
    host: &Host,
    scope: &Scope,
    headers: Option<&HeaderMap>,
    make: impl Fn(&mut Rollout, Asked) -> Answer<()>,
) -> Answer<WithRevision<RolloutView>> {
    let tenant = &scope.tenant.document.id;
    let headers = headers.filter(|it| it.contains_key("if-match"));
    let read = headers.map(revision_read).transpose()?;
    for _ in 0..COMMIT_TRIES_MAX {
        let _changing = host.directory_changes.lock().await;
        let Document { revision, mut body } = host.store.rollout(tenant).await?;
        if read.is_some_and(|read| read != revision) {
            return Err(CommitError::Stale.into());
        }
        let asked = Asked {
            at: host.clock.now(),
            by: scope.name(),
            why: None,
        };
        make(&mut body, asked)?;
        let rollout = Document {
            revision,
            body: body.clone(),
        };
        match host.store.put_rollout(tenant, rollout, None).await {
            Ok(()) => {
                host.reload_tenant(tenant).await?;
                let revision = revision + 1;
                did(host, scope, "change-rollout", &revision.to_string()).await?;
                return Ok(shown(Document { revision, body }));
            }
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Duplicate.into())
}

pub(super) fn refused(error: InvalidMove) -> ApiError {
    match error {
        InvalidMove::Unknown(_) => ApiError::not_found(),
        InvalidMove::Share(_) => ApiError::invalid(error),
        error => ApiError::new(Code::RolloutRefused, error),
    }
}

fn shown(rollout: Document<Rollout>) -> WithRevision<RolloutView> {
    with_revision(rollout.revision, RolloutView::from(rollout))
}
