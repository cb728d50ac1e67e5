//! Who leaves hands over: every conversation that they own passes to the
//! successor, through the owner's state machine.

use baton_domain::{
    event::{Event, EventBody, Reassigned},
    ids::{AgentId, NumberId, OwnerEpoch},
    limits::{COMMIT_TRIES_MAX, LIST_ITEMS_MAX, REASSIGNED_AT_ONCE_MAX},
    owner::Owner,
    state::CustomerState,
};
use baton_store::{AuditEntry, CommitError, ConversationRow, Inbox};

use super::entry_about;
use crate::{
    host::Host,
    http::{
        auth::Scope,
        code::Code,
        error::{Answer, ApiError},
    },
    pipeline::Change,
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
    for row in owned.iter().take(REASSIGNED_AT_ONCE_MAX) {
        pass_on(host, scope, row, agent, successor).await?;
    }
    if owned.len() > REASSIGNED_AT_ONCE_MAX {
        let message = format!("{REASSIGNED_AT_ONCE_MAX} conversations passed on: ask again");
        return Err(ApiError::new(Code::ChangedMeanwhile, message));
    }
    Ok(())
}

/// The conversations that `agent` owns.
async fn owned_by(host: &Host, scope: &Scope, agent: &AgentId) -> Answer<Vec<ConversationRow>> {
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

async fn pass_on(
    host: &Host,
    scope: &Scope,
    row: &ConversationRow,
    from: &AgentId,
    to: &AgentId,
) -> Answer<()> {
    let tenant = &scope.tenant.document.id;
    for _ in 0..COMMIT_TRIES_MAX {
        let Some(loaded) = host.store.load(tenant, &row.customer, &[]).await? else {
            return Ok(());
        };
        // Somebody else may have taken it meanwhile, which is as well.
        let Some(epoch) = epoch_of(&loaded.state, &row.number, from) else {
            return Ok(());
        };
        let mut change = Change::onto(host, scope.tenant.clone(), loaded).await?;
        change.append(Event {
            at: host.clock.now(),
            number: Some(row.number.clone()),
            body: EventBody::Reassigned(Reassigned {
                epoch,
                from: from.clone(),
                to: to.clone(),
                by: scope.access.who().clone(),
            }),
        });
        change.by(AuditEntry {
            number: Some(row.number.clone()),
            ..entry_about(scope, host, "reassign", to.as_str())
        });
        match change.commit(host).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Duplicate.into())
}
