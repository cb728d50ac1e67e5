//! What somebody owns passes to others, through the owner's state machine: to
//! a successor of who leaves, to whoever is best for it of who is frozen, into the
//! queue what the App has on a number that is.

use std::sync::Arc;

use baton_domain::{
    ids::{AgentId, NumberId},
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
    pipeline::{Change, reassign, requeue},
};

/// Whose conversations pass on.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) enum Holder<'a> {
    /// One of the people's.
    Agent(&'a AgentId),
    /// The App's, on this number.
    App(&'a NumberId),
}

impl Holder<'_> {
    /// Whether a row of a list may be theirs.
    fn may_have(self, row: &ConversationRow) -> bool {
        match self {
            Self::Agent(_) => row.owner == "agent",
            Self::App(number) => row.owner == "app" && row.number == *number,
        }
    }

    /// Whether the conversation is theirs.
    fn has(self, state: &CustomerState, number: &NumberId) -> bool {
        let owner = state.conversation(number).map(|it| &it.ownership.owner);
        match (self, owner) {
            (Self::Agent(agent), Some(Owner::Agent { agent: owner, .. })) => owner == agent,
            (Self::App(_), Some(Owner::App { .. })) => true,
            _ => false,
        }
    }
}

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
    let owned = owned_by(host, scope, Holder::Agent(agent)).await?;
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
        let passing = (Holder::Agent(agent), Some(successor));
        pass_on(host, scope, &scope.tenant, row, passing, "agent_removed").await?;
    }
    if count > REASSIGNED_AT_ONCE_MAX {
        let message = format!("{REASSIGNED_AT_ONCE_MAX} conversations passed on: ask again");
        return Err(ApiError::new(Code::ChangedMeanwhile, message));
    }
    Ok(())
}

/// The conversations that `holder` owns.
async fn owned_by(host: &Host, scope: &Scope, holder: Holder<'_>) -> Answer<Vec<ConversationRow>> {
    let tenant = &scope.tenant.document.id;
    let (mut owned, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = host
            .store
            .conversations(tenant, Inbox::People, after.as_deref(), LIST_ITEMS_MAX)
            .await?;
        for row in page.items.into_iter().filter(|it| holder.may_have(it)) {
            let loaded = host.store.load(tenant, &row.customer, &[]).await?;
            let state = loaded.map(|it| it.state);
            if state.is_some_and(|state| holder.has(&state, &row.number)) {
                owned.push(row);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(owned);
        }
    }
}

/// Passes on what `holder` owns, as much as one request may; returns what became of
/// it, and how much they have still.
pub(in crate::http) async fn pass_all_on(
    host: &Host,
    scope: &Scope,
    holder: Holder<'_>,
    why: &str,
) -> Answer<(Vec<PassedView>, usize)> {
    // The tenant in which they are frozen: the scope's is from before.
    let tenant = host.directory().tenant(&scope.tenant.document.id).cloned();
    let tenant = tenant.ok_or_else(ApiError::not_found)?;
    let owned = owned_by(host, scope, holder).await?;
    let mut passed = Vec::new();
    for row in owned.into_iter().take(REASSIGNED_AT_ONCE_MAX) {
        passed.extend(pass_on(host, scope, &tenant, row, (holder, None), why).await?);
    }
    // With what a request took that had begun before they were frozen.
    let left = owned_by(host, scope, holder).await?.len();
    Ok((passed, left))
}

/// Passes one conversation to `to`, or to whoever is best for it. Answers where
/// it went; `None` when `from` does not have it any more. Under `tenant`, since
/// the scope's may be from before `from` was frozen.
async fn pass_on(
    host: &Host,
    scope: &Scope,
    tenant: &Arc<ActiveTenant>,
    row: ConversationRow,
    (from, to): (Holder<'_>, Option<&AgentId>),
    why: &str,
) -> Answer<Option<PassedView>> {
    for _ in 0..COMMIT_TRIES_MAX {
        let id = &tenant.document.id;
        let Some(loaded) = host.store.load(id, &row.customer, &[]).await? else {
            return Ok(None);
        };
        // Somebody else may have taken it meanwhile, which is as well.
        if !from.has(&loaded.state, &row.number) {
            return Ok(None);
        }
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        let place = (host.clock.now(), &row.number);
        let why = (why, scope.access.who().clone());
        let (is_passed, entry) = match from {
            Holder::Agent(agent) => (
                reassign(&mut change, host, place, to, why),
                entry_about(scope, host, "reassign", agent.as_str()),
            ),
            Holder::App(_) => (
                requeue(&mut change, place.0, place.1),
                scope.entry(host, "requeue"),
            ),
        };
        if !is_passed {
            return Ok(None);
        }
        change.by(AuditEntry {
            number: Some(row.number.clone()),
            ..entry
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
