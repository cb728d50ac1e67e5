//! `GET .../view`: the shared customer view. One load of the customer and one
//! event of the log, however long that is.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{
    decide::DecisionRecord,
    event::EventBody,
    ids::NumberId,
    package::{Package, is_decision_of},
    state::Handoff,
};
use baton_store::{Loaded, Version};

use super::{
    auth::{Operator, Scope},
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
    Operator(scope): Operator,
    Path(path): Path<ConversationPath>,
) -> Answer<Json<SharedView>> {
    let number = path.number()?;
    let loaded = load(&host, &scope, &path.customer).await?;
    let conversation = loaded.state.conversation(&number);
    let latest = conversation.and_then(|it| it.care.handoffs().last());
    let decided = match latest {
        Some(handoff) => decision(&host, &scope, &loaded, handoff).await?,
        None => None,
    };
    seen(&host, &scope, &loaded, &number, decided.as_deref()).map(Json)
}

/// The one place where the view is made of the state.
fn seen(
    host: &Host,
    scope: &Scope,
    loaded: &Loaded,
    number: &NumberId,
    decided: Option<&DecisionRecord>,
) -> Answer<SharedView> {
    let (state, now) = (&*loaded.state, host.clock.now());
    let conversation = state.conversation(number).ok_or_else(ApiError::not_found)?;
    let head = HeadView::of(&loaded.customer, number, conversation, now);
    let place = (number, conversation);
    Ok(SharedView::of(Parts {
        version: loaded.version.0,
        conversation: ConversationView::of(head, conversation),
        customer: CustomerView::of(&loaded.customer, state, now),
        package: Package::of(state, place, decided, &scope.tenant.profile),
        care: &conversation.care,
        messages: conversation.thread.messages().collect(),
        bot_is_there: host.is_bot_there(&scope.tenant, now),
    }))
}

/// The decision behind a handoff, unless a merge has moved it.
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
