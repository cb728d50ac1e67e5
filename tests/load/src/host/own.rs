//! Modules of a tenant's own, put in force without HTTP.

use std::{collections::BTreeMap, sync::Arc};

use baton::host::Host;
use baton_domain::{
    ids::{ModuleDigest, ModuleName, TenantId},
    module::Declaration,
    release::{Asked, Mode, OnFailure, Release, ReleasedModule},
    signal::Score,
};
use baton_sandbox::{Compiled, Inspected};
use baton_store::{Document, Granted, Grants, Origin, StoredModule};

use crate::modules::{STOCK, stock};

/// Compiles `count` stock rules under digests of the tenant's own, grants them
/// what they read, and activates a release of them and the stock policy.
pub async fn release(host: &Host, tenant: &TenantId, count: usize) -> anyhow::Result<()> {
    let mut modules = Vec::new();
    for name in STOCK.iter().take(count) {
        let bytes = stock(name, tenant.as_str())?;
        let compiled = host.library.compile(Inspected::inspect(bytes)?).await?;
        keep(host, tenant, &compiled).await?;
        let module = compiled.inspected();
        modules.push(released(&module.declaration().name, module.digest()));
    }
    let pack = host.library.pack();
    let policy = pack.modules().iter().map(Compiled::inspected);
    let mut policies = policy.filter(|it| it.declaration().name.as_str() == "weighted");
    let policy = policies
        .next()
        .map(|it| (&it.declaration().name, it.digest()));
    modules.extend(policy.map(|(name, digest)| released(name, digest)));
    let Document { revision, mut body } = host.store.rollout(tenant).await?;
    let (at, by): (_, Arc<str>) = (host.clock.now(), "host".into());
    let asked = Asked {
        at,
        by: by.clone(),
        why: None,
    };
    let release = Release {
        number: body.next_number(),
        made_at: at,
        made_by: by,
        note: "".into(),
        key: None,
        modules,
    };
    // What was made just now is known and not active.
    let _ = body.activate(release.number, asked);
    let rollout = Document { revision, body };
    Ok(host
        .store
        .put_rollout(tenant, rollout, Some(release))
        .await?)
}

async fn keep(host: &Host, tenant: &TenantId, compiled: &Compiled) -> anyhow::Result<()> {
    let module = compiled.inspected();
    let (at, by): (_, Arc<str>) = (host.clock.now(), "host".into());
    let stored = StoredModule {
        digest: module.digest(),
        declaration: Declaration::clone(module.declaration()),
        reads: module.fields().clone(),
        bytes: module.bytes().len() as u64,
        added_at: at,
        added_by: by.clone(),
        origin: Origin::Upload,
    };
    let name = module.declaration().name.clone();
    let bytes = module.bytes().clone();
    host.store.add_module(tenant, stored, bytes).await?;
    let granted = Granted {
        at,
        by,
        last_read: None,
    };
    let fields = module.fields().iter().map(|it| (*it, granted.clone()));
    let body = Grants {
        module: name,
        fields: fields.collect(),
    };
    let grants = Document { revision: 0, body };
    Ok(host.store.put_grants(tenant, grants).await?)
}

fn released(name: &ModuleName, digest: ModuleDigest) -> ReleasedModule {
    ReleasedModule {
        name: name.clone(),
        digest,
        settings: BTreeMap::new(),
        weight: Score::ONE,
        mode: Mode::Live,
        on_failure: OnFailure::Open,
    }
}
