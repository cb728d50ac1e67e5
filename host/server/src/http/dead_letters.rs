//! Messages that will not be tried again: a person should look.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use baton_store::Stage;
use serde_json::{Value, json};

use super::{
    auth::Operator,
    error::Answer,
    page::{PageQuery, PageView},
};
use crate::host::Host;

/// `GET /v1/dead-letters`: the latest first.
pub async fn list(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<Value>>> {
    let tenant = &scope.tenant.document.id;
    let letters = host
        .store
        .dead_letters(tenant, page.after.as_deref(), page.limit())
        .await?;
    Ok(Json(PageView::of(letters, |work| {
        let (why, at) = match &work.stage {
            Stage::Dead { why, at } => (Some(why.clone()), Some(*at)),
            _ => (None, None),
        };
        json!({
            "customer": work.customer,
            "key": work.key,
            "why": why,
            "at": at,
            "tries": work.tries,
            "effect": work.payload,
        })
    })))
}
