//! Messages that will not be tried again: a person should look.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::seen::Seen;

use super::{
    audit::note,
    auth::Reader,
    code::Code,
    error::Answer,
    extract::{Json, Query},
    view::{DeadLetterView, PageQuery, PageView},
};
use crate::host::Host;

/// Lists messages that will not be tried again, the latest first.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "messages", params(PageQuery),
    operation_id = "list_dead_letters", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = PageView<DeadLetterView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<DeadLetterView>>> {
    let tenant = &scope.tenant.document.id;
    let letters = host
        .store
        .dead_letters(tenant, page.after.as_deref(), page.limit())
        .await?;
    let mut read = Vec::new();
    let view = PageView::of(letters, |letter| {
        let (customer, seen) = (letter.customer.clone(), Seen::by_role(&scope.access));
        let view = DeadLetterView::of(&seen, letter);
        read.extend(scope.read(&host, "list-dead-letters", (&customer, None), &seen));
        view
    });
    note(&host, &scope, read).await?;
    Ok(Json(view))
}
