//! The audit: written before an answer with personal fields leaves, and read by
//! whoever may ask who read what.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{
    field::Field,
    ids::{CustomerId, NumberId},
    limits::{AUDIT_AT_ONCE_MAX, LIST_ITEMS_MAX},
    people::Action,
    seen::Seen,
};
use baton_store::{AuditEntry, AuditQuery, GrantUsed, Version};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    auth::{Auditor, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Query},
    module_reads::module_reads,
    view::{AuditView, AuditedView, PageQuery},
};
use crate::host::Host;

impl Scope {
    /// Something that they do now.
    pub fn entry(&self, host: &Host, what: &str) -> AuditEntry {
        AuditEntry::of(self.access.who().clone(), host.clock.now(), what)
    }

    /// What was given through a lens; nothing when it was nothing personal.
    pub fn read(
        &self,
        host: &Host,
        what: &str,
        (customer, number): (&CustomerId, Option<&NumberId>),
        seen: &Seen<'_>,
    ) -> Option<AuditEntry> {
        let fields = seen.shown();
        let used = seen.under().map(|grant| GrantUsed {
            at: grant.at,
            by: grant.by.clone(),
            until: grant.until,
        });
        (!fields.is_empty()).then(|| AuditEntry {
            customer: Some(customer.clone()),
            number: number.cloned(),
            fields,
            grant: used,
            ..self.entry(host, what)
        })
    }
}

/// Writes what somebody did to rules and releases, once it is done: their
/// documents tell who did it, too, so nothing is lost between the two.
///
/// # Errors
/// The store's.
pub async fn did(host: &Host, scope: &Scope, what: &str, about: &str) -> Answer<()> {
    let entry = AuditEntry {
        about: Some(about.into()),
        ..scope.entry(host, what)
    };
    note(host, scope, [entry]).await
}

/// Writes what was read. It is durable when this returns, so that nothing is
/// answered that the audit does not tell of. Many who read at once share one
/// sync, with each other and with whatever else is committed.
///
/// # Errors
/// The store's: then nothing must be answered.
pub async fn note(
    host: &Host,
    scope: &Scope,
    read: impl IntoIterator<Item = AuditEntry>,
) -> Answer<()> {
    let mut read = read.into_iter().peekable();
    while read.peek().is_some() {
        let entries = read.by_ref().take(AUDIT_AT_ONCE_MAX).collect();
        host.store.audit(&scope.tenant.document.id, entries).await?;
    }
    Ok(())
}

/// What fits `query`, the latest first, for whoever freezes an account, and where
/// the next page starts; nothing for whom the audit is not open. To ask is itself
/// an entry.
///
/// # Errors
/// The store's.
pub async fn told_since(
    host: &Host,
    scope: &Scope,
    query: AuditQuery,
) -> Answer<(Option<Vec<AuditedView>>, Option<String>)> {
    if !scope.access.may(Action::ReadAudit) {
        return Ok((None, None));
    }
    let entry = AuditEntry {
        number: query.number.clone(),
        ..scope.entry(host, "read-audit")
    };
    note(host, scope, [entry]).await?;
    let tenant = &scope.tenant.document.id;
    let store = &host.store;
    let page = store.audited(tenant, &query, None, LIST_ITEMS_MAX).await?;
    let read = page.items.into_iter().map(Into::into).collect();
    Ok((Some(read), page.next))
}

/// What is wanted of the audit; all that is named must fit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// About this customer: Baton's id.
    #[serde(default)]
    customer: Option<String>,
    /// In which this field was given, such as `customer.phone`.
    #[serde(default)]
    field: Option<String>,
    /// About this business number: Meta's `phone_number_id`.
    #[serde(default)]
    number: Option<String>,
    /// Not before.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// By whom: `person:` or `endpoint:` with the id, or `key:` with the name.
    #[serde(default)]
    who: Option<String>,
    /// Where the last page ended, from its `next`.
    #[serde(default)]
    after: Option<String>,
    /// How many entries: 50 when absent, at most 200.
    #[serde(default)]
    #[param(minimum = 0)]
    limit: Option<usize>,
    /// From which place of the customer's log to tell what modules read, from
    /// `modules_next`.
    #[serde(default)]
    #[param(minimum = 0)]
    modules_from: Option<u64>,
}

/// Who read or did what, the latest first; of one customer also which modules
/// read it. To ask is itself an entry.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", operation_id = "read_audit",
    params(Wanted), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = AuditView)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Auditor(scope): Auditor,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<AuditView>> {
    let field = wanted.field.as_deref().map(str::parse::<Field>);
    let field = field.transpose().map_err(ApiError::invalid)?;
    let customer = wanted.customer.as_deref().map(CustomerId::parse);
    // What cannot be an id names nobody, and nothing was read of nobody.
    let customer = customer.transpose().map_err(ApiError::invalid)?;
    let number = wanted.number.as_deref().map(NumberId::parse);
    let number = number.transpose().map_err(ApiError::invalid)?;
    let query = AuditQuery {
        customer,
        field,
        number,
        who: wanted.who.map(Into::into),
        from: wanted.from,
        until: wanted.until,
    };
    let entry = AuditEntry {
        customer: query.customer.clone(),
        ..scope.entry(&host, "read-audit")
    };
    note(&host, &scope, [entry]).await?;
    let limit = PageQuery::limited(wanted.limit);
    let tenant = &scope.tenant.document.id;
    let page = host
        .store
        .audited(tenant, &query, wanted.after.as_deref(), limit)
        .await?;
    let is_wanted = wanted.after.is_none() || wanted.modules_from.is_some();
    let modules = match &query.customer {
        Some(customer) if is_wanted && query.who.is_none() => {
            let from = Version(wanted.modules_from.unwrap_or(1).max(1));
            Some(module_reads(&host, &scope, (customer, from), &query).await?)
        }
        _ => None,
    };
    let modules_next = modules.as_ref().and_then(|it| it.next);
    Ok(Json(AuditView {
        items: page.items.into_iter().map(AuditedView::from).collect(),
        next: page.next,
        modules: modules.map(|it| it.reads),
        modules_next: modules_next.map(|it| it.0),
    }))
}
