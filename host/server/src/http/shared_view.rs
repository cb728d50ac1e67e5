//! `GET .../view`: the shared customer view. One load of the customer and one
//! event of the log, however long that is.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{
    decide::DecisionRecord,
    event::EventBody,
    package::{Package, is_decision_of},
    seen::Seen,
    state::Handoff,
};
use baton_store::{Loaded, Version};

use super::{
    audit::note,
    auth::{Reader, Scope},
    code::Code,
    conversations::ConversationPath,
    customers::load,
    error::{Answer, ApiError},
    extract::{Json, Path},
    view::{ConversationView, CustomerView, HeadView, Parts, SharedView},
};
use crate::host::Host;

/// Shows all that a person needs to go on: the handoff with its reasons, what
/// the rules noticed and had read, the thread, the customer, the order and the
/// quote, the open question, the next step, a suggested reply from facts,
/// earlier handoffs and their outcomes, notes, and what was sent unasked.
#[utoipa::path(get, path = "/v1/conversations/{customer}/{number}/view", tag = "conversations",
    operation_id = "show_view", params(ConversationPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "The view.", body = SharedView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(path): Path<ConversationPath>,
) -> Answer<Json<SharedView>> {
    let number = path.number()?;
    let loaded = load(&host, &scope, &path.customer).await?;
    let conversation = loaded.state.conversation(&number);
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    let decided = match conversation.care.handoffs().last() {
        Some(handoff) => decision(&host, &scope, &loaded, handoff).await?,
        None => None,
    };
    let now = host.clock.now();
    let (view, read) = {
        let (customer, state) = (&loaded.customer, &*loaded.state);
        let seen = Seen::of_conversation(&scope.access, state, &number, now);
        let head = HeadView::of(&seen, customer, &number, conversation, now);
        let place = (&number, conversation);
        let profile = &scope.tenant.profile;
        let parts = Parts {
            version: loaded.version.0,
            conversation: ConversationView::of(&seen, head, conversation),
            customer: CustomerView::of(&seen, customer, state, now),
            package: Package::of(state, place, decided.as_deref(), profile),
            care: &conversation.care,
            advice: &conversation.advice,
            said: &conversation.unasked,
            messages: conversation.thread.messages().collect(),
            bot_is_there: host.is_bot_there(&scope.tenant, now),
        };
        let view = SharedView::of(&seen, parts);
        let read = scope.read(&host, "read-view", (customer, Some(&number)), &seen);
        (view, read)
    };
    note(&host, &scope, read).await?;
    Ok(Json(view))
}

/// The decision behind a handoff.
async fn decision(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    handoff: &Handoff,
) -> Answer<Option<Box<DecisionRecord>>> {
    let Some(place) = handoff.decided_at else {
        return Ok(None);
    };
    let tenant = &scope.tenant.document.id;
    let events = host
        .store
        .events(tenant, &loaded.customer, Version(place), 1)
        .await?;
    let record = events
        .into_iter()
        .find_map(|stored| match stored.event.body {
            EventBody::Decided(record) if stored.version.0 == place => Some(record),
            _ => None,
        });
    Ok(record.filter(|record| is_decision_of(record, handoff)))
}
