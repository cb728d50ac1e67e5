//! Releases: made once, numbered, never changed.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    ids::{ModuleDigest, ModuleName, ReleaseNumber},
    limits::{COMMIT_TRIES_MAX, RELEASE_KEYS_MAX},
    module::SettingValue,
    release::{Mode, OnFailure, Release, ReleasedModule},
    signal::Score,
};
use baton_store::{CommitError, Document, Origin, StoredModule, Tenant};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    audit::did,
    auth::{RuleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path, Query},
    messages::idempotency_key,
    modules::{find, keep, made, permissions},
    view::{DifferenceView, PageQuery, PageView, ReleaseView},
};
use crate::{
    host::Host,
    releases::{Misfit, Unfit, prepare},
};

/// A release that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
    /// The release whose modules it begins with; 0 is the host's own pack. With
    /// none it has just those of `modules`.
    #[serde(default)]
    base: Option<u32>,
    /// Modules that it has instead of, or beside, those of the base.
    #[serde(default)]
    modules: Vec<NewModule>,
    /// Names of modules of the base that it has not.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    without: Vec<ModuleName>,
}

/// A module of a release that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewModule {
    /// Its digest, or its name: the module of the base, else the one that came
    /// last, else the host's.
    module: String,
    /// Values of its settings; those of the base when absent.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    settings: Option<BTreeMap<Arc<str>, SettingValue>>,
    /// From 0 to 1; that of the base when absent, else 1.
    #[serde(default)]
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    weight: Option<Score>,
    /// `live`, or `shadow`: recorded without counting. That of the base when
    /// absent, else `live`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    mode: Option<Mode>,
    /// What its failure comes to: `open`, the decision is made from the rest,
    /// or `default`, the tenant's default applies. That of the base when
    /// absent, else `open`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    on_failure: Option<OnFailure>,
}

impl NewRelease {
    /// The release of `base` with another module in the place of its name's.
    pub(super) fn replacing(base: ReleaseNumber, module: ModuleDigest, note: String) -> Self {
        Self {
            note,
            base: Some(base.0),
            modules: vec![NewModule {
                module: module.to_string(),
                settings: None,
                weight: None,
                mode: None,
                on_failure: None,
            }],
            without: Vec::new(),
        }
    }
}

/// Makes a release. It decides nothing until it is activated. It cannot be made
/// of modules that are not there, not granted what they read, or not set as
/// they declare. Under the same `Idempotency-Key` it is made once.
#[utoipa::path(post, path = "/v1/releases", tag = "releases", operation_id = "make_release",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 256,
        pattern = "^[!-~]([ -~]*[!-~])?$", description = "Your key of this release.")),
    request_body = NewRelease, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::IdempotencyKeyMissing, Code::InvalidValue,
        Code::NotFound, Code::ReleaseUnfit, Code::UngrantedFields, Code::ChangedMeanwhile]))),
    responses((status = 201, description = "It is made.", body = ReleaseView),
        (status = 200, description = "It was made before.", body = ReleaseView)))]
pub async fn make(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    headers: HeaderMap,
    Json(wanted): Json<NewRelease>,
) -> Answer<(StatusCode, Json<ReleaseView>)> {
    let key = idempotency_key(&headers)?;
    let (is_new, release) = make_release(&host, &scope, &key, &wanted).await?;
    let view = view(&host, &scope.tenant.document, release).await?;
    Ok((made(is_new), Json(view)))
}

