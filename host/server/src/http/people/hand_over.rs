//! What somebody owns passes to others, through the owner's state machine: to
//! a successor of who leaves, to whoever is best for it of who is frozen.

use std::sync::Arc;

use baton_domain::{
    ids::{AgentId, NumberId, OwnerEpoch},
    limits::{COMMIT_TRIES_MAX, LIST_ITEMS_MAX, REASSIGNED_AT_ONCE_MAX},
    owner::Owner,
    state::CustomerState,
};
use baton_store::{AuditEntry, CommitError, ConversationRow, Inbox};

use super::entry_about;
use crate::{
    directory::ActiveTenant,
    host::Host,
    http::{
        auth::Scope,
        code::Code,
        error::{Answer, ApiError},
        view::PassedView,
    },
    pipeline::{Change, reassign},
};

/// Passes what `agent` owns to `successor`.
///
/// # Errors
/// [`Code::SuccessorWanted`] when there is something and no successor;
/// [`Code::ChangedMeanwhile`] when there was too much for one request: what
/// passed stays so, ask again.
pub(super) async fn hand_over(
    host: &Host,
    scope: &Scope,
    agent: &AgentId,
    successor: Option<&AgentId>,
) -> Answer<()> {
    let owned = owned_by(host, scope, agent).await?;
    if owned.is_empty() {
        return Ok(());
    }
    let Some(successor) = successor else {
        let message = format!("{agent} owns conversations: name a `successor` who takes them");
        let error = ApiError::new(Code::SuccessorWanted, message);
        return Err(error.with("conversations", owned.len()));
    };
    let count = owned.len();
    for row in owned.into_iter().take(REASSIGNED_AT_ONCE_MAX) {
        let passing = (agent, Some(successor));
        pass_on(host, scope, &scope.tenant, row, passing, "agent_removed").await?;
    }
    if count > REASSIGNED_AT_ONCE_MAX {
        let message = format!("{REASSIGNED_AT_ONCE_MAX} conversations passed on: ask again");
        return Err(ApiError::new(Code::ChangedMeanwhile, message));
    }
    Ok(())
}

/// The conversations that `agent` owns.
pub(super) async fn owned_by(
    host: &Host,
    scope: &Scope,
    agent: &AgentId,
) -> Answer<Vec<ConversationRow>> {
    let tenant = &scope.tenant.document.id;
    let (mut owned, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = host
            .store
            .conversations(tenant, Inbox::People, after.as_deref(), LIST_ITEMS_MAX)
            .await?;
        for row in page.items.into_iter().filter(|it| it.owner == "agent") {
            let loaded = host.store.load(tenant, &row.customer, &[]).await?;
            let state = loaded.map(|it| it.state);
            if state.is_some_and(|state| epoch_of(&state, &row.number, agent).is_some()) {
                owned.push(row);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(owned);
        }
    }
}

/// The epoch under which `agent` owns the conversation, when they do.
fn epoch_of(state: &CustomerState, number: &NumberId, agent: &AgentId) -> Option<OwnerEpoch> {
    let ownership = &state.conversation(number)?.ownership;
    match &ownership.owner {
        Owner::Agent { agent: owner, .. } if owner == agent => Some(ownership.epoch),
        _ => None,
    }
}

/// Passes one conversation to `to`, or to whoever is best for it. Answers where
/// it went; `None` when `from` does not have it any more. Under `tenant`, since
/// the scope's may be from before `from` was frozen.
pub(super) async fn pass_on(
    host: &Host,
    scope: &Scope,
    tenant: &Arc<ActiveTenant>,
    row: ConversationRow,
    (from, to): (&AgentId, Option<&AgentId>),
    why: &str,
) -> Answer<Option<PassedView>> {
    for _ in 0..COMMIT_TRIES_MAX {
        let id = &tenant.document.id;
        let Some(loaded) = host.store.load(id, &row.customer, &[]).await? else {
            return Ok(None);
        };
        // Somebody else may have taken it meanwhile, which is as well.
        if epoch_of(&loaded.state, &row.number, from).is_none() {
            return Ok(None);
        }
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        let place = (host.clock.now(), &row.number);
        let why = (why, scope.access.who().clone());
        if !reassign(&mut change, host, place, to, why) {
            return Ok(None);
        }
        change.by(AuditEntry {
            number: Some(row.number.clone()),
            ..entry_about(scope, host, "reassign", from.as_str())
        });
        let state = change.state().clone();
        match change.commit(host).await {
            Ok(_) => {
                let conversation = state.conversation(&row.number);
                return Ok(conversation.map(|it| PassedView {
                    owner: (&it.ownership.owner).into(),
                    customer: row.customer,
                    number: row.number,
                }));
            }
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let message = "a conversation of theirs is busy: ask again for the rest";
    Err(ApiError::new(Code::ChangedMeanwhile, message))
}
