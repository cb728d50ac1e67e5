//! Packages of publishers: installed by file, pinned by digest, and never live
//! by themselves.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::release::Asked;
use baton_store::{Origin, StoredModule, Tenant};

use super::{
    auth::{RuleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Bytes, Json},
    modules::{compiled, keep, made, permissions},
    releases::{NewRelease, make_release},
    rollout::{change, refused},
    view::{InstalledView, ModuleView},
};
use crate::{
    host::Host,
    package::{Package, PackageError},
    releases::Module,
};

/// Installs a package: its signature, its manifest and its module are checked,
/// and it is kept like an uploaded module. Once installed, a name belongs to
/// its publisher's key. When the active release has a module of this name, the
/// new one takes its place in a release of its own, which becomes the shadow;
/// before that, whatever it reads more must be granted.
#[utoipa::path(post, path = "/v1/packages", tag = "modules", operation_id = "install_package",
    request_body(content = Vec<u8>, content_type = "application/octet-stream",
        description = "The file of the package."),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::PackageRefused, Code::ModuleRefused,
        Code::TooManyCompiles, Code::PublisherChanged, Code::InvalidValue, Code::ReleaseUnfit, Code::UngrantedFields,
        Code::RolloutRefused, Code::ChangedMeanwhile]))),
    responses((status = 201, description = "It is installed.", body = InstalledView),
        (status = 200, description = "It was installed.", body = InstalledView)))]
pub async fn install(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Bytes(bytes): Bytes,
) -> Answer<(StatusCode, Json<InstalledView>)> {
    let opening = tokio::task::spawn_blocking(move || Package::open(&bytes));
    let package = opening.await.map_err(|_| ApiError::internal())?;
    let package = package.map_err(|error| unpackable(&error))?;
    let tenant = &scope.tenant.document;
    check_publisher(&host, tenant, &package).await?;
    let compiled = compiled(&host, tenant, package.module.clone()).await?;
    let (is_new, module) = keep(&host, &scope, compiled.inspected(), origin(&package)).await?;
    let permissions = permissions(&host, tenant).await?;
    let pack = host.library.pack();
    let lacking = permissions.lacking(&Module::stored(&module, pack));
    let shadow = if lacking.is_empty() {
        take_place(&host, &scope, &package).await?
    } else {
        None
    };
    let view = InstalledView {
        module: ModuleView::of(&module, &permissions, pack),
        shadow,
    };
    Ok((made(is_new), Json(view)))
}

fn origin(package: &Package) -> Origin {
    let manifest = &package.manifest;
    Origin::Package {
        publisher: manifest.publisher.clone(),
        key: package.key.to_string().into(),
        version: manifest.version.clone(),
        why: manifest.reads.clone(),
    }
}

/// A name belongs to the publisher who brought it first, and a tenant's own
/// modules to the tenant.
async fn check_publisher(host: &Host, tenant: &Tenant, package: &Package) -> Answer<()> {
    let name = &package.manifest.name;
    let theirs = package.key.to_string();
    let is_other = |module: &StoredModule| match &module.origin {
        Origin::Package { key, .. } => **key != *theirs,
        Origin::Upload => true,
        Origin::Pack => false,
    };
    let modules = host.store.modules(&tenant.id).await?;
    let of_name = modules.iter().filter(|it| it.declaration.name == *name);
    if let Some(other) = of_name.into_iter().find(|it| is_other(it)) {
        let message = match &other.origin {
            Origin::Package { publisher, .. } => {
                format!("{name} belongs to {publisher}, whose key this package does not bear")
            }
            _ => format!("{name} is a module that you uploaded yourself"),
        };
        return Err(ApiError::new(Code::PublisherChanged, message));
    }
    Ok(())
}

/// Makes a release in which the module takes the place of the one of its name,
/// as the shadow; `None` when the active release has none, or this one.
async fn take_place(host: &Host, scope: &Scope, package: &Package) -> Answer<Option<u32>> {
    let tenant = &scope.tenant.document;
    let active = host.store.rollout(&tenant.id).await?.body.active();
    let release = super::releases::existing(host, tenant, active).await?;
    let name = &package.manifest.name;
    let digest = package.module.digest();
    let before = release.modules.iter().find(|it| it.name == *name);
    if before.is_none_or(|it| it.digest == digest) {
        return Ok(None);
    }
    let note = format!("{name} {}", package.manifest.version);
    let wanted = NewRelease::replacing(active, digest, note);
    let key = format!("package/{digest}/on/{}", active.0);
    let (_, made) = make_release(host, scope, &key, &wanted).await?;
    let number = made.number;
    let why: Arc<str> = "an update of its publisher".into();
    let start = change(host, scope, None, |rollout, asked| {
        let why = Some(why.clone());
        let started = rollout.start_shadow(number, Asked { why, ..asked });
        started.map_err(refused)
    });
    start.await?;
    Ok(Some(number.0))
}

fn unpackable(error: &PackageError) -> ApiError {
    let code = match error {
        PackageError::Module(_) => Code::ModuleRefused,
        _ => Code::PackageRefused,
    };
    ApiError::new(code, error).with("reason", error.code())
}