/// Makes the release, unless one was made under this key; whether it is new.
pub(super) async fn make_release(
    host: &Host,
    scope: &Scope,
    key: &str,
    wanted: &NewRelease,
) -> Answer<(bool, Release)> {
    let tenant = &scope.tenant.document;
    for _ in 0..COMMIT_TRIES_MAX {
        let latest = host
            .store
            .releases(&tenant.id, None, RELEASE_KEYS_MAX)
            .await?;
        let before = latest.into_iter().find(|it| it.key.as_deref() == Some(key));
        if let Some(before) = before {
            return Ok((false, before));
        }
        let mut release = draft(host, scope, wanted).await?;
        let Document { revision, mut body } = host.store.rollout(&tenant.id).await?;
        (release.number, release.key) = (body.next_number(), Some(key.into()));
        check(host, tenant, &release).await?;
        keep_of_pack(host, scope, &release.modules).await?;
        let rollout = Document { revision, body };
        let put = host
            .store
            .put_rollout(&tenant.id, rollout, Some(release.clone()));
        match put.await {
            Ok(()) => {
                // So that whoever moves next does so from what stands.
                let _changing = host.directory_changes.lock().await;
                host.reload_tenant(&tenant.id).await?;
                did(host, scope, "make-release", &release.number.0.to_string()).await?;
                return Ok((true, release));
            }
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Duplicate.into())
}

/// The release that is wanted, but for its number.
async fn draft(host: &Host, scope: &Scope, wanted: &NewRelease) -> Answer<Release> {
    let tenant = &scope.tenant.document;
    let mut modules = match wanted.base {
        None => Vec::new(),
        Some(base) => existing(host, tenant, ReleaseNumber(base)).await?.modules,
    };
    modules.retain(|it| !wanted.without.contains(&it.name));
    let uploaded = host.store.modules(&tenant.id).await?;
    for module in &wanted.modules {
        put_module(host, &uploaded, &mut modules, module)?;
    }
    let release = Release {
        number: ReleaseNumber(0),
        made_at: host.clock.now(),
        made_by: scope.name(),
        note: wanted.note.as_str().into(),
        key: None,
        modules,
    };
    release.validate().map_err(ApiError::invalid)?;
    Ok(release)
}

/// Modules of the host's pack become the tenant's own, so that the release
/// stays what it is when the host has others.
async fn keep_of_pack(host: &Host, scope: &Scope, modules: &[ReleasedModule]) -> Answer<()> {
    for module in modules {
        let Some(of_host) = host.library.pack().module(&module.digest) else {
            continue;
        };
        keep(host, scope, of_host.inspected(), Origin::Pack).await?;
    }
    Ok(())
}

/// Puts a module into its place, or behind the others.
fn put_module(
    host: &Host,
    uploaded: &[StoredModule],
    modules: &mut Vec<ReleasedModule>,
    wanted: &NewModule,
) -> Answer<()> {
    let missing = || ApiError::invalid(format!("there is no module {}", wanted.module));
    let pack = host.library.pack();
    let (name, digest) = match ModuleDigest::try_from(wanted.module.clone()) {
        Ok(digest) => {
            let kept = uploaded.iter().find(|it| it.digest == digest);
            let name = kept.map(|it| &it.declaration.name).or_else(|| {
                let module = pack.module(&digest)?;
                Some(&module.inspected().declaration().name)
            });
            (name.ok_or_else(missing)?.clone(), digest)
        }
        Err(_) => {
            let name = ModuleName::parse(&wanted.module).map_err(|_| missing())?;
            let before = modules.iter().find(|it| it.name == name);
            let named = uploaded.iter().filter(|it| it.declaration.name == name);
            let digest = before
                .map(|it| it.digest)
                .or_else(|| named.max_by_key(|it| it.added_at).map(|it| it.digest))
                .or_else(|| pack.named(&name).map(|it| it.inspected().digest()));
            (name, digest.ok_or_else(missing)?)
        }
    };
    let at = modules.iter().position(|it| it.name == name);
    let before = at.and_then(|at| modules.get(at));
    let module = ReleasedModule {
        digest,
        settings: match (&wanted.settings, before) {
            (Some(settings), _) => settings.clone(),
            (None, Some(before)) => before.settings.clone(),
            (None, None) => BTreeMap::new(),
        },
        weight: wanted
            .weight
            .unwrap_or_else(|| before.map_or(Score::ONE, |it| it.weight)),
        mode: wanted
            .mode
            .unwrap_or_else(|| before.map(|it| it.mode).unwrap_or_default()),
        on_failure: wanted
            .on_failure
            .unwrap_or_else(|| before.map(|it| it.on_failure).unwrap_or_default()),
        name,
    };
    match at.and_then(|at| modules.get_mut(at)) {
        Some(place) => *place = module,
        None => modules.push(module),
    }
    Ok(())
}

/// Refuses a release of which something cannot run.
pub(super) async fn check(host: &Host, tenant: &Tenant, release: &Release) -> Answer<()> {
    let permissions = permissions(host, tenant).await?;
    let store = &*host.store;
    let prepared = prepare(&host.library, store, &tenant.id, &permissions, release).await?;
    if prepared.unfit.is_empty() {
        return Ok(());
    }
    let is_permission = |it: &Unfit| matches!(it.misfit, Misfit::Permission(_));
    let code = if prepared.unfit.iter().all(is_permission) {
        Code::UngrantedFields
    } else {
        Code::ReleaseUnfit
    };
    let problems: Vec<_> = prepared.unfit.iter().map(problem).collect();
    let first = &prepared.unfit[0];
    Err(ApiError::new(code, first).with("problems", problems))
}

fn problem(unfit: &Unfit) -> serde_json::Value {
    let mut problem = serde_json::json!({
        "module": unfit.module,
        "code": unfit.misfit.code(),
        "message": unfit.misfit.to_string(),
    });
    if let Misfit::Permission(lacking) = &unfit.misfit {
        problem["ungranted"] = serde_json::json!(lacking.ungranted);
        problem["denied"] = serde_json::json!(lacking.denied);
    }
    problem
}

/// Lists releases, the latest first.
#[utoipa::path(get, path = "/v1/releases", tag = "releases", operation_id = "list_releases",
    params(PageQuery), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = PageView<ReleaseView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<ReleaseView>>> {
    let tenant = &scope.tenant.document;
    let before = page.after.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| ApiError::invalid("`after` is no `next` of this list"))?;
    let limit = page.limit();
    let before = before.map(ReleaseNumber);
    let releases = host.store.releases(&tenant.id, before, limit).await?;
    let is_full = releases.len() == limit;
    let last = releases.last().map(|it| it.number.0);
    let next = last.filter(|it| is_full && *it > 1);
    let mut items = Vec::with_capacity(releases.len());
    for release in releases {
        items.push(view(&host, tenant, release).await?);
    }
    Ok(Json(PageView::new(items, next.map(|it| it.to_string()))))
}

