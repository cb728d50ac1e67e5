//! How endpoints fare. Only a change is written: that one begins to fail, is
//! well again, or is disabled after days of nothing but failure.

use std::sync::Arc;

use baton_domain::{
    ids::EndpointId,
    limits::{COMMIT_TRIES_MAX, ENDPOINT_FAILING_HOURS_MAX},
    notify::is_failing_too_long,
};
use baton_store::{CommitError, Disabled, Document, Endpoint, StoreError};
use jiff::Timestamp;

use crate::{directory::ActiveTenant, host::Host};

/// How the last delivery to an endpoint went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Well,
    Failing,
    Gone,
}

/// Notes how a delivery to an endpoint went. A failure of the store is told to
/// the log: the next delivery notes the same.
pub async fn note(host: &Host, tenant: &Arc<ActiveTenant>, id: &EndpointId, health: Health) {
    let now = host.clock.now();
    let told = tenant.told.load();
    let known = told.endpoint(id);
    // Nearly always there is nothing to write.
    if known.and_then(|it| after(it, health, now)).is_none() {
        return;
    }
    if let Err(error) = write(host, tenant, id, health, now).await {
        tracing::error!(%error, endpoint = %id, "how the endpoint fares is not noted");
    }
}

/// The endpoint as it is from now on; `None` when that is as before.
fn after(endpoint: &Endpoint, health: Health, now: Timestamp) -> Option<Endpoint> {
    let mut next = endpoint.clone();
    let disabled = |why: &str| {
        Some(Disabled {
            at: now,
            why: why.into(),
        })
    };
    match health {
        Health::Well => next.failing_since = None,
        Health::Failing => {
            let since = *next.failing_since.get_or_insert(now);
            if next.disabled.is_none() && is_failing_too_long(since, now) {
                next.disabled = disabled("failing");
            }
        }
        Health::Gone if next.disabled.is_none() => next.disabled = disabled("gone"),
        Health::Gone => {}
    }
    (next != *endpoint).then_some(next)
}

async fn write(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    id: &EndpointId,
    health: Health,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = &tenant.document.id;
    for _ in 0..COMMIT_TRIES_MAX {
        let _changing = host.directory_changes.lock().await;
        let stored = host.store.endpoints(name).await?;
        let stored = stored.into_iter().find(|it| it.body.id == *id);
        let Some(Document { revision, body }) = stored else {
            return Ok(());
        };
        let Some(next) = after(&body, health, now) else {
            return host.reload_told(name).await;
        };
        let news = next.disabled.clone().filter(|_| body.disabled.is_none());
        let document = Document {
            revision,
            body: next,
        };
        match host.store.put_endpoint(name, document, None).await {
            Ok(()) => {
                if let Some(disabled) = news {
                    alert(host, tenant, id, &disabled);
                }
                return host.reload_told(name).await;
            }
            Err(CommitError::Store(error)) => return Err(error),
            Err(_changed_meanwhile) => {}
        }
    }
    Ok(())
}

fn alert(host: &Host, tenant: &ActiveTenant, id: &EndpointId, disabled: &Disabled) {
    host.metrics.endpoints_disabled.count(&disabled.why);
    tracing::error!(
        tenant = %tenant.document.id, endpoint = %id, why = %disabled.why,
        "an endpoint is disabled: it failed for {ENDPOINT_FAILING_HOURS_MAX} hours, or is gone; enable it once it is mended, and replay what is among the dead letters"
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use baton_domain::people::FieldSet;
    use baton_store::Sees;
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn only_days_of_nothing_but_failure_disable() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let fresh = Endpoint {
            id: EndpointId::parse("crm").unwrap(),
            url: "https://example.com/".into(),
            kinds: BTreeSet::new(),
            sees: Sees::Fields(FieldSet::NONE),
            secret: "whsec_".into(),
            previous: None,
            is_enabled: true,
            failing_since: None,
            disabled: None,
        };
        assert_eq!(after(&fresh, Health::Well, at(0)), None);
        let failing = after(&fresh, Health::Failing, at(0)).unwrap();
        assert_eq!(failing.failing_since, Some(at(0)));
        assert_eq!(after(&failing, Health::Failing, at(119)), None);
        assert_eq!(after(&failing, Health::Well, at(119)), Some(fresh.clone()));
        let disabled = after(&failing, Health::Failing, at(120)).unwrap();
        assert_eq!(&*disabled.disabled.as_ref().unwrap().why, "failing");
        assert_eq!(after(&disabled, Health::Failing, at(121)), None);
        let gone = after(&fresh, Health::Gone, at(0)).unwrap();
        assert_eq!(&*gone.disabled.unwrap().why, "gone");
    }
}