/// Shows a release; number 0 is the host's own pack.
#[utoipa::path(get, path = "/v1/releases/{number}", tag = "releases", operation_id = "show_release",
    params(("number" = u32, Path, description = "Its number.")), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The release.", body = ReleaseView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Path(number): Path<u32>,
) -> Answer<Json<ReleaseView>> {
    let tenant = &scope.tenant.document;
    let release = existing(&host, tenant, ReleaseNumber(number)).await?;
    Ok(Json(view(&host, tenant, release).await?))
}

/// Which two releases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Two {
    /// The one before; 0 is the host's own pack.
    number: u32,
    /// The one after.
    other: u32,
}

/// Tells how two releases differ: modules, settings, weights, and what can be
/// read that could not before.
#[utoipa::path(get, path = "/v1/releases/{number}/difference/{other}", tag = "releases",
    operation_id = "compare_releases", params(Two), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The difference.", body = DifferenceView)))]
pub async fn compare(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Path(Two { number, other }): Path<Two>,
) -> Answer<Json<DifferenceView>> {
    let tenant = &scope.tenant.document;
    let before = existing(&host, tenant, ReleaseNumber(number)).await?;
    let after = existing(&host, tenant, ReleaseNumber(other)).await?;
    let before = view(&host, tenant, before).await?;
    let after = view(&host, tenant, after).await?;
    Ok(Json(DifferenceView::of(before, after)))
}

/// The release of this number, which must be there.
pub(super) async fn existing(
    host: &Host,
    tenant: &Tenant,
    number: ReleaseNumber,
) -> Answer<Release> {
    let found = host.library.release(&*host.store, &tenant.id, number);
    found.await?.ok_or_else(ApiError::not_found)
}

async fn view(host: &Host, tenant: &Tenant, release: Release) -> Answer<ReleaseView> {
    let mut reads = BTreeMap::new();
    for module in &release.modules {
        if let Some(found) = find(host, tenant, &module.digest).await? {
            reads.insert(module.digest, found);
        }
    }
    Ok(ReleaseView::of(release, &reads))
}
